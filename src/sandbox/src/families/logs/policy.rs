//! Resource policies: which services may write to log groups.

use serde::{Deserialize, Serialize};

use super::{invalid, listed, millis, nothing};
use crate::families::constraints::length;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "logs",
    operations: &[
        write("PutResourcePolicy", &["policyName", "policyDocument"], put),
        read("DescribeResourcePolicies", &["limit", "nextToken"], describe),
        write("DeleteResourcePolicy", &["policyName"], delete),
    ],
    events: &[],
};

/// How many policies a region may have.
const MOST: usize = 10;
const SIZE: usize = 5120;

/// A resource policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResourcePolicy {
    /// Its document.
    pub document: String,
    /// When it was last written.
    pub updated: Timestamp,
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("policyName")?;
    let document = length(1, SIZE).need(input, "policyDocument")?;
    if serde_json::from_str::<serde_json::Value>(document).is_err() {
        return Err(invalid("PolicyDocument must be valid JSON"));
    }
    let (now, policies) = (scope.now, &mut scope.logs_mut().policies);
    if !policies.contains_key(name) && policies.len() >= MOST {
        return Err(Fault::new("LimitExceededException", "Resource limit exceeded."));
    }
    let policy = ResourcePolicy { document: document.to_owned(), updated: now };
    let shown = shown(name, &policy);
    policies.insert(name.to_owned(), policy);
    Ok(tree! { "resourcePolicy": shown })
}

fn shown(name: &str, policy: &ResourcePolicy) -> Tree {
    tree! {
        "policyName": name,
        "policyDocument": policy.document.as_str(),
        "lastUpdatedTime": millis(policy.updated),
    }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let policies = scope.logs().policies.iter();
    listed(input, "resourcePolicies", policies.map(|(name, policy)| shown(name, policy)))
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("policyName")?;
    let gone = scope.logs_mut().policies.remove(name);
    let absent = || Fault::new("ResourceNotFoundException", format!("Policy with name [{name}] does not exist"));
    gone.map(|_| nothing()).ok_or_else(absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn policies_are_kept_by_name() {
        let cloud = Cloud::new();
        let put = |name: &str, document: &str| {
            cloud.call("logs", "PutResourcePolicy", tree! { "policyName": name, "policyDocument": document })
        };
        put("p", "{}").unwrap();
        put("p", r#"{"Version":"2012-10-17"}"#).unwrap();
        assert_eq!(code(put("p", "{")), "InvalidParameterException");
        let list = cloud.call("logs", "DescribeResourcePolicies", tree! {}).unwrap();
        assert_eq!(list.list_at("resourcePolicies")[0].need("policyDocument"), Ok(r#"{"Version":"2012-10-17"}"#));
        cloud.call("logs", "DeleteResourcePolicy", tree! { "policyName": "p" }).unwrap();
        let gone = cloud.call("logs", "DeleteResourcePolicy", tree! { "policyName": "p" });
        assert_eq!(code(gone), "ResourceNotFoundException");
    }
}
