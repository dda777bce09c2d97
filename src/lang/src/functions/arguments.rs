//! The arguments of a call, as its function sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::{Number, Type, Value};

use super::{CallContext, FunctionError, Outcome};

/// Arguments that fit the parameters.
pub(super) struct Arguments<'a> {
    pub(super) values: &'a [Value],
    pub(super) secret: &'a [bool],
    pub(super) returns: &'a Type,
    pub(super) context: &'a CallContext<'a>,
}

impl<'a> Arguments<'a> {
    pub(super) fn value(&self, index: usize) -> &'a Value {
        &self.values[index]
    }

    /// Returns a text; the parameter takes nothing else.
    pub(super) fn text(&self, index: usize) -> &'a str {
        self.values[index].as_str().unwrap_or_default()
    }

    /// Returns a number; the parameter takes nothing else.
    pub(super) fn number(&self, index: usize) -> &'a Number {
        const ZERO: &Number = &Number::ZERO;
        self.values[index].as_number().unwrap_or(ZERO)
    }

    /// Returns a whole number.
    pub(super) fn whole(&self, index: usize) -> Result<i64, FunctionError> {
        whole(self.number(index)).map_err(FunctionError::new)
    }

    /// Returns the elements of a list, set or tuple.
    pub(super) fn elements(&self, index: usize) -> &'a [Value] {
        self.values[index].as_slice().unwrap_or_default()
    }

    /// Returns the elements of a map or an object.
    pub(super) fn entries(&self, index: usize) -> &'a BTreeMap<Arc<str>, Value> {
        const NONE: &BTreeMap<Arc<str>, Value> = &BTreeMap::new();
        self.values[index].as_map().unwrap_or(NONE)
    }

    /// Returns the result of which only the type is known.
    pub(super) fn unknown(&self) -> Value {
        Value::unknown(self.returns.clone())
    }

    /// Returns the type of the elements of the result.
    pub(super) fn returned_element(&self) -> Type {
        self.returns.element().cloned().unwrap_or(Type::Dynamic)
    }

    /// Returns an outcome whose error may quote an argument, without the error's words where that is secret.
    pub(super) fn guarded(&self, index: usize, outcome: Outcome) -> Outcome {
        outcome.map_err(|error| if self.secret[index] { FunctionError::new("(sensitive value)") } else { error })
    }

    /// Returns whether an argument may not be shown.
    pub(super) fn is_secret(&self, index: usize) -> bool {
        self.secret[index]
    }

    /// Returns a text of an argument as it may be shown.
    pub(super) fn shown(&self, index: usize, text: &str) -> String {
        if self.secret[index] { "(sensitive value)".into() } else { format!("{text:?}") }
    }
}

/// Returns a number as a machine integer.
pub(super) fn whole(number: &Number) -> Result<i64, String> {
    number.to_i64().ok_or_else(|| {
        if number.is_integer() {
            format!("value must be a whole number between {} and {} inclusive", i64::MIN, i64::MAX)
        } else {
            "value must be a whole number".into()
        }
    })
}
