//! Objects uploaded in parts.

mod complete;
mod lists;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::checksum::{self, Checksum, Kind, md5_hex};
use super::object::{self, Version};
use super::{acl, bucket, bucket_mut, encryption};
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "s3",
    operations: &[
        write(
            "CreateMultipartUpload",
            &[
                "Bucket",
                "Key",
                "ExpectedBucketOwner",
                "Metadata",
                "Tagging",
                "StorageClass",
                "Acl",
                "CacheControl",
                "ContentDisposition",
                "ContentEncoding",
                "ContentLanguage",
                "ContentType",
                "Expires",
                "ChecksumAlgorithm",
                "ChecksumType",
                "ServerSideEncryption",
                "ServerSideEncryptionAwsKmsKeyId",
                "ServerSideEncryptionBucketKeyEnabled",
            ],
            begin,
        ),
        write(
            "UploadPart",
            checksum::members!("Bucket", "Key", "UploadId", "PartNumber", "ExpectedBucketOwner", "RequestPayer"),
            upload,
        ),
        complete::COMPLETE,
        write("AbortMultipartUpload", &["Bucket", "Key", "UploadId", "ExpectedBucketOwner"], abort),
        lists::PARTS,
        lists::UPLOADS,
    ],
    events: &[],
};

/// The least size of a part that is not the last.
const LEAST: usize = 5 * 1024 * 1024;

/// An upload that has begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upload {
    key: String,
    begun: Timestamp,
    /// What the object will have, without its bytes.
    version: Version,
    parts: BTreeMap<i64, Part>,
    /// The algorithm of checksums that it was begun with.
    #[serde(default)]
    algorithm: Option<String>,
    /// Of what the checksum of the object is.
    #[serde(default)]
    kind: Kind,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    etag: String,
    body: String,
    size: usize,
    written: Timestamp,
    #[serde(default)]
    checksum: Option<Checksum>,
}

fn upload_of<'a>(bucket: &'a Bucket, input: &Tree) -> Result<(&'a str, &'a Upload), Fault> {
    let (id, key) = (input.need("UploadId")?, input.need("Key")?);
    let found = bucket.uploads.get_key_value(id).filter(|(_, upload)| upload.key == key);
    found.map(|(id, upload)| (id.as_str(), upload)).ok_or_else(|| {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                       aborted or completed.";
        Fault::with_status(404, "NoSuchUpload", message).member("UploadId", id)
    })
}

fn begin(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, found) = bucket(scope, input)?;
    let key = input.need("Key")?;
    let algorithm = checksum::named(input, "ChecksumAlgorithm")?;
    let kind = Kind::of_upload(input, algorithm)?;
    let (encryption, grants) = (encryption::of(scope, found, input)?, acl::of(scope, name, found, input)?);
    let version = Version { encryption, grants, ..object::properties(scope, input)? };
    let name = name.to_owned();
    let mut answer = version.encryption.on(Answer::empty());
    if let Some(algorithm) = algorithm {
        answer = answer.header("x-amz-checksum-algorithm", algorithm).header("x-amz-checksum-type", kind.name());
    }
    let id = scope.ids().lower(64);
    let algorithm = algorithm.map(str::to_owned);
    let upload = Upload { key: key.to_owned(), begun: scope.now, version, parts: BTreeMap::new(), algorithm, kind };
    bucket_mut(scope, input)?.uploads.insert(id.clone(), upload);
    let content = tree! { "Bucket": name, "Key": key, "UploadId": id };
    let mut tree = answer.into_tree();
    tree.set("body", Answer::document("InitiateMultipartUploadResult", content).into_tree().at("body"));
    Ok(tree)
}

