//! Where views find schemas.

use landfall_addr::{Mode, ProviderSource};
use landfall_engine::Providers;
use landfall_value::schema::Schema;

/// Schemas by provider and type.
pub trait Schemas {
    /// Returns the schema of a resource type or data source.
    fn of_resource(&self, provider: &ProviderSource, mode: Mode, r#type: &str) -> Option<&Schema>;

    /// Returns the schema of a `provider` block.
    fn of_provider(&self, provider: &ProviderSource) -> Option<&Schema>;
}

impl Schemas for Providers {
    fn of_resource(&self, provider: &ProviderSource, mode: Mode, r#type: &str) -> Option<&Schema> {
        let provider = self.get(provider)?;
        match mode {
            Mode::Managed => Some(provider.resource(r#type)?.schema()),
            Mode::Data => Some(provider.data_source(r#type)?.schema()),
            Mode::Ephemeral => None,
        }
    }

    fn of_provider(&self, provider: &ProviderSource) -> Option<&Schema> {
        Some(self.get(provider)?.schema())
    }
}
