//! Addresses of NAT gateways.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::super::kinds;
use super::NatGateway;
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const ASSOCIATE: Operation =
    write("AssociateNatGatewayAddress", &["NatGatewayId", "AllocationId", "PrivateIpAddress"], associate);
pub const DISASSOCIATE: Operation =
    write("DisassociateNatGatewayAddress", &["NatGatewayId", "AssociationId", "MaxDrainDurationSeconds"], disassociate);
pub const ASSIGN: Operation =
    write("AssignPrivateNatGatewayAddress", &["NatGatewayId", "PrivateIpAddress", "PrivateIpAddressCount"], assign);
pub const UNASSIGN: Operation = write(
    "UnassignPrivateNatGatewayAddress",
    &["NatGatewayId", "PrivateIpAddress", "MaxDrainDurationSeconds"],
    unassign,
);

/// An address of a gateway; it is kept when the gateway is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Address {
    /// The private address.
    pub private_ip: Ipv4Addr,
    /// The elastic address: allocation, association, public address.
    pub elastic: Option<(String, String, Ipv4Addr)>,
}

/// Gives a new gateway its interface, and maps its elastic addresses.
pub fn begin(
    scope: &mut Scope<'_>,
    gateway: &mut NatGateway,
    interface_id: &str,
    allocations: &[String],
) -> Result<(), Fault> {
    gateway.interface_id = Some(interface_id.to_owned());
    let private = scope.ec2().interfaces[interface_id].addresses.clone();
    for (index, private_ip) in private.into_iter().enumerate() {
        let elastic = allocations.get(index).map(|id| map(scope, id, interface_id, private_ip)).transpose()?;
        gateway.addresses.push(Address { private_ip, elastic });
    }
    let id = scope.ids().ec2("eni-attach");
    let now = scope.now;
    if let Some(interface) = scope.ec2_mut().interfaces.get_mut(interface_id) {
        interface.checks_source = false;
        interface.attachment = Some(super::super::interface::Attachment {
            id,
            instance_id: None,
            owner: "amazon-aws".to_owned(),
            device_index: 1,
            card_index: 0,
            is_deleted_with_it: false,
            at: now,
        });
    }
    Ok(())
}

fn map(
    scope: &mut Scope<'_>,
    allocation_id: &str,
    interface_id: &str,
    private_ip: Ipv4Addr,
) -> Result<(String, String, Ipv4Addr), Fault> {
    let association = scope.map_address(allocation_id, interface_id, Some(private_ip), false)?;
    let public_ip = scope.ec2().addresses[allocation_id].public_ip;
    Ok((allocation_id.to_owned(), association, public_ip))
}

/// Returns a gateway's addresses as answers have them.
pub fn shown(scope: &Scope<'_>, gateway: &NatGateway) -> Tree {
    let state = gateway.state(scope.now);
    // While the gateway is pending, its addresses are not told yet.
    let is_known = !matches!(state, "pending" | "failed");
    let addresses = gateway.addresses.iter().enumerate().map(|(index, address)| {
        let elastic = address.elastic.as_ref();
        tree! {
            "allocationId": elastic.map(|(allocation, ..)| allocation.as_str()),
            "associationId": elastic.filter(|_| is_known).map(|(_, association, _)| association.as_str()),
            "publicIp": elastic.filter(|_| is_known).map(|(.., public_ip)| public_ip.to_string()),
            "privateIp": is_known.then(|| address.private_ip.to_string()),
            "networkInterfaceId": gateway.interface_id.as_deref().filter(|_| is_known),
            "isPrimary": index == 0,
            "status": if is_known { "succeeded" } else { "associating" },
        }
    });
    Tree::list(addresses)
}

/// Returns id and interface of a gateway that works.
fn working(scope: &Scope<'_>, input: &Tree) -> Result<(String, String), Fault> {
    let id = input.need("NatGatewayId")?;
    kinds::check(scope.ec2(), id, "nat")?;
    let gateway = &scope.ec2().nat_gateways[id];
    match (&gateway.interface_id, gateway.state(scope.now)) {
        (Some(interface), "available") => Ok((id.to_owned(), interface.clone())),
        (_, state) => {
            let message = format!("The NAT gateway {id} is in state {state}.");
            Err(Fault::new("IncorrectState", message))
        }
    }
}

fn parsed(input: &Tree) -> Result<Vec<Ipv4Addr>, Fault> {
    let parse = |text: &str| text.parse().map_err(|_| Fault::invalid("privateIpAddress", text, "Invalid address."));
    input.texts("PrivateIpAddress").into_iter().map(parse).collect()
}

