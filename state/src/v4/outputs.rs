//! Outputs of the root module to and from their JSON form: a value beside its type.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::{Kind, Number, Type, Value};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::wire;
use crate::OutputState;

pub(crate) fn from_wire(output: &wire::Output<'_>) -> Result<OutputState, String> {
    let parse = |raw: &RawValue| serde_json::from_str::<Json>(raw.get()).map_err(|error| error.to_string());
    let r#type = type_from_json(&parse(&output.r#type)?)?;
    let value = value_from_json(&parse(&output.value)?, &r#type)?;
    Ok(OutputState { value, sensitive: output.sensitive })
}

pub(crate) fn to_wire(output: &OutputState) -> wire::Output<'static> {
    let raw = |json: &Json| {
        let raw = serde_json::value::to_raw_value(json).expect("a JSON value in memory has a text");
        Cow::<RawValue>::Owned(raw)
    };
    wire::Output {
        value: raw(&value_to_json(&output.value)),
        r#type: raw(&type_to_json(&output.value.r#type())),
        sensitive: output.sensitive,
    }
}

fn type_from_json(json: &Json) -> Result<Type, String> {
    let invalid = || format!("`{json}` is not a type");
    match json {
        Json::String(name) => match name.as_str() {
            "bool" => Ok(Type::Bool),
            "number" => Ok(Type::Number),
            "string" => Ok(Type::String),
            "dynamic" => Ok(Type::Dynamic),
            _ => Err(invalid()),
        },
        Json::Array(parts) => match (parts.first().and_then(Json::as_str), parts.get(1)) {
            (Some("list"), Some(element)) => type_from_json(element).map(Type::list),
            (Some("set"), Some(element)) => type_from_json(element).map(Type::set),
            (Some("map"), Some(element)) => type_from_json(element).map(Type::map),
            (Some("tuple"), Some(Json::Array(elements))) => {
                elements.iter().map(type_from_json).collect::<Result<Vec<_>, _>>().map(Type::tuple)
            }
            (Some("object"), Some(Json::Object(attributes))) => attributes
                .iter()
                .map(|(name, r#type)| Ok((name.as_str(), type_from_json(r#type)?)))
                .collect::<Result<Vec<_>, String>>()
                .map(Type::object),
            _ => Err(invalid()),
        },
        _ => Err(invalid()),
    }
}

fn type_to_json(r#type: &Type) -> Json {
    match r#type {
        Type::Dynamic => json!("dynamic"),
        Type::Bool => json!("bool"),
        Type::Number => json!("number"),
        Type::String => json!("string"),
        Type::List(element) => json!(["list", type_to_json(element)]),
        Type::Set(element) => json!(["set", type_to_json(element)]),
        Type::Map(element) => json!(["map", type_to_json(element)]),
        Type::Tuple(elements) => json!(["tuple", elements.iter().map(type_to_json).collect::<Vec<_>>()]),
        Type::Object(object) => {
            let attributes = object.attributes.iter().map(|(name, r#type)| (name.to_string(), type_to_json(r#type)));
            json!(["object", attributes.collect::<serde_json::Map<_, _>>()])
        }
    }
}

fn value_from_json(json: &Json, r#type: &Type) -> Result<Value, String> {
    let invalid = || "its value does not conform to its type".to_owned();
    let elements = |element: &Type| match json {
        Json::Array(values) => {
            values.iter().map(|value| value_from_json(value, element)).collect::<Result<Vec<_>, _>>()
        }
        _ => Err(invalid()),
    };
    let entries = |type_of: &dyn Fn(&str) -> Option<Type>| match json {
        Json::Object(values) => values
            .iter()
            .map(|(name, value)| {
                Ok((Arc::from(name.as_str()), value_from_json(value, &type_of(name).ok_or_else(invalid)?)?))
            })
            .collect::<Result<BTreeMap<Arc<str>, Value>, String>>(),
        _ => Err(invalid()),
    };
    match (r#type, json) {
        (_, Json::Null) => Ok(Value::null(r#type.clone())),
        (Type::Bool, Json::Bool(value)) => Ok(Value::from(*value)),
        (Type::Number, Json::Number(number)) => number_from_json(number).ok_or_else(invalid),
        (Type::String, Json::String(text)) => Ok(Value::from(text.as_str())),
        (Type::List(element), _) => Ok(Value::list((**element).clone(), elements(element)?)),
        (Type::Set(element), _) => Ok(Value::set((**element).clone(), elements(element)?)),
        (Type::Map(element), _) => Ok(Value::map((**element).clone(), entries(&|_| Some((**element).clone()))?)),
        (Type::Tuple(types), Json::Array(values)) if types.len() == values.len() => {
            let pairs = values.iter().zip(types.iter());
            Ok(Value::tuple(pairs.map(|(value, r#type)| value_from_json(value, r#type)).collect::<Result<_, _>>()?))
        }
        (Type::Object(object), _) => Ok(Value::object(entries(&|name| object.attributes.get(name).cloned())?)),
        _ => Err(invalid()),
    }
}

fn number_from_json(number: &serde_json::Number) -> Option<Value> {
    number.as_i64().map(|number| Value::from(Number::from(number)))
}

fn value_to_json(value: &Value) -> Json {
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) => Json::Null,
        Kind::Bool(value) => Json::Bool(value),
        Kind::Number(number) => serde_json::from_str(&number.to_string()).unwrap_or(Json::Null),
        Kind::String(text) => Json::String(text.to_string()),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            Json::Array(elements.iter().map(value_to_json).collect())
        }
        Kind::Map(_, entries) | Kind::Object(entries) => {
            Json::Object(entries.iter().map(|(name, value)| (name.to_string(), value_to_json(value))).collect())
        }
    }
}
