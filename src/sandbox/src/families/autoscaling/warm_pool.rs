//! Warm pools: instances that have started once and wait, stopped or running, until their group needs them.

use serde::{Deserialize, Serialize};

use super::balance::{self, SOON, Start, wake};
use super::member::{Lifecycle, Member};
use super::{Activity, Group, PAGING, validation};
use crate::families::ec2::instance::{halt, start_again, terminate};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write(
            "PutWarmPool",
            &["AutoScalingGroupName", "MaxGroupPreparedCapacity", "MinSize", "PoolState", "InstanceReusePolicy"],
            put,
        ),
        read("DescribeWarmPool", &["AutoScalingGroupName", "MaxRecords", "NextToken"], describe),
        write("DeleteWarmPool", &["AutoScalingGroupName", "ForceDelete"], delete),
    ],
    events: &[],
};

/// A warm pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WarmPool {
    /// How many instances group and pool have together at most; nothing for the greatest size of the group.
    prepared: Option<i64>,
    /// How many instances the pool has at least.
    least: i64,
    /// How they wait.
    state: PoolState,
    /// Whether instances return when the group shrinks; nothing where nobody said.
    reuses: Option<bool>,
    /// Whether it is being deleted.
    is_deleting: bool,
}

/// How instances wait in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PoolState {
    /// Stopped.
    Stopped,
    /// Running.
    Running,
    /// Stopped, with their memory on a volume.
    Hibernated,
}

impl PoolState {
    fn read(text: &str) -> Option<Self> {
        [Self::Stopped, Self::Running, Self::Hibernated].into_iter().find(|own| own.name() == text)
    }

    fn name(self) -> &'static str {
        self.of_member().trim_start_matches("Warmed:")
    }

    /// Returns the lifecycle state of an instance that waits so.
    pub fn of_member(self) -> &'static str {
        match self {
            Self::Stopped => "Warmed:Stopped",
            Self::Running => "Warmed:Running",
            Self::Hibernated => "Warmed:Hibernated",
        }
    }

    /// Returns whether the machine is off.
    pub fn is_off(self) -> bool {
        self != Self::Running
    }
}

impl WarmPool {
    /// Returns the pool as answers have it.
    pub fn shown(&self) -> Tree {
        tree! {
            "MaxGroupPreparedCapacity": self.prepared,
            "MinSize": self.least,
            "PoolState": self.state.name(),
            "Status": self.is_deleting.then_some("PendingDelete"),
            "InstanceReusePolicy": self.reuses.map(|reuses| tree! { "ReuseOnScaleIn": reuses }),
        }
    }

    /// Returns how much capacity it should have.
    fn wanted(&self, group: &Group) -> i64 {
        if self.is_deleting || group.is_deleting {
            return 0;
        }
        (self.prepared.unwrap_or(group.sizes.most) - group.sizes.desired).max(self.least)
    }
}

impl Group {
    /// Returns the instances of the warm pool.
    pub fn pooled(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|own| own.pooled.is_some())
    }
}

/// Returns whether an instance waits in a warm pool and is off.
pub(crate) fn is_asleep(scope: &Scope<'_>, instance_id: &str) -> bool {
    let name = scope.ec2().tag(instance_id, "aws:autoscaling:groupName");
    let group = name.and_then(|name| scope.autoscaling().groups.get(name)).filter(|group| group.warm_pool.is_some());
    let own = group.and_then(|group| group.pooled().find(|own| own.instance_id == instance_id));
    own.and_then(|own| own.pooled).is_some_and(PoolState::is_off)
}

