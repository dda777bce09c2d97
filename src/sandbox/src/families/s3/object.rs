//! Objects and their versions: written, and what is kept of them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::checksum::{self, Checksum, md5_hex};
use super::encryption::{self, Encryption};
use super::{acl, bucket, bucket_mut, condition, tags};
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree::Tree;

pub const FAMILY: Family = Family { service: "s3", operations: &[write("PutObject", PUT, put)], events: &[] };

const PUT: &[&str] = checksum::members!(
    "Bucket",
    "Key",
    "ExpectedBucketOwner",
    "IfMatch",
    "IfNoneMatch",
    "Metadata",
    "Tagging",
    "StorageClass",
    "Acl",
    "RequestPayer",
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    encryption::MEMBERS[0],
    encryption::MEMBERS[1],
    encryption::MEMBERS[2],
    encryption::MEMBERS[3],
    encryption::MEMBERS[4],
    encryption::MEMBERS[5],
    encryption::MEMBERS[6],
);

/// Members that come back as the headers they were.
const HEADERS: &[(&str, &str)] = &[
    ("CacheControl", "cache-control"),
    ("ContentDisposition", "content-disposition"),
    ("ContentEncoding", "content-encoding"),
    ("ContentLanguage", "content-language"),
    ("ContentType", "content-type"),
    ("Expires", "expires"),
];

const STORAGE_CLASSES: &[&str] = &[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];
/// How much metadata an object may have, in bytes.
const MOST_METADATA: usize = 2048;
/// The longest key, in bytes.
const LONGEST_KEY: usize = 1024;

/// A version of an object, or the mark that it was deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// Its id; `null` for those of buckets without versions.
    pub id: String,
    /// Whether this only says that the object was deleted.
    #[serde(default)]
    pub is_marker: bool,
    /// When it was written.
    pub modified: Timestamp,
    /// Digest, without quotes.
    #[serde(default)]
    pub etag: String,
    /// The bytes, in base64.
    #[serde(default)]
    pub body: String,
    /// How many they are.
    #[serde(default)]
    pub size: usize,
    /// Headers that come back.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What the user says about it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<(String, String)>,
    /// Where it is stored.
    #[serde(default)]
    pub storage_class: String,
    /// Its checksum.
    #[serde(default)]
    pub checksum: Option<Checksum>,
    /// The parts that it was uploaded in.
    #[serde(default)]
    pub parts: Vec<ObjectPart>,
    /// Who may do what with it; nothing where only its owner may.
    #[serde(default)]
    pub grants: Option<Tree>,
    /// How it is encrypted.
    #[serde(default)]
    pub encryption: Encryption,
}

impl Version {
    /// Returns the mark of a deletion; [`Bucket::add`] gives it its id.
    pub fn marker(modified: Timestamp) -> Self {
        Self {
            id: String::new(),
            is_marker: true,
            modified,
            etag: String::new(),
            body: String::new(),
            size: 0,
            headers: BTreeMap::new(),
            metadata: BTreeMap::new(),
            tags: Vec::new(),
            storage_class: String::new(),
            checksum: None,
            parts: Vec::new(),
            grants: None,
            encryption: Encryption::default(),
        }
    }
}

/// A part of an object that was uploaded in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectPart {
    /// Its number.
    pub number: i64,
    /// How many bytes it has.
    pub size: usize,
    /// Its checksum, where the upload has an algorithm.
    pub checksum: Option<Checksum>,
}

impl Bucket {
    /// Returns the newest version of an object, where that is not the mark of a deletion.
    pub fn current(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.last().filter(|version| !version.is_marker)
    }

    /// Adds a version, and gives it its id: without versions, it replaces the one before.
    pub fn add(&mut self, key: &str, mut version: Version, id: String) -> Option<String> {
        let is_versioned = self.is_versioned();
        let versions = self.objects.entry(key.to_owned()).or_default();
        if is_versioned {
            version.id = id;
        } else {
            version.id = "null".to_owned();
            versions.retain(|version| version.id != "null");
        }
        versions.push(version);
        is_versioned.then(|| versions.last().map(|version| version.id.clone())).flatten()
    }
}

/// Returns what a write keeps beside the bytes.
///
/// # Errors
/// When any of it cannot be.
pub fn described(scope: &Scope<'_>, bucket: &Bucket, input: &Tree, body: &[u8]) -> Result<Version, Fault> {
    let checksum = checksum::of(input, body)?;
    let encryption = encryption::of(scope, bucket, input)?;
    Ok(Version {
        etag: etag(scope, body, &encryption),
        body: STANDARD.encode(body),
        size: body.len(),
        checksum: Some(checksum),
        encryption,
        ..properties(scope, input)?
    })
}

