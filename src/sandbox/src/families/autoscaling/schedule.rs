//! Scheduled actions: sizes of a group that change at a time, once or again and again.

use serde::{Deserialize, Serialize};

use super::balance::{SOON, wake};
use super::{PAGING, Sizes, cron, validation};
use crate::families::page::page;
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write(
            "PutScheduledUpdateGroupAction",
            &[
                "AutoScalingGroupName",
                "ScheduledActionName",
                "Time",
                "StartTime",
                "EndTime",
                "Recurrence",
                "MinSize",
                "MaxSize",
                "DesiredCapacity",
                "TimeZone",
            ],
            put,
        ),
        write("BatchPutScheduledUpdateGroupAction", &["AutoScalingGroupName", "ScheduledUpdateGroupActions"], put_all),
        write("BatchDeleteScheduledAction", &["AutoScalingGroupName", "ScheduledActionNames"], delete_all),
        write("DeleteScheduledAction", &["AutoScalingGroupName", "ScheduledActionName"], delete),
        read(
            "DescribeScheduledActions",
            &["AutoScalingGroupName", "ScheduledActionNames", "StartTime", "EndTime", "MaxRecords", "NextToken"],
            describe,
        ),
    ],
    events: &[Event { name: FIRE, happen: fire }],
};

/// The time of a scheduled action has come.
const FIRE: &str = "autoscaling.scheduled-action";

/// How many actions a group may have.
const MOST: usize = 125;

/// A scheduled action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Schedule {
    /// The unique part of its ARN.
    pub uuid: String,
    /// What its event is known by: another one after each change.
    pub fires: String,
    /// When it runs for the first time.
    pub start: Option<Timestamp>,
    /// When it runs no more.
    pub end: Option<Timestamp>,
    /// Five cron fields.
    pub recurrence: Option<String>,
    /// The zone of those, such as `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// When it runs next.
    pub next: Option<Timestamp>,
    /// The least size.
    pub least: Option<i64>,
    /// The greatest size.
    pub most: Option<i64>,
    /// The desired size.
    pub desired: Option<i64>,
}

impl Schedule {
    fn shown(&self, scope: &Scope<'_>, group: &str, name: &str) -> Tree {
        let resource =
            format!("scheduledUpdateGroupAction:{}:autoScalingGroupName/{group}:scheduledActionName/{name}", self.uuid);
        tree! {
            "AutoScalingGroupName": group,
            "ScheduledActionName": name,
            "ScheduledActionARN": scope.arn("autoscaling", &resource),
            "Time": self.next,
            "StartTime": self.next,
            "EndTime": self.end,
            "Recurrence": self.recurrence.as_deref(),
            "MinSize": self.least,
            "MaxSize": self.most,
            "DesiredCapacity": self.desired,
            "TimeZone": self.time_zone.as_deref(),
        }
    }

    /// Returns when the action runs after a moment.
    fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        let recurrence = self.recurrence.as_deref()?;
        let next = cron::Cron::read(recurrence)?.next(self.time_zone.as_deref(), moment)?;
        self.end.is_none_or(|end| next <= end).then_some(next)
    }
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (group_name, name) = (input.need("AutoScalingGroupName")?, input.need("ScheduledActionName")?);
    let group = scope.autoscaling().group(group_name)?;
    let prior = group.schedules.get(name).map(|prior| prior.uuid.clone());
    if prior.is_none() && group.schedules.len() >= MOST {
        return Err(Fault::new("LimitExceeded", "The maximum number of scheduled actions has been reached."));
    }
    let text =
        |member: &str| input.text(member).map(|text| text.filter(|text| !text.is_empty()).map(ToOwned::to_owned));
    let (recurrence, time_zone) = (text("Recurrence")?, text("TimeZone")?);
    if let Some(bad) = recurrence.as_deref().filter(|text| cron::Cron::read(text).is_none()) {
        return Err(validation(format!("Given recurrence string: {bad} is invalid")));
    }
    if let Some(bad) = time_zone.as_deref().filter(|name| !cron::is_time_zone(name)) {
        return Err(validation(format!("Given time zone: {bad} is invalid")));
    }
    let (start, end) = (input.time("StartTime")?.or(input.time("Time")?), input.time("EndTime")?);
    if start.is_some_and(|start| start < scope.now) {
        return Err(validation("Given start time is in the past"));
    }
    if end.is_some_and(|end| end < scope.now || start.is_some_and(|start| end < start)) {
        return Err(validation("Given end time is in the past, or before the start time"));
    }
    if start.is_none() && recurrence.is_none() {
        return Err(validation("Either a start time or a recurrence must be specified"));
    }
    let (least, most, desired) = (input.int("MinSize")?, input.int("MaxSize")?, input.int("DesiredCapacity")?);
    if least.is_none() && most.is_none() && desired.is_none() {
        return Err(validation("At least one of MinSize, MaxSize, and DesiredCapacity must be specified"));
    }
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        return Err(validation("Given min size is greater than max size"));
    }
    let (uuid, fires) = (prior.unwrap_or_else(|| scope.ids().uuid()), scope.ids().uuid());
    let mut schedule = Schedule { uuid, fires, start, end, recurrence, time_zone, next: None, least, most, desired };
    schedule.next = start.or_else(|| schedule.after(scope.now));
    arm(scope, &schedule);
    scope.autoscaling_mut().group_mut(group_name)?.schedules.insert(name.to_owned(), schedule);
    Ok(Tree::object())
}

