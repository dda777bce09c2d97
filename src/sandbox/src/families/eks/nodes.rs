//! The nodes of managed groups: what EKS asks of instances, templates and Auto Scaling groups.

mod hooks;
mod made;
mod network;
mod roll;
mod user_data;

use std::time::Duration;

pub use hooks::held;
pub(super) use hooks::{ANSWER, answer};
pub(super) use network::{ARRIVE, arrive};
pub use network::{ending, launched};
pub use roll::Roll;
pub(super) use roll::{SURGED, begin as begin_roll, finish as finish_roll, surged};

use super::join::{Verdict, meant, verdict};
use super::node_group::Scaling;
use super::{About, Cluster, Issue, NodeGroup};
use crate::families::autoscaling::{self, Group, Member};
use crate::families::ec2::launch_template::missing_version;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
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
    /// Returns what is told where no instance is to join.
    pub fn failure() -> Self {
        Self::NotAll(vec![not_joined(Vec::new())])
    }
}

fn not_joined(instance_ids: Vec<String>) -> Issue {
    Issue::new("NodeCreationFailure", "Instances failed to join the kubernetes cluster", instance_ids)
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
    let refuse = |fault: &Fault| about.invalid_parameter(fault.message("ec2"));
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

/// The instance profile of a new group is known everywhere: its nodes can be launched.
pub const LAUNCH: &str = "eks.node-group-launch";

/// How long EKS waits for the instance profile that it has made.
const PROFILE_KNOWN: Duration = Duration::from_secs(15);

/// Makes what the nodes of a new group are launched from, and lets them be launched.
pub fn launch(scope: &mut Scope<'_>, cluster: &str, name: &str) {
    let Some(group) = existing(scope, cluster, name) else { return };
    made::profile(scope, &group);
    made::remote_access(scope, cluster, name, &group);
    scope.later(PROFILE_KNOWN, LAUNCH, &format!("{cluster}/{name}"));
}

/// Launches the nodes of a new group.
pub fn launch_now(scope: &mut Scope<'_>, subject: &str) {
    let Some((cluster, name)) = subject.split_once('/') else { return };
    let Some(group) = existing(scope, cluster, name) else { return };
    if scope.autoscaling().groups.contains_key(&group.auto_scaling_group(name)) || group.is_deleting() {
        return;
    }
    let launched = made::template(scope, cluster, name, &group).and_then(|()| {
        made::auto_scaling_group(scope, cluster, name, &group).map_err(|fault| {
            let asg = group.auto_scaling_group(name);
            Issue::new("AsgInstanceLaunchFailures", fault.message("autoscaling"), [asg])
        })
    });
    if let Err(issue) = launched {
        change(scope, cluster, name, |group| group.launch_failure = Some(issue));
    }
}

fn existing(scope: &Scope<'_>, cluster: &str, group: &str) -> Option<NodeGroup> {
    scope.eks().clusters.get(cluster)?.node_groups.get(group).cloned()
}

fn change(scope: &mut Scope<'_>, cluster: &str, group: &str, change: impl FnOnce(&mut NodeGroup)) {
    let cluster = scope.eks_mut().clusters.get_mut(cluster);
    if let Some(group) = cluster.and_then(|cluster| cluster.node_groups.get_mut(group)) {
        change(group);
    }
}

/// Returns the Auto Scaling group of a node group, where it is there.
fn asg<'a>(scope: &'a Scope<'_>, name: &str, group: &NodeGroup) -> Option<&'a Group> {
    scope.autoscaling().groups.get(&group.auto_scaling_group(name)).filter(|own| !own.is_deleting)
}

/// Returns whether the nodes of a group have joined.
pub fn joined(scope: &Scope<'_>, cluster: &str, name: &str) -> Joined {
    let Ok(cluster) = scope.eks().cluster(cluster) else { return Joined::All };
    let Some(group) = cluster.node_groups.get(name) else { return Joined::All };
    if let Some(issue) = &group.launch_failure {
        return Joined::NotAll(vec![issue.clone()]);
    }
    let Some(asg) = asg(scope, name, group) else {
        let asg = group.auto_scaling_group(name);
        let message = format!("Could not find the Auto Scaling group {asg} of the node group.");
        return Joined::NotAll(vec![Issue::new("AutoScalingGroupNotFound", message, [asg])]);
    };
    let counted = asg.members.iter().filter(|member| member.is_counted());
    state_of(scope, cluster, &group.auto_scaling_group(name), asg, counted)
}

fn state_of<'a>(
    scope: &Scope<'_>,
    cluster: &Cluster,
    asg_name: &str,
    asg: &Group,
    members: impl Iterator<Item = &'a Member>,
) -> Joined {
    let (mut ready, mut unready, mut absent) = (0, Vec::new(), Vec::new());
    for member in members {
        match verdict(scope, cluster, &member.instance_id) {
            Verdict::Joined { .. } => ready += 1,
            Verdict::NotReady { .. } => unready.push(member.instance_id.clone()),
            Verdict::Starting | Verdict::NotJoined { .. } => absent.push(member.instance_id.clone()),
        }
    }
    if ready >= asg.sizes.desired {
        return Joined::All;
    }
    let mut issues = Vec::new();
    if let Some(failed) = asg.activities.last().filter(|activity| activity.status == "Failed") {
        let message = failed.message.clone().unwrap_or_default();
        issues.push(Issue::new("AsgInstanceLaunchFailures", message, [asg_name.to_owned()]));
    }
    if !unready.is_empty() {
        issues.push(Issue::new("NodeCreationFailure", "Unhealthy nodes in the kubernetes cluster", unready));
    }
    if !absent.is_empty() || issues.is_empty() {
        issues.push(not_joined(absent));
    }
    Joined::NotAll(issues)
}

