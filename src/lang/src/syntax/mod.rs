//! The one place that knows how text becomes a tree: lexer and recursive-descent parser of the native syntax.
//!
//! Everything else sees [`Expr`] and [`Body`]. A broken text is reported as far as parsing can get back in step, and
//! gives what could be read.

mod body;
mod check;
mod collection;
mod cursor;
mod expression;
mod json;
pub mod lexer;
mod string;
mod template;
#[cfg(test)]
mod tests;
pub mod token;

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};

use crate::expr::{Node, Traversal};
use crate::stack::with_room;
use crate::{Attribute, Block, Body, Expr};
use body::{RawBlock, RawBody};
use cursor::Cursor;
use lexer::Start;
use token::TokenKind;

pub use json::{json_as_expressions, parse_json};

/// Parses a file of arguments and blocks. With errors, gives what could be read.
pub fn parse_body(sources: &SourceMap, source: SourceId, diagnostics: &mut Diagnostics) -> Body {
    let raw =
        parse(sources.text(source), source, Start::Normal, diagnostics, |cursor| cursor.body(TokenKind::EndOfFile));
    compile_body(raw, &mut Vec::new())
}

/// Parses a text that is one expression, such as the value of `-var`.
pub fn parse_expression(sources: &SourceMap, source: SourceId, diagnostics: &mut Diagnostics) -> Expr {
    let node = parse(sources.text(source), source, Start::Normal, diagnostics, whole_expression);
    Expr::compile(node, &[])
}

/// Parses a template without quotes around it: a template file. Names in it are given at evaluation
/// ([`Expr::outer_names`]).
pub fn parse_template(text: &str, source: SourceId, diagnostics: &mut Diagnostics) -> Expr {
    let node = parse(text, source, Start::Template, diagnostics, |cursor| cursor.template(TokenKind::EndOfFile, false));
    Expr::compile_free(node)
}

/// Parses an address such as `module.a.aws_vpc.b["x"]`, where it is given as a text.
pub fn parse_traversal(sources: &SourceMap, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Traversal> {
    let node = parse(sources.text(source), source, Start::Normal, diagnostics, whole_expression);
    traversal(&node, diagnostics)
}

/// Returns the traversal that a node is, or reports that it is not one.
pub fn traversal(node: &Node, diagnostics: &mut Diagnostics) -> Option<Traversal> {
    let found = node.as_traversal();
    if found.is_none() {
        let detail = "A single static variable reference is required: only attribute access and indexing with constant \
                      keys. No calculations, function calls, template expressions and the like are allowed here.";
        diagnostics.push(Diagnostic::error("Invalid expression", detail).at(node.span));
    }
    found
}

fn parse<T>(
    text: &str,
    source: SourceId,
    start: Start,
    diagnostics: &mut Diagnostics,
    rule: impl FnOnce(&mut Cursor<'_>) -> T,
) -> T {
    let tokens = lexer::tokens(text, start);
    check::report_invalid(source, text, &tokens, diagnostics);
    rule(&mut Cursor::new(source, text, &tokens, diagnostics))
}

fn whole_expression(cursor: &mut Cursor<'_>) -> Node {
    cursor.push_newlines(false);
    let node = cursor.expression();
    let next = cursor.peek();
    if next.kind != TokenKind::EndOfFile {
        let at = cursor.span(next);
        let detail = "An expression was successfully parsed, but extra characters were found after it.";
        cursor.report_unless_recovering("Extra characters after expression", detail, at, None);
    }
    node
}

/// Compiles the expressions of a body. `iterators` are the names that `dynamic` blocks around it introduce.
fn compile_body(raw: RawBody, iterators: &mut Vec<Arc<str>>) -> Body {
    let attributes = raw
        .attributes
        .into_iter()
        .map(|(name, attribute)| {
            let expr = Expr::compile(attribute.value, iterators);
            (name.clone(), Attribute { name, name_span: attribute.name_span, expr })
        })
        .collect();
    let blocks = raw.blocks.into_iter().map(|block| with_room(|| compile_block(block, iterators))).collect();
    Body { attributes, blocks, span: raw.span, json: false }
}

fn compile_block(raw: RawBlock, iterators: &mut Vec<Arc<str>>) -> Block {
    let header_span = raw.label_spans.iter().fold(raw.type_span, |header, label| header.to(*label));
    let body = if &*raw.r#type == "dynamic" && raw.labels.len() == 1 {
        compile_dynamic(raw.body, &raw.labels[0], iterators)
    } else {
        compile_body(raw.body, iterators)
    };
    Block {
        r#type: raw.r#type,
        type_span: raw.type_span,
        labels: raw.labels,
        label_spans: raw.label_spans,
        header_span,
        body,
    }
}

/// Compiles a `dynamic` block: its `labels` and `content` see the iterator, its `for_each` does not.
fn compile_dynamic(mut raw: RawBody, label: &Arc<str>, iterators: &mut Vec<Arc<str>>) -> Body {
    let named = raw.attributes.get("iterator").and_then(|iterator| iterator.value.as_keyword());
    let iterator: Arc<str> = named.map_or_else(|| label.clone(), Arc::from);
    let blocks = std::mem::take(&mut raw.blocks);
    let labels = raw.attributes.shift_remove("labels");
    let mut body = compile_body(raw, iterators);
    iterators.push(iterator);
    let inner =
        RawBody { attributes: labels.map(|value| ("labels".into(), value)).into_iter().collect(), blocks, span: None };
    let inner = compile_body(inner, iterators);
    iterators.pop();
    body.attributes.extend(inner.attributes);
    body.blocks = inner.blocks;
    body
}

/// Returns the span of a whole text.
pub fn whole_span(sources: &SourceMap, source: SourceId) -> Span {
    Span { source, start: 0, end: sources.text(source).len() as u32 }
}
