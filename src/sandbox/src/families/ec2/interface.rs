//! Network interfaces.

mod addresses;
mod attach;
mod attributes;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

pub(super) use addresses::take;
pub(crate) use addresses::take_free;
use serde::{Deserialize, Serialize};

use super::dhcp_options::domain_name;
use super::elastic_ip::{public_address, public_name};
use super::filters::one;
use super::list::{self, Listed};
use super::{Store, kinds, tags};
use crate::families::{Family, read, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write(
            "CreateNetworkInterface",
            &[
                "SubnetId",
                "Description",
                "SecurityGroupId",
                "PrivateIpAddress",
                "PrivateIpAddresses",
                "SecondaryPrivateIpAddressCount",
                "Ipv6AddressCount",
                "ClientToken",
                "TagSpecification",
            ],
            create,
        ),
        read("DescribeNetworkInterfaces", list::members!("NetworkInterfaceId"), list::describe::<Interface>),
        write("DeleteNetworkInterface", &["NetworkInterfaceId"], delete),
        attach::ATTACH,
        attach::DETACH,
        attributes::MODIFY,
        attributes::DESCRIBE,
        addresses::ASSIGN,
        addresses::UNASSIGN,
        addresses::ASSIGN_IPV6,
        addresses::UNASSIGN_IPV6,
    ],
    events: &[],
};

/// How many groups an interface may be in.
const MOST_GROUPS: usize = 5;
/// How many interfaces a region may have.
const MOST: usize = 5000;

/// A network interface.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interface {
    /// Its subnet.
    pub subnet_id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its private addresses, the primary one first.
    pub addresses: Vec<Ipv4Addr>,
    /// Its IPv6 addresses.
    pub ipv6: Vec<String>,
    /// Whether the first of them is the primary one, which stays.
    #[serde(default)]
    pub has_primary_ipv6: bool,
    /// The public address that the subnet gave.
    pub public_ip: Option<Ipv4Addr>,
    /// Its security groups.
    pub groups: Vec<String>,
    /// Its description.
    pub description: String,
    /// `interface`, `nat_gateway` and so on.
    pub kind: String,
    /// The service that made it and alone may change it.
    pub requester: Option<String>,
    /// Its hardware address.
    pub mac: String,
    /// Whether traffic for others is dropped.
    pub checks_source: bool,
    /// What it is attached to.
    pub attachment: Option<Attachment>,
}

/// What an interface is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its id, `eni-attach-…`.
    pub id: String,
    /// The instance; nothing for what services attach.
    pub instance_id: Option<String>,
    /// Account or service that owns the other side.
    pub owner: String,
    /// Number of the device on the instance.
    pub device_index: u32,
    /// Number of the network card.
    pub card_index: u32,
    /// Whether the interface goes with the instance.
    pub is_deleted_with_it: bool,
    /// When it was attached.
    pub at: Timestamp,
}

/// What a new interface is asked for with.
#[derive(Clone, Debug, Default)]
pub struct NewInterface {
    /// Its subnet.
    pub subnet_id: String,
    /// Its groups; the VPC's default one where there is none.
    pub groups: Vec<String>,
    /// Its description.
    pub description: String,
    /// Its kind; `interface` where it is empty.
    pub kind: String,
    /// The service that makes it.
    pub requester: Option<String>,
    /// Its primary address; any that is free where this is nothing.
    pub address: Option<Ipv4Addr>,
    /// Further addresses by name.
    pub secondary: Vec<Ipv4Addr>,
    /// How many more addresses it gets.
    pub secondary_count: usize,
    /// How many IPv6 addresses it gets.
    pub ipv6_count: usize,
    /// Whether it gets a public address.
    pub has_public_ip: bool,
}

