//! `condition ? then : otherwise`

use landfall_diag::Diagnostic;
use landfall_value::{Kind, Refinement, Type, Value, convert, unify};

use super::range::{bounds, is_not_null, length_bounds, number_between, unknown_not_null};
use super::{Evaluator, dynamic};
use crate::expr::Node;

const INCONSISTENT: &str = "Inconsistent conditional result types";

impl Evaluator<'_> {
    #[inline(never)]
    pub(super) fn conditional(&mut self, node: &Node, parts: &[Node; 3]) -> Value {
        let [condition, then, otherwise] = parts;
        let before = self.failures.len();
        let then_value = self.node(then);
        let then_failures = self.failures.split_off(before);
        let otherwise_value = self.node(otherwise);
        let otherwise_failures = self.failures.split_off(before);
        let Some(r#type) = common_type(&then_value, &otherwise_value) else {
            let why = describe_mismatch(&then_value.r#type(), &otherwise_value.r#type());
            let detail = format!("The true and false result expressions must have consistent types. {why}.");
            return self.fail(node, INCONSISTENT, &detail, then.span.to(otherwise.span), Some(node.span));
        };
        let value = self.node(condition);
        if value.is_null() {
            let detail = "The condition value is null. Conditions must either be true or false.";
            self.fail(condition, "Null condition", detail, condition.span, Some(node.span));
            return Value::unknown(r#type);
        }
        let marks = value.marks() | then_value.marks() | otherwise_value.marks();
        if !value.is_known() {
            return either(&then_value, &otherwise_value, r#type).with_marks(marks);
        }
        let Some(chosen) = convert(&value, &Type::Bool).ok().and_then(|value| value.as_bool()) else {
            let detail = "The condition expression must be of type bool.";
            self.fail(condition, "Incorrect condition type", detail, condition.span, Some(node.span));
            return Value::unknown(r#type);
        };
        let (chosen, value, failures, which) = if chosen {
            (then, then_value, then_failures, "true")
        } else {
            (otherwise, otherwise_value, otherwise_failures, "false")
        };
        self.choose(node, chosen, value, failures, &r#type, which).with_marks(marks)
    }

    fn choose(
        &mut self,
        node: &Node,
        chosen: &Node,
        value: Value,
        failures: Vec<Diagnostic>,
        r#type: &Type,
        which: &str,
    ) -> Value {
        self.failures.extend(failures);
        if *r#type == Type::Dynamic {
            return value;
        }
        match convert(&value, r#type) {
            Ok(value) => value,
            Err(failure) => {
                let detail = format!("The {which} result value has the wrong type: {failure}.");
                self.fail(chosen, INCONSISTENT, &detail, chosen.span, Some(node.span));
                Value::unknown(r#type.clone())
            }
        }
    }
}

/// Returns the type of the result; dynamic where the results stay as they are.
fn common_type(then: &Value, otherwise: &Value) -> Option<Type> {
    let untyped_null = |value: &Value| matches!(value.kind(), Kind::Null(Type::Dynamic)) && value.marks().is_empty();
    match (then.kind(), otherwise.kind()) {
        (Kind::Bool(_), Kind::Bool(_)) => return Some(Type::Bool),
        (Kind::String(_), Kind::String(_)) => return Some(Type::String),
        (Kind::Number(_), Kind::Number(_)) => return Some(Type::Number),
        _ => {}
    }
    let (a, b) = (then.r#type(), otherwise.r#type());
    if untyped_null(then) {
        Some(b)
    } else if untyped_null(otherwise) || a == b {
        Some(a)
    } else if a == Type::Dynamic || b == Type::Dynamic {
        Some(Type::Dynamic)
    } else {
        unify(&[a, b])
    }
}

/// Returns what is known of one of two values, when it is not known which.
fn either(then: &Value, otherwise: &Value, r#type: Type) -> Value {
    if then.is_null() && otherwise.is_null() {
        return Value::null(r#type);
    }
    let not_null = is_not_null(then) && is_not_null(otherwise);
    let (a, b) = (then.r#type(), otherwise.r#type());
    if a == Type::Number && b == Type::Number {
        let ((a_min, a_max), (b_min, b_max)) = (bounds(then), bounds(otherwise));
        return number_between(a_min.min(b_min), a_max.max(b_max), not_null);
    }
    if a.is_collection() && a == b {
        let ((a_min, a_max), (b_min, b_max)) = (length_bounds(then), length_bounds(otherwise));
        let max_length = a_max.zip(b_max).map(|(a, b)| a.max(b));
        let min_length = Some(a_min.min(b_min)).filter(|least| *least > 0);
        return Value::refined(r#type, Refinement { not_null, min_length, max_length, ..Refinement::default() });
    }
    match (not_null, r#type) {
        (_, Type::Dynamic) => dynamic(),
        (true, r#type) => unknown_not_null(r#type),
        (false, r#type) => Value::unknown(r#type),
    }
}

/// Returns how two types that do not unify differ.
fn describe_mismatch(then: &Type, otherwise: &Type) -> String {
    let in_part = match (then, otherwise) {
        (Type::Object(a), Type::Object(b)) => {
            let missing = |name: &str, has: &str, lacks: &str| {
                format!("The '{has}' value includes object attribute `{name}`, which is absent in the '{lacks}' value")
            };
            let differing = a.attributes.iter().find_map(|(name, r#type)| match b.attributes.get(name) {
                None => Some(missing(name, "true", "false")),
                Some(other) if other != r#type => {
                    Some(format!("Type mismatch for object attribute `{name}`: {}", describe_mismatch(r#type, other)))
                }
                Some(_) => None,
            });
            let extra = b.attributes.keys().find(|name| !a.attributes.contains_key(*name));
            differing.or_else(|| extra.map(|name| missing(name, "false", "true")))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => {
            Some(format!("The 'true' tuple has length {}, but the 'false' tuple has length {}", a.len(), b.len()))
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            let differing = a.iter().zip(b.iter()).enumerate().find(|(_, (a, b))| a != b);
            differing
                .map(|(index, (a, b))| format!("Type mismatch for tuple element {index}: {}", describe_mismatch(a, b)))
        }
        (Type::List(a), Type::List(b)) => describe_elements("list", a, b),
        (Type::Set(a), Type::Set(b)) => describe_elements("set", a, b),
        (Type::Map(a), Type::Map(b)) => describe_elements("map", a, b),
        _ => None,
    };
    in_part.unwrap_or_else(|| {
        let (a, b) = (then.friendly_name(), otherwise.friendly_name());
        if a == b {
            "At least one deeply-nested attribute or element is not compatible across both the 'true' and the 'false' \
             value"
                .to_owned()
        } else {
            format!("The 'true' value is {a}, but the 'false' value is {b}")
        }
    })
}

fn describe_elements(noun: &str, a: &Type, b: &Type) -> Option<String> {
    let structural = matches!((a, b), (Type::Object(_), Type::Object(_)) | (Type::Tuple(_), Type::Tuple(_)));
    structural.then(|| format!("Mismatched {noun} element types: {}", describe_mismatch(a, b)))
}
