//! How a group comes to the size that it should have. It looks at itself some seconds after each change, and as long as
//! anything is on its way.

use std::time::Duration;

use super::activity::Activity;
use super::group::Group;
use super::launch::{self, Choice};
use super::member::{Lifecycle, Member};
use super::warm_pool::{self, PoolState};
use super::{hooks, refresh};
use crate::families::ec2::Market;
use crate::families::ec2::instance::{Launch, PENDING, STOPPING, halt, terminate};
use crate::families::eks::nodes;
use crate::protocol::fault::Fault;
use crate::scope::Scope;

/// A group looks at itself.
pub const BALANCE: &str = "autoscaling.balance";

/// After how long a group follows a change.
pub const SOON: Duration = Duration::from_secs(4);
/// How long a group waits after failed launches, at first and at most.
const BACK_OFF: (u64, u64) = (30, 900);

/// Lets a group look at itself after a while, if it does not earlier.
pub fn wake(scope: &mut Scope<'_>, name: &str, after: Duration) {
    let at = scope.now + after;
    let now = scope.now;
    let Some(group) = scope.autoscaling_mut().groups.get_mut(name) else { return };
    if group.wakes.is_none_or(|planned| planned > at || planned < now) {
        group.wakes = Some(at);
        scope.later(after, BALANCE, name);
    }
}

pub fn balance(scope: &mut Scope<'_>, name: &str) {
    let now = scope.now;
    let Some(group) = scope.autoscaling_mut().groups.get_mut(name).filter(|group| group.wakes == Some(now)) else {
        return;
    };
    group.wakes = None;
    let members: Vec<String> = group.members.iter().map(|member| member.instance_id.clone()).collect();
    for id in members {
        advance(scope, name, &id);
    }
    refresh::advance(scope, name);
    fill(scope, name);
    warm_pool::balance(scope, name);
    let Some(group) = scope.autoscaling().groups.get(name) else { return };
    if group.is_deleting && group.members.is_empty() {
        scope.autoscaling_mut().groups.remove(name);
        return;
    }
    let rests = [Lifecycle::InService, Lifecycle::Standby];
    let on_the_way = group.members.iter().filter(|member| !rests.contains(&member.lifecycle));
    let waits = on_the_way.map(|member| member.waits.as_ref().map_or(SOON, |(until, _)| until.since(now))).min();
    let waits = waits.map(|after| after.clamp(Duration::from_secs(1), STOPPING.max(PENDING)));
    let waits = waits.or_else(|| refresh::is_running(group).then_some(SOON));
    // A look that comes earlier takes the place of the one that a failed launch has planned.
    let retries = group.retries.filter(|at| *at > now).map(|at| at.since(now));
    if let Some(after) = waits.into_iter().chain(retries).min() {
        wake(scope, name, after);
    }
}

fn member<'a>(scope: &'a mut Scope<'_>, group: &str, id: &str) -> Option<&'a mut Member> {
    let group = scope.autoscaling_mut().groups.get_mut(group)?;
    group.members.iter_mut().find(|member| member.instance_id == id)
}

