//! S3: buckets, their settings, and objects with versions, conditions and checksums.

mod access;
mod acl;
mod bucket;
mod checksum;
mod condition;
mod copy;
mod delete;
mod encryption;
mod listing;
mod multipart;
mod object;
mod read;
mod settings;
mod tags;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use bucket::Bucket;
pub use object::Version;

use super::Family;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree::Tree;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[
    &access::FAMILY,
    &acl::FAMILY,
    &bucket::FAMILY,
    &copy::FAMILY,
    &delete::FAMILY,
    &listing::FAMILY,
    &multipart::FAMILY,
    &object::FAMILY,
    &read::FAMILY,
    &settings::FAMILY,
    &tags::FAMILY,
];

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
}

/// Returns the bucket that an input names, with its name.
fn bucket<'a>(scope: &'a Scope<'_>, input: &Tree) -> Result<(&'a str, &'a Bucket), Fault> {
    let name = input.need("Bucket")?;
    let Some((name, bucket)) = scope.s3().buckets.get_key_value(name) else {
        if is_taken(scope, name) {
            return Err(denied());
        }
        let absent = Fault::with_status(404, "NoSuchBucket", "The specified bucket does not exist");
        return Err(absent.member("BucketName", name));
    };
    if bucket.region != scope.region {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please \
                       send all future requests to this endpoint.";
        let moved = Fault::with_status(301, "PermanentRedirect", message);
        let endpoint = format!("{name}.s3.{}.amazonaws.com", bucket.region);
        return Err(moved
            .member("Endpoint", endpoint)
            .member("Bucket", name)
            .member("@x-amz-bucket-region", &bucket.region));
    }
    if input.text("ExpectedBucketOwner")?.is_some_and(|owner| owner != scope.account) {
        return Err(denied());
    }
    Ok((name, bucket))
}

/// Returns the bucket that an input names, to change it.
fn bucket_mut<'a>(scope: &'a mut Scope<'_>, input: &Tree) -> Result<&'a mut Bucket, Fault> {
    let name = bucket(scope, input)?.0.to_owned();
    scope.s3_mut().buckets.get_mut(&name).ok_or_else(denied)
}

/// Returns whether a bucket of any account has this name.
fn is_taken(scope: &Scope<'_>, name: &str) -> bool {
    scope.world.accounts().any(|(_, account)| account.s3.buckets.contains_key(name))
}

/// Returns the ARN of a bucket.
fn arn(scope: &Scope<'_>, name: &str) -> String {
    format!("arn:{}:s3:::{name}", scope.partition())
}

fn denied() -> Fault {
    Fault::with_status(403, "AccessDenied", "Access Denied")
}

fn invalid_argument(message: &str, name: &str, value: &str) -> Fault {
    Fault::new("InvalidArgument", message).member("ArgumentName", name).member("ArgumentValue", value)
}

/// Returns who owns everything of an account.
fn owner(scope: &Scope<'_>) -> Tree {
    Tree::object().with("ID", format!("{:0>64}", scope.account))
}

/// Returns a moment as HTTP headers have it.
fn http_date(moment: Timestamp) -> String {
    let whole = aws_smithy_types::DateTime::from_secs(moment.millis().div_euclid(1000));
    whole.fmt(aws_smithy_types::date_time::Format::HttpDate).unwrap_or_default()
}

/// Reads a moment as HTTP headers have it; one that is malformed is none.
fn read_http_date(text: &str) -> Option<Timestamp> {
    let moment = aws_smithy_types::DateTime::from_str(text, aws_smithy_types::date_time::Format::HttpDate).ok()?;
    moment.to_millis().ok().map(Timestamp::from_millis)
}
