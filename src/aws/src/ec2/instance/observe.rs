//! What DescribeInstances and its kin tell.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Instance as Remote, InstanceAttributeName, InstanceStateName, MonitoringState};
use futures::StreamExt;
use landfall_provider::{CallResult, Filled, Known, Object, Observed, Phase, Set};

use super::devices::{Volumes, all_seen, others, root, volume_tags};
use super::interfaces::{NetworkInterface, PrimaryNetworkInterface, SecondaryNetworkInterface, primary};
use super::market::MarketOptions;
use super::options::{
    CapacityReservation, CpuOptions, CreditSpecification, EnclaveOptions, MaintenanceOptions, MetadataOptions,
    PrivateDnsNameOptions,
};
use super::template::{LaunchTemplate, profile_name};
use super::{Instance, InstanceArgs, InstanceAttrs};
use crate::client::Aws;
use crate::convert::{from_base64, text};
use crate::describe::filter;
use crate::error::Answer;
use crate::tags::from_service;

/// Instances that are asked for their attributes at the same time.
const CONCURRENT_READS: usize = 8;

/// Tells what is there of many: instances and volumes in one call each, the rest one by one.
pub async fn observe_many(aws: &Aws, known: &[Known<Instance>]) -> Vec<CallResult<Observed<Instance>>> {
    match Found::read(aws, known).await {
        Ok(found) => {
            let reads: Vec<_> = known.iter().map(|known| found.observed(aws, known)).collect();
            futures::stream::iter(reads).buffered(CONCURRENT_READS).collect().await
        }
        Err(error) => known.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// Instances and their volumes, by id.
struct Found {
    instances: BTreeMap<String, Remote>,
    volumes: Volumes,
}

impl Found {
    async fn read(aws: &Aws, known: &[Known<Instance>]) -> CallResult<Self> {
        let ids: Vec<String> = known.iter().map(|known| known.id().to_owned()).collect();
        let request = aws.ec2().describe_instances().set_filters(Some(filter("instance-id", ids.clone())));
        let pages = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()?;
        let instances = pages.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default());
        let instances: BTreeMap<_, _> =
            instances.filter_map(|instance| Some((instance.instance_id.clone()?, instance))).collect();
        if !instances.values().any(is_settled) {
            return Ok(Self { instances, volumes: Volumes::new() });
        }
        let request = aws.ec2().describe_volumes().set_filters(Some(filter("attachment.instance-id", ids)));
        let volumes = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()?;
        let volumes = volumes.into_iter().filter_map(|volume| Some((volume.volume_id.clone()?, volume))).collect();
        Ok(Self { instances, volumes })
    }

    async fn observed(&self, aws: &Aws, known: &Known<Instance>) -> CallResult<Observed<Instance>> {
        let Some(remote) = self.instances.get(known.id()) else { return Ok(Observed::Gone) };
        let is_new = matches!(known, Known::New { .. });
        if state(remote) == Some(&InstanceStateName::Terminated) && !is_new {
            return Ok(Observed::Gone);
        }
        let carried = known.args();
        let mut args = machine(remote, carried);
        network(&mut args, remote, carried);
        args.tags = aws.tag_rules().observed(from_service(remote.tags()), carried.map(|args| &args.tags));
        args.instance_market_options =
            MarketOptions::observed(aws, carried.map(|args| &args.instance_market_options), remote).await?;
        args.launch_template =
            LaunchTemplate::observed(aws, carried.and_then(|args| args.launch_template.as_ref()), remote).await?;
        let mut password = known.attrs().map(|attrs| attrs.password_data.clone()).unwrap_or_default();
        if is_settled(remote) {
            storage(aws, &mut args, remote, &self.volumes, carried);
            attributes(aws, &mut args, known).await?;
            if args.get_password_data && password.is_empty() {
                let answer = aws.ec2().get_password_data().instance_id(known.id()).send().await.answer()?;
                password = answer.password_data.map(|data| data.trim().to_owned()).unwrap_or_default();
            }
        } else if let Some(carried) = carried {
            carry(&mut args, carried);
        }
        let phase = match phase(remote, is_new) {
            Phase::Ready if is_new && args.get_password_data && password.is_empty() => {
                Phase::Pending("waiting for the password".to_owned())
            }
            // What is not seen cannot be told from what is as planned.
            Phase::Ready if is_new && !all_seen(remote, &self.volumes) => {
                Phase::Pending("waiting for its volumes to be shown".to_owned())
            }
            phase => phase,
        };
        let attrs = attrs(aws, remote, password);
        Ok(Observed::There { phase, object: Object { id: known.id().to_owned(), args, attrs, private: None } })
    }
}

fn state(remote: &Remote) -> Option<&InstanceStateName> {
    remote.state.as_ref()?.name.as_ref()
}

/// Returns whether an instance stays as it is, and is worth further questions.
fn is_settled(remote: &Remote) -> bool {
    matches!(state(remote), Some(InstanceStateName::Running | InstanceStateName::Stopped) | None)
}

/// An instance that ends while it is launched says why.
fn phase(remote: &Remote, is_new: bool) -> Phase {
    match state(remote) {
        Some(InstanceStateName::Running | InstanceStateName::Stopped) | None => Phase::Ready,
        Some(InstanceStateName::ShuttingDown | InstanceStateName::Terminated) if is_new => {
            let reason = remote.state_reason.as_ref().and_then(|reason| reason.message.clone());
            let reason = reason.or_else(|| remote.state_transition_reason.clone()).unwrap_or_default();
            Phase::Failed(format!("the instance ended while it was launched: {reason}"))
        }
        Some(other) => Phase::Pending(other.to_string()),
    }
}

fn attrs(aws: &Aws, remote: &Remote, password_data: String) -> InstanceAttrs {
    let id = remote.instance_id.clone().unwrap_or_default();
    let interface = primary(remote).and_then(|interface| interface.network_interface_id.clone());
    InstanceAttrs {
        arn: aws.arn("ec2", format!("instance/{id}")),
        instance_lifecycle: text(remote.instance_lifecycle.as_ref()).unwrap_or_default(),
        instance_state: text(state(remote)).unwrap_or_default(),
        outpost_arn: remote.outpost_arn.clone().unwrap_or_default(),
        password_data,
        primary_network_interface_id: interface.unwrap_or_default(),
        private_dns: remote.private_dns_name.clone().unwrap_or_default(),
        public_dns: remote.public_dns_name.clone().unwrap_or_default(),
        public_ip: remote.public_ip_address.clone().unwrap_or_default(),
        spot_instance_request_id: remote.spot_instance_request_id.clone().unwrap_or_default(),
    }
}

/// Returns what DescribeInstances tells of the machine, and what only users know.
fn machine(remote: &Remote, carried: Option<&InstanceArgs>) -> InstanceArgs {
    let placement = remote.placement.as_ref();
    let placed = |part: fn(&aws_sdk_ec2::types::Placement) -> Option<&String>| text(placement.and_then(part)).into();
    let monitoring = remote.monitoring.as_ref().and_then(|monitoring| monitoring.state.as_ref());
    InstanceArgs {
        ami: text(remote.image_id.as_ref()).into(),
        availability_zone: placed(|placement| placement.availability_zone.as_ref()),
        capacity_reservation_specification: remote
            .capacity_reservation_specification
            .as_ref()
            .map(CapacityReservation::observed)
            .into(),
        cpu_options: remote.cpu_options.as_ref().map(CpuOptions::observed).into(),
        ebs_optimized: remote.ebs_optimized.into(),
        enclave_options: remote.enclave_options.as_ref().map(EnclaveOptions::observed).into(),
        ephemeral_block_device: carried.map_or_else(Filled::unset, |args| args.ephemeral_block_device.clone()),
        force_destroy: carried.is_some_and(|args| args.force_destroy),
        get_password_data: carried.is_some_and(|args| args.get_password_data),
        hibernation: remote.hibernation_options.as_ref().and_then(|options| options.configured).unwrap_or_default(),
        host_id: placed(|placement| placement.host_id.as_ref()),
        host_resource_group_arn: placed(|placement| placement.host_resource_group_arn.as_ref()),
        iam_instance_profile: profile_name(remote).into(),
        instance_type: text(remote.instance_type.as_ref()).into(),
        key_name: text(remote.key_name.as_ref()).into(),
        maintenance_options: remote.maintenance_options.as_ref().map(MaintenanceOptions::observed).into(),
        metadata_options: remote.metadata_options.as_ref().map(MetadataOptions::observed).into(),
        monitoring: monitoring.map(|state| matches!(state, MonitoringState::Enabled | MonitoringState::Pending)).into(),
        placement_group: placed(|placement| placement.group_name.as_ref()),
        placement_group_id: placed(|placement| placement.group_id.as_ref()),
        placement_partition_number: placement.and_then(|placement| placement.partition_number).into(),
        private_dns_name_options: remote.private_dns_name_options.as_ref().map(PrivateDnsNameOptions::observed).into(),
        tenancy: text(placement.and_then(|placement| placement.tenancy.as_ref())).into(),
        user_data_replace_on_change: carried.is_some_and(|args| args.user_data_replace_on_change),
        ..InstanceArgs::default()
    }
}

/// Adds what DescribeInstances tells of the network. The instance's groups and addresses are those of its first
/// interface: others may attach further ones.
fn network(args: &mut InstanceArgs, remote: &Remote, carried: Option<&InstanceArgs>) {
    let first = primary(remote);
    let existing = carried.and_then(|args| args.network_interface.get()).filter(|all| !all.is_empty());
    args.associate_public_ip_address = match carried.map(|args| &args.associate_public_ip_address) {
        Some(known) if known.is_set() => known.clone(),
        Some(_) | None => first
            .map(|first| {
                let owner = first.association.as_ref().and_then(|association| association.ip_owner_id.as_deref());
                owner == Some("amazon")
            })
            .into(),
    };
    if let Some(first) = first {
        let ipv6 = first.ipv6_addresses();
        let addresses: Vec<String> = ipv6.iter().filter_map(|address| address.ipv6_address.clone()).collect();
        args.enable_primary_ipv6 = ipv6.first().and_then(|address| address.is_primary_ipv6).into();
        args.ipv6_address_count = i32::try_from(addresses.len()).ok().into();
        args.ipv6_addresses = addresses.into();
        let secondary = first.private_ip_addresses().iter().filter(|address| address.primary != Some(true));
        let secondary: Set<String> = secondary.filter_map(|address| address.private_ip_address.clone()).collect();
        args.secondary_private_ips = secondary.into();
    }
    let check = first.and_then(|first| first.source_dest_check).or(remote.source_dest_check).unwrap_or(true);
    args.source_dest_check = if existing.is_some() { true } else { check };
    let groups = first.map(|first| first.groups()).filter(|groups| !groups.is_empty());
    let groups = groups.unwrap_or_else(|| remote.security_groups());
    args.vpc_security_group_ids = groups.iter().filter_map(|group| group.group_id.clone()).collect::<Set<_>>().into();
    let by_name = carried.and_then(|args| args.security_groups.get()).is_some_and(|names| !names.is_empty());
    let names = groups.iter().filter(|_| by_name).filter_map(|group| group.group_name.clone());
    args.security_groups = names.collect::<Set<_>>().into();
    args.subnet_id = text(remote.subnet_id.as_ref()).into();
    args.private_ip = text(remote.private_ip_address.as_ref()).into();
    args.network_interface = NetworkInterface::observed(remote, existing).into();
    args.primary_network_interface = PrimaryNetworkInterface::observed(remote);
    let secondary = remote.secondary_interfaces().iter().map(SecondaryNetworkInterface::observed);
    args.secondary_network_interface = secondary.collect::<Set<_>>().into();
}

/// Adds volumes and their tags.
fn storage(aws: &Aws, args: &mut InstanceArgs, remote: &Remote, volumes: &Volumes, carried: Option<&InstanceArgs>) {
    let has_volume_tags = carried.is_some_and(|args| args.volume_tags.is_some());
    let known = carried.and_then(|args| args.ebs_block_device.get());
    let others = others(aws, remote, volumes, known, has_volume_tags);
    let known = carried.and_then(|args| args.root_block_device.get());
    args.root_block_device = root(aws, remote, volumes, known, has_volume_tags);
    args.volume_tags = has_volume_tags.then(|| volume_tags(aws, volumes, &args.root_block_device, &others));
    args.ebs_block_device = others.into();
}

/// Carries what is not asked for while the instance is on its way.
fn carry(args: &mut InstanceArgs, carried: &InstanceArgs) {
    args.credit_specification = carried.credit_specification.clone();
    args.disable_api_stop = carried.disable_api_stop.clone();
    args.disable_api_termination = carried.disable_api_termination.clone();
    args.ebs_block_device = carried.ebs_block_device.clone();
    args.instance_initiated_shutdown_behavior = carried.instance_initiated_shutdown_behavior.clone();
    args.root_block_device = carried.root_block_device.clone();
    args.user_data = carried.user_data.clone();
    args.user_data_base64 = carried.user_data_base64.clone();
    args.volume_tags = carried.volume_tags.clone();
}

/// Adds attributes that DescribeInstances does not tell.
async fn attributes(aws: &Aws, args: &mut InstanceArgs, known: &Known<Instance>) -> CallResult<()> {
    let ask = async |attribute: InstanceAttributeName| {
        let request = aws.ec2().describe_instance_attribute().instance_id(known.id()).attribute(attribute);
        request.send().await.answer()
    };
    let stop = ask(InstanceAttributeName::DisableApiStop).await?.disable_api_stop;
    args.disable_api_stop = stop.and_then(|stop| stop.value).into();
    let termination = ask(InstanceAttributeName::DisableApiTermination).await?.disable_api_termination;
    args.disable_api_termination = termination.and_then(|termination| termination.value).into();
    let behaviour = ask(InstanceAttributeName::InstanceInitiatedShutdownBehavior).await?;
    let behaviour = behaviour.instance_initiated_shutdown_behavior.and_then(|behaviour| behaviour.value);
    args.instance_initiated_shutdown_behavior = behaviour.into();
    let user_data = ask(InstanceAttributeName::UserData).await?.user_data.and_then(|data| data.value);
    user_data_in_known_form(args, known.args(), user_data.filter(|data| !data.is_empty()));
    args.credit_specification = credits(aws, args, known).await?;
    Ok(())
}

/// User data stay in the form that is known, also in that of Terraform's state, which has their hash; else they are text
/// where they can be.
fn user_data_in_known_form(args: &mut InstanceArgs, carried: Option<&InstanceArgs>, remote: Option<String>) {
    let Some(remote) = remote else { return };
    let content = from_base64(&remote);
    let known = carried.and_then(|carried| carried.user_data.as_ref());
    if carried.is_some_and(|carried| carried.user_data_base64.is_set()) {
        args.user_data_base64 = remote.into();
    } else if let Some(known) =
        known.filter(|known| from_base64(known) == content || super::plan::is_hash(known, &content))
    {
        args.user_data = Some(known.clone());
    } else {
        match String::from_utf8(content) {
            Ok(text) => args.user_data = Some(text),
            Err(_) => args.user_data_base64 = remote.into(),
        }
    }
}

/// Only types that save up computing time have credits, and only configured ones are told.
async fn credits(aws: &Aws, args: &InstanceArgs, known: &Known<Instance>) -> CallResult<Option<CreditSpecification>> {
    let is_burstable = args.instance_type.as_deref().is_some_and(|name| name.starts_with('t'));
    let is_wanted = known.args().is_none_or(|args| args.credit_specification.is_some());
    if !is_wanted {
        return Ok(None);
    }
    if !is_burstable {
        return Ok(known.args().and_then(|args| args.credit_specification.clone()));
    }
    let filters = filter("instance-id", vec![known.id().to_owned()]);
    let answer =
        aws.ec2().describe_instance_credit_specifications().set_filters(Some(filters)).send().await.answer()?;
    let found = answer.instance_credit_specifications().first();
    Ok(found.map(|found| CreditSpecification { cpu_credits: text(found.cpu_credits.as_ref()) }))
}
