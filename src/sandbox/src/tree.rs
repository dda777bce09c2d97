//! What calls carry: one shape for the inputs and outputs of all protocols.

mod read;
mod serial;

use indexmap::IndexMap;

use crate::timestamp::Timestamp;

/// A value of a call. Members keep the names and the order of the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Tree {
    /// Not there; left out when written.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Number(f64),
    /// Text. Everything that comes by a query protocol is text: read it by the accessors.
    Text(String),
    /// A moment; its form depends on the protocol.
    Time(Timestamp),
    /// A list.
    List(Vec<Tree>),
    /// Named members.
    Object(IndexMap<String, Tree>),
}

impl Tree {
    /// Returns an object without members.
    pub fn object() -> Self {
        Self::Object(IndexMap::new())
    }

    /// Returns an object of these members; nulls are left out.
    pub fn of<const N: usize>(members: [(&str, Self); N]) -> Self {
        let members = members.into_iter().filter(|(_, value)| !matches!(value, Self::Null));
        Self::Object(members.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Returns a list.
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Sets a member; a null takes it away. Anything but an object becomes one.
    pub fn set(&mut self, name: &str, value: impl Into<Self>) {
        if !matches!(self, Self::Object(_)) {
            *self = Self::object();
        }
        let Self::Object(members) = self else { return };
        match value.into() {
            Self::Null => _ = members.shift_remove(name),
            value => _ = members.insert(name.to_owned(), value),
        }
    }

    /// Returns the object with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Self>) -> Self {
        self.set(name, value);
        self
    }
}

/// Makes an object: `tree! { "vpcId": id, "state": "available" }`. Members that are `None` are left out.
#[macro_export]
macro_rules! tree {
    ($($name:literal : $value:expr),* $(,)?) => {
        $crate::Tree::of([$(($name, $crate::Tree::from($value))),*])
    };
}

macro_rules! from {
    ($($type:ty: $value:ident => $tree:expr),* $(,)?) => {
        $(impl From<$type> for Tree {
            fn from($value: $type) -> Self {
                $tree
            }
        })*
    };
}

from! {
    &str: text => Self::Text(text.to_owned()),
    &String: text => Self::Text(text.clone()),
    String: text => Self::Text(text),
    bool: value => Self::Bool(value),
    i64: value => Self::Int(value),
    i32: value => Self::Int(value.into()),
    u32: value => Self::Int(value.into()),
    u16: value => Self::Int(value.into()),
    u8: value => Self::Int(value.into()),
    usize: value => Self::Int(i64::try_from(value).unwrap_or(i64::MAX)),
    f64: value => Self::Number(value),
    Timestamp: value => Self::Time(value),
    &Tree: tree => tree.clone(),
}

impl<T: Into<Self>> From<Option<T>> for Tree {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Tree {
    fn from(items: Vec<T>) -> Self {
        Self::list(items)
    }
}
