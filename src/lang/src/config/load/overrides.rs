//! Override files: blocks that are laid over blocks of the other files before any block is read.

use landfall_diag::Diagnostic;

use crate::config::load::context::Context;
use crate::{Block, Body};

/// Returns whether a file overrides others: `override.tf`, `*_override.tf`, and the same with `.tf.json`.
pub(super) fn is_override(file: &str) -> bool {
    let stem = file.strip_suffix(".tf.json").or_else(|| file.strip_suffix(".tf")).unwrap_or(file);
    stem == "override" || stem.ends_with("_override")
}

/// Lays one block of an override file over the blocks of the module.
pub(super) fn lay_over(blocks: &mut Vec<Block>, over: Block, context: &mut Context<'_>) {
    match &*over.r#type {
        "terraform" => lay_over_terraform(blocks, over),
        "locals" => lay_over_locals(blocks, over, context),
        "provider" => lay_over_provider(blocks, over, context),
        "moved" | "import" | "removed" | "check" => {
            let detail = format!("`{}` blocks can appear only in normal files, not in override files.", over.r#type);
            context.error(format!("Cannot override '{}' blocks", over.r#type), detail, over.header_span);
        }
        _ => {
            let same = |base: &&mut Block| base.r#type == over.r#type && base.labels == over.labels;
            match blocks.iter_mut().find(same) {
                Some(base) => {
                    refuse_depends_on(&over, context);
                    lay_over_body(&mut base.body, over.body);
                }
                None => context.diagnostics.push(missing_base(&over)),
            }
        }
    }
}

fn refuse_depends_on(over: &Block, context: &mut Context<'_>) {
    if let Some(attribute) = over.body.attributes.get("depends_on") {
        context.error("Unsupported override", "The depends_on argument may not be overridden.", attribute.name_span);
    }
}

/// Replaces arguments by name, and nested blocks by type. A `lifecycle` block is laid over the other one.
fn lay_over_body(base: &mut Body, over: Body) {
    base.attributes.extend(over.attributes);
    let mut added: Vec<Block> = Vec::new();
    for block in over.blocks {
        let lifecycle = |base: &&mut Block| &*base.r#type == "lifecycle";
        if &*block.r#type == "lifecycle"
            && let Some(base) = base.blocks.iter_mut().find(lifecycle)
        {
            lay_over_body(&mut base.body, block.body);
            continue;
        }
        added.push(block);
    }
    base.blocks.retain(|block| !added.iter().any(|over| produced_type(over) == produced_type(block)));
    base.blocks.extend(added);
}

/// Returns the type of the blocks that a block stands for: its label, if it is `dynamic`.
fn produced_type(block: &Block) -> &str {
    match (&*block.r#type, block.labels.first()) {
        ("dynamic", Some(label)) => label,
        (r#type, _) => r#type,
    }
}

fn lay_over_locals(blocks: &mut [Block], over: Block, context: &mut Context<'_>) {
    for (name, attribute) in over.body.attributes {
        let has_it = |base: &&mut Block| &*base.r#type == "locals" && base.body.attributes.contains_key(&name);
        match blocks.iter_mut().find(has_it) {
            Some(base) => {
                base.body.attributes.insert(name, attribute);
            }
            None => {
                let detail = format!(
                    "There is no local value named \"{name}\". An override file can only override a local value that \
                     was already defined in a primary configuration file."
                );
                context.error("Missing base local value definition to override", detail, attribute.name_span);
            }
        }
    }
}

fn lay_over_provider(blocks: &mut Vec<Block>, over: Block, context: &mut Context<'_>) {
    let alias = |block: &Block| {
        let attribute = block.body.attributes.get("alias")?;
        attribute.expr.tree().as_constant_string().cloned()
    };
    let same =
        |base: &&mut Block| &*base.r#type == "provider" && base.labels == over.labels && alias(base) == alias(&over);
    match (blocks.iter_mut().find(same), alias(&over)) {
        (Some(base), _) => lay_over_body(&mut base.body, over.body),
        (None, None) => blocks.push(over),
        (None, Some(alias)) => {
            let name = over.labels.first().map_or("", |name| name);
            let detail = format!(
                "There is no {name} provider configuration with the alias \"{alias}\". An override file can only \
                 override an aliased provider configuration that was already defined in a primary configuration file."
            );
            context.error("Missing base provider configuration for override", detail, over.header_span);
        }
    }
}

fn lay_over_terraform(blocks: &mut Vec<Block>, mut over: Block) {
    let replaces_backend = over.body.blocks.iter().any(|block| matches!(&*block.r#type, "backend" | "cloud"));
    for base in blocks.iter_mut().filter(|block| &*block.r#type == "terraform") {
        base.body.attributes.retain(|name, _| !over.body.attributes.contains_key(name));
        if replaces_backend {
            base.body.blocks.retain(|block| !matches!(&*block.r#type, "backend" | "cloud"));
        }
        for providers in base.body.blocks.iter_mut().filter(|block| &*block.r#type == "required_providers") {
            let is_providers = |block: &&Block| &*block.r#type == "required_providers";
            for more in over.body.blocks.iter().filter(is_providers) {
                providers.body.attributes.extend(more.body.attributes.clone());
            }
            over.body.blocks.retain(|block| &*block.r#type != "required_providers");
        }
    }
    blocks.push(over);
}

fn missing_base(over: &Block) -> Diagnostic {
    let name = over.labels.last().map_or("", |label| label);
    let r#type = over.labels.first().map_or("", |label| label);
    let (summary, what, thing) = match &*over.r#type {
        "variable" => ("Missing base variable declaration to override", "variable".to_owned(), "a variable"),
        "output" => ("Missing base output definition to override", "output value".to_owned(), "an output"),
        "module" => ("Missing module call to override", "module call".to_owned(), "a module call"),
        "data" => ("Missing data resource to override", format!("{type} data resource"), "a data block"),
        "ephemeral" => {
            ("Missing ephemeral resource to override", format!("{type} ephemeral resource"), "an ephemeral block")
        }
        _ => ("Missing resource to override", format!("{type} resource"), "a resource block"),
    };
    let declared = match &*over.r#type {
        "variable" => "that was already declared",
        _ => "that was already defined",
    };
    let detail = format!(
        "There is no {what} named \"{name}\". An override file can only override {thing} {declared} in a primary \
         configuration file."
    );
    Diagnostic::error(summary, detail).at(over.header_span)
}
