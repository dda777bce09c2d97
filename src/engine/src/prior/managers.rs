//! Which provider configurations the state needs beside those of the blocks.

use std::collections::BTreeSet;

use landfall_addr::{AbsResource, ProviderConfig};
use landfall_lang::Config;
use landfall_state::State;

/// Returns the provider configurations of objects whose block is gone. Objects with a block go by that.
pub(crate) fn managers(config: &Config, state: &State) -> BTreeSet<ProviderConfig> {
    let orphans = state.resources().iter().filter(|(address, _)| !is_declared(config, address));
    orphans.map(|(_, resource)| resource.provider.clone()).collect()
}

fn is_declared(config: &Config, address: &AbsResource) -> bool {
    let mut steps = address.module.steps().iter();
    let module = steps.try_fold(&config.root, |module, step| module.children.get(&step.name));
    module.is_some_and(|module| module.resources.contains_key(&address.resource))
}
