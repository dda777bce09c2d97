//! Whether a group has the capacity that was asked for.

use std::time::Duration;

use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, Instance, LifecycleState, ScalingActivityStatusCode};
use landfall_provider::{Goal, Object, Operation, Settled, parse_duration};
use serde_json::{Value as Json, json};

use super::{Group, GroupArgs};

/// Time after an update in which the last failure may be one from before.
const OLD_FAILURES: Duration = Duration::from_secs(120);

/// What a group has, kept beside the object since no attribute has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Healthy capacity in service.
    pub in_service: i32,
    /// Why the last launch failed, if it did.
    pub failure: Option<String>,
}

impl Health {
    /// Returns what a group has; of its activities, those of the last time, newest first.
    pub fn of(remote: &AutoScalingGroup, activities: &[Activity]) -> Self {
        let in_service = remote.instances().iter().filter(|instance| serves(instance)).map(weight).sum();
        let last = activities.iter().find(|activity| has_ended(activity));
        let failed = last.filter(|activity| activity.status_code == Some(ScalingActivityStatusCode::Failed));
        Self { in_service, failure: failed.map(|activity| activity.status_message.clone().unwrap_or_default()) }
    }

    /// Writes it down.
    pub fn to_private(&self) -> Vec<u8> {
        json!({ "in_service": self.in_service, "failure": self.failure }).to_string().into_bytes()
    }

    /// Reads what was written down.
    pub fn from_private(private: Option<&[u8]>) -> Self {
        let json: Json = private.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let in_service = json["in_service"].as_i64().and_then(|count| count.try_into().ok());
        Self { in_service: in_service.unwrap_or_default(), failure: json["failure"].as_str().map(ToOwned::to_owned) }
    }
}

fn serves(instance: &Instance) -> bool {
    instance.lifecycle_state == Some(LifecycleState::InService)
        && instance.health_status.as_deref().is_some_and(|health| health.eq_ignore_ascii_case("Healthy"))
}

fn weight(instance: &Instance) -> i32 {
    instance.weighted_capacity.as_deref().and_then(|weight| weight.parse().ok()).unwrap_or(1)
}

fn has_ended(activity: &Activity) -> bool {
    matches!(
        activity.status_code,
        Some(
            ScalingActivityStatusCode::Failed
                | ScalingActivityStatusCode::Successful
                | ScalingActivityStatusCode::Cancelled
        )
    )
}

/// Tells whether the group has its capacity: at least, after a creation; exactly, after an update that changed it.
pub fn settled(goal: &Goal<'_, Group>, there: &Object<Group>) -> Settled {
    let patience = parse_duration(&goal.planned.wait_for_capacity_timeout).unwrap_or_default();
    let has_changed = goal.prior.is_none_or(|prior| size(prior) != size(goal.planned));
    if goal.operation == Operation::Delete || patience.is_zero() || !has_changed {
        return Settled::Yes;
    }
    let health = Health::from_private(there.private.as_deref());
    let wanted = there.args.desired_capacity.to_option().unwrap_or(there.args.min_size);
    let is_enough = match goal.operation {
        Operation::Create => health.in_service >= wanted,
        Operation::Update | Operation::Delete => health.in_service == wanted,
    };
    if is_enough {
        return Settled::Yes;
    }
    let progress = format!("{} of {wanted} instances in service", health.in_service);
    let counts = goal.operation == Operation::Create || goal.elapsed > OLD_FAILURES;
    match health.failure {
        Some(why) if counts && !goal.planned.ignore_failed_scaling_activities => {
            Settled::Failed(format!("{progress}; a launch failed: {why}"))
        }
        Some(why) if goal.elapsed >= patience => Settled::Failed(format!("{progress}; a launch failed: {why}")),
        Some(why) => Settled::Waiting(format!("{progress} (a launch failed: {why})")),
        None if goal.elapsed >= patience => Settled::Failed(progress),
        None => Settled::Waiting(progress),
    }
}

fn size(args: &GroupArgs) -> (i32, Option<i32>, Option<&str>) {
    (args.min_size, args.desired_capacity.to_option(), args.desired_capacity_type.as_deref())
}
