//! Values of the root module's variables, from all the places where they may be given.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_engine::VariableInput;
use landfall_lang::config::Variable;
use landfall_lang::{Config, parse_tfvars, parse_tfvars_json, parse_variable_text};

use super::files::reason;
use crate::args::VariableArg;
use crate::session::Session;

/// Whether a person may be asked for what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Yes.
    Allowed,
    /// No: the engine reports what is missing.
    Never,
}

/// Values by name.
pub(crate) type Values = BTreeMap<Arc<str>, VariableInput>;

/// Collects values: later places win. Environment, `terraform.tfvars`, `terraform.tfvars.json`, `*.auto.tfvars` and
/// `*.auto.tfvars.json` by name, then the command line in order.
///
/// # Errors
/// All problems that were found.
pub(crate) fn collect(
    session: &mut Session,
    config: &Config,
    given: &[VariableArg],
    asking: Asking,
) -> Result<(Values, Diagnostics), Diagnostics> {
    let mut collector = Collector { session, config, values: Values::new(), found: Diagnostics::new(), undeclared: 0 };
    collector.environment();
    collector.files();
    for argument in given {
        match argument {
            VariableArg::Value(name, text) => collector.argument(name, text),
            VariableArg::File(path) => collector.file(path),
        }
    }
    collector.sum_up();
    if asking == Asking::Allowed && !collector.found.has_errors() {
        collector.ask_for_missing();
    }
    let (values, found) = (collector.values, collector.found);
    found.into_result(values)
}

struct Collector<'a> {
    session: &'a mut Session,
    config: &'a Config,
    values: Values,
    found: Diagnostics,
    undeclared: usize,
}

impl<'a> Collector<'a> {
    fn variable(&self, name: &str) -> Option<&'a Variable> {
        self.config.root.variables.get(name)
    }

    fn environment(&mut self) {
        let given: Vec<(String, String)> = self
            .session
            .environment
            .variable_values()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, text) in given {
            // The environment is shared with other projects: what is not declared here is not meant for us.
            if let Some(variable) = self.variable(&name) {
                self.text(variable, &text, &format!("<value for var.{name} from the environment>"));
            }
        }
    }

    fn argument(&mut self, name: &str, text: &str) {
        match self.variable(name) {
            Some(variable) => self.text(variable, text, &format!("<value for var.{name}>")),
            None => {
                let detail = format!(
                    "A variable named \"{name}\" was assigned on the command line, but the root module does not declare \
                     a variable of that name. To use this value, add a \"variable\" block to the configuration."
                );
                self.found.push(Diagnostic::error("Value for undeclared variable", detail));
            }
        }
    }

    fn text(&mut self, variable: &Variable, text: &str, origin: &str) {
        let value = parse_variable_text(variable, text, origin, &mut self.session.sources, &mut self.found);
        if let Some(value) = value {
            self.values.insert(variable.name.clone(), VariableInput { value, span: None });
        }
    }

    fn files(&mut self) {
        for name in ["terraform.tfvars", "terraform.tfvars.json"] {
            if Path::new(name).exists() {
                self.file(Path::new(name));
            }
        }
        let is_automatic = |name: &String| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
        let mut automatic: Vec<String> = fs::read_dir(".")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(is_automatic)
            .collect();
        automatic.sort();
        automatic.iter().for_each(|name| self.file(Path::new(name)));
    }

    fn file(&mut self, path: &Path) {
        let name = path.to_string_lossy().into_owned();
        let text = match fs::read(path) {
            Ok(text) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) => {
                let detail = match error.kind() {
                    std::io::ErrorKind::NotFound => format!("Given variables file {name} does not exist."),
                    _ => format!("Error while reading {name}: {}.", reason(&error)),
                };
                self.found.push(Diagnostic::error("Failed to read variables file", detail));
                return;
            }
        };
        let source = self.session.sources.add(name.as_str(), text);
        let values = match name.ends_with(".json") {
            true => parse_tfvars_json(&self.session.sources, source, &mut self.found),
            false => parse_tfvars(&self.session.sources, source, &mut self.found),
        };
        for (name, given) in values {
            if self.variable(&name).is_some() {
                self.values.insert(name, VariableInput { value: given.value, span: Some(given.span) });
            } else {
                self.undeclared(&name, given.span);
            }
        }
    }

    fn undeclared(&mut self, name: &str, span: landfall_diag::Span) {
        self.undeclared += 1;
        if self.undeclared <= 2 {
            let detail = format!(
                "The root module does not declare a variable named \"{name}\" but a value was found in file \"{}\". If \
                 you meant to use this value, add a \"variable\" block to the configuration.\n\nTo silence these \
                 warnings, use TF_VAR_... environment variables to provide certain \"global\" settings to all \
                 configurations in your organization. To reduce the verbosity of these warnings, use the \
                 -compact-warnings option.",
                self.session.sources.name(span.source)
            );
            self.found.push(Diagnostic::warning("Value for undeclared variable", detail));
        }
    }

    fn sum_up(&mut self) {
        if self.undeclared > 2 {
            let detail = format!(
                "In addition to the other similar warnings shown, {} other variable(s) defined without being declared.",
                self.undeclared - 2
            );
            self.found.push(Diagnostic::warning("Values for undeclared variables", detail));
        }
    }

    fn ask_for_missing(&mut self) {
        for variable in self.config.root.variables.values() {
            if variable.default.is_some() || self.values.contains_key(&variable.name) {
                continue;
            }
            let mut question = format!("var.{}\n", variable.name);
            if let Some(description) = &variable.description {
                description.trim().lines().for_each(|line| question.push_str(&format!("  {line}\n")));
            }
            question.push_str("\n  Enter a value: ");
            match self.session.ask(&question) {
                Ok(answer) => self.text(variable, &answer, &format!("<value for var.{}>", variable.name)),
                // The engine reports the missing value, with its place.
                Err(_) => return,
            }
        }
    }
}
