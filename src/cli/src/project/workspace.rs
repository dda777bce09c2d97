//! Workspaces: which one is meant, and which there are.

use std::fs;
use std::path::Path;

use landfall_diag::Diagnostic;

use crate::environment::Environment;

/// Name of the workspace that is always there.
pub(crate) const DEFAULT: &str = "default";

/// Returns the workspace that is meant: `TF_WORKSPACE`, or the one that was selected.
pub(crate) fn current(environment: &Environment) -> String {
    if let Some(name) = environment.get("TF_WORKSPACE") {
        return name.to_owned();
    }
    let selected = fs::read_to_string(environment.data_directory().join("environment")).unwrap_or_default();
    match selected.trim() {
        "" => DEFAULT.to_owned(),
        name => name.to_owned(),
    }
}

/// Selects a workspace.
///
/// # Errors
/// When that cannot be written down.
pub(crate) fn select(environment: &Environment, name: &str) -> Result<(), Diagnostic> {
    let directory = environment.data_directory();
    fs::create_dir_all(&directory).and_then(|()| fs::write(directory.join("environment"), name)).map_err(|error| {
        let detail = format!("The workspace `{name}` cannot be selected: {error}.");
        Diagnostic::error("Failed to select workspace", detail)
    })
}

/// Returns the names of all workspaces with a directory below this one, the default one first.
pub(super) fn directories(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.insert(0, DEFAULT.to_owned());
    names
}

/// Returns whether a text can be the name of a workspace.
pub(crate) fn is_valid_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != ".." && Path::new(name).is_relative()
}