/// Returns the ETag of bytes that are written at once.
pub fn etag(scope: &Scope<'_>, body: &[u8], encryption: &Encryption) -> String {
    if encryption.is_plain() {
        return md5_hex(body);
    }
    // With a key, it is not the digest of the plain bytes, and another with each write.
    md5_hex(&[body, scope.now.to_string().as_bytes(), b"encrypted"].concat())
}

/// Returns headers, metadata, tags and class of an input.
///
/// # Errors
/// When any of it cannot be.
pub fn properties(scope: &Scope<'_>, input: &Tree) -> Result<Version, Fault> {
    let key = input.need("Key")?;
    if key.len() > LONGEST_KEY {
        let fault = Fault::new("KeyTooLongError", "Your key is too long");
        return Err(fault.member("Size", key.len()).member("MaxSizeAllowed", LONGEST_KEY));
    }
    let metadata: BTreeMap<String, String> = input.text_map("Metadata").into_iter().collect();
    if metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MOST_METADATA {
        return Err(Fault::new("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"));
    }
    let storage_class = input.text("StorageClass")?.unwrap_or("STANDARD");
    if !STORAGE_CLASSES.contains(&storage_class) {
        return Err(Fault::new("InvalidStorageClass", "The storage class you specified is not valid"));
    }
    let mut headers = BTreeMap::from([("content-type".to_owned(), "binary/octet-stream".to_owned())]);
    for (member, header) in HEADERS {
        if let Some(value) = input.text(member)? {
            headers.insert((*header).to_owned(), value.to_owned());
        }
    }
    Ok(Version {
        is_marker: false,
        headers,
        metadata,
        tags: tags::of_header(input.text("Tagging")?.unwrap_or_default())?,
        storage_class: storage_class.to_owned(),
        ..Version::marker(scope.now)
    })
}

/// Returns the bytes of an input.
///
/// # Errors
/// When they are not in base64.
pub fn body(input: &Tree) -> Result<Vec<u8>, Fault> {
    let body = input.text("Body")?.unwrap_or_default();
    STANDARD.decode(body).map_err(|error| Fault::invalid("body", error.to_string(), "Not base64."))
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let body = body(input)?;
    let key = input.need("Key")?;
    let (name, found) = bucket(scope, input)?;
    let grants = acl::of(scope, name, found, input)?;
    let version = Version { grants, ..described(scope, found, input, &body)? };
    condition::of_write(input, found.current(key))?;
    let is_conditional = input.has("IfMatch") || input.has("IfNoneMatch");
    if is_conditional && scope.strikes("write-conflict") {
        let message = "The conditional request cannot succeed due to a conflicting operation against this resource.";
        let condition = if input.has("IfMatch") { "If-Match" } else { "If-None-Match" };
        let conflict = Fault::with_status(409, "ConditionalRequestConflict", message);
        return Err(conflict.member("Condition", condition).member("Key", key));
    }
    let mut answer = Answer::empty().header("etag", format!("\"{}\"", version.etag));
    if let Some(checksum) = &version.checksum {
        answer = checksum.on(answer);
    }
    answer = version.encryption.on(answer);
    let id = add(scope, input, key, version)?;
    Ok(answer.header("x-amz-version-id", id).into_tree())
}

/// Adds a version to the bucket that an input names; returns its id, where the bucket has versions.
///
/// # Errors
/// When the bucket is not there.
pub fn add(scope: &mut Scope<'_>, input: &Tree, key: &str, version: Version) -> Result<Option<String>, Fault> {
    let id = scope.ids().lower(32);
    Ok(bucket_mut(scope, input)?.add(key, version, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::s3::bucket::tests::made;
    use crate::testing::{Cloud, code};
    use crate::tree;

    fn put(cloud: &Cloud, body: &str, more: Tree) -> Result<String, Fault> {
        let mut input = tree! { "Bucket": "bucket", "Key": "state", "Body": STANDARD.encode(body) };
        more.members().for_each(|(name, value)| input.set(name, value));
        let answer = cloud.call("s3", "PutObject", input)?;
        Ok(answer.at("@headers").unwrap().need("etag").unwrap().to_owned())
    }

    #[test]
    fn writes_may_depend_on_what_is_there() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        assert_eq!(code(put(&cloud, "a", tree! { "IfMatch": "\"x\"" })), "NoSuchKey");
        let etag = put(&cloud, "a", tree! { "IfNoneMatch": "*" }).unwrap();
        assert_eq!(etag, "\"0cc175b9c0f1b6a831c399e269772661\"");
        assert_eq!(code(put(&cloud, "b", tree! { "IfNoneMatch": "*" })), "PreconditionFailed");
        let second = put(&cloud, "b", tree! { "IfMatch": etag.as_str() }).unwrap();
        assert_eq!(code(put(&cloud, "c", tree! { "IfMatch": etag.as_str() })), "PreconditionFailed");
        assert_eq!(code(put(&cloud, "c", tree! { "IfMatch": second, "IfNoneMatch": "*" })), "NotImplemented");
    }
}
