//! Types of Amazon EC2 and its networks.

mod ami_data;
mod arn;
mod availability_zones;
mod checksum;
mod elastic_ip;
mod filters;
mod fresh;
mod image;
mod instance;
mod instance_requirements;
mod internet_gateway;
mod launch_template;
mod lingering;
mod nat_gateway;
mod permission;
mod range;
mod route;
mod route_entry;
mod route_table;
mod route_table_association;
mod security_group;
mod security_group_rule;
mod spot_fleet;
mod subnet;
mod tags;
mod vpc;
mod vpc_security_group_rule;

use crate::registry::{BoxedDataSource, BoxedResource, regional, regional_data};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![
        regional::<elastic_ip::ElasticIp>("ec2"),
        regional::<instance::Instance>("ec2"),
        regional::<internet_gateway::InternetGateway>("ec2"),
        regional::<launch_template::LaunchTemplate>("ec2"),
        regional::<nat_gateway::NatGateway>("ec2"),
        regional::<route::Route>("ec2"),
        regional::<route_table::RouteTable>("ec2"),
        regional::<route_table_association::RouteTableAssociation>("ec2"),
        regional::<security_group::SecurityGroup>("ec2"),
        regional::<security_group_rule::SecurityGroupRule>("ec2"),
        regional::<spot_fleet::SpotFleetRequest>("ec2"),
        regional::<subnet::Subnet>("ec2"),
        regional::<vpc::Vpc>("ec2"),
        regional::<vpc_security_group_rule::EgressRule>("ec2"),
        regional::<vpc_security_group_rule::IngressRule>("ec2"),
    ]
}

/// Returns the data sources.
pub fn data_sources() -> Vec<BoxedDataSource> {
    vec![regional_data::<ami_data::Ami>("ec2"), regional_data::<availability_zones::AvailabilityZones>("ec2")]
}
