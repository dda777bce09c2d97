//! `check` blocks.

use crate::Block;
use crate::config::CheckBlock;
use crate::config::load::blocks::condition::condition;
use crate::config::load::blocks::resource::nested_data;
use crate::config::load::content::{Shape, content};
use crate::config::load::context::Context;
use crate::config::load::names::check_label;

const CHECK: Shape = Shape { required: &[], optional: &[], blocks: &[("data", &["type", "name"]), ("assert", &[])] };

/// Reads a `check` block.
pub(crate) fn check(block: &Block, context: &mut Context<'_>) -> Option<CheckBlock> {
    let content = content(&block.body, &CHECK, context);
    check_label(block, 0, "Invalid check block name", context);
    let mut first: Option<&Block> = None;
    let mut data = None;
    for block in content.blocks_of("data") {
        if let Some(first) = first {
            let place = context.place(first.header_span);
            let detail = format!("This check block already has a data resource defined at {place}.");
            context.error("Multiple data resource blocks", detail, block.header_span);
            continue;
        }
        first = Some(block);
        data = nested_data(block, context).map(Box::new);
    }
    let mut asserts = Vec::new();
    let mut right = 0;
    for block in content.blocks_of("assert") {
        let had_errors = context.diagnostics.len();
        asserts.extend(condition(block, context));
        // A wrong assertion does not count: Terraform reports both.
        right += usize::from(context.diagnostics.len() == had_errors);
    }
    if right == 0 {
        context.error("Zero assert blocks", "Check blocks must have at least one assert block.", block.header_span);
    }
    Some(CheckBlock { name: block.labels.first()?.clone(), span: block.header_span, data, asserts })
}
