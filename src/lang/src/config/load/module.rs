//! One module: its blocks read, doubles refused.

use std::collections::BTreeMap;

use landfall_addr::{ModulePath, Target};
use landfall_diag::{Diagnostic, Span};

use crate::config::Module;
use crate::config::load::blocks;
use crate::config::load::content::{Shape, into_blocks};
use crate::config::load::context::Context;
use crate::config::load::overrides::{is_override, lay_over};
use crate::config::load::unique::add;
use crate::{Block, Body};

const FILE: Shape = Shape {
    required: &[],
    optional: &[],
    blocks: &[
        ("terraform", &[]),
        ("required_providers", &[]),
        ("provider", &["name"]),
        ("variable", &["name"]),
        ("locals", &[]),
        ("output", &["name"]),
        ("module", &["name"]),
        ("resource", &["type", "name"]),
        ("data", &["type", "name"]),
        ("ephemeral", &["type", "name"]),
        ("moved", &[]),
        ("import", &[]),
        ("check", &["name"]),
        ("removed", &[]),
    ],
};

/// Reads a module from the bodies of its files, by name.
pub(super) fn module(
    path: &ModulePath,
    directory: &str,
    files: Vec<(String, Body)>,
    context: &mut Context<'_>,
) -> Module {
    let mut module = Module::new(path.clone(), directory);
    let (overrides, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| is_override(name));
    let mut blocks: Vec<Block> = Vec::new();
    for (_, body) in files {
        blocks.extend(into_blocks(body, &FILE, context));
    }
    for (_, body) in overrides {
        for block in into_blocks(body, &FILE, context) {
            lay_over(&mut blocks, block, context);
        }
    }
    let mut required_providers: Option<Span> = None;
    let mut imported = BTreeMap::new();
    for block in &blocks {
        match &*block.r#type {
            "terraform" => add_terraform(&mut module, block, &mut required_providers, context),
            "import" => add_import(&mut module, block, &mut imported, context),
            _ => add_block(&mut module, block, context),
        }
    }
    module
}

fn add_block(module: &mut Module, block: &Block, context: &mut Context<'_>) {
    match &*block.r#type {
        "required_providers" => context.error(
            "Invalid required_providers block",
            "A \"required_providers\" block must be nested inside a \"terraform\" block.",
            block.header_span,
        ),
        "provider" => add(&mut module.providers, blocks::provider(block, context), context),
        "variable" => add(&mut module.variables, blocks::variable(block, context), context),
        "locals" => {
            for local in blocks::locals(block, context) {
                add(&mut module.locals, Some(local), context);
            }
        }
        "output" => add(&mut module.outputs, blocks::output(block, context), context),
        "module" => add(&mut module.calls, blocks::module_call(block, context), context),
        "resource" => add(&mut module.resources, blocks::resource(block, context), context),
        "data" => add(&mut module.resources, blocks::data(block, context), context),
        "ephemeral" => add(&mut module.resources, blocks::ephemeral(block, context), context),
        "moved" => module.moved.extend(blocks::moved(block, context)),
        "removed" => module.removed.extend(blocks::removed(block, context)),
        "check" => add(&mut module.checks, blocks::check(block, context), context),
        _ => {}
    }
}

/// Adds an `import` block; `imported` are the objects that others import, with their places.
fn add_import(module: &mut Module, block: &Block, imported: &mut BTreeMap<Target, Span>, context: &mut Context<'_>) {
    if !module.path.is_root() {
        let detail = format!(
            "An import block was detected in \"{}\". Import blocks are only allowed in the root module.",
            module.path
        );
        context.error("Invalid import configuration", detail, block.header_span);
        return;
    }
    let Some(import) = blocks::import(block, context) else { return };
    let is_static = import.to_key.is_none();
    if let Some(first) = imported.get(&import.to).filter(|_| is_static) {
        let detail = format!(
            "An import block for the resource \"{0}\" was already declared at {1}. A resource can have only one import \
             block.",
            import.to,
            context.place(*first)
        );
        let summary = format!("Duplicate import configuration for \"{}\"", import.to);
        context.error(summary, detail, import.to_span);
    } else if is_static {
        imported.insert(import.to.clone(), import.span);
    }
    module.imports.push(import);
}

fn add_terraform(module: &mut Module, block: &Block, providers: &mut Option<Span>, context: &mut Context<'_>) {
    let terraform = blocks::terraform(block, context);
    module.required_versions.extend(terraform.required_version);
    for backend in terraform.backends {
        match &module.backend {
            Some(first) => {
                let detail = format!(
                    "A module may have only one backend configuration. The backend was previously configured at {}.",
                    context.place(first.span)
                );
                context.error("Duplicate backend configuration", detail, backend.span);
            }
            None => module.backend = Some(backend),
        }
    }
    for encryption in terraform.encryptions {
        match &module.encryption {
            Some(first) => {
                let detail = format!(
                    "A module may have only one encryption configuration. It was previously configured at {}.",
                    context.place(first.header_span)
                );
                context.error("Duplicate encryption configuration", detail, encryption.header_span);
            }
            None => module.encryption = Some(encryption),
        }
    }
    for (span, entries) in terraform.required_providers {
        match providers {
            Some(first) => {
                let detail = format!(
                    "A module may have only one required providers configuration. The required providers were \
                     previously configured at {}.",
                    context.place(*first)
                );
                context.error("Duplicate required providers configuration", detail, span);
            }
            None => {
                *providers = Some(span);
                module.required_providers.extend(entries);
            }
        }
    }
    for (name, body, span) in terraform.provider_metas {
        if module.provider_metas.insert(name.clone(), body).is_some() {
            let detail = format!("A provider_meta block for provider \"{name}\" was given before in this module.");
            context.error("Duplicate provider_meta block", detail, span);
        }
    }
}

/// Returns what is wrong with a module that is called from another one.
pub(super) fn check_called(module: &Module, context: &mut Context<'_>) {
    if let Some(backend) = &module.backend {
        let detail = "Any selected backend applies to the entire configuration, so backend configuration blocks \
                      are expected only in the root module.\n\nThis is a warning rather than an error because it's \
                      sometimes convenient to temporarily call a root module as a child module for testing purposes, \
                      but this backend configuration block will have no effect.";
        context.diagnostics.push(Diagnostic::warning("Backend configuration ignored", detail).at(backend.span));
    }
}
