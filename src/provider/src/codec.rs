//! Structs to schema and values, and back.

use landfall_value::schema::Block;
use landfall_value::{AttributePath, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A struct whose fields are arguments or attributes of a block. Derived; never written by hand.
pub trait Fields: Sized + Send + Sync + 'static {
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

/// A value that does not fit a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeError {
    /// Where.
    pub path: AttributePath,
    /// What was expected, as a lower-case fragment.
    pub reason: String,
}