fn upload(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let body = object::body(input)?;
    let number = input.int("PartNumber")?.ok_or_else(|| Fault::missing("PartNumber"))?;
    if !(1..=10000).contains(&number) {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        return Err(super::invalid_argument(message, "partNumber", &number.to_string()));
    }
    let (id, begun) = upload_of(bucket(scope, input)?.1, input)?;
    let id = id.to_owned();
    let given = checksum::given(input)?.map(|(algorithm, _)| algorithm);
    // S3 computes what an upload without an algorithm needs, and one of the whole object, by itself.
    let expected = begun.algorithm.as_deref().filter(|_| begun.kind == Kind::Composite || given.is_some());
    if expected.is_some() && given != expected {
        let name = |algorithm: Option<&str>| algorithm.unwrap_or("null").to_lowercase();
        let (expected, actual) = (name(expected), name(given));
        let message = format!(
            "Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}"
        );
        return Err(Fault::new("InvalidRequest", message));
    }
    let mut checksum = checksum::of(input, &body)?;
    if let Some(algorithm) = begun.algorithm.as_deref().filter(|own| *own != checksum.algorithm) {
        checksum = Checksum::of_all(algorithm, &body);
    }
    let etag = md5_hex(&body);
    let answer = Answer::empty().header("etag", format!("\"{etag}\"")).header(&checksum.header(), &checksum.value);
    // What is kept is what is told of parts again.
    let kept = (begun.algorithm.is_some() || given.is_some()).then_some(checksum);
    let part = Part { etag, size: body.len(), body: STANDARD.encode(&body), written: scope.now, checksum: kept };
    if let Some(upload) = bucket_mut(scope, input)?.uploads.get_mut(&id) {
        upload.parts.insert(number, part);
    }
    Ok(answer.into_tree())
}

