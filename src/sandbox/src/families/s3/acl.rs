//! Lists of grantees of buckets and objects: the canned ones that writes name, and those of PutBucketAcl and PutObjectAcl.

use super::bucket::Bucket;
use super::checksum;
use super::{arn, bucket, bucket_mut, denied, invalid_argument, owner, read};
use crate::families::{Family, read as reading, write};
use crate::protocol::fault::Fault;
use crate::protocol::s3::{Answer, malformed};
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "s3",
    operations: &[
        reading("GetObjectAcl", &["Bucket", "Key", "VersionId", "ExpectedBucketOwner", "RequestPayer"], get),
        reading("GetBucketAcl", &["Bucket", "ExpectedBucketOwner"], get_of_bucket),
        write(
            "PutBucketAcl",
            checksum::members!("Bucket", "Acl", "AccessControlPolicy", "ExpectedBucketOwner"),
            put_of_bucket,
        ),
        write(
            "PutObjectAcl",
            checksum::members!(
                "Bucket",
                "Key",
                "VersionId",
                "Acl",
                "AccessControlPolicy",
                "ExpectedBucketOwner",
                "RequestPayer"
            ),
            put,
        ),
    ],
    events: &[],
};

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const ALL_AUTHENTICATED: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
/// EC2, as far as it reads images from S3.
const EC2: &str = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";
const PERMISSIONS: [&str; 5] = ["FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP"];
/// Where a bucket has its list, among its settings.
const SETTING: &str = "acl";
/// How many grants a list may have.
const MOST: usize = 100;

fn grant(kind: &str, who: &Tree, permission: &str) -> Tree {
    let mut grantee = tree! { "@xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance", "@xsi:type": kind };
    who.members().for_each(|(name, value)| grantee.set(name, value));
    tree! { "Grantee": grantee, "Permission": permission }
}

fn to_owner(scope: &Scope<'_>) -> Tree {
    grant("CanonicalUser", &owner(scope), "FULL_CONTROL")
}

/// Returns the grants of a canned list; the owner of the bucket is that of the object.
fn canned(scope: &Scope<'_>, name: &str) -> Result<Option<Tree>, Fault> {
    let group = |uri: &str, permission: &str| grant("Group", &tree! { "URI": uri }, permission);
    let more = match name {
        "private" | "bucket-owner-read" | "bucket-owner-full-control" => return Ok(None),
        "public-read" => vec![group(ALL_USERS, "READ")],
        "public-read-write" => vec![group(ALL_USERS, "READ"), group(ALL_USERS, "WRITE")],
        "authenticated-read" => vec![group(ALL_AUTHENTICATED, "READ")],
        "aws-exec-read" => vec![grant("CanonicalUser", &tree! { "ID": EC2 }, "READ")],
        other => return Err(invalid_argument("", "x-amz-acl", other)),
    };
    Ok(Some(Tree::list([to_owner(scope)].into_iter().chain(more))))
}

/// Returns the grants that a write asks for; nothing where only the owner has any.
///
/// # Errors
/// When the bucket takes no lists, or none for everybody.
pub fn of(scope: &Scope<'_>, name: &str, bucket: &Bucket, input: &Tree) -> Result<Option<Tree>, Fault> {
    let Some(asked) = input.text("Acl")? else { return Ok(None) };
    let grants = canned(scope, asked)?;
    // The owner's full control is what every object of such a bucket has.
    if is_enforced(bucket) && !["private", "bucket-owner-full-control"].contains(&asked) {
        return Err(not_supported());
    }
    check_public(scope, &at_objects(scope, name), bucket, grants.as_ref())?;
    Ok(grants)
}

/// Returns what is done to objects, as messages tell it.
fn at_objects(scope: &Scope<'_>, name: &str) -> String {
    format!("s3:PutObject on resource: \"{}/*\"", arn(scope, name))
}

fn is_enforced(bucket: &Bucket) -> bool {
    let ownership = bucket.settings.get("ownershipControls");
    let ownership = ownership.and_then(|controls| controls.at("Rule.ObjectOwnership")).and_then(Tree::as_text);
    ownership == Some("BucketOwnerEnforced")
}

fn not_supported() -> Fault {
    Fault::new("AccessControlListNotSupported", "The bucket does not allow ACLs")
}

fn check_public(scope: &Scope<'_>, what: &str, bucket: &Bucket, grants: Option<&Tree>) -> Result<(), Fault> {
    let blocks = bucket.settings.get("publicAccessBlock").map(|setting| setting.bool("BlockPublicAcls"));
    let is_public = |grant: &Tree| {
        let uri = grant.at("Grantee.URI").and_then(Tree::as_text);
        uri.is_some_and(|uri| [ALL_USERS, ALL_AUTHENTICATED].contains(&uri))
    };
    if !matches!(blocks, Some(Ok(Some(true)))) || !grants.is_some_and(|grants| grants.items().iter().any(is_public)) {
        return Ok(());
    }
    let message = format!(
        "User: {} is not authorized to perform: {what} because public ACLs are prevented by the BlockPublicAcls setting \
         in S3 Block Public Access.",
        scope.caller().arn,
    );
    Err(Fault::with_status(403, "AccessDenied", message))
}

