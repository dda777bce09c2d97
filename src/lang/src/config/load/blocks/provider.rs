//! `provider` blocks.

use std::sync::Arc;

use landfall_diag::Diagnostic;

use crate::Block;
use crate::config::ProviderBlock;
use crate::config::load::content::{Shape, partial_content};
use crate::config::load::context::Context;
use crate::config::load::names::{BAD_NAME, is_identifier, label_span};

const PROVIDER: Shape = Shape {
    required: &[],
    optional: &["version", "alias", "count", "depends_on", "for_each", "source"],
    blocks: &[("_", &[]), ("lifecycle", &[]), ("locals", &[])],
};

/// Reads a `provider` block.
pub(crate) fn provider(block: &Block, context: &mut Context<'_>) -> Option<ProviderBlock> {
    let content = partial_content(&block.body, &PROVIDER, context);
    let name = block.labels.first()?.clone();
    check_provider_name(&name, label_span(block, 0), context);
    let alias = content.attribute("alias").and_then(|attribute| {
        let alias = context.string(attribute);
        if !alias.as_deref().is_some_and(is_identifier) {
            let place = context.place(attribute.expr.span());
            let detail = format!("An alias must be a valid name; the one at {place} is not. {BAD_NAME}");
            context.diagnostics.push(Diagnostic::error("Invalid provider configuration alias", detail));
        }
        alias
    });
    if let Some(version) = content.attribute("version") {
        context.warning(
            "Version constraints inside provider configuration blocks are deprecated",
            "Terraform 0.13 and earlier allowed provider version constraints inside the provider configuration block, \
             but that is now deprecated and will be removed in a future version of Terraform. To silence this warning, \
             move the provider version constraint into the required_providers block.",
            version.expr.span(),
        );
    }
    for name in ["count", "depends_on", "for_each", "source"] {
        if let Some(attribute) = content.attribute(name) {
            let detail =
                format!("The provider argument name \"{name}\" is reserved for use by Terraform in a future version.");
            context.error("Reserved argument name in provider block", detail, attribute.name_span);
        }
    }
    reserved_blocks(&content.blocks, "provider", context);
    let mut body = content.rest();
    merge_escaped(&mut body, &content.blocks, context);
    Some(ProviderBlock { name, alias, span: block.header_span, body })
}

/// Adds an error if a provider's local name is not in its normal form.
pub(super) fn check_provider_name(name: &Arc<str>, span: landfall_diag::Span, context: &mut Context<'_>) -> bool {
    let lower = name.to_lowercase();
    if !is_identifier(name) || name.contains('_') {
        let detail =
            format!("\"{name}\" is not a valid provider name: it may contain only letters, digits and dashes.");
        context.error("Invalid provider local name", detail, span);
        return false;
    }
    if lower != **name {
        let detail =
            format!("Provider names must be normalized. Replace \"{name}\" with \"{lower}\" to fix this error.");
        context.error("Invalid provider local name", detail, span);
        return false;
    }
    true
}

/// Adds an error for each block whose type is kept for later (`lifecycle`, `locals` ...).
pub(super) fn reserved_blocks(blocks: &[&Block], owner: &str, context: &mut Context<'_>) {
    for block in blocks.iter().filter(|block| &*block.r#type != "_") {
        let detail =
            format!("The block type name \"{}\" is reserved for use by Terraform in a future version.", block.r#type);
        context.error(format!("Reserved block type name in {owner} block"), detail, block.type_span);
    }
}

/// Adds what a `_` block holds: arguments whose names would be meta-arguments otherwise.
pub(super) fn merge_escaped(body: &mut crate::Body, blocks: &[&Block], context: &mut Context<'_>) {
    let mut seen: Option<&Block> = None;
    for block in blocks.iter().copied().filter(|block| &*block.r#type == "_") {
        if let Some(first) = seen {
            let detail = format!(
                "The special block type \"_\" can be used to force particular arguments to be interpreted as \
                 resource-type-specific rather than as meta-arguments, but each block can have only one such block. \
                 The first escaping block was at {}.",
                context.place(first.header_span)
            );
            context.error("Duplicate escaping block", detail, block.header_span);
            continue;
        }
        seen = Some(block);
        body.attributes.extend(block.body.attributes.iter().map(|(name, a)| (name.clone(), a.clone())));
        body.blocks.extend(block.body.blocks.iter().cloned());
    }
}
