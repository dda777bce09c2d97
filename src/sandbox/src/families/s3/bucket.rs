//! Buckets: made, found, listed, deleted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::multipart::Upload;
use super::object::Version;
use super::{arn, bucket, checksum, is_taken, owner};
use crate::families::{Family, read, write};
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
            "CreateBucket",
            checksum::members!(
                "Bucket",
                "CreateBucketConfiguration",
                "Acl",
                "ObjectOwnership",
                "BucketObjectLockEnabled"
            ),
            create,
        ),
        read("HeadBucket", &["Bucket", "ExpectedBucketOwner"], head),
        read("ListBuckets", &["MaxBuckets", "ContinuationToken", "Prefix", "BucketRegion"], list),
        read("GetBucketLocation", &["Bucket", "ExpectedBucketOwner"], location),
        write("DeleteBucket", &["Bucket", "ExpectedBucketOwner"], delete),
    ],
    events: &[],
};

/// A bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bucket {
    /// Its region.
    pub region: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its settings, by the word that asks for them: `policy`, `versioning`.
    pub settings: BTreeMap<String, Tree>,
    /// Objects by key: all versions, the newest last.
    pub objects: BTreeMap<String, Vec<Version>>,
    /// Uploads that have begun, by id.
    pub uploads: BTreeMap<String, Upload>,
}

impl Bucket {
    /// Returns whether every write makes a version.
    pub fn is_versioned(&self) -> bool {
        self.versioning() == Some("Enabled")
    }

    /// Returns the status of versioning, where it ever had one.
    pub fn versioning(&self) -> Option<&str> {
        self.settings.get("versioning")?.at("Status")?.as_text()
    }
}

fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == '-')
    };
    let is_address = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    (3..=63).contains(&name.len())
        && name.split('.').all(is_label)
        && !is_address
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3"].iter().any(|suffix| name.ends_with(suffix))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    checksum::of_document(input)?;
    let name = input.need("Bucket")?;
    if !is_name(name) {
        return Err(Fault::new("InvalidBucketName", "The specified bucket is not valid.").member("BucketName", name));
    }
    let region = region_of(scope, input)?;
    let owned = scope.s3().buckets.get(name);
    if let Some(bucket) = owned {
        // In its first region, S3 answers as if it had just been made.
        if bucket.region == "us-east-1" && region == "us-east-1" {
            return Ok(Answer::empty().header("location", format!("/{name}")).into_tree());
        }
        let message = "Your previous request to create the named bucket succeeded and you already own it.";
        return Err(Fault::with_status(409, "BucketAlreadyOwnedByYou", message).member("BucketName", name));
    }
    if is_taken(scope, name) {
        let message = "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                       system. Please select a different name and try again.";
        return Err(Fault::with_status(409, "BucketAlreadyExists", message).member("BucketName", name));
    }
    let ownership = input.text("ObjectOwnership")?.unwrap_or("BucketOwnerEnforced");
    if input.text("Acl")?.is_some_and(|acl| acl != "private") && ownership == "BucketOwnerEnforced" {
        let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
        return Err(Fault::new("InvalidBucketAclWithObjectOwnership", message));
    }
    let mut settings = first_settings(ownership);
    if input.bool("BucketObjectLockEnabled")? == Some(true) {
        settings.insert("object-lock".to_owned(), tree! { "ObjectLockEnabled": "Enabled" });
        settings.insert("versioning".to_owned(), tree! { "Status": "Enabled" });
    }
    if let Some(tags) = input.at("CreateBucketConfiguration.Tags") {
        settings.insert("tagging".to_owned(), Tree::object().with("TagSet", tags));
    }
    let location = if region == "us-east-1" { format!("/{name}") } else { format!("http://{name}.s3.amazonaws.com/") };
    let arn = arn(scope, name);
    let (objects, uploads) = (BTreeMap::new(), BTreeMap::new());
    let bucket = Bucket { region, created: scope.now, settings, objects, uploads };
    scope.s3_mut().buckets.insert(name.to_owned(), bucket);
    Ok(Answer::empty().header("location", location).header("x-amz-bucket-arn", arn).into_tree())
}

/// What every bucket has from the start.
fn first_settings(ownership: &str) -> BTreeMap<String, Tree> {
    let blocked = tree! {
        "BlockPublicAcls": true,
        "IgnorePublicAcls": true,
        "BlockPublicPolicy": true,
        "RestrictPublicBuckets": true,
    };
    let owned = tree! { "Rule": tree! { "ObjectOwnership": ownership } };
    let all = [("encryption", usual_encryption()), ("publicAccessBlock", blocked), ("ownershipControls", owned)];
    all.into_iter().map(|(name, setting)| (name.to_owned(), setting)).collect()
}

/// Returns how objects of a bucket are encrypted that nobody has set otherwise.
pub fn usual_encryption() -> Tree {
    let usual = tree! { "SSEAlgorithm": "AES256" };
    tree! { "Rule": tree! { "ApplyServerSideEncryptionByDefault": usual, "BucketKeyEnabled": false } }
}

