//! Elastic IP addresses.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::list::{self, Listed};
use super::{Store, kinds, tags};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("AllocateAddress", &["Domain", "NetworkBorderGroup", "PublicIpv4Pool", "TagSpecification"], allocate),
        read("DescribeAddresses", &["AllocationId", "PublicIp", "Filter"], describe),
        read(
            "DescribeAddressesAttribute",
            &["AllocationId", "Attribute", "MaxResults", "NextToken"],
            describe_attribute,
        ),
        write("ReleaseAddress", &["AllocationId", "PublicIp", "NetworkBorderGroup"], release),
        write(
            "AssociateAddress",
            &["AllocationId", "InstanceId", "NetworkInterfaceId", "PrivateIpAddress", "AllowReassociation"],
            associate,
        ),
        write("DisassociateAddress", &["AssociationId"], disassociate),
    ],
    events: &[],
};

/// How many addresses a region may have.
const MOST: usize = 5;

/// An address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ElasticIp {
    /// The address.
    pub public_ip: Ipv4Addr,
    /// Where it is used.
    pub association: Option<Association>,
}

/// A use of an address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Association {
    /// Its id, `eipassoc-…`.
    pub id: String,
    /// The interface.
    pub interface_id: String,
    /// The address of the interface that it stands for.
    pub private_ip: Ipv4Addr,
}

/// Returns a public address that is not used.
pub fn public_address(scope: &mut Scope<'_>) -> Ipv4Addr {
    loop {
        let [low, high] = u16::try_from(scope.ids().below(1 << 16)).unwrap_or(0).to_be_bytes();
        let address = Ipv4Addr::new(198, 18 + (low & 1), high, low | 1);
        let store = scope.ec2();
        let is_used = store.addresses.values().any(|own| own.public_ip == address)
            || store.interfaces.values().any(|own| own.public_ip == Some(address));
        if !is_used {
            return address;
        }
    }
}

/// Returns the name of a public address.
pub fn public_name(region: &str, address: Ipv4Addr) -> String {
    let text = address.to_string().replace('.', "-");
    match region {
        "us-east-1" => format!("ec2-{text}.compute-1.amazonaws.com"),
        _ => format!("ec2-{text}.{region}.compute.amazonaws.com"),
    }
}

impl Store {
    /// Returns the elastic address that stands for an address of an interface.
    pub fn address_of(&self, interface_id: &str, private_ip: Ipv4Addr) -> Option<(&str, &ElasticIp, &Association)> {
        self.addresses.iter().find_map(|(id, own)| {
            let association = own.association.as_ref()?;
            let fits = association.interface_id == interface_id && association.private_ip == private_ip;
            fits.then_some((id.as_str(), own, association))
        })
    }

    /// Lets go of the elastic addresses of an interface.
    pub fn unmap_addresses(&mut self, interface_id: &str) {
        for address in self.addresses.values_mut() {
            if address.association.as_ref().is_some_and(|own| own.interface_id == interface_id) {
                address.association = None;
            }
        }
    }

    /// Returns whether anything in a VPC has a public address.
    pub fn has_public_addresses(&self, vpc_id: &str) -> bool {
        self.interfaces.iter().filter(|(_, interface)| interface.vpc_id == vpc_id).any(|(id, interface)| {
            interface.public_ip.is_some() || interface.addresses.iter().any(|own| self.address_of(id, *own).is_some())
        })
    }
}

