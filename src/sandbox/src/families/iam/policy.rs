//! Managed policies: the account's own, and those of AWS.

use serde::{Deserialize, Serialize};

use super::document::{self, Kind};
use super::managed::{self, AwsPolicy};
use super::tags::{self, Tags};
use super::{Store, already_exists, delete_conflict, invalid_input, listed, names, no_such_entity, over_quota};
use crate::families::constraints::one_of;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("CreatePolicy", &["PolicyName", "PolicyDocument", "Path", "Description", "Tags"], create),
        read("GetPolicy", &["PolicyArn"], get),
        read("ListPolicies", &["Scope", "OnlyAttached", "PathPrefix", "PolicyUsageFilter", "Marker", "MaxItems"], list),
        write("DeletePolicy", &["PolicyArn"], delete),
    ],
    events: &[],
};

/// How many policies an account may have.
const MOST: usize = 1500;
/// How large a document may be.
const SIZE: usize = 6144;

/// A policy of the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Unique id, `ANPA…`.
    pub id: String,
    /// Its path.
    pub path: String,
    /// Its description; it can never be changed.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last got a default version.
    pub updated: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// Its versions, the oldest one first.
    pub versions: Vec<Version>,
    /// Number of the default version.
    pub default_version: u32,
    /// Number of the last version that was made.
    pub last_version: u32,
}

/// A version of a policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub number: u32,
    /// Its document.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A policy of either kind.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// The account's own.
    Own(&'a Policy),
    /// AWS's.
    Aws(&'static AwsPolicy),
}

impl Found<'_> {
    /// Returns the name.
    pub fn name(&self) -> &str {
        match self {
            Found::Own(policy) => &policy.name,
            Found::Aws(policy) => &policy.name,
        }
    }

    /// Returns the path.
    pub fn path(&self) -> &str {
        match self {
            Found::Own(policy) => &policy.path,
            Found::Aws(policy) => &policy.path,
        }
    }
}

/// Returns a policy of either kind.
///
/// # Errors
/// When it is not there.
pub fn find<'a>(scope: &'a Scope<'_>, arn: &str) -> Result<Found<'a>, Fault> {
    check_arn(arn)?;
    let aws = managed::by_arn(arn).filter(|policy| policy.arn(scope.partition()) == arn);
    let found = aws.map(Found::Aws).or_else(|| scope.iam().policies.get(arn).map(Found::Own));
    found.ok_or_else(|| not_found(arn))
}

/// Returns a policy of the account.
///
/// # Errors
/// When it is not there.
pub fn existing<'a>(store: &'a Store, arn: &str) -> Result<&'a Policy, Fault> {
    check_own(arn)?;
    store.policies.get(arn).ok_or_else(|| not_found(arn))
}

/// Returns a policy of the account, to change it.
///
/// # Errors
/// When it is not there.
pub fn existing_mut<'a>(store: &'a mut Store, arn: &str) -> Result<&'a mut Policy, Fault> {
    check_own(arn)?;
    store.policies.get_mut(arn).ok_or_else(|| not_found(arn))
}

/// Checks that a policy may be attached to what belongs to the account.
///
/// # Errors
/// When there is no such policy, or it is for roles of services alone.
pub fn check_attachable(scope: &Scope<'_>, arn: &str) -> Result<(), Fault> {
    check_arn(arn)?;
    let absent = || no_such_entity(format!("Policy {arn} does not exist or is not attachable."));
    let found = find(scope, arn).map_err(|_| absent())?;
    if found.path().starts_with("/aws-service-role/") {
        let message = "Cannot attach a Service Role Policy to a Customer Role.";
        return Err(Fault::new("PolicyNotAttachable", message));
    }
    Ok(())
}

/// Adds a policy to those that are attached to a role or user; again is no error.
///
/// # Errors
/// When `most` are attached, which `quota` says.
pub fn attach(attached: &mut Vec<String>, arn: &str, quota: &str, most: usize) -> Result<(), Fault> {
    if attached.iter().any(|attached| attached == arn) {
        return Ok(());
    }
    if attached.len() >= most {
        return Err(over_quota(quota, most));
    }
    attached.push(arn.to_owned());
    Ok(())
}

/// Takes a policy away from those that are attached.
///
/// # Errors
/// When it is not among them.
pub fn detach(attached: &mut Vec<String>, arn: &str) -> Result<(), Fault> {
    let at = attached.iter().position(|attached| attached == arn);
    attached.remove(at.ok_or_else(|| no_such_entity(format!("Policy {arn} was not found.")))?);
    Ok(())
}

