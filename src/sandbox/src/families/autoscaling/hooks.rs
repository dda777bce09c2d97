//! Lifecycle hooks: instances wait for somebody, for a while.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{balance, validation};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write(
            "PutLifecycleHook",
            &[
                "LifecycleHookName",
                "AutoScalingGroupName",
                "LifecycleTransition",
                "RoleARN",
                "NotificationTargetARN",
                "NotificationMetadata",
                "HeartbeatTimeout",
                "DefaultResult",
            ],
            put,
        ),
        write("DeleteLifecycleHook", &["LifecycleHookName", "AutoScalingGroupName"], delete),
        read("DescribeLifecycleHooks", &["AutoScalingGroupName", "LifecycleHookNames"], describe),
        write(
            "CompleteLifecycleAction",
            &[
                "LifecycleHookName",
                "AutoScalingGroupName",
                "LifecycleActionToken",
                "LifecycleActionResult",
                "InstanceId",
            ],
            complete,
        ),
        write(
            "RecordLifecycleActionHeartbeat",
            &["LifecycleHookName", "AutoScalingGroupName", "LifecycleActionToken", "InstanceId"],
            heartbeat,
        ),
    ],
    events: &[],
};

/// The transition of launches.
pub const LAUNCHING: &str = "autoscaling:EC2_INSTANCE_LAUNCHING";
/// The transition of terminations.
pub const TERMINATING: &str = "autoscaling:EC2_INSTANCE_TERMINATING";

/// How many hooks a group may have.
const MOST: usize = 50;

/// A hook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hook {
    /// At which transition.
    pub transition: String,
    /// How many seconds an instance waits.
    pub timeout: i64,
    /// `CONTINUE` or `ABANDON`: what happens when nobody says anything.
    pub result: String,
    /// What else it was told.
    pub rest: Tree,
}

impl Hook {
    /// Reads a hook.
    ///
    /// # Errors
    /// When it is refused.
    pub fn read(input: &Tree) -> Result<Self, Fault> {
        let transition = input.need("LifecycleTransition")?;
        if ![LAUNCHING, TERMINATING].contains(&transition) {
            return Err(validation(format!("Invalid lifecycle transition: {transition}")));
        }
        let timeout = input.int("HeartbeatTimeout")?.unwrap_or(3600);
        if !(30..=7200).contains(&timeout) {
            return Err(Fault::invalid("HeartbeatTimeout", timeout, "Member must be between 30 and 7200"));
        }
        let result = input.text("DefaultResult")?.unwrap_or("ABANDON");
        if !["CONTINUE", "ABANDON"].contains(&result) {
            return Err(validation("Lifecycle hook result must be CONTINUE or ABANDON."));
        }
        let mut rest = Tree::object();
        for name in ["RoleARN", "NotificationTargetARN", "NotificationMetadata"] {
            rest.set(name, input.at(name).cloned().unwrap_or_default());
        }
        Ok(Self { transition: transition.to_owned(), timeout, result: result.to_owned(), rest })
    }
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, hook_name) = (input.need("AutoScalingGroupName")?, input.need("LifecycleHookName")?);
    let group = scope.autoscaling_mut().group_mut(name)?;
    // What is not said of a hook that is there stays as it is.
    let mut all = Tree::object();
    if let Some(prior) = group.hooks.get(hook_name) {
        all = prior.rest.clone().with("LifecycleTransition", &prior.transition).with("HeartbeatTimeout", prior.timeout);
        all.set("DefaultResult", &prior.result);
    } else if group.hooks.len() >= MOST {
        return Err(Fault::new("LimitExceeded", "The maximum number of lifecycle hooks has been reached."));
    }
    input.members().for_each(|(name, value)| all.set(name, value));
    group.hooks.insert(hook_name.to_owned(), Hook::read(&all)?);
    Ok(Tree::object())
}

