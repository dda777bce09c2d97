//! Values that are never shown.

use std::fmt;

/// A value that `Debug` hides and whose attribute is sensitive.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Returns a sensitive value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value: for requests, never for texts that people read.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sensitive)")
    }
}
