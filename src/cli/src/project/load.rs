//! The configuration in the working directory.

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::Config;
use landfall_lang::config::load::load as load_config;

use super::files::{Files, config_file_names, read_manifest};
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
