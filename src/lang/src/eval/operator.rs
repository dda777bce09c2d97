//! Operators.

use std::cmp::Ordering;

use landfall_diag::Span;
use landfall_value::{Kind, Number, Type, Value, convert};

use super::Evaluator;
use super::equal::equal;
use super::range::{bounds, unknown_not_null};
use crate::expr::{BinaryOperator, Node, UnaryOperator};

const NULL_OPERAND: &str = "argument must not be null";

impl Evaluator<'_> {
    /// Evaluates operators from left to right. Both sides of `&&` and `||` are always evaluated and must not fail.
    #[inline(never)]
    pub(super) fn binary(&mut self, first: &Node, rest: &[(BinaryOperator, Node)]) -> Value {
        let failures = self.failures.len();
        let mut left = self.node(first);
        let mut span = first.span;
        for (operator, operand) in rest {
            let right = self.node(operand);
            let about = About { left: (first, span), right: operand, whole: span.to(operand.span) };
            span = about.whole;
            left = match simple(*operator, &left, &right) {
                Some(value) => value,
                None => self.operate(*operator, &left, &right, failures, &about),
            };
        }
        left
    }

    /// Applies an operator. `failures` is how many there were before the operands were evaluated.
    #[inline(never)]
    fn operate(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
        failures: usize,
        about: &About<'_>,
    ) -> Value {
        let takes = operand_type(operator);
        let left = self.operand(left, &takes, "left", about.left.0, about.left.1, about.whole);
        let right = self.operand(right, &takes, "right", about.right, about.right.span, about.whole);
        if self.failures.len() > failures {
            return Value::unknown(result_type(operator));
        }
        let marks = left.marks_deep() | right.marks_deep();
        let result = if marks.is_empty() {
            apply(operator, &left, &right)
        } else {
            apply(operator, &left.unmarked_deep(), &right.unmarked_deep())
        };
        match result {
            Ok(value) => value.with_marks(marks),
            Err(why) => {
                self.operation_failed(about, why);
                Value::unknown(result_type(operator))
            }
        }
    }

    #[cold]
    fn operation_failed(&mut self, about: &About<'_>, why: &str) {
        let detail = format!("Error during operation: {why}.");
        self.fail(about.right, "Operation failed", &detail, about.whole, None);
        let left = if self.quiet { Vec::new() } else { self.took_part(about.left.0) };
        if let Some(last) = self.failures.last_mut() {
            for part in left {
                if !last.values.contains(&part) {
                    last.values.push(part);
                }
            }
            last.values.sort_by(|a, b| a.traversal.cmp(&b.traversal));
        }
    }

    fn operand(&mut self, value: &Value, takes: &Type, side: &str, node: &Node, at: Span, whole: Span) -> Value {
        match convert(value, takes) {
            Ok(value) => value,
            Err(failure) => {
                let detail = format!("Unsuitable value for {side} operand: {failure}.");
                self.fail(node, "Invalid operand", &detail, at, Some(whole))
            }
        }
    }

    #[inline(never)]
    pub(super) fn unary(&mut self, node: &Node, operator: UnaryOperator, operand: &Node) -> Value {
        let before = self.failures.len();
        let value = self.node(operand);
        let takes = match operator {
            UnaryOperator::Negate => Type::Number,
            UnaryOperator::Not => Type::Bool,
        };
        let converted = match convert(&value, &takes) {
            Ok(value) => value,
            Err(failure) => {
                let detail = format!("Unsuitable value for unary operand: {failure}.");
                self.fail(operand, "Invalid operand", &detail, operand.span, Some(node.span));
                return Value::unknown(takes);
            }
        };
        if self.failures.len() > before {
            return Value::unknown(takes);
        }
        let result = match (converted.kind(), operator) {
            (Kind::Number(number), _) => Value::from(-number),
            (Kind::Bool(value), _) => Value::from(!value),
            (Kind::Null(_), _) => {
                let detail = format!("Error during operation: {NULL_OPERAND}.");
                self.fail(operand, "Operation failed", &detail, node.span, None);
                return Value::unknown(takes);
            }
            _ => unknown_not_null(takes),
        };
        result.with_marks(converted.marks())
    }
}

/// Where the sides of an operator are.
struct About<'a> {
    left: (&'a Node, Span),
    right: &'a Node,
    whole: Span,
}

