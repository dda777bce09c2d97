//! What comes with a VPC: main route table, default network ACL, default security group; and the VPC of a new region.

use super::cidr::Cidr;
use super::network_acl::NetworkAcl;
use super::route_table::{Association, Destination, Origin, Route, RouteTable, Target};
use super::security_group::SecurityGroup;
use super::subnet::Subnet;
use super::vpc::{self, Attributes, Vpc};
use super::{Store, internet_gateway::InternetGateway};
use crate::facts;
use crate::scope::Scope;

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

/// Makes the default VPC: a public subnet in each zone.
pub fn make_default_vpc(scope: &mut Scope<'_>) {
    let block = |text: &str| text.parse::<Cidr>().expect("a literal block");
    let id = make_vpc(scope, block("172.31.0.0/16"), "default");
    let gateway_id = scope.ids().ec2("igw");
    for ((name, zone_id), third) in facts::zones(scope.region).zip((0u8..=240).step_by(16)) {
        let mut subnet = Subnet::new(&id, Some(block(&format!("172.31.{third}.0/20"))), (name, zone_id));
        (subnet.is_default, subnet.maps_public_ip) = (true, true);
        let subnet_id = scope.ids().ec2("subnet");
        scope.ec2_mut().join_acl(&subnet_id, &id);
        scope.ec2_mut().subnets.insert(subnet_id, subnet);
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
