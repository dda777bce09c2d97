//! Which parts of a value are sensitive or known after apply: `true`, or shaped as the value.

use landfall_value::{Kind, Type, Value};
use serde::{Serialize, Serializer};

/// A shape with `true` where a value has a property. What is false is left out of objects.
#[derive(Clone, Copy)]
pub(super) struct Mask<'a> {
    value: &'a Value,
    property: Property,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Property {
    Unknown,
    Sensitive,
}

impl<'a> Mask<'a> {
    /// Returns which parts are known after apply.
    pub(super) fn unknown(value: &'a Value) -> Self {
        Self { value, property: Property::Unknown }
    }

    /// Returns which parts are sensitive.
    pub(super) fn sensitive(value: &'a Value) -> Self {
        Self { value, property: Property::Sensitive }
    }

    fn of(self, value: &'a Value) -> Self {
        Self { value, property: self.property }
    }

    fn holds(self) -> bool {
        match self.property {
            Property::Unknown => !self.value.is_known(),
            Property::Sensitive => self.value.is_sensitive(),
        }
    }

    /// Returns whether the mask is `false`.
    fn is_false(self) -> bool {
        let is_leaf = match self.value.kind() {
            Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => true,
            Kind::Unknown(r#type, _) => Shape::of(r#type) == Shape::Leaf,
            Kind::List(..) | Kind::Set(..) | Kind::Map(..) | Kind::Tuple(_) | Kind::Object(_) => false,
        };
        is_leaf && !self.holds()
    }
}

#[derive(PartialEq, Eq)]
enum Shape {
    Leaf,
    Array,
    Object,
}

impl Shape {
    fn of(r#type: &Type) -> Self {
        match r#type {
            Type::Dynamic | Type::Bool | Type::Number | Type::String => Self::Leaf,
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => Self::Array,
            Type::Map(_) | Type::Object(_) => Self::Object,
        }
    }
}

impl Serialize for Mask<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.holds() {
            return serializer.serialize_bool(true);
        }
        match self.value.kind() {
            Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => serializer.serialize_bool(false),
            // Nothing can be said of the parts of what is not known yet.
            Kind::Unknown(r#type, _) => match Shape::of(r#type) {
                Shape::Leaf => serializer.serialize_bool(false),
                Shape::Array => serializer.collect_seq(std::iter::empty::<bool>()),
                Shape::Object => serializer.collect_map(std::iter::empty::<(&str, bool)>()),
            },
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                serializer.collect_seq(elements.iter().map(|element| self.of(element)))
            }
            Kind::Map(_, entries) | Kind::Object(entries) => {
                let parts = entries.iter().map(|(name, part)| (&**name, self.of(part)));
                serializer.collect_map(parts.filter(|(_, part)| !part.is_false()))
            }
        }
    }
}
