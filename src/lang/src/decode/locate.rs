//! From a path in a value back to the text that gave the value.

use landfall_diag::Span;
use landfall_value::{AttributePath, Step};

use super::produced_type;
use crate::expr::{Node, NodeKind};
use crate::{Block, Body};

/// Returns the place of what gave a part of a body's value: as near as it can be told; the block's own place where
/// nothing was written.
pub fn locate(body: &Body, path: &AttributePath) -> Option<Span> {
    locate_steps(body, &path.0)
}

fn locate_steps(body: &Body, steps: &[Step]) -> Option<Span> {
    let Some((Step::Attribute(name), rest)) = steps.split_first() else { return body.span };
    if let Some(attribute) = body.attributes.get(name) {
        return Some(inside(attribute.expr.tree(), rest));
    }
    let blocks: Vec<&Block> = body.blocks.iter().filter(|block| produced_type(block) == &**name).collect();
    let (chosen, rest) = choose(&blocks, rest);
    let Some(block) = chosen else { return body.span };
    let content = if &*block.r#type == "dynamic" {
        block.body.blocks.iter().find(|nested| &*nested.r#type == "content").map(|nested| &nested.body)
    } else {
        Some(&block.body)
    };
    match content {
        Some(content) if !rest.is_empty() => locate_steps(content, rest).or(Some(block.header_span)),
        _ => Some(block.header_span),
    }
}

/// Chooses the block that the next step leads to. Elements of sets cannot be told apart; all blocks after a `dynamic`
/// one may be its work.
fn choose<'b, 's>(blocks: &[&'b Block], steps: &'s [Step]) -> (Option<&'b Block>, &'s [Step]) {
    let first = blocks.first().copied();
    let Some((Step::Index(key), rest)) = steps.split_first() else { return (first, steps) };
    if let Some(label) = key.as_str() {
        let labelled = blocks.iter().find(|block| block.labels.first().is_some_and(|own| &**own == label));
        return (labelled.copied().or(first), rest);
    }
    let Some(index) = key.as_number().and_then(|number| number.to_usize()) else { return (first, rest) };
    let dynamic = blocks.iter().take(index + 1).position(|block| &*block.r#type == "dynamic");
    let chosen = blocks.get(dynamic.unwrap_or(index)).or(blocks.last());
    (chosen.copied(), rest)
}

/// Returns the place of a part of an expression, as far as it is written out.
fn inside(node: &Node, steps: &[Step]) -> Span {
    let Some((step, rest)) = steps.split_first() else { return node.span };
    match (&node.kind, step) {
        (NodeKind::Parenthesized(inner), _) => inside(inner, steps),
        (NodeKind::Tuple(elements), Step::Index(key)) => {
            let element = key.as_number().and_then(|number| number.to_usize()).and_then(|index| elements.get(index));
            element.map_or(node.span, |element| inside(element, rest))
        }
        (NodeKind::Object(items), step) => {
            let name = match step {
                Step::Attribute(name) => Some(&**name),
                Step::Index(key) => key.as_str(),
            };
            let written = |key: &Node| key.as_keyword() == name || key.as_constant_string().map(|k| &**k) == name;
            let item = items.iter().rev().find(|item| name.is_some() && written(&item.key));
            item.map_or(node.span, |item| inside(&item.value, rest))
        }
        _ => node.span,
    }
}
