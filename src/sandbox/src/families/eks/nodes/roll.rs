//! How a managed group gets nodes of another version: some more first, then the old ones go, then it shrinks to its size.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{asg, change, existing, made};
use crate::families::autoscaling::{self, Sizes};
use crate::families::eks::NodeGroup;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// The further nodes of a group that replaces its nodes have had their time to join.
pub const SURGED: &str = "eks.node-group-surged";
/// How long they have.
const SURGE: Duration = Duration::from_secs(4 * 60);

/// A replacement that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roll {
    /// Number of the template's version that the old nodes have.
    from: u64,
    /// Sizes before it, as the Auto Scaling group has them.
    sizes: (i64, i64, i64),
    /// How many nodes there are more.
    surge: i64,
}

/// Begins: new nodes are launched beside the old ones. `enter` makes the group what it is to become.
pub fn begin(scope: &mut Scope<'_>, cluster: &str, name: &str, enter: &dyn Fn(&mut NodeGroup)) {
    let Some(prior) = existing(scope, cluster, name) else { return };
    let Some((sizes, zones)) = asg(scope, name, &prior).map(|own| (own.sizes, own.zones.len())) else { return };
    let mut next = prior.clone();
    enter(&mut next);
    let from = made::version(scope, &prior);
    if let Err(issue) = made::template(scope, cluster, name, &next) {
        return change(scope, cluster, name, |group| group.launch_failure = Some(issue));
    }
    let at_once = prior.update_config.int("maxUnavailable").ok().flatten().unwrap_or(1);
    let surge = if sizes.desired == 0 { 0 } else { at_once.max(2 * i64::try_from(zones).unwrap_or(1)) };
    let Sizes { least, most, desired } = sizes;
    let roll = Roll { from, sizes: (least, most, desired), surge };
    change(scope, cluster, name, |group| group.roll = Some(roll));
    let input = made::launched(scope, &next);
    if let Err(fault) = resize(scope, &next.auto_scaling_group(name), input, (least, most + surge, desired + surge)) {
        let issue = crate::families::eks::Issue::new("Ec2LaunchTemplateInvalidConfiguration", fault, []);
        return change(scope, cluster, name, |group| group.launch_failure = Some(issue));
    }
    scope.later(SURGE, SURGED, &format!("{cluster}/{name}"));
}

fn resize(scope: &mut Scope<'_>, asg: &str, input: Tree, sizes: (i64, i64, i64)) -> Result<(), String> {
    let input = input
        .with("AutoScalingGroupName", asg)
        .with("MinSize", sizes.0)
        .with("MaxSize", sizes.1)
        .with("DesiredCapacity", sizes.2);
    autoscaling::change(scope, &input).map(drop).map_err(|fault| fault.message("autoscaling"))
}

/// Returns the instances of a group that are of the version it comes from, or of the other one.
fn members(scope: &Scope<'_>, name: &str, group: &NodeGroup, roll: Roll, is_old: bool) -> Vec<String> {
    let Some(asg) = asg(scope, name, group) else { return Vec::new() };
    let of_version = |template: &Tree| template.int("Version") == Ok(Some(i64::try_from(roll.from).unwrap_or(0)));
    let counted = asg.members.iter().filter(|member| member.is_counted());
    let wanted = counted.filter(|member| of_version(&member.template) == is_old);
    wanted.map(|member| member.instance_id.clone()).collect()
}

fn end(scope: &mut Scope<'_>, asg: &str, ids: Vec<String>) {
    let cause = format!("At {} an instance was taken out of service in response to a user request.", scope.now);
    for id in ids {
        autoscaling::end_instance(scope, asg, &id, &cause);
    }
}

/// Once the further nodes have joined, the old ones go.
pub fn surged(scope: &mut Scope<'_>, subject: &str) {
    let Some((cluster, name)) = subject.split_once('/') else { return };
    let Some(group) = existing(scope, cluster, name) else { return };
    let Some(roll) = group.roll else { return };
    let new = members(scope, name, &group, roll, false);
    let Ok(owner) = scope.eks().cluster(cluster) else { return };
    let is_ready = |id: &&String| matches!(super::verdict(scope, owner, id), super::Verdict::Joined { .. });
    let ready = new.iter().filter(is_ready).count();
    if i64::try_from(ready).unwrap_or(0) < roll.surge {
        return;
    }
    let (asg, old) = (group.auto_scaling_group(name), members(scope, name, &group, roll, true));
    end(scope, &asg, old);
    _ = resize(scope, &asg, Tree::object(), roll.sizes);
}

/// Ends it. The group is what it has become; where that has failed, the new nodes go.
pub fn finish(scope: &mut Scope<'_>, cluster: &str, name: &str, is_failed: bool) {
    let Some(group) = existing(scope, cluster, name) else { return };
    change(scope, cluster, name, |group| (group.roll, group.launch_failure) = (None, None));
    let Some(roll) = group.roll else { return };
    let asg = group.auto_scaling_group(name);
    let leftover = members(scope, name, &group, roll, !is_failed);
    let launched = if is_failed {
        made::go_back(scope, &group, roll.from);
        made::launched(scope, &group)
    } else {
        tree! {}
    };
    end(scope, &asg, leftover);
    _ = resize(scope, &asg, launched, roll.sizes);
}
