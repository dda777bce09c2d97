//! The static graph: one node per block of the configuration, whatever its number of instances.
//!
//! It is built once, in time proportional to blocks and references. Everything else in the engine names a block by its
//! [`BlockId`] and a module by its [`ModuleId`], and keeps what it knows in vectors indexed by them.

mod build;
mod cycle;
mod derive;
mod node;
mod provider_config;
mod reference;
mod select;

pub(crate) use build::build;
pub(crate) use node::{Block, BlockId, ConfigGraph, ModuleId, ModuleInfo};
pub(crate) use provider_config::implied_source;
pub(crate) use select::Selection;
