//! Which provider configuration a block uses: its own module's, one passed by the caller, or an inherited one.

use std::sync::Arc;

use landfall_addr::{ProviderConfig, ProviderSource};
use landfall_diag::{Diagnostic, Span};
use landfall_lang::config::{Module, ModuleCall, ProviderBlock, ProviderName};

/// Returns the source that a local name means where `required_providers` does not say.
pub(crate) fn implied_source(name: &str) -> ProviderSource {
    match name {
        "terraform" => ProviderSource::builtin(),
        name => ProviderSource::official(name),
    }
}

/// A module with its callers: what resolution climbs.
pub(super) struct Ancestry<'c> {
    /// From the module itself to the root, each with the call that leads into it (none for the root).
    pub(super) modules: Vec<(&'c Module, Option<&'c ModuleCall>)>,
}

impl<'c> Ancestry<'c> {
    /// Returns the configuration that a local name and alias mean in the first module.
    ///
    /// # Errors
    /// When no such configuration is there or passed in.
    pub(super) fn resolve(
        &self,
        name: &ProviderName,
        span: Span,
    ) -> Result<(ProviderConfig, Option<&'c ProviderBlock>), Diagnostic> {
        let (mut name, mut alias) = name.clone();
        for (i, (module, call)) in self.modules.iter().enumerate() {
            let source = source_of(module, &name);
            let block = module.providers.get(&(name.clone(), alias.clone()));
            if block.is_some() || call.is_none() {
                if block.is_none() && alias.is_some() {
                    return Err(missing(&name, alias.as_deref(), span));
                }
                return Ok((ProviderConfig { module: module.path.clone(), source, alias }, block));
            }
            let passed = call.and_then(|call| {
                call.providers
                    .iter()
                    .find(|(inner, _, _)| (&inner.0, &inner.1) == (&name, &alias))
                    .map(|(_, outer, _)| outer)
            });
            match (passed, &alias) {
                (Some(outer), _) => (name, alias) = outer.clone(),
                (None, Some(_)) => return Err(missing(&name, alias.as_deref(), span)),
                (None, None) => name = name_of(self.modules[i + 1].0, &source).unwrap_or(name),
            }
        }
        Err(missing(&name, alias.as_deref(), span))
    }
}

/// Returns the source that a local name means in a module.
fn source_of(module: &Module, name: &str) -> ProviderSource {
    module.required_providers.get(name).map_or_else(|| implied_source(name), |required| required.source.clone())
}

/// Returns the local name of a source in a module, where it is not the implied one.
fn name_of(module: &Module, source: &ProviderSource) -> Option<Arc<str>> {
    module.required_providers.iter().find(|(_, required)| required.source == *source).map(|(name, _)| name.clone())
}

fn missing(name: &str, alias: Option<&str>, span: Span) -> Diagnostic {
    let written = alias.map_or_else(|| name.to_owned(), |alias| format!("{name}.{alias}"));
    Diagnostic::error(
        "Provider configuration not present",
        format!(
            "There is no configuration `{written}` of a provider here. Add a `provider \"{name}\"` block with that alias, \
             or pass one with the `providers` argument of the module call."
        ),
    )
    .at(span)
}