impl Scope<'_> {
    /// Makes an interface, and returns its id. What launches and services make goes through here.
    ///
    /// # Errors
    /// When subnet or groups are not there, or the subnet has no free address.
    pub fn make_interface(&mut self, new: NewInterface) -> Result<String, Fault> {
        let subnet = self.ec2().subnet(&new.subnet_id)?.clone();
        let groups = if new.groups.is_empty() && new.kind != "nat_gateway" {
            self.ec2().default_group(&subnet.vpc_id).map(ToOwned::to_owned).into_iter().collect()
        } else {
            new.groups
        };
        self.ec2().check_groups(&groups, &subnet.vpc_id)?;
        self.check_new_interfaces(1, groups.len())?;
        let mut wanted: Vec<Ipv4Addr> = new.address.into_iter().collect();
        wanted.extend(new.secondary);
        // What services make needs an IPv4 address.
        let is_native = subnet.is_native() && new.requester.is_none();
        let count = new.secondary_count + usize::from(new.address.is_none() && !is_native);
        let addresses = addresses::take(self.ec2(), &new.subnet_id, &wanted, count)?;
        let ipv6_count = new.ipv6_count.max(usize::from(subnet.assigns_ipv6 && !subnet.ipv6.is_empty()));
        let ipv6 = addresses::take_ipv6(self, &new.subnet_id, ipv6_count)?;
        let public_ip = (new.has_public_ip && !is_native).then(|| public_address(self));
        let (id, hex) = (self.ids().ec2("eni"), self.ids().hex(10));
        let bytes: Vec<&str> = (0..5).map(|at| &hex[2 * at..2 * at + 2]).collect();
        let interface = Interface {
            subnet_id: new.subnet_id,
            vpc_id: subnet.vpc_id,
            addresses,
            ipv6,
            has_primary_ipv6: false,
            public_ip,
            groups,
            description: new.description,
            kind: if new.kind.is_empty() { "interface".to_owned() } else { new.kind },
            requester: new.requester,
            mac: format!("02:{}", bytes.join(":")),
            checks_source: true,
            attachment: None,
        };
        self.ec2_mut().interfaces.insert(id.clone(), interface);
        Ok(id)
    }

    /// Checks that there may be so many more interfaces, each in so many groups.
    ///
    /// # Errors
    /// When there may not.
    pub fn check_new_interfaces(&self, count: usize, groups: usize) -> Result<(), Fault> {
        check_group_count(self, groups)?;
        if self.ec2().interfaces.len() + count > self.limit("interfaces", MOST) {
            let message = "The maximum number of network interfaces has been reached.";
            return Err(Fault::new("NetworkInterfaceLimitExceeded", message));
        }
        Ok(())
    }

    /// Takes an interface away, attached or not, and lets go of its elastic addresses.
    pub fn remove_interface(&mut self, id: &str) {
        let store = self.ec2_mut();
        store.unmap_addresses(id);
        store.interfaces.remove(id);
        store.tags.remove(id);
    }
}

fn check_group_count(scope: &Scope<'_>, count: usize) -> Result<(), Fault> {
    let message = "The maximum number of security groups per interface has been reached.";
    if count > scope.limit("groups-per-interface", MOST_GROUPS) {
        Err(Fault::new("SecurityGroupsPerInterfaceLimitExceeded", message))
    } else {
        Ok(())
    }
}

impl Store {
    /// Returns the private addresses that are used in a subnet.
    pub fn addresses_of(&self, subnet_id: &str) -> impl Iterator<Item = Ipv4Addr> {
        let interfaces = self.interfaces.values().filter(move |interface| interface.subnet_id == subnet_id);
        interfaces.flat_map(|interface| interface.addresses.iter().copied())
    }

    /// Lets go of a subnet that is deleted: its route table association, and its place behind the ACL.
    pub fn forget_subnet(&mut self, subnet_id: &str) {
        for table in self.route_tables.values_mut() {
            table.associations.retain(|own| own.subnet_id.as_deref() != Some(subnet_id));
        }
        for acl in self.network_acls.values_mut() {
            acl.associations.remove(subnet_id);
        }
    }
}

impl Interface {
    /// Returns the interface's name in its VPC.
    pub fn private_name(&self, region: &str) -> Option<String> {
        self.primary().map(|address| private_name(address, region))
    }

    /// Returns its primary IPv4 address; nothing in a subnet of IPv6 alone.
    pub fn primary(&self) -> Option<Ipv4Addr> {
        self.addresses.first().copied()
    }

