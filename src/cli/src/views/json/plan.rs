//! A plan: `show -json PLAN`.

use std::collections::BTreeMap;
use std::io;

use landfall_addr::Mode;
use landfall_engine::{Action, OutputChange, Plan, ResourceChange};
use landfall_lang::Config;
use landfall_state::State;
use landfall_value::json::{Json, type_to_json};
use landfall_value::{Type, Value};
use serde::Serialize;
use serde::ser::Error;

use super::change::{ChangeJson, PathJson, ResourceChangeJson};
use super::checks::{CheckJson, checks};
use super::config::ConfigJson;
use super::lazy::{Array, Object};
use super::modules::{ModuleJson, ObjectJson};
use super::state::StateJson;
use crate::views::plan::in_order;
use crate::views::schemas::Schemas;

/// Writes a plan as one line of JSON, format 1.2.
///
/// # Errors
/// When `out` cannot be written to, or a value has no JSON form (infinity).
pub fn write_plan(
    out: impl io::Write,
    plan: &Plan,
    config: &Config,
    schemas: &dyn Schemas,
) -> Result<(), serde_json::Error> {
    let changes = || in_order(&plan.changes).filter(|change| is_listed(change)).map(ResourceChangeJson::from);
    let drift = || in_order(&plan.drift).map(ResourceChangeJson::from);
    let outputs = || plan.outputs.iter().map(|(name, output)| (&**name, ChangeJson::from(output)));
    let relevant = || {
        let attributes = plan.relevant_attributes.iter();
        attributes.map(|(address, path)| RelevantJson { resource: address.to_string(), attribute: PathJson(path) })
    };
    let prior = (!plan.state.is_empty()).then(|| StateJson::new(&plan.state, schemas));
    let document = PlanJson {
        format_version: "1.2",
        terraform_version: State::TERRAFORM_VERSION,
        variables: variables(plan, config),
        planned_values: planned_values(plan, schemas),
        resource_drift: (!plan.drift.is_empty()).then_some(Array(drift)),
        resource_changes: (!plan.changes.is_empty()).then_some(Array(changes)),
        output_changes: (!plan.outputs.is_empty()).then_some(Object(outputs)),
        prior_state: prior.transpose().map_err(serde_json::Error::custom)?,
        configuration: ConfigJson::new(config, schemas),
        relevant_attributes: (!plan.relevant_attributes.is_empty()).then_some(Array(relevant)),
        checks: checks(&plan.checks),
        timestamp: timestamp(plan.time),
        applyable: plan.is_applicable(),
        complete: !plan.errored,
        errored: plan.errored,
    };
    serde_json::to_writer(out, &document)
}

#[derive(Serialize)]
struct PlanJson<'a, Drift, Changes, Outputs, Relevant> {
    format_version: &'static str,
    terraform_version: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<&'a str, VariableJson<'a>>,
    planned_values: PlannedValuesJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_drift: Option<Drift>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_changes: Option<Changes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_changes: Option<Outputs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prior_state: Option<StateJson<'a>>,
    configuration: ConfigJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relevant_attributes: Option<Relevant>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckJson<'a>>,
    timestamp: String,
    applyable: bool,
    complete: bool,
    errored: bool,
}

#[derive(Serialize)]
struct VariableJson<'a> {
    value: Json<'a>,
}

#[derive(Serialize)]
struct RelevantJson<'a> {
    resource: String,
    attribute: PathJson<'a>,
}

#[derive(Serialize)]
struct PlannedValuesJson<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outputs: BTreeMap<&'a str, PlannedOutputJson<'a>>,
    root_module: ModuleJson,
}

#[derive(Serialize)]
struct PlannedOutputJson<'a> {
    sensitive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Json<'a>>,
}

/// Returns the variables of the root module: those that were given, and defaults of the others.
fn variables<'a>(plan: &'a Plan, config: &'a Config) -> BTreeMap<&'a str, VariableJson<'a>> {
    let lasting = config.root.variables.iter().filter(|(_, variable)| !variable.ephemeral);
    let defaults = lasting.filter_map(|(name, variable)| Some((name, variable.default.as_ref()?)));
    let all = defaults.chain(&plan.variables);
    all.map(|(name, value)| (&**name, VariableJson { value: Json::new(value) })).collect()
}

fn is_listed(change: &ResourceChange) -> bool {
    match change.address.resource.mode {
        Mode::Managed => true,
        // What was read while planning is in the prior state.
        Mode::Data => change.action != Action::NoOp,
        Mode::Ephemeral => false,
    }
}

fn planned_values<'a>(plan: &'a Plan, schemas: &dyn Schemas) -> PlannedValuesJson<'a> {
    let stays = |change: &&ResourceChange| {
        is_listed(change)
            && change.deposed.is_none()
            && !change.after.is_null()
            && !matches!(change.action, Action::Delete | Action::Forget)
    };
    let mut staying: Vec<&ResourceChange> = plan.changes.iter().filter(stays).collect();
    staying.sort_by_cached_key(|change| change.address.to_string());
    let objects = staying.into_iter().map(|change| {
        let address = &change.address;
        let source = &change.provider.source;
        let schema = schemas.of_resource(source, address.resource.mode, &address.resource.r#type);
        let version = schema.map_or(0, |schema| schema.version);
        (address.module.clone(), ObjectJson::new(address, source.to_string(), version, change.after.clone()))
    });
    let outputs = plan.outputs.iter().filter(|(_, output)| output.action != Action::Delete);
    PlannedValuesJson {
        outputs: outputs.map(|(name, output)| (&**name, output.into())).collect(),
        root_module: ModuleJson::root(objects),
    }
}

impl<'a> From<&'a OutputChange> for PlannedOutputJson<'a> {
    fn from(output: &'a OutputChange) -> Self {
        let known = output.after.is_wholly_known().then_some(&output.after);
        Self { sensitive: output.sensitive, r#type: known.map(planned_type), value: known.map(Json::new) }
    }
}

/// Returns the type of an output; null has none of its own in a plan.
fn planned_type(value: &Value) -> serde_json::Value {
    type_to_json(&if value.is_null() { Type::Dynamic } else { value.r#type() })
}

/// Returns a time in whole seconds as RFC 3339 has it.
fn timestamp(nanoseconds: i128) -> String {
    let time = jiff::Timestamp::from_nanosecond(nanoseconds).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
