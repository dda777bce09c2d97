//! The providers that a binary has.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::ProviderSource;
use landfall_provider::Provider;

/// The providers that there are, by source.
#[derive(Clone, Default)]
pub struct Providers(BTreeMap<ProviderSource, Arc<dyn Provider>>);

impl Providers {
    /// Returns the provider of a source.
    pub fn get(&self, source: &ProviderSource) -> Option<&Arc<dyn Provider>> {
        self.0.get(source)
    }

    /// Returns all providers in order of source.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.0.values()
    }
}

impl FromIterator<Arc<dyn Provider>> for Providers {
    fn from_iter<I: IntoIterator<Item = Arc<dyn Provider>>>(providers: I) -> Self {
        Self(providers.into_iter().map(|provider| (provider.source().clone(), provider)).collect())
    }
}