    /// Returns `available`, or `in-use` where it is attached.
    pub fn status(&self) -> &'static str {
        if self.attachment.is_some() { "in-use" } else { "available" }
    }

    fn association(&self, scope: &Scope<'_>, id: &str, private_ip: Ipv4Addr) -> Option<Tree> {
        if let Some((allocation_id, address, association)) = scope.ec2().address_of(id, private_ip) {
            return Some(tree! {
                "allocationId": allocation_id,
                "associationId": association.id.as_str(),
                "publicIp": address.public_ip.to_string(),
                "publicDnsName": public_name(scope.region, address.public_ip),
                "ipOwnerId": scope.account,
            });
        }
        let public_ip = self.public_ip.filter(|_| Some(private_ip) == self.primary())?;
        Some(tree! {
            "publicIp": public_ip.to_string(),
            "publicDnsName": public_name(scope.region, public_ip),
            "ipOwnerId": "amazon",
        })
    }
}

/// Returns the name of an address in its VPC.
pub fn private_name(address: Ipv4Addr, region: &str) -> String {
    format!("ip-{}.{}", address.to_string().replace('.', "-"), domain_name(region))
}

impl Attachment {
    fn shown(&self) -> Tree {
        tree! {
            "attachmentId": self.id.as_str(),
            "instanceId": self.instance_id.as_deref(),
            "instanceOwnerId": self.owner.as_str(),
            "deviceIndex": self.device_index,
            "networkCardIndex": self.card_index,
            "status": "attached",
            "attachTime": self.at,
            "deleteOnTermination": self.is_deleted_with_it,
        }
    }
}

impl Listed for Interface {
    const IDS: &'static str = "NetworkInterfaceId";
    const SET: &'static str = "networkInterfaceSet";
    const PREFIX: &'static str = "eni";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.interfaces
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        if let Some(name) = name.strip_prefix("attachment.") {
            return attachment_filter(self.attachment.as_ref(), name);
        }
        let association = || self.association(scope, id, self.primary()?);
        let of_association = |member: &str| {
            Some(association().and_then(|own| own.at(member)?.as_text().map(ToOwned::to_owned)).into_iter().collect())
        };
        let subnet = scope.ec2().subnets.get(&self.subnet_id);
        match name {
            "network-interface-id" => one(id),
            "subnet-id" => one(&self.subnet_id),
            "vpc-id" => one(&self.vpc_id),
            "owner-id" => one(scope.account),
            "description" => one(&self.description),
            "status" => one(self.status()),
            "interface-type" => one(&self.kind),
            "group-id" => Some(self.groups.clone()),
            "group-name" => {
                let groups = self.groups.iter().filter_map(|group| scope.ec2().security_groups.get(group));
                Some(groups.map(|group| group.name.clone()).collect())
            }
            "mac-address" => one(&self.mac),
            "availability-zone" => Some(subnet.iter().map(|subnet| subnet.zone.clone()).collect()),
            "availability-zone-id" => Some(subnet.iter().map(|subnet| subnet.zone_id.clone()).collect()),
            "private-ip-address" => Some(self.primary().iter().map(ToString::to_string).collect()),
            "addresses.private-ip-address" => Some(self.addresses.iter().map(ToString::to_string).collect()),
            "private-dns-name" => Some(self.private_name(scope.region).into_iter().collect()),
            "requester-id" => Some(self.requester.iter().cloned().collect()),
            "requester-managed" => one(self.requester.is_some()),
            "source-dest-check" => one(self.checks_source),
            "association.allocation-id" => of_association("allocationId"),
            "association.association-id" => of_association("associationId"),
            "association.public-ip" => of_association("publicIp"),
            "association.public-dns-name" => of_association("publicDnsName"),
            "addresses.association.public-ip" => of_association("publicIp"),
            "addresses.association.owner-id" => of_association("ipOwnerId"),
            "addresses.primary" => one(true),
            "association.ip-owner-id" => of_association("ipOwnerId"),
            "ipv6-addresses.ipv6-address" => Some(self.ipv6.clone()),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let store = scope.ec2();
        let subnet = store.subnets.get(&self.subnet_id);
        let groups = self.groups.iter().map(|group| {
            tree! { "groupId": group, "groupName": store.security_groups.get(group).map(|group| group.name.as_str()) }
        });
        let addresses = self.addresses.iter().enumerate().map(|(index, address)| {
            tree! {
                "privateIpAddress": address.to_string(),
                "privateDnsName": private_name(*address, scope.region),
                "primary": index == 0,
                "association": self.association(scope, id, *address),
            }
        });
        tree! {
            "networkInterfaceId": id,
            "subnetId": self.subnet_id.as_str(),
            "vpcId": self.vpc_id.as_str(),
            "availabilityZone": subnet.map(|subnet| subnet.zone.as_str()),
            "availabilityZoneId": subnet.map(|subnet| subnet.zone_id.as_str()),
            "description": self.description.as_str(),
            "ownerId": scope.account,
            "requesterId": self.requester.as_deref(),
            "requesterManaged": self.requester.is_some(),
            "status": self.status(),
            "interfaceType": self.kind.as_str(),
            "macAddress": self.mac.as_str(),
            "privateIpAddress": self.primary().map(|address| address.to_string()),
            "privateDnsName": self.private_name(scope.region),
            "sourceDestCheck": self.checks_source,
            "groupSet": Tree::list(groups),
            "attachment": self.attachment.as_ref().map(Attachment::shown),
            "association": self.primary().and_then(|address| self.association(scope, id, address)),
            "privateIpAddressesSet": Tree::list(addresses),
            "ipv6AddressesSet": Tree::list(self.ipv6.iter().enumerate().map(|(index, own)| {
                tree! { "ipv6Address": own, "isPrimaryIpv6": self.has_primary_ipv6 && index == 0 }
            })),
            "ipv6Native": self.addresses.is_empty(),
            "denyAllIgwTraffic": false,
            "tagSet": store.tag_set(id),
        }
    }
}

