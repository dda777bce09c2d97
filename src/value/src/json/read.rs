//! JSON to values.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::{Number, ObjectType, Type, Value};

use super::{JsonError, type_from_json};

/// What to do with attributes that an object type does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// An error.
    Refuse,
    /// Left out: a state may have been written with another version of a schema.
    Drop,
}

/// Reads a value of a type from a JSON tree. Missing attributes become null.
///
/// # Errors
/// If the JSON does not fit the type.
pub fn from_json(json: &serde_json::Value, r#type: &Type, extra: Extra) -> Result<Value, JsonError> {
    Typed { r#type, extra }.deserialize(json).map_err(|error| JsonError::new(error.to_string()))
}

/// Reads a value of a type from JSON text. Missing attributes become null.
///
/// # Errors
/// If the text is no JSON or does not fit the type.
pub fn from_text(text: &str, r#type: &Type, extra: Extra) -> Result<Value, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Typed { r#type, extra }.deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| JsonError::new(error.to_string()))
}

/// Reads a value whose type follows from the JSON: objects, tuples, and null of no type.
///
/// # Errors
/// Not for JSON that was parsed.
pub fn from_json_implied(json: &serde_json::Value) -> Result<Value, JsonError> {
    Implied.deserialize(json).map_err(|error| JsonError::new(error.to_string()))
}

/// Reads a value whose type follows from the JSON text: objects, tuples, and null of no type.
///
/// # Errors
/// If the text is no JSON.
pub fn from_text_implied(text: &str) -> Result<Value, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Implied.deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| JsonError::new(error.to_string()))
}

/// Reads a value of a type as part of a larger document.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    /// Type of the value.
    pub r#type: &'a Type,
    /// What to do with attributes that an object type does not have.
    pub extra: Extra,
}

impl<'de> DeserializeSeed<'de> for Typed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if *self.r#type != Type::Dynamic {
            return deserializer.deserialize_any(self);
        }
        #[derive(Deserialize)]
        struct Wrapped {
            value: Box<RawValue>,
            r#type: serde_json::Value,
        }
        let Some(wrapped) = Option::<Wrapped>::deserialize(deserializer)? else { return Ok(Value::NULL) };
        let r#type = type_from_json(&wrapped.r#type).map_err(D::Error::custom)?;
        from_text(wrapped.value.get(), &r#type, self.extra).map_err(D::Error::custom)
    }
}

