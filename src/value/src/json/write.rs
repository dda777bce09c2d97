//! Values to JSON.

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use crate::{Kind, Number, Type, Value};

use super::{JsonError, type_to_json};

/// Writes a value straight into a serializer; marks are left aside. With [`Json::typed`], parts whose type is open are
/// written as `{"value":…,"type":…}`, as a state needs to read them back.
#[derive(Clone, Copy)]
pub struct Json<'a> {
    value: &'a Value,
    r#type: Option<&'a Type>,
    omit_unknown: bool,
}

impl<'a> Json<'a> {
    /// Writes a value; unknown parts are an error.
    pub fn new(value: &'a Value) -> Self {
        Self { value, r#type: None, omit_unknown: false }
    }

    /// Writes a value of a type that may have open parts; unknown parts are an error.
    pub fn typed(value: &'a Value, r#type: &'a Type) -> Self {
        Self { value, r#type: r#type.has_dynamic().then_some(r#type), omit_unknown: false }
    }

    /// Writes a value without its unknown parts: left out of objects and maps, null elsewhere.
    pub fn omitting_unknown(value: &'a Value) -> Self {
        Self { value, r#type: None, omit_unknown: true }
    }

    fn part(&self, value: &'a Value, r#type: Option<&'a Type>) -> Self {
        Self { value, r#type, omit_unknown: self.omit_unknown }
    }
}

/// Returns a value as a JSON tree.
///
/// # Errors
/// If a part is unknown or infinite.
pub fn to_json(value: &Value) -> Result<serde_json::Value, JsonError> {
    serde_json::to_value(Json::new(value)).map_err(|error| JsonError::new(error.to_string()))
}

/// Returns a value of a type as JSON text.
///
/// # Errors
/// If a part is unknown or infinite.
pub fn to_text(value: &Value, r#type: &Type) -> Result<String, JsonError> {
    serde_json::to_string(&Json::typed(value, r#type)).map_err(|error| JsonError::new(error.to_string()))
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A null of a known type keeps it; one of no type is plain.
        if self.r#type == Some(&Type::Dynamic) && !matches!(self.value.kind(), Kind::Null(Type::Dynamic)) {
            let mut wrapped = serializer.serialize_struct("Dynamic", 2)?;
            wrapped.serialize_field("value", &self.part(self.value, None))?;
            wrapped.serialize_field("type", &type_to_json(&self.value.r#type()))?;
            return wrapped.end();
        }
        let element = self.r#type.and_then(Type::element);
        match self.value.kind() {
            Kind::Null(_) => serializer.serialize_unit(),
            Kind::Unknown(..) if self.omit_unknown => serializer.serialize_unit(),
            Kind::Unknown(..) => Err(S::Error::custom("value is not known")),
            Kind::Bool(value) => serializer.serialize_bool(value),
            Kind::Number(number) => serialize_number(number, serializer),
            Kind::String(text) => serializer.serialize_str(text),
            Kind::List(_, elements) | Kind::Set(_, elements) => {
                serializer.collect_seq(elements.iter().map(|value| self.part(value, element)))
            }
            Kind::Tuple(elements) => {
                let types = if let Some(Type::Tuple(types)) = self.r#type { Some(types) } else { None };
                let mut sequence = serializer.serialize_seq(Some(elements.len()))?;
                for (index, value) in elements.iter().enumerate() {
                    sequence.serialize_element(&self.part(value, types.and_then(|types| types.get(index))))?;
                }
                sequence.end()
            }
            Kind::Map(_, entries) | Kind::Object(entries) => {
                let object = if let Some(Type::Object(object)) = self.r#type { Some(object) } else { None };
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in entries {
                    if self.omit_unknown && !value.is_known() {
                        continue;
                    }
                    let r#type = object.map_or(element, |object| object.attributes.get(name));
                    map.serialize_entry(&**name, &self.part(value, r#type))?;
                }
                map.end()
            }
        }
    }
}

fn serialize_number<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(small) = number.to_i64() {
        // A number from a machine float may print otherwise than its exact value.
        if small.unsigned_abs() < 1 << 53 {
            return serializer.serialize_i64(small);
        }
    }
    if !number.is_finite() {
        return Err(S::Error::custom("cannot serialize infinity as JSON"));
    }
    serde_json::Number::from_string_unchecked(number.to_string()).serialize(serializer)
}
