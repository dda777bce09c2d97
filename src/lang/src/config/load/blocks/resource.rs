//! `resource`, `data` and `ephemeral` blocks.

use landfall_addr::{Mode, Resource};
use landfall_diag::Span;

use crate::config::load::blocks::lifecycle::lifecycle;
use crate::config::load::blocks::provider::{merge_escaped, reserved_blocks};
use crate::config::load::blocks::provisioner::{provisioner, refuse_outside_references};
use crate::config::load::content::{Content, Shape, partial_content};
use crate::config::load::context::Context;
use crate::config::load::names::check_label;
use crate::config::load::references::{depends_on, provider_name};
use crate::config::{Condition, Lifecycle, ResourceBlock};
use crate::{Block, Body, Expr, Referent};

const META_ARGUMENTS: &[&str] = &["count", "for_each", "provider", "depends_on"];

const RESOURCE: Shape = Shape {
    required: &[],
    optional: META_ARGUMENTS,
    blocks: &[("_", &[]), ("lifecycle", &[]), ("connection", &[]), ("provisioner", &["type"]), ("locals", &[])],
};

const DATA: Shape =
    Shape { required: &[], optional: META_ARGUMENTS, blocks: &[("_", &[]), ("lifecycle", &[]), ("locals", &[])] };

/// Reads a `resource` block.
pub(crate) fn resource(block: &Block, context: &mut Context<'_>) -> Option<ResourceBlock> {
    let content = partial_content(&block.body, &RESOURCE, context);
    check_label(block, 0, "Invalid resource type name", context);
    check_label(block, 1, "Invalid resource name", context);
    let mut resource = common(block, Mode::Managed, &content, context)?;
    resource.connection = connection(&content, context);
    resource.provisioners = content.blocks_of("provisioner").filter_map(|block| provisioner(block, context)).collect();
    if let Some(connection) = &resource.connection
        && resource.provisioners.iter().any(|provisioner| provisioner.on_destroy)
    {
        refuse_outside_references(connection, context);
    }
    Some(resource)
}

/// Reads a `data` block.
pub(crate) fn data(block: &Block, context: &mut Context<'_>) -> Option<ResourceBlock> {
    let content = partial_content(&block.body, &DATA, context);
    check_label(block, 0, "Invalid data source name", context);
    check_label(block, 1, "Invalid data resource name", context);
    common(block, Mode::Data, &content, context)
}

/// Reads a `data` block inside a `check` block.
pub(super) fn nested_data(block: &Block, context: &mut Context<'_>) -> Option<ResourceBlock> {
    let content = partial_content(&block.body, &DATA, context);
    for name in ["count", "for_each"] {
        if let Some(attribute) = content.attribute(name) {
            context.error(
                format!("Invalid \"{name}\" attribute"),
                "The \"count\" and \"for_each\" meta-arguments are not supported within nested data blocks.",
                attribute.name_span,
            );
        }
    }
    for block in content.blocks_of("lifecycle") {
        context.error(
            "Invalid lifecycle block",
            "Nested data resources do not support \"lifecycle\" blocks.",
            block.header_span,
        );
    }
    data(block, context)
}

/// Reads an `ephemeral` block.
pub(crate) fn ephemeral(block: &Block, context: &mut Context<'_>) -> Option<ResourceBlock> {
    let content = partial_content(&block.body, &DATA, context);
    check_label(block, 0, "Invalid ephemeral resource type", context);
    check_label(block, 1, "Invalid ephemeral resource name", context);
    common(block, Mode::Ephemeral, &content, context)
}

fn common(block: &Block, mode: Mode, content: &Content<'_>, context: &mut Context<'_>) -> Option<ResourceBlock> {
    let [r#type, name] = block.labels.as_slice() else { return None };
    let address = Resource { mode, r#type: r#type.clone(), name: name.clone() };
    let (count, for_each) = repetition(content, "resources", context);
    let lifecycle = single_lifecycle(content, mode, context);
    refuse_own_reference("precondition", &lifecycle.preconditions, &address, context);
    refuse_own_reference("postcondition", &lifecycle.postconditions, &address, context);
    let locals: Vec<&Block> = content.blocks_of("locals").collect();
    let owner = match mode {
        Mode::Managed | Mode::Data => "resource",
        Mode::Ephemeral => "ephemeral",
    };
    reserved_blocks(&locals, owner, context);
    let mut body: Body = content.rest();
    merge_escaped(&mut body, &content.blocks, context);
    let provider = content.attribute("provider").and_then(|attribute| provider_name(attribute.expr.tree(), context));
    Some(ResourceBlock {
        address,
        span: block.header_span,
        count,
        for_each,
        depends_on: content.attribute("depends_on").map(|a| depends_on(&a.expr, context)).unwrap_or_default(),
        provider: provider.map(|((name, alias), span)| (name, alias, span)),
        lifecycle,
        provisioners: Vec::new(),
        connection: None,
        body,
    })
}

/// Reads `count` and `for_each`, of which one may be given.
pub(super) fn repetition(content: &Content<'_>, what: &str, context: &mut Context<'_>) -> (Option<Expr>, Option<Expr>) {
    let count = content.attribute("count");
    let for_each = content.attribute("for_each");
    if let (Some(_), Some(for_each)) = (count, for_each) {
        let detail = format!(
            "The \"count\" and \"for_each\" meta-arguments are mutually-exclusive, only one should be used to be \
             explicit about the number of {what} to be created."
        );
        context.error("Invalid combination of \"count\" and \"for_each\"", detail, for_each.name_span);
    }
    (count.map(|attribute| attribute.expr.clone()), for_each.map(|attribute| attribute.expr.clone()))
}

fn single_lifecycle(content: &Content<'_>, mode: Mode, context: &mut Context<'_>) -> Lifecycle {
    let mut first: Option<Span> = None;
    let mut found = Lifecycle::default();
    for block in content.blocks_of("lifecycle") {
        if let Some(first) = first {
            let detail = format!("This resource already has a lifecycle block at {}.", context.place(first));
            context.error("Duplicate lifecycle block", detail, block.header_span);
            continue;
        }
        first = Some(block.header_span);
        found = lifecycle(block, mode, context);
    }
    found
}

fn connection(content: &Content<'_>, context: &mut Context<'_>) -> Option<Body> {
    let mut first: Option<&Block> = None;
    for block in content.blocks_of("connection") {
        match first {
            None => first = Some(block),
            Some(first) => {
                let place = context.place(first.header_span);
                let detail = format!("This resource already has a connection block at {place}.");
                context.error("Duplicate connection block", detail, block.header_span);
            }
        }
    }
    first.map(|block| block.body.clone())
}

fn refuse_own_reference(kind: &str, conditions: &[Condition], address: &Resource, context: &mut Context<'_>) {
    let own = Referent::Resource(address.clone());
    for expr in conditions.iter().flat_map(|condition| [&condition.condition, &condition.error_message]) {
        for reference in expr.references().iter().filter(|reference| reference.referent == own) {
            let detail = match kind {
                "postcondition" => format!(
                    "Configuration for {address} may not refer to itself. Use \"self\" to refer to the object in a \
                     postcondition."
                ),
                _ => format!("Configuration for {address} may not refer to itself."),
            };
            context.error(format!("Invalid reference in {kind}"), detail, reference.span);
        }
    }
}
