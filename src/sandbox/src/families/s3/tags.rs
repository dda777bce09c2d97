//! Tags of objects.

use super::{bucket, bucket_mut, checksum, read};
use crate::families::{Family, read as reading, write};
use crate::protocol::fault::Fault;
use crate::protocol::form_fields;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "s3",
    operations: &[
        reading("GetObjectTagging", &["Bucket", "Key", "VersionId", "ExpectedBucketOwner"], get),
        write(
            "PutObjectTagging",
            checksum::members!("Bucket", "Key", "VersionId", "Tagging", "ExpectedBucketOwner"),
            |scope, input| {
                checksum::of_document(input)?;
                put(scope, input, checked(&of_document(input.at("Tagging")), 10)?, 200)
            },
        ),
        write("DeleteObjectTagging", &["Bucket", "Key", "VersionId", "ExpectedBucketOwner"], |scope, input| {
            put(scope, input, Vec::new(), 204)
        }),
    ],
    events: &[],
};

/// Returns the tags of a header: `a=1&b=2`.
///
/// # Errors
/// When there are too many, or one twice.
pub fn of_header(text: &str) -> Result<Vec<(String, String)>, Fault> {
    checked(&form_fields(text), 10)
}

/// Returns the tags of a document.
pub fn of_document(document: Option<&Tree>) -> Vec<(String, String)> {
    let tags = document.map_or(&[][..], |document| document.list_at("TagSet.Tag"));
    let text = |tag: &Tree, name: &str| tag.at(name).and_then(Tree::as_text).unwrap_or_default().to_owned();
    tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect()
}

/// Checks tags.
///
/// # Errors
/// When there are too many, one twice, or one is reserved.
pub fn checked(tags: &[(String, String)], most: usize) -> Result<Vec<(String, String)>, Fault> {
    if tags.len() > most {
        return Err(Fault::new("BadRequest", format!("Object tags cannot be greater than {most}")));
    }
    for (index, (key, value)) in tags.iter().enumerate() {
        let invalid = |message: &str| Err(Fault::new("InvalidTag", message).member("TagKey", key));
        match key {
            key if key.is_empty() || key.chars().count() > 128 => {
                return invalid("The TagKey you have provided is invalid");
            }
            key if key.starts_with("aws:") => return invalid("System tags cannot be added/updated by requester"),
            key if tags.iter().take(index).any(|(other, _)| other == key) => {
                return invalid("Cannot provide multiple Tags with the same key");
            }
            _ if value.chars().count() > 256 => return invalid("The TagValue you have provided is invalid"),
            _ => {}
        }
    }
    Ok(tags.to_vec())
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let bucket = bucket(scope, input)?.1;
    let version = read::version(bucket, input.need("Key")?, input.text("VersionId")?)?;
    let tags = version.tags.iter().map(|(key, value)| tree! { "Key": key.as_str(), "Value": value.as_str() });
    let content = tree! { "TagSet": tree! { "Tag": Tree::list(tags) } };
    let id = bucket.versioning().map(|_| version.id.as_str());
    Ok(Answer::document("Tagging", content).header("x-amz-version-id", id).into_tree())
}

fn put(scope: &mut Scope<'_>, input: &Tree, tags: Vec<(String, String)>, status: u16) -> Result<Tree, Fault> {
    let key = input.need("Key")?;
    let id = read::version(bucket(scope, input)?.1, key, input.text("VersionId")?)?.id.clone();
    let bucket = bucket_mut(scope, input)?;
    let versions = bucket.objects.get_mut(key).into_iter().flatten();
    versions.filter(|version| version.id == id).for_each(|version| version.tags.clone_from(&tags));
    let shown = bucket.versioning().map(|_| id);
    Ok(Answer::empty().status(status).header("x-amz-version-id", shown).into_tree())
}
