//! Texts, numbers, truth values, and values of any type.

use landfall_value::{Number, Type, Value};

use crate::codec::{DecodeError, Field};

impl Field for String {
    fn r#type() -> Type {
        Type::String
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_str().map(str::to_owned).ok_or_else(|| DecodeError::expected("a string", value))
    }

    fn encode(&self) -> Value {
        Value::string(self.as_str())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl Field for bool {
    fn r#type() -> Type {
        Type::Bool
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_bool().ok_or_else(|| DecodeError::expected("a bool", value))
    }

    fn encode(&self) -> Value {
        Value::from(*self)
    }

    fn absent() -> Option<Self> {
        Some(false)
    }
}

fn whole(value: &Value) -> Result<i64, DecodeError> {
    let number = value.as_number().ok_or_else(|| DecodeError::expected("a number", value))?;
    number.to_i64().ok_or_else(|| DecodeError::expected("a whole number of 64 bits", value))
}

impl Field for i64 {
    fn r#type() -> Type {
        Type::Number
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        whole(value)
    }

    fn encode(&self) -> Value {
        Value::from(*self)
    }

    fn absent() -> Option<Self> {
        Some(0)
    }
}

impl Field for i32 {
    fn r#type() -> Type {
        Type::Number
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        Self::try_from(whole(value)?).map_err(|_| DecodeError::expected("a number of 32 bits", value))
    }

    fn encode(&self) -> Value {
        Value::from(i64::from(*self))
    }

    fn absent() -> Option<Self> {
        Some(0)
    }
}

impl Field for f64 {
    fn r#type() -> Type {
        Type::Number
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_number().map(Number::to_f64).ok_or_else(|| DecodeError::expected("a number", value))
    }

    fn encode(&self) -> Value {
        super::support::float(*self)
    }

    fn absent() -> Option<Self> {
        Some(0.0)
    }
}

impl Field for Number {
    fn r#type() -> Type {
        Type::Number
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        value.as_number().cloned().ok_or_else(|| DecodeError::expected("a number", value))
    }

    fn encode(&self) -> Value {
        Value::from(self.clone())
    }
}

/// A value of any type; it may be null.
impl Field for Value {
    fn r#type() -> Type {
        Type::Dynamic
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        if value.is_known() { Ok(value.clone()) } else { Err(DecodeError::expected("a value", value)) }
    }

    fn encode(&self) -> Value {
        self.clone()
    }

    fn absent() -> Option<Self> {
        Some(Self::NULL)
    }
}
