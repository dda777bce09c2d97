//! The configuration in the working directory.

use std::cell::Cell;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::Config;
use landfall_lang::config::Module;
use landfall_lang::config::load::{ModuleRequest, SourceReader, load as load_config};

use super::files::{Files, config_file_names, read_config_files, read_manifest};
use crate::session::Session;

/// Loads the configuration; its texts become known to the session. The diagnostics beside it are warnings.
///
/// # Errors
/// All problems that were found.
pub(crate) fn load(session: &mut Session) -> Result<(Config, Diagnostics), Diagnostics> {
    let manifest = read_manifest(&session.environment.data_directory())?;
    let (config, found) = load_config(&Files { manifest }, &mut session.sources, ".");
    found.into_result(config)
}

/// Loads the root module only, before its modules are installed.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn load_root(session: &mut Session) -> Result<Module, Diagnostics> {
    let reader = RootOnly { called: Cell::new(false) };
    let (config, found) = load_config(&reader, &mut session.sources, ".");
    // Modules are asked for only where the root is without errors; that they are missing is none of the root's.
    if found.has_errors() && !reader.called.get() { Err(found) } else { Ok(config.root) }
}

struct RootOnly {
    called: Cell<bool>,
}

impl SourceReader for RootOnly {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        read_config_files(directory)
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        self.called.set(true);
        Err(Diagnostic::error("Module not installed", "Modules are not read yet.").at(request.span))
    }
}

/// Returns the error for a working directory without configuration files, if it has none.
pub(crate) fn empty_directory(command: &str) -> Option<Diagnostic> {
    let is_empty = config_file_names(".").is_ok_and(|names| names.is_empty());
    is_empty.then(|| {
        let detail = format!(
            "{command} requires configuration to be present. Create a configuration file (*.tf) in the working \
             directory, or use the global -chdir option to name the one that is meant."
        );
        Diagnostic::error("No configuration files", detail)
    })
}
