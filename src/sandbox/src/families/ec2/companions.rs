//! What comes with a VPC: main route table, default network ACL, default security group; and the VPC of a new region.

use super::cidr::Cidr;
use super::network_acl::NetworkAcl;
use super::route_table::{Association, Destination, Origin, Route, RouteTable, Target};
use super::security_group::SecurityGroup;
use super::subnet::Subnet;
use super::vpc::{self, Attributes, Vpc};
use super::{Store, internet_gateway::InternetGateway, list};
use crate::facts;
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("CreateDefaultVpc", &[], create_default_vpc),
        write("CreateDefaultSubnet", &["AvailabilityZone"], create_default_subnet),
    ],
    events: &[],
};

/// Makes a VPC with what comes with it, and returns its id.
pub fn make_vpc(scope: &mut Scope<'_>, cidr: Cidr, tenancy: &str) -> String {
    let id = scope.ids().ec2("vpc");
    let vpc = Vpc {
        created: scope.now,
        cidrs: vec![vpc::Association::new(scope, cidr)],
        ipv6: Vec::new(),
        tenancy: tenancy.to_owned(),
        is_default: false,
        attributes: Attributes::default(),
        dhcp_options_id: scope.ec2().dhcp_options_id.clone(),
    };
    let (table_id, acl_id) = (scope.ids().ec2("rtb"), scope.ids().ec2("acl"));
    let mut table = RouteTable::new(&id);
    table.associations.push(Association { id: scope.ids().ec2("rtbassoc"), subnet_id: None, gateway_id: None });
    SecurityGroup::make_default(scope, &id);
    let store = scope.ec2_mut();
    store.vpcs.insert(id.clone(), vpc);
    store.route_tables.insert(table_id, table);
    store.network_acls.insert(acl_id, NetworkAcl::new_default(&id));
    id
}

/// Takes a VPC away with what came with it.
pub fn remove_vpc(store: &mut Store, id: &str) {
    store.vpcs.remove(id);
    store.route_tables.retain(|_, table| table.vpc_id != id);
    store.network_acls.retain(|_, acl| acl.vpc_id != id);
    let groups: Vec<String> =
        store.security_groups.iter().filter(|(_, group)| group.vpc_id == id).map(|(id, _)| id.clone()).collect();
    groups.iter().for_each(|group| store.remove_group(group));
    let Store { tags, vpcs, route_tables, network_acls, .. } = store;
    tags.retain(|tagged, _| match tagged.split('-').next() {
        Some("vpc") => vpcs.contains_key(tagged),
        Some("rtb") => route_tables.contains_key(tagged),
        Some("acl") => network_acls.contains_key(tagged),
        _ => true,
    });
}

fn default_blocks() -> impl Iterator<Item = Cidr> {
    (0u8..=240).step_by(16).filter_map(|third| format!("172.31.{third}.0/20").parse().ok())
}

fn make_default_subnet(scope: &mut Scope<'_>, vpc_id: &str, zone: (&str, &str), block: Cidr) -> String {
    let mut subnet = Subnet::new(vpc_id, Some(block), zone);
    (subnet.is_default, subnet.maps_public_ip) = (true, true);
    let id = scope.ids().ec2("subnet");
    scope.ec2_mut().join_acl(&id, vpc_id);
    scope.ec2_mut().subnets.insert(id.clone(), subnet);
    id
}

fn create_default_vpc(scope: &mut Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    if scope.ec2().default_vpc().is_some() {
        let message = "A Default VPC already exists for this account in this region.";
        return Err(Fault::new("DefaultVpcAlreadyExists", message));
    }
    vpc::check_count(scope)?;
    make_default_vpc(scope);
    let id = scope.ec2().default_vpc().unwrap_or_default();
    Ok(tree! { "vpc": list::one::<Vpc>(scope, id)? })
}

/// A zone has one default subnet: it is made anew where it was deleted.
fn create_default_subnet(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("AvailabilityZone")?;
    let zone = facts::zones(scope.region).find(|(own, _)| *own == name);
    let zone = zone.ok_or_else(|| Fault::invalid("availabilityZone", name, "Unknown zone."))?;
    let store = scope.ec2();
    let no_vpc = || {
        let message = "No default VPC exists for this account in this region.";
        Fault::new("DefaultVpcDoesNotExist", message)
    };
    let vpc_id = store.default_vpc().ok_or_else(no_vpc)?.to_owned();
    let own: Vec<_> = store.subnets.iter().filter(|(_, subnet)| subnet.vpc_id == vpc_id).collect();
    if let Some((id, _)) = own.iter().find(|(_, subnet)| subnet.is_default && subnet.zone == name) {
        let message = format!("'{id}' is already the default subnet in {name}.");
        return Err(Fault::new("DefaultSubnetAlreadyExistsInAvailabilityZone", message));
    }
    let is_free = |block: &Cidr| !own.iter().any(|(_, subnet)| subnet.cidr.is_some_and(|own| own.overlaps(*block)));
    let block = default_blocks().find(is_free);
    let block = block.ok_or_else(|| {
        let message = format!("There is not enough free address space in '{vpc_id}' for a default subnet.");
        Fault::new("InsufficientFreeAddressesInSubnet", message)
    })?;
    let id = make_default_subnet(scope, &vpc_id, zone, block);
    Ok(tree! { "subnet": list::one::<Subnet>(scope, &id)? })
}

/// Makes the default VPC: a public subnet in each zone.
pub fn make_default_vpc(scope: &mut Scope<'_>) {
    let block = |text: &str| text.parse::<Cidr>().expect("a literal block");
    let id = make_vpc(scope, block("172.31.0.0/16"), "default");
    let gateway_id = scope.ids().ec2("igw");
    for (zone, block) in facts::zones(scope.region).zip(default_blocks()) {
        make_default_subnet(scope, &id, zone, block);
    }
    let store = scope.ec2_mut();
    store.internet_gateways.insert(gateway_id.clone(), InternetGateway { vpc_id: Some(id.clone()) });
    if let Some(vpc) = store.vpcs.get_mut(&id) {
        vpc.is_default = true;
        vpc.attributes.dns_hostnames = true;
    }
    if let Some(table) = store.route_tables.values_mut().find(|table| table.vpc_id == id) {
        let destination = Destination::Ipv4(block("0.0.0.0/0"));
        table.routes.push(Route { destination, target: Target::Gateway(gateway_id), origin: Origin::CreateRoute });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn the_default_vpc_and_its_subnets_are_there_once() {
        let cloud = Cloud::new();
        let zone = tree! { "AvailabilityZone": "eu-central-1b" };
        assert_eq!(code(cloud.ec2("CreateDefaultVpc", tree! {})), "DefaultVpcAlreadyExists");
        assert_eq!(
            code(cloud.ec2("CreateDefaultSubnet", zone.clone())),
            "DefaultSubnetAlreadyExistsInAvailabilityZone"
        );
        let filter = tree! { "Name": "availability-zone", "Value": vec!["eu-central-1b"] };
        let found = cloud.ec2("DescribeSubnets", tree! { "Filter": vec![filter] }).unwrap();
        let old = &found.list_at("subnetSet")[0];
        cloud.ec2("DeleteSubnet", tree! { "SubnetId": old.need("subnetId").unwrap() }).unwrap();
        let made = cloud.ec2("CreateDefaultSubnet", zone).unwrap();
        assert_eq!(made.need("subnet.cidrBlock"), old.need("cidrBlock"));
        assert_eq!(made.at("subnet").unwrap().bool("defaultForAz"), Ok(Some(true)));
    }
}
