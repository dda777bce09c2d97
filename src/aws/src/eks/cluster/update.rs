//! Changes of a cluster: EKS takes one at a time.

use aws_sdk_eks::operation::update_cluster_config::builders::UpdateClusterConfigFluentBuilder;
use aws_sdk_eks::types::{KubernetesNetworkConfigRequest, UpdateAccessConfigRequest, VpcConfigRequest};
use landfall_provider::{CallResult, Change, Filled, Object, Set, Step};

use super::blocks::{
    ComputeConfig, ControlPlaneScalingConfig, RemoteNetworkConfig, StorageConfig, Switch, ZonalShiftConfig, logging,
};
use super::{Cluster, ClusterArgs};
use crate::client::Aws;
use crate::eks::update::running;
use crate::error::Answer;

/// Makes the first call that is still to be made; `None` if none is.
pub async fn next(aws: &Aws, change: &Change<'_, Cluster>, there: &Object<Cluster>) -> CallResult<Option<Step>> {
    let planned = change.planned;
    if change.wants(there, |args| &args.version)
        && let Some(version) = planned.version.get()
    {
        let request = aws.eks().update_cluster_version().name(&there.id).version(version);
        let request = if planned.force_update_version { request.force(true) } else { request };
        return running(request.send().await.answer()?.update).map(Some);
    }
    if change.wants(there, |args| &args.encryption_config)
        && let (Some(config), None) = (&planned.encryption_config, &there.args.encryption_config)
    {
        let request = aws.eks().associate_encryption_config().cluster_name(&there.id);
        let answer = request.encryption_config(config.request()).send().await.answer()?;
        return running(answer.update).map(Some);
    }
    let request = aws.eks().update_cluster_config().name(&there.id);
    match settings(request, change, there) {
        Some(request) => running(request.send().await.answer()?.update).map(Some),
        None => Ok(None),
    }
}

/// Puts the first group of settings that differs into the request: EKS refuses two in one call.
fn settings(
    request: UpdateClusterConfigFluentBuilder,
    change: &Change<'_, Cluster>,
    there: &Object<Cluster>,
) -> Option<UpdateClusterConfigFluentBuilder> {
    let planned = change.planned;
    let wants = |same: fn(&ClusterArgs, &ClusterArgs) -> bool| change.wants_unless(there, same);
    if wants(|a, b| authentication_mode(a) == authentication_mode(b))
        && let Some(mode) = authentication_mode(planned)
    {
        return Some(
            request.access_config(UpdateAccessConfigRequest::builder().authentication_mode(mode.into()).build()),
        );
    }
    if wants(|a, b| auto_mode(a) == auto_mode(b)) {
        return Some(auto_mode_request(request, planned));
    }
    if wants(|a, b| tier(a) == tier(b)) && tier(planned).is_some() {
        let scaling = planned.control_plane_scaling_config.get().map(ControlPlaneScalingConfig::request);
        return Some(request.set_control_plane_scaling_config(scaling));
    }
    if change.wants(there, |args| &args.deletion_protection)
        && let Some(is_protected) = planned.deletion_protection.to_option()
    {
        return Some(request.deletion_protection(is_protected));
    }
    if wants(|a, b| log_types(a) == log_types(b)) {
        return Some(request.logging(logging(&log_types(planned))));
    }
    if change.wants(there, |args| &args.remote_network_config) {
        let none = RemoteNetworkConfig { remote_node_networks: None, remote_pod_networks: None };
        return Some(request.remote_network_config(planned.remote_network_config.as_ref().unwrap_or(&none).request()));
    }
    if wants(|a, b| support_type(a) == support_type(b))
        && let Some(policy) = planned.upgrade_policy.get().filter(|policy| policy.support_type.is_set())
    {
        return Some(request.upgrade_policy(policy.request()));
    }
    if let Some(network) = network(change, there) {
        return Some(request.resources_vpc_config(network));
    }
    if wants(|a, b| shifts(a) == shifts(b)) {
        return Some(request.zonal_shift_config(ZonalShiftConfig { enabled: shifts(planned) }.request()));
    }
    None
}

