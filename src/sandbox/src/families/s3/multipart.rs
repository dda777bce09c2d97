//! Objects uploaded in parts.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::checksum::{self, md5_hex};
use super::object::{self, Version, add};
use super::{bucket, bucket_mut, condition, encryption, owner};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::protocol::s3::{Answer, malformed};
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
            &[
                "Bucket",
                "Key",
                "UploadId",
                "PartNumber",
                "Body",
                "ExpectedBucketOwner",
                "ContentMd5",
                "SdkChecksumAlgorithm",
                "ChecksumCrc32",
                "ChecksumCrc32c",
                "ChecksumCrc64nvme",
                "ChecksumSha1",
                "ChecksumSha256",
            ],
            upload,
        ),
        write(
            "CompleteMultipartUpload",
            &[
                "Bucket",
                "Key",
                "UploadId",
                "CompleteMultipartUpload",
                "ExpectedBucketOwner",
                "IfMatch",
                "IfNoneMatch",
                "MpObjectSize",
                "ChecksumType",
                "ChecksumCrc32",
                "ChecksumCrc32c",
                "ChecksumCrc64nvme",
            ],
            complete,
        ),
        write("AbortMultipartUpload", &["Bucket", "Key", "UploadId", "ExpectedBucketOwner"], abort),
        read("ListParts", &["Bucket", "Key", "UploadId", "MaxParts", "PartNumberMarker", "ExpectedBucketOwner"], parts),
        read(
            "ListMultipartUploads",
            &[
                "Bucket",
                "Prefix",
                "Delimiter",
                "KeyMarker",
                "UploadIdMarker",
                "MaxUploads",
                "EncodingType",
                "ExpectedBucketOwner",
            ],
            uploads,
        ),
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
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    etag: String,
    body: String,
    size: usize,
    written: Timestamp,
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
    let (name, key) = (name.to_owned(), input.need("Key")?);
    let encryption = encryption::of(scope, found, input)?;
    let version = Version { encryption, ..object::properties(scope, input)? };
    let answer = version.encryption.on(Answer::document("InitiateMultipartUploadResult", Tree::object()));
    let id = scope.ids().lower(64);
    let upload = Upload { key: key.to_owned(), begun: scope.now, version, parts: BTreeMap::new() };
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
    let id = upload_of(bucket(scope, input)?.1, input)?.0.to_owned();
    let checksum = checksum::of(input, &body)?;
    let etag = md5_hex(&body);
    let part = Part { etag: etag.clone(), size: body.len(), body: STANDARD.encode(&body), written: scope.now };
    if let Some(upload) = bucket_mut(scope, input)?.uploads.get_mut(&id) {
        upload.parts.insert(number, part);
    }
    let answer = Answer::empty().header("etag", format!("\"{etag}\""));
    Ok(answer.header(&checksum.header(), &checksum.value).into_tree())
}

