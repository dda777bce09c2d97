//! Managed node groups. Their instances are the business of [`nodes`](super::nodes).

mod checks;
mod create;
mod images;
mod update;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use checks::{Scaling, Taint};
pub(super) use images::newest as newest_image;
pub(super) use update::{Change, apply, obstacles};

use super::nodes::{self, Joined};
use super::token::Token;
use super::update::Subject;
use super::{About, Cluster, Issue, PAGING, issue};
use crate::families::page::page;
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        write("CreateNodegroup", create::MEMBERS, create::create),
        read("DescribeNodegroup", &["clusterName", "nodegroupName"], describe),
        read("ListNodegroups", &["clusterName", "maxResults", "nextToken"], list),
        write("UpdateNodegroupConfig", update::CONFIG_MEMBERS, update::config),
        write("UpdateNodegroupVersion", update::VERSION_MEMBERS, update::version),
        write("DeleteNodegroup", &["clusterName", "nodegroupName"], delete),
    ],
    events: &[
        Event { name: "eks.node-group-check", happen: check },
        Event { name: "eks.node-group-gone", happen: gone },
        Event { name: nodes::LAUNCH, happen: nodes::launch_now },
        Event { name: nodes::SURGED, happen: nodes::surged },
        Event { name: nodes::ARRIVE, happen: nodes::arrive },
        Event { name: nodes::ANSWER, happen: nodes::answer },
    ],
};

/// When a new group is looked at first, and how often after that.
const FIRST_CHECK: Duration = Duration::from_secs(150);
const NEXT_CHECK: Duration = Duration::from_secs(60);
/// When a group whose nodes have not joined is given up.
const GIVEN_UP: Duration = Duration::from_secs(20 * 60);
/// How long it takes to drain and to terminate nodes.
const GONE: Duration = Duration::from_secs(3 * 60);

/// A managed node group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeGroup {
    /// Its ARN.
    pub arn: String,
    /// UUID in the names of what EKS makes for it.
    pub uuid: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed.
    pub modified: Timestamp,
    /// How far it is; whether it is being updated is told by the cluster's updates.
    pub status: Status,
    /// What is wrong with it.
    pub issues: Vec<Issue>,
    /// Kubernetes version of its nodes.
    pub version: String,
    /// Release of its images, or the image where the template has one.
    pub release: String,
    /// Role of its nodes.
    pub role_arn: String,
    /// Subnets of its nodes.
    pub subnet_ids: Vec<String>,
    /// Types that the request names.
    pub instance_types: Vec<String>,
    /// `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`.
    pub capacity_type: String,
    /// Kind of image, such as `AL2023_x86_64_STANDARD`.
    pub ami_type: String,
    /// Size of the root volume; the template has it where there is one.
    pub disk_gib: Option<i64>,
    /// Sizes.
    pub scaling: Scaling,
    /// Labels of its nodes.
    pub labels: BTreeMap<String, String>,
    /// Taints of its nodes.
    pub taints: Vec<Taint>,
    /// Its launch template, with the number of the version.
    pub template: Option<TemplateUse>,
    /// `remoteAccess`, as it was asked for.
    pub remote_access: Option<Tree>,
    /// `updateConfig`.
    pub update_config: Tree,
    /// `nodeRepairConfig`, as it was asked for.
    pub repair_config: Option<Tree>,
    /// `warmPoolConfig`, as it was asked for.
    pub warm_pool: Option<Tree>,
    /// Why its nodes could not be launched at all.
    #[serde(default)]
    pub launch_failure: Option<Issue>,
    /// How its nodes are being replaced.
    #[serde(default)]
    pub roll: Option<nodes::Roll>,
    token: Token,
    is_doomed: bool,
}

/// A version of a launch template that a group uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateUse {
    /// Id of the template.
    pub id: String,
    /// Name of the template.
    pub name: String,
    /// Number of the version.
    pub version: String,
}

/// How far a node group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Its nodes are on their way.
    Creating,
    /// It is there.
    Active,
    /// Its nodes did not join.
    CreateFailed,
    /// Something is wrong with it.
    Degraded,
    /// It is being deleted.
    Deleting,
}

impl NodeGroup {
    /// Returns the name of its Auto Scaling group.
    pub fn auto_scaling_group(&self, name: &str) -> String {
        format!("eks-{name}-{}", self.uuid)
    }

    /// Returns whether the group is there, with all that it needs.
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// Returns whether the group is on its way out.
    pub fn is_deleting(&self) -> bool {
        self.status == Status::Deleting
    }

    /// Returns whether the template names the image.
    pub fn has_custom_image(&self) -> bool {
        self.ami_type == "CUSTOM"
    }

    /// Returns the type of its role's access entry.
    pub fn entry_type(&self) -> &'static str {
        if self.ami_type.starts_with("WINDOWS") { "EC2_WINDOWS" } else { "EC2_LINUX" }
    }
}

impl Cluster {
    /// Returns a node group.
    ///
    /// # Errors
    /// When it is not there.
    pub fn node_group(&self, name: &str) -> Result<&NodeGroup, Fault> {
        self.node_groups.get(name).ok_or_else(|| {
            About::node_group(&self.name, name).not_found(format!("No node group found for name: {name}."))
        })
    }
}

fn change(scope: &mut Scope<'_>, cluster: &str, group: &str, change: impl FnOnce(&mut NodeGroup)) {
    let cluster = scope.eks_mut().clusters.get_mut(cluster);
    if let Some(group) = cluster.and_then(|cluster| cluster.node_groups.get_mut(group)) {
        change(group);
    }
}

