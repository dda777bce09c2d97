//! Roles that belong to services: made by name of the service, gone only when the service has let go of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::role::{self, Role, SERVICE_PATH, Trust};
use super::tags::Tags;
use super::{invalid_input, managed, names, no_such_entity};
use crate::families::constraints::length;
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("CreateServiceLinkedRole", &["AWSServiceName", "Description", "CustomSuffix"], create),
        write("DeleteServiceLinkedRole", &["RoleName"], delete),
        read("GetServiceLinkedRoleDeletionStatus", &["DeletionTaskId"], deletion_status),
    ],
    events: &[Event { name: "iam.service-linked-role-deleted", happen: deleted }],
};

/// How long a deletion takes.
const DELETION: Duration = Duration::from_secs(10);

/// A service that has a role in accounts which use it.
struct Linked {
    /// Its principal.
    service: &'static str,
    /// Name of the role.
    role: &'static str,
    /// Name of the policy that is attached to it.
    policy: &'static str,
    /// Description of the role.
    description: &'static str,
    /// Whether there may be more of them, with a suffix.
    takes_suffix: bool,
    /// Whether the service still uses the role: it cannot be deleted then.
    is_used: fn(&Scope<'_>) -> bool,
}

const fn linked(service: &'static str, role: &'static str, policy: &'static str, description: &'static str) -> Linked {
    Linked { service, role, policy, description, takes_suffix: false, is_used: |_| false }
}

const SERVICES: &[Linked] = &[
    Linked {
        takes_suffix: true,
        ..linked(
            "autoscaling.amazonaws.com",
            "AWSServiceRoleForAutoScaling",
            "AutoScalingServiceRolePolicy",
            "Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling",
        )
    },
    linked(
        "ec2fleet.amazonaws.com",
        "AWSServiceRoleForEC2Fleet",
        "AWSEC2FleetServiceRolePolicy",
        "Default EC2 Fleet Service Linked Role",
    ),
    linked(
        "eks.amazonaws.com",
        "AWSServiceRoleForAmazonEKS",
        "AmazonEKSServiceRolePolicy",
        "Allows Amazon EKS to call AWS services on your behalf.",
    ),
    linked(
        "eks-connector.amazonaws.com",
        "AWSServiceRoleForAmazonEKSConnector",
        "AmazonEKSConnectorServiceRolePolicy",
        "",
    ),
    linked(
        "eks-fargate.amazonaws.com",
        "AWSServiceRoleForAmazonEKSForFargate",
        "AmazonEKSForFargateServiceRolePolicy",
        "This role enables Amazon EKS to run Fargate pods",
    ),
    linked(
        "eks-nodegroup.amazonaws.com",
        "AWSServiceRoleForAmazonEKSNodegroup",
        "AWSServiceRoleForAmazonEKSNodegroup",
        "This policy allows Amazon EKS to create and manage Nodegroups",
    ),
    linked(
        "elasticloadbalancing.amazonaws.com",
        "AWSServiceRoleForElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
        "Allows ELB to call AWS services on your behalf.",
    ),
    linked(
        "spot.amazonaws.com",
        "AWSServiceRoleForEC2Spot",
        "AWSEC2SpotServiceRolePolicy",
        "Default EC2 Spot Service Linked Role",
    ),
    linked(
        "spotfleet.amazonaws.com",
        "AWSServiceRoleForEC2SpotFleet",
        "AWSEC2SpotFleetServiceRolePolicy",
        "Default EC2 Spot Fleet Service Linked Role",
    ),
];

/// A deletion that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deletion {
    /// Name of the role.
    pub role: String,
    /// When it was asked for.
    pub started: Timestamp,
    /// What came of it; nothing while it goes on.
    pub has_succeeded: Option<bool>,
}

/// Makes the role of a service, where it is not there yet, as services do at their first use. Returns its ARN; nothing
/// for a service that has none.
pub fn ensure(scope: &mut Scope<'_>, service: &str) -> Option<String> {
    let linked = SERVICES.iter().find(|linked| linked.service == service)?;
    if !scope.iam().roles.contains_key(linked.role) {
        make(scope, linked, linked.role, None);
    }
    scope.iam().roles.get(linked.role).map(|role| role.arn(scope, linked.role))
}