/// Returns a list of grantees as answers have it; that of the owner alone where there is none.
fn shown(scope: &Scope<'_>, grants: Option<&Tree>) -> Tree {
    let grants = grants.cloned().unwrap_or_else(|| Tree::list([to_owner(scope)]));
    let content = tree! { "Owner": owner(scope), "AccessControlList": tree! { "Grant": grants } };
    Answer::document("AccessControlPolicy", content).into_tree()
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let bucket = bucket(scope, input)?.1;
    let version = read::version(bucket, input.need("Key")?, input.text("VersionId")?)?;
    Ok(shown(scope, version.grants.as_ref()))
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    checksum::of_document(input)?;
    let key = input.need("Key")?;
    let (name, found) = bucket(scope, input)?;
    let id = read::version(found, key, input.text("VersionId")?)?.id.clone();
    let shown = found.versioning().map(|_| id.clone());
    if is_enforced(found) {
        return Err(not_supported());
    }
    let grants = asked(scope, input)?;
    check_public(scope, &at_objects(scope, name), found, grants.as_ref())?;
    let versions = bucket_mut(scope, input)?.objects.get_mut(key).into_iter().flatten();
    versions.filter(|version| version.id == id).for_each(|version| version.grants.clone_from(&grants));
    Ok(Answer::empty().header("x-amz-version-id", shown).into_tree())
}

/// Returns the grants that a request is about: a canned list, or one of its own. Nothing where only the owner has any.
fn asked(scope: &Scope<'_>, input: &Tree) -> Result<Option<Tree>, Fault> {
    match (input.text("Acl")?, input.at("AccessControlPolicy")) {
        (Some(name), None) => canned(scope, name),
        (None, Some(policy)) => listed(scope, policy).map(Some),
        (Some(_), Some(_)) => {
            let message = "Specifying both Canned ACLs and Header Grants is not allowed";
            Err(Fault::new("InvalidRequest", message))
        }
        (None, None) => {
            let message = "Your request was missing a required header or body: an access control list.";
            Err(Fault::new("MissingSecurityHeader", message))
        }
    }
}

fn get_of_bucket(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    Ok(shown(scope, bucket(scope, input)?.1.settings.get(SETTING)))
}

fn put_of_bucket(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    checksum::of_document(input)?;
    let (name, found) = bucket(scope, input)?;
    if is_enforced(found) {
        return Err(not_supported());
    }
    let grants = asked(scope, input)?;
    let what = format!("s3:PutBucketAcl on resource: \"{}\"", arn(scope, name));
    check_public(scope, &what, found, grants.as_ref())?;
    let settings = &mut bucket_mut(scope, input)?.settings;
    match grants {
        Some(grants) => settings.insert(SETTING.to_owned(), grants),
        None => settings.remove(SETTING),
    };
    Ok(Answer::empty().into_tree())
}