fn check_arn(arn: &str) -> Result<(), Fault> {
    let is_arn = arn.starts_with("arn:") && arn.splitn(6, ':').nth(5).is_some_and(|rest| rest.starts_with("policy/"));
    if is_arn { Ok(()) } else { Err(invalid_input(format!("ARN {arn} is not valid."))) }
}

fn check_own(arn: &str) -> Result<(), Fault> {
    check_arn(arn)?;
    if arn.contains(":iam::aws:") {
        let message = format!("The policy {arn} is managed by AWS and cannot be changed.");
        return Err(Fault::with_status(403, "AccessDenied", message));
    }
    Ok(())
}

fn not_found(arn: &str) -> Fault {
    no_such_entity(format!("Policy {arn} was not found."))
}

/// Reads a document for a policy.
///
/// # Errors
/// When IAM would not take it.
pub fn document(input: &Tree) -> Result<String, Fault> {
    let text = names::DOCUMENT.need(input, "PolicyDocument")?;
    document::read(text, Kind::Identity)?;
    if document::size(text) > SIZE {
        return Err(over_quota("PolicySize", SIZE));
    }
    Ok(text.to_owned())
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = names::name(input, "PolicyName", &names::LONG)?;
    let path = names::path(input)?;
    let description = names::POLICY_DESCRIPTION.optional(input, "Description")?;
    let tags = tags::given(input)?;
    let document = document(input)?;
    let policies = &scope.iam().policies;
    if policies.values().any(|policy| policy.name.eq_ignore_ascii_case(name)) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(already_exists(message));
    }
    let most = scope.limit("policies", MOST);
    if policies.len() >= most {
        return Err(over_quota("PoliciesPerAccount", most));
    }
    let arn = scope.global_arn("iam", &format!("policy{path}{name}"));
    let policy = Policy {
        name: name.to_owned(),
        id: scope.ids().iam("ANPA"),
        path: path.to_owned(),
        description: description.map(str::to_owned),
        created: scope.now,
        updated: scope.now,
        tags,
        versions: vec![Version { number: 1, document, created: scope.now }],
        default_version: 1,
        last_version: 1,
    };
    scope.iam_mut().policies.insert(arn.clone(), policy);
    // The answer leaves the description out.
    let mut policy = shown(scope, &arn, find(scope, &arn)?);
    policy.set("Description", Tree::Null);
    Ok(tree! { "Policy": policy })
}

/// Returns rows of the policies that are attached to something, where their path begins as an input says.
///
/// # Errors
/// When that is not the beginning of a path.
pub fn attached_rows(scope: &Scope<'_>, input: &Tree, arns: &[String]) -> Result<Vec<Tree>, Fault> {
    let prefix = names::PREFIX.optional(input, "PathPrefix")?.unwrap_or("/");
    let rows = arns.iter().filter_map(|arn| {
        let found = find(scope, arn).ok()?;
        let row = tree! { "PolicyName": found.name(), "PolicyArn": arn };
        found.path().starts_with(prefix).then_some(row)
    });
    Ok(rows.collect())
}

/// Returns to how many roles and users a policy is attached, and how many roles are bounded by it.
fn uses(scope: &Scope<'_>, arn: &str) -> (usize, usize) {
    let roles = || scope.iam().roles.values();
    let attached = roles().filter(|role| role.attached.iter().any(|attached| attached == arn)).count();
    let users = scope.iam().users.values();
    let attached = attached + users.filter(|user| user.attached.iter().any(|attached| attached == arn)).count();
    (attached, roles().filter(|role| role.boundary.as_deref() == Some(arn)).count())
}

