//! A body against a schema.

use std::borrow::Cow;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_value::Value;
use landfall_value::schema::{self, Nesting};

use crate::config::load::{
    extraneous_property, label_problem, located, missing_argument, unsupported_argument, unsupported_block, with_schema,
};
use crate::decode::{attribute_block, number_problem, produced_type};
use crate::{Attribute, Block, Body};

/// What is said of an argument whose value is not the user's to decide.
pub(super) const READ_ONLY: &str = "Value for unconfigurable attribute";

/// Checks the arguments and nested blocks of a body, at every depth: unknown ones, missing ones, too many. Nothing is
/// evaluated; [`crate::decode_body`] finds values that are wrong.
pub fn validate_body(body: &Body, schema: &schema::Block) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if body.json {
        check(&with_schema(body, schema), schema, &mut diagnostics);
    } else {
        check(body, schema, &mut diagnostics);
    }
    diagnostics
}

fn check(body: &Body, schema: &schema::Block, diagnostics: &mut Diagnostics) {
    for attribute in body.attributes.values() {
        match schema.attributes.get(&attribute.name) {
            Some(known) => diagnostics.extend(attribute_problem(attribute, known)),
            None if body.json => {
                let names = schema.attributes.keys().chain(schema.blocks.keys()).map(|name| &**name);
                diagnostics.push(extraneous_property(attribute, names));
            }
            None => {
                let free = |(name, known): &(&std::sync::Arc<str>, &schema::Attribute)| {
                    (known.required || known.optional) && !body.attributes.contains_key(*name)
                };
                let names = schema.attributes.iter().filter(free).map(|(name, _)| &**name);
                let blocks = schema.blocks.keys().map(|name| &**name);
                diagnostics.push(unsupported_argument(attribute, names, blocks));
            }
        }
    }
    for (name, attribute) in schema.attributes.iter().filter(|(_, attribute)| attribute.required) {
        let as_block = attribute.as_block && body.blocks.iter().any(|block| produced_type(block) == &**name);
        if !body.attributes.contains_key(name) && !as_block {
            diagnostics.push(missing_argument(name, body));
        }
    }
    for block in &body.blocks {
        check_block(block, schema, diagnostics);
    }
    check_numbers(body, schema, diagnostics);
}

fn attribute_problem(attribute: &Attribute, schema: &schema::Attribute) -> Option<Diagnostic> {
    if !schema.required && !schema.optional {
        // A null is no value; what it is otherwise is seen when it is evaluated.
        if !attribute.expr.references().is_empty() || attribute.expr.tree().as_literal().is_some_and(Value::is_null) {
            return None;
        }
        let detail = format!(
            "Can't configure a value for \"{}\": its value will be decided automatically based on the result of applying \
             this configuration.",
            attribute.name
        );
        return Some(Diagnostic::error(READ_ONLY, detail).at(attribute.expr.span()));
    }
    let reason = schema.deprecated.as_ref()?;
    Some(Diagnostic::warning("Argument is deprecated", &**reason).at(attribute.expr.span()))
}

fn check_block(block: &Block, schema: &schema::Block, diagnostics: &mut Diagnostics) {
    let is_dynamic = &*block.r#type == "dynamic";
    if is_dynamic && let Some(problem) = label_problem(block, &["type"]) {
        diagnostics.push(problem);
        return;
    }
    let r#type = produced_type(block);
    let Some(nested) = nested_schema(schema, r#type) else {
        let span = if is_dynamic { block.label_spans[0] } else { block.type_span };
        let names = schema.blocks.keys().map(|name| &**name);
        diagnostics.push(unsupported_block(r#type, span, names, schema.attributes.contains_key(r#type)));
        return;
    };
    if is_dynamic {
        check_dynamic(block, &nested.block, diagnostics);
        return;
    }
    let labels: &[&str] = if nested.nesting == Nesting::Map { &["key"] } else { &[] };
    match label_problem(block, labels) {
        Some(problem) => diagnostics.push(problem),
        None => check(&block.body, &nested.block, diagnostics),
    }
}

/// Returns the schema of nested blocks of a type, those that stand for an attribute included.
pub(super) fn nested_schema<'s>(schema: &'s schema::Block, r#type: &str) -> Option<Cow<'s, schema::NestedBlock>> {
    if let Some(nested) = schema.blocks.get(r#type) {
        return Some(Cow::Borrowed(nested));
    }
    let attribute = schema.attributes.get(r#type).filter(|attribute| attribute.as_block)?;
    attribute_block(&attribute.r#type).map(Cow::Owned)
}

fn check_dynamic(block: &Block, schema: &schema::Block, diagnostics: &mut Diagnostics) {
    const ARGUMENTS: [&str; 3] = ["for_each", "iterator", "labels"];
    for attribute in block.body.attributes.values().filter(|attribute| !ARGUMENTS.contains(&&*attribute.name)) {
        diagnostics.push(unsupported_argument(attribute, ARGUMENTS, ["content"]));
    }
    if let Some(iterator) = block.body.attributes.get("iterator")
        && iterator.expr.tree().as_keyword().is_none()
    {
        let detail = "The iterator of a dynamic block must be a single name.";
        diagnostics.push(Diagnostic::error("Invalid expression", detail).at(iterator.expr.span()));
    }
    let mut contents = 0;
    for nested in &block.body.blocks {
        if &*nested.r#type != "content" {
            diagnostics.push(unsupported_block(&nested.r#type, nested.type_span, ["content"], false));
            continue;
        }
        contents += 1;
        if contents == 2 {
            let detail = "Only one nested content block is allowed for each dynamic block.";
            diagnostics.push(Diagnostic::error("Extraneous dynamic content block", detail).at(nested.header_span));
        }
        check(&nested.body, schema, diagnostics);
    }
}

/// Counts nested blocks where all of them are written out.
fn check_numbers(body: &Body, schema: &schema::Block, diagnostics: &mut Diagnostics) {
    for (name, nested) in &schema.blocks {
        let blocks: Vec<&Block> = body.blocks.iter().filter(|block| produced_type(block) == &**name).collect();
        if blocks.iter().any(|block| &*block.r#type == "dynamic") {
            continue;
        }
        if let Some(problem) = number_problem(name, nested, blocks.len() as u64) {
            let extra = blocks.get(nested.max_items.max(1) as usize).map(|block| block.header_span);
            diagnostics.push(located(problem, extra.or(body.span)));
        }
    }
}
