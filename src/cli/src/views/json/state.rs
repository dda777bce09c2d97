//! A state: `show -json`, and `prior_state` of a plan.

use std::collections::BTreeMap;
use std::io;

use landfall_addr::ProviderSource;
use landfall_state::{ObjectId, ObjectState, OutputState, State, Status};
use landfall_value::json::{Json, JsonError, type_to_json};
use serde::Serialize;
use serde::ser::Error;

use super::checks::{CheckJson, checks};
use super::modules::{ModuleJson, ObjectJson};
use crate::views::objects::{attributes, in_order};
use crate::views::schemas::Schemas;

/// Writes a state as one line of JSON, format 1.0. A state with nothing in it has no `values`.
///
/// # Errors
/// When `out` cannot be written to, or a value has no JSON form (infinity).
pub fn write_state(out: impl io::Write, state: &State, schemas: &dyn Schemas) -> Result<(), serde_json::Error> {
    serde_json::to_writer(out, &StateJson::new(state, schemas).map_err(serde_json::Error::custom)?)
}

#[derive(Serialize)]
pub(super) struct StateJson<'a> {
    format_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    terraform_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<ValuesJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckJson<'a>>,
}

#[derive(Serialize)]
struct ValuesJson<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outputs: BTreeMap<&'a str, OutputJson<'a>>,
    root_module: ModuleJson,
}

#[derive(Serialize)]
struct OutputJson<'a> {
    sensitive: bool,
    value: Json<'a>,
    r#type: serde_json::Value,
}

impl<'a> StateJson<'a> {
    pub(super) fn new(state: &'a State, schemas: &dyn Schemas) -> Result<Self, JsonError> {
        if state.is_empty() {
            return Ok(Self { format_version: "1.0", terraform_version: None, values: None, checks: Vec::new() });
        }
        let objects: Result<Vec<_>, JsonError> = in_order(state)
            .into_iter()
            .map(|(id, provider, object)| {
                let json = object_json(&id, &provider.source, object, schemas)?;
                Ok((id.address.module, json))
            })
            .collect();
        Ok(Self {
            format_version: "1.0",
            terraform_version: Some(State::TERRAFORM_VERSION),
            values: Some(ValuesJson {
                outputs: state.outputs().iter().map(|(name, output)| (&**name, output.into())).collect(),
                root_module: ModuleJson::root(objects?),
            }),
            checks: checks(state.check_results().unwrap_or_default()),
        })
    }
}

impl<'a> From<&'a OutputState> for OutputJson<'a> {
    fn from(output: &'a OutputState) -> Self {
        let r#type = type_to_json(&output.value.r#type());
        Self { sensitive: output.sensitive, value: Json::new(&output.value), r#type }
    }
}

fn object_json(
    id: &ObjectId,
    provider: &ProviderSource,
    object: &ObjectState,
    schemas: &dyn Schemas,
) -> Result<ObjectJson, JsonError> {
    let resource = &id.address.resource;
    let schema = schemas.of_resource(provider, resource.mode, &resource.r#type);
    let value = attributes(object, schema.map(|schema| &schema.block))?;
    let mut json = ObjectJson::new(&id.address, provider.to_string(), object.schema_version, value);
    json.depends_on = object.dependencies.iter().map(ToString::to_string).collect();
    json.tainted = object.status == Status::Tainted;
    json.deposed_key = id.deposed.as_ref().map(ToString::to_string);
    Ok(json)
}
