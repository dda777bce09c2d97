//! DeleteCluster.

use std::time::Duration;

use super::super::{About, update};
use super::shown::shown;
use super::{Status, footprint};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// How long it takes.
const GONE: Duration = Duration::from_secs(3 * 60);
/// After which time the last log lines of a cluster arrive, and make its log group again where it was deleted.
const LAST_LOG: Duration = Duration::from_secs(60);

pub fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("name")?;
    let cluster = scope.eks().cluster(name)?;
    if cluster.status == Status::Deleting {
        return Ok(tree! { "cluster": shown(scope, cluster) });
    }
    if let Some(group) = cluster.node_groups.keys().next() {
        return Err(About::node_group(name, group).in_use("Cluster has nodegroups attached"));
    }
    if !cluster.fargate_profiles.is_empty() {
        return Err(cluster.about().in_use("Cluster has Fargate profiles attached"));
    }
    if let Some(update) = cluster.running_update(&update::Subject::Cluster) {
        let id = &update.id;
        let message = format!("Cannot delete cluster because cluster {name} currently has update {id} in progress");
        return Err(cluster.about().in_use(message));
    }
    if cluster.is_protected && cluster.status == Status::Active {
        let message = format!("Cluster {name} cannot be deleted because deletion protection is enabled");
        return Err(cluster.about().invalid_request(message));
    }
    scope.eks_mut().cluster_mut(name)?.status = Status::Deleting;
    scope.later(GONE, "eks.cluster-gone", name);
    Ok(tree! { "cluster": shown(scope, scope.eks().cluster(name)?) })
}

/// The cluster goes, and takes its own with it.
pub fn gone(scope: &mut Scope<'_>, name: &str) {
    if !scope.eks().cluster(name).is_ok_and(|cluster| cluster.status == Status::Deleting) {
        return;
    }
    let store = scope.eks_mut();
    store.forget_tags_of_cluster(name);
    if let Some(cluster) = store.clusters.remove(name) {
        footprint::remove(scope, &cluster);
        if !cluster.log_types.is_empty() {
            scope.later(LAST_LOG, "eks.cluster-last-log", name);
        }
    }
}

/// What the control plane had left to say is written.
pub fn last_log(scope: &mut Scope<'_>, name: &str) {
    footprint::open_log(scope, name);
}