/// Endpoint, subnets and security groups go in a call each.
fn network(change: &Change<'_, Cluster>, there: &Object<Cluster>) -> Option<VpcConfigRequest> {
    let wants = |same: fn(&ClusterArgs, &ClusterArgs) -> bool| change.wants_unless(there, same);
    let (planned, request) = (&change.planned.vpc_config, VpcConfigRequest::builder());
    let request = if wants(|a, b| endpoint(a) == endpoint(b)) {
        request
            .endpoint_private_access(planned.endpoint_private_access)
            .endpoint_public_access(planned.endpoint_public_access)
            .set_public_access_cidrs(planned.public_access_cidrs.to_option().map(Set::into_vec))
    } else if wants(|a, b| a.vpc_config.control_plane_egress_mode == b.vpc_config.control_plane_egress_mode)
        && let Some(mode) = planned.control_plane_egress_mode.as_deref()
    {
        request.control_plane_egress_mode(mode.into())
    } else if wants(|a, b| a.vpc_config.subnet_ids == b.vpc_config.subnet_ids) {
        request.set_subnet_ids(Some(planned.subnet_ids.to_vec()))
    } else if wants(|a, b| security_groups(a) == security_groups(b)) {
        request.set_security_group_ids(Some(security_groups(change.planned).to_vec()))
    } else {
        return None;
    };
    Some(request.build())
}

/// The three parts of auto mode change together.
fn auto_mode_request(
    request: UpdateClusterConfigFluentBuilder,
    planned: &ClusterArgs,
) -> UpdateClusterConfigFluentBuilder {
    let switch = planned.kubernetes_network_config.get().and_then(|network| network.elastic_load_balancing.get());
    let network = switch.map(|switch| {
        KubernetesNetworkConfigRequest::builder().elastic_load_balancing(switch.load_balancing()).build()
    });
    request
        .set_compute_config(planned.compute_config.get().map(ComputeConfig::request))
        .set_kubernetes_network_config(network)
        .set_storage_config(planned.storage_config.get().map(StorageConfig::request))
}

fn authentication_mode(args: &ClusterArgs) -> Option<&str> {
    args.access_config.get()?.authentication_mode.as_deref()
}

fn auto_mode(args: &ClusterArgs) -> (bool, Set<String>, Option<&str>, bool, bool) {
    let compute = args.compute_config.get();
    let network = args.kubernetes_network_config.get();
    (
        compute.is_some_and(|compute| is_on(&compute.enabled)),
        compute.and_then(|compute| compute.node_pools.clone()).unwrap_or_default(),
        compute.and_then(|compute| compute.node_role_arn.as_deref()),
        network.and_then(|network| network.elastic_load_balancing.get()).is_some_and(is_switched_on),
        args.storage_config.get().and_then(|storage| storage.block_storage.as_ref()).is_some_and(is_switched_on),
    )
}

fn is_switched_on(switch: &Switch) -> bool {
    is_on(&switch.enabled)
}

fn is_on(enabled: &Filled<bool>) -> bool {
    enabled.get() == Some(&true)
}

fn tier(args: &ClusterArgs) -> Option<&str> {
    args.control_plane_scaling_config.get()?.tier.as_deref()
}

fn log_types(args: &ClusterArgs) -> Set<String> {
    args.enabled_cluster_log_types.clone().unwrap_or_default()
}

fn support_type(args: &ClusterArgs) -> Option<&str> {
    args.upgrade_policy.get()?.support_type.as_deref()
}

/// Networks mean nothing where the public endpoint is off.
fn endpoint(args: &ClusterArgs) -> (bool, bool, Option<&Set<String>>) {
    let network = &args.vpc_config;
    let cidrs = network.public_access_cidrs.get().filter(|_| network.endpoint_public_access);
    (network.endpoint_private_access, network.endpoint_public_access, cidrs)
}

fn security_groups(args: &ClusterArgs) -> Set<String> {
    args.vpc_config.security_group_ids.clone().unwrap_or_default()
}

fn shifts(args: &ClusterArgs) -> bool {
    args.zonal_shift_config.as_ref().is_some_and(|config| config.enabled)
}
