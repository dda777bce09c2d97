//! What is known of values that may not be known.

use landfall_value::{Kind, Number, Refinement, Type, Value};

/// Returns whether a value is certain not to be null.
pub(super) fn is_not_null(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => false,
        Kind::Unknown(_, refinement) => refinement.not_null,
        _ => true,
    }
}

/// Returns an unknown value of a type that is certain not to be null.
pub(super) fn unknown_not_null(r#type: Type) -> Value {
    if r#type == Type::Dynamic { Value::unknown(r#type) } else { Value::refined(r#type, Refinement::NOT_NULL) }
}

/// Returns the least and the greatest number that a number can be.
pub(super) fn bounds(value: &Value) -> (Number, Number) {
    match value.kind() {
        Kind::Number(number) => (number.clone(), number.clone()),
        Kind::Unknown(_, refinement) => {
            (refinement.min.clone().unwrap_or(Number::NEG_INFINITY), refinement.max.clone().unwrap_or(Number::INFINITY))
        }
        _ => (Number::NEG_INFINITY, Number::INFINITY),
    }
}

/// Returns an unknown number within bounds.
pub(super) fn number_between(least: Number, greatest: Number, not_null: bool) -> Value {
    let finite = |bound: Number| bound.is_finite().then_some(bound);
    let refinement = Refinement { not_null, min: finite(least), max: finite(greatest), ..Refinement::default() };
    Value::refined(Type::Number, refinement)
}

/// Returns the least and the greatest number of elements that a collection can have; `None` for no upper bound.
pub(super) fn length_bounds(value: &Value) -> (u64, Option<u64>) {
    match value.kind() {
        Kind::Unknown(_, refinement) => (refinement.min_length.unwrap_or(0), refinement.max_length),
        // Unknown elements of a set may turn out to be equal.
        Kind::Set(_, elements) if !value.is_wholly_known() => {
            (u64::from(!elements.is_empty()), Some(elements.len() as u64))
        }
        _ => match value.len() {
            Some(length) => (length as u64, Some(length as u64)),
            None => (0, None),
        },
    }
}
