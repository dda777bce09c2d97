//! What the process is given: environment variables and the working directory, read once.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use crate::views::Style;

/// Environment variables and the working directory.
#[derive(Clone, Debug)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The directory that landfall was started in: `path.cwd`.
    pub started_in: PathBuf,
}

impl Environment {
    /// Reads the environment of the process.
    pub fn of_process() -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self {
            variables: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            started_in: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        }
    }

    /// Returns an environment with these variables.
    #[cfg(test)]
    pub fn of(variables: BTreeMap<String, String>) -> Self {
        Self { variables, started_in: PathBuf::from(".") }
    }

    /// Returns a variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns names and values of all variables.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the directory for what can be fetched again, if the user has one.
    pub fn cache_directory(&self) -> Option<PathBuf> {
        if let Some(directory) = self.get("LANDFALL_CACHE_DIR") {
            return Some(directory.into());
        }
        let base = match self.get("XDG_CACHE_HOME") {
            Some(directory) => PathBuf::from(directory),
            None => PathBuf::from(self.get("HOME")?).join(".cache"),
        };
        Some(base.join("landfall"))
    }

    /// Returns names and values of the `TF_VAR_` variables.
    pub fn variable_values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().filter_map(|(name, value)| Some((name.strip_prefix("TF_VAR_")?, value.as_str())))
    }

    /// Returns the directory for modules and settings of the working directory.
    pub fn data_directory(&self) -> PathBuf {
        self.get("TF_DATA_DIR").unwrap_or(".terraform").into()
    }

    /// Returns whether people may be asked, as far as the environment says.
    pub fn allows_input(&self) -> bool {
        !matches!(self.get("TF_INPUT"), Some("0" | "false"))
    }

    /// Returns whether a script calls: hints on what to do next are left out.
    pub fn in_automation(&self) -> bool {
        self.get("TF_IN_AUTOMATION").is_some()
    }

    /// Returns how text for people looks on standard output.
    pub fn stdout_style(&self, no_colour: bool) -> Style {
        self.style(no_colour, io::stdout().is_terminal(), || console::Term::stdout().size_checked())
    }

    /// Returns how text for people looks on standard error.
    pub fn stderr_style(&self, no_colour: bool) -> Style {
        self.style(no_colour, io::stderr().is_terminal(), || console::Term::stderr().size_checked())
    }

    fn style(&self, no_colour: bool, is_terminal: bool, size: impl Fn() -> Option<(u16, u16)>) -> Style {
        let plain = Style::default();
        let width = if is_terminal { size().map_or(plain.width, |(_, columns)| columns.into()) } else { plain.width };
        Style { colour: is_terminal && !no_colour && self.get("NO_COLOR").is_none(), width: width.max(20) }
    }
}
