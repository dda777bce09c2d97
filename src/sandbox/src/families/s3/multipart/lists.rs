//! ListParts and ListMultipartUploads.

use super::upload_of;
use crate::families::s3::{bucket, invalid_argument, owner};
use crate::families::{Operation, read};
use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const PARTS: Operation = read(
    "ListParts",
    &["Bucket", "Key", "UploadId", "MaxParts", "PartNumberMarker", "ExpectedBucketOwner", "RequestPayer"],
    parts,
);
pub const UPLOADS: Operation = read(
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
        "RequestPayer",
    ],
    uploads,
);

fn most(input: &Tree, member: &str) -> Result<usize, Fault> {
    Ok(usize::try_from(input.int(member)?.unwrap_or(1000).clamp(0, 1000)).unwrap_or(0))
}

fn parts(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, bucket) = bucket(scope, input)?;
    let (id, upload) = upload_of(bucket, input)?;
    let after = input.int("PartNumberMarker")?.unwrap_or(0);
    let most = most(input, "MaxParts")?;
    let mut rest = upload.parts.range(after + 1..).peekable();
    let page: Vec<_> = rest.by_ref().take(most).collect();
    let is_truncated = rest.peek().is_some();
    let shown = page.iter().map(|(number, part)| {
        let own = tree! {
            "PartNumber": **number,
            "LastModified": part.written,
            "ETag": format!("\"{}\"", part.etag),
            "Size": part.size,
        };
        part.checksum.as_ref().map_or(own.clone(), |checksum| checksum.shown_in(own))
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
        "ChecksumAlgorithm": upload.algorithm.as_deref(),
        "ChecksumType": upload.algorithm.as_ref().map(|_| upload.kind.name()),
    };
    Ok(Answer::document("ListPartsResult", content).into_tree())
}

/// By key, and by their beginning where there are several for one.
fn uploads(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, bucket) = bucket(scope, input)?;
    if let Some(other) = input.text("EncodingType")?.filter(|encoding| *encoding != "url") {
        return Err(invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", other));
    }
    let (prefix, delimiter) = (input.text("Prefix")?.unwrap_or_default(), input.text("Delimiter")?);
    let (key_marker, id_marker) = (input.text("KeyMarker")?, input.text("UploadIdMarker")?);
    let mut all: Vec<_> = bucket.uploads.iter().filter(|(_, upload)| upload.key.starts_with(prefix)).collect();
    all.sort_by_key(|(id, upload)| (&upload.key, upload.begun, *id));
    if let Some(marker) = key_marker {
        let last = id_marker.and_then(|id| all.iter().position(|(own, upload)| *own == id && upload.key == marker));
        let begin = last.map_or_else(|| all.partition_point(|(_, upload)| upload.key.as_str() <= marker), |at| at + 1);
        all.drain(..begin);
    }
    let most = most(input, "MaxUploads")?;
    let (mut shown, mut common) = (Vec::new(), Vec::<String>::new());
    let (mut last, mut is_truncated) = (None, false);
    for (id, upload) in all {
        let rest = &upload.key[prefix.len()..];
        let folder = delimiter.and_then(|text| rest.find(text).map(|at| &rest[..at + text.len()]));
        let folder = folder.map(|folder| format!("{prefix}{folder}"));
        if folder.as_ref().is_some_and(|folder| common.last() == Some(folder) || key_marker == Some(folder)) {
            continue;
        }
        if shown.len() + common.len() == most {
            is_truncated = true;
            break;
        }
        last = Some((folder.clone().unwrap_or_else(|| upload.key.clone()), folder.is_none().then_some(id)));
        match folder {
            Some(folder) => common.push(folder),
            None => shown.push(tree! {
                "Key": encoded(input, &upload.key),
                "UploadId": id,
                "Initiator": owner(scope),
                "Owner": owner(scope),
                "StorageClass": upload.version.storage_class.as_str(),
                "Initiated": upload.begun,
                "ChecksumAlgorithm": upload.algorithm.as_deref(),
                "ChecksumType": upload.algorithm.as_ref().map(|_| upload.kind.name()),
            }),
        }
    }
    let next = last.filter(|_| is_truncated);
    let content = tree! {
        "Bucket": name,
        "KeyMarker": key_marker.map(|key| encoded(input, key)),
        "UploadIdMarker": id_marker,
        "NextKeyMarker": next.as_ref().map(|(key, _)| encoded(input, key)),
        "NextUploadIdMarker": next.and_then(|(_, id)| id),
        "Prefix": encoded(input, prefix),
        "Delimiter": delimiter.map(|text| encoded(input, text)),
        "EncodingType": input.text("EncodingType")?,
        "MaxUploads": most,
        "IsTruncated": is_truncated,
        "Upload": shown,
        "CommonPrefixes": Tree::list(common.iter().map(|folder| tree! { "Prefix": encoded(input, folder) })),
    };
    Ok(Answer::document("ListMultipartUploadsResult", content).into_tree())
}

fn encoded(input: &Tree, key: &str) -> String {
    if input.has("EncodingType") { crate::families::s3::listing::encoded(key) } else { key.to_owned() }
}
