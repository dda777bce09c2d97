//! One route of a route table: where it leads, and the calls on it. Shared by routes that are resources of their own and
//! those written inside a table.

use aws_sdk_ec2::types::{Route as Remote, RouteOrigin};
use landfall_provider::{Args, CallResult};

use crate::client::Aws;
use crate::ec2::range::canonical;
use crate::error::{Answer, Fault, Unless, fault};

/// Gateway that stands for the VPC itself.
pub const LOCAL: &str = "local";
/// Errors for a route that is not there, or that stays with its table.
const GONE: &[Fault] = &[
    fault("InvalidRoute.NotFound"),
    fault("InvalidRouteTableID.NotFound"),
    fault("InvalidParameterValue").saying("cannot remove local route"),
];

/// A destination and its target.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct RouteEntry {
    /// IPv4 range.
    #[arg(format(ipv4_cidr))]
    pub cidr_block: Option<String>,
    /// IPv6 range.
    #[arg(format(ipv6_cidr))]
    pub ipv6_cidr_block: Option<String>,
    /// Prefix list.
    pub destination_prefix_list_id: Option<String>,
    /// Carrier gateway.
    pub carrier_gateway_id: Option<String>,
    /// Core network of Cloud WAN.
    #[arg(format(arn))]
    pub core_network_arn: Option<String>,
    /// Egress-only internet gateway.
    pub egress_only_gateway_id: Option<String>,
    /// Internet gateway, virtual private gateway, or `local`.
    pub gateway_id: Option<String>,
    /// Local gateway of an Outpost.
    pub local_gateway_id: Option<String>,
    /// NAT gateway.
    pub nat_gateway_id: Option<String>,
    /// Network interface.
    pub network_interface_id: Option<String>,
    /// Network of Oracle databases.
    #[arg(format(arn))]
    pub odb_network_arn: Option<String>,
    /// Transit gateway.
    pub transit_gateway_id: Option<String>,
    /// Endpoint of a Gateway Load Balancer.
    pub vpc_endpoint_id: Option<String>,
    /// Peering connection.
    pub vpc_peering_connection_id: Option<String>,
}

impl RouteEntry {
    /// Returns a route as the service has it. What names one interface as well as what it belongs to leads to the latter.
    pub fn of(remote: &Remote) -> Self {
        let (endpoint, gateway) = match remote.gateway_id() {
            Some(id) if id.starts_with("vpce-") => (Some(id.to_owned()), None),
            id => (None, id.map(str::to_owned)),
        };
        let mut entry = Self {
            cidr_block: remote.destination_cidr_block.clone(),
            ipv6_cidr_block: remote.destination_ipv6_cidr_block.clone(),
            destination_prefix_list_id: remote.destination_prefix_list_id.clone(),
            carrier_gateway_id: remote.carrier_gateway_id.clone(),
            core_network_arn: remote.core_network_arn.clone(),
            egress_only_gateway_id: remote.egress_only_internet_gateway_id.clone(),
            gateway_id: gateway,
            local_gateway_id: remote.local_gateway_id.clone(),
            nat_gateway_id: remote.nat_gateway_id.clone(),
            network_interface_id: None,
            odb_network_arn: remote.odb_network_arn.clone(),
            transit_gateway_id: remote.transit_gateway_id.clone(),
            vpc_endpoint_id: endpoint,
            vpc_peering_connection_id: remote.vpc_peering_connection_id.clone(),
        };
        entry.network_interface_id = remote.network_interface_id.clone().filter(|_| !entry.has_other_target());
        entry
    }

    /// Returns whether the target is something else than an interface.
    fn has_other_target(&self) -> bool {
        let targets = [
            &self.carrier_gateway_id,
            &self.core_network_arn,
            &self.egress_only_gateway_id,
            &self.gateway_id,
            &self.local_gateway_id,
            &self.nat_gateway_id,
            &self.odb_network_arn,
            &self.transit_gateway_id,
            &self.vpc_endpoint_id,
            &self.vpc_peering_connection_id,
        ];
        targets.iter().any(|target| target.is_some())
    }

    /// Returns the entry without the interface where something else is the target.
    #[must_use]
    pub fn with_one_target(mut self) -> Self {
        if self.has_other_target() {
            self.network_interface_id = None;
        }
        self
    }

    /// Returns what the route is known by in its table.
    pub fn destination(&self) -> Destination {
        let written = self.cidr_block.as_ref().or(self.ipv6_cidr_block.as_ref());
        Destination::new(written.or(self.destination_prefix_list_id.as_ref()).map_or("", String::as_str))
    }

    /// Returns whether the target is the VPC itself.
    pub fn is_local(&self) -> bool {
        self.gateway_id.as_deref() == Some(LOCAL)
    }
}

/// What a route is known by in its table: a range or a prefix list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Destination(String);

