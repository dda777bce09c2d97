//! Changes of an instance in place.

use aws_sdk_ec2::operation::modify_instance_attribute::builders::ModifyInstanceAttributeFluentBuilder;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, IamInstanceProfileAssociationState, IamInstanceProfileSpecification,
    InstanceCreditSpecificationRequest,
};
use landfall_provider::{CallResult, Change, Object, Set, Step};

use super::{Instance, InstanceArgs, restart, volumes};
use crate::client::Aws;
use crate::convert::{each, given};
use crate::describe::filter;
use crate::ec2::tags::retag;
use crate::error::Answer;

/// Does what the call that launches cannot carry.
///
/// # Errors
/// What a call failed with.
pub async fn finish_launch(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    check_source(aws, change, there).await?;
    if change.planned.volume_tags.is_none() {
        volumes::tag(aws, change.planned, there).await?;
    }
    Ok(())
}

/// Makes the calls that the instance takes now.
///
/// # Errors
/// What a call failed with.
pub async fn next(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<Step> {
    profile(aws, change, there).await?;
    network(aws, change, there).await?;
    protection(aws, change, there).await?;
    options(aws, change, there).await?;
    volumes::keep_root(aws, change, there).await?;
    if let Some(step) = restart::next(aws, change, there).await? {
        return Ok(step);
    }
    if let Some(volume) = volumes::modify_root(aws, change, there).await? {
        return Ok(Step::Running(volume));
    }
    let planned = change.planned;
    let tags_differ = change.of(|args| &args.volume_tags)
        || change.of(|args| &args.root_block_device)
        || change.of(|args| &args.ebs_block_device);
    if tags_differ {
        volumes::tag(aws, planned, there).await?;
    }
    retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
    Ok(Step::Done)
}

/// Lifts protection as far as that works: what does not, the termination will tell.
pub async fn lift_protection(aws: &Aws, id: &str) {
    let attribute = || aws.ec2().modify_instance_attribute().instance_id(id);
    let _ = attribute().disable_api_termination(boolean(false)).send().await;
    let _ = attribute().disable_api_stop(boolean(false)).send().await;
}

fn boolean(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

/// ModifyInstanceAttribute takes one attribute a call.
fn modify(aws: &Aws, there: &Object<Instance>) -> ModifyInstanceAttributeFluentBuilder {
    aws.ec2().modify_instance_attribute().instance_id(&there.id)
}

async fn profile(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    if !change.wants(there, |args| &args.iam_instance_profile) {
        return Ok(());
    }
    let filters = filter("instance-id", vec![there.id.clone()]);
    let request = aws.ec2().describe_iam_instance_profile_associations().set_filters(Some(filters));
    let answer = request.send().await.answer()?;
    let ending =
        [IamInstanceProfileAssociationState::Disassociated, IamInstanceProfileAssociationState::Disassociating];
    let is_there =
        |state: Option<&IamInstanceProfileAssociationState>| state.is_none_or(|state| !ending.contains(state));
    let mut associations = answer.iam_instance_profile_associations().iter();
    let association = associations.find(|association| is_there(association.state.as_ref()));
    let association = association.and_then(|association| association.association_id.clone());
    let profile = |name: &String| IamInstanceProfileSpecification::builder().name(name).build();
    match (association, change.planned.iam_instance_profile.get()) {
        (Some(association), Some(name)) => {
            let request = aws.ec2().replace_iam_instance_profile_association().association_id(association);
            request.iam_instance_profile(profile(name)).send().await.answer()?;
        }
        (Some(association), None) => {
            aws.ec2().disassociate_iam_instance_profile().association_id(association).send().await.answer()?;
        }
        (None, Some(name)) => {
            let request = aws.ec2().associate_iam_instance_profile().instance_id(&there.id);
            request.iam_instance_profile(profile(name)).send().await.answer()?;
        }
        (None, None) => {}
    }
    Ok(())
}

/// By the first interface: EC2 refuses changes by the instance once it has more than one.
async fn check_source(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    let existing = change.planned.network_interface.get().is_some_and(|all| !all.is_empty());
    if existing || !change.wants(there, |args| &args.source_dest_check) {
        return Ok(());
    }
    let request = aws.ec2().modify_network_interface_attribute();
    request
        .network_interface_id(&there.attrs.primary_network_interface_id)
        .source_dest_check(boolean(change.planned.source_dest_check))
        .send()
        .await
        .answer()?;
    Ok(())
}

async fn network(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    let planned = change.planned;
    let interface = &there.attrs.primary_network_interface_id;
    let modify = || aws.ec2().modify_network_interface_attribute().network_interface_id(interface);
    check_source(aws, change, there).await?;
    if change.wants(there, |args| &args.vpc_security_group_ids)
        && let Some(groups) = planned.vpc_security_group_ids.get().and_then(|groups| each(groups, String::clone))
    {
        modify().set_groups(Some(groups)).send().await.answer()?;
    }
    if change.wants(there, |args| &args.enable_primary_ipv6)
        && let Some(enable) = planned.enable_primary_ipv6.get()
    {
        modify().enable_primary_ipv6(*enable).send().await.answer()?;
    }
    if change.wants(there, |args| &args.ipv6_address_count) {
        count_ipv6(aws, planned, there).await?;
    }
    if change.wants(there, |args| &args.secondary_private_ips)
        && let Some(addresses) = planned.secondary_private_ips.get()
    {
        assign(aws, interface, addresses, there.args.secondary_private_ips.get().unwrap_or(&Set::new())).await?;
    }
    Ok(())
}

async fn count_ipv6(aws: &Aws, planned: &InstanceArgs, there: &Object<Instance>) -> CallResult<()> {
    let interface = &there.attrs.primary_network_interface_id;
    let addresses = there.args.ipv6_addresses.to_option().unwrap_or_default();
    let wanted = planned.ipv6_address_count.get().copied().unwrap_or_default();
    let surplus = i32::try_from(addresses.len()).unwrap_or(i32::MAX) - wanted;
    if surplus < 0 {
        let request = aws.ec2().assign_ipv6_addresses().network_interface_id(interface);
        request.ipv6_address_count(-surplus).send().await.answer()?;
    } else if surplus > 0 {
        let keep = usize::try_from(wanted).unwrap_or_default();
        let request = aws.ec2().unassign_ipv6_addresses().network_interface_id(interface);
        request.set_ipv6_addresses(Some(addresses[keep..].to_vec())).send().await.answer()?;
    }
    Ok(())
}

async fn assign(aws: &Aws, interface: &str, planned: &Set<String>, there: &Set<String>) -> CallResult<()> {
    let removed: Vec<String> = there.minus(planned).cloned().collect();
    let added: Vec<String> = planned.minus(there).cloned().collect();
    if !removed.is_empty() {
        let request = aws.ec2().unassign_private_ip_addresses().network_interface_id(interface);
        request.set_private_ip_addresses(Some(removed)).send().await.answer()?;
    }
    if !added.is_empty() {
        let request = aws.ec2().assign_private_ip_addresses().network_interface_id(interface);
        request.set_private_ip_addresses(Some(added)).send().await.answer()?;
    }
    Ok(())
}

async fn protection(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    let planned = change.planned;
    if change.wants(there, |args| &args.disable_api_stop)
        && let Some(value) = planned.disable_api_stop.get()
    {
        modify(aws, there).disable_api_stop(boolean(*value)).send().await.answer()?;
    }
    if change.wants(there, |args| &args.disable_api_termination)
        && let Some(value) = planned.disable_api_termination.get()
    {
        modify(aws, there).disable_api_termination(boolean(*value)).send().await.answer()?;
    }
    if change.wants(there, |args| &args.instance_initiated_shutdown_behavior)
        && let Some(behaviour) = planned.instance_initiated_shutdown_behavior.get()
    {
        let value = AttributeValue::builder().value(behaviour).build();
        modify(aws, there).instance_initiated_shutdown_behavior(value).send().await.answer()?;
    }
    Ok(())
}

async fn options(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    let planned = change.planned;
    if change.wants(there, |args| &args.maintenance_options)
        && let Some(options) = planned.maintenance_options.get()
    {
        let request = aws.ec2().modify_instance_maintenance_options().instance_id(&there.id);
        request.set_auto_recovery(options.auto_recovery.as_deref().map(Into::into)).send().await.answer()?;
    }
    if change.wants(there, |args| &args.monitoring) {
        match planned.monitoring.get() {
            Some(true) => drop(aws.ec2().monitor_instances().instance_ids(&there.id).send().await.answer()?),
            Some(false) => drop(aws.ec2().unmonitor_instances().instance_ids(&there.id).send().await.answer()?),
            None => {}
        }
    }
    if change.wants(there, |args| &args.credit_specification)
        && let Some(credits) = planned.credit_specification.as_ref().and_then(|credits| credits.cpu_credits.as_ref())
    {
        let credits = InstanceCreditSpecificationRequest::builder().instance_id(&there.id).cpu_credits(credits).build();
        let request = aws.ec2().modify_instance_credit_specification().instance_credit_specifications(credits);
        request.send().await.answer()?;
    }
    metadata(aws, change, there).await
}

async fn metadata(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    let Some(options) = change.planned.metadata_options.get() else { return Ok(()) };
    if !change.wants(there, |args| &args.metadata_options) {
        return Ok(());
    }
    let before = there.args.metadata_options.get();
    let changes_protocol = before.is_none_or(|before| before.http_protocol_ipv6 != options.http_protocol_ipv6);
    let protocol = changes_protocol.then(|| options.http_protocol_ipv6.as_str().into());
    let is_enabled = options.http_endpoint == "enabled";
    aws.ec2()
        .modify_instance_metadata_options()
        .instance_id(&there.id)
        .http_endpoint(options.http_endpoint.as_str().into())
        .set_http_protocol_ipv6(protocol.filter(|_| is_enabled))
        .set_http_put_response_hop_limit(given(&options.http_put_response_hop_limit).filter(|_| is_enabled))
        .set_http_tokens(options.http_tokens.as_deref().map(Into::into).filter(|_| is_enabled))
        .set_instance_metadata_tags(options.instance_metadata_tags.as_deref().map(Into::into).filter(|_| is_enabled))
        .send()
        .await
        .answer()?;
    Ok(())
}