/// Makes or changes a pool, as PutWarmPool does: what is not said of one that is there stays.
///
/// # Errors
/// When it is refused.
pub(crate) fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("AutoScalingGroupName")?;
    let group = scope.autoscaling().group(name)?;
    let prior = group.warm_pool.as_ref();
    if group.is_deleting || prior.is_some_and(|prior| prior.is_deleting) {
        return Err(validation(format!("AutoScalingGroup '{name}', or its warm pool, is pending delete")));
    }
    if group.wants_spot() {
        return Err(validation("You can't add a warm pool to an Auto Scaling group that launches Spot Instances."));
    }
    let least = input.int("MinSize")?.or(prior.map(|prior| prior.least)).unwrap_or(0);
    if least < 0 {
        return Err(Fault::invalid("minSize", least, "Member must have value greater than or equal to 0"));
    }
    let prepared = match input.int("MaxGroupPreparedCapacity")? {
        Some(number) if number < -1 => {
            let why = "Member must have value greater than or equal to -1";
            return Err(Fault::invalid("maxGroupPreparedCapacity", number, why));
        }
        Some(-1) => None,
        Some(number) => Some(number),
        None => prior.and_then(|prior| prior.prepared),
    };
    let state = match input.text("PoolState")? {
        Some(text) => PoolState::read(text).ok_or_else(|| {
            let why = "Member must satisfy enum value set: [Stopped, Running, Hibernated]";
            Fault::invalid("poolState", text, why)
        })?,
        None => prior.map_or(PoolState::Stopped, |prior| prior.state),
    };
    let reuses = match input.at("InstanceReusePolicy") {
        Some(policy) => Some(policy.bool("ReuseOnScaleIn")?.unwrap_or_default()),
        None => prior.and_then(|prior| prior.reuses),
    };
    let pool = WarmPool { prepared, least, state, reuses, is_deleting: false };
    scope.autoscaling_mut().group_mut(name)?.warm_pool = Some(pool);
    wake(scope, name, SOON);
    Ok(Tree::object())
}

/// A group without a pool has an empty one.
fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let group = scope.autoscaling().group(input.need("AutoScalingGroupName")?)?;
    let page = page(&PAGING, input, group.pooled())?;
    Ok(tree! {
        "WarmPoolConfiguration": group.warm_pool.as_ref().map(WarmPool::shown),
        "Instances": Tree::list(page.items.into_iter().map(|own| own.shown(scope))),
        "NextToken": page.next,
    })
}

/// Deletes a pool, as DeleteWarmPool does: by force at once, else when its instances have ended.
///
/// # Errors
/// When there is none.
pub(crate) fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("AutoScalingGroupName")?;
    let is_forced = input.bool("ForceDelete")? == Some(true);
    let now = scope.now;
    let group = scope.autoscaling_mut().group_mut(name)?;
    let missing = || validation(format!("No warm pool found for Auto Scaling group {name}."));
    group.warm_pool.as_mut().ok_or_else(missing)?.is_deleting = true;
    let ids: Vec<String> = group.pooled().map(|own| own.instance_id.clone()).collect();
    if is_forced {
        group.warm_pool = None;
        group.members.retain(|own| own.pooled.is_none());
    }
    for id in ids {
        if is_forced {
            terminate(scope, &id);
        } else {
            let cause = format!("At {now} a user request deleted the warm pool.");
            balance::end(scope, name, &id, &cause);
        }
    }
    wake(scope, name, SOON);
    Ok(Tree::object())
}

/// Fills the pool, or ends what is too much; one that is to go goes with its last instance.
pub fn balance(scope: &mut Scope<'_>, name: &str) {
    loop {
        let Some(group) = scope.autoscaling_mut().groups.get_mut(name) else { return };
        let Some(pool) = group.warm_pool.clone() else { return };
        if pool.is_deleting && group.pooled().next().is_none() {
            group.warm_pool = None;
            return;
        }
        let now = scope.now;
        let Some(group) = scope.autoscaling().groups.get(name).cloned() else { return };
        let live: Vec<&Member> = group.pooled().filter(|own| own.lifecycle.is_live()).collect();
        let (capacity, wanted) = (live.iter().map(|own| own.weight).sum::<i64>(), pool.wanted(&group));
        if capacity < wanted {
            if group.is_suspended("Launch") || group.retries.is_some_and(|at| at > now) {
                return;
            }
            let cause = format!(
                "At {now} an instance was started in response to a difference between desired and actual capacity of \
                 the warm pool, increasing its capacity from {capacity} to {wanted}."
            );
            let start = Start { is_spot: false, group: &group, pooled: Some(pool.state), cause: &cause };
            if !balance::launch_one(scope, name, &start) {
                return;
            }
        } else {
            let spare = live.iter().rev().find(|own| capacity - own.weight >= wanted);
            let Some(id) = spare.map(|own| own.instance_id.clone()) else { return };
            let cause = format!(
                "At {now} an instance was taken out of the warm pool in response to a difference between desired and \
                 actual capacity, shrinking its capacity from {capacity} to {wanted}."
            );
            balance::end(scope, name, &id, &cause);
        }
    }
}

