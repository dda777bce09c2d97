//! Objects read: whole, in part, or only what is known of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::bucket::Bucket;
use super::object::Version;
use super::{bucket, condition, http_date};
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "s3",
    operations: &[
        read("GetObject", GET, |scope, input| get(scope, input, true)),
        read("HeadObject", GET, |scope, input| get(scope, input, false)),
        read(
            "GetObjectAttributes",
            &[
                "Bucket",
                "Key",
                "VersionId",
                "ObjectAttributes",
                "MaxParts",
                "PartNumberMarker",
                "ExpectedBucketOwner",
                "RequestPayer",
            ],
            attributes,
        ),
    ],
    events: &[],
};

const GET: &[&str] = &[
    "Bucket",
    "Key",
    "VersionId",
    "Range",
    "IfMatch",
    "IfNoneMatch",
    "IfModifiedSince",
    "IfUnmodifiedSince",
    "ChecksumMode",
    "ExpectedBucketOwner",
    "RequestPayer",
    "ServerSideEncryptionCustomerAlgorithm",
    "ServerSideEncryptionCustomerKey",
    "ServerSideEncryptionCustomerKeyMd5",
    "ResponseCacheControl",
    "ResponseContentDisposition",
    "ResponseContentEncoding",
    "ResponseContentLanguage",
    "ResponseContentType",
    "ResponseExpires",
];

/// Members that replace headers of the answer.
const REPLACED: &[(&str, &str)] = &[
    ("ResponseCacheControl", "cache-control"),
    ("ResponseContentDisposition", "content-disposition"),
    ("ResponseContentEncoding", "content-encoding"),
    ("ResponseContentLanguage", "content-language"),
    ("ResponseContentType", "content-type"),
    ("ResponseExpires", "expires"),
];

/// Returns the version of an object that an input names, or the newest; member names may have a prefix.
///
/// # Errors
/// When it is not there, or is the mark of a deletion.
pub fn version<'a>(bucket: &'a Bucket, key: &str, id: Option<&str>) -> Result<&'a Version, Fault> {
    let absent = || Fault::with_status(404, "NoSuchKey", "The specified key does not exist.").member("Key", key);
    let versions = bucket.objects.get(key).map_or(&[][..], Vec::as_slice);
    let Some(id) = id else {
        let newest = versions.last().ok_or_else(absent)?;
        if newest.is_marker {
            return Err(absent().member("@x-amz-delete-marker", "true").member("@x-amz-version-id", &newest.id));
        }
        return Ok(newest);
    };
    let found = versions.iter().find(|version| version.id == id);
    let Some(found) = found else {
        let fault = Fault::with_status(404, "NoSuchVersion", "The specified version does not exist.");
        return Err(fault.member("Key", key).member("VersionId", id));
    };
    if found.is_marker {
        let message = "The specified method is not allowed against this resource.";
        let fault = Fault::with_status(405, "MethodNotAllowed", message);
        return Err(fault.member("@x-amz-delete-marker", "true").member("@allow", "DELETE"));
    }
    Ok(found)
}

/// Returns first and last byte, where a part is asked for; one that makes no sense is not.
fn range(input: &Tree, size: usize) -> Result<Option<(usize, usize)>, Fault> {
    let asked = input.text("Range")?.and_then(|text| text.strip_prefix("bytes=")?.split_once('-'));
    let parsed = |text: &str| text.parse::<usize>().ok();
    let part = match asked {
        None => return Ok(None),
        Some(("", count)) => parsed(count).map(|count| (size.saturating_sub(count), size.saturating_sub(1))),
        Some((first, "")) => parsed(first).map(|first| (first, size.saturating_sub(1))),
        Some((first, last)) => match (parsed(first), parsed(last)) {
            (Some(first), Some(last)) if first <= last => Some((first, last.min(size.saturating_sub(1)))),
            _ => None,
        },
    };
    if part.is_some_and(|(first, _)| first >= size) || asked == Some(("", "0")) {
        let fault = Fault::with_status(416, "InvalidRange", "The requested range is not satisfiable");
        let range = input.text("Range")?.unwrap_or_default();
        let range = fault.member("RangeRequested", range).member("ActualObjectSize", size);
        return Err(range.member("@content-range", format!("bytes */{size}")));
    }
    Ok(part)
}

