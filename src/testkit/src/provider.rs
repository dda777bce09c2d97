//! The provider `hashicorp/test` of the `test_*` types.

use std::sync::Arc;

use landfall_addr::ProviderSource;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_provider::codec::Fields;
use landfall_provider::{
    AnyDataSource, AnyEphemeral, AnyResource, Args, BoxFuture, Caller, Configured, Facts, Provider, Typed,
    TypedDataSource, TypedEphemeral, Types,
};
use landfall_value::Value;
use landfall_value::schema::Schema;

use crate::cloud::TestCloud;
use crate::data::ThingData;
use crate::ephemeral::Secret;
use crate::thing::{Plain, Serial, Slow, Steps, ThingResource};

/// A provider of `test_thing`, `test_slow`, `test_steps`, `test_serial` and the ephemeral `test_secret`, for one cloud.
pub struct TestProvider {
    cloud: TestCloud,
    source: ProviderSource,
    schema: Schema,
    types: Types,
}

/// What a user may write into the `provider` block.
#[derive(Clone, Args)]
struct TestProviderArgs {
    /// Tags of every object.
    default_tags: Option<std::collections::BTreeMap<String, String>>,
    /// Why the configuration is refused.
    refuse: Option<String>,
}

impl TestProvider {
    /// Returns the provider of a cloud.
    pub fn new(cloud: TestCloud) -> Self {
        let types = Types::new()
            .resource(Typed::<ThingResource<Plain>>::new())
            .resource(Typed::<ThingResource<Slow>>::new())
            .resource(Typed::<ThingResource<Steps>>::new())
            .resource(Typed::<ThingResource<Serial>>::new())
            .data_source(TypedDataSource::<ThingData>::new().service("test"))
            .ephemeral(TypedEphemeral::<Secret>::new());
        let schema = Schema { version: 0, block: TestProviderArgs::block() };
        Self { cloud, source: ProviderSource::official("test"), schema, types }
    }
}

impl Provider for TestProvider {
    fn source(&self) -> &ProviderSource {
        &self.source
    }

    fn version(&self) -> &str {
        "1.2.3"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn resource(&self, r#type: &str) -> Option<&dyn AnyResource> {
        self.types.find_resource(r#type)
    }

    fn resource_types(&self) -> Vec<&str> {
        self.types.resource_names()
    }

    fn data_source(&self, r#type: &str) -> Option<&dyn AnyDataSource> {
        self.types.find_data_source(r#type)
    }

    fn data_source_types(&self) -> Vec<&str> {
        self.types.data_source_names()
    }

    fn ephemeral(&self, r#type: &str) -> Option<&dyn AnyEphemeral> {
        self.types.find_ephemeral(r#type)
    }

    fn ephemeral_types(&self) -> Vec<&str> {
        self.types.ephemeral_names()
    }

    fn configure<'a>(
        &'a self,
        config: &'a Value,
        _caller: Caller<'a>,
    ) -> BoxFuture<'a, Result<Configured, Diagnostics>> {
        Box::pin(async move {
            let args = TestProviderArgs::read(config)
                .map_err(|error| Diagnostic::error("Invalid provider configuration", error.to_string()))?;
            if let Some(why) = args.refuse {
                return Err(Diagnostic::error("Provider refused", why).into());
            }
            let facts = Facts { default_tags: args.default_tags.unwrap_or_default(), ..Facts::default() };
            Ok(Configured { client: Arc::new(self.cloud.clone()), facts })
        })
    }
}
