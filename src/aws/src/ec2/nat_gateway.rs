//! `aws_nat_gateway`: the way out for subnets that nobody reaches from outside.

mod addresses;
#[cfg(test)]
mod tests;

use aws_sdk_ec2::types::{AvailabilityMode, ConnectivityType, NatGateway as Remote, NatGatewayState, ResourceType};
use landfall_provider::value::{Type, Value};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Timing, Token, Within, usually,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, by_id, filter, only};
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::tags::{retag, specification};
use crate::error::{Answer, Fault, Unless, fault, incomplete};
use crate::planning::{at, is_unknown_at, text_at};
use crate::tags::from_service;
use addresses::{RegionalAddress, ZoneAddress};

const GONE: &[Fault] = &[fault("NatGatewayNotFound")];

/// The way out for subnets that nobody reaches from outside.
pub struct NatGateway;

/// What a user may write.
#[derive(Args, Clone)]
pub struct NatGatewayArgs {
    /// Elastic IP address of a public gateway.
    #[arg(replace)]
    allocation_id: Option<String>,
    /// In one zone, or in all of a VPC.
    #[arg(replace, one_of("zonal", "regional"))]
    availability_mode: Filled<String>,
    /// Addresses of a regional gateway, zone by zone. Unset, the gateway takes care of them.
    #[arg(block)]
    availability_zone_address: Set<ZoneAddress>,
    /// To the internet, or only to other private networks.
    #[arg(replace, default = "public", one_of("private", "public"))]
    connectivity_type: String,
    /// Address in the subnet.
    #[arg(replace, format(ipv4))]
    private_ip: Filled<String>,
    /// Further Elastic IP addresses.
    secondary_allocation_ids: Filled<Set<String>>,
    /// How many further addresses in the subnet a private gateway has.
    #[arg(conflicts("secondary_private_ip_addresses"))]
    secondary_private_ip_address_count: Filled<i32>,
    /// Further addresses in the subnet.
    secondary_private_ip_addresses: Filled<Set<String>>,
    /// Subnet of a zonal gateway.
    #[arg(replace)]
    subnet_id: Option<String>,
    /// VPC of a regional gateway.
    #[arg(replace)]
    vpc_id: Filled<String>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct NatGatewayAttrs {
    /// Id of the association with the Elastic IP address.
    association_id: String,
    /// Whether a regional gateway goes to new zones by itself.
    auto_provision_zones: String,
    /// Whether it takes further addresses by itself.
    auto_scaling_ips: String,
    /// Network interface.
    network_interface_id: String,
    /// Public address.
    public_ip: String,
    /// Addresses of a regional gateway.
    regional_nat_gateway_address: Set<RegionalAddress>,
    /// Whether a regional gateway takes care of zones and addresses.
    regional_nat_gateway_auto_mode: String,
    /// Route table of a regional gateway.
    route_table_id: String,
}

impl Resource for NatGateway {
    type Args = NatGatewayArgs;
    type Attrs = NatGatewayAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_nat_gateway";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing =
        Timing::new().create("10m", usually("100s")).update("10m", usually("20s")).delete("30m", usually("50s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        check_connectivity(planned, &mut overrides);
        if planned.is_create() {
            return overrides;
        }
        let is_written = |name: &str| at(planned.config, name).is_some() || is_unknown_at(planned.config, name);
        let count = "secondary_private_ip_address_count";
        if is_private(planned) && is_written(count) && planned.changes(count) {
            overrides.replaces(count);
        }
        let addresses = ["secondary_allocation_ids", "secondary_private_ip_addresses", "availability_zone_address"];
        if addresses.iter().any(|name| planned.changes(name)) {
            if !is_written(count) {
                overrides.set(count, Value::unknown(Type::Number));
            }
            if !is_written(addresses[1]) {
                overrides.set(addresses[1], Value::unknown(Type::set(Type::String)));
            }
        }
        overrides
    }

    async fn create(aws: &Aws, args: &NatGatewayArgs, token: &Token) -> CallResult<Created> {
        let zones: Vec<_> = args.availability_zone_address.iter().map(ZoneAddress::request).collect();
        let set = |set: &Filled<Set<String>>| set.to_option().map(Set::into_vec).filter(|set| !set.is_empty());
        let answer = aws
            .ec2()
            .create_nat_gateway()
            .set_allocation_id(args.allocation_id.clone())
            .set_availability_mode(args.availability_mode.as_deref().map(AvailabilityMode::from))
            .set_availability_zone_addresses(Some(zones).filter(|zones| !zones.is_empty()))
            .connectivity_type(ConnectivityType::from(args.connectivity_type.as_str()))
            .set_private_ip_address(args.private_ip.to_option())
            .set_secondary_allocation_ids(set(&args.secondary_allocation_ids))
            .set_secondary_private_ip_address_count(args.secondary_private_ip_address_count.to_option())
            .set_secondary_private_ip_addresses(set(&args.secondary_private_ip_addresses))
            .set_subnet_id(args.subnet_id.clone())
            .set_vpc_id(args.vpc_id.to_option())
            .set_tag_specifications(specification(ResourceType::Natgateway, &args.tags.all)?)
            .client_token(token)
            .send()
            .await
            .answer()?;
        let id = answer.nat_gateway.and_then(|gateway| gateway.nat_gateway_id);
        Ok(Created::with_id(id.ok_or_else(|| incomplete("CreateNatGateway", "NAT gateway id"))?))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let describe = async |ids| {
            let request = aws.ec2().describe_nat_gateways().set_filter(Some(filter("nat-gateway-id", ids)));
            request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()
        };
        by_id(known, describe, Remote::nat_gateway_id, |known, remote| Ok(observed(aws, known, remote))).await
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if addresses::moves(aws, change, there).await? {
            return Ok(Step::More);
        }
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &change.planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        aws.ec2().delete_nat_gateway().nat_gateway_id(&there.id).send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        not_visible_yet(error)
    }
}

fn is_private(planned: &Planned<'_>) -> bool {
    text_at(planned.proposed, "connectivity_type") == Some("private")
}

/// Public and private gateways have different arguments.
fn check_connectivity(planned: &Planned<'_>, overrides: &mut Overrides) {
    let is_written = |name: &&&str| at(planned.config, name).is_some_and(|value| !value.is_empty());
    let is_public = text_at(planned.proposed, "connectivity_type") == Some("public");
    let excluded: &[&str] = match (is_private(planned), is_public) {
        (true, _) => &["allocation_id", "secondary_allocation_ids"],
        (_, true) => &["secondary_private_ip_address_count"],
        _ => &[],
    };
    if let Some(name) = excluded.iter().find(is_written) {
        let kind = if is_public { "public" } else { "private" };
        overrides.error(name, format!("`{name}` is not for NAT gateways whose `connectivity_type` is `{kind}`"));
    }
}

fn observed(aws: &Aws, known: &Known<NatGateway>, remote: &Remote) -> Observed<NatGateway> {
    let phase = match &remote.state {
        Some(NatGatewayState::Deleted) => return Observed::Gone,
        Some(NatGatewayState::Failed) => Phase::Failed(failure(remote)),
        Some(NatGatewayState::Available) | None => addresses::phase(remote),
        Some(state) => Phase::Pending(state.to_string()),
    };
    let args = known.args();
    let found = addresses::found(remote);
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let primary = found.primary;
    let mode = remote.availability_mode.as_ref().map(|mode| mode.as_str().to_owned());
    let args = NatGatewayArgs {
        allocation_id: primary.and_then(|address| address.allocation_id.clone()),
        availability_mode: mode.or_else(|| args?.availability_mode.to_option()).into(),
        availability_zone_address: addresses::zones(remote, args.map(|args| &args.availability_zone_address)),
        connectivity_type: remote.connectivity_type.as_ref().map_or("public", |kind| kind.as_str()).to_owned(),
        private_ip: primary.and_then(|address| address.private_ip.clone()).into(),
        secondary_allocation_ids: found.allocations.into(),
        secondary_private_ip_address_count: i32::try_from(found.private.len()).unwrap_or_default().into(),
        secondary_private_ip_addresses: found.private.into(),
        subnet_id: remote.subnet_id.clone(),
        vpc_id: remote.vpc_id.clone().into(),
        tags: aws.tag_rules().observed(from_service(remote.tags()), args.map(|args| &args.tags)),
    };
    let is_regional = addresses::is_regional(remote);
    let auto_provision = text(remote.auto_provision_zones.as_ref().map(|state| state.as_str()));
    let attrs = NatGatewayAttrs {
        association_id: text(primary.and_then(|address| address.association_id())),
        auto_scaling_ips: text(remote.auto_scaling_ips.as_ref().map(|state| state.as_str())),
        network_interface_id: text(primary.and_then(|address| address.network_interface_id())),
        public_ip: text(primary.and_then(|address| address.public_ip())),
        regional_nat_gateway_address: addresses::regional(remote),
        regional_nat_gateway_auto_mode: if is_regional { auto_provision.clone() } else { String::new() },
        route_table_id: text(remote.route_table_id()),
        auto_provision_zones: auto_provision,
    };
    let object = Object { id: known.id().to_owned(), args, attrs, private: None };
    Observed::There { phase, object }
}

fn failure(remote: &Remote) -> String {
    let code = remote.failure_code().unwrap_or("failed");
    match remote.failure_message() {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    }
}
