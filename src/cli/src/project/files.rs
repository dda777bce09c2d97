//! Configuration files and installed modules on disk.

use std::fs;
use std::path::{Path, PathBuf};

use landfall_diag::Diagnostic;
use landfall_lang::config::load::{Manifest, ModuleRequest, SourceReader};

/// Reads configuration files; modules are where the manifest says.
pub(super) struct Files {
    pub manifest: Manifest,
}

impl SourceReader for Files {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        read_config_files(directory)
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        let directory = self.manifest.resolve(request)?;
        if Path::new(&directory).is_dir() {
            return Ok(directory);
        }
        let detail = format!(
            "This module's local cache directory {directory} could not be read. Run \"terraform init\" to install all \
             modules required by this configuration."
        );
        Err(Diagnostic::error("Module not installed", detail).at(request.span))
    }
}

/// Returns where the manifest of installed modules is.
pub(super) fn manifest_path(data_directory: &Path) -> PathBuf {
    data_directory.join("modules").join("modules.json")
}

/// Returns the manifest of installed modules; an empty one if there is none.
pub(super) fn read_manifest(data_directory: &Path) -> Result<Manifest, Diagnostic> {
    let path = manifest_path(data_directory);
    let Ok(text) = fs::read_to_string(&path) else { return Ok(Manifest::default()) };
    Manifest::parse(&text).map_err(|error| {
        let detail =
            format!("The file `{}` is not valid: {error}. Run `landfall init` to write it anew.", path.display());
        Diagnostic::error("Failed to read module manifest", detail)
    })
}

/// Returns whether a file or directory is hidden, or the copy that an editor makes.
pub(crate) fn is_ignored_file(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

/// Returns whether a file name is that of a configuration file.
fn is_config_file(name: &str) -> bool {
    !is_ignored_file(name) && (name.ends_with(".tf") || name.ends_with(".tf.json"))
}

/// Returns the names of the configuration files in a directory, sorted.
pub(super) fn config_file_names(directory: &str) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(directory).map_err(|error| reason(&error))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| reason(&error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_config_file(&name) && !entry.path().is_dir() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

pub(super) fn read_config_files(directory: &str) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    for name in config_file_names(directory)? {
        let bytes =
            fs::read(Path::new(directory).join(&name)).map_err(|error| format!("{name}: {}", reason(&error)))?;
        // What is not UTF-8 becomes replacement characters, which the parser then locates.
        files.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(files)
}

/// Returns why a call of the operating system failed, as a lower-case fragment.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
