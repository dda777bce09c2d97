//! The configuration with a file that is not in the working directory.

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::Config;
use landfall_lang::config::load::{ModuleRequest, SourceReader, load};

use super::files::{Files, read_manifest};
use crate::session::Session;

/// The working directory, with one more file.
struct WithFile<'a> {
    files: Files,
    name: &'a str,
    text: &'a str,
}

impl SourceReader for WithFile<'_> {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        let mut files = self.files.config_files(directory)?;
        if directory == "." {
            files.push((self.name.to_owned(), self.text.to_owned()));
        }
        Ok(files)
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        self.files.module_directory(request)
    }
}

/// Loads the configuration with a file more in the root module.
///
/// # Errors
/// All problems that were found.
pub(crate) fn load_with(session: &mut Session, (name, text): (&str, &str)) -> Result<Config, Diagnostics> {
    let manifest = read_manifest(&session.environment.data_directory())?;
    let reader = WithFile { files: Files { manifest }, name, text };
    let (config, found) = load(&reader, &mut session.sources, ".");
    found.into_result(config).map(|(config, _)| config)
}
