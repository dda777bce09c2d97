//! `provisioner` blocks.

use std::sync::Arc;

use crate::config::Provisioner;
use crate::config::load::content::{Shape, partial_content};
use crate::config::load::context::Context;
use crate::config::load::names::label_span;
use crate::{Attribute, Block, Body, Referent};

const PROVISIONER: Shape = Shape {
    required: &[],
    optional: &["when", "on_failure"],
    blocks: &[("_", &[]), ("connection", &[]), ("lifecycle", &[])],
};

/// Types that Terraform once had.
const REMOVED: [&str; 4] = ["chef", "habitat", "puppet", "salt-masterless"];

/// Reads a `provisioner` block.
pub(super) fn provisioner(block: &Block, context: &mut Context<'_>) -> Option<Provisioner> {
    let content = partial_content(&block.body, &PROVISIONER, context);
    let r#type = block.labels.first()?.clone();
    if REMOVED.contains(&&*r#type) {
        let detail = format!(
            "The \"{type}\" provisioner was deprecated in Terraform 0.13.4 and has been removed from Terraform. Visit \
             https://learn.hashicorp.com/collections/terraform/provision for alternatives to using provisioners that \
             are a better fit for the Terraform workflow."
        );
        context.error("The provisioner has been removed", detail, label_span(block, 0));
        return None;
    }
    let when = content.attribute("when").and_then(|a| one_of(a, "when", ["create", "destroy"], context));
    let on_failure =
        content.attribute("on_failure").and_then(|a| one_of(a, "on_failure", ["continue", "fail"], context));
    let on_destroy = when.as_deref() == Some("destroy");
    let mut connection = None;
    for nested in &content.blocks {
        match &*nested.r#type {
            "connection" if connection.is_some() => {
                let detail = "This provisioner already has a connection block.";
                context.error("Duplicate connection block", detail, nested.header_span);
            }
            "connection" => connection = Some(nested.body.clone()),
            "lifecycle" => {
                let detail = "The block type name \"lifecycle\" is reserved for use by Terraform in a future version.";
                context.error("Reserved block type name in provisioner block", detail, nested.type_span);
            }
            _ => {}
        }
    }
    let body = content.rest();
    if on_destroy {
        refuse_outside_references(&body, context);
        if let Some(connection) = &connection {
            refuse_outside_references(connection, context);
        }
    }
    let continue_on_failure = on_failure.as_deref() == Some("continue");
    Some(Provisioner { r#type, span: block.header_span, on_destroy, continue_on_failure, connection, body })
}

/// Reads one of two keywords.
fn one_of(attribute: &Attribute, name: &str, words: [&str; 2], context: &mut Context<'_>) -> Option<Arc<str>> {
    let given = match attribute.expr.tree().as_constant_string() {
        Some(text) => {
            context.warning(
                "Quoted keywords are deprecated",
                "In this context, keywords are expected literally rather than in quotes. Terraform 0.11 and earlier \
                 required quotes, but quoted keywords are now deprecated and will be removed in a future version of \
                 Terraform. Remove the quotes surrounding this keyword to silence this warning.",
                attribute.expr.span(),
            );
            Some(Arc::clone(text))
        }
        None => attribute.expr.tree().as_keyword().map(Arc::from),
    };
    match given {
        Some(word) if words.contains(&&*word) => Some(word),
        _ => {
            let detail = format!(
                "The \"{name}\" argument requires one of the following keywords: {} or {}.",
                words[0], words[1]
            );
            context.error(format!("Invalid \"{name}\" keyword"), detail, attribute.expr.span());
            None
        }
    }
}

/// Refuses names in what runs when an object is destroyed, but for those that need no other object.
pub(super) fn refuse_outside_references(body: &Body, context: &mut Context<'_>) {
    for attribute in body.attributes.values() {
        let outside = attribute.expr.references().iter().filter(|reference| !is_own(&reference.referent)).count();
        let is_own_root = |root: &Arc<str>| ["self", "path", "terraform"].contains(&&**root);
        let wrong = attribute.expr.nameless().iter().filter(|(root, _)| !is_own_root(root)).count();
        for _ in 0..outside + wrong {
            context.error(
                "Invalid reference from destroy provisioner",
                "Destroy-time provisioners and their connection configurations may only reference attributes of the \
                 related resource, via 'self', 'count.index', or 'each.key'.\n\nReferences to other resources during the \
                 destroy phase can cause dependency cycles and interact poorly with create_before_destroy.",
                attribute.expr.span(),
            );
        }
    }
    for block in &body.blocks {
        refuse_outside_references(&block.body, context);
    }
}

fn is_own(referent: &Referent) -> bool {
    match referent {
        Referent::SelfObject | Referent::CountIndex | Referent::EachKey => true,
        Referent::PathModule | Referent::PathRoot | Referent::PathCwd => true,
        Referent::Workspace | Referent::Applying => true,
        Referent::Variable(_) | Referent::Local(_) | Referent::Resource(_) | Referent::Module(_) => false,
        Referent::Output(_) | Referent::EachValue => false,
    }
}
