//! Instances that come and go, or are set aside, because somebody says so.

use super::balance::{SOON, wake};
use super::group::Group;
use super::member::{Lifecycle, Member};
use super::{Activity, Sizes, validation};
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write("AttachInstances", &["AutoScalingGroupName", "InstanceIds"], attach),
        write(
            "DetachInstances",
            &["AutoScalingGroupName", "InstanceIds", "ShouldDecrementDesiredCapacity"],
            |scope, input| leave(scope, input, Leaving::Detached),
        ),
        write(
            "EnterStandby",
            &["AutoScalingGroupName", "InstanceIds", "ShouldDecrementDesiredCapacity"],
            |scope, input| leave(scope, input, Leaving::Standby),
        ),
        write("ExitStandby", &["AutoScalingGroupName", "InstanceIds"], return_to_service),
        write("SetInstanceHealth", &["InstanceId", "HealthStatus", "ShouldRespectGracePeriod"], set_health),
    ],
    events: &[],
};

/// How an instance leaves service.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Detached,
    Standby,
}

/// Returns the error for an instance that no group has.
pub fn unmanaged(id: &str) -> Fault {
    validation(format!("Instance Id not found - No managed instance found for instance ID: {id}"))
}

fn foreign(group: &str, id: &str) -> Fault {
    validation(format!("The instance {id} is not part of Auto Scaling group {group}."))
}

fn sizes_refuse(group: &str, sizes: Sizes, what: &str, count: usize) -> Fault {
    let Sizes { least, most, desired } = sizes;
    let plural = if count == 1 { "" } else { "s" };
    validation(format!(
        "AutoScalingGroup {group} has min-size={least}, max-size={most}, and desired-size={desired}. To {what} {count} \
         instance{plural}, please update the AutoScalingGroup sizes appropriately."
    ))
}

/// Returns group and instances that an input names.
fn named<'a>(scope: &Scope<'_>, input: &'a Tree) -> Result<(&'a str, Group, Vec<&'a str>), Fault> {
    let name = input.need("AutoScalingGroupName")?;
    let group = scope.autoscaling().group(name)?.clone();
    let ids = input.texts("InstanceIds");
    if ids.is_empty() {
        return Err(validation("At least one instance must be specified."));
    }
    Ok((name, group, ids))
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn leave(scope: &mut Scope<'_>, input: &Tree, how: Leaving) -> Result<Tree, Fault> {
    let (name, mut group, ids) = named(scope, input)?;
    let shrinks = input.bool("ShouldDecrementDesiredCapacity")?;
    let shrinks = shrinks.ok_or_else(|| Fault::missing("ShouldDecrementDesiredCapacity"))?;
    for id in &ids {
        let own = group.members.iter().find(|own| own.instance_id == **id).ok_or_else(|| foreign(name, id))?;
        let may_leave =
            own.lifecycle == Lifecycle::InService || (how == Leaving::Detached && own.lifecycle == Lifecycle::Standby);
        if own.pooled.is_some() || !may_leave {
            return Err(validation(format!("The instance {id} is not in InService.")));
        }
    }
    let what = if how == Leaving::Detached { "detach" } else { "place into standby" };
    let before = group.sizes.desired;
    if shrinks {
        if before - signed(ids.len()) < group.sizes.least {
            return Err(sizes_refuse(name, group.sizes, what, ids.len()));
        }
        group.sizes.desired -= signed(ids.len());
    }
    let mut activities = Vec::new();
    for id in &ids {
        let Some(index) = group.members.iter().position(|own| own.instance_id == **id) else { continue };
        let own = group.members[index].clone();
        let now = scope.now;
        let to = if shrinks {
            format!(", shrinking the capacity from {before} to {}", group.sizes.desired)
        } else {
            String::new()
        };
        let (description, cause) = match how {
            Leaving::Detached => {
                group.members.remove(index);
                (
                    format!("Detaching EC2 instance: {id}"),
                    format!("At {now} instance {id} was detached in response to a user request{to}."),
                )
            }
            Leaving::Standby => (
                format!("Moving EC2 instance to Standby: {id}"),
                format!("At {now} instance {id} was moved to standby in response to a user request{to}."),
            ),
        };
        let activity = Activity::new(scope, description, cause, (&own.subnet_id, &own.zone));
        activities.push(activity.shown(scope, name, &group));
        if how == Leaving::Standby {
            group.members[index].lifecycle = Lifecycle::EnteringStandby;
            group.members[index].activity_id = activity.id.clone();
            group.log(activity);
        } else {
            let id = activity.id.clone();
            group.log(activity);
            group.progress(&id, now, "Successful", None);
        }
    }
    if how == Leaving::Detached {
        let store = scope.ec2_mut();
        for id in &ids {
            store.tags.entry((*id).to_owned()).or_default().remove(GROUP_TAG);
        }
    }
    scope.autoscaling_mut().groups.insert(name.to_owned(), group);
    wake(scope, name, SOON);
    Ok(tree! { "Activities": activities })
}

