//! An expression: its value where it is constant, else what it refers to.

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::{Expr, Host, NoHost, Reference, Referent, Scope};
use landfall_value::Value;
use landfall_value::json::Json;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::references::{calls_functions, references};

/// An expression.
pub(super) enum ExpressionJson {
    /// It is constant.
    Constant(Value),
    /// It refers to these, most specific first.
    References(Vec<String>),
    /// It calls functions of constants.
    Opaque,
}

impl ExpressionJson {
    pub(super) fn of(expr: &Expr) -> Self {
        let references = references(expr);
        if !references.is_empty() {
            return Self::References(references);
        }
        if calls_functions(expr.tree()) || !expr.outer_names().is_empty() {
            return Self::Opaque;
        }
        let mut diagnostics = Diagnostics::default();
        let value = expr.evaluate(&Nothing, &mut diagnostics);
        if value.is_wholly_known() { Self::Constant(value) } else { Self::Opaque }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Opaque)
    }
}

impl Serialize for ExpressionJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Constant(value) => map.serialize_entry("constant_value", &Json::new(value))?,
            Self::References(names) => map.serialize_entry("references", names)?,
            Self::Opaque => {}
        }
        map.end()
    }
}

/// A scope without names: constant expressions ask for none.
struct Nothing;

impl Scope for Nothing {
    fn lookup(&self, _: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        Err(Diagnostic::error("Not constant", "This refers to something.").at(reference.span))
    }

    fn host(&self) -> &dyn Host {
        &NoHost
    }
}
