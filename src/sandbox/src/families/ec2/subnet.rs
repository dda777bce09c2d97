//! Subnets.

mod ipv6;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use ipv6::Ipv6Block;

use super::cidr::Cidr;
use super::filters::one;
use super::list::{self, Listed};
use super::{Store, kinds, tags};
use crate::facts;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write(
            "CreateSubnet",
            &["VpcId", "CidrBlock", "Ipv6CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "TagSpecification"],
            create,
        ),
        read("DescribeSubnets", list::members!("SubnetId"), list::describe::<Subnet>),
        write("DeleteSubnet", &["SubnetId"], delete),
        write(
            "ModifySubnetAttribute",
            &[
                "SubnetId",
                "AssignIpv6AddressOnCreation",
                "MapPublicIpOnLaunch",
                "EnableDns64",
                "EnableResourceNameDnsARecordOnLaunch",
                "EnableResourceNameDnsAAAARecordOnLaunch",
                "PrivateDnsHostnameTypeOnLaunch",
            ],
            modify,
        ),
        ipv6::ASSOCIATE,
        ipv6::DISASSOCIATE,
    ],
    events: &[],
};

/// How many subnets a VPC may have.
const MOST: usize = 200;
/// Addresses of every subnet that AWS keeps: the first four, and the last.
const RESERVED: u64 = 5;

/// A subnet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subnet {
    /// Its VPC.
    pub vpc_id: String,
    /// Its block.
    pub cidr: Cidr,
    /// Name of its zone.
    pub zone: String,
    /// Id of its zone.
    pub zone_id: String,
    /// Whether it came with the region.
    pub is_default: bool,
    /// Its IPv6 block; at most one.
    pub ipv6: Vec<Ipv6Block>,
    /// Whether interfaces get IPv6 addresses.
    pub assigns_ipv6: bool,
    /// Whether instances get public addresses.
    pub maps_public_ip: bool,
    /// Whether the resolver makes IPv6 addresses of IPv4 ones.
    pub dns64: bool,
    /// `ip-name` or `resource-name`.
    pub hostname_type: String,
    /// Whether names of instances have A records.
    pub a_records: bool,
    /// Whether names of instances have AAAA records.
    pub aaaa_records: bool,
}

/// What keeps a subnet from being deleted, by family.
const DEPENDENTS: &[fn(&Store, &str) -> bool] =
    &[|store, subnet| store.interfaces.values().any(|interface| interface.subnet_id == subnet)];

impl Subnet {
    /// Returns a subnet as it is by default, in a zone by name and id.
    pub fn new(vpc_id: &str, cidr: Cidr, (zone, zone_id): (&str, &str)) -> Self {
        Self {
            vpc_id: vpc_id.to_owned(),
            cidr,
            zone: zone.to_owned(),
            zone_id: zone_id.to_owned(),
            is_default: false,
            ipv6: Vec::new(),
            assigns_ipv6: false,
            maps_public_ip: false,
            dns64: false,
            hostname_type: "ip-name".to_owned(),
            a_records: false,
            aaaa_records: false,
        }
    }
}

impl Store {
    /// Returns a subnet.
    ///
    /// # Errors
    /// When it is not there.
    pub fn subnet(&self, id: &str) -> Result<&Subnet, Fault> {
        kinds::check(self, id, "subnet").map(|()| &self.subnets[id])
    }

    /// Returns a subnet, to change it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn subnet_mut(&mut self, id: &str) -> Result<&mut Subnet, Fault> {
        kinds::check(self, id, "subnet")?;
        self.subnets.get_mut(id).ok_or_else(|| kinds::missing(id))
    }

    /// Returns how many addresses of a subnet are free; none of one that is not there.
    pub fn free_addresses(&self, id: &str) -> u64 {
        let used = self.addresses_of(id).count() as u64;
        self.subnets.get(id).map_or(0, |subnet| (subnet.cidr.size() - RESERVED).saturating_sub(used))
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let vpc_id = input.need("VpcId")?;
    let cidr = checked_block(scope.ec2(), vpc_id, input.need("CidrBlock")?)?;
    let (zone, zone_id) = zone(scope, input)?;
    let tags = tags::specified(input, "subnet")?;
    if scope.ec2().subnets.values().filter(|subnet| subnet.vpc_id == vpc_id).count()
        >= scope.limit("subnets-per-vpc", MOST)
    {
        let message = "The maximum number of subnets has been reached.";
        return Err(Fault::new("SubnetLimitExceeded", message));
    }
    let id = scope.ids().ec2("subnet");
    let mut subnet = Subnet::new(vpc_id, cidr, (&zone, &zone_id));
    if let Some(block) = input.text("Ipv6CidrBlock")? {
        subnet.ipv6.push(Ipv6Block::new(scope, vpc_id, block)?);
    }
    let store = scope.ec2_mut();
    store.subnets.insert(id.clone(), subnet);
    store.join_acl(&id, vpc_id);
    store.tag_new(&id, tags);
    Ok(tree! { "subnet": list::one::<Subnet>(scope, &id)? })
}

