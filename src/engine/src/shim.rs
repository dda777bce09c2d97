//! Temporary.
use landfall_diag::{Diagnostics, Span};
use landfall_lang::{Body, Expr, Scope, config::Variable};
use landfall_value::{Value, schema::Block};
use std::sync::Arc;
pub fn decode_body(_: &Body, _: &Block, _: &dyn Scope, _: &mut Diagnostics) -> Value { Value::NULL }
pub fn evaluate_count(_: &Expr, _: &dyn Scope, _: &mut Diagnostics) -> Option<u64> { None }
pub fn evaluate_for_each(_: &Expr, _: &dyn Scope, _: &mut Diagnostics) -> Option<Vec<(Arc<str>, Value)>> { None }
pub fn prepare_variable(_: &Variable, _: Option<&Value>, _: Span, _: &mut Diagnostics) -> Value { Value::NULL }