/// Returns the sizes of a group as they are: those of its Auto Scaling group, which others may have changed.
pub fn sizes(scope: &Scope<'_>, name: &str, group: &NodeGroup) -> Scaling {
    let sizes = asg(scope, name, group).filter(|_| group.roll.is_none()).map(|own| own.sizes);
    sizes.map_or(group.scaling, |own| Scaling { min: own.least, max: own.most, desired: own.desired })
}

/// Returns what is wrong with a group that was made: somebody took its Auto Scaling group away.
pub fn loss(scope: &Scope<'_>, name: &str, group: &NodeGroup) -> Option<Issue> {
    let asg = group.auto_scaling_group(name);
    if scope.autoscaling().groups.contains_key(&asg) || !group.is_active() {
        return None;
    }
    let message = format!("We couldn't find the Auto Scaling group {asg} of the node group.");
    Some(Issue::new("AutoScalingGroupNotFound", message, [asg]))
}

/// Follows a change of a group's sizes.
pub fn resize(scope: &mut Scope<'_>, cluster: &str, name: &str) {
    let Some(group) = existing(scope, cluster, name) else { return };
    let Scaling { min, max, desired } = group.scaling;
    let input = tree! {
        "AutoScalingGroupName": group.auto_scaling_group(name),
        "MinSize": min,
        "MaxSize": max,
        "DesiredCapacity": desired,
    };
    // Without its Auto Scaling group it is unwell, and tells so.
    if autoscaling::change(scope, &input).is_ok() {
        _ = made::warm_pool(scope, name, &group);
    }
}

/// Begins to terminate the nodes of a group.
pub fn terminate(scope: &mut Scope<'_>, cluster: &str, name: &str) {
    let Some(group) = existing(scope, cluster, name) else { return };
    let input = tree! { "AutoScalingGroupName": group.auto_scaling_group(name), "ForceDelete": true };
    _ = autoscaling::remove(scope, &input);
}

/// Takes away what was made for a group.
pub fn remove(scope: &mut Scope<'_>, cluster: &str, name: &str) {
    let Some(group) = existing(scope, cluster, name) else { return };
    made::remove(scope, &group);
}

/// Returns the security group that lets people in to a group's nodes.
pub fn remote_access_group(scope: &Scope<'_>, group: &NodeGroup) -> Option<String> {
    let wanted = made::remote_access_name(group);
    let mut groups = scope.ec2().security_groups.iter();
    groups.find(|(_, own)| own.name == wanted).map(|(id, _)| id.clone())
}

/// Returns whether a node of a cluster is ready, be it of a managed group or another one.
pub fn has_ready(scope: &Scope<'_>, cluster: &Cluster) -> bool {
    let is_ready = |id: &str| matches!(verdict(scope, cluster, id), Verdict::Joined { .. });
    meant(scope).any(|(own, id, _)| own.name == cluster.name && is_ready(id))
}
