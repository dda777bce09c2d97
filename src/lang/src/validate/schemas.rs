//! Where schemas come from.

use landfall_addr::{Mode, ProviderSource};
use landfall_value::schema;

/// The schemas of all providers that there are.
pub trait Schemas {
    /// Returns the schema of a provider's block; `None` if there is no such provider.
    fn provider(&self, source: &ProviderSource) -> Option<&schema::Block>;

    /// Returns the schema of a resource type, data source or ephemeral resource type.
    fn resource(&self, source: &ProviderSource, mode: Mode, r#type: &str) -> Option<&schema::Block>;

    /// Returns the names of the types of a mode, for suggestions.
    fn types(&self, source: &ProviderSource, mode: Mode) -> Vec<String>;

    /// Returns the schema of a provisioner; `None` if there is no such type.
    fn provisioner(&self, r#type: &str) -> Option<&schema::Block>;

    /// Returns the schema of `connection` blocks.
    fn connection(&self) -> Option<&schema::Block>;
}
