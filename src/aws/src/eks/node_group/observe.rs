//! What DescribeNodegroup tells.

use aws_sdk_eks::types::{Nodegroup as Remote, NodegroupStatus};
use landfall_provider::{Known, Object, Observed, Phase, Set};

use super::blocks::{
    LaunchTemplate, NodeRepairConfig, RemoteAccess, Resources, ScalingConfig, Taint, UpdateConfig, WarmPoolConfig,
};
use super::{NodeGroup, NodeGroupArgs, NodeGroupAttrs};
use crate::client::Aws;
use crate::names::prefix_of;

/// Returns the group as an object.
pub fn observed(aws: &Aws, known: &Known<NodeGroup>, remote: Remote) -> Observed<NodeGroup> {
    let phase = phase(&remote);
    let carried = known.args();
    let tags = remote.tags.unwrap_or_default().into_iter().collect();
    let name = remote.nodegroup_name.unwrap_or_default();
    let scaling = remote.scaling_config.as_ref().map(ScalingConfig::observed);
    let templated = remote.launch_template.is_some();
    let args = NodeGroupArgs {
        cluster_name: remote.cluster_name.unwrap_or_default(),
        node_group_name_prefix: prefix_of(&name),
        node_group_name: name.into(),
        node_role_arn: remote.node_role.unwrap_or_default(),
        subnet_ids: Set::from(remote.subnets.unwrap_or_default()),
        scaling_config: scaling.unwrap_or(ScalingConfig { desired_size: 0, max_size: 0, min_size: 0 }),
        ami_type: remote.ami_type.as_ref().map(|kind| kind.as_str().to_owned()).into(),
        capacity_type: remote.capacity_type.as_ref().map(|kind| kind.as_str().to_owned()).into(),
        disk_size: remote.disk_size.filter(|_| !templated).into(),
        force_update_version: carried.is_some_and(|args| args.force_update_version),
        instance_types: remote.instance_types.into(),
        labels: remote.labels.filter(|labels| !labels.is_empty()).map(|labels| labels.into_iter().collect()),
        launch_template: remote.launch_template.map(LaunchTemplate::observed),
        node_repair_config: remote.node_repair_config.map(NodeRepairConfig::observed).into(),
        release_version: remote.release_version.into(),
        // With a launch template, access and disk are the template's, whatever else the answer says.
        remote_access: remote.remote_access.filter(|_| !templated).map(RemoteAccess::observed),
        taint: remote.taints.unwrap_or_default().into_iter().map(Taint::observed).collect(),
        update_config: remote.update_config.as_ref().map(UpdateConfig::observed).into(),
        version: remote.version.into(),
        warm_pool_config: remote.warm_pool_config.as_ref().and_then(WarmPoolConfig::observed),
        tags: aws.tag_rules().observed(tags, carried.map(|args| &args.tags)),
    };
    let attrs = NodeGroupAttrs {
        arn: remote.nodegroup_arn.unwrap_or_default(),
        resources: remote.resources.map(Resources::observed).into_iter().collect(),
        status: remote.status.as_ref().map_or("", NodegroupStatus::as_str).to_owned(),
    };
    Observed::There { phase, object: Object { id: known.id().to_owned(), args, attrs, private: None } }
}

/// A degraded group has nodes and goes on; one that could not be made or removed does not.
fn phase(remote: &Remote) -> Phase {
    let issues = remote.health.iter().flat_map(|health| health.issues());
    let reasons: Vec<String> = issues
        .map(|issue| {
            let code = issue.code.as_ref().map_or("", |code| code.as_str());
            let resources = issue.resource_ids().join(", ");
            format!("{code}: {} ({resources})", issue.message.as_deref().unwrap_or_default())
        })
        .collect();
    match &remote.status {
        Some(NodegroupStatus::Active | NodegroupStatus::Degraded) | None => Phase::Ready,
        Some(status @ (NodegroupStatus::CreateFailed | NodegroupStatus::DeleteFailed)) => {
            Phase::Failed(format!("{status}: {}", reasons.join("; ")))
        }
        Some(status) => Phase::Pending(status.to_string()),
    }
}
