//! Auto Scaling groups.

mod checks;
mod delete;
mod settings;
mod size;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(super) use checks::launch as launch_of;
pub(crate) use delete::delete as remove;
pub(super) use settings::POLICIES as TERMINATION_POLICIES;
pub use size::Sizes;

use super::balance::{self, SOON, wake};
use super::{
    Activity, Member, activity, catalogue, describe, hooks, policy, refresh, schedule, tags, traffic, validation,
    warm_pool,
};
use crate::families::iam::ensure_service_linked_role;
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write("CreateAutoScalingGroup", CREATE, make),
        write("UpdateAutoScalingGroup", UPDATE, change),
        read(
            "DescribeAutoScalingGroups",
            &["AutoScalingGroupNames", "Filters", "IncludeInstances", "MaxRecords", "NextToken"],
            describe::groups,
        ),
        read("DescribeAutoScalingInstances", &["InstanceIds", "MaxRecords", "NextToken"], describe::instances),
        read(
            "DescribeScalingActivities",
            &["ActivityIds", "AutoScalingGroupName", "IncludeDeletedGroups", "MaxRecords", "NextToken"],
            activity::describe,
        ),
        write("DeleteAutoScalingGroup", &["AutoScalingGroupName", "ForceDelete"], remove),
        write("SetDesiredCapacity", &["AutoScalingGroupName", "DesiredCapacity", "HonorCooldown"], size::set),
        write(
            "TerminateInstanceInAutoScalingGroup",
            &["InstanceId", "ShouldDecrementDesiredCapacity"],
            size::terminate_one,
        ),
    ],
    events: &[Event { name: balance::BALANCE, happen: balance::balance }],
};

/// Members of a creation and of a change, behind those that only one of them has.
macro_rules! members {
    ($($own:literal),*) => {
        &[
            $($own,)*
            "AutoScalingGroupName",
            "LaunchTemplate",
            "LaunchConfigurationName",
            "MixedInstancesPolicy",
            "PlacementGroup",
            "MinSize",
            "MaxSize",
            "DesiredCapacity",
            "AvailabilityZones",
            "VPCZoneIdentifier",
            "DefaultCooldown",
            "HealthCheckType",
            "HealthCheckGracePeriod",
            "TerminationPolicies",
            "NewInstancesProtectedFromScaleIn",
            "CapacityRebalance",
            "DeletionProtection",
            "ServiceLinkedRoleARN",
            "MaxInstanceLifetime",
            "Context",
            "DesiredCapacityType",
            "DefaultInstanceWarmup",
            "InstanceMaintenancePolicy",
            "AvailabilityZoneDistribution",
            "AvailabilityZoneImpairmentPolicy",
            "SkipZonalShiftValidation",
            "CapacityReservationSpecification",
            "InstanceLifecyclePolicy",
        ]
    };
}

/// Members of a creation.
const CREATE: &[&str] =
    members!("LifecycleHookSpecificationList", "Tags", "LoadBalancerNames", "TargetGroupARNs", "TrafficSources");

/// Members of a change.
const UPDATE: &[&str] = members!();

/// A group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// The unique part of its ARN.
    pub uuid: String,
    /// When it was made.
    pub created: Timestamp,
    /// How large it may and should be.
    pub sizes: Sizes,
    /// `LaunchTemplate` or `MixedInstancesPolicy`, with what is filled in.
    pub launch: Tree,
    /// Its subnets.
    pub subnet_ids: Vec<String>,
    /// Names of its zones.
    pub zones: Vec<String>,
    /// What else it was told, with what is filled in.
    pub settings: Tree,
    /// Its instances, in the order of their launches.
    pub members: Vec<Member>,
    /// What it has done.
    pub activities: Vec<Activity>,
    /// Its hooks, by name.
    pub hooks: BTreeMap<String, hooks::Hook>,
    /// Its scheduled actions, by name.
    pub schedules: BTreeMap<String, schedule::Schedule>,
    /// Its scaling policies, by name.
    #[serde(default)]
    pub policies: BTreeMap<String, policy::Policy>,
    /// Its warm pool.
    #[serde(default)]
    pub warm_pool: Option<warm_pool::WarmPool>,
    /// Its refreshes, the newest one last.
    pub refreshes: Vec<refresh::Refresh>,
    /// Processes that are suspended, with the reason.
    pub suspended: BTreeMap<String, String>,
    /// Metrics that are collected.
    pub metrics: BTreeSet<String>,
    /// Its tags.
    pub tags: BTreeMap<String, tags::Tag>,
    /// Whether it is being deleted.
    pub is_deleting: bool,
    /// Why its size last changed, as causes of activities begin.
    pub reason: String,
    /// When it looks at itself next.
    pub wakes: Option<Timestamp>,
    /// When it may launch again after a failure.
    pub retries: Option<Timestamp>,
    /// How many launches have failed since the last one that did not.
    pub failures: u32,
}

impl Group {
    /// Returns the ARN.
    pub fn arn(&self, scope: &Scope<'_>, name: &str) -> String {
        scope.arn("autoscaling", &format!("autoScalingGroup:{}:autoScalingGroupName/{name}", self.uuid))
    }

    /// Returns whether a process is suspended.
    pub fn is_suspended(&self, process: &str) -> bool {
        self.suspended.contains_key(process)
    }
}

