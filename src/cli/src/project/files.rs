//! Configuration files and installed modules on disk.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use landfall_diag::{Diagnostic, Diagnostics, SourceMap};
use landfall_lang::Config;
use landfall_lang::config::load::{
    InstalledModule, Manifest, ModuleRequest, ModuleSource, SourceReader, load, manifest_source,
};

/// Reads configuration files; modules are where the manifest says.
pub(super) struct Files {
    pub manifest: Manifest,
}

impl SourceReader for Files {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        read_config_files(directory)
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        self.manifest.resolve(request)
    }
}

/// Returns where the manifest of installed modules is.
fn manifest_path(data_directory: &Path) -> PathBuf {
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

/// Reads configuration files while it notes which modules there are.
struct Installer {
    known: Manifest,
    installed: RefCell<Manifest>,
}

impl SourceReader for Installer {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        read_config_files(directory)
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        let key = request.path.key();
        let module = match request.local_directory() {
            Some(directory) => InstalledModule { source: manifest_source(request), version: None, directory },
            None => match (self.known.resolve(request), self.known.modules.get(&key)) {
                (Ok(_), Some(module)) => module.clone(),
                (Ok(_) | Err(_), _) => return Err(not_local(request)),
            },
        };
        let directory = module.directory.clone();
        self.installed.borrow_mut().modules.insert(key, module);
        Ok(directory)
    }
}

fn not_local(request: &ModuleRequest<'_>) -> Diagnostic {
    let kind = match request.source {
        ModuleSource::Registry { .. } => "comes from a registry",
        ModuleSource::Remote(_) | ModuleSource::Local(_) => "has to be fetched",
    };
    let detail = format!(
        "The module `{}` {kind}. landfall installs modules from local directories only: copy the module into the \
         project and give its path, such as `./modules/NAME`.",
        request.source_text
    );
    Diagnostic::error("Unsupported module source", detail).at(request.source_span)
}

/// Loads the configuration in the working directory and all local modules, and writes the manifest. Returns the keys
/// and directories of the modules.
pub(crate) fn install_modules(
    data_directory: &Path,
    sources: &mut SourceMap,
) -> (Config, Vec<(String, String)>, Diagnostics) {
    let known = read_manifest(data_directory).unwrap_or_default();
    let installer = Installer { known, installed: RefCell::new(Manifest::default()) };
    let (config, mut found) = load(&installer, sources, ".");
    let mut manifest = installer.installed.into_inner();
    let modules = manifest.modules.iter().map(|(key, module)| (key.clone(), module.directory.clone())).collect();
    if !manifest.modules.is_empty() {
        let root = InstalledModule { source: String::new(), version: None, directory: ".".to_owned() };
        manifest.modules.insert(String::new(), root);
        let path = manifest_path(data_directory);
        let written = fs::create_dir_all(path.parent().unwrap_or(data_directory))
            .and_then(|()| fs::write(&path, manifest.to_json()));
        if let Err(error) = written {
            let detail = format!("The file `{}` cannot be written: {error}.", path.display());
            found.push(Diagnostic::error("Failed to write module manifest", detail));
        }
    }
    (config, modules, found)
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
