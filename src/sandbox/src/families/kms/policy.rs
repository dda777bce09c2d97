//! Policies of keys. They are given back in KMS's own layout, not as they were written.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{existing, existing_mut, listed};
use crate::families::constraints::length;
use crate::families::iam::{fits, invalid_principal, statements, texts};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write("PutKeyPolicy", &["KeyId", "PolicyName", "Policy", "BypassPolicyLockoutSafetyCheck"], put),
        read("GetKeyPolicy", &["KeyId", "PolicyName"], get),
        read("ListKeyPolicies", &["KeyId", "Limit", "Marker"], list),
    ],
    events: &[],
};

const SIZE: usize = 32 * 1024;

fn malformed(message: impl Into<String>) -> Fault {
    Fault::new("MalformedPolicyDocumentException", message)
}

/// Returns the policy of a key that is made without one.
pub fn default(scope: &Scope<'_>) -> String {
    let document = json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": scope.global_arn("iam", "root") },
            "Action": "kms:*",
            "Resource": "*",
        }],
    });
    laid_out(&document)
}

/// Returns a policy in KMS's layout.
///
/// # Errors
/// When KMS would not take it.
pub fn checked(scope: &Scope<'_>, text: &str, bypasses_lockout_check: bool) -> Result<String, Fault> {
    let document: Value = serde_json::from_str(text).map_err(|_| malformed("Policy is not valid JSON"))?;
    if text.len() > SIZE {
        return Err(Fault::new("LimitExceededException", "The policy is larger than 32 KB."));
    }
    let statements = statements(&document);
    let is_statement = |statement: &Value| {
        let has = |name: &str, other: &str| statement.get(name).is_some() || statement.get(other).is_some();
        matches!(statement["Effect"].as_str(), Some("Allow" | "Deny"))
            && has("Principal", "NotPrincipal")
            && has("Action", "NotAction")
            && has("Resource", "NotResource")
    };
    if statements.is_empty() || !statements.iter().all(is_statement) {
        return Err(malformed("Policy contains a statement with one or more missing or invalid elements."));
    }
    if invalid_principal(scope, &document).is_some() {
        return Err(malformed("Policy contains a statement with one or more invalid principals."));
    }
    if !bypasses_lockout_check && !statements.iter().any(|statement| keeps_access(scope, statement)) {
        return Err(malformed("The new key policy will not allow you to update the key policy in the future."));
    }
    Ok(laid_out(&document))
}

/// Returns whether a statement lets the caller change the policy again.
fn keeps_access(scope: &Scope<'_>, statement: &Value) -> bool {
    let caller = scope.caller();
    let own =
        [Some(scope.global_arn("iam", "root")), Some(scope.account.to_owned()), Some(caller.arn), caller.role_arn];
    let principal = &statement["Principal"];
    let is_named = principal == "*"
        || texts(principal.get("AWS")).iter().any(|name| *name == "*" || own.iter().flatten().any(|own| own == name));
    let actions = texts(statement.get("Action"));
    let acts = actions.iter().any(|action| fits(&action.to_lowercase(), "kms:putkeypolicy"));
    statement["Effect"] == "Allow" && is_named && acts
}

/// Writes a document as KMS does: ` : ` after names, elements of lists on the line of their brackets.
fn laid_out(document: &Value) -> String {
    let mut text = String::new();
    lay_out(&mut text, document, 0);
    text
}

fn lay_out(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(members) => {
            text.push('{');
            for (number, (name, member)) in members.iter().enumerate() {
                let comma = if number == 0 { "" } else { "," };
                let _ = write!(text, "{comma}\n{:1$}{2} : ", "", (depth + 1) * 2, Value::from(name.as_str()));
                lay_out(text, member, depth + 1);
            }
            let _ = write!(text, "\n{:1$}}}", "", depth * 2);
        }
        Value::Array(items) => {
            text.push_str("[ ");
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number == 0 { "" } else { ", " });
                lay_out(text, item, depth);
            }
            text.push_str(" ]");
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn check_name(input: &Tree) -> Result<(), Fault> {
    match input.text("PolicyName")? {
        None | Some("default") => Ok(()),
        Some(_) => Err(super::not_found("No such policy exists")),
    }
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let text = length(1, 131_072).need(input, "Policy")?;
    check_name(input)?;
    existing(scope, input, "KeyId")?;
    let policy = checked(scope, text, input.bool("BypassPolicyLockoutSafetyCheck")?.unwrap_or_default())?;
    existing_mut(scope, input)?.policy = policy;
    Ok(Tree::object())
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (_, key) = existing(scope, input, "KeyId")?;
    check_name(input)?;
    Ok(tree! { "Policy": key.policy.as_str(), "PolicyName": "default" })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    existing(scope, input, "KeyId")?;
    listed(input, 100, "PolicyNames", [Tree::from("default")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::kms::key::tests::key;
    use crate::testing::{Cloud, code};

    fn policy(principal: &str, action: &str) -> String {
        let statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": action, "Resource": "*" });
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    }

    #[test]
    fn policies_are_checked_and_laid_out() {
        let cloud = Cloud::new();
        let id = key(&cloud);
        let put = |policy: &str| cloud.call("kms", "PutKeyPolicy", tree! { "KeyId": id.as_str(), "Policy": policy });
        let root = "arn:aws:iam::111122223333:root";
        put(&policy(root, "kms:*")).unwrap();
        let shown = cloud.call("kms", "GetKeyPolicy", tree! { "KeyId": id.as_str() }).unwrap();
        let expected = "{\n  \"Version\" : \"2012-10-17\",\n  \"Statement\" : [ {\n    \"Effect\" : \"Allow\",";
        assert!(shown.need("Policy").unwrap().starts_with(expected), "{shown:?}");
        let message = |result: Result<Tree, Fault>| match result {
            Err(Fault::Coded { message, .. }) => message,
            other => panic!("{other:?}"),
        };
        let absent = "arn:aws:iam::111122223333:role/absent";
        assert!(message(put(&policy(absent, "kms:*"))).ends_with("one or more invalid principals."));
        assert!(message(put(&policy(root, "kms:Decrypt"))).starts_with("The new key policy will not allow you"));
        assert_eq!(code(put("{")), "MalformedPolicyDocumentException");
    }
}
