//! An AWS that lives in the process: every call of the AWS SDK is answered from a world of its own, honestly.
//!
//! The way of a call: an HTTP request is taken apart by [`protocol`] into a [`Call`]; [`families`] has a handler for it,
//! which reads and changes the [`World`](world::World) through a [`Scope`]; its [`Tree`] or [`Fault`] goes back as HTTP.
//! [`Clock`] is the only time, [`Faults`] the only bad luck, and both can be replayed.
//!
//! This crate knows the wire and what AWS does. It knows nothing of landfall: not the language, not our resource types,
//! not the SDK's shapes. How a family of resources is written is in the crate's README.

mod call_log;
mod clock;
mod connector;
mod dispatch;
pub mod facts;
pub mod families;
pub mod faults;
mod inventory;
pub mod protocol;
mod sandbox;
mod scope;
pub mod serve;
#[cfg(test)]
mod testing;
mod timestamp;
mod tree;
pub mod world;

pub use call_log::{CallLog, Count, Run, Runs};
pub use clock::Clock;
pub use families::eks::join::{Flaw, Node, Origin, Verdict};
pub use faults::Faults;
pub use inventory::{Inventory, Item};
pub use protocol::Call;
pub use protocol::fault::Fault;
pub use sandbox::{ACCESS_KEY, ACCOUNT, Options, Reply, Sandbox, SandboxError};
pub use scope::Scope;
pub use timestamp::Timestamp;
pub use tree::Tree;