/// What the hook holds goes on where it ends, and is abandoned where it starts.
fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, hook) = (input.need("AutoScalingGroupName")?, input.need("LifecycleHookName")?);
    let group = scope.autoscaling_mut().group_mut(name)?;
    let removed = group.hooks.remove(hook);
    let removed = removed.ok_or_else(|| validation(format!("No Lifecycle Hook found with name: {hook}")))?;
    let held = group.members.iter().filter(|own| own.waits.is_some() && own.hooks.iter().any(|own| own == hook));
    let held: Vec<String> = held.map(|own| own.instance_id.clone()).collect();
    for id in held {
        balance::complete(scope, name, hook, &id, removed.transition == TERMINATING);
    }
    Ok(Tree::object())
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, hooks) = (input.need("AutoScalingGroupName")?, input.texts("LifecycleHookNames"));
    let group = scope.autoscaling().group(name)?;
    let wanted = group.hooks.iter().filter(|(own, _)| hooks.is_empty() || hooks.contains(&own.as_str()));
    let shown = wanted.map(|(own, hook)| {
        let mut shown = tree! {
            "LifecycleHookName": own,
            "AutoScalingGroupName": name,
            "LifecycleTransition": hook.transition.as_str(),
            "HeartbeatTimeout": hook.timeout,
            "GlobalTimeout": (hook.timeout * 100).min(172_800),
            "DefaultResult": hook.result.as_str(),
        };
        hook.rest.members().for_each(|(name, value)| shown.set(name, value));
        shown
    });
    Ok(tree! { "LifecycleHooks": Tree::list(shown) })
}

/// How an instance waits at a transition.
pub struct Waits {
    /// Until when, and whose token lets it go on.
    pub until: (Timestamp, String),
    /// The hooks that have to let it go on.
    pub hooks: Vec<String>,
}

/// Returns how an instance waits at a transition; nothing without hooks.
pub fn waiting(scope: &mut Scope<'_>, group: &str, transition: &str) -> Option<Waits> {
    let all = scope.autoscaling().groups.get(group)?.hooks.iter();
    let own: Vec<_> = all.filter(|(_, hook)| hook.transition == transition).collect();
    let timeout = u64::try_from(own.iter().map(|(_, hook)| hook.timeout).max()?).unwrap_or(0);
    let hooks = own.into_iter().map(|(name, _)| name.clone()).collect();
    Some(Waits { until: (scope.now + Duration::from_secs(timeout), scope.ids().uuid()), hooks })
}

/// Returns what happens when nobody says anything.
pub fn default_result(scope: &Scope<'_>, group: &str, transition: &str) -> &'static str {
    let hooks = scope.autoscaling().groups.get(group).into_iter().flat_map(|group| group.hooks.values());
    let gives_up = hooks.filter(|hook| hook.transition == transition).any(|hook| hook.result == "ABANDON");
    if gives_up { "ABANDON" } else { "CONTINUE" }
}

/// Returns the instance that waits, and how long its hook lets it.
fn waiter(scope: &Scope<'_>, input: &Tree) -> Result<(String, i64), Fault> {
    let name = input.need("LifecycleHookName")?;
    let group = scope.autoscaling().group(input.need("AutoScalingGroupName")?)?;
    let hook = group.hooks.get(name).ok_or_else(|| validation(format!("No Lifecycle Hook found with name: {name}")))?;
    let (id, token) = (input.text("InstanceId")?, input.text("LifecycleActionToken")?);
    let found = group.members.iter().find(|member| {
        member
            .waits
            .as_ref()
            .is_some_and(|(_, own)| id == Some(member.instance_id.as_str()) || token == Some(own.as_str()))
            && member.hooks.iter().any(|own| own == name)
    });
    let missing = || validation(format!("No active Lifecycle Action found with instance ID {}", id.unwrap_or("null")));
    found.map(|member| (member.instance_id.clone(), hook.timeout)).ok_or_else(missing)
}

fn complete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let goes_on = match input.need("LifecycleActionResult")? {
        "CONTINUE" => true,
        "ABANDON" => false,
        other => return Err(validation(format!("Invalid lifecycle action result: {other}"))),
    };
    let (id, _) = waiter(scope, input)?;
    let (group, hook) = (input.need("AutoScalingGroupName")?, input.need("LifecycleHookName")?);
    balance::complete(scope, group, hook, &id, goes_on);
    Ok(Tree::object())
}

fn heartbeat(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, timeout) = waiter(scope, input)?;
    let until = scope.now + Duration::from_secs(u64::try_from(timeout).unwrap_or(0));
    let group = scope.autoscaling_mut().group_mut(input.need("AutoScalingGroupName")?)?;
    if let Some((own, _)) =
        group.members.iter_mut().find(|own| own.instance_id == id).and_then(|own| own.waits.as_mut())
    {
        *own = until;
    }
    Ok(Tree::object())
}