fn checked_block(store: &Store, vpc_id: &str, text: &str) -> Result<Cidr, Fault> {
    let vpc = store.vpc(vpc_id)?;
    let invalid = || Fault::invalid("cidrBlock", text, "This is not a valid CIDR block.");
    let cidr: Cidr = text.parse().map_err(|_| invalid())?;
    if !(16..=28).contains(&cidr.length()) || !vpc.contains(cidr) {
        return Err(Fault::new("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let mut others = store.subnets.values().filter(|subnet| subnet.vpc_id == vpc_id);
    if others.any(|subnet| subnet.cidr.overlaps(cidr)) {
        let message = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(Fault::new("InvalidSubnet.Conflict", message));
    }
    Ok(cidr)
}

/// Returns name and id of the zone that is asked for, or of the first one.
fn zone(scope: &Scope<'_>, input: &Tree) -> Result<(String, String), Fault> {
    let (by_name, by_id) = (input.text("AvailabilityZone")?, input.text("AvailabilityZoneId")?);
    let mut zones = facts::zones(scope.region);
    let fits = |(name, id): &(&str, &str)| by_name.is_none_or(|n| n == *name) && by_id.is_none_or(|i| i == *id);
    let found = zones.find(fits).map(|(name, id)| (name.to_owned(), id.to_owned()));
    found.ok_or_else(|| {
        let names: Vec<&str> = facts::zones(scope.region).map(|(name, _)| name).collect();
        let why =
            format!("Subnets can currently only be created in the following availability zones: {}.", names.join(", "));
        Fault::invalid("availabilityZone", by_name.or(by_id), &why)
    })
}

impl Listed for Subnet {
    const IDS: &'static str = "SubnetId";
    const SET: &'static str = "subnetSet";
    const PREFIX: &'static str = "subnet";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.subnets
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        tree! {
            "subnetId": id,
            "subnetArn": scope.arn("ec2", &format!("subnet/{id}")),
            "state": "available",
            "ownerId": scope.account,
            "vpcId": self.vpc_id.as_str(),
            "cidrBlock": self.cidr.to_string(),
            "ipv6CidrBlockAssociationSet": Tree::list(self.ipv6.iter().map(Ipv6Block::shown)),
            "availableIpAddressCount": i64::try_from(scope.ec2().free_addresses(id)).unwrap_or(i64::MAX),
            "availabilityZone": self.zone.as_str(),
            "availabilityZoneId": self.zone_id.as_str(),
            "defaultForAz": self.is_default,
            "mapPublicIpOnLaunch": self.maps_public_ip,
            "mapCustomerOwnedIpOnLaunch": false,
            "assignIpv6AddressOnCreation": self.assigns_ipv6,
            "enableDns64": self.dns64,
            "ipv6Native": false,
            "privateDnsNameOptionsOnLaunch": tree! {
                "hostnameType": self.hostname_type.as_str(),
                "enableResourceNameDnsARecord": self.a_records,
                "enableResourceNameDnsAAAARecord": self.aaaa_records,
            },
            "tagSet": scope.ec2().tag_set(id),
        }
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        let of_ipv6 = |value: fn(&Ipv6Block) -> &str| Some(self.ipv6.iter().map(|own| value(own).to_owned()).collect());
        match name {
            "subnet-id" => one(id),
            "subnet-arn" => one(scope.arn("ec2", &format!("subnet/{id}"))),
            "vpc-id" => one(&self.vpc_id),
            "owner-id" => one(scope.account),
            "state" => one("available"),
            "availability-zone" | "availabilityZone" => one(&self.zone),
            "availability-zone-id" | "availabilityZoneId" => one(&self.zone_id),
            "available-ip-address-count" => one(scope.ec2().free_addresses(id)),
            "cidr-block" | "cidr" | "cidrBlock" => one(self.cidr),
            "default-for-az" | "defaultForAz" => one(self.is_default),
            "map-public-ip-on-launch" => one(self.maps_public_ip),
            "enable-dns64" => one(self.dns64),
            "ipv6-native" => one(false),
            "ipv6-cidr-block-association.ipv6-cidr-block" => of_ipv6(|own| &own.cidr),
            "ipv6-cidr-block-association.association-id" => of_ipv6(|own| &own.id),
            "ipv6-cidr-block-association.state" => of_ipv6(|_| "associated"),
            _ => None,
        }
    }
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("SubnetId")?;
    let store = scope.ec2_mut();
    kinds::check(store, id, "subnet")?;
    if DEPENDENTS.iter().any(|has_dependent| has_dependent(store, id)) {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", message));
    }
    store.subnets.remove(id);
    store.tags.remove(id);
    store.forget_subnet(id);
    Ok(tree! { "return": true })
}

fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let subnet = scope.ec2_mut().subnet_mut(input.need("SubnetId")?)?;
    let hostname_type = input.text("PrivateDnsHostnameTypeOnLaunch")?;
    let switches = [
        (input.bool("AssignIpv6AddressOnCreation.Value")?, &mut subnet.assigns_ipv6),
        (input.bool("MapPublicIpOnLaunch.Value")?, &mut subnet.maps_public_ip),
        (input.bool("EnableDns64.Value")?, &mut subnet.dns64),
        (input.bool("EnableResourceNameDnsARecordOnLaunch.Value")?, &mut subnet.a_records),
        (input.bool("EnableResourceNameDnsAAAARecordOnLaunch.Value")?, &mut subnet.aaaa_records),
    ];
    let given = switches.iter().filter(|(value, _)| value.is_some()).count() + usize::from(hostname_type.is_some());
    if given != 1 {
        let message = "Exactly one attribute may be modified by a call.";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    if let Some(other) = hostname_type.filter(|name| !["ip-name", "resource-name"].contains(name)) {
        let why = "Valid values are ip-name and resource-name.";
        return Err(Fault::invalid("privateDnsHostnameTypeOnLaunch", other, why));
    }
    for (value, switch) in switches {
        *switch = value.unwrap_or(*switch);
    }
    if let Some(name) = hostname_type {
        name.clone_into(&mut subnet.hostname_type);
    }
    Ok(tree! { "return": true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn subnets_hold_their_vpc_and_tell_their_free_addresses() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let subnet = cloud.subnet(&vpc, "10.0.1.0/24", "eu-central-1b");
        let answer = cloud.ec2("DescribeSubnets", tree! { "SubnetId": vec![subnet.as_str()] }).unwrap();
        let shown = &answer.list_at("subnetSet")[0];
        assert_eq!(shown.int("availableIpAddressCount"), Ok(Some(251)));
        assert_eq!(shown.need("availabilityZoneId"), Ok("euc1-az2"));
        assert_eq!(code(cloud.ec2("DeleteVpc", tree! { "VpcId": vpc.as_str() })), "DependencyViolation");
        cloud.ec2("DeleteSubnet", tree! { "SubnetId": subnet.as_str() }).unwrap();
        cloud.ec2("DeleteVpc", tree! { "VpcId": vpc.as_str() }).unwrap();
    }

    #[test]
    fn what_a_subnet_cannot_be_is_refused() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        cloud.subnet(&vpc, "10.0.1.0/24", "eu-central-1a");
        let create = |block: &str, zone: &str| {
            code(cloud.ec2("CreateSubnet", tree! { "VpcId": &vpc, "CidrBlock": block, "AvailabilityZone": zone }))
        };
        assert_eq!(create("10.0.1.128/25", "eu-central-1b"), "InvalidSubnet.Conflict");
        assert_eq!(create("10.1.0.0/24", "eu-central-1b"), "InvalidSubnet.Range");
        assert_eq!(create("x", "eu-central-1b"), "InvalidParameterValue");
        assert_eq!(create("10.0.2.0/24", "eu-central-1x"), "InvalidParameterValue");
    }
}