fn operand_type(operator: BinaryOperator) -> Type {
    match operator {
        BinaryOperator::Or | BinaryOperator::And => Type::Bool,
        BinaryOperator::Equal | BinaryOperator::NotEqual => Type::Dynamic,
        BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual
        | BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo => Type::Number,
    }
}

fn result_type(operator: BinaryOperator) -> Type {
    match operator {
        BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo => Type::Number,
        BinaryOperator::Or
        | BinaryOperator::And
        | BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual => Type::Bool,
    }
}

/// Applies an operator to plain known numbers or truth values.
fn simple(operator: BinaryOperator, left: &Value, right: &Value) -> Option<Value> {
    if !(left.marks() | right.marks()).is_empty() {
        return None;
    }
    match (left.kind(), right.kind(), operand_type(operator)) {
        (Kind::Number(a), Kind::Number(b), Type::Number) => arithmetic(operator, a, b).ok(),
        (Kind::Bool(a), Kind::Bool(b), Type::Bool) => {
            Some(Value::from(if operator == BinaryOperator::Or { a || b } else { a && b }))
        }
        _ => None,
    }
}

fn apply(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, &'static str> {
    if let BinaryOperator::Equal | BinaryOperator::NotEqual = operator {
        return Ok(match equal(left, right) {
            Some(same) => Value::from(same == (operator == BinaryOperator::Equal)),
            None => unknown_not_null(Type::Bool),
        });
    }
    match (left.kind(), right.kind()) {
        (Kind::Null(_), _) | (_, Kind::Null(_)) => Err(NULL_OPERAND),
        (Kind::Bool(a), Kind::Bool(b)) => Ok(Value::from(if operator == BinaryOperator::Or { a || b } else { a && b })),
        (Kind::Number(a), Kind::Number(b)) => arithmetic(operator, a, b),
        _ => Ok(unknown_result(operator, left, right)),
    }
}

fn arithmetic(operator: BinaryOperator, a: &Number, b: &Number) -> Result<Value, &'static str> {
    let number = |result: Option<Number>, why| result.map(Value::from).ok_or(why);
    let compared = a.cmp(b);
    match operator {
        BinaryOperator::Add => number(a.checked_add(b), "can't compute sum of opposing infinities"),
        BinaryOperator::Subtract => number(a.checked_sub(b), "can't subtract infinity from itself"),
        BinaryOperator::Multiply => number(a.checked_mul(b), "can't multiply zero by infinity"),
        BinaryOperator::Divide => number(a.checked_div(b), "can't divide zero by zero or infinity by infinity"),
        BinaryOperator::Modulo => number(a.checked_rem(b), "can't use modulo with zero and infinity"),
        BinaryOperator::Less => Ok(Value::from(compared == Ordering::Less)),
        BinaryOperator::LessEqual => Ok(Value::from(compared != Ordering::Greater)),
        BinaryOperator::Greater => Ok(Value::from(compared == Ordering::Greater)),
        BinaryOperator::GreaterEqual => Ok(Value::from(compared != Ordering::Less)),
        BinaryOperator::Or | BinaryOperator::And | BinaryOperator::Equal | BinaryOperator::NotEqual => {
            Err("numbers are not truth values")
        }
    }
}

fn unknown_result(operator: BinaryOperator, left: &Value, right: &Value) -> Value {
    let ((a_min, a_max), (b_min, b_max)) = (bounds(left), bounds(right));
    let decided = match operator {
        BinaryOperator::Less | BinaryOperator::LessEqual => order(&a_min, &a_max, &b_min, &b_max),
        BinaryOperator::Greater | BinaryOperator::GreaterEqual => order(&b_min, &b_max, &a_min, &a_max),
        BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Or
        | BinaryOperator::And
        | BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Divide
        | BinaryOperator::Modulo => None,
    };
    decided.map_or_else(|| unknown_not_null(result_type(operator)), Value::from)
}

/// Returns whether all of `a` is less than all of `b`, where the bounds tell.
fn order(a_min: &Number, a_max: &Number, b_min: &Number, b_max: &Number) -> Option<bool> {
    if a_max < b_min {
        Some(true)
    } else if a_min > b_max {
        Some(false)
    } else {
        None
    }
}
