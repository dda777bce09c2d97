//! Outputs of the root module to and from their JSON form: a value beside its type.

use std::borrow::Cow;

use landfall_value::AttributePath;
use landfall_value::json::{Extra, JsonError, from_text, to_text, type_from_json, type_to_json};
use serde_json::value::{RawValue, to_raw_value};

use super::wire;
use crate::OutputState;

pub(crate) fn from_wire(output: &wire::Output<'_>) -> Result<OutputState, JsonError> {
    // A raw text is valid JSON, and may be nested too deeply all the same.
    let r#type: serde_json::Value = serde_json::from_str(output.r#type.get())
        .map_err(|error| JsonError { path: AttributePath::root(), message: error.to_string() })?;
    let value = from_text(output.value.get(), &type_from_json(&r#type)?, Extra::Refuse)?;
    Ok(OutputState { value, sensitive: output.sensitive })
}

/// Returns the form of an output; `None` if its value is not known, which a state cannot hold.
pub(crate) fn to_wire(output: &OutputState) -> Option<wire::Output<'static>> {
    let r#type = output.value.r#type();
    let value = to_text(&output.value, &r#type).ok()?;
    Some(wire::Output {
        value: Cow::Owned(RawValue::from_string(value).ok()?),
        r#type: Cow::Owned(to_raw_value(&type_to_json(&r#type)).ok()?),
        sensitive: output.sensitive,
    })
}
