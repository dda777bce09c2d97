//! Collections and wrappers of fields.

use std::collections::BTreeMap;

use landfall_value::{Kind, Type, Value};

use crate::codec::{DecodeError, Field, Presence};
use crate::fields::{Filled, Sensitive, Set};

impl<T: Field> Field for Option<T> {
    const PRESENCE: Presence = Presence::Optional;
    const SENSITIVE: bool = T::SENSITIVE;

    fn r#type() -> Type {
        T::r#type()
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        if value.is_null() { Ok(None) } else { T::decode(value).map(Some) }
    }

    fn encode(&self) -> Value {
        self.as_ref().map_or_else(|| Value::null(T::r#type()), T::encode)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Null, and a value known only after apply, are unset.
impl<T: Field> Field for Filled<T> {
    const PRESENCE: Presence = Presence::Filled;
    const SENSITIVE: bool = T::SENSITIVE;

    fn r#type() -> Type {
        T::r#type()
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        if value.is_null() || !value.is_wholly_known() {
            return Ok(Self::unset());
        }
        T::decode(value).map(Self::from)
    }

    fn encode(&self) -> Value {
        self.get().map_or_else(|| Value::null(T::r#type()), T::encode)
    }

    fn absent() -> Option<Self> {
        Some(Self::unset())
    }
}

impl<T: Field> Field for Sensitive<T> {
    const PRESENCE: Presence = T::PRESENCE;
    const SENSITIVE: bool = true;

    fn r#type() -> Type {
        T::r#type()
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        T::decode(value).map(Self::new)
    }

    fn encode(&self) -> Value {
        self.expose().encode()
    }

    fn absent() -> Option<Self> {
        T::absent().map(Self::new)
    }
}

fn elements<T: Field>(value: &Value, what: &str) -> Result<Vec<T>, DecodeError> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let members = value.as_slice().ok_or_else(|| DecodeError::expected(what, value))?;
    let read = |(index, member)| T::decode(member).map_err(|error| error.in_element(index as i64));
    members.iter().enumerate().map(read).collect()
}

/// Null is empty.
impl<T: Field> Field for Vec<T> {
    fn r#type() -> Type {
        Type::list(T::r#type())
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        elements(value, "a list")
    }

    fn encode(&self) -> Value {
        Value::list(T::r#type(), self.iter().map(T::encode).collect())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// Null is empty.
impl<T: Field + PartialEq> Field for Set<T> {
    fn r#type() -> Type {
        Type::set(T::r#type())
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        elements(value, "a set").map(Self::from_ordered)
    }

    fn encode(&self) -> Value {
        Value::set(T::r#type(), self.iter().map(T::encode).collect())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

/// Null is empty.
impl<T: Field> Field for BTreeMap<String, T> {
    fn r#type() -> Type {
        Type::map(T::r#type())
    }

    fn decode(value: &Value) -> Result<Self, DecodeError> {
        match value.kind() {
            Kind::Null(_) => Ok(Self::new()),
            Kind::Map(_, members) | Kind::Object(members) => {
                let read = |(key, member): (&std::sync::Arc<str>, &Value)| {
                    let read = T::decode(member).map_err(|error| error.in_element(&**key))?;
                    Ok((key.to_string(), read))
                };
                members.iter().map(read).collect()
            }
            _ => Err(DecodeError::expected("a map", value)),
        }
    }

    fn encode(&self) -> Value {
        let members = self.iter().map(|(key, member)| (key.as_str().into(), member.encode()));
        Value::map(T::r#type(), members.collect())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}
