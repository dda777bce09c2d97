//! Evaluation.

use landfall_diag::Diagnostics;
use landfall_value::{Type, Value};

use crate::{Expr, Scope};

pub(crate) fn evaluate(expr: &Expr, _scope: &dyn Scope, _outer: &[Value], diagnostics: &mut Diagnostics) -> Value {
    diagnostics.extend(expr.reference_errors().iter().cloned());
    expr.tree().as_literal().cloned().unwrap_or(Value::unknown(Type::Dynamic))
}
