//! One module: its blocks read, doubles refused.

use std::collections::BTreeMap;
use std::fmt::Display;

use landfall_addr::{Mode, ModulePath};
use landfall_diag::{Diagnostic, Span};

use crate::config::load::blocks;
use crate::config::load::content::{Shape, into_blocks};
use crate::config::load::context::Context;
use crate::config::load::overrides::{is_override, lay_over};
use crate::config::{Module, ResourceBlock};
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
    for block in &blocks {
        if &*block.r#type == "terraform" {
            add_terraform(&mut module, block, &mut required_providers, context);
        } else {
            add_block(&mut module, block, context);
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
        "provider" => {
            if let Some(provider) = blocks::provider(block, context) {
                add_provider(module, provider, context);
            }
        }
        "variable" => {
            if let Some(variable) = blocks::variable(block, context) {
                let (name, span) = (variable.name.clone(), variable.span);
                add(
                    &mut module.variables,
                    name.clone(),
                    variable,
                    |v| v.span,
                    span,
                    context,
                    |place| {
                        duplicate(
                            "Duplicate variable declaration",
                            "A variable",
                            &name,
                            "declared",
                            place,
                            "Variable names",
                        )
                    },
                );
            }
        }
        "locals" => {
            for local in blocks::locals(block, context) {
                let (name, span) = (local.name.clone(), local.span);
                add(
                    &mut module.locals,
                    name.clone(),
                    local,
                    |l| l.span,
                    span,
                    context,
                    |place| {
                        duplicate(
                            "Duplicate local value definition",
                            "A local value",
                            &name,
                            "defined",
                            place,
                            "Local value names",
                        )
                    },
                );
            }
        }
        "output" => {
            if let Some(output) = blocks::output(block, context) {
                let (name, span) = (output.name.clone(), output.span);
                add(
                    &mut module.outputs,
                    name.clone(),
                    output,
                    |o| o.span,
                    span,
                    context,
                    |place| {
                        duplicate("Duplicate output definition", "An output", &name, "defined", place, "Output names")
                    },
                );
            }
        }
        "module" => {
            if let Some(call) = blocks::module_call(block, context) {
                let (name, span) = (call.name.clone(), call.span);
                add(
                    &mut module.calls,
                    name.clone(),
                    call,
                    |c| c.span,
                    span,
                    context,
                    |place| {
                        let detail = format!(
                            "A module call named \"{name}\" was already defined at {place}. Module calls must have unique \
                         names within a module."
                        );
                        ("Duplicate module call".to_owned(), detail)
                    },
                );
            }
        }
        "resource" => add_resource(module, blocks::resource(block, context), context),
        "data" => add_resource(module, blocks::data(block, context), context),
        "ephemeral" => add_resource(module, blocks::ephemeral(block, context), context),
        "moved" => module.moved.extend(blocks::moved(block, context)),
        "removed" => module.removed.extend(blocks::removed(block, context)),
        "import" => add_import(module, block, context),
        "check" => {
            if let Some(check) = blocks::check(block, context) {
                let (name, span) = (check.name.clone(), check.span);
                add(
                    &mut module.checks,
                    name.clone(),
                    check,
                    |c| c.span,
                    span,
                    context,
                    |place| {
                        let detail = format!(
                            "A check block named \"{name}\" was already declared at {place}. Check blocks must be unique \
                         within each module."
                        );
                        (format!("Duplicate check \"{name}\" configuration"), detail)
                    },
                );
            }
        }
        _ => {}
    }
}

fn duplicate(summary: &str, what: &str, name: &dyn Display, verb: &str, place: &str, names: &str) -> (String, String) {
    let detail =
        format!("{what} named \"{name}\" was already {verb} at {place}. {names} must be unique within a module.");
    (summary.to_owned(), detail)
}

/// Adds an entry unless its key is taken; then the first stays, and `problem` says so.
fn add<K: Ord, V>(
    entries: &mut BTreeMap<K, V>,
    key: K,
    value: V,
    place_of: impl Fn(&V) -> Span,
    span: Span,
    context: &mut Context<'_>,
    problem: impl FnOnce(&str) -> (String, String),
) {
    match entries.get(&key) {
        Some(first) => {
            let (summary, detail) = problem(&context.place(place_of(first)));
            context.error(summary, detail, span);
        }
        None => {
            entries.insert(key, value);
        }
    }
}

fn add_resource(module: &mut Module, resource: Option<ResourceBlock>, context: &mut Context<'_>) {
    let Some(resource) = resource else { return };
    let (address, span) = (resource.address.clone(), resource.span);
    add(
        &mut module.resources,
        address.clone(),
        resource,
        |r| r.span,
        span,
        context,
        |place| {
            let (keyword, kind) = match address.mode {
                Mode::Managed => ("resource", "resource"),
                Mode::Data => ("data", "data resource"),
                Mode::Ephemeral => ("ephemeral", "ephemeral resource"),
            };
            let (r#type, name) = (&address.r#type, &address.name);
            let detail = format!(
                "A {type} {kind} named \"{name}\" was already declared at {place}. Resource names must be unique per type \
             in each module."
            );
            (format!("Duplicate {keyword} \"{type}\" configuration"), detail)
        },
    );
}

fn add_provider(module: &mut Module, provider: crate::config::ProviderBlock, context: &mut Context<'_>) {
    let (key, span) = ((provider.name.clone(), provider.alias.clone()), provider.span);
    add(
        &mut module.providers,
        key.clone(),
        provider,
        |p| p.span,
        span,
        context,
        |place| {
            let name = &key.0;
            let detail = match &key.1 {
                Some(alias) => format!(
                    "A provider configuration for \"{name}\" with alias \"{alias}\" was already given at {place}. Each \
                 configuration for the same provider must have a distinct alias."
                ),
                None => format!(
                    "A default (non-aliased) provider configuration for \"{name}\" was already given at {place}. If \
                 multiple configurations are required, set the \"alias\" argument for alternative configurations."
                ),
            };
            ("Duplicate provider configuration".to_owned(), detail)
        },
    );
}

fn add_import(module: &mut Module, block: &Block, context: &mut Context<'_>) {
    if !module.path.is_root() {
        let detail = format!(
            "An import block was detected in \"{}\". Import blocks are only allowed in the root module.",
            module.path
        );
        context.error("Invalid import configuration", detail, block.header_span);
        return;
    }
    module.imports.extend(blocks::import(block, context));
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