impl Scope<'_> {
    /// Makes an elastic address stand for an address of an interface; returns the association's id.
    ///
    /// # Errors
    /// When the address is used elsewhere and may not be moved, or the VPC has no internet gateway.
    pub fn map_address(
        &mut self,
        allocation_id: &str,
        interface_id: &str,
        private_ip: Option<Ipv4Addr>,
        may_move: bool,
    ) -> Result<String, Fault> {
        let store = self.ec2();
        kinds::check(store, allocation_id, "eipalloc")?;
        kinds::check(store, interface_id, "eni")?;
        let interface = &store.interfaces[interface_id];
        let private_ip = private_ip.or(interface.primary()).ok_or_else(|| {
            let message = format!("Network interface '{interface_id}' has no private IPv4 address");
            Fault::new("InvalidParameterValue", message)
        })?;
        if !interface.addresses.contains(&private_ip) {
            let message = format!("Network interface '{interface_id}' does not have the private address {private_ip}");
            return Err(Fault::new("InvalidParameterValue", message));
        }
        if store.gateway_of(&interface.vpc_id).is_none() {
            let message = format!("Network {} is not attached to any internet gateway", interface.vpc_id);
            return Err(Fault::new("Gateway.NotAttached", message));
        }
        let of_address = store.addresses[allocation_id].association.as_ref();
        let other = store.address_of(interface_id, private_ip).filter(|(id, ..)| *id != allocation_id);
        let elsewhere = of_address.filter(|own| own.interface_id != interface_id).map(|own| (allocation_id, &own.id));
        let in_the_way = elsewhere.or(other.as_ref().map(|(_, _, own)| (interface_id, &own.id)));
        if let (Some((resource, association)), false) = (in_the_way, may_move) {
            let message = format!("resource {resource} is already associated with associate-id {association}");
            return Err(Fault::new("Resource.AlreadyAssociated", message));
        }
        let replaced = other.map(|(id, ..)| id.to_owned());
        let id = self.ids().ec2("eipassoc");
        let store = self.ec2_mut();
        if let Some(replaced) = replaced.and_then(|id| store.addresses.get_mut(&id)) {
            replaced.association = None;
        }
        let association = Association { id: id.clone(), interface_id: interface_id.to_owned(), private_ip };
        if let Some(address) = store.addresses.get_mut(allocation_id) {
            address.association = Some(association);
        }
        // The elastic address replaces a public one that the subnet gave.
        if let Some(interface) = store.interfaces.get_mut(interface_id).filter(|own| own.primary() == Some(private_ip))
        {
            interface.public_ip = None;
        }
        Ok(id)
    }
}

impl Listed for ElasticIp {
    const IDS: &'static str = "AllocationId";
    const SET: &'static str = "addressesSet";
    const PREFIX: &'static str = "eipalloc";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.addresses
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        let shown = self.shown(scope, id);
        let member = match name {
            "allocation-id" => "allocationId",
            "association-id" => "associationId",
            "public-ip" => "publicIp",
            "domain" => "domain",
            "instance-id" => "instanceId",
            "network-interface-id" => "networkInterfaceId",
            "network-interface-owner-id" => "networkInterfaceOwnerId",
            "private-ip-address" => "privateIpAddress",
            "network-border-group" => "networkBorderGroup",
            _ => return None,
        };
        Some(shown.at(member).and_then(Tree::as_text).map(ToOwned::to_owned).into_iter().collect())
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let used = self.association.as_ref();
        let interface = used.and_then(|used| scope.ec2().interfaces.get(&used.interface_id));
        let attachment = interface.and_then(|interface| interface.attachment.as_ref());
        tree! {
            "allocationId": id,
            "publicIp": self.public_ip.to_string(),
            "domain": "vpc",
            "publicIpv4Pool": "amazon",
            "networkBorderGroup": scope.region,
            "associationId": used.map(|used| used.id.as_str()),
            "networkInterfaceId": used.map(|used| used.interface_id.as_str()),
            "networkInterfaceOwnerId": used.map(|_| scope.account),
            "privateIpAddress": used.map(|used| used.private_ip.to_string()),
            "instanceId": attachment.and_then(|attachment| attachment.instance_id.as_deref()),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}

fn allocate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    if let Some(domain) = input.text("Domain")?.filter(|domain| *domain != "vpc") {
        return Err(Fault::invalid("domain", domain, "Expected vpc."));
    }
    if let Some(pool) = input.text("PublicIpv4Pool")?.filter(|pool| *pool != "amazon") {
        let message = format!("The pool ID '{pool}' does not exist.");
        return Err(Fault::new("InvalidPublicIpv4PoolID.NotFound", message));
    }
    if let Some(group) = input.text("NetworkBorderGroup")?.filter(|group| *group != scope.region) {
        return Err(Fault::invalid("networkBorderGroup", group, "Unknown network border group."));
    }
    let tags = tags::specified(input, "elastic-ip")?;
    if scope.ec2().addresses.len() >= scope.limit("elastic-addresses", MOST) {
        return Err(Fault::new("AddressLimitExceeded", "The maximum number of addresses has been reached."));
    }
    let (id, public_ip) = (scope.ids().ec2("eipalloc"), public_address(scope));
    let store = scope.ec2_mut();
    store.addresses.insert(id.clone(), ElasticIp { public_ip, association: None });
    store.tag_new(&id, tags);
    Ok(tree! {
        "allocationId": id,
        "publicIp": public_ip.to_string(),
        "publicIpv4Pool": "amazon",
        "networkBorderGroup": scope.region,
        "domain": "vpc",
    })
}