fn attachment_filter(attachment: Option<&Attachment>, name: &str) -> Option<Vec<String>> {
    let of = |value: fn(&Attachment) -> String| Some(attachment.map(value).into_iter().collect());
    match name {
        "attachment-id" => of(|own| own.id.clone()),
        "instance-id" => Some(attachment.and_then(|own| own.instance_id.clone()).into_iter().collect()),
        "instance-owner-id" => of(|own| own.owner.clone()),
        "device-index" => of(|own| own.device_index.to_string()),
        "status" => of(|_| "attached".to_owned()),
        "attach-time" => of(|own| own.at.to_string()),
        "delete-on-termination" => of(|own| own.is_deleted_with_it.to_string()),
        _ => None,
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateNetworkInterface", input, "ClientToken", token::ec2_mismatch, |scope| {
        let subnet_id = input.need("SubnetId")?.to_owned();
        let count = |member: &str| {
            let count = input.int(member)?.unwrap_or(0);
            usize::try_from(count).map_err(|_| Fault::invalid(member, count, "Expected a number from 0."))
        };
        let (address, secondary) = addresses::specified(input)?;
        let tags = tags::specified(input, "network-interface")?;
        let new = NewInterface {
            subnet_id,
            groups: input.texts("SecurityGroupId").into_iter().map(ToOwned::to_owned).collect(),
            description: input.text("Description")?.unwrap_or_default().to_owned(),
            address,
            secondary,
            secondary_count: count("SecondaryPrivateIpAddressCount")?,
            ipv6_count: count("Ipv6AddressCount")?,
            ..NewInterface::default()
        };
        let id = scope.make_interface(new)?;
        scope.ec2_mut().tag_new(&id, tags);
        // A new interface is pending in the answer, and available when it is read.
        let shown = list::one::<Interface>(scope, &id)?.with("status", "pending");
        Ok(tree! { "networkInterface": shown, "clientToken": input.text("ClientToken")? })
    })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("NetworkInterfaceId")?;
    let interface = own(scope.ec2(), id)?;
    if interface.attachment.is_some() {
        return Err(Fault::new("InvalidParameterValue", format!("Network interface '{id}' is currently in use.")));
    }
    scope.remove_interface(id);
    Ok(tree! { "return": true })
}

/// Returns an interface that the caller may change.
fn own<'a>(store: &'a Store, id: &str) -> Result<&'a Interface, Fault> {
    kinds::check(store, id, "eni")?;
    let interface = &store.interfaces[id];
    if interface.requester.is_some() {
        let message = "You do not have permission to access the specified resource.";
        return Err(Fault::new("AuthFailure", message));
    }
    Ok(interface)
}

fn own_mut<'a>(store: &'a mut Store, id: &str) -> Result<&'a mut Interface, Fault> {
    own(store, id)?;
    store.interfaces.get_mut(id).ok_or_else(|| kinds::missing(id))
}

#[cfg(test)]
mod tests;
