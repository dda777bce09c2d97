//! `output` and `locals` blocks.

use std::sync::Arc;

use landfall_value::Value;

use crate::config::load::blocks::condition::condition;
use crate::config::load::content::{Shape, attributes_only, content};
use crate::config::load::context::Context;
use crate::config::load::names::{BAD_NAME, check_label, is_identifier};
use crate::config::load::references::depends_on;
use crate::config::{Local, Output};
use crate::{Block, Expr};

const OUTPUT: Shape = Shape {
    required: &["value"],
    optional: &["description", "depends_on", "sensitive", "ephemeral"],
    blocks: &[("precondition", &[]), ("postcondition", &[])],
};

/// Reads an `output` block.
pub(crate) fn output(block: &Block, context: &mut Context<'_>) -> Option<Output> {
    let content = content(&block.body, &OUTPUT, context);
    check_label(block, 0, "Invalid output name", context);
    let description = content.attribute("description").and_then(|attribute| context.string(attribute));
    let sensitive = content.attribute("sensitive").and_then(|attribute| context.bool(attribute)).unwrap_or(false);
    let ephemeral = content.attribute("ephemeral").and_then(|attribute| context.bool(attribute)).unwrap_or(false);
    let depends_on = content.attribute("depends_on").map(|a| depends_on(&a.expr, context)).unwrap_or_default();
    let preconditions = content.blocks_of("precondition").filter_map(|block| condition(block, context)).collect();
    for block in content.blocks_of("postcondition") {
        context.error(
            "Postconditions are not allowed",
            "Output values can only have preconditions, not postconditions.",
            block.header_span,
        );
    }
    let name = block.labels.first()?.clone();
    // A missing value is reported already; the name is taken all the same.
    let expr = content.attribute("value").map(|attribute| attribute.expr.clone());
    let expr = expr.unwrap_or_else(|| Expr::literal(Value::NULL, block.header_span));
    Some(Output { name, span: block.header_span, expr, sensitive, ephemeral, description, depends_on, preconditions })
}

/// Reads a `locals` block.
pub(crate) fn locals(block: &Block, context: &mut Context<'_>) -> Vec<Local> {
    let entries: Vec<_> = attributes_only(&block.body, context).collect();
    let mut locals = Vec::with_capacity(entries.len());
    for (name, attribute) in entries {
        if !is_identifier(name) {
            context.error("Invalid local value name", BAD_NAME, attribute.name_span);
            continue;
        }
        let span = attribute.name_span.to(attribute.expr.span());
        locals.push(Local { name: Arc::clone(name), span, expr: attribute.expr.clone() });
    }
    locals
}
