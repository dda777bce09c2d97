//! Managed policies that are attached to roles.

use super::{listed, names, policy, role};
use crate::families::constraints::one_of;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("AttachRolePolicy", &["RoleName", "PolicyArn"], attach),
        write("DetachRolePolicy", &["RoleName", "PolicyArn"], detach),
        read("ListAttachedRolePolicies", &["RoleName", "PathPrefix", "Marker", "MaxItems"], list),
        read(
            "ListEntitiesForPolicy",
            &["PolicyArn", "EntityFilter", "PathPrefix", "PolicyUsageFilter", "Marker", "MaxItems"],
            list_entities,
        ),
    ],
    events: &[],
};

/// How many policies may be attached to a role.
const MOST: usize = 10;

fn attach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    role::existing(scope.iam(), input)?;
    let most = scope.limit("policies-per-role", MOST);
    let attachable = policy::check_attachable(scope, arn);
    let role = role::existing_mut(scope.iam_mut(), input)?;
    attachable?;
    policy::attach(&mut role.attached, arn, "PoliciesPerRole", most)?;
    Ok(Tree::object())
}

fn detach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let role = role::existing_mut(scope.iam_mut(), input)?;
    policy::detach(&mut role.attached, arn)?;
    Ok(Tree::object())
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (_, role) = role::existing(scope.iam(), input)?;
    listed(input, "AttachedPolicies", policy::attached_rows(scope, input, &role.attached)?)
}

/// Roles and users can have policies here.
fn list_entities(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let prefix = names::PREFIX.optional(input, "PathPrefix")?.unwrap_or("/");
    let kinds = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    let kind = one_of(input, "EntityFilter", &kinds)?;
    let is_wanted = |own: &str| kind.is_none_or(|kind| kind == own);
    let usage = one_of(input, "PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    policy::find(scope, arn)?;
    let roles = scope.iam().roles.iter().filter(|(_, role)| {
        let (is_attached, is_bound) =
            (role.attached.iter().any(|attached| attached == arn), role.boundary.as_deref() == Some(arn));
        let is_used = match usage {
            Some("PermissionsPolicy") => is_attached,
            Some(_) => is_bound,
            None => is_attached || is_bound,
        };
        is_wanted("Role") && is_used && role.path.starts_with(prefix)
    });
    let rows = roles.map(|(name, role)| tree! { "RoleName": name, "RoleId": role.id.as_str() });
    let users = scope.iam().users.iter().filter(|(_, user)| {
        is_wanted("User")
            && usage != Some("PermissionsBoundary")
            && user.attached.iter().any(|attached| attached == arn)
            && user.path.starts_with(prefix)
    });
    let users = users.map(|(name, user)| tree! { "UserName": name, "UserId": user.id.as_str() });
    let list = listed(input, "PolicyRoles", rows)?;
    Ok(list.with("PolicyGroups", Tree::List(vec![])).with("PolicyUsers", Tree::list(users)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::iam::no_such_entity;
    use crate::families::iam::policy::tests::policy;
    use crate::families::iam::role::tests::role;
    use crate::testing::{Cloud, code};

    #[test]
    fn policies_are_attached_once_listed_and_keep_role_and_policy() {
        let cloud = Cloud::new();
        role(&cloud, "r");
        let own = policy(&cloud, "p");
        let aws = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";
        let of = |arn: &str| tree! { "RoleName": "r", "PolicyArn": arn };
        for arn in [aws, &own, aws] {
            cloud.http("iam", "AttachRolePolicy", of(arn)).unwrap();
        }
        let list = cloud.http("iam", "ListAttachedRolePolicies", tree! { "RoleName": "r" }).unwrap();
        let names: Vec<_> =
            list.list_at("AttachedPolicies").iter().map(|row| row.need("PolicyName").unwrap()).collect();
        assert_eq!(names, ["AmazonEKSWorkerNodePolicy", "p"]);
        let entities = cloud.http("iam", "ListEntitiesForPolicy", tree! { "PolicyArn": own.as_str() }).unwrap();
        assert_eq!(entities.list_at("PolicyRoles")[0].need("RoleName"), Ok("r"));
        assert_eq!(code(cloud.http("iam", "DeleteRole", tree! { "RoleName": "r" })), "DeleteConflict");
        assert_eq!(code(cloud.http("iam", "DeletePolicy", tree! { "PolicyArn": own.as_str() })), "DeleteConflict");
        cloud.http("iam", "DetachRolePolicy", of(&own)).unwrap();
        assert_eq!(code(cloud.http("iam", "DetachRolePolicy", of(&own))), "NoSuchEntity");
    }

    #[test]
    fn what_cannot_be_attached_is_refused() {
        let cloud = Cloud::new();
        role(&cloud, "r");
        let attach = |arn: &str| cloud.http("iam", "AttachRolePolicy", tree! { "RoleName": "r", "PolicyArn": arn });
        let absent = "arn:aws:iam::aws:policy/NoSuchPolicyAtAll";
        let message = format!("Policy {absent} does not exist or is not attachable.");
        assert_eq!(attach(absent), Err(no_such_entity(message)));
        assert_eq!(
            code(attach("arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy")),
            "PolicyNotAttachable"
        );
        assert_eq!(code(attach("AmazonEKSClusterPolicy")), "InvalidInput");
        for number in 0..MOST {
            attach(&policy(&cloud, &format!("p{number}"))).unwrap();
        }
        assert_eq!(code(attach(&policy(&cloud, "one-more"))), "LimitExceeded");
    }
}
