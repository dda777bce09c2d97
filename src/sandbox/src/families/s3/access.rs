//! Policies of buckets.

use serde_json::Value;

use super::{arn, bucket, bucket_mut, checksum};
use crate::families::iam::{statements, texts};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "s3",
    operations: &[
        read("GetBucketPolicy", &["Bucket", "ExpectedBucketOwner"], get),
        read("GetBucketPolicyStatus", &["Bucket", "ExpectedBucketOwner"], status),
        write(
            "PutBucketPolicy",
            checksum::members!(
                "Bucket",
                "Policy",
                "ExpectedBucketOwner",
                "ConfirmRemoveSelfBucketAccess",
                "ContentType"
            ),
            put,
        ),
        write("DeleteBucketPolicy", &["Bucket", "ExpectedBucketOwner"], delete),
    ],
    events: &[],
};

const POLICY: &str = "policy";
/// The longest policy, in bytes.
const LONGEST: usize = 20 * 1024;

fn policy<'a>(scope: &'a Scope<'_>, input: &Tree) -> Result<&'a str, Fault> {
    let (name, bucket) = bucket(scope, input)?;
    let policy = bucket.settings.get(POLICY).and_then(Tree::as_text);
    policy.ok_or_else(|| {
        let absent = Fault::with_status(404, "NoSuchBucketPolicy", "The bucket policy does not exist");
        absent.member("BucketName", name)
    })
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    use base64::Engine;
    let policy = base64::engine::general_purpose::STANDARD.encode(policy(scope, input)?);
    Ok(Answer::bytes(&policy).header("content-type", "application/json").into_tree())
}

fn status(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let document: Value = serde_json::from_str(policy(scope, input)?).unwrap_or_default();
    Ok(Answer::document("PolicyStatus", tree! { "IsPublic": is_public(&document) }).into_tree())
}

fn is_public(document: &Value) -> bool {
    statements(document).iter().any(|statement| {
        let principal = &statement["Principal"];
        let is_anyone = principal == "*" || texts(principal.get("AWS")).contains(&"*");
        is_anyone && statement["Effect"] == "Allow" && statement.get("Condition").is_none()
    })
}

fn malformed(message: &str) -> Fault {
    Fault::new("MalformedPolicy", message)
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    checksum::of_document(input)?;
    let (name, found) = bucket(scope, input)?;
    let text = input.text("Policy")?.unwrap_or_default();
    let not_json = || malformed("Policies must be valid JSON and the first byte must be '{'");
    let document: Value = serde_json::from_str(text).map_err(|_| not_json())?;
    if !document.is_object() {
        return Err(not_json());
    }
    if text.len() > LONGEST {
        return Err(Fault::new("PolicyTooLarge", "The policy exceeds the maximum allowed document size."));
    }
    let all = statements(&document);
    if all.is_empty() {
        return Err(malformed("Could not parse the policy: Statement is empty!"));
    }
    let own = arn(scope, name);
    for statement in all {
        for (element, opposite) in
            [("Effect", ""), ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")]
        {
            if statement.get(element).is_none() && statement.get(opposite).is_none() {
                return Err(malformed(&format!("Missing required field {element}")));
            }
        }
        let actions = [texts(statement.get("Action")), texts(statement.get("NotAction"))].concat();
        if actions.iter().any(|action| *action != "*" && !action.to_lowercase().starts_with("s3")) {
            return Err(malformed("Policy has invalid action"));
        }
        let resources = [texts(statement.get("Resource")), texts(statement.get("NotResource"))].concat();
        let is_own = |resource: &&str| {
            resource.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*']))
        };
        if !resources.iter().all(is_own) {
            return Err(malformed("Policy has invalid resource"));
        }
    }
    if crate::families::iam::invalid_principal(scope, &document).is_some() {
        return Err(malformed("Invalid principal in policy"));
    }
    let blocks = found.settings.get("publicAccessBlock").map(|setting| setting.bool("BlockPublicPolicy"));
    if is_public(&document) && matches!(blocks, Some(Ok(Some(true)))) {
        let message = format!(
            "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{own}\" because public policies \
             are blocked by the BlockPublicPolicy block public access setting.",
            scope.caller().arn
        );
        return Err(Fault::with_status(403, "AccessDenied", message));
    }
    bucket_mut(scope, input)?.settings.insert(POLICY.to_owned(), Tree::from(text));
    Ok(Answer::gone().into_tree())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    bucket_mut(scope, input)?.settings.remove(POLICY);
    Ok(Answer::gone().into_tree())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::s3::bucket::tests::made;
    use crate::testing::{Cloud, code};

    #[test]
    fn policies_are_about_their_bucket_and_not_public() {
        let cloud = Cloud::new();
        made(&cloud, "bucket");
        let put = |principal: &str, resource: &str| {
            let policy = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},
                "Action":"s3:GetObject","Resource":"{resource}"}}]}}"#
            );
            cloud.call("s3", "PutBucketPolicy", tree! { "Bucket": "bucket", "Policy": policy })
        };
        let account = r#"{"AWS":"111122223333"}"#;
        assert_eq!(code(put(account, "arn:aws:s3:::other/*")), "MalformedPolicy");
        assert_eq!(code(put("\"*\"", "arn:aws:s3:::bucket/*")), "AccessDenied");
        put(account, "arn:aws:s3:::bucket/*").unwrap();
        assert!(cloud.call("s3", "GetBucketPolicy", tree! { "Bucket": "bucket" }).is_ok());
        cloud.call("s3", "DeleteBucketPolicy", tree! { "Bucket": "bucket" }).unwrap();
        assert_eq!(code(cloud.call("s3", "GetBucketPolicy", tree! { "Bucket": "bucket" })), "NoSuchBucketPolicy");
    }
}
