//! The configuration: what was written, with constants evaluated and references named.

mod body;
mod expression;
mod module;
mod provider;
mod references;

use std::collections::BTreeMap;

use landfall_lang::Config;
use serde::Serialize;

use crate::views::schemas::Schemas;
use module::ModuleJson;
use provider::{ProviderJson, Scope};

/// `configuration`
#[derive(Serialize)]
pub(super) struct ConfigJson<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    provider_config: BTreeMap<String, ProviderJson<'a>>,
    root_module: ModuleJson<'a>,
}

impl<'a> ConfigJson<'a> {
    pub(super) fn new(config: &'a Config, schemas: &dyn Schemas) -> Self {
        let root = Scope::root(&config.root);
        Self { provider_config: root.providers(schemas), root_module: ModuleJson::new(&root, schemas) }
    }
}
