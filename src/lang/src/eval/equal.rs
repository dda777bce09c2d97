//! Equality.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::{Kind, Type, Value};

use super::range::is_not_null;

/// Returns whether two values are equal; `None` if that is not known. Marks are left aside.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a.kind(), b.kind()) {
        (Kind::Null(_), _) if is_not_null(b) => Some(false),
        (_, Kind::Null(_)) if is_not_null(a) => Some(false),
        (Kind::Unknown(..), Kind::Unknown(..)) => None,
        (Kind::Unknown(..), _) => could_be(a, b),
        (_, Kind::Unknown(..)) => could_be(b, a),
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        _ => same_type(a, b).and_then(|same| if same { equal_parts(a, b) } else { Some(false) }),
    }
}

/// Returns false if what is known of `unknown` rules out that it becomes `known`.
fn could_be(unknown: &Value, known: &Value) -> Option<bool> {
    let Kind::Unknown(r#type, refinement) = unknown.kind() else { return None };
    if *r#type == Type::Dynamic || known.is_null() {
        return None;
    }
    let out_of_range = match known.kind() {
        Kind::String(text) => refinement.prefix.as_ref().is_some_and(|prefix| !text.starts_with(&**prefix)),
        Kind::Number(number) => {
            refinement.min.as_ref().is_some_and(|min| number < min)
                || refinement.max.as_ref().is_some_and(|max| number > max)
        }
        _ => known.len().is_some_and(|length| {
            refinement.min_length.is_some_and(|min| (length as u64) < min)
                || refinement.max_length.is_some_and(|max| (length as u64) > max)
        }),
    };
    (out_of_range || !conforms(&known.r#type(), r#type)).then_some(false)
}

/// Returns whether two known values are of one type; `None` if that is not known.
fn same_type(a: &Value, b: &Value) -> Option<bool> {
    let (a_type, b_type) = (a.r#type(), b.r#type());
    if is_of_known_type(a) && is_of_known_type(b) {
        return Some(a_type == b_type);
    }
    (!conforms(&a_type, &b_type) && !conforms(&b_type, &a_type)).then_some(false)
}

/// Returns whether the types of a value and all its parts are decided. Null is, and so is what has no parts.
fn is_of_known_type(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::Unknown(r#type, _) => !r#type.has_dynamic(),
        Kind::List(_, parts) | Kind::Set(_, parts) | Kind::Tuple(parts) => parts.iter().all(is_of_known_type),
        Kind::Map(_, parts) | Kind::Object(parts) => parts.values().all(is_of_known_type),
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => true,
    }
}

/// Returns whether a type is the wanted one, in which open parts may be anything.
fn conforms(r#type: &Type, wanted: &Type) -> bool {
    match (r#type, wanted) {
        (_, Type::Dynamic) => true,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => conforms(a, b),
        (Type::Tuple(a), Type::Tuple(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| conforms(a, b)),
        (Type::Object(a), Type::Object(b)) => {
            let (a, b) = (&a.attributes, &b.attributes);
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| conforms(a, b)))
        }
        _ => r#type == wanted,
    }
}

fn equal_parts(a: &Value, b: &Value) -> Option<bool> {
    match (a.kind(), b.kind()) {
        (Kind::List(_, a), Kind::List(_, b)) | (Kind::Tuple(a), Kind::Tuple(b)) => equal_sequences(a, b),
        (Kind::Set(_, x), Kind::Set(_, y)) => {
            (a.is_wholly_known() && b.is_wholly_known()).then(|| x.len() == y.len() && x.iter().all(|v| y.contains(v)))
        }
        (Kind::Map(_, a), Kind::Map(_, b)) | (Kind::Object(a), Kind::Object(b)) => equal_entries(a, b),
        _ => Some(false),
    }
}

fn equal_sequences(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    all(a.iter().zip(b).map(|(a, b)| equal(a, b)))
}

fn equal_entries(a: &BTreeMap<Arc<str>, Value>, b: &BTreeMap<Arc<str>, Value>) -> Option<bool> {
    if a.len() != b.len() || !a.keys().eq(b.keys()) {
        return Some(false);
    }
    all(a.values().zip(b.values()).map(|(a, b)| equal(a, b)))
}

/// Goes on until one pair is known to differ or not known to be equal.
fn all(mut pairs: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    pairs.find(|pair| *pair != Some(true)).unwrap_or(Some(true))
}
