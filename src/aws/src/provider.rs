//! The provider `hashicorp/aws`: its `provider` block, and what it makes of it.

mod arguments;
mod configure;
mod credentials;
mod http;

use std::sync::{Arc, OnceLock};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use landfall_addr::ProviderSource;
use landfall_diag::Diagnostics;
use landfall_provider::value::Value;
use landfall_provider::value::schema::Schema;
use landfall_provider::{AnyDataSource, AnyResource, BoxFuture, Caller, Configured, Fields, Provider};

use crate::registry;
use arguments::ProviderArgs;

/// Version of the AWS provider whose types we speak, for `required_providers`.
const VERSION: &str = "6.58.0";

/// The AWS provider.
pub struct AwsProvider {
    source: ProviderSource,
    schema: OnceLock<Schema>,
    transport: Option<Transport>,
}

/// Where calls go instead of to AWS: an account inside the process.
#[derive(Clone, Debug)]
pub struct Transport {
    /// Answers every request.
    pub http: SharedHttpClient,
    /// Signs them.
    pub credentials: SharedCredentialsProvider,
}

impl Transport {
    /// Returns a transport whose requests are signed with fixed keys.
    pub fn new(http: SharedHttpClient, access_key: &str, secret_key: &str) -> Self {
        let keys = Credentials::new(access_key, secret_key, None, None, "transport");
        Self { http, credentials: SharedCredentialsProvider::new(keys) }
    }
}

impl AwsProvider {
    /// Returns the provider that calls AWS.
    pub fn new() -> Self {
        Self { source: ProviderSource::official("aws"), schema: OnceLock::new(), transport: None }
    }

    /// Returns a provider whose calls go elsewhere, whatever credentials a configuration names.
    pub fn over(transport: Transport) -> Self {
        Self { transport: Some(transport), ..Self::new() }
    }
}

impl Default for AwsProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for AwsProvider {
    fn source(&self) -> &ProviderSource {
        &self.source
    }

    fn version(&self) -> &str {
        VERSION
    }

    fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| Schema { version: 0, block: ProviderArgs::block() })
    }

    fn resource(&self, r#type: &str) -> Option<&dyn AnyResource> {
        registry::resource(r#type)
    }

    fn resource_types(&self) -> Vec<&str> {
        registry::resource_types()
    }

    fn data_source(&self, r#type: &str) -> Option<&dyn AnyDataSource> {
        registry::data_source(r#type)
    }

    fn data_source_types(&self) -> Vec<&str> {
        registry::data_source_types()
    }

    fn configure<'a>(
        &'a self,
        config: &'a Value,
        caller: Caller<'a>,
    ) -> BoxFuture<'a, Result<Configured, Diagnostics>> {
        Box::pin(async move {
            let (aws, facts) = configure::configure(config, self.transport.as_ref(), caller).await?;
            Ok(Configured { client: Arc::new(aws), facts })
        })
    }
}
