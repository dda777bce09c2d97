//! Which provider configurations a module may use: its own blocks, and what its callers pass.

use std::collections::BTreeMap;

use landfall_addr::ProviderSource;
use landfall_diag::{Diagnostic, Diagnostics, Severity, Span};

use crate::config::load::references::display_provider;
use crate::config::{Module, ModuleCall, ProviderBlock, ProviderName};

/// Checks every use of a provider configuration in a tree of modules. `absent` takes what Terraform finds when it builds the
/// graph: configurations that are used and not there.
pub(super) fn check_providers(root: &Module, diagnostics: &mut Diagnostics, absent: &mut Diagnostics) {
    check_module(root, None, diagnostics, absent);
}

/// The call that a module is reached by.
#[derive(Clone, Copy)]
struct Caller<'a> {
    module: &'a Module,
    call: &'a ModuleCall,
}

fn check_module(module: &Module, caller: Option<Caller<'_>>, diagnostics: &mut Diagnostics, absent: &mut Diagnostics) {
    let names = Names::of(module, caller.map(|caller| caller.call));
    check_duplicates(module, diagnostics);
    check_aliases(module, &names, absent);
    for call in module.calls.values() {
        check_given(module, call, &names, diagnostics);
    }
    if let Some(caller) = caller {
        check_called(module, caller, &names, diagnostics);
    }
    for call in module.calls.values() {
        if let Some(child) = module.children.get(&call.name) {
            check_module(child, Some(Caller { module, call }), diagnostics, absent);
        }
    }
}

/// The provider configurations that a module knows.
struct Names<'a> {
    /// Blocks with arguments.
    configured: BTreeMap<&'a ProviderName, Span>,
    /// Blocks without arguments: the way of Terraform 0.12 to say that the caller passes a configuration.
    empty: BTreeMap<&'a ProviderName, Span>,
    /// Names of `configuration_aliases`.
    aliases: BTreeMap<&'a ProviderName, &'a ProviderSource>,
    /// What the caller passes.
    passed: BTreeMap<&'a ProviderName, (&'a ProviderName, Span)>,
}

impl<'a> Names<'a> {
    fn of(module: &'a Module, call: Option<&'a ModuleCall>) -> Self {
        let (empty, configured): (BTreeMap<_, _>, BTreeMap<_, _>) = module
            .providers
            .iter()
            .partition(|(_, block)| block.body.attributes.is_empty() && block.body.blocks.is_empty());
        let spans = |blocks: BTreeMap<&'a ProviderName, &'a ProviderBlock>| {
            blocks.into_iter().map(|(name, block)| (name, block.span)).collect()
        };
        let required = module.required_providers.values();
        let aliases = required.flat_map(|required| required.aliases.iter().map(|alias| (alias, &required.source)));
        let passed = call.into_iter().flat_map(|call| &call.providers);
        Self {
            configured: spans(configured),
            empty: spans(empty),
            aliases: aliases.collect(),
            passed: passed.map(|(child, parent, span)| (child, (parent, *span))).collect(),
        }
    }

    fn has(&self, name: &ProviderName) -> bool {
        self.configured.contains_key(name)
            || self.empty.contains_key(name)
            || self.aliases.contains_key(name)
            || self.passed.contains_key(name)
    }
}

