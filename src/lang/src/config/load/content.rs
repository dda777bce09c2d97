//! Which arguments and blocks a body of Terraform's own blocks may hold, and what it holds.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Span};

use crate::config::load::context::Context;
use crate::suggest::suggestion;
use crate::{Attribute, Block, Body};

/// What a body may hold.
pub(crate) struct Shape {
    /// Names of arguments that must be there.
    pub required: &'static [&'static str],
    /// Names of arguments that may be there.
    pub optional: &'static [&'static str],
    /// Types of nested blocks, with the names of their labels.
    pub blocks: &'static [(&'static str, &'static [&'static str])],
}

impl Shape {
    fn has_attribute(&self, name: &str) -> bool {
        self.required.contains(&name) || self.optional.contains(&name)
    }

    fn labels(&self, r#type: &str) -> Option<&'static [&'static str]> {
        self.blocks.iter().find(|(name, _)| *name == r#type).map(|(_, labels)| *labels)
    }
}

/// What a body holds of its shape.
pub(crate) struct Content<'a> {
    body: &'a Body,
    shape: &'static Shape,
    /// Blocks of the shape, with the right number of labels, in order of appearance.
    pub blocks: Vec<&'a Block>,
}

impl<'a> Content<'a> {
    /// Returns an argument.
    pub fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        debug_assert!(self.shape.has_attribute(name), "{name} is not in the shape");
        self.body.attributes.get(name)
    }

    /// Returns the blocks of a type.
    pub fn blocks_of(&self, r#type: &'static str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().copied().filter(move |block| &*block.r#type == r#type)
    }

    /// Returns what is not in the shape.
    pub fn rest(&self) -> Body {
        let unknown = |name: &str| !self.shape.has_attribute(name);
        let attributes = self.body.attributes.iter().filter(|(name, _)| unknown(name));
        let blocks = self.body.blocks.iter().filter(|block| self.shape.labels(&block.r#type).is_none());
        Body {
            attributes: attributes.map(|(name, attribute)| (name.clone(), attribute.clone())).collect(),
            blocks: blocks.cloned().collect(),
            ..self.body.clone()
        }
    }
}

/// Reads a body that may hold nothing but its shape.
pub(crate) fn content<'a>(body: &'a Body, shape: &'static Shape, context: &mut Context<'_>) -> Content<'a> {
    for attribute in body.attributes.values().filter(|attribute| !shape.has_attribute(&attribute.name)) {
        if body.json {
            let names = shape.required.iter().chain(shape.optional).chain(shape.blocks.iter().map(|(name, _)| name));
            context.diagnostics.push(extraneous_property(attribute, names.copied()));
            continue;
        }
        let names = shape.required.iter().chain(shape.optional).copied();
        let free = names.filter(|name| !body.attributes.contains_key(*name));
        let blocks = shape.blocks.iter().map(|(name, _)| *name);
        context.diagnostics.push(unsupported_argument(attribute, free, blocks));
    }
    for block in body.blocks.iter().filter(|block| shape.labels(&block.r#type).is_none()) {
        let blocks = shape.blocks.iter().map(|(name, _)| *name);
        context.diagnostics.push(unsupported_block(
            &block.r#type,
            block.type_span,
            blocks,
            shape.has_attribute(&block.r#type),
        ));
    }
    partial_content(body, shape, context)
}

/// Reads a body of nothing but blocks, and takes them out of it.
pub(crate) fn into_blocks(body: Body, shape: &'static Shape, context: &mut Context<'_>) -> Vec<Block> {
    content(&body, shape, context);
    let fits = |block: &Block| shape.labels(&block.r#type).is_some_and(|labels| label_problem(block, labels).is_none());
    body.blocks.into_iter().filter(fits).collect()
}

/// Reads a body that may hold more than its shape.
pub(crate) fn partial_content<'a>(body: &'a Body, shape: &'static Shape, context: &mut Context<'_>) -> Content<'a> {
    for name in shape.required.iter().filter(|name| !body.attributes.contains_key(**name)) {
        context.diagnostics.push(missing_argument(name, body));
    }
    let mut blocks = Vec::new();
    for block in &body.blocks {
        if let Some(labels) = shape.labels(&block.r#type) {
            match label_problem(block, labels) {
                None => blocks.push(block),
                Some(problem) => context.diagnostics.push(problem),
            }
        }
    }
    Content { body, shape, blocks }
}

