//! Rules for names.

use landfall_diag::Span;

use crate::Block;
use crate::config::load::context::Context;

pub(crate) const BAD_NAME: &str =
    "A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.";

/// Returns whether a text can be a name.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Adds an error if a label cannot be a name.
pub(crate) fn check_label(block: &Block, index: usize, summary: &str, context: &mut Context<'_>) -> bool {
    let valid = block.labels.get(index).is_some_and(|label| is_identifier(label));
    if !valid {
        context.error(summary, BAD_NAME, label_span(block, index));
    }
    valid
}

/// Returns the place of a label.
pub(crate) fn label_span(block: &Block, index: usize) -> Span {
    block.label_spans.get(index).copied().unwrap_or(block.header_span)
}
