//! Values as a saved plan has them: with types, unknown parts and marks, so that they read back as they were.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::json::{type_from_json, type_to_json};
use landfall_value::{AttributePath, Kind, Marks, Number, Refinement, Step, Value};
use serde_json::{Map, Value as Json, json};

/// Returns the form of a value. Strings, truth values, numbers and tuples are plain JSON; the rest are objects with one
/// tagged member.
pub(super) fn encode(value: &Value) -> Json {
    let marks = mark_bits(value.marks());
    if marks != 0 {
        return json!({ "marked": [marks, encode(&value.clone().without_marks(value.marks()))] });
    }
    let list = |elements: &[Value]| elements.iter().map(encode).collect::<Vec<_>>();
    let entries = |entries: &BTreeMap<Arc<str>, Value>| {
        entries.iter().map(|(name, value)| (name.to_string(), encode(value))).collect::<Map<_, _>>()
    };
    match value.kind() {
        Kind::Bool(value) => Json::Bool(value),
        Kind::String(text) => Json::String(text.to_string()),
        Kind::Number(number) => json!({ "number": number.to_string() }),
        Kind::Tuple(elements) => Json::Array(list(elements)),
        Kind::Object(attributes) => json!({ "object": entries(attributes) }),
        Kind::List(element, elements) => json!({ "list": [type_to_json(element), list(elements)] }),
        Kind::Set(element, elements) => json!({ "set": [type_to_json(element), list(elements)] }),
        Kind::Map(element, elements) => json!({ "map": [type_to_json(element), entries(elements)] }),
        Kind::Null(r#type) => json!({ "null": type_to_json(r#type) }),
        Kind::Unknown(r#type, refinement) => {
            json!({ "unknown": [type_to_json(r#type), encode_refinement(refinement)] })
        }
    }
}

/// Reads a value; `None` if the form is not valid.
pub(super) fn decode(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(value) => return Some(Value::from(*value)),
        Json::String(text) => return Some(Value::from(text.as_str())),
        Json::Array(elements) => return decode_list(elements).map(Value::tuple),
        Json::Null | Json::Number(_) | Json::Object(_) => {}
    }
    let (tag, content) = json.as_object()?.iter().next()?;
    let typed = || Some((type_from_json(content.get(0)?).ok()?, content.get(1)?));
    let elements = |json: &Json| decode_list(json.as_array()?);
    Some(match tag.as_str() {
        "marked" => decode(content.get(1)?)?.with_marks(marks_of(content.get(0)?.as_u64()?)),
        "number" => Value::from(Number::parse(content.as_str()?)?),
        "object" => Value::object(decode_entries(content)?),
        "list" => typed().and_then(|(element, json)| Some(Value::list(element, elements(json)?)))?,
        "set" => typed().and_then(|(element, json)| Some(Value::set(element, elements(json)?)))?,
        "map" => typed().and_then(|(element, json)| Some(Value::map(element, decode_entries(json)?)))?,
        "null" => Value::null(type_from_json(content).ok()?),
        "unknown" => typed().map(|(r#type, json)| Value::refined(r#type, decode_refinement(json)))?,
        _ => return None,
    })
}

fn decode_list(elements: &[Json]) -> Option<Vec<Value>> {
    elements.iter().map(decode).collect()
}

fn decode_entries(json: &Json) -> Option<BTreeMap<Arc<str>, Value>> {
    json.as_object()?.iter().map(|(name, value)| Some((name.as_str().into(), decode(value)?))).collect()
}

fn mark_bits(marks: Marks) -> u64 {
    u64::from(marks.contains(Marks::SENSITIVE)) | u64::from(marks.contains(Marks::EPHEMERAL)) << 1
}

fn marks_of(bits: u64) -> Marks {
    let of = |bit, mark| if bits & bit != 0 { mark } else { Marks::NONE };
    of(1, Marks::SENSITIVE) | of(2, Marks::EPHEMERAL)
}

fn encode_refinement(refinement: &Refinement) -> Json {
    if refinement.is_empty() {
        return Json::Null;
    }
    let number = |number: &Option<Number>| number.as_ref().map(ToString::to_string);
    json!([
        refinement.not_null,
        refinement.prefix.as_deref(),
        refinement.min_length,
        refinement.max_length,
        number(&refinement.min),
        number(&refinement.max),
    ])
}

fn decode_refinement(json: &Json) -> Refinement {
    let part = |index: usize| json.get(index);
    let number = |index: usize| part(index).and_then(Json::as_str).and_then(Number::parse);
    Refinement {
        not_null: part(0).and_then(Json::as_bool).unwrap_or_default(),
        prefix: part(1).and_then(Json::as_str).map(Arc::from),
        min_length: part(2).and_then(Json::as_u64),
        max_length: part(3).and_then(Json::as_u64),
        min: number(4),
        max: number(5),
    }
}

/// Returns the form of a path: names as strings, keys in an array.
pub(super) fn encode_path(path: &AttributePath) -> Json {
    let step = |step: &Step| match step {
        Step::Attribute(name) => Json::String(name.to_string()),
        Step::Index(key) => json!([encode(key)]),
    };
    path.0.iter().map(step).collect()
}

/// Reads a path; `None` if the form is not valid.
pub(super) fn decode_path(json: &Json) -> Option<AttributePath> {
    let step = |json: &Json| match json {
        Json::String(name) => Some(Step::Attribute(name.as_str().into())),
        other => decode(other.get(0)?).map(Step::Index),
    };
    json.as_array()?.iter().map(step).collect::<Option<_>>().map(AttributePath)
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_value::Type;

    #[track_caller]
    fn check(value: Value) {
        assert_eq!(decode(&encode(&value)), Some(value));
    }

    #[test]
    fn values_read_back_with_types_unknown_parts_and_marks() {
        let unknown = Value::refined(Type::String, Refinement { not_null: true, ..Refinement::default() });
        check(Value::object_of([
            ("a", Value::tuple(vec![Value::TRUE, Value::from(3), Value::NULL])),
            ("b", Value::list(Type::String, vec![unknown, Value::from("x").with_marks(Marks::SENSITIVE)])),
            ("c", Value::set(Type::Number, vec![Value::from(2), Value::from(1)]).with_marks(Marks::SENSITIVE)),
            ("d", Value::map(Type::Bool, BTreeMap::from([("k".into(), Value::FALSE)]))),
            ("e", Value::null(Type::list(Type::Bool))),
            ("f", Value::unknown(Type::Dynamic).with_marks(Marks::EPHEMERAL)),
            ("g", Value::from(Number::parse("1.25").unwrap())),
        ]));
    }

    #[test]
    fn paths_read_back() {
        let path = AttributePath::root().attribute("a").index(1).attribute("b").index("k");
        assert_eq!(decode_path(&encode_path(&path)), Some(path));
    }
}
