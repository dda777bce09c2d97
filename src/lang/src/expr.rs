//! Expressions and bodies, with byte spans. Opaque to the engine: it asks for references and values.

use std::sync::Arc;

use indexmap::IndexMap;
use landfall_diag::{Diagnostics, Span};
use landfall_value::Value;

use crate::{Reference, Scope};

/// A parsed expression, compiled once: references are known, names of local iterators are resolved.
#[derive(Clone, Debug)]
pub struct Expr {
    inner: Arc<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    span: Span,
    references: Vec<Reference>,
}

impl Expr {
    /// Returns the text's place.
    pub fn span(&self) -> Span {
        self.inner.span
    }

    /// Returns what the expression refers to, in order of appearance.
    pub fn references(&self) -> &[Reference] {
        &self.inner.references
    }

    /// Evaluates. On errors the value is unknown of dynamic type, and `diagnostics` has them all.
    pub fn evaluate(&self, _scope: &dyn Scope, _diagnostics: &mut Diagnostics) -> Value {
        Value::NULL
    }
}

/// Arguments and nested blocks, unevaluated.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Arguments by name, in order of appearance.
    pub attributes: IndexMap<Arc<str>, Attribute>,
    /// Nested blocks in order of appearance.
    pub blocks: Vec<Block>,
    /// Where "something is missing here" points: the block's header.
    pub span: Option<Span>,
}

/// One argument.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Name.
    pub name: Arc<str>,
    /// Place of the name.
    pub name_span: Span,
    /// Value.
    pub expr: Expr,
}

/// One nested block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Type of the block.
    pub r#type: Arc<str>,
    /// Labels.
    pub labels: Vec<Arc<str>>,
    /// Place of type and labels.
    pub header_span: Span,
    /// Contents.
    pub body: Body,
}
