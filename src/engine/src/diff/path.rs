//! Changing a part of a value.

use landfall_value::{Kind, Number, Step, Value};

/// Returns a value with the part that a path leads to replaced. Missing attributes and keys of objects and maps are
/// added; where a path leads nowhere else, the value is unchanged.
pub(super) fn update_at(
    value: &Value,
    path: &[Step],
    change: &mut dyn FnMut(Option<&Value>) -> Option<Value>,
) -> Value {
    let Some((step, rest)) = path.split_first() else { return change(Some(value)).unwrap_or_else(|| value.clone()) };
    let name = match step {
        Step::Attribute(name) => Some(&**name),
        // As in Terraform, a key does not lead into an object.
        Step::Index(_) if matches!(value.kind(), Kind::Object(_)) => return value.clone(),
        Step::Index(key) => key.as_str(),
    };
    match (name, value.kind()) {
        (Some(name), Kind::Object(parts) | Kind::Map(_, parts)) => match (parts.get(name), rest) {
            (old, []) => match change(old) {
                Some(new) => value.with_attribute(name, new),
                None => without_key(value, name),
            },
            (Some(part), rest) => value.with_attribute(name, update_at(part, rest, change)),
            (None, _) => value.clone(),
        },
        (None, Kind::List(..) | Kind::Tuple(_)) => {
            let Step::Index(key) = step else { return value.clone() };
            let wanted = key.as_number().and_then(Number::to_usize);
            let mut index = 0;
            value.map_parts(|part| {
                let hit = Some(index) == wanted;
                index += 1;
                if hit { update_at(part, rest, change) } else { part.clone() }
            })
        }
        _ => value.clone(),
    }
}

/// Returns a map without a key; an object keeps its attributes.
fn without_key(value: &Value, name: &str) -> Value {
    match value.kind() {
        Kind::Map(element, parts) => {
            let mut parts = parts.clone();
            parts.remove(name);
            Value::map(element.clone(), parts).with_marks(value.marks())
        }
        _ => value.clone(),
    }
}
