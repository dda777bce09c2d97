//! Which provider configurations a module may use: its own blocks, and what its callers pass.

use landfall_diag::{Diagnostic, Diagnostics};

use crate::config::load::references::display_provider;
use crate::config::{Module, ModuleCall, ProviderName};

/// Checks every use of a provider configuration in a tree of modules.
pub(super) fn check_providers(root: &Module) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    check_module(root, None, &mut diagnostics);
    diagnostics
}

fn check_module(module: &Module, call: Option<&ModuleCall>, diagnostics: &mut Diagnostics) {
    let passed =
        |name: &ProviderName| call.is_some_and(|call| call.providers.iter().any(|(child, _, _)| child == name));
    let declared = |name: &ProviderName| {
        let required = module.required_providers.get(&name.0);
        module.providers.contains_key(name)
            || required.is_some_and(|required| required.aliases.contains(name))
            || passed(name)
    };
    let checked_data = module.checks.values().filter_map(|check| check.data.as_deref());
    for resource in module.resources.values().chain(checked_data) {
        let Some((name, alias, _)) = &resource.provider else { continue };
        let name: ProviderName = (name.clone(), alias.clone());
        if alias.is_some() && !declared(&name) {
            diagnostics.push(not_present(&resource.address.to_string(), &name));
        }
    }
    for call in module.calls.values() {
        let Some(child) = module.children.get(&call.name) else { continue };
        for (_, parent, span) in &call.providers {
            if parent.1.is_some() && !declared(parent) {
                diagnostics.push(not_present(&format!("module.{}", call.name), parent).at(*span));
            }
        }
        check_call(call, child, diagnostics);
        check_types(module, call, child, diagnostics);
        check_module(child, Some(call), diagnostics);
    }
}

fn not_present(user: &str, name: &ProviderName) -> Diagnostic {
    let name = display_provider(name);
    let detail = format!(
        "To work with {user}, the provider configuration `{name}` is required, but there is no such `provider` block in \
         this module, and its caller does not pass one."
    );
    Diagnostic::error("Provider configuration not present", detail)
}

fn check_call(call: &ModuleCall, child: &Module, diagnostics: &mut Diagnostics) {
    let given = |name: &ProviderName| call.providers.iter().any(|(child, _, _)| child == name);
    for (name, required) in &child.required_providers {
        for alias in required.aliases.iter().filter(|alias| !given(alias)) {
            let alias = display_provider(alias);
            let detail = format!(
                "The child module requires an additional configuration for provider {}, with the local name \
                 \"{alias}\".\n\nRefer to the module's documentation to understand the intended purpose of this \
                 additional provider configuration, and then add an entry for {alias} in the \"providers\" \
                 meta-argument in the module block to choose which provider configuration the module should use for \
                 that purpose.",
                child.provider_source(name)
            );
            diagnostics.push(Diagnostic::error("Missing required provider configuration", detail).at(call.span));
        }
    }
    let repeated = call.count.as_ref().or(call.for_each.as_ref()).is_some() || !call.depends_on.is_empty();
    let configured =
        child.providers.values().find(|block| !block.body.attributes.is_empty() || !block.body.blocks.is_empty());
    if let (true, Some(block)) = (repeated, configured) {
        let detail = format!(
            "The module at module.{} is a legacy module which contains its own local provider configurations, and so \
             calls to it may not use the count, for_each, or depends_on arguments.\n\nIf you also control the module, \
             consider updating this module to instead expect provider configurations to be passed by its caller.",
            call.name
        );
        let span = call.count.as_ref().or(call.for_each.as_ref()).map_or(call.span, crate::Expr::span);
        let diagnostic = Diagnostic::error("Module is incompatible with count, for_each, and depends_on", detail);
        diagnostics.push(diagnostic.at(span).within(block.span));
    }
}

fn check_types(module: &Module, call: &ModuleCall, child: &Module, diagnostics: &mut Diagnostics) {
    for (inner, outer, span) in &call.providers {
        let (wanted, given) = (child.provider_source(&inner.0), module.provider_source(&outer.0));
        if wanted == given {
            continue;
        }
        let (inner, outer) = (display_provider(inner), display_provider(outer));
        let here = if module.path.is_root() { "the root module".to_owned() } else { module.path.to_string() };
        let detail = format!(
            "The local name \"{outer}\" in {here} represents provider \"{given}\", but \"{inner}\" in {} represents \
             \"{wanted}\".\n\nEach provider has its own distinct configuration schema and provider types, so this \
             module's \"{inner}\" can be assigned only a configuration for {wanted}.",
            child.path
        );
        diagnostics.push(Diagnostic::error("Provider type mismatch", detail).at(*span));
    }
}
