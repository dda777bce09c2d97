//! What is read by DescribeVpcAttribute and set by ModifyVpcAttribute, one attribute a call.

use aws_sdk_ec2::types::{AttributeBooleanValue, VpcAttributeName};
use landfall_provider::{CallResult, Change, Goal, Object, Settled};

use super::{Vpc, VpcArgs};
use crate::client::Aws;
use crate::error::Answer;

/// Switches of a VPC.
pub struct Switches {
    /// Public names for public addresses.
    pub dns_hostnames: bool,
    /// DNS at all.
    pub dns_support: bool,
    /// Counts of addresses in use.
    pub usage_metrics: bool,
}

/// Reads all switches.
///
/// # Errors
/// What DescribeVpcAttribute failed with.
pub async fn read(aws: &Aws, id: &str) -> CallResult<Switches> {
    let describe =
        async |attribute| aws.ec2().describe_vpc_attribute().vpc_id(id).attribute(attribute).send().await.answer();
    let (hostnames, support, metrics) = futures::try_join!(
        describe(VpcAttributeName::EnableDnsHostnames),
        describe(VpcAttributeName::EnableDnsSupport),
        describe(VpcAttributeName::EnableNetworkAddressUsageMetrics),
    )?;
    Ok(Switches {
        dns_hostnames: is_on(hostnames.enable_dns_hostnames),
        dns_support: is_on(support.enable_dns_support),
        usage_metrics: is_on(metrics.enable_network_address_usage_metrics),
    })
}

fn is_on(value: Option<AttributeBooleanValue>) -> bool {
    value.and_then(|value| value.value).unwrap_or_default()
}

/// Sets the next switch that is not as planned. Returns whether another one must follow once that shows: host names
/// can only be on while DNS is.
///
/// # Errors
/// What ModifyVpcAttribute failed with.
pub async fn modify_next(aws: &Aws, change: &Change<'_, Vpc>, there: &Object<Vpc>) -> CallResult<bool> {
    let planned = change.planned;
    let support = change.wants(there, |args| &args.enable_dns_support).then_some(planned.enable_dns_support);
    let hostnames =
        wanted(planned.enable_dns_hostnames.to_option(), change.wants(there, |args| &args.enable_dns_hostnames));
    let metrics = planned.enable_network_address_usage_metrics.to_option();
    let metrics = wanted(metrics, change.wants(there, |args| &args.enable_network_address_usage_metrics));

    let modify = || aws.ec2().modify_vpc_attribute().vpc_id(&there.id);
    if let Some(metrics) = metrics {
        modify().enable_network_address_usage_metrics(boolean(metrics)).send().await.answer()?;
    }
    match (support, hostnames) {
        (None, None) => return Ok(false),
        (Some(true), _) | (Some(false), None) => {
            modify().set_enable_dns_support(support.map(boolean)).send().await.answer()?;
        }
        (None | Some(false), Some(on)) => {
            modify().enable_dns_hostnames(boolean(on)).send().await.answer()?;
        }
    }
    Ok(support.is_some() && hostnames.is_some())
}

fn wanted(value: Option<bool>, differs: bool) -> Option<bool> {
    value.filter(|_| differs)
}

fn boolean(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

/// Tells whether the switches show what was planned.
pub fn settled(goal: &Goal<'_, Vpc>, there: &Object<Vpc>) -> Settled {
    let shows = |planned: Option<bool>, there: Option<bool>| planned.is_none() || planned == there;
    let planned = goal.planned;
    let differing = [
        ("enable_dns_support", planned.enable_dns_support == there.args.enable_dns_support),
        (
            "enable_dns_hostnames",
            shows(planned.enable_dns_hostnames.to_option(), there.args.enable_dns_hostnames.to_option()),
        ),
        ("enable_network_address_usage_metrics", shows(metrics(planned), metrics(&there.args))),
    ];
    match differing.into_iter().find(|(_, same)| !same) {
        Some((name, _)) => Settled::Waiting(format!("{name} to become visible")),
        None => Settled::Yes,
    }
}

fn metrics(args: &VpcArgs) -> Option<bool> {
    args.enable_network_address_usage_metrics.to_option()
}
