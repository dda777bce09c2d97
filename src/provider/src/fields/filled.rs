//! Arguments that the service fills.

/// An optional argument that the service fills when it is not set: unset at create, the service's value afterwards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filled<T>(Option<T>);

impl<T> Filled<T> {
    /// Returns an argument that the service will fill.
    pub fn unset() -> Self {
        Self(None)
    }

    /// Returns the value, if there is one.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// Returns the value, if there is one.
    pub fn into_option(self) -> Option<T> {
        self.0
    }

    /// Returns whether there is a value.
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }
}

impl<T: Clone> Filled<T> {
    /// Returns a copy of the value, as request builders take it.
    pub fn to_option(&self) -> Option<T> {
        self.0.clone()
    }
}

impl<T: std::ops::Deref> Filled<T> {
    /// Returns what the value leads to: `&str` of a `String`.
    pub fn as_deref(&self) -> Option<&T::Target> {
        self.0.as_deref()
    }
}

impl<T> Default for Filled<T> {
    fn default() -> Self {
        Self::unset()
    }
}

impl<T> From<T> for Filled<T> {
    fn from(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T> From<Option<T>> for Filled<T> {
    fn from(value: Option<T>) -> Self {
        Self(value)
    }
}
