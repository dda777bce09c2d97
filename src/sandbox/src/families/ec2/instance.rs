//! Instances.

mod attributes;
mod lifecycle;
mod options;
mod plan;
mod profiles;
mod run;
mod shown;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use lifecycle::{halt, start_again, terminate, terminated_by};
pub use plan::{Plan, image_id};
pub use run::{Launch, placed, template_data};

use super::{Interface, Store, kinds};
use crate::families::{Event, Family};
use crate::protocol::fault::Fault;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        run::RUN,
        shown::DESCRIBE,
        lifecycle::TERMINATE,
        lifecycle::STOP,
        lifecycle::START,
        lifecycle::REBOOT,
        lifecycle::STATUS,
        lifecycle::MONITOR,
        lifecycle::UNMONITOR,
        attributes::DESCRIBE,
        attributes::MODIFY,
        attributes::MODIFY_METADATA,
        attributes::MODIFY_MAINTENANCE,
        options::MODIFY_CPU,
        options::MODIFY_RESERVATION,
        options::CONSOLE,
        options::PASSWORD,
        attributes::DESCRIBE_CREDITS,
        attributes::MODIFY_CREDITS,
        profiles::DESCRIBE,
        profiles::ASSOCIATE,
        profiles::REPLACE,
        profiles::DISASSOCIATE,
    ],
    events: &[
        Event { name: lifecycle::ENDED, happen: lifecycle::ended },
        Event { name: lifecycle::FORGOTTEN, happen: lifecycle::forgotten },
    ],
};

/// How long a new instance is pending.
pub const PENDING: Duration = Duration::from_secs(20);
/// How long an instance takes to stop or to end.
pub const STOPPING: Duration = Duration::from_secs(30);

/// An instance. Its interfaces and volumes know that they are attached to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// The call that launched it, `r-…`.
    pub reservation_id: String,
    /// The service that launched it.
    pub requester: Option<String>,
    /// Its number in the launch.
    pub launch_index: usize,
    /// The token that it was launched with.
    pub client_token: String,
    /// Its image.
    pub image_id: String,
    /// Its type.
    pub instance_type: String,
    /// Its key pair.
    pub key_name: Option<String>,
    /// When it was launched, or last started.
    pub launched: Timestamp,
    /// What it is doing.
    pub doing: Doing,
    /// Since when.
    pub since: Timestamp,
    /// Code and message of the last change that was not the machine's own.
    pub reason: Option<(String, String)>,
    /// Its subnet.
    pub subnet_id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Name of its zone.
    pub zone: String,
    /// Its instance profile.
    pub profile: Option<Profile>,
    /// Its user data, in base64.
    pub user_data: Option<String>,
    /// The spot request that it was launched for.
    pub spot_request_id: Option<String>,
    /// Whether it is watched in detail.
    pub is_monitored: bool,
    /// Whether TerminateInstances is refused.
    pub is_kept: bool,
    /// Whether StopInstances is refused.
    pub is_kept_running: bool,
    /// `stop` or `terminate`: what happens when the machine shuts itself down.
    pub shutdown_behavior: String,
    /// Whether it is optimised for volumes.
    pub is_ebs_optimized: bool,
    /// `standard` or `unlimited`, of types with credits.
    pub credits: Option<String>,
    /// Further options, by their names in answers, such as `metadataOptions`.
    pub options: Tree,
}

/// What an instance is doing, or has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doing {
    /// It starts, or runs.
    Running,
    /// It stops, or is stopped.
    Stopping,
    /// It ends, or has ended.
    Ending,
}

/// The instance profile of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Id of the association, `iip-assoc-…`.
    pub association_id: String,
    /// ARN of the profile.
    pub arn: String,
    /// Unique id of the profile.
    pub id: String,
}

impl Instance {
    /// Returns the state as EC2 names it.
    pub fn state(&self, now: Timestamp) -> &'static str {
        let is_done = |after| now.since(self.since) >= after;
        match self.doing {
            Doing::Running if is_done(PENDING) => "running",
            Doing::Running => "pending",
            Doing::Stopping if is_done(STOPPING) => "stopped",
            Doing::Stopping => "stopping",
            Doing::Ending if is_done(STOPPING) => "terminated",
            Doing::Ending => "shutting-down",
        }
    }

    /// Returns whether it starts or runs.
    pub fn is_up(&self) -> bool {
        self.doing == Doing::Running
    }

    /// Returns the state with its code.
    pub fn state_shown(&self, now: Timestamp) -> Tree {
        state_shown(self.state(now))
    }
}

fn state_shown(state: &str) -> Tree {
    let code = match state {
        "pending" => 0,
        "running" => 16,
        "shutting-down" => 32,
        "terminated" => 48,
        "stopping" => 64,
        _ => 80,
    };
    tree! { "code": code, "name": state }
}

impl Store {
    /// Returns an instance.
    ///
    /// # Errors
    /// When it is not there.
    pub fn instance(&self, id: &str) -> Result<&Instance, Fault> {
        kinds::check(self, id, "i").map(|()| &self.instances[id])
    }

    /// Returns an instance, to change it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn instance_mut(&mut self, id: &str) -> Result<&mut Instance, Fault> {
        kinds::check(self, id, "i")?;
        self.instances.get_mut(id).ok_or_else(|| kinds::missing(id))
    }

    /// Returns the interfaces of an instance, by device.
    pub fn interfaces_of(&self, instance_id: &str) -> Vec<(&str, &Interface)> {
        let is_its = |interface: &Interface| {
            interface.attachment.as_ref().is_some_and(|own| own.instance_id.as_deref() == Some(instance_id))
        };
        let mut own: Vec<_> = self.interfaces.iter().filter(|(_, interface)| is_its(interface)).collect();
        own.sort_by_key(|(_, interface)| interface.attachment.as_ref().map(|own| (own.card_index, own.device_index)));
        own.into_iter().map(|(id, interface)| (id.as_str(), interface)).collect()
    }
}

#[cfg(test)]
pub(super) mod tests;
