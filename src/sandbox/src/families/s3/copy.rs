//! Objects copied, from one bucket of the account to another or to themselves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::checksum::{self, Checksum};
use super::object::{Version, add, etag, properties};
use super::{acl, bucket, condition, encryption, read};
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "s3",
    operations: &[write(
        "CopyObject",
        &[
            "Bucket",
            "Key",
            "CopySource",
            "CopySourceIfMatch",
            "CopySourceIfNoneMatch",
            "CopySourceIfModifiedSince",
            "CopySourceIfUnmodifiedSince",
            "IfMatch",
            "IfNoneMatch",
            "MetadataDirective",
            "TaggingDirective",
            "Metadata",
            "Tagging",
            "Acl",
            "StorageClass",
            "CacheControl",
            "ContentDisposition",
            "ContentEncoding",
            "ContentLanguage",
            "ContentType",
            "Expires",
            "ChecksumAlgorithm",
            "ExpectedBucketOwner",
            "SourceExpectedBucketOwner",
            "RequestPayer",
            "ServerSideEncryption",
            "ServerSideEncryptionAwsKmsKeyId",
            "ServerSideEncryptionBucketKeyEnabled",
        ],
        copy,
    )],
    events: &[],
};

/// Returns bucket, key and version of a source: `/bucket/key?versionId=id`.
fn source(input: &Tree) -> Result<(String, String, Option<String>), Fault> {
    let text = input.need("CopySource")?;
    let (path, id) = match text.split_once("?versionId=") {
        Some((path, id)) => (path, Some(id.to_owned())),
        None => (text, None),
    };
    let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy().into_owned();
    let invalid = || {
        let message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
        super::invalid_argument(message, "x-amz-copy-source", text)
    };
    let (bucket, key) = path.split_once('/').ok_or_else(invalid)?;
    Ok((bucket.to_owned(), key.to_owned(), id))
}

fn copy(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (from_bucket, from_key, id) = source(input)?;
    let target = bucket(scope, input)?;
    let named =
        tree! { "Bucket": from_bucket.as_str(), "ExpectedBucketOwner": input.text("SourceExpectedBucketOwner")? };
    let origin = bucket(scope, &named)?.1;
    let original = read::version(origin, &from_key, id.as_deref())?;
    original.encryption.check(input)?;
    condition::of_read(input, "CopySource", original)?;
    let key = input.need("Key")?;
    condition::of_write(input, target.1.current(key))?;
    let replaces = |directive: &str| Ok::<_, Fault>(input.text(directive)? == Some("REPLACE"));
    let is_changed = replaces("MetadataDirective")?
        || replaces("TaggingDirective")?
        || ["StorageClass", "ServerSideEncryption"].iter().any(|member| input.has(member));
    if target.0 == from_bucket && key == from_key && id.is_none() && !is_changed {
        let message = "This copy request is illegal because it is trying to copy an object to itself without changing \
                       the object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(Fault::new("InvalidRequest", message));
    }
    let own = properties(scope, input)?;
    let (headers, metadata) = if replaces("MetadataDirective")? {
        (own.headers, own.metadata)
    } else {
        (original.headers.clone(), original.metadata.clone())
    };
    let tags = if replaces("TaggingDirective")? { own.tags } else { original.tags.clone() };
    // What was uploaded in parts is one whole now, with the algorithm that it had.
    let of_original = original.checksum.as_ref().map_or("CRC64NVME", |checksum| &checksum.algorithm);
    let algorithm = checksum::named(input, "ChecksumAlgorithm")?.unwrap_or(of_original);
    let bytes = STANDARD.decode(&original.body).unwrap_or_default();
    let checksum = Checksum::of_all(algorithm, &bytes);
    let encryption = encryption::of(scope, target.1, input)?;
    let version = Version {
        headers,
        metadata,
        tags,
        modified: scope.now,
        storage_class: own.storage_class,
        etag: etag(scope, &bytes, &encryption),
        encryption,
        checksum: Some(checksum.clone()),
        parts: Vec::new(),
        grants: acl::of(scope, target.0, target.1, input)?,
        ..original.clone()
    };
    let source_id = origin.versioning().map(|_| original.id.clone());
    let content = tree! {
        "ETag": format!("\"{}\"", version.etag),
        "LastModified": scope.now,
        "ChecksumType": checksum.kind.name(),
    };
    let content = checksum.shown_in(content);
    let answer = version.encryption.on(Answer::document("CopyObjectResult", content));
    let id = add(scope, input, key, version)?;
    let answer = answer.header("x-amz-version-id", id).header("x-amz-copy-source-version-id", source_id);
    Ok(answer.into_tree())
}
