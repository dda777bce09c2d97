//! A working directory on disk: configuration files, and files that functions read.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use landfall_diag::Diagnostic;
use landfall_lang::Host;
use landfall_lang::config::load::{Manifest, ModuleRequest, SourceReader};

/// A working directory. Local modules are as good as installed, unless a manifest says what is.
pub struct Disk {
    root: PathBuf,
    manifest: Option<Manifest>,
    /// Where bytes that only look random come from.
    dice: Option<AtomicU64>,
}

impl Disk {
    /// Returns a directory whose local modules are all installed.
    pub fn initialized(root: &Path) -> Self {
        Self { root: root.to_owned(), manifest: None, dice: None }
    }

    /// Returns a directory in which nothing is installed.
    pub fn fresh(root: &Path) -> Self {
        Self { root: root.to_owned(), manifest: Some(Manifest::default()), dice: None }
    }

    /// Adds bytes that only look random: the same ones for the same seed.
    #[must_use]
    pub fn with_dice(self, seed: u64) -> Self {
        Self { dice: Some(AtomicU64::new(seed << 32)), ..self }
    }

    /// Returns the directory's absolute path.
    pub fn current(&self) -> String {
        self.absolute(".")
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl SourceReader for Disk {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        let entries = fs::read_dir(self.path(directory)).map_err(|error| error.to_string())?;
        let mut files = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && (name.ends_with(".tf") || name.ends_with(".tf.json")) {
                let bytes = fs::read(entry.path()).map_err(|error| error.to_string())?;
                files.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(files)
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        match &self.manifest {
            Some(manifest) => manifest.resolve(request),
            None => request.local_directory().ok_or_else(|| Diagnostic::error("Module not installed", "")),
        }
    }
}

impl Host for Disk {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        fs::read(self.path(path)).map(Arc::from).map_err(|_| "no such file or directory".to_owned())
    }

    fn is_file(&self, path: &str) -> Result<bool, String> {
        match fs::metadata(self.path(path)) {
            Ok(file) if file.is_dir() => Err(format!("{path} is a directory, not a file")),
            found => Ok(found.is_ok()),
        }
    }

    fn list_files(&self, directory: &str) -> Result<Vec<String>, String> {
        let root = self.path(directory);
        let (mut files, mut open) = (Vec::new(), vec![root.clone()]);
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else if let Ok(relative) = path.strip_prefix(&root) {
                    files.push(relative.to_string_lossy().into_owned());
                }
            }
        }
        files.sort();
        Ok(files)
    }

    fn absolute(&self, path: &str) -> String {
        let mut clean = PathBuf::new();
        for part in std::path::absolute(self.path(path)).expect("a working directory").components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    clean.pop();
                }
                part => clean.push(part),
            }
        }
        clean.to_string_lossy().into_owned()
    }

    fn expand_home(&self, path: &str) -> String {
        let home = std::env::home_dir().map(|home| home.to_string_lossy().into_owned()).unwrap_or_default();
        path.strip_prefix('~').map_or_else(|| path.to_owned(), |rest| format!("{home}{rest}"))
    }

    fn now(&self) -> Option<i128> {
        None
    }

    fn plan_time(&self) -> i128 {
        // 2001-09-09T01:46:40Z
        1_000_000_000_000_000_000
    }

    fn random(&self, buffer: &mut [u8]) -> bool {
        let Some(dice) = &self.dice else { return false };
        let mut mixed = dice.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in buffer {
            mixed ^= mixed >> 29;
            mixed = mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed >> 56) as u8;
        }
        true
    }
}
