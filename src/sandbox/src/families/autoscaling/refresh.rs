//! Instance refreshes: a group replaces its instances, some at a time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::balance::{self, SOON, wake};
use super::member::Lifecycle;
use super::{Group, PAGING};
use crate::families::page::page;
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
            "StartInstanceRefresh",
            &["AutoScalingGroupName", "Strategy", "DesiredConfiguration", "Preferences"],
            start,
        ),
        write("CancelInstanceRefresh", &["AutoScalingGroupName", "WaitForTransitioningInstances"], cancel),
        read(
            "DescribeInstanceRefreshes",
            &["AutoScalingGroupName", "InstanceRefreshIds", "MaxRecords", "NextToken"],
            describe,
        ),
    ],
    events: &[],
};

/// A refresh.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refresh {
    /// Its id.
    pub id: String,
    /// Such as `InProgress`.
    pub status: String,
    /// When it began.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Instances that are still to be replaced.
    pub targets: Vec<String>,
    /// How many there were at first.
    pub total: usize,
    /// What it was asked for with, and what is filled in.
    pub preferences: Tree,
    /// The configuration that it leads to.
    pub configuration: Option<Tree>,
    /// When the instances that were launched last have warmed up.
    pub warm: Option<Timestamp>,
}

impl Refresh {
    fn is_running(&self) -> bool {
        ["Pending", "InProgress", "Cancelling"].contains(&self.status.as_str())
    }

    fn shown(&self, group: &str) -> Tree {
        let done = self.total - self.targets.len();
        let percentage = (done * 100).checked_div(self.total).unwrap_or(100);
        tree! {
            "InstanceRefreshId": self.id.as_str(),
            "AutoScalingGroupName": group,
            "Status": self.status.as_str(),
            "StartTime": self.started,
            "EndTime": self.ended,
            "PercentageComplete": if self.status == "Successful" { 100 } else { percentage.min(99) },
            "InstancesToUpdate": self.targets.len(),
            "Preferences": &self.preferences,
            "DesiredConfiguration": self.configuration.as_ref(),
            "Strategy": "Rolling",
        }
    }
}

/// Returns whether a group refreshes itself.
pub fn is_running(group: &Group) -> bool {
    group.refreshes.last().is_some_and(Refresh::is_running)
}

fn start(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("AutoScalingGroupName")?;
    let group = scope.autoscaling().group(name)?;
    if is_running(group) {
        let message = "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.";
        return Err(Fault::new("InstanceRefreshInProgress", message));
    }
    if let Some(other) = input.text("Strategy")?.filter(|strategy| *strategy != "Rolling") {
        return Err(Fault::not_modelled(format!("the strategy `{other}` of instance refreshes")));
    }
    let least = input.int("Preferences.MinHealthyPercentage")?.unwrap_or(90);
    if !(0..=100).contains(&least) {
        return Err(Fault::invalid("MinHealthyPercentage", least, "Member must be between 0 and 100"));
    }
    let warmup = input.int("Preferences.InstanceWarmup")?.or(group.settings.int("DefaultInstanceWarmup")?);
    let warmup = warmup.or(group.settings.int("HealthCheckGracePeriod")?).unwrap_or(0);
    let skips = input.bool("Preferences.SkipMatching")?.unwrap_or_default();
    let configuration = input.at("DesiredConfiguration").cloned();
    let mut changed = group.clone();
    if let Some(wanted) = &configuration {
        changed.launch = super::group::launch_of(scope, wanted)?.unwrap_or(changed.launch);
        changed.try_launch(scope)?;
    }
    let current: Vec<Tree> = changed.choices(scope)?.into_iter().map(|choice| choice.template).collect();
    let wanted = changed.members.iter().filter(|member| member.is_counted());
    let targets = wanted.filter(|member| !skips || !current.contains(&member.template));
    let targets: Vec<String> = targets.map(|member| member.instance_id.clone()).collect();
    let nothing = Tree::object();
    let preferences = input.at("Preferences").unwrap_or(&nothing).clone();
    let refresh = Refresh {
        id: scope.ids().uuid(),
        status: "Pending".to_owned(),
        started: scope.now,
        ended: None,
        total: targets.len(),
        targets,
        preferences: preferences.with("MinHealthyPercentage", least).with("InstanceWarmup", warmup),
        configuration,
        warm: None,
    };
    let id = refresh.id.clone();
    let group = scope.autoscaling_mut().group_mut(name)?;
    group.launch = changed.launch;
    group.refreshes.push(refresh);
    wake(scope, name, SOON);
    Ok(tree! { "InstanceRefreshId": id })
}

fn cancel(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("AutoScalingGroupName")?;
    let group = scope.autoscaling_mut().group_mut(name)?;
    let Some(refresh) = group.refreshes.last_mut().filter(|refresh| refresh.is_running()) else {
        let message = "No in progress or pending Instance Refresh found for Auto Scaling group";
        return Err(Fault::new("ActiveInstanceRefreshNotFound", format!("{message} {name}")));
    };
    "Cancelling".clone_into(&mut refresh.status);
    let id = refresh.id.clone();
    wake(scope, name, SOON);
    Ok(tree! { "InstanceRefreshId": id })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, ids) = (input.need("AutoScalingGroupName")?, input.texts("InstanceRefreshIds"));
    let group = scope.autoscaling().group(name)?;
    let wanted = group.refreshes.iter().rev().filter(|own| ids.is_empty() || ids.contains(&own.id.as_str()));
    let page = page(&PAGING, input, wanted.map(|own| own.shown(name)))?;
    Ok(tree! { "InstanceRefreshes": page.items, "NextToken": page.next })
}

/// Takes the next step: as many instances go as may be missing, once the others are in service and warm.
pub fn advance(scope: &mut Scope<'_>, name: &str) {
    let now = scope.now;
    let Some(group) = scope.autoscaling_mut().groups.get_mut(name).filter(|group| is_running(group)) else { return };
    let desired = group.sizes.desired;
    let members = group.members.clone();
    let Some(refresh) = group.refreshes.last_mut() else { return };
    refresh.targets.retain(|id| members.iter().any(|own| own.instance_id == *id && own.is_counted()));
    if refresh.status == "Cancelling" {
        "Cancelled".clone_into(&mut refresh.status);
        refresh.ended = Some(now);
        return;
    }
    "InProgress".clone_into(&mut refresh.status);
    let in_service: i64 = members
        .iter()
        .filter(|own| own.is_counted() && own.lifecycle == Lifecycle::InService)
        .map(|own| own.weight)
        .sum();
    if in_service < desired {
        refresh.warm = None;
        return;
    }
    let warmup = refresh.preferences.int("InstanceWarmup").ok().flatten().and_then(|secs| u64::try_from(secs).ok());
    let warm = *refresh.warm.get_or_insert(now + Duration::from_secs(warmup.unwrap_or(0)));
    if warm > now {
        return;
    }
    if refresh.targets.is_empty() {
        "Successful".clone_into(&mut refresh.status);
        refresh.ended = Some(now);
        return;
    }
    let least = refresh.preferences.int("MinHealthyPercentage").ok().flatten().unwrap_or(90);
    let missing = usize::try_from(desired - (desired * least + 99) / 100).unwrap_or(0).max(1);
    let next: Vec<String> = refresh.targets.iter().take(missing).cloned().collect();
    refresh.warm = None;
    for id in next {
        let cause = format!("At {now} an instance was taken out of service in response to an instance refresh.");
        balance::end(scope, name, &id, &cause);
    }
}
