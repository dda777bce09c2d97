//! What a group has done.

use serde::{Deserialize, Serialize};

use super::{Group, PAGING};
use crate::families::page::page;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

/// How many activities are kept of a group.
const KEPT: usize = 500;

/// An activity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Activity {
    /// Its id.
    pub id: String,
    /// What is done.
    pub description: String,
    /// Why.
    pub cause: String,
    /// When it began.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Such as `Successful`.
    pub status: String,
    /// Why it failed.
    pub message: Option<String>,
    /// Where, as JSON.
    pub details: String,
}

impl Activity {
    pub(super) fn new(scope: &mut Scope<'_>, description: String, cause: String, place: (&str, &str)) -> Self {
        let details = serde_json::json!({ "Subnet ID": place.0, "Availability Zone": place.1 });
        Self {
            id: scope.ids().uuid(),
            description,
            cause,
            started: scope.now,
            ended: None,
            status: "InProgress".to_owned(),
            message: None,
            details: details.to_string(),
        }
    }

    pub(super) fn shown(&self, scope: &Scope<'_>, name: &str, group: &Group) -> Tree {
        let progress = match self.status.as_str() {
            "Successful" | "Failed" | "Cancelled" => 100,
            "MidLifecycleAction" => 60,
            _ => 30,
        };
        tree! {
            "ActivityId": self.id.as_str(),
            "AutoScalingGroupName": name,
            "Description": self.description.as_str(),
            "Cause": self.cause.as_str(),
            "StartTime": self.started,
            "EndTime": self.ended,
            "StatusCode": self.status.as_str(),
            "StatusMessage": self.message.as_deref(),
            "Progress": progress,
            "Details": self.details.as_str(),
            "AutoScalingGroupARN": group.arn(scope, name),
        }
    }
}

impl Group {
    /// Keeps an activity.
    pub(super) fn log(&mut self, activity: Activity) {
        self.activities.push(activity);
        let extra = self.activities.len().saturating_sub(KEPT);
        self.activities.drain(..extra);
    }

    /// Tells how an activity goes on.
    pub(super) fn progress(&mut self, id: &str, now: Timestamp, status: &str, message: Option<&str>) {
        if let Some(own) = self.activities.iter_mut().find(|own| own.id == id) {
            status.clone_into(&mut own.status);
            own.message = message.map(ToOwned::to_owned);
            own.ended = ["Successful", "Failed", "Cancelled"].contains(&status).then_some(now);
        }
    }
}

/// Lists the newest activities first.
pub fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, ids) = (input.text("AutoScalingGroupName")?, input.texts("ActivityIds"));
    if let Some(name) = name {
        scope.autoscaling().group(name)?;
    }
    let groups = scope.autoscaling().groups.iter().filter(|(own, _)| name.is_none_or(|name| name == *own));
    let mut found: Vec<(&String, &Group, &Activity)> =
        groups.flat_map(|(name, group)| group.activities.iter().map(move |own| (name, group, own))).collect();
    found.retain(|(_, _, own)| ids.is_empty() || ids.contains(&own.id.as_str()));
    found.sort_by_key(|(_, _, own)| std::cmp::Reverse(own.started));
    let page = page(&PAGING, input, found)?;
    let shown = page.items.into_iter().map(|(name, group, own)| own.shown(scope, name, group));
    Ok(tree! { "Activities": Tree::list(shown), "NextToken": page.next })
}