fn complete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, found) = bucket(scope, input)?;
    let name = name.to_owned();
    let (id, upload) = upload_of(found, input)?;
    let (id, upload) = (id.to_owned(), upload.clone());
    condition::of_write(input, found.current(&upload.key))?;
    let listed = input.list_at("CompleteMultipartUpload.Part");
    if listed.is_empty() {
        return Err(malformed());
    }
    let numbers: Vec<Option<i64>> = listed.iter().map(|part| part.int("PartNumber")).collect::<Result<_, _>>()?;
    if !numbers.is_sorted_by(|one, next| one < next) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
        return Err(Fault::new("InvalidPartOrder", message));
    }
    let (mut bytes, mut digests) = (Vec::new(), Vec::new());
    for (index, listed_part) in listed.iter().enumerate() {
        let number = listed_part.int("PartNumber")?.ok_or_else(malformed)?;
        let etag = listed_part.text("ETag")?.unwrap_or_default().trim_matches('"');
        let invalid = || {
            let message = "One or more of the specified parts could not be found.  The part may not have been \
                           uploaded, or the specified entity tag may not match the part's entity tag.";
            Fault::new("InvalidPart", message).member("PartNumber", number)
        };
        let part = upload.parts.get(&number).filter(|part| part.etag == etag).ok_or_else(invalid)?;
        if part.size < LEAST && index + 1 < listed.len() {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Fault::new("EntityTooSmall", message).member("PartNumber", number));
        }
        let body = STANDARD.decode(&part.body).unwrap_or_default();
        digests.extend((0..16).filter_map(|at| u8::from_str_radix(part.etag.get(at * 2..at * 2 + 2)?, 16).ok()));
        bytes.extend(body);
    }
    let etag = format!("{}-{}", md5_hex(&digests), listed.len());
    let checksum = checksum::of(&tree! {}, &bytes)?;
    let version = Version {
        etag: etag.clone(),
        size: bytes.len(),
        body: STANDARD.encode(&bytes),
        checksum: Some(checksum),
        modified: scope.now,
        ..upload.version
    };
    let answer = version.encryption.on(Answer::empty());
    let version_id = add(scope, input, &upload.key, version)?;
    bucket_mut(scope, input)?.uploads.remove(&id);
    let location = format!("https://{name}.s3.{}.amazonaws.com/{}", scope.region, upload.key);
    let content = tree! { "Location": location, "Bucket": name, "Key": upload.key, "ETag": format!("\"{etag}\"") };
    let mut tree = answer.header("x-amz-version-id", version_id).into_tree();
    tree.set("body", Answer::document("CompleteMultipartUploadResult", content).into_tree().at("body"));
    Ok(tree)
}

fn abort(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = upload_of(bucket(scope, input)?.1, input)?.0.to_owned();
    bucket_mut(scope, input)?.uploads.remove(&id);
    Ok(Answer::gone().into_tree())
}

fn parts(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, bucket) = bucket(scope, input)?;
    let (id, upload) = upload_of(bucket, input)?;
    let after = input.int("PartNumberMarker")?.unwrap_or(0);
    let most = usize::try_from(input.int("MaxParts")?.unwrap_or(1000).clamp(0, 1000)).unwrap_or(0);
    let mut rest = upload.parts.range(after + 1..).peekable();
    let page: Vec<_> = rest.by_ref().take(most).collect();
    let is_truncated = rest.peek().is_some();
    let shown = page.iter().map(|(number, part)| {
        tree! {
            "PartNumber": **number,
            "LastModified": part.written,
            "ETag": format!("\"{}\"", part.etag),
            "Size": part.size,
        }
    });
    let content = tree! {
        "Bucket": name,
        "Key": upload.key.as_str(),
        "UploadId": id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page.last().filter(|_| is_truncated).map(|(number, _)| **number),
        "MaxParts": most,
        "IsTruncated": is_truncated,
        "Part": Tree::list(shown),
        "Initiator": owner(scope),
        "Owner": owner(scope),
        "StorageClass": upload.version.storage_class.as_str(),
    };
    Ok(Answer::document("ListPartsResult", content).into_tree())
}

fn uploads(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, bucket) = bucket(scope, input)?;
    let prefix = input.text("Prefix")?.unwrap_or_default();
    let mut all: Vec<_> = bucket.uploads.iter().filter(|(_, upload)| upload.key.starts_with(prefix)).collect();
    all.sort_by_key(|(_, upload)| (&upload.key, upload.begun));
    let shown = all.iter().map(|(id, upload)| {
        tree! {
            "Key": upload.key.as_str(),
            "UploadId": *id,
            "Initiator": owner(scope),
            "Owner": owner(scope),
            "StorageClass": upload.version.storage_class.as_str(),
            "Initiated": upload.begun,
        }
    });
    let content = tree! { "Bucket": name, "Prefix": prefix, "MaxUploads": 1000, "IsTruncated": false };
    Ok(Answer::document("ListMultipartUploadsResult", content.with("Upload", Tree::list(shown))).into_tree())
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
}