/// Warns of one provider under two names.
fn check_duplicates(module: &Module, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<&ProviderSource, &str> = BTreeMap::new();
    let mut required: Vec<_> = module.required_providers.iter().collect();
    required.sort_by_key(|(_, required)| required.span);
    for (name, required) in required {
        match seen.get(&required.source) {
            Some(first) => {
                let detail = format!(
                    "Provider {} with the local name \"{name}\" was previously required as \"{first}\". A provider can \
                     only be required once within required_providers.",
                    display_source(&required.source)
                );
                diagnostics.push(Diagnostic::warning("Duplicate required provider", detail).at(required.span));
            }
            None => {
                seen.insert(&required.source, name);
            }
        }
    }
    for resource in module.resources.values().filter(|resource| resource.provider.is_none()) {
        let implied = resource.address.implied_provider();
        if module.required_providers.contains_key(implied) {
            continue;
        }
        if let Some(other) = seen.get(&module.provider_source(implied)).filter(|other| **other != implied) {
            let detail = format!(
                "Provider {} with the local name \"{other}\" was implicitly required via a configuration block as \
                 \"{implied}\". The provider configuration block name must match the name used in required_providers.",
                display_source(&module.provider_source(implied))
            );
            diagnostics.push(Diagnostic::warning("Duplicate required provider", detail).at(resource.span));
        }
    }
}

