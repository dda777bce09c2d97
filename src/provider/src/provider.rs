//! A provider: the resource types and data sources that share a configuration.

use landfall_addr::ProviderSource;
use landfall_diag::Diagnostics;
use landfall_value::Value;
use landfall_value::schema::Schema;

use crate::{AnyDataSource, AnyEphemeral, AnyResource, BoxFuture, Caller, Client, Facts};

/// A provider. Unconfigured; one instance serves all its configurations.
pub trait Provider: Send + Sync {
    /// Returns where it comes from.
    fn source(&self) -> &ProviderSource;

    /// Returns the version that we speak, such as `6.58.0`, for `required_providers`.
    fn version(&self) -> &str;

    /// Returns the schema of the `provider` block.
    fn schema(&self) -> &Schema;

    /// Returns a resource type.
    fn resource(&self, r#type: &str) -> Option<&dyn AnyResource>;

    /// Returns the names of all resource types, in order.
    fn resource_types(&self) -> Vec<&str>;

    /// Returns a data source.
    fn data_source(&self, r#type: &str) -> Option<&dyn AnyDataSource>;

    /// Returns the names of all data sources, in order.
    fn data_source_types(&self) -> Vec<&str>;

    /// Returns an ephemeral resource type. Few providers have any.
    fn ephemeral(&self, _type: &str) -> Option<&dyn AnyEphemeral> {
        None
    }

    /// Returns the names of all ephemeral resource types, in order.
    fn ephemeral_types(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Makes a client from a `provider` block's value, which conforms to the schema and is wholly known. What it has to
    /// ask its service goes through `caller`.
    ///
    /// # Errors
    /// What is wrong with the configuration or the credentials.
    fn configure<'a>(&'a self, config: &'a Value, caller: Caller<'a>)
    -> BoxFuture<'a, Result<Configured, Diagnostics>>;
}

/// A configured provider.
#[derive(Clone)]
pub struct Configured {
    /// Passed to every call.
    pub client: Client,
    /// What planning may know.
    pub facts: Facts,
}
