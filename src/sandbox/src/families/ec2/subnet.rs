//! Subnets.

mod attribute;
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
            &[
                "VpcId",
                "CidrBlock",
                "Ipv6CidrBlock",
                "Ipv6Native",
                "AvailabilityZone",
                "AvailabilityZoneId",
                "TagSpecification",
            ],
            create,
        ),
        read("DescribeSubnets", list::members!("SubnetId"), list::describe::<Subnet>),
        write("DeleteSubnet", &["SubnetId"], delete),
        attribute::MODIFY,
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
    /// Its block; nothing where it has IPv6 addresses alone.
    pub cidr: Option<Cidr>,
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
    /// Returns a subnet as it is by default, in a zone by name and id; without an IPv4 block it is one of IPv6 alone.
    pub fn new(vpc_id: &str, cidr: Option<Cidr>, (zone, zone_id): (&str, &str)) -> Self {
        let is_native = cidr.is_none();
        Self {
            vpc_id: vpc_id.to_owned(),
            cidr,
            zone: zone.to_owned(),
            zone_id: zone_id.to_owned(),
            is_default: false,
            ipv6: Vec::new(),
            assigns_ipv6: is_native,
            maps_public_ip: false,
            dns64: is_native,
            hostname_type: if is_native { "resource-name" } else { "ip-name" }.to_owned(),
            a_records: false,
            aaaa_records: is_native,
        }
    }

    /// Returns whether it has IPv6 addresses alone.
    pub fn is_native(&self) -> bool {
        self.cidr.is_none()
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
        let cidr = self.subnets.get(id).and_then(|subnet| subnet.cidr);
        cidr.map_or(0, |cidr| (cidr.size() - RESERVED).saturating_sub(used))
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let vpc_id = input.need("VpcId")?;
    let (cidr, ipv6) = (own_block(scope.ec2(), vpc_id, input)?, input.text("Ipv6CidrBlock")?);
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
    if let Some(block) = ipv6 {
        subnet.ipv6.push(Ipv6Block::new(scope, vpc_id, block)?);
    }
    let store = scope.ec2_mut();
    store.subnets.insert(id.clone(), subnet);
    store.join_acl(&id, vpc_id);
    store.tag_new(&id, tags);
    Ok(tree! { "subnet": list::one::<Subnet>(scope, &id)? })
}

/// Returns the IPv4 block of a new subnet; nothing for one of IPv6 alone.
fn own_block(store: &Store, vpc_id: &str, input: &Tree) -> Result<Option<Cidr>, Fault> {
    let missing =
        |block, pool| Err(Fault::new("MissingParameter", format!("Either '{block}' or '{pool}' should be provided.")));
    match (input.bool("Ipv6Native")?.unwrap_or_default(), input.text("CidrBlock")?) {
        (true, Some(_)) => {
            let message =
                "When specifying ipv4 parameters, cidrBlock or ipv4IpamPoolId, you cannot set ipv6Native to true.";
            Err(Fault::new("InvalidParameterCombination", message))
        }
        (true, None) if !input.has("Ipv6CidrBlock") => missing("ipv6CidrBlock", "ipv6IpamPoolId"),
        (true, None) => store.vpc(vpc_id).map(|_| None),
        (false, None) => missing("cidrBlock", "ipv4IpamPoolId"),
        (false, Some(block)) => checked_block(store, vpc_id, block).map(Some),
    }
}

