//! The settings that a `backend` block and `-backend-config` give.

use std::collections::BTreeMap;

use landfall_backend::Problem;
use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_lang::config::Backend;
use landfall_lang::{Body, Host, Reference, Referent, Scope};
use landfall_value::Value;
use serde_json::Value as Json;

use crate::project::host::OsHost;
use crate::session::Session;

/// Settings with their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    settings: BTreeMap<String, Setting>,
    header: Option<Span>,
}

/// One setting.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Its value.
    pub value: Json,
    place: Option<Span>,
}

/// Where settings are, for messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    settings: BTreeMap<String, Span>,
    header: Option<Span>,
}

/// What `-backend-config` says, in order.
pub(crate) struct Overrides(Vec<Given>);

impl Setting {
    /// Returns a finding at the setting's place.
    pub fn locate(&self, found: Diagnostic) -> Diagnostic {
        match self.place {
            Some(place) => found.at(place),
            None => found,
        }
    }
}

impl Given {
    /// Reads a block, whose arguments are constants.
    ///
    /// # Errors
    /// What is not.
    pub fn of_block(block: &Backend) -> Result<Self, Diagnostics> {
        let given = Self::of_body(&block.body)?;
        Ok(Self { header: Some(block.span), ..given })
    }

    fn of_body(body: &Body) -> Result<Self, Diagnostics> {
        let mut found = Diagnostics::new();
        let mut settings = BTreeMap::new();
        for block in &body.blocks {
            let detail = format!("Blocks of type \"{}\" are not expected here.", block.r#type);
            found.push(Diagnostic::error("Unsupported block type", detail).at(block.header_span));
        }
        for (name, attribute) in &body.attributes {
            let before = found.has_errors();
            let value = attribute.expr.evaluate(&Constants(OsHost::planning()), &mut found);
            match landfall_value::json::to_json(&value) {
                Ok(value) => {
                    let setting = Setting { value, place: Some(attribute.name_span) };
                    settings.insert(name.to_string(), setting);
                }
                Err(_) if found.has_errors() != before => {}
                Err(error) => {
                    let detail = format!("The value of \"{name}\" cannot be used here: {error}.");
                    found.push(Diagnostic::error("Invalid backend configuration", detail).at(attribute.name_span));
                }
            }
        }
        found.into_result(Self { settings, header: None }).map(|(given, _)| given)
    }

    /// Returns the settings with others over them.
    #[must_use]
    pub fn with(mut self, overrides: &Overrides) -> Self {
        for given in &overrides.0 {
            self.settings.extend(given.settings.clone());
        }
        self
    }

    /// Returns the settings in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.settings.iter().map(|(name, setting)| (name.as_str(), setting))
    }

    /// Returns the values.
    pub fn values(&self) -> BTreeMap<String, Json> {
        self.settings.iter().map(|(name, setting)| (name.clone(), setting.value.clone())).collect()
    }

    /// Returns the places.
    pub fn places(&self) -> Places {
        let place = |(name, setting): (&String, &Setting)| Some((name.clone(), setting.place?));
        Places { settings: self.settings.iter().filter_map(place).collect(), header: self.header }
    }
}

impl Places {
    /// Returns problems as findings at the places of what is to blame.
    pub fn locate(&self, problems: Vec<Problem>) -> Diagnostics {
        let located = problems.into_iter().map(|problem| {
            let place = problem.setting.as_ref().and_then(|name| self.settings.get(name)).copied().or(self.header);
            let found = Diagnostic::error(problem.summary, problem.detail);
            match place {
                Some(place) => found.at(place),
                None => found,
            }
        });
        located.collect()
    }
}

impl Overrides {
    /// Returns no settings.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads the values of `-backend-config`: `NAME=VALUE`, or a file with settings.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(session: &mut Session, words: &[String]) -> Result<Self, Diagnostics> {
        let mut all = Vec::new();
        for word in words {
            all.push(match word.split_once('=') {
                Some((name, value)) => {
                    let setting = Setting { value: value.into(), place: None };
                    Given { settings: BTreeMap::from([(name.trim().to_owned(), setting)]), header: None }
                }
                None => Self::read_file(session, word)?,
            });
        }
        Ok(Self(all))
    }

    fn read_file(session: &mut Session, path: &str) -> Result<Given, Diagnostics> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let detail = format!("The file `{path}` of -backend-config cannot be read: {error}.");
            Diagnostic::error("Failed to read file", detail)
        })?;
        let source = session.sources.add(path, text);
        let mut found = Diagnostics::new();
        let body = landfall_lang::syntax::parse_body(&session.sources, source, &mut found);
        if found.has_errors() {
            return Err(found);
        }
        Given::of_body(&body)
    }

    /// Returns whether nothing is given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A scope without names: only constants can be evaluated.
pub(in crate::project) struct Constants(pub OsHost);

impl Scope for Constants {
    fn lookup(&self, _: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        let detail = "Variables may not be used here.";
        Err(Diagnostic::error("Variables not allowed", detail).at(reference.span))
    }

    fn host(&self) -> &dyn Host {
        &self.0
    }
}
