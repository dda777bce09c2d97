//! Objects deleted: one, or many at once.

use super::bucket::Bucket;
use super::object::Version;
use super::{bucket, bucket_mut, checksum, condition};
use crate::families::{Family, write};
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
            "DeleteObject",
            &["Bucket", "Key", "VersionId", "ExpectedBucketOwner", "IfMatch", "RequestPayer"],
            delete,
        ),
        write(
            "DeleteObjects",
            checksum::members!("Bucket", "Delete", "ExpectedBucketOwner", "RequestPayer"),
            delete_many,
        ),
    ],
    events: &[],
};

/// How many objects one request deletes at most.
const MOST: usize = 1000;

/// What a deletion did.
#[derive(Default)]
struct Deleted {
    is_marker: bool,
    id: Option<String>,
}

impl Bucket {
    /// Deletes an object or a version of it. What is not there is deleted all the same.
    fn remove(&mut self, key: &str, id: Option<&str>, now: Timestamp, new: String) -> Deleted {
        let has_versions = self.versioning().is_some();
        match id {
            Some(id) => {
                let Some(versions) = self.objects.get_mut(key) else { return Deleted::default() };
                let is_marker = versions.iter().any(|version| version.id == id && version.is_marker);
                versions.retain(|version| version.id != id);
                if versions.is_empty() {
                    self.objects.remove(key);
                }
                Deleted { is_marker, id: Some(id.to_owned()) }
            }
            None if has_versions => {
                self.add(key, Version::marker(now), new);
                let newest = self.objects.get(key).and_then(|versions| versions.last());
                Deleted { is_marker: true, id: newest.map(|version| version.id.clone()) }
            }
            None => {
                self.objects.remove(key);
                Deleted::default()
            }
        }
    }
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let key = input.need("Key")?;
    let id = input.text("VersionId")?;
    let current = bucket(scope, input)?.1.current(key);
    if let (Some(etag), Some(current)) = (input.text("IfMatch")?, current)
        && !is_tag(etag, &current.etag)
    {
        return Err(condition::failed("If-Match"));
    }
    let (now, new) = (scope.now, scope.ids().lower(32));
    let deleted = bucket_mut(scope, input)?.remove(key, id, now, new);
    let marker = deleted.is_marker.then_some("true");
    let answer = Answer::gone().header("x-amz-delete-marker", marker).header("x-amz-version-id", deleted.id);
    Ok(answer.into_tree())
}

/// Returns whether an ETag is the one that is wanted, which `*` is for any. Deletions take no lists of them.
fn is_tag(wanted: &str, etag: &str) -> bool {
    wanted == "*" || wanted.trim_matches('"') == etag
}

fn delete_many(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    checksum::of_document(input)?;
    bucket(scope, input)?;
    let objects = input.list_at("Delete.Object");
    if objects.is_empty() || objects.len() > MOST || objects.iter().any(|object| object.need("Key").is_err()) {
        return Err(malformed());
    }
    let is_quiet = input.bool("Delete.Quiet")? == Some(true);
    let now = scope.now;
    let new: Vec<String> = objects.iter().map(|_| scope.ids().lower(32)).collect();
    let bucket = bucket_mut(scope, input)?;
    let mut shown = Vec::new();
    let mut errors = Vec::new();
    for (object, new) in objects.iter().zip(new) {
        let (key, id) = (object.need("Key")?, object.text("VersionId")?);
        if let (Some(etag), Some(current)) = (object.text("ETag")?, bucket.current(key))
            && !is_tag(etag, &current.etag)
        {
            let message = "At least one of the pre-conditions you specified did not hold";
            errors.push(tree! { "Key": key, "Code": "PreconditionFailed", "Message": message });
            continue;
        }
        let deleted = bucket.remove(key, id, now, new);
        shown.push(tree! {
            "Key": key,
            "VersionId": id,
            "DeleteMarker": deleted.is_marker.then_some(true),
            "DeleteMarkerVersionId": deleted.id.filter(|_| deleted.is_marker),
        });
    }
    let shown = if is_quiet { Vec::new() } else { shown };
    Ok(Answer::document("DeleteResult", tree! { "Deleted": shown, "Error": errors }).into_tree())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::s3::bucket::tests::made;
    use crate::testing::{Cloud, code};

    #[test]
    fn buckets_with_versions_lose_nothing() {
        let cloud = Cloud::new();
        made(&cloud, "b-1");
        let on = tree! { "Status": "Enabled" };
        cloud.call("s3", "PutBucketVersioning", tree! { "Bucket": "b-1", "VersioningConfiguration": on }).unwrap();
        let object = tree! { "Bucket": "b-1", "Key": "k" };
        let id = |answer: &Tree| answer.at("@headers").unwrap().need("x-amz-version-id").unwrap().to_owned();
        let first = id(&cloud.call("s3", "PutObject", object.clone().with("Body", "YQ==")).unwrap());
        let marker = id(&cloud.call("s3", "DeleteObject", object.clone()).unwrap());
        assert_eq!(code(cloud.call("s3", "GetObject", object.clone())), "NoSuchKey");
        assert!(cloud.call("s3", "GetObject", object.clone().with("VersionId", first.as_str())).is_ok());
        assert_eq!(code(cloud.call("s3", "DeleteBucket", tree! { "Bucket": "b-1" })), "BucketNotEmpty");
        cloud.call("s3", "DeleteObject", object.clone().with("VersionId", marker)).unwrap();
        assert!(cloud.call("s3", "GetObject", object.clone()).is_ok());
        cloud.call("s3", "DeleteObject", object.with("VersionId", first)).unwrap();
        cloud.call("s3", "DeleteBucket", tree! { "Bucket": "b-1" }).unwrap();
    }

    #[test]
    fn many_are_deleted_on_conditions_and_any_tag_is_one() {
        let cloud = Cloud::new();
        made(&cloud, "b-1");
        cloud.call("s3", "PutObject", tree! { "Bucket": "b-1", "Key": "k", "Body": "YQ==" }).unwrap();
        let delete = |etag: &str| {
            let objects = vec![tree! { "Key": "k", "ETag": etag }];
            let input = tree! { "Bucket": "b-1", "Delete": tree! { "Object": objects } };
            let answer = cloud.call("s3", "DeleteObjects", input).unwrap();
            let count = |name: &str| answer.list_at(&format!("body.content.{name}")).len();
            (count("Deleted"), count("Error"))
        };
        assert_eq!(delete("\"x\""), (0, 1));
        assert_eq!(delete("*"), (1, 0));
        cloud.call("s3", "DeleteBucket", tree! { "Bucket": "b-1" }).unwrap();
    }
}