fn make(scope: &mut Scope<'_>, linked: &Linked, name: &str, description: Option<&str>) {
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},"Action":"sts:AssumeRole"}}]}}"#,
        linked.service
    );
    let resource = format!("policy{SERVICE_PATH}{}", linked.policy);
    let policy = managed::all().find(|policy| policy.resource() == resource);
    let attached = policy.map(|policy| policy.arn(scope.partition()));
    let description = description.unwrap_or(linked.description);
    let role = Role {
        id: scope.ids().iam("AROA"),
        path: format!("{SERVICE_PATH}{}/", linked.service),
        created: scope.now,
        description: (!description.is_empty()).then(|| description.to_owned()),
        max_session_seconds: 3600,
        trust: Trust { document, role_ids: Vec::new() },
        boundary: None,
        tags: Tags::new(),
        inline: BTreeMap::new(),
        attached: attached.into_iter().collect(),
        last_used: None,
    };
    scope.iam_mut().roles.insert(name.to_owned(), role);
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let service = names::name(input, "AWSServiceName", &names::LONG)?;
    let description = names::DESCRIPTION.optional(input, "Description")?;
    let suffix = length(1, 64).optional(input, "CustomSuffix")?;
    let Some(linked) = SERVICES.iter().find(|linked| linked.service == service) else {
        if service.ends_with(".amazonaws.com") {
            return Err(Fault::not_modelled(format!("the service-linked role of `{service}`")));
        }
        return Err(invalid_input(format!("Invalid AWS service name: {service}")));
    };
    if suffix.is_some() && !linked.takes_suffix {
        return Err(invalid_input(format!("Custom suffix is not allowed for {service}")));
    }
    let name = suffix.map_or_else(|| linked.role.to_owned(), |suffix| format!("{}_{suffix}", linked.role));
    names::ROLE.check("roleName", &name)?;
    if names::is_taken(scope.iam().roles.keys(), &name) {
        let message =
            format!("Service role name {name} has been taken in this account, please try a different suffix.");
        return Err(invalid_input(message));
    }
    make(scope, linked, &name, description);
    Ok(tree! { "Role": role::shown(scope, &name, &scope.iam().roles[&name]) })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, role) = role::existing(scope.iam(), input)?;
    if !role.is_service_linked() {
        return Err(no_such_entity(format!("The role with name {name} is not a service-linked role.")));
    }
    let name = name.to_owned();
    let underway = scope.iam().deletions.iter().find(|(_, it)| it.role == name && it.has_succeeded.is_none());
    if let Some((task, _)) = underway {
        return Ok(tree! { "DeletionTaskId": task });
    }
    let path = role.path.trim_start_matches('/').to_owned();
    let task = format!("task/{path}{name}/{}", scope.ids().uuid());
    let deletion = Deletion { role: name, started: scope.now, has_succeeded: None };
    scope.iam_mut().deletions.insert(task.clone(), deletion);
    scope.later(DELETION, "iam.service-linked-role-deleted", &task);
    Ok(tree! { "DeletionTaskId": task })
}

fn deleted(scope: &mut Scope<'_>, task: &str) {
    let Some(role) = scope.iam().deletions.get(task).map(|deletion| deletion.role.clone()) else { return };
    let is_used = SERVICES.iter().any(|linked| linked.role == role && (linked.is_used)(scope));
    let store = scope.iam_mut();
    if !is_used {
        store.roles.remove(&role);
    }
    if let Some(deletion) = store.deletions.get_mut(task) {
        deletion.has_succeeded = Some(!is_used);
    }
}

fn deletion_status(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let task = length(1, 1000).need(input, "DeletionTaskId")?;
    let deletion = scope.iam().deletions.get(task);
    let deletion = deletion.ok_or_else(|| no_such_entity(format!("Deletion task {task} cannot be found.")))?;
    Ok(match deletion.has_succeeded {
        None if deletion.started == scope.now => tree! { "Status": "NOT_STARTED" },
        None => tree! { "Status": "IN_PROGRESS" },
        Some(true) => tree! { "Status": "SUCCEEDED" },
        Some(false) => {
            let why = "The role is used by resources of the service.";
            tree! { "Status": "FAILED", "Reason": tree! { "Reason": why } }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn roles_of_services_are_made_once_and_deleted_by_tasks() {
        let cloud = Cloud::new();
        let create = || cloud.http("iam", "CreateServiceLinkedRole", tree! { "AWSServiceName": "spot.amazonaws.com" });
        let arn = "arn:aws:iam::111122223333:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot";
        assert_eq!(create().unwrap().need("Role.Arn"), Ok(arn));
        assert_eq!(code(create()), "InvalidInput");
        let named = || tree! { "RoleName": "AWSServiceRoleForEC2Spot" };
        assert_eq!(code(cloud.http("iam", "DeleteRole", named())), "UnmodifiableEntity");
        let tag = tree! { "Key": "a", "Value": "b" };
        cloud.http("iam", "TagRole", named().with("Tags", vec![tag])).unwrap();
        let started = cloud.http("iam", "DeleteServiceLinkedRole", named()).unwrap();
        let task = tree! { "DeletionTaskId": started.need("DeletionTaskId").unwrap() };
        let status = || cloud.http("iam", "GetServiceLinkedRoleDeletionStatus", task.clone()).unwrap();
        assert_eq!(status().need("Status"), Ok("NOT_STARTED"));
        cloud.wait(Duration::from_secs(5));
        assert_eq!(status().need("Status"), Ok("IN_PROGRESS"));
        cloud.wait(Duration::from_secs(5));
        assert_eq!(status().need("Status"), Ok("SUCCEEDED"));
        assert_eq!(code(cloud.http("iam", "GetRole", named())), "NoSuchEntity");
    }

    #[test]
    fn suffixes_are_for_services_that_take_them() {
        let cloud = Cloud::new();
        let create = |service: &str| {
            let input = tree! { "AWSServiceName": service, "CustomSuffix": "x" };
            cloud.call("iam", "CreateServiceLinkedRole", input)
        };
        let made = create("autoscaling.amazonaws.com").unwrap();
        assert_eq!(made.need("Role.RoleName"), Ok("AWSServiceRoleForAutoScaling_x"));
        assert_eq!(code(create("eks.amazonaws.com")), "InvalidInput");
        assert_eq!(code(create("lex.amazonaws.com")), "NotImplemented");
    }
}