/// Lets one instance go on.
fn advance(scope: &mut Scope<'_>, name: &str, id: &str) {
    let now = scope.now;
    let state = scope.ec2().instances.get(id).map_or("terminated", |instance| instance.state(now));
    let Some(own) = member(scope, name, id) else { return };
    let (lifecycle, activity, waits) = (own.lifecycle, own.activity_id.clone(), own.waits.clone());
    let is_unhealthy = own.is_unhealthy;
    // Those of a warm pool are stopped on purpose, those in standby by somebody who knows why.
    let lost = ["shutting-down", "terminated", "stopping", "stopped"];
    let may_stop = own.pooled.is_some() || lifecycle.is_aside();
    let is_lost = lost[..if may_stop { 2 } else { 4 }].contains(&state);
    let is_over = waits.is_some_and(|(until, _)| until <= now);
    match lifecycle {
        Lifecycle::Pending if state == "running" => match hooks::waiting(scope, name, hooks::LAUNCHING) {
            Some(waits) => hold(scope, name, id, Lifecycle::PendingWait, waits),
            None => in_service(scope, name, id),
        },
        Lifecycle::PendingWait if is_over => match hooks::default_result(scope, name, hooks::LAUNCHING) {
            "CONTINUE" => in_service(scope, name, id),
            _ => end(scope, name, id, &abandoned(scope, "launch")),
        },
        _ if is_lost && lifecycle.is_live() => {
            if let Some(own) = member(scope, name, id) {
                own.is_unhealthy = true;
            }
            if matches!(lifecycle, Lifecycle::Pending | Lifecycle::PendingWait) {
                finish(scope, name, &activity, "Failed", Some("Instance failed to launch."));
            }
            let cause = format!(
                "At {now} an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped."
            );
            end(scope, name, id, &cause);
        }
        Lifecycle::InService if is_unhealthy && replaces_unhealthy(scope, name) => {
            let cause = format!("At {now} an instance was taken out of service in response to a user health-check.");
            end(scope, name, id, &cause);
        }
        Lifecycle::EnteringStandby => {
            finish(scope, name, &activity, "Successful", None);
            if let Some(own) = member(scope, name, id) {
                own.lifecycle = Lifecycle::Standby;
            }
        }
        Lifecycle::TerminatingWait if is_over => begin_to_end(scope, name, id),
        Lifecycle::Terminating if state == "terminated" => {
            finish(scope, name, &activity, "Successful", None);
            if let Some(group) = scope.autoscaling_mut().groups.get_mut(name) {
                group.members.retain(|member| member.instance_id != id);
            }
        }
        Lifecycle::Pending
        | Lifecycle::PendingWait
        | Lifecycle::InService
        | Lifecycle::Standby
        | Lifecycle::TerminatingWait
        | Lifecycle::Terminating => {}
    }
}

fn replaces_unhealthy(scope: &Scope<'_>, name: &str) -> bool {
    let group = scope.autoscaling().groups.get(name);
    group.is_some_and(|group| !group.is_suspended("ReplaceUnhealthy") && !group.is_suspended("HealthCheck"))
}

fn abandoned(scope: &Scope<'_>, transition: &str) -> String {
    format!(
        "At {} an instance was taken out of service in response to an abandoned {transition} lifecycle action.",
        scope.now
    )
}

/// A hook lets an instance go on, once all others do too, or end.
pub fn complete(scope: &mut Scope<'_>, name: &str, hook: &str, id: &str, goes_on: bool) {
    let Some(own) = member(scope, name, id) else { return };
    own.hooks.retain(|own| own != hook);
    if goes_on && !own.hooks.is_empty() {
        return;
    }
    match own.lifecycle {
        Lifecycle::PendingWait if goes_on => in_service(scope, name, id),
        Lifecycle::PendingWait => end(scope, name, id, &abandoned(scope, "launch")),
        Lifecycle::TerminatingWait => begin_to_end(scope, name, id),
        Lifecycle::Pending
        | Lifecycle::InService
        | Lifecycle::EnteringStandby
        | Lifecycle::Standby
        | Lifecycle::Terminating => {}
    }
    wake(scope, name, SOON);
}

fn hold(scope: &mut Scope<'_>, name: &str, id: &str, lifecycle: Lifecycle, waits: hooks::Waits) {
    let Some(own) = member(scope, name, id) else { return };
    (own.lifecycle, own.waits) = (lifecycle, Some(waits.until));
    own.hooks.clone_from(&waits.hooks);
    let activity = own.activity_id.clone();
    finish(scope, name, &activity, "MidLifecycleAction", None);
    for hook in waits.hooks {
        nodes::held(scope, name, &hook, id);
    }
}

fn in_service(scope: &mut Scope<'_>, name: &str, id: &str) {
    let Some(own) = member(scope, name, id) else { return };
    (own.lifecycle, own.waits) = (Lifecycle::InService, None);
    let (activity, pooled) = (own.activity_id.clone(), own.pooled);
    finish(scope, name, &activity, "Successful", None);
    if pooled.is_some_and(PoolState::is_off) {
        halt(scope, id);
    }
}

