//! Versions of managed policies.

use super::document::encoded;
use super::policy::{self, Found, Version};
use super::{delete_conflict, limit_exceeded, listed, names, no_such_entity};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("CreatePolicyVersion", &["PolicyArn", "PolicyDocument", "SetAsDefault"], create),
        read("GetPolicyVersion", &["PolicyArn", "VersionId"], get),
        read("ListPolicyVersions", &["PolicyArn", "Marker", "MaxItems"], list),
        write("SetDefaultPolicyVersion", &["PolicyArn", "VersionId"], set_default),
        write("DeletePolicyVersion", &["PolicyArn", "VersionId"], delete),
    ],
    events: &[],
};

/// How many versions a policy may have.
const MOST: usize = 5;

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let is_default = input.bool("SetAsDefault")?.unwrap_or_default();
    let now = scope.now;
    let policy = policy::existing_mut(scope.iam_mut(), arn)?;
    let document = policy::document(input)?;
    if policy.versions.len() >= MOST {
        let message = format!(
            "A managed policy can have up to {MOST} versions. Before you create a new version, you must delete an \
             existing version."
        );
        return Err(limit_exceeded(message));
    }
    policy.last_version += 1;
    policy.versions.push(Version { number: policy.last_version, document, created: now });
    if is_default {
        policy.default_version = policy.last_version;
        policy.updated = now;
    }
    let shown = shown(&format!("v{}", policy.last_version), is_default, now);
    Ok(tree! { "PolicyVersion": shown })
}

fn shown(id: &str, is_default: bool, created: Timestamp) -> Tree {
    tree! { "VersionId": id, "IsDefaultVersion": is_default, "CreateDate": created }
}

fn not_found(arn: &str, id: &str) -> Fault {
    no_such_entity(format!("Policy {arn} version {id} does not exist or is not attachable."))
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let id = names::VERSION.need(input, "VersionId")?;
    let (document, version) = match policy::find(scope, arn)? {
        Found::Own(policy) => {
            let version = policy.versions.iter().find(|version| format!("v{}", version.number) == id);
            let version = version.ok_or_else(|| not_found(arn, id))?;
            (version.document.clone(), shown(id, version.number == policy.default_version, version.created))
        }
        Found::Aws(policy) if policy.version == id => {
            let unknown = || Fault::not_modelled(format!("the document of the policy `{arn}`"));
            (policy.document.clone().ok_or_else(unknown)?, shown(id, true, policy.updated))
        }
        Found::Aws(policy) if number(id) < number(&policy.version) => {
            return Err(Fault::not_modelled(format!("old versions of the policy `{arn}`")));
        }
        Found::Aws(_) => return Err(not_found(arn, id)),
    };
    Ok(tree! { "PolicyVersion": version.with("Document", encoded(&document)) })
}

fn number(id: &str) -> u32 {
    id.trim_start_matches('v').parse().unwrap_or(0)
}

/// The newest version comes first.
fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let versions = match policy::find(scope, arn)? {
        Found::Own(policy) => {
            let versions = policy.versions.iter().rev();
            let row = |version: &Version| {
                shown(&format!("v{}", version.number), version.number == policy.default_version, version.created)
            };
            versions.map(row).collect()
        }
        Found::Aws(policy) if policy.version == "v1" => vec![shown("v1", true, policy.created)],
        Found::Aws(_) => return Err(Fault::not_modelled(format!("old versions of the policy `{arn}`"))),
    };
    listed(input, "Versions", versions)
}

fn set_default(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let id = names::VERSION.need(input, "VersionId")?;
    let now = scope.now;
    let policy = policy::existing_mut(scope.iam_mut(), arn)?;
    let version = policy.versions.iter().find(|version| format!("v{}", version.number) == id);
    policy.default_version = version.ok_or_else(|| not_found(arn, id))?.number;
    policy.updated = now;
    Ok(Tree::object())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let id = names::VERSION.need(input, "VersionId")?;
    let policy = policy::existing_mut(scope.iam_mut(), arn)?;
    let at = policy.versions.iter().position(|version| format!("v{}", version.number) == id);
    let at = at.ok_or_else(|| not_found(arn, id))?;
    if policy.versions[at].number == policy.default_version {
        return Err(delete_conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.remove(at);
    Ok(Tree::object())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::iam::policy::tests::{DOCUMENT, policy};
    use crate::testing::{Cloud, code};

    #[test]
    fn five_versions_may_be_kept_and_the_default_one_stays() {
        let cloud = Cloud::new();
        let arn = policy(&cloud, "p");
        let of = |id: &str| tree! { "PolicyArn": arn.as_str(), "VersionId": id };
        let new = || {
            let input = tree! { "PolicyArn": arn.as_str(), "PolicyDocument": DOCUMENT, "SetAsDefault": "true" };
            cloud.http("iam", "CreatePolicyVersion", input)
        };
        for _ in 0..4 {
            new().unwrap();
        }
        assert_eq!(code(new()), "LimitExceeded");
        assert_eq!(code(cloud.http("iam", "DeletePolicyVersion", of("v5"))), "DeleteConflict");
        assert_eq!(code(cloud.http("iam", "DeletePolicy", tree! { "PolicyArn": arn.as_str() })), "DeleteConflict");
        cloud.http("iam", "DeletePolicyVersion", of("v1")).unwrap();
        assert_eq!(new().unwrap().need("PolicyVersion.VersionId"), Ok("v6"));
        cloud.http("iam", "SetDefaultPolicyVersion", of("v2")).unwrap();
        let shown = cloud.http("iam", "GetPolicyVersion", of("v2")).unwrap();
        assert_eq!(shown.need("PolicyVersion.Document"), Ok(encoded(DOCUMENT).as_str()));
        assert_eq!(shown.bool("PolicyVersion.IsDefaultVersion"), Ok(Some(true)));
        assert_eq!(code(cloud.http("iam", "GetPolicyVersion", of("v1"))), "NoSuchEntity");
        assert_eq!(code(cloud.http("iam", "GetPolicyVersion", of("1"))), "ValidationError");
    }
}
