//! Paths from a value to a part of it.

use std::fmt;
use std::sync::Arc;

use crate::Value;

/// One step into a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// An attribute of an object.
    Attribute(Arc<str>),
    /// An element by index, key or, in a set, by itself.
    Index(Value),
}

/// A path from a value to a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttributePath(pub Vec<Step>);

impl AttributePath {
    /// Returns the path to the value itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Returns the path to an attribute of what `self` leads to.
    #[must_use]
    pub fn attribute(&self, name: impl Into<Arc<str>>) -> Self {
        self.step(Step::Attribute(name.into()))
    }

    /// Returns the path to an element of what `self` leads to.
    #[must_use]
    pub fn index(&self, key: impl Into<Value>) -> Self {
        self.step(Step::Index(key.into()))
    }

    /// Returns the path that goes one step on.
    #[must_use]
    pub fn step(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// Returns the path that goes on with `rest`.
    #[must_use]
    pub fn joined(&self, rest: &Self) -> Self {
        Self(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// Returns whether `self` leads to a part of what `outer` leads to, or to the same.
    pub fn starts_with(&self, outer: &Self) -> bool {
        self.0.starts_with(&outer.0)
    }

    /// Returns the part of `value` that the path leads to. Single-step lookups that do not exist give `None`.
    pub fn get<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| value.step(step))
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if i == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(key) => match (key.as_str(), key.as_number()) {
                    (Some(text), _) => write!(f, "[{text:?}]")?,
                    (None, Some(number)) => write!(f, "[{number}]")?,
                    (None, None) => f.write_str("[...]")?,
                },
            }
        }
        Ok(())
    }
}
