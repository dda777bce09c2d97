//! Blocks that a module has once under their key, and what is said of a second one.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{Mode, Resource};
use landfall_diag::Span;

use crate::config::load::context::Context;
use crate::config::{CheckBlock, Local, ModuleCall, Output, ProviderBlock, ProviderName, ResourceBlock, Variable};

/// A block, or an entry of one, that is the only one of its key in a module.
pub(super) trait Unique {
    /// What tells it from others of its kind.
    type Key: Ord + Clone;

    fn key(&self) -> Self::Key;

    fn span(&self) -> Span;

    /// Returns summary and detail for a second one, the first being at `place`.
    fn second(key: &Self::Key, place: &str) -> (String, String);
}

/// Adds an entry unless its key is taken; then the first stays, and the second is reported.
pub(super) fn add<T: Unique>(entries: &mut BTreeMap<T::Key, T>, value: Option<T>, context: &mut Context<'_>) {
    let Some(value) = value else { return };
    let key = value.key();
    match entries.get(&key) {
        Some(first) => {
            let (summary, detail) = T::second(&key, &context.place(first.span()));
            context.error(summary, detail, value.span());
        }
        None => {
            entries.insert(key, value);
        }
    }
}

/// Implements [`Unique`] for what has a `name` and a `span`.
macro_rules! unique_by_name {
    ($type:ty, $summary:literal, $detail:literal) => {
        impl Unique for $type {
            type Key = Arc<str>;

            fn key(&self) -> Arc<str> {
                self.name.clone()
            }

            fn span(&self) -> Span {
                self.span
            }

            fn second(name: &Arc<str>, place: &str) -> (String, String) {
                ($summary.replace("NAME", name), format!($detail, name = name, place = place))
            }
        }
    };
}

unique_by_name!(
    Variable,
    "Duplicate variable declaration",
    "A variable named \"{name}\" was already declared at {place}. Variable names must be unique within a module."
);
unique_by_name!(
    Local,
    "Duplicate local value definition",
    "A local value named \"{name}\" was already defined at {place}. Local value names must be unique within a module."
);
unique_by_name!(
    Output,
    "Duplicate output definition",
    "An output named \"{name}\" was already defined at {place}. Output names must be unique within a module."
);
unique_by_name!(
    ModuleCall,
    "Duplicate module call",
    "A module call named \"{name}\" was already defined at {place}. Module calls must have unique names within a module."
);
unique_by_name!(
    CheckBlock,
    "Duplicate check \"NAME\" configuration",
    "A check block named \"{name}\" was already declared at {place}. Check blocks must be unique within each module."
);

impl Unique for ResourceBlock {
    type Key = Resource;

    fn key(&self) -> Resource {
        self.address.clone()
    }

    fn span(&self) -> Span {
        self.span
    }

    fn second(Resource { mode, r#type, name }: &Resource, place: &str) -> (String, String) {
        let (keyword, kind) = match mode {
            Mode::Managed => ("resource", "resource"),
            Mode::Data => ("data", "data resource"),
            Mode::Ephemeral => ("ephemeral", "ephemeral resource"),
        };
        let detail = format!(
            "A {type} {kind} named \"{name}\" was already declared at {place}. Resource names must be unique per type in \
             each module."
        );
        (format!("Duplicate {keyword} \"{type}\" configuration"), detail)
    }
}

impl Unique for ProviderBlock {
    type Key = ProviderName;

    fn key(&self) -> ProviderName {
        (self.name.clone(), self.alias.clone())
    }

    fn span(&self) -> Span {
        self.span
    }

    fn second((name, alias): &ProviderName, place: &str) -> (String, String) {
        let detail = match alias {
            Some(alias) => format!(
                "A provider configuration for \"{name}\" with alias \"{alias}\" was already given at {place}. Each \
                 configuration for the same provider must have a distinct alias."
            ),
            None => format!(
                "A default (non-aliased) provider configuration for \"{name}\" was already given at {place}. If multiple \
                 configurations are required, set the \"alias\" argument for alternative configurations."
            ),
        };
        ("Duplicate provider configuration".to_owned(), detail)
    }
}