fn answer(scope: &Scope<'_>, id: &str) -> Tree {
    tree! { "natGatewayId": id, "natGatewayAddressSet": shown(scope, &scope.ec2().nat_gateways[id]) }
}

fn add(
    scope: &mut Scope<'_>,
    id: &str,
    interface_id: &str,
    private: &[Ipv4Addr],
    allocations: &[&str],
) -> Result<(), Fault> {
    for (index, private_ip) in private.iter().enumerate() {
        let elastic = allocations.get(index).map(|id| map(scope, id, interface_id, *private_ip)).transpose()?;
        if let Some(gateway) = scope.ec2_mut().nat_gateways.get_mut(id) {
            gateway.addresses.push(Address { private_ip: *private_ip, elastic });
        }
    }
    Ok(())
}

/// Gives the interface more addresses.
fn extend(
    scope: &mut Scope<'_>,
    interface_id: &str,
    wanted: &[Ipv4Addr],
    count: usize,
) -> Result<Vec<Ipv4Addr>, Fault> {
    use super::super::interface::take;
    let subnet_id = scope.ec2().interfaces[interface_id].subnet_id.clone();
    let taken = take(scope.ec2(), &subnet_id, wanted, count)?;
    if let Some(interface) = scope.ec2_mut().interfaces.get_mut(interface_id) {
        interface.addresses.extend(&taken);
    }
    Ok(taken)
}

fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, interface_id) = working(scope, input)?;
    let allocations = input.texts("AllocationId");
    if allocations.is_empty() {
        return Err(Fault::missing("AllocationId"));
    }
    for allocation in &allocations {
        kinds::check(scope.ec2(), allocation, "eipalloc")?;
        if scope.ec2().addresses[*allocation].association.is_some() {
            let message = format!("resource {allocation} is already associated");
            return Err(Fault::new("Resource.AlreadyAssociated", message));
        }
    }
    let wanted = parsed(input)?;
    let count = allocations.len().saturating_sub(wanted.len());
    let private = extend(scope, &interface_id, &wanted, count)?;
    add(scope, &id, &interface_id, &private, &allocations)?;
    Ok(answer(scope, &id))
}

fn assign(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, interface_id) = working(scope, input)?;
    let (wanted, count) = (parsed(input)?, input.int("PrivateIpAddressCount")?.unwrap_or(0));
    let private = extend(scope, &interface_id, &wanted, usize::try_from(count).unwrap_or(0))?;
    add(scope, &id, &interface_id, &private, &[])?;
    Ok(answer(scope, &id))
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, interface_id) = working(scope, input)?;
    let associations = input.texts("AssociationId");
    let gateway = &scope.ec2().nat_gateways[&id];
    let of = |association: &str| {
        let mut elastic = gateway.addresses.iter().skip(1).filter(|own| own.elastic.is_some());
        elastic.find(|own| own.elastic.as_ref().is_some_and(|(_, own, _)| own == association)).map(|own| own.private_ip)
    };
    let mut gone = Vec::new();
    for association in associations {
        let missing = || {
            let message = format!("The association ID '{association}' does not exist");
            Fault::new("InvalidAssociationID.NotFound", message)
        };
        gone.push(of(association).ok_or_else(missing)?);
    }
    remove(scope, &id, &interface_id, &gone);
    Ok(answer(scope, &id))
}

fn unassign(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, interface_id) = working(scope, input)?;
    let gone = parsed(input)?;
    let own = &scope.ec2().nat_gateways[&id].addresses[1..];
    if let Some(absent) = gone.iter().find(|address| !own.iter().any(|own| own.private_ip == **address)) {
        let message = format!("The address {absent} is not a secondary address of the NAT gateway.");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    remove(scope, &id, &interface_id, &gone);
    Ok(answer(scope, &id))
}

fn remove(scope: &mut Scope<'_>, id: &str, interface_id: &str, gone: &[Ipv4Addr]) {
    let store = scope.ec2_mut();
    for address in store.addresses.values_mut() {
        let is_gone = |own: &super::super::elastic_ip::Association| {
            own.interface_id == interface_id && gone.contains(&own.private_ip)
        };
        if address.association.as_ref().is_some_and(is_gone) {
            address.association = None;
        }
    }
    if let Some(interface) = store.interfaces.get_mut(interface_id) {
        interface.addresses.retain(|own| !gone.contains(own));
    }
    if let Some(gateway) = store.nat_gateways.get_mut(id) {
        gateway.addresses.retain(|own| !gone.contains(&own.private_ip));
    }
}
