//! Shapes that tell which parts of a value have a property: `true`, or nested, with what is false left out of objects.

use serde_json::Value as Json;

use crate::{Kind, Type, Value};

/// Returns which parts are known only after apply, as `after_unknown` of a plan has it.
pub fn unknown_mask(value: &Value) -> Json {
    mask(value, &|part| !part.is_known())
}

/// Returns which parts are sensitive, as `after_sensitive` of a plan has it.
pub fn sensitive_mask(value: &Value) -> Json {
    mask(value, &Value::is_sensitive)
}

fn mask(value: &Value, holds: &impl Fn(&Value) -> bool) -> Json {
    if holds(value) {
        return Json::Bool(true);
    }
    match value.kind() {
        // What an unknown collection holds cannot be told: Terraform writes it as empty.
        Kind::Unknown(Type::Object(_) | Type::Map(_), _) => Json::Object(Default::default()),
        Kind::Unknown(Type::List(_) | Type::Set(_) | Type::Tuple(_), _) => Json::Array(Vec::new()),
        Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => Json::Bool(false),
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
            Json::Array(elements.iter().map(|element| mask(element, holds)).collect())
        }
        Kind::Map(_, elements) | Kind::Object(elements) => {
            let parts = elements.iter().map(|(name, part)| (name.to_string(), mask(part, holds)));
            Json::Object(parts.filter(|(_, part)| *part != Json::Bool(false)).collect())
        }
    }
}
