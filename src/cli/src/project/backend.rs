//! The `backend` block: where states are kept.

use std::path::PathBuf;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::Backend;
use landfall_lang::{Expr, Host, Reference, Referent, Scope};
use landfall_value::Value;

use super::host::OsHost;
use super::workspace::DEFAULT;

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

    /// Returns what a `backend` block says.
    ///
    /// # Errors
    /// When it is not the local one, or its arguments are not valid.
    pub fn of(block: Option<&Backend>) -> Result<Self, Diagnostics> {
        let mut backend = Self::default();
        let Some(block) = block else { return Ok(backend) };
        if &*block.r#type != "local" {
            let detail = format!(
                "landfall keeps states in local files. The backend \"{}\" is not supported; remove the block, or use \
                 `backend \"local\" {{}}`.",
                block.r#type
            );
            return Err(Diagnostic::error("Unsupported backend type", detail).at(block.span).into());
        }
        let mut found = Diagnostics::new();
        for (name, attribute) in &block.body.attributes {
            let target = match &**name {
                "path" => &mut backend.path,
                "workspace_dir" => &mut backend.workspaces,
                _ => {
                    let detail = format!("An argument named \"{name}\" is not expected here.");
                    found.push(Diagnostic::error("Unsupported argument", detail).at(attribute.name_span));
                    continue;
                }
            };
            if let Some(text) = constant_text(&attribute.expr, &mut found) {
                *target = text.into();
            }
        }
        found.into_result(backend).map(|(backend, _)| backend)
    }
}

fn constant_text(expr: &Expr, found: &mut Diagnostics) -> Option<String> {
    let value = expr.evaluate(&NoNames(OsHost::planning()), found);
    if value.is_null() {
        return None;
    }
    let text = value.as_str().map(str::to_owned);
    if text.is_none() && !found.has_errors() {
        found.push(Diagnostic::error("Incorrect attribute value type", "A string is required.").at(expr.span()));
    }
    text
}

/// A scope without names: only constants can be evaluated.
struct NoNames(OsHost);

impl Scope for NoNames {
    fn lookup(&self, _: &Referent, reference: &Reference) -> Result<Value, Diagnostic> {
        let detail = "Variables may not be used here.";
        Err(Diagnostic::error("Variables not allowed", detail).at(reference.span))
    }

    fn host(&self) -> &dyn Host {
        &self.0
    }
}