/// Reads a body of arguments only, whose names are free.
pub(crate) fn attributes_only<'a>(
    body: &'a Body,
    context: &mut Context<'_>,
) -> impl Iterator<Item = (&'a Arc<str>, &'a Attribute)> {
    if let Some(block) = body.blocks.first() {
        let summary = format!("Unexpected \"{}\" block", block.r#type);
        context.error(summary, "Blocks are not allowed here.", block.type_span);
    }
    body.attributes.iter()
}

pub(crate) fn missing_argument(name: &str, body: &Body) -> Diagnostic {
    let detail = format!("The argument \"{name}\" is required, but no definition was found.");
    located(Diagnostic::error("Missing required argument", detail), body.span)
}

/// Sets the place of a finding, if there is one.
pub(crate) fn located(diagnostic: Diagnostic, span: Option<Span>) -> Diagnostic {
    match span {
        Some(span) => diagnostic.at(span),
        None => diagnostic,
    }
}

/// Says that a property of a JSON object is neither argument nor block.
pub(crate) fn extraneous_property<'n>(attribute: &Attribute, names: impl IntoIterator<Item = &'n str>) -> Diagnostic {
    let name = &attribute.name;
    let hint = suggestion(name, names);
    let detail = format!("No argument or block type is named \"{name}\".{hint}");
    Diagnostic::error("Extraneous JSON object property", detail).at(attribute.name_span)
}

pub(crate) fn unsupported_argument<'n>(
    attribute: &Attribute,
    names: impl IntoIterator<Item = &'n str>,
    blocks: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    let name = &attribute.name;
    let mut hint = suggestion(name, names);
    if hint.is_empty() && blocks.into_iter().any(|block| *block == **name) {
        hint = format!(" Did you mean to define a block of type \"{name}\"?");
    }
    let detail = format!("An argument named \"{name}\" is not expected here.{hint}");
    Diagnostic::error("Unsupported argument", detail)
        .at(attribute.name_span)
        .within(attribute.name_span.to(attribute.expr.span()))
}

pub(crate) fn unsupported_block<'n>(
    r#type: &str,
    span: Span,
    blocks: impl IntoIterator<Item = &'n str>,
    is_attribute: bool,
) -> Diagnostic {
    let mut hint = suggestion(r#type, blocks);
    if hint.is_empty() && is_attribute {
        hint = format!(
            " Did you mean to define argument \"{}\"? If so, use the equals sign to assign it a value.",
            r#type
        );
    }
    let detail = format!("Blocks of type \"{}\" are not expected here.{hint}", r#type);
    Diagnostic::error("Unsupported block type", detail).at(span)
}

/// Returns what is wrong with the number of a block's labels.
pub(crate) fn label_problem(block: &Block, names: &[&str]) -> Option<Diagnostic> {
    let r#type = &block.r#type;
    let expected = names.len();
    let list = names.join(", ");
    if let Some(extra) = block.label_spans.get(expected) {
        let detail = if expected == 0 {
            format!("No labels are expected for {} blocks.", r#type)
        } else {
            format!("Only {expected} labels ({list}) are expected for {} blocks.", r#type)
        };
        return Some(Diagnostic::error(format!("Extraneous label for {}", r#type), detail).at(*extra));
    }
    let missing = names.get(block.labels.len())?;
    let detail = format!("All {} blocks must have {expected} labels ({list}).", r#type);
    let diagnostic = Diagnostic::error(format!("Missing {missing} for {}", r#type), detail);
    Some(located(diagnostic, block.body.span).within(block.header_span))
}
