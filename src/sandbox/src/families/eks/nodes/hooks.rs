//! The lifecycle hooks of managed groups: EKS takes notice of new instances, and drains nodes before they end.

use std::time::Duration;

use crate::families::autoscaling::{self, LAUNCHING, TERMINATING};
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// EKS answers a hook.
pub const ANSWER: &str = "eks.lifecycle-hook";

/// Names and transitions, and how long EKS takes: to notice an instance, and to drain a node whose pods may all be
/// evicted.
const HOOKS: [(&str, &str, Duration); 2] = [
    ("Launch-LC-Hook", LAUNCHING, Duration::from_secs(5)),
    ("Terminate-LC-Hook", TERMINATING, Duration::from_secs(30)),
];
/// How many seconds an instance waits where EKS does not answer.
const HEARTBEAT: i64 = 1800;
/// The account of EKS with the topic that it is told by; there is another one in each region, of which this is Seoul's.
const TOPIC_OWNER: &str = "823778094414";

/// Returns the hooks of a new group.
pub fn specifications(scope: &Scope<'_>) -> Tree {
    let topic = format!("arn:{}:sns:{}:{TOPIC_OWNER}:eks-asg-lifecycle-hook-topic", scope.partition(), scope.region);
    Tree::list(HOOKS.map(|(name, transition, _)| {
        tree! {
            "LifecycleHookName": name,
            "LifecycleTransition": transition,
            "NotificationTargetARN": &topic,
            "HeartbeatTimeout": HEARTBEAT,
            "DefaultResult": "CONTINUE",
        }
    }))
}

/// A hook holds an instance: EKS answers its own ones, as long as the cluster is there.
pub fn held(scope: &mut Scope<'_>, asg: &str, hook: &str, instance_id: &str) {
    let Some((_, _, takes)) = HOOKS.into_iter().find(|(own, ..)| *own == hook) else { return };
    let clusters = scope.eks().clusters.values().filter(|cluster| cluster.is_up());
    let mut groups = clusters.flat_map(|cluster| &cluster.node_groups);
    if groups.any(|(name, group)| group.auto_scaling_group(name) == asg) {
        scope.later(takes, ANSWER, &format!("{asg}/{hook}/{instance_id}"));
    }
}

/// Lets an instance go on.
pub fn answer(scope: &mut Scope<'_>, subject: &str) {
    let mut words = subject.splitn(3, '/');
    if let (Some(asg), Some(hook), Some(id)) = (words.next(), words.next(), words.next()) {
        autoscaling::complete_hook(scope, asg, hook, id, true);
    }
}
