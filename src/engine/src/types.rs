//! Resource types, data sources and ephemeral resource types with what is computed from their schemas once.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{Mode, ProviderSource, Resource};
use landfall_diag::Diagnostic;
use landfall_provider::{AnyDataSource, AnyEphemeral, AnyResource};
use landfall_value::Type;
use landfall_value::schema::Schema;

use crate::Providers;

/// What the engine calls for objects of a type.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'a> {
    /// A resource type.
    Managed(&'a dyn AnyResource),
    /// A data source.
    Data(&'a dyn AnyDataSource),
    /// An ephemeral resource type.
    Ephemeral(&'a dyn AnyEphemeral),
}

/// A resource type, data source or ephemeral resource type.
pub(crate) struct TypeInfo<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) schema: &'a Schema,
    /// Type of whole objects.
    pub(crate) value_type: Type,
    /// Whether the schema calls any attribute sensitive.
    pub(crate) has_sensitive: bool,
}

impl<'a> TypeInfo<'a> {
    /// Returns the resource type, if it is one.
    pub(crate) fn managed(&self) -> Option<&'a dyn AnyResource> {
        match self.kind {
            Kind::Managed(resource) => Some(resource),
            Kind::Data(_) | Kind::Ephemeral(_) => None,
        }
    }
}

/// Types that were asked for so far.
pub(crate) struct Types<'a> {
    providers: &'a Providers,
    known: BTreeMap<(ProviderSource, Mode, Arc<str>), Arc<TypeInfo<'a>>>,
}

impl<'a> Types<'a> {
    pub(crate) fn new(providers: &'a Providers) -> Self {
        Self { providers, known: BTreeMap::new() }
    }

    /// Returns the type of a resource.
    ///
    /// # Errors
    /// When there is no such provider, or it has no such type.
    pub(crate) fn get(
        &mut self,
        source: &ProviderSource,
        resource: &Resource,
    ) -> Result<Arc<TypeInfo<'a>>, Diagnostic> {
        let key = (source.clone(), resource.mode, resource.r#type.clone());
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let made = Arc::new(self.make(source, resource)?);
        self.known.insert(key, made.clone());
        Ok(made)
    }

    fn make(&self, source: &ProviderSource, resource: &Resource) -> Result<TypeInfo<'a>, Diagnostic> {
        let Some(provider) = self.providers.get(source) else { return Err(self.no_provider(source, resource)) };
        let r#type = &*resource.r#type;
        let (kind, schema) = match resource.mode {
            Mode::Managed => {
                let found = provider.resource(r#type).ok_or_else(|| {
                    no_type("resource type", r#type, source, provider.version(), &provider.resource_types())
                })?;
                (Kind::Managed(found), found.schema())
            }
            Mode::Data => {
                let found = provider.data_source(r#type).ok_or_else(|| {
                    no_type("data source", r#type, source, provider.version(), &provider.data_source_types())
                })?;
                (Kind::Data(found), found.schema())
            }
            Mode::Ephemeral => {
                let found = provider.ephemeral(r#type).ok_or_else(|| {
                    let known = provider.ephemeral_types();
                    no_type("ephemeral resource type", r#type, source, provider.version(), &known)
                })?;
                (Kind::Ephemeral(found), found.schema())
            }
        };
        let value_type = schema.block.value_type();
        Ok(TypeInfo { kind, schema, value_type, has_sensitive: schema.block.has_sensitive() })
    }

    fn no_provider(&self, source: &ProviderSource, resource: &Resource) -> Diagnostic {
        let known: Vec<String> = self.providers.iter().map(|provider| format!("`{}`", provider.source())).collect();
        Diagnostic::error(
            "Unsupported provider",
            format!(
                "`{resource}` needs the provider `{source}`, which is not part of landfall. It has {}.",
                known.join(", ")
            ),
        )
    }
}

/// Says that a type is not supported, with near names, or all of them if they are few.
fn no_type(what: &str, name: &str, source: &ProviderSource, version: &str, known: &[&str]) -> Diagnostic {
    let mut near: Vec<(usize, &str)> =
        known.iter().map(|other| (strsim::damerau_levenshtein(name, other), *other)).collect();
    near.sort_unstable();
    let hint = match near.first() {
        None => format!("The provider has no {what} in landfall."),
        Some((distance, best)) if *distance <= 3 => format!("Did you mean `{best}`?"),
        Some(_) => format!("Supported are {}.", known.join(", ")),
    };
    Diagnostic::error(
        format!("Invalid {what}"),
        format!("landfall does not support the {what} `{name}` of `{source}` {version}. {hint}"),
    )
}