/// The nodes of a new group have joined, or not yet, or never will.
fn check(scope: &mut Scope<'_>, subject: &str) {
    let Some((name, group_name)) = subject.split_once('/') else { return };
    let Some(cluster) = scope.eks().clusters.get(name) else { return };
    let Some(group) = cluster.node_groups.get(group_name).filter(|group| group.status == Status::Creating) else {
        return;
    };
    let (age, is_doomed) = (scope.now.since(group.created), group.is_doomed);
    let joined = if is_doomed { Joined::failure() } else { nodes::joined(scope, name, group_name) };
    match joined {
        Joined::All => change(scope, name, group_name, |group| group.status = Status::Active),
        Joined::NotAll(issues) if age >= GIVEN_UP => change(scope, name, group_name, |group| {
            group.status = Status::CreateFailed;
            group.issues = issues;
        }),
        Joined::NotAll(_) => scope.later(NEXT_CHECK, "eks.node-group-check", subject),
    }
}

/// Returns the status of a group as AWS names it.
pub fn status_name(scope: &Scope<'_>, cluster: &Cluster, name: &str, group: &NodeGroup) -> &'static str {
    let is_updated = || cluster.running_update(&Subject::NodeGroup(name.to_owned())).is_some();
    match group.status {
        Status::Creating => "CREATING",
        Status::Active | Status::Degraded if is_updated() => "UPDATING",
        Status::Active if nodes::loss(scope, name, group).is_some() => "DEGRADED",
        Status::Active => "ACTIVE",
        Status::CreateFailed => "CREATE_FAILED",
        Status::Degraded => "DEGRADED",
        Status::Deleting => "DELETING",
    }
}

fn shown(scope: &Scope<'_>, cluster: &Cluster, name: &str, group: &NodeGroup) -> Tree {
    let issues: Vec<Issue> = group.issues.iter().cloned().chain(nodes::loss(scope, name, group)).collect();
    let asg = tree! { "name": group.auto_scaling_group(name) };
    let template = group.template.as_ref().map(|template| {
        tree! { "name": &template.name, "id": &template.id, "version": &template.version }
    });
    let types = (!group.instance_types.is_empty()).then(|| Tree::list(&group.instance_types));
    let labels = group.labels.iter().map(|(key, value)| (key.clone(), Tree::from(value)));
    let is_made = group.status != Status::Creating || scope.now.since(group.created) >= Duration::from_secs(20);
    let resources = tree! {
        "autoScalingGroups": Tree::list([asg]),
        "remoteAccessSecurityGroup": nodes::remote_access_group(scope, group),
    };
    tree! {
        "nodegroupName": name,
        "nodegroupArn": &group.arn,
        "clusterName": &cluster.name,
        "version": &group.version,
        "releaseVersion": &group.release,
        "createdAt": group.created,
        "modifiedAt": group.modified,
        "status": status_name(scope, cluster, name, group),
        "capacityType": &group.capacity_type,
        "scalingConfig": nodes::sizes(scope, name, group).shown(),
        "instanceTypes": types,
        "subnets": Tree::list(&group.subnet_ids),
        "remoteAccess": group.remote_access.as_ref(),
        "amiType": &group.ami_type,
        "nodeRole": &group.role_arn,
        "labels": Tree::Object(labels.collect()),
        "taints": (!group.taints.is_empty()).then(|| Tree::list(group.taints.iter().map(Taint::shown))),
        "resources": is_made.then_some(resources),
        "diskSize": group.disk_gib,
        "health": issue::health(&issues),
        "updateConfig": &group.update_config,
        "nodeRepairConfig": group.repair_config.as_ref(),
        "warmPoolConfig": group.warm_pool.as_ref(),
        "launchTemplate": template,
        "tags": scope.eks().tags_of(&group.arn),
    }
}

fn answer(scope: &Scope<'_>, cluster: &str, name: &str) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(cluster)?;
    Ok(tree! { "nodegroup": shown(scope, cluster, name, cluster.node_group(name)?) })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    answer(scope, input.need("clusterName")?, input.need("nodegroupName")?)
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    let page = page(&PAGING, input, cluster.node_groups.keys())?;
    Ok(tree! { "nodegroups": Tree::list(page.items), "nextToken": page.next })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, input.need("nodegroupName")?);
    let cluster = scope.eks().cluster(cluster_name)?;
    let group = cluster.node_group(name)?;
    if group.status == Status::Deleting {
        return answer(scope, cluster_name, name);
    }
    if let Some(update) = cluster.running_update(&Subject::NodeGroup(name.to_owned())) {
        let message = format!("Nodegroup {name} cannot be deleted while update {} is in progress", update.id);
        return Err(About::node_group(cluster_name, name).in_use(message));
    }
    change(scope, cluster_name, name, |group| group.status = Status::Deleting);
    nodes::terminate(scope, cluster_name, name);
    scope.later(GONE, "eks.node-group-gone", &format!("{cluster_name}/{name}"));
    answer(scope, cluster_name, name)
}

/// A group is gone. The access entry of its role stays.
fn gone(scope: &mut Scope<'_>, subject: &str) {
    let Some((cluster, name)) = subject.split_once('/') else { return };
    let is_deleting =
        |cluster: &Cluster| cluster.node_groups.get(name).is_some_and(|group| group.status == Status::Deleting);
    if !scope.eks().clusters.get(cluster).is_some_and(is_deleting) {
        return;
    }
    nodes::remove(scope, cluster, name);
    let store = scope.eks_mut();
    let Some(cluster) = store.clusters.get_mut(cluster) else { return };
    cluster.updates.retain(|update| update.of != Subject::NodeGroup(name.to_owned()));
    if let Some(group) = cluster.node_groups.remove(name) {
        store.tags.remove(&group.arn);
    }
}

#[cfg(test)]
mod tests;
