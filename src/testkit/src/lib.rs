//! For tests only: a cloud in memory whose calls can be made to fail, hang back or take time; a provider of `test_*` types
//! for it; a log of finished steps in memory; and a working directory.
//!
//! Main types: [`TestCloud`], [`TestProvider`], [`MemoryLog`], [`Disk`].

mod cloud;
mod data;
mod disk;
mod ephemeral;
mod log;
mod provider;
mod thing;

pub use cloud::{Call, TestCloud};
pub use disk::Disk;
pub use log::MemoryLog;
pub use provider::TestProvider;
pub use thing::{Rule, ThingArgs};
