//! References that are written as such: `depends_on`, `provider`, `ignore_changes`, lists of expressions.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Span};
use landfall_value::{AttributePath, Step};

use crate::config::ProviderName;
use crate::config::load::context::Context;
use crate::config::load::static_expr::quoted_traversal;
use crate::expr::{AccessKind, Node, Traversal};
use crate::{Expr, Reference, Referent};

pub(super) const NOT_A_REFERENCE: &str = "A single static variable reference is required: only attribute access and indexing with \
                               constant keys. No calculations, function calls, template expressions, etc are allowed here.";

const BAD_PROVIDER: &str = "The provider argument requires a provider type name, optionally followed by a period and \
                            then a configuration alias.";

/// Returns the elements of a list that is written as one.
pub(crate) fn static_list<'e>(expr: &'e Expr, context: &mut Context<'_>) -> &'e [Node] {
    expr.tree().as_tuple().unwrap_or_else(|| {
        context.error("Invalid expression", "A static list expression is required.", expr.span());
        &[]
    })
}

/// Returns a reference that is written as one, maybe in quotes, with a warning then.
pub(crate) fn traversal(node: &Node, context: &mut Context<'_>) -> Option<Traversal> {
    if let Some(text) = node.as_constant_string() {
        return quoted_reference(text, node.span, context);
    }
    plain_traversal(node, context)
}

/// Returns a reference that is written as one, quotes not allowed.
pub(crate) fn plain_traversal(node: &Node, context: &mut Context<'_>) -> Option<Traversal> {
    let found = node.as_traversal();
    if found.is_none() {
        context.error("Invalid expression", NOT_A_REFERENCE, node.span);
    }
    found
}

/// Reads a quoted reference, as Terraform 0.11 had them.
fn quoted_reference(text: &str, span: Span, context: &mut Context<'_>) -> Option<Traversal> {
    match quoted_traversal(text, span) {
        Ok(traversal) => {
            context.warning(
                "Quoted references are deprecated",
                "In this context, references are expected literally rather than in quotes. Terraform 0.11 and earlier \
                 required quotes, but quoted references are now deprecated and will be removed in a future version of \
                 Terraform. Remove the quotes surrounding this reference to silence this warning.",
                span,
            );
            Some(traversal)
        }
        Err(problem) => {
            context.diagnostics.push(problem);
            None
        }
    }
}

/// Reads `depends_on`.
pub(crate) fn depends_on(expr: &Expr, context: &mut Context<'_>) -> Vec<Reference> {
    let mut references = Vec::new();
    for element in static_list(expr, context) {
        let Some(traversal) = traversal(element, context) else { continue };
        match traversal.reference() {
            Ok(reference) => {
                if let Some(span) = inside_object(&traversal, &reference) {
                    let detail = "References in depends_on must be to a whole object (resource, etc), not to an \
                                  attribute of an object.";
                    context.deferred.push(Diagnostic::error("Invalid depends_on reference", detail).at(span));
                }
                references.push(reference);
            }
            Err(problem) => context.deferred.push(problem),
        }
    }
    references
}

/// Returns the place of the steps that go into an object.
fn inside_object(traversal: &Traversal, reference: &Reference) -> Option<Span> {
    // An output of a module is an object of its own.
    let own = usize::from(matches!(reference.referent, Referent::Module(_)));
    let inside = traversal.steps.len().min(reference.attributes.len().saturating_sub(own));
    if inside == 0 {
        return None;
    }
    let first = &traversal.steps[traversal.steps.len() - inside];
    Some(first.span.to(Span { start: traversal.span.end, ..traversal.span }))
}

/// Reads `provider = NAME` or `NAME.ALIAS`.
pub(crate) fn provider_name(node: &Node, context: &mut Context<'_>) -> Option<(ProviderName, Span)> {
    let name = match node.as_constant_string() {
        Some(text) => quoted_reference(text, node.span, context),
        None => node.as_traversal(),
    };
    let name = name.as_ref().and_then(provider_of);
    if name.is_none() {
        context.error("Invalid provider configuration reference", BAD_PROVIDER, node.span);
    }
    name.map(|name| (name, node.span))
}

/// Returns local name and alias that a reference means.
pub(crate) fn provider_of(traversal: &Traversal) -> Option<ProviderName> {
    match traversal.names()?.as_slice() {
        [name] => Some(((*name).into(), None)),
        [name, alias] => Some(((*name).into(), Some((*alias).into()))),
        _ => None,
    }
}

/// Reads one element of `ignore_changes`: a path from the resource's object.
pub(crate) fn ignored_path(node: &Node, context: &mut Context<'_>) -> Option<AttributePath> {
    let traversal = traversal(node, context)?;
    let steps = traversal.steps.iter().filter_map(|step| match &step.kind {
        AccessKind::Attribute(name) => Some(Step::Attribute(name.clone())),
        AccessKind::Constant(key) => Some(Step::Index(key.clone())),
        AccessKind::Computed(_) => None,
    });
    Some(AttributePath(std::iter::once(Step::Attribute(traversal.root.clone())).chain(steps).collect()))
}

/// Reads `providers = { CHILD = PARENT }` of a module call.
pub(crate) fn passed_providers(node: &Node, context: &mut Context<'_>) -> Vec<(ProviderName, ProviderName, Span)> {
    let Some(entries) = node.as_object() else {
        context.error("Invalid expression", "A static map expression is required.", node.span);
        return Vec::new();
    };
    let mut passed: Vec<(ProviderName, ProviderName, Span)> = Vec::new();
    for entry in entries {
        let (child, parent) = (provider_name(&entry.key, context), provider_name(&entry.value, context));
        let (Some((child, span)), Some((parent, _))) = (child, parent) else { continue };
        if let Some((_, _, first)) = passed.iter().find(|(name, _, _)| *name == child) {
            let first = context.place(*first);
            let name = display_provider(&child);
            let detail = format!("A provider configuration was already given for {name} at {first}.");
            context.error("Duplicate provider address", detail, span);
            continue;
        }
        passed.push((child, parent, span));
    }
    passed
}

/// Writes `NAME` or `NAME.ALIAS`.
pub(crate) fn display_provider(name: &ProviderName) -> Arc<str> {
    match name {
        (name, None) => name.clone(),
        (name, Some(alias)) => format!("{name}.{alias}").into(),
    }
}
