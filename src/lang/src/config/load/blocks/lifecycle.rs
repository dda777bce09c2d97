//! `lifecycle` blocks.

use landfall_addr::Mode;

use crate::config::load::blocks::condition::condition;
use crate::config::load::content::{Shape, content};
use crate::config::load::context::Context;
use crate::config::load::references::{ignored_path, static_list};
use crate::config::{IgnoreChanges, Lifecycle};
use crate::{Attribute, Block, Expr, Referent};

const LIFECYCLE: Shape = Shape {
    required: &[],
    optional: &["create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"],
    blocks: &[("precondition", &[]), ("postcondition", &[])],
};

/// Reads a `lifecycle` block of a resource of `mode`.
pub(super) fn lifecycle(block: &Block, mode: Mode, context: &mut Context<'_>) -> Lifecycle {
    let content = content(&block.body, &LIFECYCLE, context);
    let mut lifecycle = Lifecycle {
        preconditions: content.blocks_of("precondition").filter_map(|block| condition(block, context)).collect(),
        postconditions: content.blocks_of("postcondition").filter_map(|block| condition(block, context)).collect(),
        ..Lifecycle::default()
    };
    let kind = match mode {
        Mode::Managed => {
            lifecycle.create_before_destroy =
                content.attribute("create_before_destroy").and_then(|attribute| context.bool(attribute));
            lifecycle.prevent_destroy =
                content.attribute("prevent_destroy").and_then(|attribute| context.bool(attribute)).unwrap_or(false);
            if let Some(attribute) = content.attribute("ignore_changes") {
                lifecycle.ignore_changes = ignore_changes(attribute, context);
            }
            if let Some(attribute) = content.attribute("replace_triggered_by") {
                lifecycle.replace_triggered_by = replace_triggered_by(attribute, context);
            }
            return lifecycle;
        }
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    };
    for name in LIFECYCLE.optional {
        if let Some(attribute) = content.attribute(name) {
            let detail = format!(
                "The lifecycle argument \"{name}\" is defined only for managed resources (\"resource\" blocks), and is \
                 not valid for {kind} resources."
            );
            context.error(format!("Invalid {kind} resource lifecycle argument"), detail, attribute.name_span);
        }
    }
    lifecycle
}

fn ignore_changes(attribute: &Attribute, context: &mut Context<'_>) -> IgnoreChanges {
    if attribute.expr.tree().as_keyword() == Some("all") {
        return IgnoreChanges::All;
    }
    let elements = static_list(&attribute.expr, context);
    let mut paths = Vec::new();
    for element in elements {
        if element.as_constant_string().is_some_and(|text| &**text == "*") {
            context.error(
                "Invalid ignore_changes wildcard",
                "The [\"*\"] form of ignore_changes wildcard is was deprecated and is now invalid. Use \
                 \"ignore_changes = all\" to ignore changes to all attributes.",
                attribute.expr.span(),
            );
            return IgnoreChanges::Nothing;
        }
        if let Some(path) = ignored_path(element, context) {
            paths.push((path, element.span));
        }
    }
    IgnoreChanges::Paths(paths)
}

fn replace_triggered_by(attribute: &Attribute, context: &mut Context<'_>) -> Vec<Expr> {
    let elements = static_list(&attribute.expr, context);
    let parts = elements.iter().map(|element| Expr::compile(element.clone(), &[]));
    parts.filter(|element| check_trigger(element, context)).collect()
}

fn check_trigger(expr: &Expr, context: &mut Context<'_>) -> bool {
    if !expr.reference_errors().is_empty() {
        context.diagnostics.extend(expr.reference_errors().iter().cloned());
        return false;
    }
    let mut resources = 0;
    for reference in expr.references() {
        match &reference.referent {
            Referent::Resource(resource) if resource.mode == Mode::Managed => resources += 1,
            Referent::CountIndex | Referent::EachKey => {}
            Referent::Resource(_) | Referent::Variable(_) | Referent::Local(_) | Referent::Module(_) => {
                not_a_trigger(reference.span, context);
            }
            Referent::Output(_) | Referent::EachValue | Referent::SelfObject | Referent::PathModule => {
                not_a_trigger(reference.span, context);
            }
            Referent::PathRoot | Referent::PathCwd | Referent::Workspace | Referent::Applying => {
                not_a_trigger(reference.span, context);
            }
        }
    }
    let detail = match resources {
        0 => "Missing resource reference in replace_triggered_by expression.",
        1 => return true,
        _ => "Multiple resource references in replace_triggered_by expression.",
    };
    context.error("Invalid replace_triggered_by expression", detail, expr.span());
    false
}

fn not_a_trigger(span: landfall_diag::Span, context: &mut Context<'_>) {
    context.error(
        "Invalid reference in replace_triggered_by expression",
        "Only resources, count.index, and each.key may be used in replace_triggered_by.",
        span,
    );
}
