//! The backend `local`: states in files.

use std::path::PathBuf;

use landfall_diag::{Diagnostic, Diagnostics};
use serde_json::{Map, Value as Json};

use super::given::Given;
use crate::project::workspace::DEFAULT;

/// States in local files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalBackend {
    /// File of the default workspace.
    pub path: PathBuf,
    /// Directory with one directory for each other workspace.
    pub workspaces: PathBuf,
}

impl Default for LocalBackend {
    fn default() -> Self {
        Self { path: "terraform.tfstate".into(), workspaces: "terraform.tfstate.d".into() }
    }
}

impl LocalBackend {
    /// Returns the file of a workspace.
    pub fn file(&self, workspace: &str) -> PathBuf {
        match workspace {
            DEFAULT => self.path.clone(),
            name => self.workspaces.join(name).join("terraform.tfstate"),
        }
    }

    /// Returns what the settings say.
    ///
    /// # Errors
    /// What is not known or no string.
    pub fn of(given: &Given) -> Result<Self, Diagnostics> {
        let mut backend = Self::default();
        let mut found = Diagnostics::new();
        for (name, setting) in given.iter() {
            let target = match name {
                "path" => &mut backend.path,
                "workspace_dir" => &mut backend.workspaces,
                _ => {
                    let detail = format!("An argument named \"{name}\" is not expected here.");
                    found.push(setting.locate(Diagnostic::error("Unsupported argument", detail)));
                    continue;
                }
            };
            match &setting.value {
                Json::Null => {}
                Json::String(text) => *target = text.into(),
                _ => {
                    let detail = format!("Inappropriate value for attribute \"{name}\": string required.");
                    found.push(setting.locate(Diagnostic::error("Incorrect attribute value type", detail)));
                }
            }
        }
        found.into_result(backend).map(|(backend, _)| backend)
    }

    /// Returns what `init` has kept.
    pub fn of_kept(config: &Map<String, Json>) -> Self {
        let usual = Self::default();
        let path = |name: &str| config.get(name).and_then(Json::as_str).map(PathBuf::from);
        Self { path: path("path").unwrap_or(usual.path), workspaces: path("workspace_dir").unwrap_or(usual.workspaces) }
    }
}