fn abort(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = upload_of(bucket(scope, input)?.1, input)?.0.to_owned();
    bucket_mut(scope, input)?.uploads.remove(&id);
    Ok(Answer::gone().into_tree())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::s3::bucket::tests::made;
    use crate::testing::{Cloud, code};

    #[test]
    fn parts_become_an_object() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        let named = tree! { "Bucket": "bucket", "Key": "k" };
        let begun = cloud.call("s3", "CreateMultipartUpload", named.clone()).unwrap();
        let named = named.with("UploadId", begun.need("body.content.UploadId").unwrap());
        let put = |number: i64, body: &str| {
            let input = named.clone().with("PartNumber", number).with("Body", STANDARD.encode(body));
            let answer = cloud.call("s3", "UploadPart", input).unwrap();
            tree! { "PartNumber": number, "ETag": answer.at("@headers").unwrap().need("etag").unwrap() }
        };
        let (first, last) = (put(1, &"a".repeat(LEAST)), put(2, "b"));
        let complete = |parts: Vec<Tree>| {
            cloud.call(
                "s3",
                "CompleteMultipartUpload",
                named.clone().with("CompleteMultipartUpload", tree! { "Part": parts }),
            )
        };
        assert_eq!(code(complete(vec![last.clone(), first.clone()])), "InvalidPartOrder");
        let made = complete(vec![first.clone(), last]).unwrap();
        assert!(made.need("body.content.ETag").unwrap().ends_with("-2\""));
        assert_eq!(code(complete(vec![first])), "NoSuchUpload");
    }

    fn header(answer: &Tree, name: &str) -> String {
        answer.at("@headers").unwrap().need(name).unwrap().to_owned()
    }

    /// Returns the head of an object, with its checksum.
    fn head(cloud: &Cloud) -> Tree {
        cloud.call("s3", "HeadObject", tree! { "Bucket": "bucket", "Key": "k", "ChecksumMode": "ENABLED" }).unwrap()
    }

    #[test]
    fn checksums_of_parts_are_kept_and_make_that_of_the_object() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        let named = tree! { "Bucket": "bucket", "Key": "k" };
        let begun =
            cloud.call("s3", "CreateMultipartUpload", named.clone().with("ChecksumAlgorithm", "SHA256")).unwrap();
        assert_eq!(header(&begun, "x-amz-checksum-type"), "COMPOSITE");
        let named = named.with("UploadId", begun.need("body.content.UploadId").unwrap());
        let upload = |number: i64, body: &str, checksum: Option<&str>| {
            let input = named.clone().with("PartNumber", number).with("Body", STANDARD.encode(body));
            let own = Checksum::of_all("SHA256", body.as_bytes());
            let answer =
                cloud.call("s3", "UploadPart", input.with(checksum.unwrap_or("ChecksumSha256"), own.value.as_str()))?;
            let part = tree! { "PartNumber": number, "ETag": header(&answer, "etag") };
            Ok::<_, Fault>((own.shown_in(part), own))
        };
        let none = named.clone().with("PartNumber", 1).with("Body", "");
        assert_eq!(code(cloud.call("s3", "UploadPart", none)), "InvalidRequest");
        let (first, one) = upload(1, &"a".repeat(LEAST), None).unwrap();
        let (last, two) = upload(2, "b", None).unwrap();
        let listed = cloud.call("s3", "ListParts", named.clone()).unwrap();
        assert_eq!(listed.need("body.content.ChecksumAlgorithm"), Ok("SHA256"));
        assert_eq!(listed.list_at("body.content.Part")[1].need("ChecksumSHA256"), Ok(two.value.as_str()));
        let complete = |parts: Vec<Tree>, more: Tree| {
            let mut input = named.clone().with("CompleteMultipartUpload", tree! { "Part": parts });
            more.members().for_each(|(name, value)| input.set(name, value));
            cloud.call("s3", "CompleteMultipartUpload", input)
        };
        let parts = || vec![first.clone(), last.clone()];
        let without = last.clone().with("ChecksumSHA256", Tree::Null);
        assert_eq!(code(complete(vec![first.clone(), without], tree! {})), "InvalidRequest");
        let wrong = last.clone().with("ChecksumSHA256", one.value.as_str());
        assert_eq!(code(complete(vec![first.clone(), wrong], tree! {})), "InvalidPart");
        assert_eq!(code(complete(parts(), tree! { "MpObjectSize": 1 })), "InvalidRequest");
        assert_eq!(code(complete(parts(), tree! { "ChecksumType": "FULL_OBJECT" })), "InvalidRequest");
        assert_eq!(code(complete(parts(), tree! { "ChecksumSha256": format!("{}-2", one.value) })), "BadDigest");
        let whole = Checksum::of_parts("SHA256", [&one, &two].into_iter());
        let made = complete(parts(), tree! { "ChecksumSha256": whole.value.as_str() }).unwrap();
        assert_eq!(made.need("body.content.ChecksumSHA256"), Ok(whole.value.as_str()));
        assert!(whole.value.ends_with("=-2"), "{}", whole.value);
        let shown = head(&cloud);
        assert_eq!(header(&shown, "x-amz-checksum-type"), "COMPOSITE");
        assert_eq!(header(&shown, "x-amz-checksum-sha256"), whole.value);
        let asked = tree! { "Bucket": "bucket", "Key": "k", "ObjectAttributes": "Checksum,ObjectParts" };
        let told = cloud.call("s3", "GetObjectAttributes", asked.with("MaxParts", 1)).unwrap();
        let parts = told.at("body.content.ObjectParts").unwrap();
        assert_eq!((parts.int("PartsCount"), parts.bool("IsTruncated")), (Ok(Some(2)), Ok(Some(true))));
        assert_eq!(parts.list_at("Part")[0].need("ChecksumSHA256"), Ok(one.value.as_str()));
        // A copy is one whole.
        let copy = tree! { "Bucket": "bucket", "Key": "k", "CopySource": "bucket/k", "MetadataDirective": "REPLACE" };
        let copied = cloud.call("s3", "CopyObject", copy.with("ChecksumAlgorithm", "CRC32")).unwrap();
        assert_eq!(copied.need("body.content.ChecksumType"), Ok("FULL_OBJECT"));
        let bytes = [&"a".repeat(LEAST), "b"].concat();
        assert_eq!(header(&head(&cloud), "x-amz-checksum-crc32"), Checksum::of_all("CRC32", bytes.as_bytes()).value);
        assert_eq!(header(&head(&cloud), "etag"), format!("\"{}\"", md5_hex(bytes.as_bytes())));
    }

    #[test]
    fn uploads_are_listed_in_pages_and_folders() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        for key in ["a", "a", "dir/1", "dir/2", "z"] {
            cloud.call("s3", "CreateMultipartUpload", tree! { "Bucket": "bucket", "Key": key }).unwrap();
            cloud.wait(std::time::Duration::from_secs(1));
        }
        let mut markers = tree! {};
        let mut seen = Vec::new();
        for _ in 0..4 {
            let mut input = tree! { "Bucket": "bucket", "Delimiter": "/", "MaxUploads": 1 };
            markers.members().for_each(|(name, value)| input.set(name, value));
            let answer = cloud.call("s3", "ListMultipartUploads", input).unwrap();
            let page = answer.at("body.content").unwrap();
            seen.extend(page.list_at("Upload").iter().map(|own| own.need("Key").unwrap().to_owned()));
            seen.extend(page.list_at("CommonPrefixes").iter().map(|own| own.need("Prefix").unwrap().to_owned()));
            markers = tree! { "KeyMarker": page.at("NextKeyMarker").cloned(), "UploadIdMarker": page.at("NextUploadIdMarker").cloned() };
        }
        assert_eq!((seen.join(" ").as_str(), markers), ("a a dir/ z", tree! {}));
    }
}