/// Each action is made or not by itself; the answer says which are not.
fn put_all(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let group = input.need("AutoScalingGroupName")?;
    scope.autoscaling().group(group)?;
    let mut refused = Vec::new();
    for item in input.list_at("ScheduledUpdateGroupActions") {
        if let Err(fault) = put(scope, &item.clone().with("AutoScalingGroupName", group)) {
            refused.push(failed(item.text("ScheduledActionName")?, &fault));
        }
    }
    Ok(tree! { "FailedScheduledUpdateGroupActions": refused })
}

fn delete_all(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let group = input.need("AutoScalingGroupName")?;
    scope.autoscaling().group(group)?;
    let mut refused = Vec::new();
    for name in input.texts("ScheduledActionNames") {
        if let Err(fault) = delete(scope, &tree! { "AutoScalingGroupName": group, "ScheduledActionName": name }) {
            refused.push(failed(Some(name), &fault));
        }
    }
    Ok(tree! { "FailedScheduledActions": refused })
}

fn failed(name: Option<&str>, fault: &Fault) -> Tree {
    tree! {
        "ScheduledActionName": name,
        "ErrorCode": fault.code("autoscaling"),
        "ErrorMessage": fault.message("autoscaling"),
    }
}

fn arm(scope: &mut Scope<'_>, schedule: &Schedule) {
    if let Some(next) = schedule.next {
        scope.later(next.since(scope.now), FIRE, &schedule.fires);
    }
}

/// Sets the sizes. Limits that are left behind by others move along.
fn fire(scope: &mut Scope<'_>, fires: &str) {
    let now = scope.now;
    let mut groups = scope.autoscaling_mut().groups.iter_mut();
    let found = groups.find_map(|(group_name, group)| {
        let name = group.schedules.iter().find(|(_, own)| own.fires == fires).map(|(name, _)| name.clone())?;
        Some((group_name.clone(), name, group))
    });
    let Some((group_name, name, group)) = found else { return };
    let Some(mut schedule) = group.schedules.get(&name).cloned() else { return };
    if !group.is_suspended("ScheduledActions") {
        let prior = group.sizes;
        let least = schedule.least.unwrap_or(prior.least);
        let most = schedule.most.unwrap_or(prior.most).max(least);
        let least = least.min(most);
        let desired = schedule.desired.unwrap_or(prior.desired).clamp(least, most);
        group.sizes = Sizes { least, most, desired };
        if desired != prior.desired {
            group.reason = format!(
                "At {now} a scheduled action update of AutoScalingGroup constraints to min: {least}, max: {most}, \
                 desired: {desired} changing the desired capacity from {} to {desired}.  ",
                prior.desired
            );
        }
    }
    schedule.next = schedule.after(now);
    match schedule.next {
        Some(_) => _ = group.schedules.insert(name, schedule.clone()),
        None => _ = group.schedules.remove(&name),
    }
    arm(scope, &schedule);
    wake(scope, &group_name, SOON);
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("ScheduledActionName")?;
    let group = scope.autoscaling_mut().group_mut(input.need("AutoScalingGroupName")?)?;
    group.schedules.remove(name).ok_or_else(|| validation("Scheduled action name not found"))?;
    Ok(Tree::object())
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (group, names) = (input.text("AutoScalingGroupName")?, input.texts("ScheduledActionNames"));
    let (from, until) = (input.time("StartTime")?, input.time("EndTime")?);
    if let Some(group) = group {
        scope.autoscaling().group(group)?;
    }
    let mut found = Vec::new();
    for (group_name, own) in &scope.autoscaling().groups {
        for (name, schedule) in &own.schedules {
            let is_named =
                group.is_none_or(|group| group == group_name) && (names.is_empty() || names.contains(&name.as_str()));
            // With names, the times do not count.
            let is_in_time = !names.is_empty()
                || (from.is_none_or(|from| schedule.next >= Some(from))
                    && until.is_none_or(|until| schedule.next <= Some(until)));
            if is_named && is_in_time {
                found.push(schedule.shown(scope, group_name, name));
            }
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "ScheduledUpdateGroupActions": page.items, "NextToken": page.next })
}
