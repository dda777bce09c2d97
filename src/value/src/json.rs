//! JSON: values and types as Terraform writes them in states, plans and outputs.

mod mask;
mod read;
mod types;
mod write;

pub use mask::{sensitive_mask, unknown_mask};
pub use read::{Extra, Typed, from_json, from_json_implied, from_text, from_text_implied};
pub use types::{type_from_json, type_to_json};
pub use write::{Json, to_json, to_text};

use crate::AttributePath;

/// Why JSON and a value do not go together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    /// Where in the value, as far as known.
    pub path: AttributePath,
    /// A lower-case fragment.
    pub message: String,
}

impl JsonError {
    fn new(message: impl Into<String>) -> Self {
        Self { path: AttributePath::root(), message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Marks, Number, Refinement, Type, Value};

    fn round_trip(text: &str, r#type: &Type) {
        let value = from_text(text, r#type, Extra::Refuse).expect("a value");
        assert!(value.is_of_type(r#type) || r#type.has_dynamic(), "{value:?}");
        assert_eq!(to_text(&value, r#type).expect("JSON"), text);
        let tree = serde_json::from_str(text).expect("JSON");
        assert_eq!(from_json(&tree, r#type, Extra::Refuse).expect("a value"), value);
    }

    #[test]
    fn values_of_every_type_come_back() {
        round_trip("true", &Type::Bool);
        round_trip("0.1000000000000000055511151231257827021181583404541015625", &Type::Number);
        round_trip("123456789012345678901234567890", &Type::Number);
        round_trip("-5", &Type::Number);
        round_trip("\"a\\n\"", &Type::String);
        round_trip("null", &Type::String);
        round_trip("[1,2]", &Type::list(Type::Number));
        round_trip("[\"a\",\"b\"]", &Type::set(Type::String));
        round_trip("{\"a\":[true],\"b\":null}", &Type::map(Type::list(Type::Bool)));
        round_trip("{\"a\":1,\"b\":\"x\"}", &Type::object([("a", Type::Number), ("b", Type::String)]));
        round_trip("[1,\"x\"]", &Type::tuple([Type::Number, Type::String]));
        let any = Type::object([("v", Type::Dynamic)]);
        round_trip("{\"v\":{\"value\":[\"x\"],\"type\":[\"list\",\"string\"]}}", &any);
        round_trip("{\"v\":null}", &any);
    }

    #[test]
    fn scalars_change_type_as_the_schema_says() {
        assert_eq!(from_text("1.50", &Type::String, Extra::Refuse), Ok("1.50".into()));
        assert_eq!(from_text("\"7\"", &Type::Number, Extra::Refuse), Ok(7.into()));
        assert_eq!(from_text("\"true\"", &Type::Bool, Extra::Refuse), Ok(true.into()));
        assert!(from_text("[]", &Type::String, Extra::Refuse).is_err());
    }

    #[test]
    fn attributes_that_the_type_lacks_are_refused_or_dropped() {
        let r#type = Type::object([("a", Type::Number), ("b", Type::String)]);
        let made = from_text(r#"{"old":{"x":[1]},"a":1}"#, &r#type, Extra::Drop);
        assert_eq!(made, Ok(Value::object_of([("a", 1.into()), ("b", Value::null(Type::String))])));
        let error = from_text(r#"{"old":1}"#, &r#type, Extra::Refuse).expect_err("refused");
        assert!(error.message.contains("unsupported attribute \"old\""), "{error}");
    }

    #[test]
    fn types_follow_from_json_alone() {
        let value = from_text_implied(r#"{"a":[1,"x",null],"b":{}}"#).expect("a value");
        let tuple = Type::tuple([Type::Number, Type::String, Type::Dynamic]);
        assert_eq!(value.r#type(), Type::object([("a", tuple), ("b", Type::object::<&str>([]))]));
    }

    #[test]
    fn unknown_values_are_refused_or_left_out() {
        let value = Value::object_of([("a", Value::unknown(Type::String)), ("b", 1.into())]);
        assert!(to_json(&value).is_err());
        let left = serde_json::to_string(&Json::omitting_unknown(&value)).expect("JSON");
        assert_eq!(left, r#"{"b":1}"#);
        assert!(to_json(&Number::INFINITY.into()).is_err());
    }

    #[test]
    fn masks_leave_out_what_is_not_so() {
        let unknown = Value::refined(Type::String, Refinement::NOT_NULL);
        let secret = Value::from("s").with_marks(Marks::SENSITIVE);
        let value = Value::object_of([("a", unknown), ("b", Value::tuple(vec![1.into(), secret])), ("c", 1.into())]);
        assert_eq!(unknown_mask(&value).to_string(), r#"{"a":true,"b":[false,false]}"#);
        assert_eq!(sensitive_mask(&value).to_string(), r#"{"b":[false,true]}"#);
    }

    #[test]
    fn types_come_back() {
        let text = r#"["object",{"a":["tuple",["string","dynamic"]],"b":["set","bool"]},["b"]]"#;
        let json = serde_json::from_str(text).expect("JSON");
        let r#type = type_from_json(&json).expect("a type");
        assert_eq!(type_to_json(&r#type).to_string(), text);
    }
}