impl Typed<'_> {
    fn scalar<E: Error>(&self, scalar: Scalar<'_>) -> Result<Value, E> {
        let value = match (self.r#type, scalar) {
            (Type::String, Scalar::Text(text) | Scalar::Number(text)) => Some(Value::from(text)),
            (Type::String, Scalar::Bool(value)) => Some(Value::from(value.to_string())),
            (Type::Number, Scalar::Text(text) | Scalar::Number(text)) => Number::parse(text).map(Value::from),
            (Type::Bool, Scalar::Bool(value)) => Some(value.into()),
            (Type::Bool, Scalar::Text(text)) => match text {
                "true" | "1" => Some(true.into()),
                "false" | "0" => Some(false.into()),
                _ => None,
            },
            _ => None,
        };
        value.ok_or_else(|| E::custom(format_args!("{} required", self.r#type.constraint_name())))
    }
}

enum Scalar<'a> {
    Bool(bool),
    Number(&'a str),
    Text(&'a str),
}

/// Under arbitrary precision serde_json hands out numbers as a map with this single key.
const NUMBER_KEY: &str = "$serde_json::private::Number";

impl<'de> Visitor<'de> for Typed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.r#type.constraint_name())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::null(self.r#type.clone()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.scalar(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.scalar(Scalar::Number(&value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.scalar(Scalar::Number(&value.to_string()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        self.scalar(Scalar::Number(&value.to_string()))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        self.scalar(Scalar::Number(&value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.scalar(Scalar::Number(&value.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.scalar(Scalar::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let extra = self.extra;
        match self.r#type {
            Type::List(element) | Type::Set(element) => {
                let mut elements = Vec::new();
                while let Some(value) = sequence.next_element_seed(Typed { r#type: element, extra })? {
                    elements.push(value);
                }
                let element = settled_type(element, elements.iter());
                Ok(match self.r#type {
                    Type::Set(_) => Value::set(element, elements),
                    _ => Value::list(element, elements),
                })
            }
            Type::Tuple(types) => {
                let mut elements = Vec::with_capacity(types.len());
                for r#type in types.iter() {
                    let value = sequence.next_element_seed(Typed { r#type, extra })?;
                    elements.push(value.ok_or_else(|| A::Error::custom("not enough tuple elements"))?);
                }
                match sequence.next_element::<IgnoredAny>()? {
                    None => Ok(Value::tuple(elements)),
                    Some(_) => Err(A::Error::custom("too many tuple elements")),
                }
            }
            _ => Err(A::Error::invalid_type(de::Unexpected::Seq, &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match self.r#type {
            Type::Map(element) => {
                let mut entries = BTreeMap::new();
                while let Some(key) = map.next_key::<Key>()? {
                    let value = map.next_value_seed(Typed { r#type: element, extra: self.extra })?;
                    entries.insert(key.0, value);
                }
                let element = settled_type(element, entries.values());
                Ok(Value::map(element, entries))
            }
            Type::Object(object) => self.object(object, map),
            Type::Bool | Type::Number | Type::String => {
                let number = serde_json::Number::deserialize(MapAccessDeserializer::new(map))
                    .map_err(|_| A::Error::invalid_type(de::Unexpected::Map, &self))?;
                self.scalar(Scalar::Number(number.as_str()))
            }
            Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_) => {
                Err(A::Error::invalid_type(de::Unexpected::Map, &self))
            }
        }
    }
}

impl Typed<'_> {
    fn object<'de, A: MapAccess<'de>>(&self, object: &ObjectType, mut map: A) -> Result<Value, A::Error> {
        let mut attributes = BTreeMap::new();
        while let Some(Key(name)) = map.next_key::<Key>()? {
            match object.attributes.get_key_value(&name) {
                Some((name, r#type)) => {
                    let value = map.next_value_seed(Typed { r#type, extra: self.extra })?;
                    attributes.insert(name.clone(), value);
                }
                None if self.extra == Extra::Drop => {
                    map.next_value::<IgnoredAny>()?;
                }
                None => return Err(A::Error::custom(format_args!("unsupported attribute {name:?}"))),
            }
        }
        for (name, r#type) in &object.attributes {
            if !attributes.contains_key(name) {
                attributes.insert(name.clone(), Value::null(r#type.without_optional()));
            }
        }
        Ok(Value::object(attributes))
    }
}

/// Returns the type of elements whose declared type may have open parts.
fn settled_type<'a>(declared: &Type, mut elements: impl Iterator<Item = &'a Value>) -> Type {
    if !declared.has_dynamic() {
        return declared.clone();
    }
    elements.next().map_or_else(|| declared.clone(), Value::r#type)
}

struct Key(Arc<str>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key, E> {
                Ok(Key(text.into()))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

struct Implied;

impl<'de> DeserializeSeed<'de> for Implied {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Implied {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::NULL)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Number::from(value).into())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        number(&value.to_string())
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        number(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        number(&value.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(value) = sequence.next_element_seed(Self)? {
            elements.push(value);
        }
        Ok(Value::tuple(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut attributes = BTreeMap::new();
        while let Some(Key(name)) = map.next_key::<Key>()? {
            if &*name == NUMBER_KEY {
                return number(&map.next_value::<String>()?);
            }
            attributes.insert(name, map.next_value_seed(Self)?);
        }
        Ok(Value::object(attributes))
    }
}

fn number<E: Error>(text: &str) -> Result<Value, E> {
    Number::parse(text).map(Value::from).ok_or_else(|| E::custom("a number is required"))
}
