//! The types of a provider, by name.

use std::collections::BTreeMap;

use crate::{AnyDataSource, AnyEphemeral, AnyResource};

/// Resource types, data sources and ephemeral resource types, from which a provider answers.
#[derive(Default)]
pub struct Types {
    resources: BTreeMap<&'static str, Box<dyn AnyResource>>,
    data_sources: BTreeMap<&'static str, Box<dyn AnyDataSource>>,
    ephemerals: BTreeMap<&'static str, Box<dyn AnyEphemeral>>,
}

impl Types {
    /// Returns no types.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a resource type.
    #[must_use]
    pub fn resource(mut self, resource: impl AnyResource + 'static) -> Self {
        self.resources.insert(resource.r#type(), Box::new(resource));
        self
    }

    /// Adds a data source.
    #[must_use]
    pub fn data_source(mut self, data_source: impl AnyDataSource + 'static) -> Self {
        self.data_sources.insert(data_source.r#type(), Box::new(data_source));
        self
    }

    /// Adds an ephemeral resource type.
    #[must_use]
    pub fn ephemeral(mut self, ephemeral: impl AnyEphemeral + 'static) -> Self {
        self.ephemerals.insert(ephemeral.r#type(), Box::new(ephemeral));
        self
    }

    /// Returns the resource type of a name.
    pub fn find_resource(&self, r#type: &str) -> Option<&dyn AnyResource> {
        self.resources.get(r#type).map(|resource| &**resource)
    }

    /// Returns the data source of a name.
    pub fn find_data_source(&self, r#type: &str) -> Option<&dyn AnyDataSource> {
        self.data_sources.get(r#type).map(|data_source| &**data_source)
    }

    /// Returns the ephemeral resource type of a name.
    pub fn find_ephemeral(&self, r#type: &str) -> Option<&dyn AnyEphemeral> {
        self.ephemerals.get(r#type).map(|ephemeral| &**ephemeral)
    }

    /// Returns the names of all resource types, in order.
    pub fn resource_names(&self) -> Vec<&str> {
        self.resources.keys().copied().collect()
    }

    /// Returns the names of all data sources, in order.
    pub fn data_source_names(&self) -> Vec<&str> {
        self.data_sources.keys().copied().collect()
    }

    /// Returns the names of all ephemeral resource types, in order.
    pub fn ephemeral_names(&self) -> Vec<&str> {
        self.ephemerals.keys().copied().collect()
    }
}
