//! Objects by module: `root_module` of `values` and `planned_values`.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{ModuleInstance, ResourceInstance};
use landfall_value::Value;
use landfall_value::json::Json;
use serde::{Serialize, Serializer};

use super::change::{KeyJson, mode};
use super::lazy::is_false;
use super::mask::Mask;

/// A module instance with its objects, and the modules that it calls in order of address.
#[derive(Default, Serialize)]
pub(super) struct ModuleJson {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<ObjectJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "serialize_modules")]
    child_modules: BTreeMap<String, ModuleJson>,
}

/// One object.
#[derive(Serialize)]
pub(super) struct ObjectJson {
    address: String,
    mode: &'static str,
    r#type: Arc<str>,
    name: Arc<str>,
    #[serde(skip_serializing_if = "KeyJson::is_none")]
    index: KeyJson,
    provider_name: String,
    schema_version: u64,
    #[serde(serialize_with = "serialize_value")]
    values: Value,
    #[serde(serialize_with = "serialize_marks")]
    sensitive_values: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) depends_on: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) tainted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deposed_key: Option<String>,
}

impl ObjectJson {
    pub(super) fn new(address: &ResourceInstance, provider_name: String, schema_version: u64, value: Value) -> Self {
        Self {
            address: address.to_string(),
            mode: mode(address.resource.mode),
            r#type: address.resource.r#type.clone(),
            name: address.resource.name.clone(),
            index: KeyJson(address.key.clone()),
            provider_name,
            schema_version,
            sensitive_values: value.clone(),
            values: value,
            depends_on: Vec::new(),
            tainted: false,
            deposed_key: None,
        }
    }
}

impl ModuleJson {
    /// Returns the root module with all objects, in each module in the order in which they are given.
    pub(super) fn root(objects: impl IntoIterator<Item = (ModuleInstance, ObjectJson)>) -> Self {
        let mut root = Self::default();
        for (module, object) in objects {
            root.descendant(&module).resources.push(object);
        }
        root
    }

    fn descendant(&mut self, path: &ModuleInstance) -> &mut Self {
        let Some((caller, _)) = path.split_last() else { return self };
        let address = path.to_string();
        let module = self.descendant(&caller).child_modules.entry(address.clone()).or_default();
        module.address = Some(address);
        module
    }
}

fn serialize_value<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    Json::omitting_unknown(value).serialize(serializer)
}

fn serialize_marks<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    Mask::sensitive(value).serialize(serializer)
}

fn serialize_modules<S: Serializer>(modules: &BTreeMap<String, ModuleJson>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(modules.values())
}