/// Makes a group, as CreateAutoScalingGroup does.
///
/// # Errors
/// When it is refused.
pub(crate) fn make(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = checks::new_name(scope, input)?;
    let sizes = Sizes::asked(input)?;
    let most = catalogue::MOST_GROUPS;
    if scope.autoscaling().groups.len() >= most {
        let message = format!("You have reached your limit of {most} Auto Scaling groups for this account.");
        return Err(Fault::new("LimitExceeded", message));
    }
    let launch = checks::launch(scope, input)?.ok_or_else(|| validation(checks::ONE_LAUNCH))?;
    traffic::check(input)?;
    let (subnet_ids, zones) = checks::places(scope, input)?
        .ok_or_else(|| validation("At least one Availability Zone or VPC Subnet is required."))?;
    let mut group = Group {
        uuid: scope.ids().uuid(),
        created: scope.now,
        sizes,
        launch,
        subnet_ids,
        zones,
        settings: settings::asked(&settings::usual(), input)?,
        members: Vec::new(),
        activities: Vec::new(),
        hooks: BTreeMap::new(),
        schedules: BTreeMap::new(),
        policies: BTreeMap::new(),
        warm_pool: None,
        refreshes: Vec::new(),
        suspended: BTreeMap::new(),
        metrics: BTreeSet::new(),
        tags: tags::read_all(input.list_at("Tags"))?,
        is_deleting: false,
        reason: String::new(),
        wakes: None,
        retries: None,
        failures: 0,
    };
    for hook in input.list_at("LifecycleHookSpecificationList") {
        group.hooks.insert(hook.need("LifecycleHookName")?.to_owned(), hooks::Hook::read(hook)?);
    }
    group.try_launch(scope)?;
    group.reason = format!(
        "At {} a user request created an AutoScalingGroup changing the desired capacity from 0 to {}.  ",
        scope.now, sizes.desired
    );
    if !group.settings.has("ServiceLinkedRoleARN") {
        let role = ensure_service_linked_role(scope, "autoscaling.amazonaws.com");
        group.settings.set("ServiceLinkedRoleARN", role);
    }
    scope.autoscaling_mut().groups.insert(name.to_owned(), group);
    wake(scope, name, SOON);
    Ok(Tree::object())
}

/// Changes a group, as UpdateAutoScalingGroup does.
///
/// # Errors
/// When it is refused.
pub(crate) fn change(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("AutoScalingGroupName")?;
    let prior = scope.autoscaling().group(name)?;
    checks::not_deleting(name, prior)?;
    let mut group = prior.clone();
    group.sizes = prior.sizes.changed(input)?;
    if let Some(launch) = checks::launch(scope, input)? {
        group.launch = launch;
    }
    if let Some((subnet_ids, zones)) = checks::places(scope, input)? {
        (group.subnet_ids, group.zones) = (subnet_ids, zones);
    }
    group.settings = settings::asked(&group.settings, input)?;
    if group.launch != prior.launch || group.subnet_ids != prior.subnet_ids {
        group.try_launch(scope)?;
        group.retries = None;
    }
    if group.sizes != prior.sizes {
        group.reason = format!(
            "At {} a user request update of AutoScalingGroup constraints to min: {}, max: {}, desired: {} changing the \
             desired capacity from {} to {}.  ",
            scope.now,
            group.sizes.least,
            group.sizes.most,
            group.sizes.desired,
            prior.sizes.desired,
            group.sizes.desired
        );
    }
    scope.autoscaling_mut().groups.insert(name.to_owned(), group);
    wake(scope, name, SOON);
    Ok(Tree::object())
}

impl Group {
    /// Returns the group as answers have it.
    pub(super) fn shown(&self, scope: &Scope<'_>, name: &str) -> Tree {
        let mut shown = tree! {
            "AutoScalingGroupName": name,
            "AutoScalingGroupARN": self.arn(scope, name),
            "MinSize": self.sizes.least,
            "MaxSize": self.sizes.most,
            "DesiredCapacity": self.sizes.desired,
            "AvailabilityZones": Tree::list(self.zones.iter()),
            "LoadBalancerNames": Tree::List(Vec::new()),
            "TargetGroupARNs": Tree::List(Vec::new()),
            "TrafficSources": Tree::List(Vec::new()),
            "Instances": Tree::list(self.members.iter().filter(|own| own.pooled.is_none()).map(|own| own.shown(scope))),
            "CreatedTime": self.created,
            "SuspendedProcesses": Tree::list(self.suspended.iter().map(|(process, reason)| {
                tree! { "ProcessName": process, "SuspensionReason": reason }
            })),
            "VPCZoneIdentifier": self.subnet_ids.join(","),
            "EnabledMetrics": Tree::list(self.metrics.iter().map(|metric| {
                tree! { "Metric": metric, "Granularity": "1Minute" }
            })),
            "Status": self.is_deleting.then_some("Delete in progress"),
            "Tags": Tree::list(self.tags.iter().map(|(key, tag)| tag.shown(name, key))),
            "WarmPoolConfiguration": self.warm_pool.as_ref().map(warm_pool::WarmPool::shown),
            "WarmPoolSize": self.warm_pool.as_ref().map(|_| self.pooled().count()),
        };
        for part in [&self.launch, &self.settings] {
            part.members().for_each(|(name, value)| shown.set(name, value));
        }
        shown
    }
}

#[cfg(test)]
pub(super) mod tests;
