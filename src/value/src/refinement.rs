//! What is known of an unknown value.

use std::sync::Arc;

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
}

impl Refinement {
    /// Returns whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