impl Destination {
    /// Returns the destination; IPv6 ranges can be written in many ways and are the same.
    pub fn new(text: &str) -> Self {
        Self(canonical(text))
    }
}

/// Returns whether a route came by itself, from a virtual private gateway, an endpoint or a service.
pub fn is_foreign(remote: &Remote) -> bool {
    let is_endpoint = remote.gateway_id().is_some_and(|id| id.starts_with("vpce-"));
    remote.origin == Some(RouteOrigin::EnableVgwRoutePropagation)
        || remote.gateway_id() == Some("VpcLattice")
        || is_endpoint && remote.destination_prefix_list_id.is_some()
        || remote.instance_owner_id().is_some_and(|owner| owner.starts_with("amazon-"))
}

/// Adds a route; one to the VPC itself is always there already, and brought back to it.
///
/// # Errors
/// What CreateRoute or ReplaceRoute failed with.
pub async fn create(aws: &Aws, table: &str, entry: &RouteEntry) -> CallResult<()> {
    if entry.is_local() {
        return replace(aws, table, entry).await;
    }
    aws.ec2()
        .create_route()
        .route_table_id(table)
        .set_destination_cidr_block(entry.cidr_block.clone())
        .set_destination_ipv6_cidr_block(entry.ipv6_cidr_block.clone())
        .set_destination_prefix_list_id(entry.destination_prefix_list_id.clone())
        .set_carrier_gateway_id(entry.carrier_gateway_id.clone())
        .set_core_network_arn(entry.core_network_arn.clone())
        .set_egress_only_internet_gateway_id(entry.egress_only_gateway_id.clone())
        .set_gateway_id(entry.gateway_id.clone())
        .set_local_gateway_id(entry.local_gateway_id.clone())
        .set_nat_gateway_id(entry.nat_gateway_id.clone())
        .set_network_interface_id(entry.network_interface_id.clone())
        .set_odb_network_arn(entry.odb_network_arn.clone())
        .set_transit_gateway_id(entry.transit_gateway_id.clone())
        .set_vpc_endpoint_id(entry.vpc_endpoint_id.clone())
        .set_vpc_peering_connection_id(entry.vpc_peering_connection_id.clone())
        .send()
        .await
        .answer()?;
    Ok(())
}

/// Gives a route another target.
///
/// # Errors
/// What ReplaceRoute failed with.
pub async fn replace(aws: &Aws, table: &str, entry: &RouteEntry) -> CallResult<()> {
    aws.ec2()
        .replace_route()
        .route_table_id(table)
        .set_destination_cidr_block(entry.cidr_block.clone())
        .set_destination_ipv6_cidr_block(entry.ipv6_cidr_block.clone())
        .set_destination_prefix_list_id(entry.destination_prefix_list_id.clone())
        .set_carrier_gateway_id(entry.carrier_gateway_id.clone())
        .set_core_network_arn(entry.core_network_arn.clone())
        .set_egress_only_internet_gateway_id(entry.egress_only_gateway_id.clone())
        .set_gateway_id(entry.gateway_id.clone().filter(|_| !entry.is_local()))
        .set_local_target(entry.is_local().then_some(true))
        .set_local_gateway_id(entry.local_gateway_id.clone())
        .set_nat_gateway_id(entry.nat_gateway_id.clone())
        .set_network_interface_id(entry.network_interface_id.clone())
        .set_odb_network_arn(entry.odb_network_arn.clone())
        .set_transit_gateway_id(entry.transit_gateway_id.clone())
        .set_vpc_endpoint_id(entry.vpc_endpoint_id.clone())
        .set_vpc_peering_connection_id(entry.vpc_peering_connection_id.clone())
        .send()
        .await
        .answer()?;
    Ok(())
}

/// Removes a route. The local one stays.
///
/// # Errors
/// What DeleteRoute failed with.
pub async fn delete(aws: &Aws, table: &str, entry: &RouteEntry) -> CallResult<()> {
    let request = aws
        .ec2()
        .delete_route()
        .route_table_id(table)
        .set_destination_cidr_block(entry.cidr_block.clone())
        .set_destination_ipv6_cidr_block(entry.ipv6_cidr_block.clone())
        .set_destination_prefix_list_id(entry.destination_prefix_list_id.clone());
    request.send().await.answer().unless(GONE)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_told_from_gateways_and_interfaces_from_what_owns_them() {
        let entry = RouteEntry::of(&Remote::builder().gateway_id("vpce-1").build());
        assert_eq!((entry.vpc_endpoint_id.as_deref(), entry.gateway_id), (Some("vpce-1"), None));
        let remote = Remote::builder().transit_gateway_id("tgw-1").network_interface_id("eni-1").build();
        assert_eq!(RouteEntry::of(&remote).network_interface_id, None);
    }
}
