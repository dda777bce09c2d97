//! `module` blocks.

use crate::Block;
use crate::config::ModuleCall;
use crate::config::load::blocks::provider::{merge_escaped, reserved_blocks};
use crate::config::load::blocks::resource::repetition;
use crate::config::load::content::{Shape, partial_content};
use crate::config::load::context::Context;
use crate::config::load::names::check_label;
use crate::config::load::references::{depends_on, passed_providers};
use crate::config::load::source::{ModuleSource, check_version};

const MODULE: Shape = Shape {
    required: &["source"],
    optional: &["version", "count", "for_each", "depends_on", "providers"],
    blocks: &[("_", &[]), ("lifecycle", &[]), ("locals", &[]), ("provider", &["type"])],
};

/// Reads a `module` block.
pub(crate) fn module_call(block: &Block, context: &mut Context<'_>) -> Option<ModuleCall> {
    let content = partial_content(&block.body, &MODULE, context);
    check_label(block, 0, "Invalid module instance name", context);
    let version = content.attribute("version").and_then(|attribute| {
        let text = context.version(attribute)?;
        check_version(&text, attribute.expr.span(), context);
        Some((text, attribute.expr.span()))
    });
    let source = content.attribute("source").and_then(|attribute| {
        let text = context.string(attribute)?;
        let span = attribute.expr.span();
        match ModuleSource::parse(&text, content.attribute("version").is_some()) {
            Ok(_) => Some((text, span)),
            Err((summary, detail)) => {
                context.error(summary, detail, span);
                None
            }
        }
    });
    let (count, for_each) = repetition(&content, "resources", context);
    let depends_on = content.attribute("depends_on").map(|a| depends_on(&a.expr, context)).unwrap_or_default();
    let providers =
        content.attribute("providers").map(|a| passed_providers(a.expr.tree(), context)).unwrap_or_default();
    reserved_blocks(&content.blocks, "module", context);
    let mut body = content.rest();
    merge_escaped(&mut body, &content.blocks, context);
    let name = block.labels.first()?.clone();
    Some(ModuleCall {
        name,
        span: block.header_span,
        // A wrong source is reported already; the name is taken all the same.
        source: source.unwrap_or_else(|| ("".into(), block.header_span)),
        version,
        count,
        for_each,
        depends_on,
        providers,
        body,
    })
}
