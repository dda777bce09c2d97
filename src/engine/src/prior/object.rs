//! Objects of the state as values, and back.

use landfall_state::{JsonText, ObjectState};
use landfall_value::json::{self, Extra, JsonError};
use landfall_value::{AttributePath, Marks, Type, Value};

/// Returns the attributes of an object with the marks that they were stored with. Attributes that the schema does not
/// have any more are dropped, new ones are null.
///
/// # Errors
/// When an attribute is not of the schema's type.
pub(crate) fn decode(object: &ObjectState, r#type: &Type) -> Result<Value, JsonError> {
    let value = object.value(|text| json::from_text(text.as_str(), r#type, Extra::Drop))?;
    Ok(value.mark_paths(&object.sensitive_paths, Marks::SENSITIVE))
}

/// Returns an object of the state with a value; its marks become sensitive paths.
///
/// # Errors
/// When the value is not wholly known.
pub(crate) fn encode(value: &Value, r#type: &Type, schema_version: u64) -> Result<ObjectState, JsonError> {
    let plain = value.unmarked_deep();
    let text = json::to_text(&plain, r#type)?;
    let attributes = JsonText::parse(text)
        .map_err(|error| JsonError { path: AttributePath::root(), message: format!("not JSON: {error}") })?;
    let mut object = ObjectState::new(schema_version, attributes).with_value(plain);
    object.sensitive_paths = value.marked_paths(Marks::SENSITIVE);
    Ok(object)
}

/// Returns what is planned as an object of the state: null where only the service knows.
///
/// # Errors
/// When the value does not fit the type.
pub(crate) fn encode_planned(value: &Value, r#type: &Type, schema_version: u64) -> Result<ObjectState, JsonError> {
    encode(&null_for_unknown(value), r#type, schema_version)
}

fn null_for_unknown(value: &Value) -> Value {
    match value.is_known() {
        true => value.map_parts(null_for_unknown),
        false => Value::null(value.r#type()).with_marks(value.marks()),
    }
}

/// Returns a value with the same parts sensitive as in another one.
pub(crate) fn marked_like(value: &Value, model: &Value) -> Value {
    match model.marks_deep().contains(Marks::SENSITIVE) {
        true => value.mark_paths(&model.marked_paths(Marks::SENSITIVE), Marks::SENSITIVE),
        false => value.clone(),
    }
}
