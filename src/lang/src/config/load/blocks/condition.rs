//! Blocks with a condition and a message: `validation`, `precondition`, `postcondition`, `assert`.

use landfall_diag::Span;

use crate::config::Condition;
use crate::config::load::content::{Shape, content};
use crate::config::load::context::Context;
use crate::{Block, Expr, Referent};

const SHAPE: Shape = Shape { required: &["condition", "error_message"], optional: &[], blocks: &[] };

/// Reads a block; `None` if an argument is missing.
pub(super) fn condition(block: &Block, context: &mut Context<'_>) -> Option<Condition> {
    let content = content(&block.body, &SHAPE, context);
    let condition = content.attribute("condition").map(|attribute| attribute.expr.clone());
    if let Some(condition) = &condition
        && condition.references().is_empty()
        && condition.reference_errors().is_empty()
    {
        context.error(
            format!("Invalid {} expression", block.r#type),
            "The condition expression must refer to at least one object from elsewhere in the configuration, or else \
             its result would not be checking anything.",
            condition.span(),
        );
    }
    let error_message = content.attribute("error_message")?.expr.clone();
    Some(Condition { span: block.header_span, condition: condition?, error_message })
}

/// Returns the place of the first reference to `referent` in an expression.
pub(super) fn refers_to(expr: &Expr, referent: &Referent) -> Option<Span> {
    expr.references().iter().find(|reference| reference.referent == *referent).map(|reference| reference.span)
}
