//! What is known of an unknown value.

use std::sync::Arc;

use crate::{Number, Type, Value};

/// Facts about a value that is known only after apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Refinement {
    /// It will not be null.
    pub not_null: bool,
    /// Strings: what it will start with.
    pub prefix: Option<Arc<str>>,
    /// Collections: least number of elements.
    pub min_length: Option<u64>,
    /// Collections: greatest number of elements.
    pub max_length: Option<u64>,
    /// Numbers: not below this.
    pub min: Option<Number>,
    /// Numbers: not above this.
    pub max: Option<Number>,
}

impl Refinement {
    /// The fact that a value will not be null.
    pub const NOT_NULL: Self =
        Self { not_null: true, prefix: None, min_length: None, max_length: None, min: None, max: None };

    /// Returns whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the only value of `type` that the facts allow, if they leave no other; its elements may be unknown.
    pub(crate) fn only_value(&self, r#type: &Type) -> Option<Value> {
        if !self.not_null {
            return None;
        }
        if let (Some(min), Some(max)) = (&self.min, &self.max)
            && min == max
        {
            return Some(min.clone().into());
        }
        let length = self.max_length.filter(|&most| most == 0 || Some(most) == self.min_length)?;
        match r#type {
            Type::List(element) => {
                let elements = (0..length).map(|_| Value::unknown((**element).clone())).collect();
                Some(Value::list((**element).clone(), elements))
            }
            Type::Set(element) if length < 2 => {
                let elements = (0..length).map(|_| Value::unknown((**element).clone())).collect();
                Some(Value::set((**element).clone(), elements))
            }
            Type::Map(element) if length == 0 => Some(Value::map((**element).clone(), Default::default())),
            _ => None,
        }
    }
}
