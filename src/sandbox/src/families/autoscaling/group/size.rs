//! How large a group may be and should be, and which instances go when it shrinks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::balance::{self, SOON, wake};
use super::super::instances::unmanaged;
use super::super::{Member, validation};
use super::{Group, checks};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Sizes of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// The least.
    pub least: i64,
    /// The greatest.
    pub most: i64,
    /// The one that is aimed at.
    pub desired: i64,
}

impl Sizes {
    /// Returns the sizes of a creation.
    ///
    /// # Errors
    /// When they do not fit together.
    pub fn asked(input: &Tree) -> Result<Self, Fault> {
        let need = |member: &str| input.int(member)?.ok_or_else(|| Fault::missing(member));
        let (least, most) = (need("MinSize")?, need("MaxSize")?);
        let desired = input.int("DesiredCapacity")?.unwrap_or(least);
        Self { least, most, desired }.checked()
    }

    /// Returns the sizes after a change; a desired one that is not named follows the others.
    ///
    /// # Errors
    /// When they do not fit together.
    pub fn changed(self, input: &Tree) -> Result<Self, Fault> {
        let (least, most) = (input.int("MinSize")?.unwrap_or(self.least), input.int("MaxSize")?.unwrap_or(self.most));
        let follows = || self.desired.max(least).min(most.max(least));
        let desired = input.int("DesiredCapacity")?.unwrap_or_else(follows);
        Self { least, most, desired }.checked()
    }

    fn checked(self) -> Result<Self, Fault> {
        let Self { least, most, desired } = self;
        if least < 0 || most < 0 {
            let (name, value) = if least < 0 { ("minSize", least) } else { ("maxSize", most) };
            return Err(Fault::invalid(name, value, "Member must have value greater than or equal to 0"));
        }
        if least > most {
            return Err(validation(format!("Max bound, {most}, must be greater than or equal to min bound, {least}")));
        }
        if !(least..=most).contains(&desired) {
            return Err(validation(format!(
                "Desired capacity:{desired} must be between the specified min size:{least} and max size:{most}"
            )));
        }
        Ok(self)
    }
}

impl Group {
    /// Returns the capacity that is there or starts.
    pub fn capacity(&self) -> i64 {
        self.members.iter().filter(|member| member.is_counted()).map(|member| member.weight).sum()
    }

    /// Returns the instance that goes first when the group shrinks, if it can go without falling below a capacity: one
    /// in the zone with most, by the policies of the group.
    pub fn victim(&self, desired: i64) -> Option<String> {
        let capacity = self.capacity();
        let may_go =
            self.members.iter().enumerate().filter(|(_, member)| {
                member.is_counted() && !member.is_protected && capacity - member.weight >= desired
            });
        let policy = self.settings.texts("TerminationPolicies").first().copied().unwrap_or("Default");
        let rank = |index: usize, version: i64| match policy {
            "NewestInstance" => (0, -(i64::try_from(index).unwrap_or(i64::MAX))),
            "OldestInstance" => (0, i64::try_from(index).unwrap_or(i64::MAX)),
            _ => (version, i64::try_from(index).unwrap_or(i64::MAX)),
        };
        let best = may_go.min_by_key(|(index, member)| {
            let version = member.template.int("Version").ok().flatten().unwrap_or(0);
            (std::cmp::Reverse(self.count_in(&member.zone)), rank(*index, version))
        });
        best.map(|(_, member)| member.instance_id.clone())
    }

    fn count_in(&self, zone: &str) -> usize {
        self.members.iter().filter(|member| member.is_counted() && member.zone == zone).count()
    }

    /// Returns subnets, those with fewest instances of the group first, or of its warm pool.
    pub fn by_need(&self, subnets: &[String], is_pool: bool) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let is_one = |member: &&Member| member.lifecycle.is_live() && member.pooled.is_some() == is_pool;
        for member in self.members.iter().filter(is_one) {
            *counts.entry(&member.subnet_id).or_default() += 1;
        }
        let mut subnets = subnets.to_vec();
        subnets.sort_by_key(|subnet| counts.get(subnet.as_str()).copied().unwrap_or(0));
        subnets
    }
}

pub fn set(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("AutoScalingGroupName")?;
    let desired = input.int("DesiredCapacity")?.ok_or_else(|| Fault::missing("DesiredCapacity"))?;
    let now = scope.now;
    let group = scope.autoscaling_mut().group_mut(name)?;
    checks::not_deleting(name, group)?;
    let Sizes { least, most, desired: prior } = group.sizes;
    if desired > most {
        let message =
            format!("New SetDesiredCapacity value {desired} is above max value {most} for the AutoScalingGroup.");
        return Err(validation(message));
    }
    if desired < least {
        let message =
            format!("New SetDesiredCapacity value {desired} is below min value {least} for the AutoScalingGroup.");
        return Err(validation(message));
    }
    group.sizes.desired = desired;
    group.reason = format!(
        "At {now} a user request explicitly set group desired capacity changing the desired capacity from {prior} to \
         {desired}.  "
    );
    wake(scope, name, SOON);
    Ok(Tree::object())
}

/// Ends one instance; another takes its place unless the group shrinks.
pub fn terminate_one(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    let shrinks = input.bool("ShouldDecrementDesiredCapacity")?;
    let shrinks = shrinks.ok_or_else(|| Fault::missing("ShouldDecrementDesiredCapacity"))?;
    let has_it = |group: &Group| group.members.iter().any(|member| member.instance_id == id);
    let mut groups = scope.autoscaling_mut().groups.iter_mut();
    let found = groups.find(|(_, group)| has_it(group)).map(|(name, group)| (name.clone(), group));
    let Some((name, group)) = found else {
        return Err(unmanaged(id));
    };
    if shrinks {
        let Sizes { least, desired, .. } = group.sizes;
        if desired <= least {
            return Err(validation(format!(
                "Currently, desiredSize equals minSize ({least}). Terminating instance without replacement will violate \
                 group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's \
                 min size."
            )));
        }
        group.sizes.desired = desired - 1;
    }
    let cause = format!("At {} instance {id} was taken out of service in response to a user request.", scope.now);
    balance::end(scope, &name, id, &cause);
    wake(scope, &name, SOON);
    let group = scope.autoscaling().group(&name)?;
    let activity = group.activities.last().map(|own| own.shown(scope, &name, group));
    Ok(tree! { "Activity": activity })
}