fn get(scope: &Scope<'_>, input: &Tree, has_body: bool) -> Result<Tree, Fault> {
    let bucket = bucket(scope, input)?.1;
    let version = version(bucket, input.need("Key")?, input.text("VersionId")?)?;
    version.encryption.check(input)?;
    condition::of_read(input, "", version)?;
    let part = range(input, version.size)?;
    let mut answer = match part {
        Some((first, last)) if has_body => {
            let body = STANDARD.decode(&version.body).unwrap_or_default();
            Answer::bytes(&STANDARD.encode(body.get(first..=last).unwrap_or_default()))
        }
        _ if has_body => Answer::bytes(&version.body),
        _ => Answer::empty(),
    };
    for (name, value) in &version.headers {
        answer = answer.header(name, value);
    }
    for (name, value) in &version.metadata {
        answer = answer.header(&format!("x-amz-meta-{name}"), value);
    }
    for (member, header) in REPLACED {
        if let Some(value) = input.text(member)? {
            answer = answer.header(header, value);
        }
    }
    let length = part.map_or(version.size, |(first, last)| last + 1 - first);
    if let Some((first, last)) = part {
        answer = answer.status(206).header("content-range", format!("bytes {first}-{last}/{}", version.size));
    }
    let asks_checksum = input.text("ChecksumMode")?.is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"));
    if let Some(checksum) = version.checksum.as_ref().filter(|_| asks_checksum && part.is_none()) {
        answer = checksum.on(answer);
    }
    let class = Some(version.storage_class.as_str()).filter(|class| *class != "STANDARD");
    let tags = Some(version.tags.len()).filter(|count| *count > 0);
    let answer = version.encryption.on(answer).header("x-amz-storage-class", class).header("x-amz-tagging-count", tags);
    let id = bucket.versioning().map(|_| version.id.as_str());
    let answer = answer.header("accept-ranges", "bytes").header("content-length", length);
    let answer = answer.header("etag", format!("\"{}\"", version.etag)).header("x-amz-version-id", id);
    Ok(answer.header("last-modified", http_date(version.modified)).into_tree())
}

fn attributes(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let bucket = bucket(scope, input)?.1;
    let version = version(bucket, input.need("Key")?, input.text("VersionId")?)?;
    let asked: Vec<&str> = input.text("ObjectAttributes")?.unwrap_or_default().split(',').map(str::trim).collect();
    let mut content = Tree::object();
    for attribute in asked {
        match attribute {
            "ETag" => content.set("ETag", version.etag.as_str()),
            "ObjectSize" => content.set("ObjectSize", version.size),
            "StorageClass" => content.set("StorageClass", version.storage_class.as_str()),
            "Checksum" => {
                let checksum = version.checksum.as_ref();
                let shown = checksum.map(|own| own.shown_in(tree! { "ChecksumType": own.kind.name() }));
                content.set("Checksum", shown);
            }
            "ObjectParts" => content.set("ObjectParts", parts(version, input)?),
            other => {
                return Err(super::invalid_argument(
                    "Invalid attribute name specified.",
                    "x-amz-object-attributes",
                    other,
                ));
            }
        }
    }
    let id = bucket.versioning().map(|_| version.id.as_str());
    let answer = Answer::document("GetObjectAttributesResponse", content).header("x-amz-version-id", id);
    Ok(answer.header("last-modified", http_date(version.modified)).into_tree())
}

/// Returns the parts of an object that was uploaded in parts. They are told one by one where they have checksums of
/// their own.
fn parts(version: &Version, input: &Tree) -> Result<Option<Tree>, Fault> {
    let after = input.int("PartNumberMarker")?.unwrap_or(0);
    let most = usize::try_from(input.int("MaxParts")?.unwrap_or(1000).clamp(0, 1000)).unwrap_or(0);
    let all = version.parts.iter().filter(|part| part.checksum.is_some() && part.number > after);
    let mut rest = all.peekable();
    let page: Vec<_> = rest.by_ref().take(most).collect();
    let is_truncated = rest.peek().is_some();
    let shown = page.iter().map(|part| {
        let own = tree! { "PartNumber": part.number, "Size": part.size };
        part.checksum.as_ref().map_or(own.clone(), |checksum| checksum.shown_in(own))
    });
    Ok((!version.parts.is_empty()).then(|| {
        tree! {
            "PartsCount": version.parts.len(),
            "PartNumberMarker": after,
            "NextPartNumberMarker": page.last().map_or(0, |part| part.number),
            "MaxParts": most,
            "IsTruncated": is_truncated,
            "Part": Tree::list(shown),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::s3::bucket::tests::made;
    use crate::testing::{Cloud, code};

    #[test]
    fn parts_and_conditions_are_read() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        let put =
            tree! { "Bucket": "bucket", "Key": "k", "Body": STANDARD.encode("0123456789"), "ContentType": "text/x" };
        cloud.call("s3", "PutObject", put).unwrap();
        let get = |name: &str, value: &str| {
            let input = Tree::object().with("Bucket", "bucket").with("Key", "k").with(name, value);
            let answer = cloud.call("s3", "GetObject", input)?;
            let body = STANDARD.decode(answer.need("body.@bytes").unwrap()).unwrap();
            Ok::<_, Fault>((answer.int("@status").unwrap().unwrap(), String::from_utf8(body).unwrap()))
        };
        let part = |status, text: &str| Ok((status, text.to_owned()));
        assert_eq!(get("ChecksumMode", "ENABLED"), part(200, "0123456789"));
        assert_eq!(get("Range", "bytes=2-4"), part(206, "234"));
        assert_eq!(get("Range", "bytes=-3"), part(206, "789"));
        assert_eq!(get("Range", "bytes=8-99"), part(206, "89"));
        assert_eq!(code(get("Range", "bytes=10-")), "InvalidRange");
        assert_eq!(code(get("IfNoneMatch", "\"781e5e245d69b566979b86e28d23f2c7\"")), "NotModified");
        assert_eq!(code(get("IfMatch", "\"x\"")), "PreconditionFailed");
        assert_eq!(code(get("VersionId", "x")), "NoSuchVersion");
    }
}
