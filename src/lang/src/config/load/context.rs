//! What the decoding of blocks carries along: findings, and the texts that findings quote places of.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, SourceMap, Span};
use landfall_value::{Type, Value, convert};

use crate::config::load::static_expr;
use crate::conversion::explain;
use crate::{Attribute, Expr};

/// Findings of a load, with the texts.
pub(crate) struct Context<'a> {
    pub sources: &'a SourceMap,
    pub diagnostics: Diagnostics,
    /// What is worth telling only where nothing else is wrong: Terraform finds it when it builds the graph.
    pub deferred: Diagnostics,
}

impl<'a> Context<'a> {
    pub fn new(sources: &'a SourceMap) -> Self {
        Self { sources, diagnostics: Diagnostics::new(), deferred: Diagnostics::new() }
    }

    /// Adds an error at a place.
    pub fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::error(summary, detail).at(span));
    }

    /// Adds a warning at a place.
    pub fn warning(&mut self, summary: impl Into<String>, detail: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::warning(summary, detail).at(span));
    }

    /// Returns a place as people write it: `main.tf:2,3-18`.
    pub fn place(&self, span: Span) -> String {
        place(self.sources, span)
    }

    /// Evaluates an expression that may refer to nothing.
    pub fn constant(&mut self, expr: &Expr) -> Value {
        static_expr::constant(expr, &mut self.diagnostics)
    }

    /// Returns a constant truth value; `None`, with a finding, if it is something else.
    pub fn bool(&mut self, attribute: &Attribute) -> Option<bool> {
        self.primitive(attribute, &Type::Bool).and_then(|value| value.as_bool())
    }

    /// Returns a constant text; `None`, with a finding, if it is something else.
    pub fn string(&mut self, attribute: &Attribute) -> Option<Arc<str>> {
        self.primitive(attribute, &Type::String).and_then(|value| value.as_str().map(Arc::from))
    }

    /// Returns a constant text as [`Self::string`] does, null as none. What has no value is not reported as wrong type too.
    pub fn version(&mut self, attribute: &Attribute) -> Option<Arc<str>> {
        let before = self.diagnostics.len();
        let value = self.constant(&attribute.expr);
        if self.diagnostics.len() > before || value.is_null() || !value.is_known() {
            return None;
        }
        self.suitable(&value, attribute, &Type::String).and_then(|value| value.as_str().map(Arc::from))
    }

    fn primitive(&mut self, attribute: &Attribute, r#type: &Type) -> Option<Value> {
        let value = self.constant(&attribute.expr);
        self.suitable(&value, attribute, r#type)
    }

    /// Returns an attribute's value as a type; `None`, with a finding, if it is not suitable.
    fn suitable(&mut self, value: &Value, attribute: &Attribute, r#type: &Type) -> Option<Value> {
        let problem = match convert(value, r#type) {
            _ if !value.is_known() => "value must be known".to_owned(),
            Ok(value) if value.is_null() => "null value is not allowed".to_owned(),
            Ok(value) => return Some(value),
            Err(problem) => explain(&problem),
        };
        self.error("Unsuitable value type", format!("Unsuitable value: {problem}"), attribute.expr.span());
        None
    }
}

/// Returns a place as people write it: `main.tf:2,3-18`, or `main.tf:2,3-4,1` over lines.
pub(crate) fn place(sources: &SourceMap, span: Span) -> String {
    let start = sources.position(span.source, span.start);
    let end = sources.position(span.source, span.end);
    let name = sources.name(span.source);
    if start.line == end.line {
        format!("{name}:{},{}-{}", start.line, start.column, end.column)
    } else {
        format!("{name}:{},{}-{},{}", start.line, start.column, end.line, end.column)
    }
}
