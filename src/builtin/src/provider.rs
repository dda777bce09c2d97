//! The providers: sources, versions, types.

use std::sync::Arc;

use landfall_addr::ProviderSource;
use landfall_diag::Diagnostics;
use landfall_provider::{
    AnyDataSource, AnyResource, BoxFuture, Caller, Configured, Facts, Provider, Typed, TypedDataSource, Types,
};
use landfall_value::Value;
use landfall_value::schema::Schema;

use crate::cloudinit::{CloudinitConfig, CloudinitConfigData};
use crate::local::{FileData, LocalFile, LocalSensitiveFile, SensitiveFileData};
use crate::null_resource::NullResource;
use crate::remote_state::{RemoteState, RemoteStates};
use crate::terraform_data::TerraformData;
use crate::time_sleep::TimeSleep;

/// Returns the providers of this crate.
pub fn providers() -> Vec<Arc<dyn Provider>> {
    providers_with(None)
}

/// Returns the providers of this crate; `terraform_remote_state` also reads these states.
pub fn providers_with(states: Option<Arc<dyn RemoteStates>>) -> Vec<Arc<dyn Provider>> {
    let builtin = |source, version, types| -> Arc<dyn Provider> { Arc::new(Builtin::new(source, version, types)) };
    vec![
        builtin(ProviderSource::builtin(), "1.11.4", terraform(states)),
        builtin(ProviderSource::official("cloudinit"), "2.3.7", cloudinit()),
        builtin(ProviderSource::official("local"), "2.9.0", local()),
        builtin(ProviderSource::official("null"), "3.3.1", Types::new().resource(Typed::<NullResource>::new())),
        builtin(ProviderSource::official("time"), "0.14.0", Types::new().resource(Typed::<TimeSleep>::new())),
    ]
}

fn terraform(states: Option<Arc<dyn RemoteStates>>) -> Types {
    Types::new().resource(Typed::<TerraformData>::new()).data_source(RemoteState::new(states))
}

fn cloudinit() -> Types {
    Types::new().resource(Typed::<CloudinitConfig>::new()).data_source(TypedDataSource::<CloudinitConfigData>::new())
}

fn local() -> Types {
    Types::new()
        .resource(Typed::<LocalFile>::new())
        .resource(Typed::<LocalSensitiveFile>::new())
        .data_source(TypedDataSource::<FileData>::new())
        .data_source(TypedDataSource::<SensitiveFileData>::new())
}

/// A provider without configuration.
struct Builtin {
    source: ProviderSource,
    version: &'static str,
    schema: Schema,
    types: Types,
}

impl Builtin {
    fn new(source: ProviderSource, version: &'static str, types: Types) -> Self {
        Self { source, version, schema: Schema::default(), types }
    }
}

impl Provider for Builtin {
    fn source(&self) -> &ProviderSource {
        &self.source
    }

    fn version(&self) -> &str {
        self.version
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

    fn configure<'a>(
        &'a self,
        _config: &'a Value,
        _caller: Caller<'a>,
    ) -> BoxFuture<'a, Result<Configured, Diagnostics>> {
        Box::pin(async { Ok(Configured { client: Arc::new(()), facts: Facts::default() }) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_under_its_name_and_source() {
        let found: Vec<_> = providers()
            .iter()
            .map(|provider| format!("{}: {}", provider.source(), provider.resource_types().join(" ")))
            .collect();
        let expected = [
            "terraform.io/builtin/terraform: terraform_data",
            "registry.terraform.io/hashicorp/cloudinit: cloudinit_config",
            "registry.terraform.io/hashicorp/local: local_file local_sensitive_file",
            "registry.terraform.io/hashicorp/null: null_resource",
            "registry.terraform.io/hashicorp/time: time_sleep",
        ];
        assert_eq!(found, expected);
    }
}
