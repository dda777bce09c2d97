//! What EKS asks of the other services, and makes in them.

use std::net::Ipv4Addr;

use super::About;
use crate::families::ec2::cidr::Cidr;
use crate::families::ec2::interface::Attachment;
use crate::families::ec2::route_table::Target;
use crate::families::ec2::security_group::{self, Direction, Peer};
use crate::families::ec2::{NewInterface, Rule, SecurityGroup};
use crate::families::{iam, logs};
use crate::protocol::fault::Fault;
use crate::scope::Scope;

/// Owner of the other side of a control plane's interfaces.
const REQUESTER: &str = "amazon-eks";
const DESCRIPTION: &str = "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as \
                           well as any managed workloads.";

/// A role, as far as EKS looks at it.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its unique id.
    pub id: String,
    /// Whether it has any policy at all.
    pub has_policies: bool,
}

/// Returns a role of the account, where it is there.
pub fn role(scope: &Scope<'_>, arn: &str) -> Option<Role> {
    let (_, role) = scope.role_by_arn(arn)?;
    Some(Role { id: role.id.clone(), has_policies: !role.attached.is_empty() || !role.inline.is_empty() })
}

/// Returns a role of the account, where it is there and a service may assume it.
pub fn role_for(scope: &Scope<'_>, arn: &str, service: &str) -> Option<Role> {
    let (_, own) = scope.role_by_arn(arn)?;
    if own.trusts(service) { role(scope, arn) } else { None }
}

/// Makes sure that a service-linked role is there.
pub fn ensure_service_linked_role(scope: &mut Scope<'_>, service: &str) {
    iam::ensure_service_linked_role(scope, service);
}

/// Returns the unique id of a role that can be the principal of an access entry; an empty one for a user, and for a
/// principal of another account.
pub fn principal_id(scope: &Scope<'_>, arn: &str) -> Option<String> {
    if !arn.contains(&format!("::{}:role/", scope.account)) {
        return Some(String::new());
    }
    role(scope, arn).map(|role| role.id)
}

/// Checks that a key can encrypt secrets.
pub fn check_key(scope: &Scope<'_>, about: About<'_>, arn: &str) -> Result<(), Fault> {
    let refuse = |why: &str| Err(about.invalid_parameter(format!("The key {arn} {why}")));
    if !arn.contains(":kms:") {
        return Err(about.invalid_parameter(format!("The key ARN {arn} is not valid")));
    }
    match scope.kms_key(arn) {
        Err(_) => refuse("does not exist"),
        Ok((_, key)) if !key.is_symmetric() => refuse("is not symmetric"),
        Ok((_, key)) if key.state() != "Enabled" => refuse(&format!("cannot be used: its state is {}", key.state())),
        Ok(_) => Ok(()),
    }
}

/// Returns the blocks of a VPC.
pub fn blocks_of_vpc(scope: &Scope<'_>, vpc_id: &str) -> Vec<Cidr> {
    let vpc = scope.ec2().vpcs.get(vpc_id);
    vpc.map_or_else(Vec::new, |vpc| vpc.cidrs.iter().map(|association| association.cidr).collect())
}

/// Checks that security groups are there, and in a VPC.
pub fn check_security_groups(scope: &Scope<'_>, about: About<'_>, ids: &[String], vpc_id: &str) -> Result<(), Fault> {
    for id in ids {
        match scope.ec2().security_groups.get(id) {
            None => return Err(about.invalid_parameter(format!("The security group '{id}' does not exist"))),
            Some(group) if group.vpc_id != vpc_id => {
                let message = format!("Security group {id} is not in the VPC of the subnets, {vpc_id}");
                return Err(about.invalid_parameter(message));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Returns whether a subnet has a route to an internet gateway.
pub fn is_public(scope: &Scope<'_>, subnet_id: &str) -> bool {
    // What is not within the VPC goes the way of any public address.
    let table = scope.ec2().table_of(subnet_id);
    let route = table.and_then(|(_, table)| table.route_to(Ipv4Addr::new(8, 8, 8, 8)));
    route.is_some_and(|route| matches!(&route.target, Target::Gateway(id) if id.starts_with("igw-")))
}

/// Makes a cluster's security group and returns its id.
pub fn make_security_group(scope: &mut Scope<'_>, cluster: &str, vpc_id: &str) -> String {
    let number = scope.ids().digits(9);
    let name = format!("eks-cluster-sg-{cluster}-{number}");
    let group = SecurityGroup { name, description: DESCRIPTION.to_owned(), vpc_id: vpc_id.to_owned() };
    let id = security_group::make(scope, group);
    restore_security_group(scope, cluster, &id);
    id
}

/// Puts back the rule and the tags that a cluster's security group has.
pub fn restore_security_group(scope: &mut Scope<'_>, cluster: &str, group_id: &str) {
    let store = scope.ec2_mut();
    let Some(group) = store.security_groups.get(group_id) else { return };
    let name = group.name.clone();
    let tags = store.tags.entry(group_id.to_owned()).or_default();
    tags.insert("Name".to_owned(), name);
    tags.insert(format!("kubernetes.io/cluster/{cluster}"), "owned".to_owned());
    tags.insert("aws:eks:cluster-name".to_owned(), cluster.to_owned());
    let rule = Rule::all(group_id, Direction::Ingress, Peer::Group(group_id.to_owned()));
    if !store.rules_of(group_id).any(|(_, other)| other.is_same_as(&rule)) {
        rule.enter(scope);
    }
}

/// Takes a cluster's security group away, unless something else uses it.
pub fn remove_security_group(scope: &mut Scope<'_>, group_id: &str) {
    let store = scope.ec2_mut();
    let is_peer = |rule: &Rule| rule.group_id != group_id && rule.peer == Peer::Group(group_id.to_owned());
    let is_used = store.interfaces.values().any(|interface| interface.groups.iter().any(|id| id == group_id))
        || store.rules.values().any(is_peer);
    if !is_used {
        store.remove_group(group_id);
    }
}

/// Makes an interface of a control plane and returns its id; nothing where the subnet is full.
pub fn make_interface(scope: &mut Scope<'_>, cluster: &str, subnet_id: &str, groups: &[String]) -> Option<String> {
    let new = NewInterface {
        subnet_id: subnet_id.to_owned(),
        groups: groups.iter().take(5).cloned().collect(),
        description: format!("Amazon EKS {cluster}"),
        requester: Some(REQUESTER.to_owned()),
        ..NewInterface::default()
    };
    let id = scope.make_interface(new).ok()?;
    let attachment = Attachment {
        id: scope.ids().ec2("eni-attach"),
        instance_id: None,
        owner: REQUESTER.to_owned(),
        device_index: 1,
        card_index: 0,
        is_deleted_with_it: false,
        at: scope.now,
    };
    if let Some(interface) = scope.ec2_mut().interfaces.get_mut(&id) {
        interface.attachment = Some(attachment);
    }
    Some(id)
}

/// Takes interfaces away.
pub fn remove_interfaces(scope: &mut Scope<'_>, ids: &[String]) {
    for id in ids {
        scope.remove_interface(id);
    }
}

/// Makes the log group of a cluster, unless it is there.
pub fn ensure_log_group(scope: &mut Scope<'_>, name: &str) {
    logs::ensure_group(scope, name);
}
