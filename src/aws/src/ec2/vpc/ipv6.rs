//! The IPv6 range of a VPC: at most one that we manage.

use aws_sdk_ec2::types::{Vpc as Remote, VpcCidrBlockStateCode, VpcIpv6CidrBlockAssociation as Association};
use landfall_provider::value::{Type, Value};
use landfall_provider::{CallResult, Change, Object, Overrides, Phase, Planned};

use super::{Vpc, VpcArgs};
use crate::client::Aws;
use crate::error::Answer;
use crate::planning::at;

/// Name of the pool of ranges that Amazon gives out.
const AMAZON: &str = "Amazon";
/// Name of the pool of every range that IPAM gave out, whichever pool it came from.
const IPAM: &str = "IPAM Managed";

/// What a change of the range makes unknown.
pub fn plan(planned: &Planned<'_>, overrides: &mut Overrides) {
    let source_changes = planned.changes("assign_generated_ipv6_cidr_block") || planned.changes("ipv6_ipam_pool_id");
    if source_changes || planned.changes("ipv6_cidr_block") {
        overrides.set("ipv6_association_id", Value::unknown(Type::String));
    }
    for name in ["ipv6_cidr_block", "ipv6_cidr_block_network_border_group"] {
        if source_changes && at(planned.config, name).is_none() {
            overrides.set(name, Value::unknown(Type::String));
        }
    }
}

/// Returns the association that is known, or the first one with a range.
pub fn association<'r>(remote: &'r Remote, known: Option<&str>) -> Option<&'r Association> {
    let ranges = || remote.ipv6_cidr_block_association_set().iter().filter(|association| holds_range(association));
    ranges().find(|association| association.association_id() == known).or_else(|| ranges().next())
}

/// A range that is on its way out, or was never let in, is not the VPC's.
fn holds_range(association: &Association) -> bool {
    matches!(state(association), Some(VpcCidrBlockStateCode::Associated | VpcCidrBlockStateCode::Associating) | None)
}

fn state(association: &Association) -> Option<&VpcCidrBlockStateCode> {
    association.ipv6_cidr_block_state.as_ref()?.state.as_ref()
}

/// Returns whether Amazon gave out the range.
pub fn is_generated(association: &Association, known: Option<&VpcArgs>) -> bool {
    match association.ipv6_pool() {
        Some(pool) => pool == AMAZON,
        None => known.is_some_and(|args| args.assign_generated_ipv6_cidr_block),
    }
}

/// Returns the pool that a range is from, as far as the service tells.
pub fn pool(association: &Association, known: Option<&VpcArgs>) -> Option<String> {
    match association.ipv6_pool() {
        Some(IPAM) | None => known.and_then(|args| args.ipv6_ipam_pool_id.clone()),
        Some(pool) => Some(pool.to_owned()),
    }
}

/// Returns how far the ranges are.
pub fn phase(remote: &Remote) -> Phase {
    for association in remote.ipv6_cidr_block_association_set() {
        match state(association) {
            Some(moving @ (VpcCidrBlockStateCode::Associating | VpcCidrBlockStateCode::Disassociating)) => {
                return Phase::Pending(format!("IPv6 range {moving}"));
            }
            Some(VpcCidrBlockStateCode::Failing | VpcCidrBlockStateCode::Failed) => {
                let status = association.ipv6_cidr_block_state().and_then(|state| state.status_message());
                return Phase::Failed(format!("IPv6 range: {}", status.unwrap_or("failed")));
            }
            _ => {}
        }
    }
    Phase::Ready
}

/// Takes the old range away, or the new one in. Returns whether a call was made whose end must be seen first.
///
/// # Errors
/// What the call failed with.
pub async fn moves_range(aws: &Aws, change: &Change<'_, Vpc>, there: &Object<Vpc>) -> CallResult<bool> {
    let planned = change.planned;
    if change.prior.is_none() || !change.wants_unless(there, same_range) {
        return Ok(false);
    }
    if there.args.ipv6_cidr_block.is_set() {
        let association = &there.attrs.ipv6_association_id;
        aws.ec2().disassociate_vpc_cidr_block().association_id(association).send().await.answer()?;
        return Ok(true);
    }
    if !planned.assign_generated_ipv6_cidr_block && planned.ipv6_ipam_pool_id.is_none() {
        return Ok(false);
    }
    let length = planned.ipv6_netmask_length;
    aws.ec2()
        .associate_vpc_cidr_block()
        .vpc_id(&there.id)
        .set_amazon_provided_ipv6_cidr_block(planned.assign_generated_ipv6_cidr_block.then_some(true))
        .set_ipv6_cidr_block(planned.ipv6_cidr_block.to_option())
        .set_ipv6_cidr_block_network_border_group(planned.ipv6_cidr_block_network_border_group.to_option())
        .set_ipv6_ipam_pool_id(planned.ipv6_ipam_pool_id.clone())
        .set_ipv6_netmask_length((length != 0).then_some(length))
        .send()
        .await
        .answer()?;
    Ok(true)
}

/// Returns whether `planned` asks for the range that `there` has: what it leaves open may be anything.
fn same_range(there: &VpcArgs, planned: &VpcArgs) -> bool {
    let border = &planned.ipv6_cidr_block_network_border_group;
    there.assign_generated_ipv6_cidr_block == planned.assign_generated_ipv6_cidr_block
        && there.ipv6_ipam_pool_id == planned.ipv6_ipam_pool_id
        && (!planned.ipv6_cidr_block.is_set() || there.ipv6_cidr_block == planned.ipv6_cidr_block)
        && (!border.is_set() || there.ipv6_cidr_block_network_border_group == *border)
}