fn shown(scope: &Scope<'_>, arn: &str, found: Found<'_>) -> Tree {
    let (attached, bounds) = uses(scope, arn);
    let (id, version, created, updated) = match found {
        Found::Own(policy) => {
            (policy.id.clone(), format!("v{}", policy.default_version), policy.created, policy.updated)
        }
        Found::Aws(policy) => (policy.id(), policy.version.clone(), policy.created, policy.updated),
    };
    let mut tree = tree! {
        "PolicyName": found.name(),
        "PolicyId": id,
        "Arn": arn,
        "Path": found.path(),
        "DefaultVersionId": version,
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounds,
        "IsAttachable": true,
        "CreateDate": created,
        "UpdateDate": updated,
    };
    if let Found::Own(policy) = found {
        tree.set("Description", policy.description.as_ref());
        tree.set("Tags", tags::shown(&policy.tags));
    }
    tree
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    Ok(tree! { "Policy": shown(scope, arn, find(scope, arn)?) })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let whose = one_of(input, "Scope", &["All", "AWS", "Local"])?.unwrap_or("All");
    let usage = one_of(input, "PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    let prefix = names::PREFIX.optional(input, "PathPrefix")?.unwrap_or("/");
    let is_attached_only = input.bool("OnlyAttached")?.unwrap_or_default();
    let own = scope.iam().policies.iter().map(|(arn, policy)| (arn.clone(), Found::Own(policy)));
    let aws = managed::all().map(|policy| (policy.arn(scope.partition()), Found::Aws(policy)));
    let all = own.filter(|_| whose != "AWS").chain(aws.filter(|_| whose != "Local"));
    let wanted = all.filter(|(arn, found)| {
        let is_used = || match (usage, uses(scope, arn)) {
            (Some("PermissionsBoundary"), (_, bounds)) => bounds > 0,
            (_, (attached, _)) => attached > 0,
        };
        found.path().starts_with(prefix) && (!(is_attached_only || usage.is_some()) || is_used())
    });
    let rows = wanted.map(|(arn, found)| {
        let mut row = shown(scope, &arn, found);
        ["Description", "Tags"].iter().for_each(|left_out| row.set(left_out, Tree::Null));
        row
    });
    listed(input, "Policies", rows)
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let policy = existing(scope.iam(), arn)?;
    if uses(scope, arn) != (0, 0) {
        return Err(delete_conflict("Cannot delete a policy attached to entities."));
    }
    if policy.versions.len() > 1 {
        let message = "This policy has more than one version. Before you delete a policy, you must delete the policy's \
                       versions. The default version is deleted with the policy.";
        return Err(delete_conflict(message));
    }
    scope.iam_mut().policies.remove(arn);
    Ok(Tree::object())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    /// A document that IAM takes.
    pub const DOCUMENT: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

    /// Makes a policy and returns its ARN.
    pub fn policy(cloud: &Cloud, name: &str) -> String {
        let input = tree! { "PolicyName": name, "PolicyDocument": DOCUMENT, "Description": "of tests" };
        cloud.call("iam", "CreatePolicy", input).unwrap().need("Policy.Arn").unwrap().to_owned()
    }

    #[test]
    fn own_policies_are_kept_and_those_of_aws_are_there() {
        let cloud = Cloud::new();
        let arn = policy(&cloud, "p");
        let shown = cloud.http("iam", "GetPolicy", tree! { "PolicyArn": arn.as_str() }).unwrap();
        assert_eq!(
            (shown.need("Policy.Description"), shown.need("Policy.DefaultVersionId")),
            (Ok("of tests"), Ok("v1"))
        );
        let of_aws = |name: &str| tree! { "PolicyArn": format!("arn:aws:iam::aws:policy/{name}") };
        let shown = cloud.http("iam", "GetPolicy", of_aws("AmazonEKSClusterPolicy")).unwrap();
        assert_eq!(shown.need("Policy.DefaultVersionId"), Ok("v10"));
        assert_eq!(code(cloud.http("iam", "GetPolicy", of_aws("AmazonEKSClusterPolicyy"))), "NoSuchEntity");
        assert_eq!(code(cloud.http("iam", "DeletePolicy", of_aws("AmazonEKSClusterPolicy"))), "AccessDenied");
        assert_eq!(
            code(cloud.http("iam", "GetPolicy", tree! { "PolicyArn": "arn:aws:iam::1:role/long" })),
            "InvalidInput"
        );
        let again = tree! { "PolicyName": "P", "PolicyDocument": DOCUMENT };
        assert_eq!(code(cloud.call("iam", "CreatePolicy", again)), "EntityAlreadyExists");
    }

    #[test]
    fn lists_are_paged_by_markers() {
        let cloud = Cloud::new();
        for name in ["a", "b", "c"] {
            policy(&cloud, name);
        }
        let ask = |marker: &str| {
            let input = tree! { "Scope": "Local", "MaxItems": "2" };
            let input = if marker.is_empty() { input } else { input.with("Marker", marker) };
            cloud.http("iam", "ListPolicies", input).unwrap()
        };
        let first = ask("");
        assert_eq!((first.list_at("Policies").len(), first.bool("IsTruncated")), (2, Ok(Some(true))));
        let second = ask(first.need("Marker").unwrap());
        assert_eq!((second.list_at("Policies").len(), second.bool("IsTruncated")), (1, Ok(Some(false))));
        let all = cloud.call("iam", "ListPolicies", tree! { "MaxItems": "1000" }).unwrap();
        assert_eq!(all.list_at("Policies").len(), 1000);
        assert_eq!(code(cloud.call("iam", "ListPolicies", tree! { "MaxItems": "1001" })), "ValidationError");
    }
}
