//! Provider configurations, and which of them a resource uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::ProviderSource;
use landfall_lang::config::{Module, ModuleCall, ProviderBlock, ProviderName};
use serde::Serialize;

use super::body::{Expressions, expressions};
use crate::views::schemas::Schemas;

/// An entry of `provider_config`.
#[derive(Serialize)]
pub(super) struct ProviderJson<'a> {
    name: Arc<str>,
    full_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_constraint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module_address: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    expressions: Expressions<'a>,
}

/// A module with those that call it.
pub(super) struct Scope<'a, 's> {
    pub module: &'a Module,
    caller: Option<(&'s Scope<'a, 's>, &'a ModuleCall)>,
}

impl<'a, 's> Scope<'a, 's> {
    pub(super) fn root(module: &'a Module) -> Self {
        Self { module, caller: None }
    }

    /// Returns the module that a call of this one loads.
    pub(super) fn called(&'s self, call: &'a ModuleCall) -> Option<Self> {
        let module = self.module.children.get(&call.name)?;
        Some(Self { module, caller: Some((self, call)) })
    }

    /// Returns the key of the provider configuration that a local name means.
    pub(super) fn provider_key(&self, name: &ProviderName) -> String {
        let (module, name) = self.configured_in(name);
        key(module, &name)
    }

    /// Returns the module that configures a provider, and its name there.
    fn configured_in(&self, name: &ProviderName) -> (&'a Module, ProviderName) {
        let Some((caller, call)) = self.caller.filter(|_| !self.module.providers.contains_key(name)) else {
            return (self.module, name.clone());
        };
        let passed = call.providers.iter().find(|(inner, _, _)| inner == name).map(|(_, outer, _)| outer.clone());
        let outer = passed.unwrap_or_else(|| {
            let source = self.module.provider_source(&name.0);
            let required = caller.module.required_providers.iter().find(|(_, required)| required.source == source);
            (required.map_or_else(|| name.0.clone(), |(name, _)| name.clone()), name.1.clone())
        });
        caller.configured_in(&outer)
    }

    /// Returns all provider configurations of this module and of those that it calls.
    pub(super) fn providers(&self, schemas: &dyn Schemas) -> BTreeMap<String, ProviderJson<'a>> {
        let mut all = BTreeMap::new();
        self.add_providers(&mut all, schemas);
        all
    }

    fn add_providers(&self, all: &mut BTreeMap<String, ProviderJson<'a>>, schemas: &dyn Schemas) {
        let checked = self.module.checks.values().filter_map(|check| check.data.as_deref());
        let used = self.module.resources.values().chain(checked).map(|block| self.module.provider_of(block));
        let required = self.module.required_providers.keys().map(|name| (name.clone(), None));
        let declared = self.module.providers.keys().cloned();
        for name in declared.chain(required).chain(used) {
            let (module, name) = self.configured_in(&name);
            all.entry(key(module, &name)).or_insert_with(|| provider(module, name, schemas));
        }
        for call in self.module.calls.values() {
            if let Some(called) = self.called(call) {
                called.add_providers(all, schemas);
            }
        }
    }
}

fn key(module: &Module, (name, alias): &ProviderName) -> String {
    let path = if module.path.is_root() { String::new() } else { format!("{}:", module.path) };
    match alias {
        Some(alias) => format!("{path}{name}.{alias}"),
        None => format!("{path}{name}"),
    }
}

fn provider<'a>(module: &'a Module, name: ProviderName, schemas: &dyn Schemas) -> ProviderJson<'a> {
    let source: ProviderSource = module.provider_source(&name.0);
    let block: Option<&ProviderBlock> = module.providers.get(&name);
    let schema = schemas.of_provider(&source).map(|schema| &schema.block);
    let required = module.required_providers.get(&name.0);
    ProviderJson {
        full_name: source.to_string(),
        version_constraint: required.and_then(|required| required.version.as_deref()),
        module_address: (!module.path.is_root()).then(|| module.path.to_string()),
        expressions: block.map(|block| expressions(&block.body, schema)).unwrap_or_default(),
        name: name.0,
        alias: name.1,
    }
}