/// Returns the grants of a document, whose owner has to be the object's.
fn listed(scope: &Scope<'_>, policy: &Tree) -> Result<Tree, Fault> {
    let own = owner(scope);
    if policy.text("Owner.ID")? != own.text("ID")? {
        return Err(denied());
    }
    let given = policy.list_at("AccessControlList.Grant");
    if given.len() > MOST {
        return Err(malformed());
    }
    let mut grants = Vec::new();
    for own in given {
        let permission = own.text("Permission")?.filter(|text| PERMISSIONS.contains(text)).ok_or_else(malformed)?;
        let who = |member: &str| own.at(&format!("Grantee.{member}")).map(|who| Tree::object().with(member, who));
        grants.push(match (who("ID"), who("URI"), who("EmailAddress")) {
            (Some(who), ..) => grant("CanonicalUser", &who, permission),
            (None, Some(who), _) => grant("Group", &who, permission),
            (None, None, Some(_)) => return Err(Fault::not_modelled("grantees by their mail addresses")),
            (None, None, None) => return Err(malformed()),
        });
    }
    Ok(Tree::List(grants))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::s3::bucket::tests::made;
    use crate::testing::{Cloud, code};

    fn named(key: &str) -> Tree {
        tree! { "Bucket": "bucket", "Key": key }
    }

    /// Returns a bucket that takes lists, with an object.
    fn prepared() -> Cloud {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        let rule = tree! { "Rule": tree! { "ObjectOwnership": "ObjectWriter" } };
        let input = tree! { "Bucket": "bucket", "OwnershipControls": rule };
        cloud.call("s3", "PutBucketOwnershipControls", input).unwrap();
        cloud.call("s3", "DeletePublicAccessBlock", tree! { "Bucket": "bucket" }).unwrap();
        cloud.call("s3", "PutObject", named("a").with("Acl", "public-read")).unwrap();
        cloud
    }

    /// Returns who may do what with an object.
    fn grants(cloud: &Cloud, key: &str) -> Vec<String> {
        let answer = cloud.call("s3", "GetObjectAcl", named(key)).unwrap();
        let grants = answer.list_at("body.content.AccessControlList.Grant").iter().map(|own| {
            let uri = own.text("Grantee.URI").unwrap().and_then(|uri| uri.rsplit('/').next()).unwrap_or("owner");
            format!("{uri} {}", own.need("Permission").unwrap())
        });
        grants.collect()
    }

    #[test]
    fn lists_are_kept_by_every_write() {
        let cloud = prepared();
        assert_eq!(grants(&cloud, "a"), ["owner FULL_CONTROL", "AllUsers READ"]);
        let copy = named("b").with("CopySource", "bucket/a");
        cloud.call("s3", "CopyObject", copy.clone()).unwrap();
        assert_eq!(grants(&cloud, "b"), ["owner FULL_CONTROL"], "a copy does not take the list of its source");
        cloud.call("s3", "CopyObject", copy.with("Acl", "authenticated-read")).unwrap();
        assert_eq!(grants(&cloud, "b"), ["owner FULL_CONTROL", "AuthenticatedUsers READ"]);
        let begun = cloud.call("s3", "CreateMultipartUpload", named("c").with("Acl", "public-read-write")).unwrap();
        let upload = named("c").with("UploadId", begun.need("body.content.UploadId").unwrap());
        let part = cloud.call("s3", "UploadPart", upload.clone().with("PartNumber", 1).with("Body", "eA==")).unwrap();
        let part = tree! { "PartNumber": 1, "ETag": part.at("@headers").unwrap().need("etag").unwrap() };
        let parts = tree! { "Part": vec![part] };
        cloud.call("s3", "CompleteMultipartUpload", upload.with("CompleteMultipartUpload", parts)).unwrap();
        assert_eq!(grants(&cloud, "c"), ["owner FULL_CONTROL", "AllUsers READ", "AllUsers WRITE"]);
        cloud.call("s3", "PutObjectAcl", named("c").with("Acl", "private")).unwrap();
        assert_eq!(grants(&cloud, "c"), ["owner FULL_CONTROL"]);
    }

    #[test]
    fn lists_are_written_whole() {
        let cloud = prepared();
        let answer = cloud.call("s3", "GetObjectAcl", named("a")).unwrap();
        let policy = answer.at("body.content").unwrap().clone();
        let put = |policy: Tree| cloud.call("s3", "PutObjectAcl", named("a").with("AccessControlPolicy", policy));
        let only = policy.list_at("AccessControlList.Grant")[1].clone();
        put(policy.clone().with("AccessControlList", tree! { "Grant": only })).unwrap();
        assert_eq!(grants(&cloud, "a"), ["AllUsers READ"]);
        assert_eq!(code(put(policy.with("Owner", tree! { "ID": "somebody" }))), "AccessDenied");
    }

    #[test]
    fn buckets_of_today_take_no_lists() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        let put = |acl: &str| cloud.call("s3", "PutObject", named("a").with("Acl", acl));
        put("bucket-owner-full-control").unwrap();
        let copy = named("b").with("CopySource", "bucket/a").with("Acl", "public-read");
        let begin = named("c").with("Acl", "public-read");
        assert_eq!(code(put("public-read")), "AccessControlListNotSupported");
        assert_eq!(code(cloud.call("s3", "CopyObject", copy)), "AccessControlListNotSupported");
        assert_eq!(code(cloud.call("s3", "CreateMultipartUpload", begin)), "AccessControlListNotSupported");
        assert_eq!(code(put("everybody")), "InvalidArgument");
        let rule = tree! { "Rule": tree! { "ObjectOwnership": "ObjectWriter" } };
        let input = tree! { "Bucket": "bucket", "OwnershipControls": rule };
        let put_list = |acl: &str| cloud.call("s3", "PutBucketAcl", tree! { "Bucket": "bucket", "Acl": acl });
        assert_eq!(code(put_list("private")), "AccessControlListNotSupported");
        cloud.call("s3", "PutBucketOwnershipControls", input).unwrap();
        assert_eq!(code(put("public-read")), "AccessDenied");
        assert_eq!(code(put_list("public-read")), "AccessDenied");
        cloud.call("s3", "DeletePublicAccessBlock", tree! { "Bucket": "bucket" }).unwrap();
        let count = || {
            let answer = cloud.call("s3", "GetBucketAcl", tree! { "Bucket": "bucket" }).unwrap();
            answer.list_at("body.content.AccessControlList.Grant").len()
        };
        put_list("public-read").unwrap();
        assert_eq!(count(), 2);
        put_list("private").unwrap();
        assert_eq!(count(), 1);
    }
}
