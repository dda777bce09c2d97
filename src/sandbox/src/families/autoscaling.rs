//! EC2 Auto Scaling: groups, what they launch and end, schedules, hooks, refreshes.

mod activity;
mod balance;
mod catalogue;
mod cron;
mod describe;
mod group;
mod hooks;
mod instances;
mod launch;
mod member;
mod policy;
mod processes;
mod refresh;
mod schedule;
mod tags;
mod traffic;
mod warm_pool;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use activity::Activity;
pub(crate) use balance::{complete as complete_hook, end as end_instance};
pub use group::{Group, Sizes};
pub(crate) use group::{change, make, remove};
pub(crate) use hooks::{LAUNCHING, TERMINATING};
pub use member::Member;
pub(crate) use processes::enable_metrics;
pub(crate) use warm_pool::{delete as delete_warm_pool, is_asleep, put as put_warm_pool};

use super::Family;
use super::page::Paging;
use crate::protocol::fault::Fault;
use crate::scope::Scope;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[
    &catalogue::FAMILY,
    &group::FAMILY,
    &hooks::FAMILY,
    &instances::FAMILY,
    &policy::FAMILY,
    &processes::FAMILY,
    &refresh::FAMILY,
    &schedule::FAMILY,
    &tags::FAMILY,
    &traffic::FAMILY,
    &warm_pool::FAMILY,
];

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
}

/// After how long a group notices that an instance has ended.
const NOTICES: Duration = Duration::from_secs(45);

/// An instance ends: its group notices.
pub fn lost(scope: &mut Scope<'_>, instance_id: &str) {
    let group = scope.ec2().tag(instance_id, "aws:autoscaling:groupName").map(str::to_owned);
    if let Some(name) = group {
        balance::wake(scope, &name, NOTICES);
    }
}

const PAGING: Paging = Paging {
    size: "MaxRecords",
    token: "NextToken",
    least: 1,
    most: 100,
    usual: 50,
    bad_token: |_| Fault::new("InvalidNextToken", "The token is not valid."),
};

fn validation(message: impl Into<String>) -> Fault {
    Fault::new("ValidationError", message)
}

impl Store {
    /// Returns a group.
    ///
    /// # Errors
    /// When it is not there.
    pub fn group(&self, name: &str) -> Result<&Group, Fault> {
        self.groups.get(name).ok_or_else(|| missing(name))
    }

    /// Returns a group, to change it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn group_mut(&mut self, name: &str) -> Result<&mut Group, Fault> {
        self.groups.get_mut(name).ok_or_else(|| missing(name))
    }
}

fn missing(name: &str) -> Fault {
    validation(format!("AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"))
}
