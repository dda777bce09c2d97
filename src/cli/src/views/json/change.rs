//! Changes of objects and outputs.

use landfall_addr::{InstanceKey, Mode, ResourceInstance};
use landfall_engine::{Action, OutputChange, Reason, ResourceChange};
use landfall_value::json::Json;
use landfall_value::{AttributePath, Step, Value};
use serde::{Serialize, Serializer};

use super::mask::Mask;

/// An entry of `resource_changes` or `resource_drift`.
#[derive(Serialize)]
pub(super) struct ResourceChangeJson<'a> {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module_address: Option<String>,
    mode: &'static str,
    r#type: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "KeyJson::is_none")]
    index: KeyJson,
    provider_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposed: Option<&'a str>,
    change: ChangeJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'static str>,
}

/// What becomes of a value.
#[derive(Serialize)]
pub(super) struct ChangeJson<'a> {
    actions: &'static [&'static str],
    before: Json<'a>,
    /// Without what is known after apply; left out if that is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<After<'a>>,
    after_unknown: MaskJson<'a>,
    before_sensitive: MaskJson<'a>,
    after_sensitive: MaskJson<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replace_paths: Vec<PathJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    importing: Option<ImportingJson<'a>>,
}

struct After<'a>(&'a Value);

impl Serialize for After<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json::omitting_unknown(self.0).serialize(serializer)
    }
}

/// A mask, or what stands for one.
#[derive(Serialize)]
#[serde(untagged)]
enum MaskJson<'a> {
    Shape(Mask<'a>),
    Flag(bool),
    Nothing {},
}

#[derive(Serialize)]
struct ImportingJson<'a> {
    id: &'a str,
}

/// An index or a key of an instance.
pub(super) struct KeyJson(pub InstanceKey);

impl KeyJson {
    pub(super) fn is_none(&self) -> bool {
        self.0 == InstanceKey::None
    }
}

impl Serialize for KeyJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            InstanceKey::None => serializer.serialize_unit(),
            InstanceKey::Index(index) => serializer.serialize_u64(*index),
            InstanceKey::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'a> From<&'a ResourceChange> for ResourceChangeJson<'a> {
    fn from(change: &'a ResourceChange) -> Self {
        let ResourceInstance { module, resource, key } = &change.address;
        let previous = change.previous_address.as_ref().filter(|previous| **previous != change.address);
        Self {
            address: change.address.to_string(),
            previous_address: previous.map(ToString::to_string),
            module_address: (!module.is_root()).then(|| module.to_string()),
            mode: mode(resource.mode),
            r#type: &resource.r#type,
            name: &resource.name,
            index: KeyJson(key.clone()),
            provider_name: change.provider.source.to_string(),
            deposed: change.deposed.as_ref().map(|key| &*key.0),
            change: ChangeJson {
                actions: actions(change.action),
                before: Json::new(&change.before),
                after: Some(After(&change.after)),
                after_unknown: match change.after.is_wholly_known() {
                    true => MaskJson::Nothing {},
                    false => MaskJson::Shape(Mask::unknown(&change.after)),
                },
                before_sensitive: MaskJson::Shape(Mask::sensitive(&change.before)),
                after_sensitive: MaskJson::Shape(Mask::sensitive(&change.after)),
                replace_paths: change.replace_paths.iter().map(PathJson).collect(),
                importing: change.importing.as_ref().map(|importing| ImportingJson { id: &importing.id }),
            },
            action_reason: change.reason.map(Reason::as_str),
        }
    }
}

impl<'a> From<&'a OutputChange> for ChangeJson<'a> {
    fn from(output: &'a OutputChange) -> Self {
        Self {
            actions: actions(output.action),
            before: Json::new(&output.before),
            after: output.after.is_known().then_some(After(&output.after)),
            after_unknown: match output.after.is_wholly_known() {
                true => MaskJson::Flag(false),
                false => MaskJson::Shape(Mask::unknown(&output.after)),
            },
            before_sensitive: MaskJson::Flag(output.sensitive),
            after_sensitive: MaskJson::Flag(output.sensitive),
            replace_paths: Vec::new(),
            importing: None,
        }
    }
}

pub(super) fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
        Mode::Managed => "managed",
    }
}

fn actions(action: Action) -> &'static [&'static str] {
    match action {
        Action::NoOp => &["no-op"],
        Action::Create => &["create"],
        Action::Read => &["read"],
        Action::Update => &["update"],
        Action::Delete => &["delete"],
        Action::Replace { create_before_destroy: false } => &["delete", "create"],
        Action::Replace { create_before_destroy: true } => &["create", "delete"],
        Action::Forget => &["forget"],
    }
}

/// A path as an array of names and indices.
pub(super) struct PathJson<'a>(pub &'a AttributePath);

impl Serialize for PathJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.0.iter().map(StepJson))
    }
}

struct StepJson<'a>(&'a Step);

impl Serialize for StepJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Step::Attribute(name) => serializer.serialize_str(name),
            Step::Index(key) => Json::omitting_unknown(key).serialize(serializer),
        }
    }
}
