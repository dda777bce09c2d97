//! What a role may do, as far as other services want to know: by action alone, whatever resource or condition.

use serde_json::Value;

use super::policy::{Found, find};
use super::principal::acts;
use super::{Role, statements};
use crate::scope::Scope;

/// What policies of AWS allow whose documents are not known here, as far as nodes care.
const WITHOUT_DOCUMENT: &[(&str, &[&str])] = &[
    ("AmazonEC2ContainerRegistryPowerUser", &["ecr:*"]),
    ("AmazonEC2ContainerRegistryFullAccess", &["ecr:*"]),
    ("AmazonEC2FullAccess", &["ec2:*"]),
    ("ReadOnlyAccess", &["ec2:Describe*", "ecr:Get*", "ecr:BatchGet*", "ecr:BatchCheck*", "eks:Describe*"]),
];

/// Returns whether a role may take an action, such as `ec2:DescribeInstances`, on something.
pub fn permits(scope: &Scope<'_>, role: &Role, action: &str) -> bool {
    let attached = role.attached.iter().filter_map(|arn| document(scope, arn));
    let own = attached.chain(role.inline.values().filter_map(|text| serde_json::from_str(text).ok()));
    let documents: Vec<Value> = own.collect();
    let bounds = role.boundary.as_ref().map(|arn| document(scope, arn).unwrap_or_default());
    has(&documents, "Allow", action)
        && !has(&documents, "Deny", action)
        && bounds.is_none_or(|bounds| {
            let bounds = [bounds];
            has(&bounds, "Allow", action) && !has(&bounds, "Deny", action)
        })
}

fn has(documents: &[Value], effect: &str, action: &str) -> bool {
    // A refusal under a condition, or of some resources, is none of the action as such.
    let counts = |statement: &Value| {
        let is_whole = statement.get("Condition").is_none() && super::texts(statement.get("Resource")).contains(&"*");
        statement["Effect"] == effect && (effect == "Allow" || is_whole)
    };
    documents.iter().flat_map(statements).any(|statement| counts(statement) && acts(statement, action))
}

fn document(scope: &Scope<'_>, arn: &str) -> Option<Value> {
    let text = match find(scope, arn).ok()? {
        Found::Own(policy) => {
            policy.versions.iter().find(|version| version.number == policy.default_version)?.document.clone()
        }
        Found::Aws(policy) => match &policy.document {
            Some(document) => document.clone(),
            None => {
                let actions = WITHOUT_DOCUMENT.iter().find(|(name, _)| *name == policy.name)?.1;
                return Some(serde_json::json!({
                    "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }]
                }));
            }
        },
    };
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_everything_outweigh_permissions() {
        let documents = |text: &str| vec![serde_json::from_str::<Value>(text).unwrap()];
        let allow = documents(r#"{"Statement":{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}}"#);
        assert!(has(&allow, "Allow", "ec2:DescribeInstances") && !has(&allow, "Allow", "ec2:RunInstances"));
        let deny = documents(r#"{"Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}"#);
        assert!(has(&deny, "Deny", "ec2:DescribeInstances"));
        let some = documents(r#"{"Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"arn:aws:ec2:*:*:vpc/*"}}"#);
        assert!(!has(&some, "Deny", "ec2:DescribeInstances"));
    }
}
