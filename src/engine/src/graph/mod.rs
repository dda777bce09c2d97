//! The static graph: one node per block of the configuration, whatever its number of instances.
//!
//! It is built once, in time proportional to blocks and references. Everything else in the engine names a block by its
//! [`BlockId`] and a module by its [`ModuleId`], and keeps what it knows in vectors indexed by them.

use std::collections::{BTreeMap, BTreeSet};

use landfall_addr::ConfigResource;
use landfall_diag::Diagnostics;
use landfall_lang::Config;

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

/// Returns the resources of a configuration, each with those that it depends on, directly or through blocks without
/// objects.
///
/// # Errors
/// Cycles.
pub fn resource_dependencies(
    config: &Config,
) -> Result<BTreeMap<ConfigResource, BTreeSet<ConfigResource>>, Diagnostics> {
    let graph = build(config, &BTreeSet::new())?;
    let nearest = graph.nearest_resources();
    let resources = graph.ids().filter_map(|id| graph.config_resource(id).map(|resource| (id, resource)));
    let dependencies =
        |id: BlockId| nearest[id.index()].iter().filter_map(|other| graph.config_resource(*other)).collect();
    Ok(resources.map(|(id, resource)| (resource, dependencies(id))).collect())
}
