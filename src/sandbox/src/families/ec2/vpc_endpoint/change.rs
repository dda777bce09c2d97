//! ModifyVpcEndpoint.

use super::create::{attach, check_names, check_tables, dns_options, ip_type, policy, refused, subnets};
use super::{Kind, VpcEndpoint};
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const MODIFY: Operation = write(
    "ModifyVpcEndpoint",
    &[
        "VpcEndpointId",
        "ResetPolicy",
        "PolicyDocument",
        "AddRouteTableId",
        "RemoveRouteTableId",
        "AddSubnetId",
        "RemoveSubnetId",
        "SubnetConfiguration",
        "AddSecurityGroupId",
        "RemoveSecurityGroupId",
        "IpAddressType",
        "DnsOptions",
        "PrivateDnsEnabled",
    ],
    modify,
);

fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("VpcEndpointId")?;
    let prior = scope.ec2().vpc_endpoint(id)?;
    let mut next = prior.clone();
    ip_type(input)?;
    if input.bool("ResetPolicy")? == Some(true) {
        if input.has("PolicyDocument") {
            let message = "A policy document cannot be specified together with its reset.";
            return Err(Fault::new("InvalidParameterCombination", message));
        }
        next.policy = None;
    }
    next.policy = policy(input)?.or(next.policy);
    next.dns_options = dns_options(prior.kind, &prior.dns_options, input)?;
    let removed: Vec<&str> = input.texts("RemoveSubnetId");
    next.interfaces.retain(|subnet, _| !removed.contains(&subnet.as_str()));
    let added: Vec<&str> =
        input.texts("AddSubnetId").into_iter().filter(|id| !next.interfaces.contains_key(*id)).collect();
    let is_moved = !added.is_empty() || next.interfaces.len() != prior.interfaces.len();
    let places = subnets(scope, &next, &added, input)?;
    match prior.kind {
        Kind::Gateway => tables(scope, &mut next, input)?,
        Kind::Interface => {
            groups(scope, &mut next, input)?;
            next.has_private_names = input.bool("PrivateDnsEnabled")?.unwrap_or(prior.has_private_names);
            check_names(scope, Some(id), &next)?;
        }
    }
    if prior.kind == Kind::Gateway && is_moved {
        return Err(refused("SubnetId is not supported for endpoints of type Gateway."));
    }
    scope.check_new_interfaces(places.len(), next.groups.len())?;
    if is_moved || next.has_private_names != prior.has_private_names {
        next.since = scope.now;
    }
    let gone: Vec<String> = removed.iter().filter_map(|subnet| prior.interfaces.get(*subnet).cloned()).collect();
    for interface in gone {
        scope.remove_interface(&interface);
    }
    for (subnet, address) in places {
        attach(scope, id, &mut next, subnet, address)?;
    }
    let store = scope.ec2_mut();
    for interface in next.interfaces.values() {
        if let Some(interface) = store.interfaces.get_mut(interface) {
            interface.groups.clone_from(&next.groups);
        }
    }
    store.vpc_endpoints.insert(id.to_owned(), next);
    Ok(tree! { "return": true })
}

fn tables(scope: &Scope<'_>, next: &mut VpcEndpoint, input: &Tree) -> Result<(), Fault> {
    let removed = input.texts("RemoveRouteTableId");
    next.route_table_ids.retain(|id| !removed.contains(&id.as_str()));
    let added: Vec<String> = input.texts("AddRouteTableId").into_iter().map(str::to_owned).collect();
    let new: Vec<String> = added.into_iter().filter(|id| !next.route_table_ids.contains(id)).collect();
    check_tables(scope, next, &new)?;
    next.route_table_ids.extend(new);
    Ok(())
}

/// An interface endpoint is always in a group.
fn groups(scope: &Scope<'_>, next: &mut VpcEndpoint, input: &Tree) -> Result<(), Fault> {
    let (added, removed) = (input.texts("AddSecurityGroupId"), input.texts("RemoveSecurityGroupId"));
    scope.ec2().check_groups(&added, &next.vpc_id)?;
    next.groups.retain(|id| !removed.contains(&id.as_str()));
    for id in added {
        if !next.groups.iter().any(|own| own == id) {
            next.groups.push(id.to_owned());
        }
    }
    if next.groups.is_empty() {
        return Err(refused("At least one security group is required for endpoints of type Interface."));
    }
    Ok(())
}