/// Checks that each configuration with an alias that a block uses is there.
fn check_aliases(module: &Module, names: &Names<'_>, diagnostics: &mut Diagnostics) {
    let checked_data = module.checks.values().filter_map(|check| check.data.as_deref());
    for resource in module.resources.values().chain(checked_data) {
        let Some((name, alias, _)) = &resource.provider else { continue };
        let name: ProviderName = (name.clone(), alias.clone());
        if alias.is_some() && !names.has(&name) {
            diagnostics.push(not_present(&resource.address.to_string(), &name));
        }
    }
    for call in module.calls.values().filter(|call| module.children.contains_key(&call.name)) {
        for (_, parent, span) in &call.providers {
            if parent.1.is_some() && !names.has(parent) {
                diagnostics.push(not_present(&format!("module.{}", call.name), parent).at(*span));
            }
        }
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

/// Warns of configurations without alias that a module passes on and does not have.
fn check_given(module: &Module, call: &ModuleCall, names: &Names<'_>, diagnostics: &mut Diagnostics) {
    let here = module.place();
    for (_, parent, span) in call.providers.iter().filter(|(_, parent, _)| parent.1.is_none()) {
        let is_required = module.required_providers.contains_key(&parent.0);
        if !names.configured.contains_key(parent) && !is_required {
            let source = format!("hashicorp/{}", parent.0);
            let detail = format!(
                "There is no explicit declaration for local provider name \"{0}\" in {here}, so Terraform is assuming you \
                 mean to pass a configuration for provider \"{source}\".\n\nTo clarify your intent and silence this \
                 warning, add to {here} a required_providers entry named \"{0}\" with source = \"{source}\", or a different \
                 source address if appropriate.",
                parent.0
            );
            diagnostics.push(Diagnostic::warning("Reference to undefined provider", detail).at(*span));
        }
    }
}

/// Checks what a module is passed against what it declares.
fn check_called(module: &Module, caller: Caller<'_>, names: &Names<'_>, diagnostics: &mut Diagnostics) {
    let call = caller.call;
    check_repeated(call, names, diagnostics);
    for (name, source) in &names.aliases {
        if names.configured.contains_key(name) || names.passed.contains_key(name) {
            continue;
        }
        let alias = display_provider(name);
        let detail = format!(
            "The child module requires an additional configuration for provider {}, with the local name \"{alias}\".\n\n\
             Refer to the module's documentation to understand the intended purpose of this additional provider \
             configuration, and then add an entry for {alias} in the \"providers\" meta-argument in the module block to \
             choose which provider configuration the module should use for that purpose.",
            display_source(source)
        );
        diagnostics.push(Diagnostic::error("Missing required provider configuration", detail).at(call.span));
    }
    for (name, (parent, span)) in &names.passed {
        if names.configured.contains_key(name) {
            let detail = format!(
                "The configuration of {} has its own local configuration for {}, and so it cannot accept an overridden \
                 configuration provided by {}.",
                module.place(),
                display_provider(name),
                caller.module.place()
            );
            diagnostics.push(Diagnostic::error("Cannot override provider configuration", detail).at(*span));
        }
        check_passed(module, caller.module, (name, parent), names, |problem| diagnostics.push(problem.at(*span)));
    }
    for (name, span) in &names.empty {
        let detail = format!(
            "Earlier versions of Terraform used empty provider blocks (\"proxy provider configurations\") for child \
             modules to declare their need to be passed a provider configuration by their callers. That approach was \
             ambiguous and is now deprecated.\n\nIf you control this module, you can migrate to the new declaration \
             syntax by removing the empty provider \"{0}\" blocks and then adding or updating an entry of \
             required_providers for \"{0}\".",
            name.0
        );
        diagnostics.push(Diagnostic::warning("Redundant empty provider block", detail).at(*span));
    }
}

/// Says that a module with configurations of its own cannot be repeated.
fn check_repeated(call: &ModuleCall, names: &Names<'_>, diagnostics: &mut Diagnostics) {
    let repeated = call.count.as_ref().or(call.for_each.as_ref());
    let Some(block) = names.configured.values().next() else { return };
    if repeated.is_none() && call.depends_on.is_empty() {
        return;
    }
    let detail = format!(
        "The module at module.{} is a legacy module which contains its own local provider configurations, and so calls to \
         it may not use the count, for_each, or depends_on arguments.\n\nIf you also control the module, consider updating \
         this module to instead expect provider configurations to be passed by its caller.",
        call.name
    );
    let span = repeated.map_or(call.span, crate::Expr::span);
    let diagnostic = Diagnostic::error("Module is incompatible with count, for_each, and depends_on", detail);
    diagnostics.push(diagnostic.at(span).within(*block));
}

/// Checks that a configuration that is passed is one of the provider that the child means.
///
/// A name that a module does not declare is the official provider of that name, even for the one that is built in.
fn check_passed(
    module: &Module,
    caller: &Module,
    (name, parent): (&ProviderName, &ProviderName),
    names: &Names<'_>,
    mut report: impl FnMut(Diagnostic),
) {
    let shown = display_provider(name);
    let declared = module.required_providers.get(&name.0).map(|required| required.source.clone());
    let is_declared =
        (name.1.is_none() && declared.is_some()) || names.aliases.contains_key(name) || names.empty.contains_key(name);
    let wanted = declared.unwrap_or_else(|| ProviderSource::official(&name.0));
    if !is_declared {
        let source = display_source(&wanted);
        let detail = format!(
            "There is no explicit declaration for local provider name \"{shown}\" in {}, so Terraform is assuming you mean \
             to pass a configuration for \"{source}\".\n\nIf you also control the child module, add a required_providers \
             entry named \"{shown}\" with the source address \"{source}\".",
            module.place()
        );
        let severity =
            if wanted == ProviderSource::official(&wanted.name) { Severity::Warning } else { Severity::Error };
        report(Diagnostic { severity, ..Diagnostic::error("Reference to undefined provider", detail) });
    }
    // Terraform looks under the child's name first.
    let required = caller.required_providers.get(&shown).or_else(|| caller.required_providers.get(&parent.0));
    let given = required.map_or_else(|| ProviderSource::official(&parent.0), |required| required.source.clone());
    if wanted != given {
        let (wanted, given) = (display_source(&wanted), display_source(&given));
        let detail = format!(
            "The local name \"{}\" in {} represents provider \"{given}\", but \"{shown}\" in {} represents \"{wanted}\".\n\n\
             Each provider has its own distinct configuration schema and provider types, so this module's \"{shown}\" can \
             be assigned only a configuration for {wanted}.",
            display_provider(parent),
            caller.place(),
            module.place()
        );
        report(Diagnostic::error("Provider type mismatch", detail));
    }
}

/// Writes a source without what may be left out.
fn display_source(source: &ProviderSource) -> String {
    match &*source.host {
        ProviderSource::DEFAULT_HOST => format!("{}/{}", source.namespace, source.name),
        _ => source.to_string(),
    }
}
