//! Which operation of S3 a request is for.

/// What an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Service,
    Bucket,
    Object,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing that matters.
    None,
    /// A document: a member with the name of its root.
    Xml,
    /// A text, as this member.
    Text(&'static str),
    /// Bytes.
    Bytes,
}

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    method: &'static str,
    level: Level,
    /// The parameter that tells the operation from others; none for the one without.
    pub marker: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// What its body is.
    pub payload: Payload,
}

const fn route(method: &'static str, level: Level, marker: &'static str, operation: &'static str) -> Route {
    Route { method, level, marker, operation, payload: Payload::None }
}

const fn with(
    method: &'static str,
    level: Level,
    marker: &'static str,
    operation: &'static str,
    payload: Payload,
) -> Route {
    Route { method, level, marker, operation, payload }
}

/// The marker of a copy, which is not a parameter but a header.
const COPY: &str = "\0copy";

/// The first that fits is it: those without marker come last.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    route("GET", Level::Service, "", "ListBuckets"),
    route("DELETE", Level::Bucket, "cors", "DeleteBucketCors"),
    route("DELETE", Level::Bucket, "encryption", "DeleteBucketEncryption"),
    route("DELETE", Level::Bucket, "lifecycle", "DeleteBucketLifecycle"),
    route("DELETE", Level::Bucket, "ownershipControls", "DeleteBucketOwnershipControls"),
    route("DELETE", Level::Bucket, "policy", "DeleteBucketPolicy"),
    route("DELETE", Level::Bucket, "publicAccessBlock", "DeletePublicAccessBlock"),
    route("DELETE", Level::Bucket, "replication", "DeleteBucketReplication"),
    route("DELETE", Level::Bucket, "tagging", "DeleteBucketTagging"),
    route("DELETE", Level::Bucket, "website", "DeleteBucketWebsite"),
    route("DELETE", Level::Bucket, "", "DeleteBucket"),
    route("GET", Level::Bucket, "accelerate", "GetBucketAccelerateConfiguration"),
    route("GET", Level::Bucket, "acl", "GetBucketAcl"),
    route("GET", Level::Bucket, "cors", "GetBucketCors"),
    route("GET", Level::Bucket, "encryption", "GetBucketEncryption"),
    route("GET", Level::Bucket, "lifecycle", "GetBucketLifecycleConfiguration"),
    route("GET", Level::Bucket, "location", "GetBucketLocation"),
    route("GET", Level::Bucket, "logging", "GetBucketLogging"),
    route("GET", Level::Bucket, "notification", "GetBucketNotificationConfiguration"),
    route("GET", Level::Bucket, "object-lock", "GetObjectLockConfiguration"),
    route("GET", Level::Bucket, "ownershipControls", "GetBucketOwnershipControls"),
    route("GET", Level::Bucket, "policy", "GetBucketPolicy"),
    route("GET", Level::Bucket, "policyStatus", "GetBucketPolicyStatus"),
    route("GET", Level::Bucket, "publicAccessBlock", "GetPublicAccessBlock"),
    route("GET", Level::Bucket, "replication", "GetBucketReplication"),
    route("GET", Level::Bucket, "requestPayment", "GetBucketRequestPayment"),
    route("GET", Level::Bucket, "tagging", "GetBucketTagging"),
    route("GET", Level::Bucket, "uploads", "ListMultipartUploads"),
    route("GET", Level::Bucket, "versioning", "GetBucketVersioning"),
    route("GET", Level::Bucket, "versions", "ListObjectVersions"),
    route("GET", Level::Bucket, "website", "GetBucketWebsite"),
    route("GET", Level::Bucket, "list-type", "ListObjectsV2"),
    route("GET", Level::Bucket, "", "ListObjects"),
    route("HEAD", Level::Bucket, "", "HeadBucket"),
    with("POST", Level::Bucket, "delete", "DeleteObjects", Payload::Xml),
    with("PUT", Level::Bucket, "accelerate", "PutBucketAccelerateConfiguration", Payload::Xml),
    with("PUT", Level::Bucket, "acl", "PutBucketAcl", Payload::Xml),
    with("PUT", Level::Bucket, "cors", "PutBucketCors", Payload::Xml),
    with("PUT", Level::Bucket, "encryption", "PutBucketEncryption", Payload::Xml),
    with("PUT", Level::Bucket, "lifecycle", "PutBucketLifecycleConfiguration", Payload::Xml),
    with("PUT", Level::Bucket, "logging", "PutBucketLogging", Payload::Xml),
    with("PUT", Level::Bucket, "notification", "PutBucketNotificationConfiguration", Payload::Xml),
    with("PUT", Level::Bucket, "object-lock", "PutObjectLockConfiguration", Payload::Xml),
    with("PUT", Level::Bucket, "ownershipControls", "PutBucketOwnershipControls", Payload::Xml),
    with("PUT", Level::Bucket, "policy", "PutBucketPolicy", Payload::Text("Policy")),
    with("PUT", Level::Bucket, "publicAccessBlock", "PutPublicAccessBlock", Payload::Xml),
    with("PUT", Level::Bucket, "replication", "PutBucketReplication", Payload::Xml),
    with("PUT", Level::Bucket, "requestPayment", "PutBucketRequestPayment", Payload::Xml),
    with("PUT", Level::Bucket, "tagging", "PutBucketTagging", Payload::Xml),
    with("PUT", Level::Bucket, "versioning", "PutBucketVersioning", Payload::Xml),
    with("PUT", Level::Bucket, "website", "PutBucketWebsite", Payload::Xml),
    with("PUT", Level::Bucket, "", "CreateBucket", Payload::Xml),
    route("DELETE", Level::Object, "tagging", "DeleteObjectTagging"),
    route("DELETE", Level::Object, "uploadId", "AbortMultipartUpload"),
    route("DELETE", Level::Object, "", "DeleteObject"),
    route("GET", Level::Object, "acl", "GetObjectAcl"),
    route("GET", Level::Object, "attributes", "GetObjectAttributes"),
    route("GET", Level::Object, "tagging", "GetObjectTagging"),
    route("GET", Level::Object, "uploadId", "ListParts"),
    route("GET", Level::Object, "", "GetObject"),
    route("HEAD", Level::Object, "", "HeadObject"),
    with("POST", Level::Object, "uploadId", "CompleteMultipartUpload", Payload::Xml),
    route("POST", Level::Object, "uploads", "CreateMultipartUpload"),
    with("PUT", Level::Object, "acl", "PutObjectAcl", Payload::Xml),
    with("PUT", Level::Object, "tagging", "PutObjectTagging", Payload::Xml),
    with("PUT", Level::Object, "uploadId", "UploadPart", Payload::Bytes),
    route("PUT", Level::Object, COPY, "CopyObject"),
    with("PUT", Level::Object, "", "PutObject", Payload::Bytes),
];

/// Returns the route of a request; a marker that is a member too, such as `uploadId`, is not taken from its input.
pub fn find(method: &str, level: Level, is_copy: bool, named: impl Fn(&str) -> bool) -> Option<Route> {
    let fits = |route: &&Route| match route.marker {
        "" => true,
        COPY => is_copy,
        marker => named(marker),
    };
    let found = ROUTES.iter().filter(|route| route.method == method && route.level == level).find(fits)?;
    let marker = if found.marker == "uploadId" { "" } else { found.marker };
    Some(Route { marker, ..*found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families;

    #[test]
    fn every_route_leads_to_an_operation() {
        for Route { operation, .. } in ROUTES {
            assert!(families::operation("s3", operation).is_some(), "{operation}");
        }
    }
}