fn finish(scope: &mut Scope<'_>, name: &str, activity: &str, status: &str, message: Option<&str>) {
    let now = scope.now;
    if let Some(group) = scope.autoscaling_mut().groups.get_mut(name) {
        group.progress(activity, now, status, message);
    }
}

/// Takes an instance out of service; hooks may hold it.
pub fn end(scope: &mut Scope<'_>, name: &str, id: &str, cause: &str) {
    let Some(own) = member(scope, name, id).filter(|own| own.lifecycle.is_live()).cloned() else { return };
    let description = format!("Terminating EC2 instance: {id}");
    let activity = Activity::new(scope, description, cause.to_owned(), (&own.subnet_id, &own.zone));
    let activity_id = activity.id.clone();
    let is_forced = scope.autoscaling().groups.get(name).is_some_and(|group| group.is_deleting);
    let waits = hooks::waiting(scope, name, hooks::TERMINATING).filter(|_| !is_forced);
    let Some(group) = scope.autoscaling_mut().groups.get_mut(name) else { return };
    group.log(activity);
    if let Some(own) = group.members.iter_mut().find(|own| own.instance_id == id) {
        own.activity_id = activity_id;
    }
    match waits {
        Some(waits) => hold(scope, name, id, Lifecycle::TerminatingWait, waits),
        None => begin_to_end(scope, name, id),
    }
}

/// Ends an instance whose end somebody holds up.
pub fn end_at_once(scope: &mut Scope<'_>, name: &str, id: &str) {
    if member(scope, name, id).is_some_and(|own| own.lifecycle == Lifecycle::TerminatingWait) {
        begin_to_end(scope, name, id);
    }
}

fn begin_to_end(scope: &mut Scope<'_>, name: &str, id: &str) {
    if let Some(own) = member(scope, name, id) {
        (own.lifecycle, own.waits) = (Lifecycle::Terminating, None);
    }
    terminate(scope, id);
}

/// Launches what is missing, or ends what is too much.
fn fill(scope: &mut Scope<'_>, name: &str) {
    loop {
        let Some(group) = scope.autoscaling().groups.get(name) else { return };
        let (now, desired, capacity) = (scope.now, group.sizes.desired, group.capacity());
        let desired = if group.is_deleting { 0 } else { desired };
        if capacity < desired {
            if group.is_suspended("Launch") || group.retries.is_some_and(|at| at > now) {
                return;
            }
            let cause = format!(
                "{}At {now} an instance was started in response to a difference between desired and actual capacity, \
                 increasing the capacity from {capacity} to {desired}.",
                group.reason
            );
            if warm_pool::take(scope, name, &cause) {
                continue;
            }
            let Some(group) = scope.autoscaling().groups.get(name).cloned() else { return };
            let start = Start { is_spot: group.wants_spot(), group: &group, pooled: None, cause: &cause };
            if !launch_one(scope, name, &start) {
                return;
            }
        } else {
            let Some(victim) = group.victim(desired).filter(|_| !group.is_suspended("Terminate")) else { return };
            let cause = format!(
                "{}At {now} an instance was taken out of service in response to a difference between desired and actual \
                 capacity, shrinking the capacity from {capacity} to {desired}.  At {now} instance {victim} was selected \
                 for termination.",
                group.reason
            );
            if !warm_pool::give(scope, name, &victim, &cause) {
                end(scope, name, &victim, &cause);
            }
        }
    }
}

/// A launch by a group.
pub struct Start<'a> {
    /// The group.
    pub group: &'a Group,
    /// Whether it is of spot capacity.
    pub is_spot: bool,
    /// How the instance is to wait, where it is for the warm pool.
    pub pooled: Option<PoolState>,
    /// Why, as activities say it.
    pub cause: &'a str,
}

