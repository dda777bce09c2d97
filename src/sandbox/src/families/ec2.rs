//! EC2: networks, security groups, instances, templates, fleets.

mod account;
pub mod cidr;
mod companions;
pub mod dhcp_options;
pub mod elastic_ip;
pub mod filters;
mod image;
pub mod instance;
mod instance_type;
pub mod interface;
mod internet_gateway;
mod key_pair;
pub mod kinds;
pub mod launch_template;
pub mod list;
pub mod nat_gateway;
mod network_acl;
mod placement_group;
pub mod prefix_list;
pub mod requirements;
pub mod route_table;
pub mod security_group;
mod shape;
pub(super) mod shown;
pub mod spot_fleet;
mod spot_price;
mod spot_request;
mod subnet;
pub mod tags;
mod volume;
mod vpc;
pub mod vpc_endpoint;
mod zones;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use dhcp_options::DhcpOptions;
pub use elastic_ip::ElasticIp;
pub use instance::Instance;
pub use interface::{Interface, NewInterface};
pub use internet_gateway::{EgressOnlyGateway, InternetGateway};
pub use key_pair::KeyPair;
pub use launch_template::LaunchTemplate;
pub use nat_gateway::NatGateway;
pub use network_acl::NetworkAcl;
pub use route_table::RouteTable;
pub use security_group::{Rule, SecurityGroup};
pub use spot_fleet::SpotFleet;
pub use spot_request::{Market, SpotRequest};
pub use subnet::Subnet;
pub use tags::Tags;
pub use volume::Volume;
pub use vpc::Vpc;
pub use vpc_endpoint::VpcEndpoint;

use super::Family;
use super::page::Paging;
use crate::protocol::fault::Fault;
use crate::scope::Scope;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[
    &account::FAMILY,
    &companions::FAMILY,
    &dhcp_options::FAMILY,
    &elastic_ip::FAMILY,
    &image::FAMILY,
    &instance::FAMILY,
    &instance_type::FAMILY,
    &interface::FAMILY,
    &internet_gateway::FAMILY,
    &key_pair::FAMILY,
    &launch_template::FAMILY,
    &nat_gateway::FAMILY,
    &network_acl::FAMILY,
    &placement_group::FAMILY,
    &prefix_list::FAMILY,
    &route_table::FAMILY,
    &security_group::FAMILY,
    &spot_fleet::FAMILY,
    &spot_price::FAMILY,
    &spot_request::FAMILY,
    &subnet::FAMILY,
    &tags::FAMILY,
    &volume::FAMILY,
    &vpc::FAMILY,
    &vpc_endpoint::FAMILY,
    &zones::FAMILY,
];

/// What the service keeps. Each family has its maps, by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Tags of everything, by id.
    pub tags: BTreeMap<String, Tags>,
    /// The DHCP options that every VPC has.
    pub dhcp_options_id: String,
    /// DHCP options.
    pub dhcp_options: BTreeMap<String, DhcpOptions>,
    /// Elastic addresses.
    pub addresses: BTreeMap<String, ElasticIp>,
    /// Egress-only internet gateways.
    pub egress_only_gateways: BTreeMap<String, EgressOnlyGateway>,
    /// Network interfaces.
    pub interfaces: BTreeMap<String, Interface>,
    /// Internet gateways.
    pub internet_gateways: BTreeMap<String, InternetGateway>,
    /// NAT gateways, for an hour also those that are gone.
    pub nat_gateways: BTreeMap<String, NatGateway>,
    /// Network ACLs.
    pub network_acls: BTreeMap<String, NetworkAcl>,
    /// Route tables.
    pub route_tables: BTreeMap<String, RouteTable>,
    /// Rules of security groups.
    pub rules: BTreeMap<String, Rule>,
    /// Security groups.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// VPCs.
    pub vpcs: BTreeMap<String, Vpc>,
    /// VPC endpoints.
    pub vpc_endpoints: BTreeMap<String, VpcEndpoint>,
    /// Key pairs.
    pub key_pairs: BTreeMap<String, KeyPair>,
    /// Placement groups, by name.
    pub placement_groups: placement_group::PlacementGroups,
    /// Instances, for an hour also those that have ended.
    pub instances: BTreeMap<String, Instance>,
    /// Launch templates.
    pub launch_templates: BTreeMap<String, LaunchTemplate>,
    /// Spot fleets.
    pub spot_fleets: BTreeMap<String, SpotFleet>,
    /// Spot instance requests.
    pub spot_requests: BTreeMap<String, SpotRequest>,
    /// Volumes.
    pub volumes: BTreeMap<String, Volume>,
    /// Subnets.
    pub subnets: BTreeMap<String, Subnet>,
}

/// How EC2 pages most lists.
pub const PAGING: Paging = Paging {
    size: "MaxResults",
    token: "NextToken",
    least: 5,
    most: 1000,
    usual: 1000,
    bad_token: |token| Fault::new("InvalidNextToken", format!("The token '{token}' is invalid")),
};

/// Makes what a region has from the start.
pub(crate) fn open_region(scope: &mut Scope<'_>) {
    dhcp_options::make_default(scope);
    companions::make_default_vpc(scope);
}
