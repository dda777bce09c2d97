//! Arguments and nested blocks.

use std::sync::Arc;

use indexmap::IndexMap;
use landfall_diag::Span;

use crate::Expr;

/// Arguments and nested blocks, unevaluated.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Arguments by name, in order of appearance.
    pub attributes: IndexMap<Arc<str>, Attribute>,
    /// Nested blocks in order of appearance.
    pub blocks: Vec<Block>,
    /// Where "something is missing here" points: the block's opening brace.
    pub span: Option<Span>,
    /// Whether it was written in JSON: then only a schema tells nested blocks from arguments, and they may be among these.
    pub json: bool,
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

impl Attribute {
    /// Returns the place of the whole argument.
    pub fn span(&self) -> Span {
        self.name_span.to(self.expr.span())
    }
}

/// One nested block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Type of the block.
    pub r#type: Arc<str>,
    /// Place of the type.
    pub type_span: Span,
    /// Labels.
    pub labels: Vec<Arc<str>>,
    /// Places of the labels.
    pub label_spans: Vec<Span>,
    /// Place of type and labels.
    pub header_span: Span,
    /// Contents.
    pub body: Body,
}