/// Launches an instance where the group has fewest; returns whether that went well.
pub fn launch_one(scope: &mut Scope<'_>, name: &str, start: &Start<'_>) -> bool {
    let Start { group, is_spot, cause, .. } = *start;
    let mut failure = Fault::new("ValidationError", "There is nothing to launch.");
    let mut place = (String::new(), String::new());
    let places = group.by_need(&group.places(scope).unwrap_or_default(), start.pooled.is_some());
    let choices = match group.choices(scope) {
        Ok(choices) => choices,
        Err(fault) => {
            failure = fault;
            Vec::new()
        }
    };
    for subnet in places {
        let zone = scope.ec2().subnets.get(&subnet).map(|subnet| subnet.zone.clone()).unwrap_or_default();
        place = (subnet, zone);
        for choice in &choices {
            match try_one(scope, name, group, choice, &place.0, is_spot) {
                Ok(instance_id) => {
                    joins(scope, name, start, choice, (&place.0, &place.1), instance_id);
                    return true;
                }
                Err(fault) => failure = fault,
            }
        }
    }
    let Fault::Coded { message, code, .. } = failure.worded("ec2") else { return false };
    let reason = match code.as_str() {
        "InsufficientInstanceCapacity" if is_spot => {
            format!("Could not launch Spot Instances. {code} - {message}")
        }
        "InsufficientInstanceCapacity" => message,
        "InsufficientFreeAddressesInSubnet" => {
            format!(
                "There are not enough free addresses in subnet '{}' to satisfy the requested number of instances.",
                place.0
            )
        }
        _ => message,
    };
    fail(scope, name, cause, (&place.0, &place.1), &reason);
    false
}

fn try_one(
    scope: &mut Scope<'_>,
    name: &str,
    group: &Group,
    choice: &Choice,
    subnet: &str,
    is_spot: bool,
) -> Result<String, Fault> {
    let plan = launch::plan(scope, group, name, choice, subnet)?;
    let market = if is_spot { Market::spot(None) } else { Market::of(&choice.data)? };
    let client_token = scope.ids().uuid();
    let launch = Launch { count: 1, requester: Some("autoscaling.amazonaws.com".to_owned()), client_token, market };
    plan.launch(scope, launch).map(|mut ids| ids.remove(0))
}

fn joins(
    scope: &mut Scope<'_>,
    name: &str,
    start: &Start<'_>,
    choice: &Choice,
    (subnet, zone): (&str, &str),
    instance_id: String,
) {
    let to = if start.pooled.is_some() { " into warm pool" } else { "" };
    let description = format!("Launching a new EC2 instance{to}: {instance_id}");
    let activity = Activity::new(scope, description, start.cause.to_owned(), (subnet, zone));
    let instance_type =
        scope.ec2().instances.get(&instance_id).map(|own| own.instance_type.clone()).unwrap_or_default();
    let member = Member {
        instance_id,
        instance_type,
        zone: zone.to_owned(),
        subnet_id: subnet.to_owned(),
        template: choice.template.clone(),
        lifecycle: Lifecycle::Pending,
        is_protected: start.group.settings.bool("NewInstancesProtectedFromScaleIn").ok().flatten() == Some(true),
        is_unhealthy: false,
        weight: choice.weight,
        is_weighted: choice.is_weighted,
        is_spot: start.is_spot,
        activity_id: activity.id.clone(),
        waits: None,
        hooks: Vec::new(),
        pooled: start.pooled,
    };
    if let Some(group) = scope.autoscaling_mut().groups.get_mut(name) {
        group.log(activity);
        group.members.push(member);
        (group.failures, group.retries) = (0, None);
    }
}

fn fail(scope: &mut Scope<'_>, name: &str, cause: &str, place: (&str, &str), reason: &str) {
    let now = scope.now;
    let reason = if reason.ends_with('.') { reason.to_owned() } else { format!("{reason}.") };
    let description = format!("Launching a new EC2 instance.  Status Reason: {reason} Launching EC2 instance failed.");
    let mut activity = Activity::new(scope, description, cause.to_owned(), place);
    activity.ended = Some(now);
    "Failed".clone_into(&mut activity.status);
    activity.message = Some(format!("{reason} Launching EC2 instance failed."));
    let Some(group) = scope.autoscaling_mut().groups.get_mut(name) else { return };
    group.log(activity);
    let after = Duration::from_secs((BACK_OFF.0 << group.failures.min(5)).min(BACK_OFF.1));
    group.failures += 1;
    group.retries = Some(now + after);
    wake(scope, name, after);
}