/// Takes an instance from the pool into the group; returns whether there was one that is ready.
pub fn take(scope: &mut Scope<'_>, name: &str, cause: &str) -> bool {
    let Some(group) = scope.autoscaling().groups.get(name) else { return false };
    let now = scope.now;
    let is_ready = |own: &&Member| {
        let state = scope.ec2().instances.get(&own.instance_id).map(|own| own.state(now));
        own.lifecycle == Lifecycle::InService && state.is_some_and(|state| ["stopped", "running"].contains(&state))
    };
    let Some(own) = group.pooled().find(is_ready).cloned() else { return false };
    let description = format!("Launching a new EC2 instance from warm pool: {}", own.instance_id);
    let activity = Activity::new(scope, description, cause.to_owned(), (&own.subnet_id, &own.zone));
    enter(scope, name, activity, &own.instance_id, None, Lifecycle::Pending);
    start_again(scope, &own.instance_id);
    true
}

/// Gives an instance of the group to the pool, where that takes them; returns whether it does.
pub fn give(scope: &mut Scope<'_>, name: &str, id: &str, cause: &str) -> bool {
    let Some(group) = scope.autoscaling().groups.get(name) else { return false };
    let Some(pool) = group.warm_pool.as_ref().filter(|pool| pool.reuses == Some(true)) else { return false };
    let full: i64 = group.pooled().filter(|own| own.lifecycle.is_live()).map(|own| own.weight).sum();
    let own = group.members.iter().find(|own| own.instance_id == id && own.lifecycle == Lifecycle::InService);
    let (state, Some(own)) = (pool.state, own.cloned()) else { return false };
    if full + own.weight > pool.wanted(group) {
        return false;
    }
    let description = format!("Returning EC2 instance to warm pool: {id}");
    let mut activity = Activity::new(scope, description, cause.to_owned(), (&own.subnet_id, &own.zone));
    "Successful".clone_into(&mut activity.status);
    activity.ended = Some(scope.now);
    enter(scope, name, activity, id, Some(state), Lifecycle::InService);
    if state.is_off() {
        halt(scope, id);
    }
    true
}