const GROUP_TAG: &str = "aws:autoscaling:groupName";

fn return_to_service(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, mut group, ids) = named(scope, input)?;
    for id in &ids {
        let own = group.members.iter().find(|own| own.instance_id == **id).ok_or_else(|| foreign(name, id))?;
        if own.lifecycle != Lifecycle::Standby {
            return Err(validation(format!("The instance {id} is not in Standby.")));
        }
    }
    let before = group.sizes.desired;
    if before + signed(ids.len()) > group.sizes.most {
        return Err(sizes_refuse(name, group.sizes, "take out of standby", ids.len()));
    }
    group.sizes.desired += signed(ids.len());
    let mut activities = Vec::new();
    for id in &ids {
        let Some(index) = group.members.iter().position(|own| own.instance_id == **id) else { continue };
        let own = group.members[index].clone();
        let cause = format!(
            "At {} instance {id} was moved out of standby in response to a user request, increasing the capacity from \
             {before} to {}.",
            scope.now, group.sizes.desired
        );
        let description = format!("Moving EC2 instance out of Standby: {id}");
        let mut activity = Activity::new(scope, description, cause, (&own.subnet_id, &own.zone));
        "PreInService".clone_into(&mut activity.status);
        activities.push(activity.shown(scope, name, &group));
        group.members[index].lifecycle = Lifecycle::Pending;
        group.members[index].activity_id = activity.id.clone();
        group.log(activity);
    }
    scope.autoscaling_mut().groups.insert(name.to_owned(), group);
    wake(scope, name, SOON);
    Ok(tree! { "Activities": activities })
}

/// Instances that run become the group's own; the group grows by them.
fn attach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, mut group, ids) = named(scope, input)?;
    for id in &ids {
        let missing = || validation(format!("Invalid Instance ID(s): [{id}]"));
        let instance = scope.ec2().instances.get(*id).ok_or_else(missing)?;
        if instance.state(scope.now) != "running" {
            return Err(validation(format!("The instance {id} is not in the running state.")));
        }
        if scope.ec2().tag(id, GROUP_TAG).is_some() {
            return Err(validation(format!("The instance {id} is already part of an Auto Scaling group.")));
        }
        if !group.zones.contains(&instance.zone) {
            let message = format!("The instance {id} is not in any Availability Zone of the Auto Scaling group.");
            return Err(validation(message));
        }
    }
    let before = group.sizes.desired;
    if before + signed(ids.len()) > group.sizes.most {
        return Err(sizes_refuse(name, group.sizes, "attach", ids.len()));
    }
    group.sizes.desired += signed(ids.len());
    for id in &ids {
        let instance = scope.ec2().instance(id)?.clone();
        let cause = format!(
            "At {} an instance was attached in response to a user request, increasing the capacity from {before} to {}.",
            scope.now, group.sizes.desired
        );
        let description = format!("Attaching an existing EC2 instance: {id}");
        let activity = Activity::new(scope, description, cause, (&instance.subnet_id, &instance.zone));
        group.members.push(Member {
            instance_id: (*id).to_owned(),
            instance_type: instance.instance_type,
            zone: instance.zone,
            subnet_id: instance.subnet_id,
            template: Tree::Null,
            lifecycle: Lifecycle::Pending,
            is_protected: group.settings.bool("NewInstancesProtectedFromScaleIn")? == Some(true),
            is_unhealthy: false,
            weight: 1,
            is_weighted: false,
            is_spot: instance.spot_request_id.is_some(),
            activity_id: activity.id.clone(),
            waits: None,
            hooks: Vec::new(),
            pooled: None,
        });
        group.log(activity);
        scope.ec2_mut().tags.entry((*id).to_owned()).or_default().insert(GROUP_TAG.to_owned(), name.to_owned());
    }
    scope.autoscaling_mut().groups.insert(name.to_owned(), group);
    wake(scope, name, SOON);
    Ok(Tree::object())
}

