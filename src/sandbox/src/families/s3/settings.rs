//! Settings of buckets that are written as a document and read back as one.

use super::bucket::usual_encryption;
use super::tags::{checked, of_document};
use super::{bucket, bucket_mut, checksum};
use crate::families::{Family, Operation, read as reading, write};
use crate::protocol::fault::Fault;
use crate::protocol::s3::{Answer, malformed};
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// A setting: the word that asks for it, the root of its document, and the refusal where it was never made.
struct Setting {
    word: &'static str,
    root: &'static str,
    absent: Absent,
}

/// What a setting that was never made is answered by.
enum Absent {
    /// An empty document.
    Empty,
    /// A document with one member.
    Usual(&'static str, &'static str),
    /// An error.
    Error(&'static str, &'static str),
}

const ACCELERATE: Setting = Setting { word: "accelerate", root: "AccelerateConfiguration", absent: Absent::Empty };
const CORS: Setting = Setting {
    word: "cors",
    root: "CORSConfiguration",
    absent: Absent::Error("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
};
const ENCRYPTION: Setting = Setting {
    word: "encryption",
    root: "ServerSideEncryptionConfiguration",
    absent: Absent::Error(
        "ServerSideEncryptionConfigurationNotFoundError",
        "The server side encryption configuration was not found",
    ),
};
const LIFECYCLE: Setting = Setting {
    word: "lifecycle",
    root: "LifecycleConfiguration",
    absent: Absent::Error("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
};
const LOGGING: Setting = Setting { word: "logging", root: "BucketLoggingStatus", absent: Absent::Empty };
const NOTIFICATION: Setting =
    Setting { word: "notification", root: "NotificationConfiguration", absent: Absent::Empty };
const OBJECT_LOCK: Setting = Setting {
    word: "object-lock",
    root: "ObjectLockConfiguration",
    absent: Absent::Error(
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket",
    ),
};
const OWNERSHIP: Setting = Setting {
    word: "ownershipControls",
    root: "OwnershipControls",
    absent: Absent::Error("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
};
const PUBLIC_ACCESS: Setting = Setting {
    word: "publicAccessBlock",
    root: "PublicAccessBlockConfiguration",
    absent: Absent::Error(
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
    ),
};
const REPLICATION: Setting = Setting {
    word: "replication",
    root: "ReplicationConfiguration",
    absent: Absent::Error("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
};
const REQUEST_PAYMENT: Setting = Setting {
    word: "requestPayment",
    root: "RequestPaymentConfiguration",
    absent: Absent::Usual("Payer", "BucketOwner"),
};
const TAGGING: Setting =
    Setting { word: "tagging", root: "Tagging", absent: Absent::Error("NoSuchTagSet", "The TagSet does not exist") };
const VERSIONING: Setting = Setting { word: "versioning", root: "VersioningConfiguration", absent: Absent::Empty };
const WEBSITE: Setting = Setting {
    word: "website",
    root: "WebsiteConfiguration",
    absent: Absent::Error("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
};

const NAMED: &[&str] = &["Bucket", "ExpectedBucketOwner"];

/// Three operations of a setting.
macro_rules! members {
    ($root:literal) => {
        checksum::members!(
            "Bucket",
            $root,
            "ExpectedBucketOwner",
            "Mfa",
            "SkipDestinationValidation",
            "TransitionDefaultMinimumObjectSize"
        )
    };
}

const OPERATIONS: &[Operation] = &[
    reading("GetBucketAccelerateConfiguration", NAMED, |scope, input| get(scope, input, &ACCELERATE)),
    write("PutBucketAccelerateConfiguration", members!("AccelerateConfiguration"), |scope, input| {
        put(scope, input, &ACCELERATE)
    }),
    reading("GetBucketCors", NAMED, |scope, input| get(scope, input, &CORS)),
    write("PutBucketCors", members!("CORSConfiguration"), |scope, input| put(scope, input, &CORS)),
    write("DeleteBucketCors", NAMED, |scope, input| delete(scope, input, &CORS)),
    reading("GetBucketEncryption", NAMED, |scope, input| get(scope, input, &ENCRYPTION)),
    write("PutBucketEncryption", members!("ServerSideEncryptionConfiguration"), put_encryption),
    write("DeleteBucketEncryption", NAMED, reset_encryption),
    reading("GetBucketLifecycleConfiguration", NAMED, |scope, input| get(scope, input, &LIFECYCLE)),
    write("PutBucketLifecycleConfiguration", members!("LifecycleConfiguration"), put_lifecycle),
    write("DeleteBucketLifecycle", NAMED, |scope, input| delete(scope, input, &LIFECYCLE)),
    reading("GetBucketLogging", NAMED, |scope, input| get(scope, input, &LOGGING)),
    write("PutBucketLogging", members!("BucketLoggingStatus"), |scope, input| put(scope, input, &LOGGING)),
    reading("GetBucketNotificationConfiguration", NAMED, |scope, input| get(scope, input, &NOTIFICATION)),
    write("PutBucketNotificationConfiguration", members!("NotificationConfiguration"), |scope, input| {
        put(scope, input, &NOTIFICATION)
    }),
    reading("GetObjectLockConfiguration", NAMED, |scope, input| get(scope, input, &OBJECT_LOCK)),
    write("PutObjectLockConfiguration", members!("ObjectLockConfiguration"), |scope, input| {
        put(scope, input, &OBJECT_LOCK)
    }),
    reading("GetBucketOwnershipControls", NAMED, |scope, input| get(scope, input, &OWNERSHIP)),
    write("PutBucketOwnershipControls", members!("OwnershipControls"), |scope, input| put(scope, input, &OWNERSHIP)),
    write("DeleteBucketOwnershipControls", NAMED, |scope, input| delete(scope, input, &OWNERSHIP)),
    reading("GetPublicAccessBlock", NAMED, |scope, input| get(scope, input, &PUBLIC_ACCESS)),
    write("PutPublicAccessBlock", members!("PublicAccessBlockConfiguration"), put_public_access),
    write("DeletePublicAccessBlock", NAMED, |scope, input| delete(scope, input, &PUBLIC_ACCESS)),
    reading("GetBucketReplication", NAMED, |scope, input| get(scope, input, &REPLICATION)),
    write("PutBucketReplication", members!("ReplicationConfiguration"), |scope, input| put(scope, input, &REPLICATION)),
    write("DeleteBucketReplication", NAMED, |scope, input| delete(scope, input, &REPLICATION)),
    reading("GetBucketRequestPayment", NAMED, |scope, input| get(scope, input, &REQUEST_PAYMENT)),
    write("PutBucketRequestPayment", members!("RequestPaymentConfiguration"), |scope, input| {
        put(scope, input, &REQUEST_PAYMENT)
    }),
    reading("GetBucketTagging", NAMED, |scope, input| get(scope, input, &TAGGING)),
    write("PutBucketTagging", members!("Tagging"), put_tags),
    write("DeleteBucketTagging", NAMED, |scope, input| delete(scope, input, &TAGGING)),
    reading("GetBucketVersioning", NAMED, |scope, input| get(scope, input, &VERSIONING)),
    write("PutBucketVersioning", members!("VersioningConfiguration"), put_versioning),
    reading("GetBucketWebsite", NAMED, |scope, input| get(scope, input, &WEBSITE)),
    write("PutBucketWebsite", members!("WebsiteConfiguration"), |scope, input| put(scope, input, &WEBSITE)),
    write("DeleteBucketWebsite", NAMED, |scope, input| delete(scope, input, &WEBSITE)),
];

pub const FAMILY: Family = Family { service: "s3", operations: OPERATIONS, events: &[] };

fn get(scope: &Scope<'_>, input: &Tree, setting: &Setting) -> Result<Tree, Fault> {
    let (name, bucket) = bucket(scope, input)?;
    let content = match (bucket.settings.get(setting.word), &setting.absent) {
        (Some(content), _) => content.clone(),
        (None, Absent::Empty) => Tree::object(),
        (None, Absent::Usual(member, value)) => Tree::object().with(member, *value),
        (None, Absent::Error(code, message)) => {
            return Err(Fault::with_status(404, code, *message).member("BucketName", name));
        }
    };
    Ok(Answer::document(setting.root, content).into_tree())
}

fn put(scope: &mut Scope<'_>, input: &Tree, setting: &Setting) -> Result<Tree, Fault> {
    checksum::of_document(input)?;
    let content = match input.at(setting.root) {
        // An element without content is no object.
        Some(Tree::Text(_)) => Tree::object(),
        Some(content) => content.clone(),
        None => return Err(malformed()),
    };
    bucket_mut(scope, input)?.settings.insert(setting.word.to_owned(), content);
    Ok(Answer::empty().into_tree())
}

fn delete(scope: &mut Scope<'_>, input: &Tree, setting: &Setting) -> Result<Tree, Fault> {
    bucket_mut(scope, input)?.settings.remove(setting.word);
    Ok(Answer::gone().into_tree())
}

/// What a rule does with objects.
const LIFECYCLE_ACTIONS: &[&str] = &[
    "AbortIncompleteMultipartUpload",
    "Expiration",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransition",
    "Transition",
];

fn put_lifecycle(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let rules = input.at("LifecycleConfiguration.Rule").ok_or_else(malformed)?;
    let rules = if rules.items().is_empty() { std::slice::from_ref(rules) } else { rules.items() };
    for rule in rules {
        if !matches!(rule.text("Status")?, Some("Enabled" | "Disabled")) {
            return Err(malformed());
        }
        if !LIFECYCLE_ACTIONS.iter().any(|action| rule.has(action)) {
            return Err(Fault::new("InvalidRequest", "At least one action needs to be specified in a rule"));
        }
    }
    put(scope, input, &LIFECYCLE)
}

fn put_versioning(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let locked = bucket(scope, input)?.1.settings.contains_key(OBJECT_LOCK.word);
    match input.text("VersioningConfiguration.Status")? {
        Some("Suspended") if locked => {
            let message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be \
                           changed.";
            Err(Fault::with_status(409, "InvalidBucketState", message))
        }
        Some("Enabled" | "Suspended") => put(scope, input, &VERSIONING),
        Some(_) => Err(malformed()),
        None => {
            let message = "The Versioning element must be specified";
            Err(Fault::new("IllegalVersioningConfigurationException", message))
        }
    }
}

fn put_encryption(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    bucket(scope, input)?;
    let rules = input.list_at("ServerSideEncryptionConfiguration.Rule");
    let [rule] = rules else { return Err(malformed()) };
    let usual = rule.at("ApplyServerSideEncryptionByDefault").ok_or_else(malformed)?;
    let key = usual.text("KMSMasterKeyID")?;
    match usual.text("SSEAlgorithm")? {
        Some("AES256") if key.is_some() => {
            let message =
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse";
            Err(Fault::new("InvalidArgument", message))
        }
        Some("AES256" | "aws:kms" | "aws:kms:dsse") => put(scope, input, &ENCRYPTION),
        _ => Err(malformed()),
    }
}

/// Without a setting of its own, a bucket has that of new ones.
fn reset_encryption(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    bucket_mut(scope, input)?.settings.insert(ENCRYPTION.word.to_owned(), usual_encryption());
    Ok(Answer::gone().into_tree())
}

fn put_public_access(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    checksum::of_document(input)?;
    let mut content = Tree::object();
    for switch in ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] {
        content.set(switch, input.bool(&format!("PublicAccessBlockConfiguration.{switch}"))?.unwrap_or(false));
    }
    bucket_mut(scope, input)?.settings.insert(PUBLIC_ACCESS.word.to_owned(), content);
    Ok(Answer::empty().into_tree())
}

fn put_tags(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    checksum::of_document(input)?;
    let tags = checked(&of_document(input.at("Tagging")), 50)?;
    let tags = tags.iter().map(|(key, value)| tree! { "Key": key.as_str(), "Value": value.as_str() });
    let content = tree! { "TagSet": tree! { "Tag": Tree::list(tags) } };
    bucket_mut(scope, input)?.settings.insert(TAGGING.word.to_owned(), content);
    Ok(Answer::gone().into_tree())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::s3::bucket::tests::made;
    use crate::testing::{Cloud, code};

    #[test]
    fn lifecycle_rules_are_on_or_off_and_do_something() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        let put = |rule: Tree| {
            let input = tree! { "Bucket": "bucket", "LifecycleConfiguration": tree! { "Rule": rule } };
            cloud.call("s3", "PutBucketLifecycleConfiguration", input)
        };
        let rule = |status: &str| tree! { "ID": "a", "Status": status, "Filter": tree! { "Prefix": "" } };
        let expiring = |status: &str| rule(status).with("Expiration", tree! { "Days": "3" });
        put(expiring("Enabled")).unwrap();
        put(Tree::list([expiring("Disabled"), expiring("Enabled")])).unwrap();
        assert_eq!(code(put(expiring("On"))), "MalformedXML");
        assert_eq!(code(put(rule("Enabled"))), "InvalidRequest");
    }

    #[test]
    fn settings_read_back_and_have_first_values() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        let named = tree! { "Bucket": "bucket" };
        let get = |operation: &str| cloud.call("s3", operation, named.clone());
        let blocked = get("GetPublicAccessBlock").unwrap();
        assert_eq!(blocked.at("body.content").unwrap().bool("BlockPublicPolicy"), Ok(Some(true)));
        assert_eq!(code(get("GetBucketTagging")), "NoSuchTagSet");
        let tag = tree! { "Key": "a", "Value": "1" };
        let tagging = tree! { "TagSet": tree! { "Tag": tag } };
        cloud.call("s3", "PutBucketTagging", named.clone().with("Tagging", tagging)).unwrap();
        let tags = get("GetBucketTagging").unwrap();
        assert_eq!(tags.list_at("body.content.TagSet.Tag")[0].need("Value"), Ok("1"));
        let bad = tree! { "Status": "On" };
        assert_eq!(
            code(cloud.call("s3", "PutBucketVersioning", named.clone().with("VersioningConfiguration", bad))),
            "MalformedXML"
        );
    }
}
