//! Instances of a group.

use serde::{Deserialize, Serialize};

use super::warm_pool::PoolState;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

/// An instance of a group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The instance.
    pub instance_id: String,
    /// Its type.
    pub instance_type: String,
    /// Name of its zone.
    pub zone: String,
    /// Its subnet.
    pub subnet_id: String,
    /// Template and version that it was launched from.
    pub template: Tree,
    /// How far it is.
    pub lifecycle: Lifecycle,
    /// Whether it stays when the group shrinks.
    pub is_protected: bool,
    /// Whether it is to be replaced.
    pub is_unhealthy: bool,
    /// How much of the capacity it counts for.
    pub weight: i64,
    /// Whether weights are used.
    pub is_weighted: bool,
    /// Whether it is spot capacity.
    pub is_spot: bool,
    /// The activity that is about it.
    pub activity_id: String,
    /// Until when it waits for its hooks, and whose token lets it go on.
    pub waits: Option<(Timestamp, String)>,
    /// The hooks that it waits for.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// How it waits in the warm pool; nothing for an instance of the group itself.
    #[serde(default)]
    pub pooled: Option<PoolState>,
}

/// How far an instance of a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifecycle {
    /// It starts.
    Pending,
    /// It waits for the hooks of launches.
    PendingWait,
    /// It works.
    InService,
    /// It is being set aside.
    EnteringStandby,
    /// It is set aside.
    Standby,
    /// It waits for the hooks of terminations.
    TerminatingWait,
    /// It ends.
    Terminating,
}

impl Lifecycle {
    /// Returns the state as the service names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::PendingWait => "Pending:Wait",
            Self::InService => "InService",
            Self::EnteringStandby => "EnteringStandby",
            Self::Standby => "Standby",
            Self::TerminatingWait => "Terminating:Wait",
            Self::Terminating => "Terminating",
        }
    }

    /// Returns whether it does not end yet.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::TerminatingWait | Self::Terminating)
    }

    /// Returns whether it is set aside, or is being so.
    pub fn is_aside(self) -> bool {
        matches!(self, Self::EnteringStandby | Self::Standby)
    }
}

impl Member {
    /// Returns whether it counts for the capacity of the group.
    pub fn is_counted(&self) -> bool {
        self.pooled.is_none() && self.lifecycle.is_live() && !self.lifecycle.is_aside()
    }

    /// Returns how far it is, as the service names it.
    fn state(&self, scope: &Scope<'_>) -> &'static str {
        let Some(pooled) = self.pooled else { return self.lifecycle.name() };
        match self.lifecycle {
            Lifecycle::Pending => "Warmed:Pending",
            Lifecycle::PendingWait => "Warmed:Pending:Wait",
            Lifecycle::InService if pooled.is_off() && !self.is_off(scope) => "Warmed:Pending",
            Lifecycle::InService | Lifecycle::EnteringStandby | Lifecycle::Standby => pooled.of_member(),
            Lifecycle::TerminatingWait => "Warmed:Terminating:Wait",
            Lifecycle::Terminating => "Warmed:Terminating",
        }
    }

    fn is_off(&self, scope: &Scope<'_>) -> bool {
        scope.ec2().instances.get(&self.instance_id).is_none_or(|own| own.state(scope.now) == "stopped")
    }

    pub(super) fn shown(&self, scope: &Scope<'_>) -> Tree {
        tree! {
            "InstanceId": self.instance_id.as_str(),
            "InstanceType": self.instance_type.as_str(),
            "AvailabilityZone": self.zone.as_str(),
            "LifecycleState": self.state(scope),
            "HealthStatus": if self.is_unhealthy { "Unhealthy" } else { "Healthy" },
            "LaunchTemplate": &self.template,
            "ProtectedFromScaleIn": self.is_protected,
            "WeightedCapacity": self.is_weighted.then(|| self.weight.to_string()),
        }
    }
}
