//! Providers that a configuration uses and nobody has.

use std::collections::BTreeMap;

use landfall_addr::{ProviderSource, Target};
use landfall_diag::{Diagnostic, Diagnostics, Span};

use super::Schemas;
use crate::config::{Config, Module};

/// Returns an error for each provider that blocks use and that there is not, where it is first used. Without it, nothing
/// can be said of these blocks.
///
/// A provider that is required and not used does no harm.
pub fn missing_providers(config: &Config, schemas: &dyn Schemas) -> Diagnostics {
    let mut missing: BTreeMap<ProviderSource, (Span, Vec<String>)> = BTreeMap::new();
    for module in config.root.descendants() {
        for (source, user, span) in uses(module) {
            if schemas.provider(&source).is_none() {
                missing.entry(source).or_insert_with(|| (span, Vec::new())).1.push(user);
            }
        }
    }
    missing.iter().map(|(source, (span, users))| problem(source, users).at(*span)).collect()
}

/// Returns the providers of a module's blocks, with the addresses of the blocks and where they are.
fn uses(module: &Module) -> Vec<(ProviderSource, String, Span)> {
    let at = |local: String| if module.path.is_root() { local } else { format!("{}.{local}", module.path) };
    let checked = module.checks.values().filter_map(|check| check.data.as_deref());
    let resources = module.resources.values().chain(checked).map(|block| {
        let (name, _) = module.provider_of(block);
        (module.provider_source(&name), at(block.address.to_string()), block.span)
    });
    let blocks = module.providers.values().map(|block| {
        let local = format!("provider.{}", block.name);
        (module.provider_source(&block.name), at(local), block.span)
    });
    let imports = module.imports.iter().filter_map(|import| {
        let resource = match &import.to {
            Target::Module(_) => return None,
            Target::Resource(resource) => &resource.resource,
            Target::Instance(instance) => &instance.resource,
        };
        let name = import.provider.as_ref().map_or(resource.implied_provider(), |((name, _), _)| name);
        Some((module.provider_source(name), at(import.to.to_string()), import.span))
    });
    resources.chain(blocks).chain(imports).collect()
}

fn problem(source: &ProviderSource, users: &[String]) -> Diagnostic {
    const SHOWN: usize = 5;
    let more = match users.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let users = users.iter().take(SHOWN).map(|user| format!("`{user}`")).collect::<Vec<_>>().join(", ");
    let detail = format!(
        "landfall has no provider `{source}`: its providers are part of the program. The configuration uses it in \
         {users}{more}."
    );
    Diagnostic::error("Missing required provider", detail)
}
