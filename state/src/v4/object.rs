//! One object to and from its JSON form.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use landfall_addr::{DeposedKey, InstanceKey};
use landfall_value::{AttributePath, Number, Step, Value};

use super::read::DependencyNames;
use super::wire::{IndexKey, Instance, PathStep};
use crate::{Identity, JsonText, ObjectState, StateError, Status};

/// Key, deposed key and object of an instance entry. `place` names it in errors.
pub(crate) type Parts = (InstanceKey, Option<DeposedKey>, ObjectState);

/// Returns what an entry says.
pub(crate) fn from_wire(
    instance: Instance<'_>,
    names: &mut DependencyNames,
    place: &dyn Fn() -> String,
) -> Result<Parts, StateError> {
    let invalid = |reason: &str| StateError::invalid(place(), reason);
    let Some(attributes) = instance.attributes else {
        return Err(invalid(if instance.attributes_flat.is_some() {
            "it has the flat attributes of Terraform 0.11; apply it once with Terraform 1.x"
        } else {
            "it has no attributes"
        }));
    };
    let key = match instance.index_key {
        None => InstanceKey::None,
        Some(IndexKey::Index(index)) => InstanceKey::Index(index),
        Some(IndexKey::Name(name)) => InstanceKey::Name(name.into()),
    };
    let deposed = (!instance.deposed.is_empty()).then(|| DeposedKey(instance.deposed.as_ref().into()));
    let mut object = ObjectState::new(instance.schema_version, JsonText(attributes.to_owned().into()));
    object.status = match instance.status.as_ref() {
        "" => Status::Ready,
        "tainted" => Status::Tainted,
        other => return Err(invalid(&format!("status `{other}` is not known"))),
    };
    object.sensitive_paths =
        instance.sensitive_attributes.iter().map(|path| path_from_wire(path, place)).collect::<Result<_, _>>()?;
    object.private = match instance.private {
        None => None,
        Some(text) => Some(BASE64.decode(text).map_err(|_| invalid("`private` is not base64"))?.into()),
    };
    object.identity = instance.identity.map(|identity| Identity {
        schema_version: instance.identity_schema_version.unwrap_or_default(),
        attributes: JsonText(identity.to_owned().into()),
    });
    object.dependencies = names.resolve(&instance.dependencies, place)?;
    object.create_before_destroy = instance.create_before_destroy;
    Ok((key, deposed, object))
}

/// Returns the entry of an object.
pub(crate) fn to_wire<'a>(key: &InstanceKey, deposed: Option<&'a DeposedKey>, object: &'a ObjectState) -> Instance<'a> {
    Instance {
        index_key: match key {
            InstanceKey::None => None,
            InstanceKey::Index(index) => Some(IndexKey::Index(*index)),
            InstanceKey::Name(name) => Some(IndexKey::Name(name.to_string())),
        },
        status: match object.status {
            Status::Ready => Cow::Borrowed(""),
            Status::Tainted => Cow::Borrowed("tainted"),
        },
        deposed: deposed.map_or(Cow::Borrowed(""), |key| Cow::Borrowed(&*key.0)),
        schema_version: object.schema_version,
        attributes: Some(&object.attributes.0),
        attributes_flat: None,
        sensitive_attributes: object.sensitive_paths.iter().map(path_to_wire).collect(),
        identity_schema_version: object.identity.as_ref().map(|identity| identity.schema_version),
        identity: object.identity.as_ref().map(|identity| &*identity.attributes.0),
        private: object.private.as_ref().map(|bytes| BASE64.encode(bytes)),
        dependencies: object.dependencies.iter().map(|dependency| dependency.to_string().into()).collect(),
        create_before_destroy: object.create_before_destroy,
    }
}

fn path_from_wire(steps: &[PathStep], place: &dyn Fn() -> String) -> Result<AttributePath, StateError> {
    let invalid = || StateError::invalid(place(), "a path in `sensitive_attributes` has a step that is not known");
    let step = |step: &PathStep| match step.r#type.as_str() {
        "get_attr" => Ok(Step::Attribute(step.value.as_str().ok_or_else(invalid)?.into())),
        "index" => index_from_wire(&step.value).map(Step::Index).ok_or_else(invalid),
        _ => Err(invalid()),
    };
    steps.iter().map(step).collect::<Result<_, _>>().map(AttributePath)
}

fn index_from_wire(step: &serde_json::Value) -> Option<Value> {
    match step.get("value")? {
        serde_json::Value::String(text) => Some(Value::from(text.as_str())),
        serde_json::Value::Number(number) => number.as_u64().map(|index| Value::from(Number::from(index))),
        _ => None,
    }
}

fn path_to_wire(path: &AttributePath) -> Vec<PathStep> {
    path.0.iter().map_while(step_to_wire).collect()
}

/// Returns the form of a step; `None` for an element of a set, whose sensitivity is the whole set's.
fn step_to_wire(step: &Step) -> Option<PathStep> {
    let (r#type, value) = match step {
        Step::Attribute(name) => ("get_attr", name.to_string().into()),
        Step::Index(key) => ("index", index_to_wire(key)?),
    };
    Some(PathStep { r#type: r#type.to_owned(), value })
}

fn index_to_wire(key: &Value) -> Option<serde_json::Value> {
    if let Some(text) = key.as_str() {
        return Some(serde_json::json!({ "value": text, "type": "string" }));
    }
    let index = key.as_number()?.to_usize()?;
    Some(serde_json::json!({ "value": index, "type": "number" }))
}
