//! The stream of JSON objects that `-json` asks for, with Terraform's message types.

use std::time::Duration;

use landfall_addr::{InstanceKey, ResourceInstance};
use landfall_diag::{Diagnostic, Severity, SourceMap};
use landfall_engine::{Action, Counts, Plan, ResourceChange};
use landfall_state::State;
use landfall_value::json::{to_json, type_to_json};
use serde_json::{Map, Value as Json, json};

use crate::report::JsonDiagnostic;

/// One object of the stream.
pub(crate) struct Line(Map<String, Json>);

/// Version of the stream's form.
const FORMAT: &str = "1.2";

impl Line {
    /// Returns an object of a type with its message.
    pub fn new(r#type: &str, message: impl Into<String>) -> Self {
        Self::at("info", r#type, message.into())
    }

    fn at(level: &str, r#type: &str, message: String) -> Self {
        let mut fields = Map::new();
        fields.insert("@level".to_owned(), level.into());
        fields.insert("@message".to_owned(), message.into());
        fields.insert("@module".to_owned(), "terraform.ui".into());
        fields.insert("@timestamp".to_owned(), timestamp().into());
        fields.insert("type".to_owned(), r#type.into());
        Self(fields)
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Returns the object as a line of text.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string(&self.0).expect("JSON in memory has a text");
        text.push('\n');
        text
    }
}

fn timestamp() -> String {
    let text = jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string();
    match text.strip_suffix("+00:00") {
        Some(time) => format!("{time}Z"),
        None => text,
    }
}

/// Returns the object that begins every stream.
pub(crate) fn version() -> Line {
    Line::new("version", format!("Terraform {}", State::TERRAFORM_VERSION))
        .with("terraform", State::TERRAFORM_VERSION)
        .with("landfall", env!("CARGO_PKG_VERSION"))
        .with("ui", FORMAT)
}

/// Returns a finding.
pub(crate) fn diagnostic(diagnostic: &Diagnostic, sources: &SourceMap) -> Line {
    let (level, word) = match diagnostic.severity {
        Severity::Error => ("error", "Error"),
        Severity::Warning => ("warn", "Warning"),
    };
    let form = serde_json::to_value(JsonDiagnostic::new(diagnostic, sources)).unwrap_or_default();
    Line::at(level, "diagnostic", format!("{word}: {}", diagnostic.summary)).with("diagnostic", form)
}

/// Returns the objects that describe a plan: drift, changes, summary, outputs.
pub(crate) fn plan(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    for change in plan.drift.iter().filter(|change| change.action != Action::NoOp || change.moves_or_imports()) {
        lines.push(planned("resource_drift", "Drift detected", change));
    }
    for change in plan.changes.iter().filter(|change| change.is_visible() || change.moves_or_imports()) {
        lines.push(planned("planned_change", "Plan to", change));
    }
    let counts = plan.counts();
    lines.push(summary("plan", &plan_summary(&counts), &counts));
    if !plan.outputs.is_empty() {
        let outputs: Map<String, Json> = plan
            .outputs
            .iter()
            .map(|(name, output)| {
                (name.to_string(), json!({ "sensitive": output.sensitive, "action": action_name(output.action) }))
            })
            .collect();
        lines.push(Line::new("outputs", format!("Outputs: {}", outputs.len())).with("outputs", outputs));
    }
    lines
}

fn planned(r#type: &str, verb: &str, change: &ResourceChange) -> Line {
    let action = match (change.action, change.previous_address.is_some(), change.importing.is_some()) {
        (Action::NoOp, true, _) => "move",
        (Action::NoOp, _, true) => "import",
        (action, ..) => action_name(action),
    };
    let mut form = json!({ "resource": resource(&change.address) });
    if let Some(previous) = &change.previous_address {
        form["previous_resource"] = resource(previous);
    }
    form["action"] = action.into();
    if let Some(reason) = change.reason {
        // The stream has Terraform's shorter words for why objects are replaced.
        form["reason"] = match reason.as_str() {
            "replace_because_tainted" => "tainted",
            "replace_by_request" => "requested",
            "replace_because_cannot_update" => "cannot_update",
            other => other,
        }
        .into();
    }
    if let Some(importing) = &change.importing {
        form["importing"] = json!({ "id": importing.id });
    }
    let message = match r#type {
        "resource_drift" => format!("{}: {verb} ({action})", change.address),
        _ => format!("{}: {verb} {action}", change.address),
    };
    Line::new(r#type, message).with("change", form)
}

fn action_name(action: Action) -> &'static str {
    match action {
        Action::NoOp => "noop",
        Action::Create => "create",
        Action::Read => "read",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Replace { .. } => "replace",
        Action::Forget => "remove",
    }
}

/// Returns an address taken apart.
pub(crate) fn resource(address: &ResourceInstance) -> Json {
    let key = match &address.key {
        InstanceKey::None => Json::Null,
        InstanceKey::Index(index) => (*index).into(),
        InstanceKey::Name(name) => name.to_string().into(),
    };
    let local = format!("{}{}", address.resource, address.key);
    json!({
        "addr": address.to_string(),
        "module": address.module.to_string(),
        "resource": local,
        "implied_provider": address.resource.implied_provider(),
        "resource_type": *address.resource.r#type,
        "resource_name": *address.resource.name,
        "resource_key": key,
    })
}

/// Returns the object with the numbers of changes.
pub(crate) fn summary(operation: &str, message: &str, counts: &Counts) -> Line {
    let mut changes = json!({
        "add": counts.add,
        "change": counts.change,
        "import": counts.import,
        "remove": counts.destroy,
        "operation": operation,
    });
    if counts.forget > 0 {
        changes["forget"] = counts.forget.into();
    }
    Line::new("change_summary", message).with("changes", changes)
}

fn plan_summary(counts: &Counts) -> String {
    let import = if counts.import > 0 { format!("{} to import, ", counts.import) } else { String::new() };
    let forget = if counts.forget > 0 { format!(", {} to forget", counts.forget) } else { String::new() };
    format!("Plan: {import}{} to add, {} to change, {} to destroy{forget}.", counts.add, counts.change, counts.destroy)
}

/// Returns the outputs of a state after an apply.
pub(crate) fn outputs(state: &State) -> Line {
    let outputs: Map<String, Json> = state
        .outputs()
        .iter()
        .map(|(name, output)| {
            let mut form = json!({ "sensitive": output.sensitive, "type": type_to_json(&output.value.r#type()) });
            if !output.sensitive {
                form["value"] = to_json(&output.value).unwrap_or_default();
            }
            (name.to_string(), form)
        })
        .collect();
    Line::new("outputs", format!("Outputs: {}", outputs.len())).with("outputs", outputs)
}

/// Returns whole seconds, as the stream counts them.
pub(super) fn seconds(elapsed: Duration) -> u64 {
    elapsed.as_secs()
}
