//! Objects of the state as values, and back.

use landfall_state::{JsonText, ObjectState};
use landfall_value::json::{self, Extra, JsonError};
use landfall_value::{AttributePath, Kind, Marks, Step, Type, Value};

/// Returns the attributes of an object with the marks that they were stored with. Attributes that the schema does not
/// have any more are dropped, new ones are null.
///
/// # Errors
/// When an attribute is not of the schema's type.
pub(crate) fn decode(object: &ObjectState, r#type: &Type) -> Result<Value, JsonError> {
    let value = object.value(|text| json::from_text(text.as_str(), r#type, Extra::Drop))?;
    Ok(object.sensitive_paths.iter().fold(value.clone(), |value, path| mark_at(&value, &path.0, Marks::SENSITIVE)))
}

/// Returns an object of the state with a value; its marks become sensitive paths.
///
/// # Errors
/// When the value is not wholly known.
pub(crate) fn encode(value: &Value, r#type: &Type, schema_version: u64) -> Result<ObjectState, JsonError> {
    let sensitive_paths = sensitive_paths(value);
    let plain = value.unmarked_deep();
    let text = json::to_text(&plain, r#type)?;
    let attributes = JsonText::parse(text).map_err(|error| JsonError {
        path: AttributePath::root(),
        message: format!("not JSON: {error}"),
    })?;
    let mut object = ObjectState::new(schema_version, attributes).with_value(plain);
    object.sensitive_paths = sensitive_paths;
    Ok(object)
}

/// Returns a value with marks at what a path leads to; unchanged where it leads nowhere.
pub(crate) fn mark_at(value: &Value, path: &[Step], marks: Marks) -> Value {
    let Some((step, rest)) = path.split_first() else { return value.clone().with_marks(marks) };
    if value.step(step).is_none() {
        return value.clone();
    }
    match (step, value.kind()) {
        (Step::Attribute(name), Kind::Object(_) | Kind::Map(..)) => {
            let part = value.get(name).map(|part| mark_at(part, rest, marks));
            part.map_or_else(|| value.clone(), |part| value.with_attribute(name, part))
        }
        (Step::Index(key), Kind::Object(_) | Kind::Map(..)) => {
            let Some(name) = key.as_str() else { return value.clone() };
            let part = value.get(name).map(|part| mark_at(part, rest, marks));
            part.map_or_else(|| value.clone(), |part| value.with_attribute(name, part))
        }
        (Step::Index(key), Kind::List(..) | Kind::Tuple(_)) => {
            let wanted = key.as_number().and_then(landfall_value::Number::to_usize);
            let mut index = 0;
            value.map_parts(|part| {
                let marked = if Some(index) == wanted { mark_at(part, rest, marks) } else { part.clone() };
                index += 1;
                marked
            })
        }
        (_, Kind::Set(..)) => value.clone().with_marks(marks),
        _ => value.clone(),
    }
}

/// Returns the paths of sensitive parts, outermost only.
pub(crate) fn sensitive_paths(value: &Value) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    if !value.marks_deep().is_empty() {
        collect_sensitive(value, &AttributePath::root(), &mut paths);
    }
    paths
}

/// Returns a value with the same parts sensitive as in another one.
pub(crate) fn marked_like(value: &Value, model: &Value) -> Value {
    sensitive_paths(model).iter().fold(value.clone(), |value, path| mark_at(&value, &path.0, Marks::SENSITIVE))
}

fn collect_sensitive(value: &Value, path: &AttributePath, out: &mut Vec<AttributePath>) {
    if value.is_sensitive() {
        out.push(path.clone());
        return;
    }
    match value.kind() {
        Kind::Object(parts) => {
            for (name, part) in parts {
                if !part.marks_deep().is_empty() {
                    collect_sensitive(part, &path.attribute(name.clone()), out);
                }
            }
        }
        Kind::Map(_, parts) => {
            for (name, part) in parts {
                collect_sensitive(part, &path.index(name.clone()), out);
            }
        }
        Kind::List(_, parts) | Kind::Tuple(parts) => {
            for (i, part) in parts.iter().enumerate() {
                collect_sensitive(part, &path.index(i as i64), out);
            }
        }
        Kind::Set(..) | Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
    }
}
