//! The nodes of managed groups: what EKS asks of instances, templates and Auto Scaling groups.

use super::{About, Issue, NodeGroup};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// Whether the nodes of a group have joined its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// All that are wanted.
    All,
    /// Some are missing: what the health of the group tells, if that stays so.
    NotAll(Vec<Issue>),
}

impl Joined {
    /// Returns what is told of instances that do not join.
    pub fn failure(instance_ids: impl IntoIterator<Item = String>) -> Self {
        let message = "Instances failed to join the kubernetes cluster";
        Self::NotAll(vec![Issue::new("NodeCreationFailure", message, instance_ids)])
    }
}

/// A version of a launch template, as far as EKS looks at it.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// Id of the template.
    pub id: String,
    /// Name of the template.
    pub name: String,
    /// Number of the version.
    pub version: String,
    /// Image.
    pub image_id: Option<String>,
    /// Type of instances.
    pub instance_type: Option<String>,
    /// What a template of a managed group must not hold, where it does.
    pub forbidden: Option<&'static str>,
}

/// Returns the version of a launch template that a request names: the default one where it names none.
///
/// # Errors
/// When it is not there.
pub fn template(_: &Scope<'_>, _: About<'_>, _given: &Tree) -> Result<Template, Fault> {
    Err(Fault::not_modelled("launch templates of node groups"))
}

/// Launches the nodes of a new group.
pub fn launch(_: &mut Scope<'_>, _cluster: &str, _group: &str) {}

/// Returns whether the nodes of a group have joined.
pub fn joined(_: &Scope<'_>, _cluster: &str, _group: &str) -> Joined {
    Joined::All
}

/// Follows a change of a group's sizes.
pub fn resize(_: &mut Scope<'_>, _cluster: &str, _group: &str) {}

/// Replaces the nodes of a group by ones of its present version.
pub fn replace(_: &mut Scope<'_>, _cluster: &str, _group: &str) {}

/// Begins to terminate the nodes of a group.
pub fn terminate(_: &mut Scope<'_>, _cluster: &str, _group: &str) {}

/// Takes away what was made for a group.
pub fn remove(_: &mut Scope<'_>, _cluster: &str, _group: &str) {}

/// Returns the security group that lets people in to a group's nodes.
pub fn remote_access_group(_: &Scope<'_>, _group: &NodeGroup) -> Option<String> {
    None
}

/// Returns how many nodes have joined a cluster, those of managed groups and others.
pub fn count(scope: &Scope<'_>, cluster: &str) -> usize {
    let groups = scope.eks().clusters.get(cluster).into_iter().flat_map(|cluster| cluster.node_groups.values());
    let active = groups.filter(|group| group.is_active());
    active.map(|group| usize::try_from(group.scaling.desired).unwrap_or(0)).sum()
}