fn enter(
    scope: &mut Scope<'_>,
    name: &str,
    activity: Activity,
    id: &str,
    pooled: Option<PoolState>,
    lifecycle: Lifecycle,
) {
    let Some(group) = scope.autoscaling_mut().groups.get_mut(name) else { return };
    if let Some(own) = group.members.iter_mut().find(|own| own.instance_id == id) {
        (own.pooled, own.lifecycle) = (pooled, lifecycle);
        own.activity_id.clone_from(&activity.id);
    }
    group.log(activity);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::autoscaling::group::tests::{Groups, MINUTE};
    use crate::testing::{Cloud, code};

    /// Returns a group of one instance that may have four, with a pool.
    fn prepared(pool: Tree) -> Groups {
        let groups = Groups::new(Cloud::new());
        groups.call("CreateAutoScalingGroup", groups.input(1, 4, 1)).unwrap();
        groups.call("PutWarmPool", pool).unwrap();
        groups.cloud.wait(2 * MINUTE);
        groups
    }

    /// Returns ids and states of the pool's instances.
    fn pooled(groups: &Groups) -> Vec<(String, String)> {
        let pool = groups.call("DescribeWarmPool", tree! {}).unwrap();
        let of = |own: &Tree, name: &str| own.need(name).unwrap().to_owned();
        pool.list_at("Instances").iter().map(|own| (of(own, "InstanceId"), of(own, "LifecycleState"))).collect()
    }

    #[test]
    fn a_pool_is_filled_and_its_instances_serve_first() {
        let groups = prepared(tree! {});
        let shown = groups.shown().unwrap();
        assert_eq!((groups.states().len(), shown.int("WarmPoolSize")), (1, Ok(Some(3))));
        let expected = tree! { "MinSize": 0, "PoolState": "Stopped" };
        assert_eq!(shown.at("WarmPoolConfiguration"), Some(&expected));
        let waiting = pooled(&groups);
        assert!(waiting.len() == 3 && waiting.iter().all(|(_, state)| state == "Warmed:Stopped"), "{waiting:?}");
        let filter = tree! { "Name": "instance-state-name", "Value": vec!["stopped"] };
        let stopped = groups.cloud.ec2("DescribeInstances", tree! { "Filter": vec![filter] }).unwrap();
        assert_eq!(stopped.list_at("reservationSet").len(), 3);
        groups.call("SetDesiredCapacity", tree! { "DesiredCapacity": 2 }).unwrap();
        groups.cloud.wait(2 * MINUTE);
        assert_eq!((groups.states(), pooled(&groups).len()), (vec!["InService".to_owned(); 2], 2));
        let first = &groups.activities()[0];
        let expected = format!("Launching a new EC2 instance from warm pool: {}", waiting[0].0);
        assert_eq!((first.need("Description"), first.need("StatusCode")), (Ok(expected.as_str()), Ok("Successful")));
    }

    #[test]
    fn instances_return_where_they_are_to() {
        let reuse = tree! { "ReuseOnScaleIn": true };
        let pool = tree! { "MaxGroupPreparedCapacity": 2, "PoolState": "Running", "InstanceReusePolicy": reuse };
        let groups = prepared(pool);
        assert_eq!(pooled(&groups).len(), 1);
        groups.call("SetDesiredCapacity", tree! { "DesiredCapacity": 2 }).unwrap();
        groups.cloud.wait(2 * MINUTE);
        assert!(pooled(&groups).is_empty());
        groups.call("SetDesiredCapacity", tree! { "DesiredCapacity": 1 }).unwrap();
        groups.cloud.wait(MINUTE);
        assert_eq!(pooled(&groups)[0].1, "Warmed:Running");
        // What is not said stays, but for -1, which takes a number away.
        groups.call("PutWarmPool", tree! { "MaxGroupPreparedCapacity": -1, "MinSize": 2 }).unwrap();
        let shown = groups.call("DescribeWarmPool", tree! {}).unwrap();
        let config = shown.at("WarmPoolConfiguration").unwrap();
        assert_eq!((config.need("PoolState"), config.has("MaxGroupPreparedCapacity")), (Ok("Running"), false));
        assert_eq!(config.bool("InstanceReusePolicy.ReuseOnScaleIn"), Ok(Some(true)));
    }

    #[test]
    fn a_pool_goes_with_its_instances() {
        let groups = prepared(tree! { "MinSize": 1, "MaxGroupPreparedCapacity": 1 });
        assert_eq!(code(groups.call("DeleteAutoScalingGroup", tree! {})), "ResourceInUse");
        groups.call("DeleteWarmPool", tree! {}).unwrap();
        let shown = groups.shown().unwrap();
        assert_eq!(shown.need("WarmPoolConfiguration.Status"), Ok("PendingDelete"));
        groups.cloud.wait(2 * MINUTE);
        assert!(!groups.shown().unwrap().has("WarmPoolConfiguration"));
        assert_eq!(groups.states(), ["InService"]);
        let Err(Fault::Coded { message, .. }) = groups.call("DeleteWarmPool", tree! {}) else { panic!("there is one") };
        assert!(message.starts_with("No warm pool found"));
        groups.call("PutWarmPool", tree! { "MinSize": 1 }).unwrap();
        groups.cloud.wait(2 * MINUTE);
        groups.call("DeleteWarmPool", tree! { "ForceDelete": "true" }).unwrap();
        assert!(pooled(&groups).is_empty() && !groups.shown().unwrap().has("WarmPoolConfiguration"));
        groups.call("DeleteAutoScalingGroup", tree! { "ForceDelete": "true" }).unwrap();
        groups.cloud.wait(2 * MINUTE);
        assert_eq!(groups.shown(), None);
    }

    #[test]
    fn what_cannot_be_a_pool_is_refused() {
        let groups = Groups::new(Cloud::new());
        assert_eq!(code(groups.call("PutWarmPool", tree! {})), "ValidationError");
        groups.call("CreateAutoScalingGroup", groups.input(0, 1, 0)).unwrap();
        for (name, value) in
            [("MinSize", Tree::from(-1)), ("MaxGroupPreparedCapacity", Tree::from(-2)), ("PoolState", "Asleep".into())]
        {
            assert_eq!(code(groups.call("PutWarmPool", Tree::object().with(name, value))), "ValidationError", "{name}");
        }
        assert!(!groups.call("DescribeWarmPool", tree! {}).unwrap().has("WarmPoolConfiguration"));
    }
}
