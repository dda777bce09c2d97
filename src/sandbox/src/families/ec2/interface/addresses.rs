//! Private addresses: which are free, and how interfaces get more of them.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Store, own, own_mut};
use crate::families::ec2::route_table::canonical_ipv6;
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const ASSIGN: Operation = write(
    "AssignPrivateIpAddresses",
    &["NetworkInterfaceId", "PrivateIpAddress", "SecondaryPrivateIpAddressCount", "AllowReassignment"],
    assign,
);
pub const UNASSIGN: Operation =
    write("UnassignPrivateIpAddresses", &["NetworkInterfaceId", "PrivateIpAddress"], unassign);
pub const ASSIGN_IPV6: Operation =
    write("AssignIpv6Addresses", &["NetworkInterfaceId", "Ipv6AddressCount", "Ipv6Addresses"], assign_ipv6);
pub const UNASSIGN_IPV6: Operation =
    write("UnassignIpv6Addresses", &["NetworkInterfaceId", "Ipv6Addresses"], unassign_ipv6);

/// Returns addresses of a subnet: those that are wanted, and so many more that are free.
pub fn take(store: &Store, subnet_id: &str, wanted: &[Ipv4Addr], count: usize) -> Result<Vec<Ipv4Addr>, Fault> {
    let cidr = store.subnet(subnet_id)?.cidr;
    let mut used: BTreeSet<Ipv4Addr> = store.addresses_of(subnet_id).collect();
    // A subnet of IPv6 alone has none.
    let last = cidr.map_or(0, |cidr| u32::try_from(cidr.size() - 1).unwrap_or(u32::MAX));
    let mut taken = Vec::new();
    for address in wanted {
        let offset = cidr.map(|cidr| address.to_bits().wrapping_sub(cidr.address(0).to_bits()));
        if offset.is_some_and(|offset| offset < 4 || offset == last) {
            let message = format!("Address {address} is in subnet's reserved address range");
            return Err(Fault::new("InvalidParameterValue", message));
        }
        if offset.is_none_or(|offset| offset > last) {
            let message = format!("Address {address} does not fall within the subnet's address range");
            return Err(Fault::new("InvalidParameterValue", message));
        }
        if !used.insert(*address) {
            return Err(Fault::new("InvalidIPAddress.InUse", format!("Address {address} is in use.")));
        }
        taken.push(*address);
    }
    let free = (4..last).filter_map(|offset| Some(cidr?.address(offset))).filter(|address| !used.contains(address));
    taken.extend(free.take(count));
    if taken.len() < wanted.len() + count {
        let message = "The specified subnet does not have enough free addresses to satisfy the request.";
        return Err(Fault::new("InsufficientFreeAddressesInSubnet", message));
    }
    Ok(taken)
}

/// Returns IPv6 addresses of a subnet.
pub fn take_ipv6(scope: &mut Scope<'_>, subnet_id: &str, count: usize) -> Result<Vec<String>, Fault> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let subnet = scope.ec2().subnet(subnet_id)?;
    let block = subnet.ipv6.first().and_then(|own| own.cidr.split_once('/')?.0.parse::<Ipv6Addr>().ok());
    let missing = || Fault::new("InvalidParameterValue", format!("The subnet '{subnet_id}' has no IPv6 CIDR block."));
    let first = block.ok_or_else(missing)?.to_bits();
    Ok((0..count).map(|_| Ipv6Addr::from_bits(first | u128::from(scope.ids().below(u64::MAX))).to_string()).collect())
}

/// Returns IPv6 addresses by name, which nobody has.
fn take_named_ipv6(store: &Store, subnet_id: &str, named: &[&str]) -> Result<Vec<String>, Fault> {
    let subnet = store.subnet(subnet_id)?;
    let block = subnet.ipv6.first().and_then(|own| canonical_ipv6(&own.cidr));
    let mut taken = Vec::new();
    for text in named {
        let invalid = || Fault::invalid("ipv6Addresses", *text, "Invalid address.");
        let address: Ipv6Addr = text.parse().map_err(|_| invalid())?;
        let length = block.as_ref().and_then(|block| block.split_once('/')).map_or("", |(_, length)| length);
        if block.is_none() || canonical_ipv6(&format!("{address}/{length}")) != block {
            let message = format!("Address {address} does not fall within the subnet's address range");
            return Err(Fault::new("InvalidParameterValue", message));
        }
        let address = address.to_string();
        if taken.contains(&address) || store.interfaces.values().any(|own| own.ipv6.contains(&address)) {
            return Err(Fault::new("InvalidIPAddress.InUse", format!("Address {address} is in use.")));
        }
        taken.push(address);
    }
    Ok(taken)
}