fn checked_block(store: &Store, vpc_id: &str, text: &str) -> Result<Cidr, Fault> {
    let vpc = store.vpc(vpc_id)?;
    let invalid = || Fault::invalid("cidrBlock", text, "This is not a valid CIDR block.");
    let cidr: Cidr = text.parse().map_err(|_| invalid())?;
    if !(16..=28).contains(&cidr.length()) || !vpc.contains(cidr) {
        return Err(Fault::new("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let mut others = store.subnets.values().filter(|subnet| subnet.vpc_id == vpc_id);
    if others.any(|subnet| subnet.cidr.is_some_and(|own| own.overlaps(cidr))) {
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
            "cidrBlock": self.cidr.map(|cidr| cidr.to_string()),
            "ipv6CidrBlockAssociationSet": Tree::list(self.ipv6.iter().map(Ipv6Block::shown)),
            "availableIpAddressCount": i64::try_from(scope.ec2().free_addresses(id)).unwrap_or(i64::MAX),
            "availabilityZone": self.zone.as_str(),
            "availabilityZoneId": self.zone_id.as_str(),
            "defaultForAz": self.is_default,
            "mapPublicIpOnLaunch": self.maps_public_ip,
            "mapCustomerOwnedIpOnLaunch": false,
            "assignIpv6AddressOnCreation": self.assigns_ipv6,
            "enableDns64": self.dns64,
            "ipv6Native": self.is_native(),
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
            "cidr-block" | "cidr" | "cidrBlock" => Some(self.cidr.iter().map(ToString::to_string).collect()),
            "default-for-az" | "defaultForAz" => one(self.is_default),
            "map-public-ip-on-launch" => one(self.maps_public_ip),
            "enable-dns64" => one(self.dns64),
            "ipv6-native" => one(self.is_native()),
            "map-customer-owned-ip-on-launch" => one(false),
            "customer-owned-ipv4-pool" | "enable-lni-at-device-index" | "outpost-arn" => Some(vec![]),
            "private-dns-name-options-on-launch.hostname-type" => one(&self.hostname_type),
            "private-dns-name-options-on-launch.enable-resource-name-dns-a-record" => one(self.a_records),
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record" => one(self.aaaa_records),
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
    #[test]
    fn subnets_of_ipv6_alone_have_no_addresses_of_ipv4() {
        let cloud = Cloud::new();
        let input = tree! { "CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": true };
        let made = cloud.ec2("CreateVpc", input).unwrap();
        let block = made.list_at("vpc.ipv6CidrBlockAssociationSet")[0].need("ipv6CidrBlock").unwrap();
        let base = tree! { "VpcId": made.need("vpc.vpcId").unwrap(), "Ipv6Native": true };
        let native = base.clone().with("Ipv6CidrBlock", block.replace("/56", "/64"));
        assert_eq!(code(cloud.ec2("CreateSubnet", base)), "MissingParameter");
        let both = native.clone().with("CidrBlock", "10.0.0.0/24");
        assert_eq!(code(cloud.ec2("CreateSubnet", both)), "InvalidParameterCombination");
        let made = cloud.ec2("CreateSubnet", native).unwrap();
        let shown = made.at("subnet").unwrap();
        assert!(!shown.has("cidrBlock"));
        for member in ["ipv6Native", "assignIpv6AddressOnCreation", "enableDns64"] {
            assert_eq!(shown.bool(member), Ok(Some(true)), "{member}");
        }
        assert_eq!(shown.need("privateDnsNameOptionsOnLaunch.hostnameType"), Ok("resource-name"));
        assert_eq!(shown.bool("privateDnsNameOptionsOnLaunch.enableResourceNameDnsAAAARecord"), Ok(Some(true)));
        assert_eq!(shown.int("availableIpAddressCount"), Ok(Some(0)));
        let id = shown.need("subnetId").unwrap();
        let filter = tree! { "Name": "ipv6-native", "Value": vec!["true"] };
        let found = cloud.ec2("DescribeSubnets", tree! { "Filter": vec![filter] }).unwrap();
        assert_eq!(found.list_at("subnetSet").len(), 1);
        let made = cloud.ec2("CreateNetworkInterface", tree! { "SubnetId": id }).unwrap();
        let interface = made.at("networkInterface").unwrap();
        assert_eq!((interface.list_at("ipv6AddressesSet").len(), interface.bool("ipv6Native")), (1, Ok(Some(true))));
        assert!(!interface.has("privateIpAddress"));
        let with_ipv4 = tree! { "SubnetId": id, "SecondaryPrivateIpAddressCount": 1 };
        assert_eq!(code(cloud.ec2("CreateNetworkInterface", with_ipv4)), "InsufficientFreeAddressesInSubnet");
    }
}
