//! Spot fleets: requests for so much capacity, on whatever instances are to be had.

mod cancel;
mod config;
mod fill;
mod history;
mod modify;
mod pool;
mod shown;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use history::Record;
pub use pool::price_of;

use super::{Store, kinds};
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("RequestSpotFleet", &["SpotFleetRequestConfig"], config::request),
        read("DescribeSpotFleetRequests", &["SpotFleetRequestId", "MaxResults", "NextToken"], shown::requests),
        read("DescribeSpotFleetInstances", &["SpotFleetRequestId", "MaxResults", "NextToken"], shown::instances),
        read(
            "DescribeSpotFleetRequestHistory",
            &["SpotFleetRequestId", "StartTime", "EventType", "MaxResults", "NextToken"],
            history::describe,
        ),
        write(
            "ModifySpotFleetRequest",
            &[
                "SpotFleetRequestId",
                "TargetCapacity",
                "OnDemandTargetCapacity",
                "ExcessCapacityTerminationPolicy",
                "LaunchTemplateConfig",
                "Context",
            ],
            modify::modify,
        ),
        write("CancelSpotFleetRequests", &["SpotFleetRequestId", "TerminateInstances"], cancel::cancel),
    ],
    events: &[Event { name: LOOK, happen: fill::look }, Event { name: FORGOTTEN, happen: cancel::forgotten }],
};

/// A fleet looks at itself.
const LOOK: &str = "ec2.spot-fleet-look";
/// A fleet that is over is no longer listed.
const FORGOTTEN: &str = "ec2.spot-fleet-forgotten";

/// After how long a new fleet, or a changed one, does something.
const SOON: Duration = Duration::from_secs(8);
/// After how long a fleet replaces what it has lost.
const REPLACES: Duration = Duration::from_secs(45);

/// A fleet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpotFleet {
    /// When it was made.
    pub created: Timestamp,
    /// What it was asked for with, and what is filled in, in names of requests.
    pub config: Tree,
    /// How far it is.
    pub state: State,
    /// What it has launched and not lost.
    pub members: Vec<Member>,
    /// What has happened.
    pub history: Vec<Record>,
    /// Whether it has once had all that it wanted.
    pub was_fulfilled: bool,
    /// Whether its last attempt to launch was in vain altogether.
    pub is_failing: bool,
    /// When it looks at itself next.
    pub wakes: Option<Timestamp>,
}

/// How far a fleet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It was asked for.
    Submitted,
    /// It is at work.
    Active,
    /// It follows a change.
    Modifying,
    /// It is over, and its instances go on.
    CancelledRunning,
    /// It is over, and its instances end.
    CancelledTerminating,
    /// It is over.
    Cancelled,
}

/// An instance of a fleet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The instance.
    pub instance_id: String,
    /// Its type.
    pub instance_type: String,
    /// The pool that it is from: type and zone.
    pub pool: String,
    /// How much of the capacity it counts for.
    pub weight: f64,
    /// Whether it is spot capacity.
    pub is_spot: bool,
}

impl State {
    /// Returns the state as EC2 names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Active => "active",
            Self::Modifying => "modifying",
            Self::CancelledRunning => "cancelled_running",
            Self::CancelledTerminating => "cancelled_terminating",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns whether the fleet can still be cancelled.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Submitted | Self::Active | Self::Modifying)
    }
}

impl SpotFleet {
    /// Returns whether it keeps its capacity.
    pub fn is_maintained(&self) -> bool {
        self.config.text("Type").ok().flatten() != Some("request")
    }

    /// Returns how much spot capacity, and how much on-demand capacity, there is to be.
    pub fn targets(&self) -> (f64, f64) {
        let number = |name: &str| self.config.number(name).ok().flatten().unwrap_or(0.0);
        let on_demand = number("OnDemandTargetCapacity");
        (number("TargetCapacity") - on_demand, on_demand)
    }

    /// Returns how much there is of one kind.
    pub fn capacity(&self, is_spot: bool) -> f64 {
        self.members
            .iter()
            .filter(|member| member.is_spot == is_spot)
            .map(|member| member.weight)
            .fold(0.0, std::ops::Add::add)
    }

    /// Returns whether there is less of one kind than there is to be.
    pub fn lacks(&self, is_spot: bool) -> bool {
        let (spot, on_demand) = self.targets();
        self.capacity(is_spot) < if is_spot { spot } else { on_demand }
    }

    /// Returns whether there is as much as there is to be.
    pub fn is_fulfilled(&self) -> bool {
        !self.lacks(true) && !self.lacks(false)
    }
}

impl Store {
    /// Returns a fleet.
    ///
    /// # Errors
    /// When it is not there.
    pub fn spot_fleet(&self, id: &str) -> Result<&SpotFleet, Fault> {
        kinds::check(self, id, "sfr")?;
        self.spot_fleets.get(id).ok_or_else(|| kinds::missing(id))
    }
}

/// Lets a fleet look at itself after a while, if it does not earlier.
fn wake(scope: &mut Scope<'_>, id: &str, after: Duration) {
    let (now, at) = (scope.now, scope.now + after);
    let Some(fleet) = scope.ec2_mut().spot_fleets.get_mut(id) else { return };
    if fleet.wakes.is_none_or(|planned| planned > at || planned < now) {
        fleet.wakes = Some(at);
        scope.later(after, LOOK, id);
    }
}

/// An instance ends: its fleet notices.
pub fn lost(scope: &mut Scope<'_>, instance_id: &str) {
    let fleet = scope.ec2().tag(instance_id, TAG).map(str::to_owned);
    if let Some(id) = fleet {
        wake(scope, &id, REPLACES);
    }
}

/// Tag of the instances of a fleet.
pub const TAG: &str = "aws:ec2spot:fleet-request-id";