/// What somebody calls unhealthy is replaced, unless it is too young to judge.
fn set_health(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, status) = (input.need("InstanceId")?, input.need("HealthStatus")?);
    let respects = input.bool("ShouldRespectGracePeriod")?.unwrap_or(true);
    let is_unhealthy = match status {
        "Healthy" => false,
        "Unhealthy" => true,
        _ => return Err(validation("Valid instance health states are: [Healthy, Unhealthy].")),
    };
    let now = scope.now;
    let launched = scope.ec2().instances.get(id).map_or(now, |own| own.launched);
    let has_it = |group: &Group| group.members.iter().any(|member| member.instance_id == id);
    let mut groups = scope.autoscaling_mut().groups.iter_mut();
    let (name, group) = groups.find(|(_, group)| has_it(group)).ok_or_else(|| unmanaged(id))?;
    let name = name.clone();
    let grace = group.settings.int("HealthCheckGracePeriod")?.and_then(|secs| u64::try_from(secs).ok()).unwrap_or(0);
    if is_unhealthy && respects && now.since(launched).as_secs() < grace {
        return Ok(Tree::object());
    }
    for own in group.members.iter_mut().filter(|own| own.instance_id == id) {
        own.is_unhealthy = is_unhealthy;
    }
    wake(scope, &name, SOON);
    Ok(Tree::object())
}

#[cfg(test)]
mod tests {
    use super::super::group::tests::{Groups, MINUTE};
    use super::*;
    use crate::testing::{Cloud, code};

    fn two() -> (Groups, Vec<String>) {
        let groups = Groups::new(Cloud::new());
        groups.call("CreateAutoScalingGroup", groups.input(0, 2, 2)).unwrap();
        groups.cloud.wait(MINUTE);
        let shown = groups.shown().unwrap();
        let ids = shown.list_at("Instances").iter().map(|own| own.need("InstanceId").unwrap().to_owned()).collect();
        (groups, ids)
    }

    #[test]
    fn an_instance_is_set_aside_and_comes_back() {
        let (groups, ids) = two();
        let one = || tree! { "InstanceIds": vec![ids[0].as_str()] };
        assert_eq!(code(groups.call("ExitStandby", one())), "ValidationError");
        let moved = groups.call("EnterStandby", one().with("ShouldDecrementDesiredCapacity", true)).unwrap();
        assert!(moved.list_at("Activities")[0].need("Cause").unwrap().contains("moved to standby"));
        groups.cloud.wait(MINUTE);
        let mut states = groups.states();
        states.sort();
        assert_eq!(states, ["InService", "Standby"]);
        assert_eq!(groups.shown().unwrap().int("DesiredCapacity"), Ok(Some(1)));
        groups.call("ExitStandby", one()).unwrap();
        groups.cloud.wait(MINUTE);
        assert_eq!(groups.states(), ["InService", "InService"]);
    }

    #[test]
    fn an_instance_leaves_the_group_and_joins_it_again() {
        let (groups, ids) = two();
        let one = || tree! { "InstanceIds": vec![ids[0].as_str()] };
        assert_eq!(code(groups.call("AttachInstances", one())), "ValidationError");
        groups.call("DetachInstances", one().with("ShouldDecrementDesiredCapacity", true)).unwrap();
        groups.cloud.wait(MINUTE);
        assert_eq!(groups.states(), ["InService"]);
        let running = groups.cloud.ec2("DescribeInstances", tree! { "InstanceId": vec![ids[0].as_str()] }).unwrap();
        let state = running.list_at("reservationSet")[0].list_at("instancesSet")[0].need("instanceState.name");
        assert_eq!(state, Ok("running"));
        groups.call("AttachInstances", one()).unwrap();
        groups.cloud.wait(MINUTE);
        assert_eq!(groups.states(), ["InService", "InService"]);
    }

    #[test]
    fn what_is_called_unhealthy_is_replaced() {
        let (groups, ids) = two();
        let say = |id: &str, status: &str| {
            let input = tree! { "InstanceId": id, "HealthStatus": status };
            groups.cloud.call("autoscaling", "SetInstanceHealth", input)
        };
        assert_eq!(code(say("i-0123456789abcdef0", "Unhealthy")), "ValidationError");
        assert_eq!(code(say(&ids[0], "Ill")), "ValidationError");
        say(&ids[0], "Unhealthy").unwrap();
        groups.cloud.wait(MINUTE * 4);
        let shown = groups.shown().unwrap();
        let now: Vec<_> = shown.list_at("Instances").iter().map(|own| own.need("InstanceId").unwrap()).collect();
        assert!(now.len() == 2 && !now.contains(&ids[0].as_str()), "{now:?}");
    }
}
