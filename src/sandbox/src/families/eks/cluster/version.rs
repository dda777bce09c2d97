//! UpdateClusterVersion: up by one minor, or back by one within seven days.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::update::{self, Start, Subject};
use super::super::versions::{self, Minor, Support};
use super::{Cluster, footprint};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree::Tree;

/// How long it takes.
const TAKES: Duration = Duration::from_secs(10 * 60);
/// How long a cluster may go back after an upgrade.
const MAY_GO_BACK: Duration = Duration::from_secs(7 * 24 * 3600);
/// How many minors a kubelet may be behind.
const SKEW: u32 = 3;

/// An upgrade that has been.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upgrade {
    /// Version before it.
    pub from: String,
    /// When it was over.
    pub at: Timestamp,
}

/// What an update does when it is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    version: String,
    platform_version: String,
    is_rollback: bool,
}

pub fn update(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("name")?;
    let text = input.need("version")?;
    let is_forced = input.bool("force")?.unwrap_or_default();
    if let Some(answer) = update::repeated(scope, name, input)? {
        return Ok(answer);
    }
    let cluster = scope.eks().cluster(name)?;
    let to = versions::checked(cluster.about(), Some(text), scope.now)?;
    let from: Minor = cluster.version.parse().unwrap_or(to);
    let is_rollback = from.0 == to.0 + 1;
    let kind = if is_rollback { "VersionRollback" } else { "VersionUpdate" };
    cluster.check_free(kind)?;
    if is_rollback {
        check_rollback(scope, cluster, to, is_forced)?;
    } else if to.0 != from.0 + 1 {
        let message = format!("Unsupported Kubernetes minor version update from {from} to {to}");
        return Err(cluster.about().invalid_parameter(message));
    } else {
        check_skew(cluster, from, to)?;
    }
    let platform_version = versions::platform(to, scope.now);
    let params = vec![("Version", to.to_string()), ("PlatformVersion", platform_version.clone())];
    let change = update::Change::Version(Change { version: to.to_string(), platform_version, is_rollback });
    let start = Start { cluster: name, of: Subject::Cluster, kind, params, change, takes: TAKES };
    update::begin(scope, start, input)
}

fn minors(cluster: &Cluster) -> impl Iterator<Item = (&str, Minor)> {
    let groups = cluster.node_groups.iter();
    groups.filter_map(|(name, group)| Some((name.as_str(), group.version.parse().ok()?)))
}

/// Kubelets of managed groups may not be too far behind.
fn check_skew(cluster: &Cluster, from: Minor, to: Minor) -> Result<(), Fault> {
    let late: Vec<_> =
        minors(cluster).filter(|(_, version)| version.0 + SKEW < to.0).map(|(name, _)| name.to_owned()).collect();
    if late.is_empty() {
        return Ok(());
    }
    let message = format!(
        "Nodegroups {} must be updated to match cluster version {from} before updating cluster version to {to}",
        late.join(", ")
    );
    Err(cluster.about().invalid_request(message))
}

fn check_rollback(scope: &Scope<'_>, cluster: &Cluster, to: Minor, is_forced: bool) -> Result<(), Fault> {
    let refuse = |why: String| Err(cluster.about().invalid_state(format!("Cannot roll back the cluster: {why}")));
    let name = &cluster.name;
    match &cluster.upgrade {
        None => return refuse(format!("{name} was not upgraded from {to}")),
        Some(upgrade) if upgrade.from != to.to_string() => return refuse(format!("{name} was not upgraded from {to}")),
        Some(upgrade) if scope.now.since(upgrade.at) > MAY_GO_BACK => {
            return refuse(format!("{name} was upgraded more than 7 days ago"));
        }
        Some(_) => {}
    }
    if versions::support(to, scope.now) == Some(Support::Extended) && cluster.support_type != "EXTENDED" {
        return refuse(format!("{to} is in extended support, and the upgrade policy is {}", cluster.support_type));
    }
    if let Some((group, version)) = minors(cluster).find(|(_, version)| *version > to) {
        return refuse(format!("node group {group} has version {version}; roll it back first"));
    }
    if !is_forced && !cluster.fargate_profiles.is_empty() {
        return refuse("Fargate pods may have the newer version; use force after they are gone".to_owned());
    }
    Ok(())
}

/// The control plane has its new version, and new interfaces.
pub fn apply(scope: &mut Scope<'_>, name: &str, change: Change) {
    let now = scope.now;
    let Ok(cluster) = scope.eks_mut().cluster_mut(name) else { return };
    let from = std::mem::replace(&mut cluster.version, change.version);
    cluster.platform_version = change.platform_version;
    cluster.upgrade = (!change.is_rollback).then_some(Upgrade { from, at: now });
    footprint::make_interfaces(scope, name);
}
