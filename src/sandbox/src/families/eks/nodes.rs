//! The nodes of managed groups: what EKS asks of instances, templates and Auto Scaling groups.

use super::{About, Issue, NodeGroup};
use crate::families::ec2::launch_template::missing_version;
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

/// What a template of a managed group must not hold, by member.
const FORBIDDEN: &[(&str, &str)] = &[
    ("IamInstanceProfile", "an instance profile"),
    ("InstanceInitiatedShutdownBehavior", "a shutdown behavior"),
    ("HibernationOptions", "hibernation options"),
    ("InstanceMarketOptions", "market options"),
    ("SubnetId", "a subnet"),
];

/// Returns the version of a launch template that a request names: the default one where it names none.
///
/// # Errors
/// When it is not there.
pub fn template(scope: &Scope<'_>, about: About<'_>, given: &Tree) -> Result<Template, Fault> {
    let refuse = |fault: &Fault| match fault.worded("ec2") {
        Fault::Coded { message, .. } => about.invalid_parameter(message),
        other => other,
    };
    let found = scope.ec2().launch_template(given.text("id")?, given.text("name")?);
    let (id, template) = found.map_err(|fault| refuse(&fault))?;
    let asked = given.text("version")?;
    let missing = || refuse(&missing_version(id, asked.unwrap_or_default()));
    let number = template.number_of(asked).ok_or_else(missing)?;
    let data = template.versions.get(&number).map(|version| &version.data).ok_or_else(missing)?;
    let has_subnet = data.list_at("NetworkInterface").iter().any(|interface| interface.has("SubnetId"));
    let forbidden = FORBIDDEN.iter().find(|(member, _)| data.has(member)).map(|(_, what)| *what);
    Ok(Template {
        id: id.to_owned(),
        name: template.name.clone(),
        version: number.to_string(),
        image_id: data.text("ImageId")?.map(str::to_owned),
        instance_type: data.text("InstanceType")?.map(str::to_owned),
        forbidden: forbidden.or(has_subnet.then_some("a subnet in a network interface")),
    })
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
