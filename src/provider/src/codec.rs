//! Structs to schema and values, and back.

mod containers;
mod scalars;
pub mod support;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use landfall_value::schema::Block;
use landfall_value::{AttributePath, Type, Value};

/// A struct whose fields are arguments or attributes of a block. Derived; never written by hand.
pub trait Fields: Sized + Send + Sync + 'static {
    /// The type tells unset from zero, as types of the newer plugin framework do.
    const FRAMEWORK: bool;

    /// Returns the schema of the fields.
    fn block() -> Block;

    /// Reads the fields from an object of the schema; other attributes are ignored.
    ///
    /// # Errors
    /// When a value is unknown or of the wrong shape: a bug in landfall, since values conform to the schema.
    fn read(object: &Value) -> Result<Self, DecodeError>;

    /// Writes the fields as attributes.
    fn write(&self, into: &mut BTreeMap<Arc<str>, Value>);
}

/// A type whose values can be held by one attribute.
pub trait Field: Sized + Send + Sync + 'static {
    /// Whether an argument of this type must be set.
    const PRESENCE: Presence = Presence::Required;
    /// Whether its values are never shown.
    const SENSITIVE: bool = false;

    /// Returns the type of its values.
    fn r#type() -> Type;

    /// Reads a value.
    ///
    /// # Errors
    /// When the value is unknown or of the wrong shape.
    fn decode(value: &Value) -> Result<Self, DecodeError>;

    /// Returns the value.
    fn encode(&self) -> Value;

    /// Returns what an attribute reads as that the service has not written; `None` where there is no such thing.
    fn absent() -> Option<Self> {
        None
    }
}

/// Whether an argument must be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It need not.
    Optional,
    /// It need not; the service sets it then.
    Filled,
}

/// A value that does not fit a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeError {
    /// Where.
    pub path: AttributePath,
    /// What was expected, as a lower-case fragment.
    pub reason: String,
}

impl DecodeError {
    /// Returns an error about the value itself.
    pub fn expected(what: &str, found: &Value) -> Self {
        let found = match found.kind() {
            landfall_value::Kind::Null(_) => "null".to_owned(),
            landfall_value::Kind::Unknown(..) => "a value known only after apply".to_owned(),
            _ => "another type".to_owned(),
        };
        Self { path: AttributePath::root(), reason: format!("expected {what}, found {found}") }
    }

    /// Returns the error as seen from the object that holds the value as an attribute.
    #[must_use]
    pub fn in_attribute(self, name: &str) -> Self {
        let mut path = AttributePath::root().attribute(name);
        path.0.extend(self.path.0);
        Self { path, ..self }
    }

    /// Returns the error as seen from the collection that holds the value.
    #[must_use]
    pub fn in_element(self, key: impl Into<Value>) -> Self {
        let mut path = AttributePath::root().index(key);
        path.0.extend(self.path.0);
        Self { path, ..self }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for DecodeError {}