/// Addresses may also be named by themselves.
fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let mut ids: Vec<String> = input.texts("AllocationId").into_iter().map(ToOwned::to_owned).collect();
    for public_ip in input.texts("PublicIp") {
        let found = scope.ec2().addresses.iter().find(|(_, own)| own.public_ip.to_string() == public_ip);
        let missing = || Fault::new("InvalidAddress.NotFound", format!("Address '{public_ip}' not found."));
        ids.push(found.ok_or_else(missing)?.0.clone());
    }
    let ids = if ids.is_empty() { Tree::Null } else { Tree::from(ids) };
    list::describe::<ElasticIp>(scope, &input.clone().with("AllocationId", ids))
}

/// No address has a name of its own.
fn describe_attribute(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = kinds::named(scope.ec2(), input, "AllocationId", "eipalloc")?;
    let wanted = |id: &str| ids.as_ref().is_none_or(|ids| ids.contains(&id));
    let addresses = scope.ec2().addresses.iter().filter(|(id, _)| wanted(id));
    let set = addresses.map(|(id, own)| tree! { "allocationId": id, "publicIp": own.public_ip.to_string() });
    Ok(tree! { "addressSet": Tree::list(set) })
}

fn release(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    if let (None, Some(ip)) = (input.text("AllocationId")?, input.text("PublicIp")?) {
        let is_there = scope.ec2().addresses.values().any(|own| own.public_ip.to_string() == ip);
        return Err(if is_there {
            let message = "You must specify an allocation id when releasing a VPC elastic IP address";
            Fault::new("InvalidParameterValue", message)
        } else {
            Fault::new("InvalidAddress.NotFound", format!("Address '{ip}' not found."))
        });
    }
    let id = input.need("AllocationId")?;
    let store = scope.ec2_mut();
    kinds::check(store, id, "eipalloc")?;
    let address = &store.addresses[id];
    if address.association.is_some() {
        let message = format!("Address {} is in use.", address.public_ip);
        return Err(Fault::new("InvalidIPAddress.InUse", message));
    }
    store.addresses.remove(id);
    store.tags.remove(id);
    Ok(tree! { "return": true })
}

fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let allocation_id = input.need("AllocationId")?;
    let private_ip = match input.text("PrivateIpAddress")? {
        Some(text) => Some(text.parse().map_err(|_| Fault::invalid("privateIpAddress", text, "Invalid address."))?),
        None => None,
    };
    let interface_id = match (input.text("NetworkInterfaceId")?, input.text("InstanceId")?) {
        (Some(id), _) => id.to_owned(),
        (None, Some(instance_id)) => first_interface(scope.ec2(), instance_id)?.to_owned(),
        (None, None) => return Err(Fault::missing("instanceId")),
    };
    let may_move = input.bool("AllowReassociation")?.unwrap_or(true) && !is_of_nat_gateway(scope.ec2(), allocation_id);
    let id = scope.map_address(allocation_id, &interface_id, private_ip, may_move)?;
    Ok(tree! { "return": true, "associationId": id })
}