/// Returns free addresses of a subnet, for one that takes them.
///
/// # Errors
/// When there are not so many.
pub(crate) fn take_free(store: &Store, subnet_id: &str, count: usize) -> Result<Vec<Ipv4Addr>, Fault> {
    take(store, subnet_id, &[], count)
}

/// Returns the primary address and the further ones that a request names.
pub fn specified(input: &Tree) -> Result<(Option<Ipv4Addr>, Vec<Ipv4Addr>), Fault> {
    let parse = |text: &str| text.parse().map_err(|_| Fault::invalid("privateIpAddress", text, "Invalid address."));
    let mut primary = input.text("PrivateIpAddress")?.map(parse).transpose()?;
    let mut secondary = Vec::new();
    for entry in input.list_at("PrivateIpAddresses") {
        let address = parse(entry.need("PrivateIpAddress")?)?;
        if entry.bool("Primary")? == Some(true) && primary.is_none() {
            primary = Some(address);
        } else if primary != Some(address) {
            secondary.push(address);
        }
    }
    Ok((primary, secondary))
}

fn parsed(input: &Tree) -> Result<Vec<Ipv4Addr>, Fault> {
    let parse = |text: &str| text.parse().map_err(|_| Fault::invalid("privateIpAddress", text, "Invalid address."));
    input.texts("PrivateIpAddress").into_iter().map(parse).collect()
}

fn assign(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("NetworkInterfaceId")?;
    let (wanted, count) = (parsed(input)?, input.int("SecondaryPrivateIpAddressCount")?.unwrap_or(0));
    if wanted.is_empty() == (count <= 0) {
        return Err(Fault::missing("privateIpAddress"));
    }
    let subnet_id = own(scope.ec2(), id)?.subnet_id.clone();
    let taken = take(scope.ec2(), &subnet_id, &wanted, usize::try_from(count).unwrap_or(0))?;
    own_mut(scope.ec2_mut(), id)?.addresses.extend(&taken);
    let assigned = taken.iter().map(|address| tree! { "privateIpAddress": address.to_string() });
    Ok(tree! { "networkInterfaceId": id, "assignedPrivateIpAddressesSet": Tree::list(assigned), "return": true })
}

fn unassign(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, addresses) = (input.need("NetworkInterfaceId")?, parsed(input)?);
    let interface = own_mut(scope.ec2_mut(), id)?;
    let own = interface.addresses.get(1..).unwrap_or_default();
    if let Some(absent) = addresses.iter().find(|address| !own.contains(address)) {
        let message = format!("Some of {absent} are not assigned to interface {id} as secondary addresses");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    interface.addresses.retain(|own| !addresses.contains(own));
    Ok(tree! { "return": true })
}

fn assign_ipv6(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("NetworkInterfaceId")?;
    let subnet_id = own(scope.ec2(), id)?.subnet_id.clone();
    let named = input.texts("Ipv6Addresses");
    let taken = match input.int("Ipv6AddressCount")? {
        Some(_) if !named.is_empty() => {
            let message = "Ipv6AddressCount and Ipv6Addresses cannot be specified together.";
            return Err(Fault::new("InvalidParameterCombination", message));
        }
        None if !named.is_empty() => take_named_ipv6(scope.ec2(), &subnet_id, &named)?,
        count => take_ipv6(scope, &subnet_id, usize::try_from(count.unwrap_or(1)).unwrap_or(0))?,
    };
    own_mut(scope.ec2_mut(), id)?.ipv6.extend(taken.clone());
    Ok(tree! { "networkInterfaceId": id, "assignedIpv6Addresses": taken })
}

fn unassign_ipv6(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, addresses) = (input.need("NetworkInterfaceId")?, input.texts("Ipv6Addresses"));
    let interface = own_mut(scope.ec2_mut(), id)?;
    if let Some(absent) = addresses.iter().find(|address| !interface.ipv6.iter().any(|own| own == *address)) {
        let message = format!("The address {absent} is not assigned to interface {id}");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    interface.ipv6.retain(|own| !addresses.contains(&own.as_str()));
    Ok(tree! { "networkInterfaceId": id, "unassignedIpv6Addresses": Tree::list(addresses) })
}