/// Only the first region takes buckets for others.
fn region_of(scope: &Scope<'_>, input: &Tree) -> Result<String, Fault> {
    let asked = input.text("CreateBucketConfiguration.LocationConstraint")?.filter(|region| !region.is_empty());
    let illegal = |region: &str| {
        let message = format!(
            "The {region} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        Fault::new("IllegalLocationConstraintException", message)
    };
    match (asked, scope.region) {
        (None, "us-east-1") => Ok("us-east-1".to_owned()),
        (None, _) => Err(illegal("unspecified")),
        (Some("us-east-1"), "us-east-1") => {
            let invalid = Fault::new("InvalidLocationConstraint", "The specified location-constraint is not valid");
            Err(invalid.member("LocationConstraint", "us-east-1"))
        }
        (Some("EU"), "us-east-1") => Ok("eu-west-1".to_owned()),
        (Some(asked), region) if asked == region || region == "us-east-1" => Ok(asked.to_owned()),
        (Some(asked), _) => Err(illegal(asked)),
    }
}

fn head(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, bucket) = bucket(scope, input)?;
    let arn = arn(scope, name);
    let answer = Answer::empty().header("x-amz-bucket-region", &bucket.region).header("x-amz-bucket-arn", arn);
    Ok(answer.header("x-amz-access-point-alias", "false").into_tree())
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let prefix = input.text("Prefix")?.unwrap_or_default();
    let region = input.text("BucketRegion")?;
    let most = match input.int("MaxBuckets")? {
        Some(most @ 1..=10000) => usize::try_from(most).unwrap_or(usize::MAX),
        Some(_) => {
            return Err(Fault::new("InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000"));
        }
        None => usize::MAX,
    };
    let after = input.text("ContinuationToken")?.unwrap_or_default();
    let buckets = scope.s3().buckets.iter().filter(|(name, bucket)| {
        name.starts_with(prefix) && region.is_none_or(|region| bucket.region == region) && name.as_str() > after
    });
    let mut rest = buckets.peekable();
    let items: Vec<(&String, &Bucket)> = rest.by_ref().take(most).collect();
    let next = if rest.peek().is_some() { items.last().map(|(name, _)| name.as_str()) } else { None };
    let shown = items.iter().map(|(name, bucket)| {
        let arn = arn(scope, name);
        tree! { "Name": *name, "CreationDate": bucket.created, "BucketRegion": &bucket.region, "BucketArn": arn }
    });
    let content = tree! {
        "Owner": owner(scope),
        "Buckets": tree! { "Bucket": Tree::list(shown) },
        "ContinuationToken": next,
        "Prefix": input.text("Prefix")?,
    };
    Ok(Answer::document("ListAllMyBucketsResult", content).into_tree())
}

/// The first region is not named. It also answers for buckets of other regions.
fn location(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let elsewhere = input.text("Bucket")?.and_then(|name| scope.s3().buckets.get(name));
    let region = match elsewhere.filter(|_| scope.region == "us-east-1") {
        Some(bucket) => &bucket.region,
        None => &bucket(scope, input)?.1.region,
    };
    let content = if region == "us-east-1" { Tree::Text(String::new()) } else { Tree::from(region) };
    Ok(Answer::document("LocationConstraint", content).into_tree())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, bucket) = bucket(scope, input)?;
    if !bucket.objects.is_empty() {
        let message = match bucket.versioning() {
            None => "The bucket you tried to delete is not empty",
            Some(_) => "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
        };
        return Err(Fault::with_status(409, "BucketNotEmpty", message).member("BucketName", name));
    }
    let name = name.to_owned();
    scope.s3_mut().buckets.remove(&name);
    Ok(Answer::gone().into_tree())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    pub fn made(cloud: &Cloud, name: &str) {
        let here = tree! { "LocationConstraint": crate::testing::REGION };
        cloud.call("s3", "CreateBucket", tree! { "Bucket": name, "CreateBucketConfiguration": here }).unwrap();
    }

    #[test]
    fn buckets_are_made_in_the_region_that_is_asked() {
        let cloud = Cloud::new();
        let create = |name: &str, region: &str| {
            let here = tree! { "LocationConstraint": region };
            code(cloud.call("s3", "CreateBucket", tree! { "Bucket": name, "CreateBucketConfiguration": here }))
        };
        assert_eq!(create("bucket", "eu-west-1"), "IllegalLocationConstraintException");
        assert_eq!(create("Bucket", "eu-central-1"), "InvalidBucketName");
        assert_eq!(create("10.0.0.1", "eu-central-1"), "InvalidBucketName");
        made(&cloud, "bucket");
        assert_eq!(create("bucket", "eu-central-1"), "BucketAlreadyOwnedByYou");
        let found = cloud.call("s3", "HeadBucket", tree! { "Bucket": "bucket" }).unwrap();
        assert_eq!(found.at("@headers").unwrap().need("x-amz-bucket-region"), Ok("eu-central-1"));
        cloud.call("s3", "DeleteBucket", tree! { "Bucket": "bucket" }).unwrap();
        assert_eq!(code(cloud.call("s3", "HeadBucket", tree! { "Bucket": "bucket" })), "NoSuchBucket");
    }
}