/// Returns whether a NAT gateway has an address: nobody else gets it.
fn is_of_nat_gateway(store: &Store, allocation_id: &str) -> bool {
    let association = store.addresses.get(allocation_id).and_then(|own| own.association.as_ref());
    let interface = association.and_then(|own| store.interfaces.get(&own.interface_id));
    interface.is_some_and(|interface| interface.kind == "nat_gateway")
}

fn first_interface<'a>(store: &'a Store, instance_id: &str) -> Result<&'a str, Fault> {
    let mut interfaces = store.interfaces.iter();
    let found = interfaces.find(|(_, interface)| {
        let attachment = interface.attachment.as_ref();
        attachment.is_some_and(|own| own.instance_id.as_deref() == Some(instance_id) && own.device_index == 0)
    });
    found.map(|(id, _)| id.as_str()).ok_or_else(|| {
        Fault::new("InvalidInstanceID.NotFound", format!("The instance ID '{instance_id}' does not exist"))
    })
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("AssociationId")?;
    let Store { addresses, interfaces, .. } = scope.ec2_mut();
    let mut addresses = addresses.values_mut();
    let found = addresses.find(|own| own.association.as_ref().is_some_and(|association| association.id == id));
    let missing = || Fault::new("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"));
    let address = found.ok_or_else(missing)?;
    let interface = address.association.as_ref().and_then(|own| interfaces.get(&own.interface_id));
    if interface.is_some_and(|interface| interface.kind == "nat_gateway") {
        let message = "You do not have permission to access the specified resource.";
        return Err(Fault::new("AuthFailure", message));
    }
    address.association = None;
    Ok(tree! { "return": true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn addresses_are_used_once_and_not_released_while_used() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let subnet = cloud.subnet(&vpc, "10.0.0.0/24", "eu-central-1a");
        let (one, other) = (cloud.interface(&subnet), cloud.interface(&subnet));
        let id = cloud.address();
        let associate = |interface: &str| {
            cloud.ec2("AssociateAddress", tree! { "AllocationId": id.as_str(), "NetworkInterfaceId": interface })
        };
        let associate_only = |interface: &str| {
            let input = tree! { "AllocationId": id.as_str(), "NetworkInterfaceId": interface };
            cloud.ec2("AssociateAddress", input.with("AllowReassociation", false))
        };
        assert_eq!(code(associate(&one)), "Gateway.NotAttached");
        let gateway = cloud.gateway(&vpc);
        associate(&one).unwrap();
        assert_eq!(code(associate_only(&other)), "Resource.AlreadyAssociated");
        let association = associate(&other).unwrap();
        let release = || cloud.ec2("ReleaseAddress", tree! { "AllocationId": id.as_str() });
        assert_eq!(code(release()), "InvalidIPAddress.InUse");
        let both = tree! { "InternetGatewayId": gateway, "VpcId": vpc };
        assert_eq!(code(cloud.ec2("DetachInternetGateway", both)), "DependencyViolation");
        let association = tree! { "AssociationId": association.need("associationId").unwrap() };
        cloud.ec2("DisassociateAddress", association).unwrap();
        release().unwrap();
        assert_eq!(code(release()), "InvalidAllocationID.NotFound");
    }

    #[test]
    fn a_region_has_five_addresses() {
        let cloud = Cloud::new();
        (0..5).for_each(|_| _ = cloud.address());
        assert_eq!(code(cloud.ec2("AllocateAddress", tree! {})), "AddressLimitExceeded");
    }
}
