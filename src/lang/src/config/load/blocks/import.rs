//! `import` blocks.

use landfall_addr::{AbsResource, Mode, Target};
use landfall_diag::{Diagnostic, Span};

use crate::config::Import;
use crate::config::load::addresses::target;
use crate::config::load::content::{Shape, content};
use crate::config::load::context::Context;
use crate::config::load::references::{NOT_A_REFERENCE, provider_name};
use crate::expr::{AccessKind, Node, NodeKind, Traversal};
use crate::{Attribute, Block, Expr};

const IMPORT: Shape = Shape { required: &["to", "id"], optional: &["for_each", "provider"], blocks: &[] };

/// Reads an `import` block.
pub(crate) fn import(block: &Block, context: &mut Context<'_>) -> Option<Import> {
    let before = context.diagnostics.len();
    let content = content(&block.body, &IMPORT, context);
    if context.diagnostics.len() > before {
        return None;
    }
    let for_each = content.attribute("for_each").map(|attribute| attribute.expr.clone());
    let to = content.attribute("to").and_then(|attribute| destination(attribute, for_each.is_some(), context));
    let provider = content.attribute("provider").and_then(|attribute| provider_name(attribute.expr.tree(), context));
    let id = content.attribute("id")?.expr.clone();
    let (to, to_key) = to?;
    let to_span = content.attribute("to").map_or(block.header_span, |attribute| attribute.expr.span());
    Some(Import { to, to_key, to_span, id, for_each, provider, span: block.header_span })
}

/// Reads `to`: an address, whose last key may be an expression where the block repeats.
fn destination(attribute: &Attribute, repeats: bool, context: &mut Context<'_>) -> Option<(Target, Option<Expr>)> {
    let expr = &attribute.expr;
    let place = attribute.name_span.to(expr.span());
    let (traversal, key) = match expr.tree().as_traversal() {
        Some(traversal) => (Some(traversal), None),
        None if repeats => computed_key(expr),
        None => (None, None),
    };
    let Some(traversal) = traversal else {
        let problem = Diagnostic::error("Invalid expression", NOT_A_REFERENCE).at(expr.span());
        match computed_key(expr) {
            // Without `for_each` there is but one address, and no key to compute.
            (Some(_), _) => {
                let detail = "A resource instance address is required here. The module path must be followed by a resource \
                              instance specification.";
                context.deferred.extend([problem, Diagnostic::error("Invalid address", detail)]);
            }
            (None, _) => {
                context.diagnostics.push(problem);
                not_managed(place, context);
            }
        }
        return None;
    };
    let Some(to) = target(&traversal, context) else {
        not_managed(place, context);
        return None;
    };
    Some((managed(to, key.is_some(), expr.span(), place, context)?, key))
}

fn managed(to: Target, has_key: bool, span: Span, place: Span, context: &mut Context<'_>) -> Option<Target> {
    let mode = match &to {
        Target::Module(_) => {
            let detail = "A resource instance address is required here. The module path must be followed by a resource \
                          instance specification.";
            context.error("Invalid address", detail, span);
            None
        }
        Target::Resource(AbsResource { resource, .. }) => Some(resource.mode),
        Target::Instance(instance) if !has_key => Some(instance.resource.mode),
        Target::Instance(_) => None,
    };
    if mode == Some(Mode::Managed) {
        return Some(to);
    }
    not_managed(place, context);
    None
}

fn not_managed(place: Span, context: &mut Context<'_>) {
    context.error("Invalid import address", "Only managed resources can be imported.", place);
}

/// Splits `TYPE.NAME[EXPRESSION]`.
fn computed_key(expr: &Expr) -> (Option<Traversal>, Option<Expr>) {
    let NodeKind::Access(root, steps) = &expr.tree().kind else { return (None, None) };
    let Some((last, init)) = steps.split_last() else { return (None, None) };
    let AccessKind::Computed(key) = &last.kind else { return (None, None) };
    let span = init.last().map_or(root.span, |step| root.span.to(step.span));
    let object = Node { kind: NodeKind::Access(root.clone(), init.to_vec()), span };
    (object.as_traversal(), Some(Expr::compile(key.clone(), &[])))
}
