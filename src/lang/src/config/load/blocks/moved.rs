//! `moved` and `removed` blocks.

use landfall_addr::{InstanceKey, Mode, Target};
use landfall_diag::Span;

use crate::Block;
use crate::config::load::addresses::target;
use crate::config::load::blocks::provisioner::provisioner;
use crate::config::load::content::{Content, Shape, content};
use crate::config::load::context::Context;
use crate::config::load::references::plain_traversal;
use crate::config::{Moved, Removed};

const MOVED: Shape = Shape { required: &["from", "to"], optional: &[], blocks: &[] };
const REMOVED: Shape =
    Shape { required: &["from"], optional: &[], blocks: &[("lifecycle", &[]), ("provisioner", &["type"])] };
const REMOVED_LIFECYCLE: Shape = Shape { required: &[], optional: &["destroy"], blocks: &[] };

/// Reads a `moved` block.
pub(crate) fn moved(block: &Block, context: &mut Context<'_>) -> Option<Moved> {
    let content = content(&block.body, &MOVED, context);
    let from = address(&content, "from", context);
    let to = address(&content, "to", context);
    let ((from, _), (to, _)) = (from?, to?);
    let is_module = |target: &Target| matches!(target, Target::Module(_));
    if is_module(&from) != is_module(&to) {
        context.error(
            "Invalid \"moved\" addresses",
            "The \"from\" and \"to\" addresses must either both refer to resources or both refer to modules.",
            block.header_span,
        );
        return None;
    }
    Some(Moved { from, to, span: block.header_span })
}

fn address(content: &Content<'_>, name: &str, context: &mut Context<'_>) -> Option<(Target, Span)> {
    let expr = &content.attribute(name)?.expr;
    let traversal = plain_traversal(expr.tree(), context)?;
    Some((target(&traversal, context)?, expr.span()))
}

/// Reads a `removed` block.
pub(crate) fn removed(block: &Block, context: &mut Context<'_>) -> Option<Removed> {
    let content = content(&block.body, &REMOVED, context);
    let mut destroy = true;
    for lifecycle in content.blocks_of("lifecycle") {
        let nested = self::content(&lifecycle.body, &REMOVED_LIFECYCLE, context);
        if let Some(value) = nested.attribute("destroy").and_then(|attribute| context.bool(attribute)) {
            destroy = value;
        }
    }
    let from = address(&content, "from", context);
    let mut provisioners = Vec::new();
    for nested in content.blocks_of("provisioner") {
        let Some(provisioner) = provisioner(nested, context) else { continue };
        if provisioner.on_destroy {
            provisioners.push(provisioner);
        } else {
            context.error(
                "Invalid provisioner block",
                "Only destroy-time provisioners are valid in \"removed\" blocks. To declare a destroy-time \
                 provisioner, use:\n    when = destroy",
                nested.header_span,
            );
        }
    }
    let (from, span) = from?;
    check_removed(&from, span, context)?;
    Some(Removed { from, destroy, provisioners, span: block.header_span })
}

fn check_removed(from: &Target, span: Span, context: &mut Context<'_>) -> Option<()> {
    let (module, resource, key) = match from {
        Target::Module(module) => (module, None, &InstanceKey::None),
        Target::Resource(resource) => (&resource.module, Some(&resource.resource), &InstanceKey::None),
        Target::Instance(instance) => (&instance.module, Some(&instance.resource), &instance.key),
    };
    if module.steps().iter().any(|step| step.key != InstanceKey::None) {
        context.error(
            "Module instance keys not allowed",
            "Module address must be a module (e.g. \"module.foo\"), not a module instance (e.g. \"module.foo[1]\").",
            span,
        );
        return None;
    }
    if *key != InstanceKey::None {
        context.error(
            "Resource instance keys not allowed",
            "Resource address must be a resource (e.g. \"test_instance.foo\"), not a resource instance (e.g. \
             \"test_instance.foo[1]\").",
            span,
        );
        return None;
    }
    match resource.map(|resource| resource.mode) {
        None | Some(Mode::Managed) => Some(()),
        Some(Mode::Data) => {
            context.error(
                "Data source address not allowed",
                "Data sources are never destroyed, so they are not valid targets of removed blocks. To remove the \
                 data source from state, remove the data source block from configuration.",
                span,
            );
            None
        }
        Some(Mode::Ephemeral) => {
            context.error(
                "Ephemeral resource address not allowed",
                "Ephemeral resources are never destroyed, so they are not valid targets of removed blocks. To remove \
                 the ephemeral resource from state, remove the ephemeral resource block from configuration.",
                span,
            );
            None
        }
    }
}
