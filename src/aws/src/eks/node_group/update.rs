//! Updates of a node group: image and template first, then everything else in one call.

use aws_sdk_eks::types::{UpdateLabelsPayload, UpdateTaintsPayload};
use landfall_provider::{CallResult, Change, Object, Step};

use super::blocks::{LaunchTemplate, NodeRepairConfig, Taint, UpdateConfig, WarmPoolConfig};
use super::{NodeGroup, NodeGroupArgs};
use crate::client::Aws;
use crate::eks::update::running;
use crate::error::Answer;

/// Makes the next call that is needed; nothing if the group is as planned but for its tags.
///
/// # Errors
/// What the call failed with.
pub async fn next(aws: &Aws, change: &Change<'_, NodeGroup>, there: &Object<NodeGroup>) -> CallResult<Option<Step>> {
    let template = change.wants(there, |args| &args.launch_template);
    let version = change.wants(there, |args| &args.version);
    let release = change.wants(there, |args| &args.release_version);
    if template || version || release {
        let planned = change.planned;
        let answer = aws
            .eks()
            .update_nodegroup_version()
            .cluster_name(&planned.cluster_name)
            .set_nodegroup_name(planned.node_group_name.to_option())
            .force(planned.force_update_version)
            .set_launch_template(planned.launch_template.as_ref().filter(|_| template).map(LaunchTemplate::request))
            .set_release_version(planned.release_version.to_option().filter(|_| release))
            .set_version(planned.version.to_option().filter(|_| version))
            .send()
            .await
            .answer()?;
        return running(answer.update).map(Some);
    }
    settings(aws, change, there).await
}

async fn settings(aws: &Aws, change: &Change<'_, NodeGroup>, there: &Object<NodeGroup>) -> CallResult<Option<Step>> {
    let planned = change.planned;
    let labels = change.wants(there, |args| &args.labels).then(|| label_changes(&there.args, planned));
    let taints = change.wants(there, |args| &args.taint).then(|| taint_changes(&there.args, planned));
    let scaling = change.wants(there, |args| &args.scaling_config).then(|| planned.scaling_config.request());
    let changes_update = change.wants(there, |args| &args.update_config);
    let update = planned.update_config.get().filter(|_| changes_update).map(UpdateConfig::request);
    let changes_repair = change.wants(there, |args| &args.node_repair_config);
    let repair = planned.node_repair_config.get().filter(|_| changes_repair).map(NodeRepairConfig::request);
    let warm_pool = change.wants(there, |args| &args.warm_pool_config).then(|| match &planned.warm_pool_config {
        Some(config) => config.request(),
        None => WarmPoolConfig::none(),
    });
    let is_same = labels.is_none()
        && taints.is_none()
        && scaling.is_none()
        && update.is_none()
        && repair.is_none()
        && warm_pool.is_none();
    if is_same {
        return Ok(None);
    }
    let answer = aws
        .eks()
        .update_nodegroup_config()
        .cluster_name(&planned.cluster_name)
        .set_nodegroup_name(planned.node_group_name.to_option())
        .set_labels(labels)
        .set_taints(taints)
        .set_scaling_config(scaling)
        .set_update_config(update)
        .set_node_repair_config(repair)
        .set_warm_pool_config(warm_pool)
        .send()
        .await
        .answer()?;
    running(answer.update).map(Some)
}

fn label_changes(there: &NodeGroupArgs, planned: &NodeGroupArgs) -> UpdateLabelsPayload {
    let empty = Default::default();
    let (old, new) = (there.labels.as_ref().unwrap_or(&empty), planned.labels.as_ref().unwrap_or(&empty));
    let set = new.iter().filter(|(key, value)| old.get(*key) != Some(value));
    let removed: Vec<String> = old.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
    UpdateLabelsPayload::builder()
        .set_add_or_update_labels(Some(set.map(|(key, value)| (key.clone(), value.clone())).collect()))
        .set_remove_labels((!removed.is_empty()).then_some(removed))
        .build()
}

/// EKS tells taints by key and effect: a new value is an update, not a removal.
fn taint_changes(there: &NodeGroupArgs, planned: &NodeGroupArgs) -> UpdateTaintsPayload {
    let set: Vec<_> = planned.taint.minus(&there.taint).map(Taint::request).collect();
    let is_kept = |old: &Taint| planned.taint.iter().any(|new| new.key == old.key && new.effect == old.effect);
    let removed: Vec<_> = there.taint.iter().filter(|old| !is_kept(old)).map(Taint::request).collect();
    UpdateTaintsPayload::builder()
        .set_add_or_update_taints((!set.is_empty()).then_some(set))
        .set_remove_taints((!removed.is_empty()).then_some(removed))
        .build()
}
