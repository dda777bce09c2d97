//! Types in JSON: `"string"`, `["list","number"]`, `["object",{"a":"bool"},["a"]]`.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::{ObjectType, Type};

use super::JsonError;

/// Writes a type.
pub fn type_to_json(r#type: &Type) -> Json {
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
            let attributes: serde_json::Map<String, Json> =
                object.attributes.iter().map(|(name, r#type)| (name.to_string(), type_to_json(r#type))).collect();
            if object.optional.is_empty() {
                json!(["object", attributes])
            } else {
                let optional: Vec<&str> = object.optional.iter().map(|name| &**name).collect();
                json!(["object", attributes, optional])
            }
        }
    }
}

/// Reads a type.
///
/// # Errors
/// If the JSON is no type.
pub fn type_from_json(json: &Json) -> Result<Type, JsonError> {
    let invalid = || JsonError::new(format!("invalid type {json}"));
    match json {
        Json::String(name) => match name.as_str() {
            "dynamic" => Ok(Type::Dynamic),
            "bool" => Ok(Type::Bool),
            "number" => Ok(Type::Number),
            "string" => Ok(Type::String),
            _ => Err(invalid()),
        },
        Json::Array(parts) => match (parts.first().and_then(Json::as_str), parts.get(1)) {
            (Some("list"), Some(element)) => Ok(Type::list(type_from_json(element)?)),
            (Some("set"), Some(element)) => Ok(Type::set(type_from_json(element)?)),
            (Some("map"), Some(element)) => Ok(Type::map(type_from_json(element)?)),
            (Some("tuple"), Some(Json::Array(elements))) => {
                Ok(Type::tuple(elements.iter().map(type_from_json).collect::<Result<Vec<_>, _>>()?))
            }
            (Some("object"), Some(Json::Object(attributes))) => {
                let attributes = attributes
                    .iter()
                    .map(|(name, json)| Ok((Arc::from(name.as_str()), type_from_json(json)?)))
                    .collect::<Result<_, JsonError>>()?;
                let optional = parts.get(2).and_then(Json::as_array).into_iter().flatten();
                let optional = optional.filter_map(Json::as_str).map(Arc::from).collect();
                Ok(Type::Object(Arc::new(ObjectType { attributes, optional })))
            }
            _ => Err(invalid()),
        },
        _ => Err(invalid()),
    }
}
