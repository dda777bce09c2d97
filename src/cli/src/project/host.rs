//! Files, clock and randomness, for functions of the language.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use landfall_lang::Host;

use super::files::reason;

/// When expressions are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Planning: time and random bytes are known after apply.
    Planning,
    /// Applying.
    Applying,
}

/// The operating system as a host.
pub(crate) struct OsHost {
    moment: Moment,
    plan_time: i128,
}

impl OsHost {
    /// Returns the host while planning, and the time of the plan: now.
    pub fn planning() -> Self {
        Self { moment: Moment::Planning, plan_time: now() }
    }

    /// Returns the host while applying a plan.
    pub fn applying(plan_time: i128) -> Self {
        Self { moment: Moment::Applying, plan_time }
    }
}

fn now() -> i128 {
    jiff::Timestamp::now().as_nanosecond()
}

impl Host for OsHost {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        fs::read(path).map(Arc::from).map_err(|error| reason(&error))
    }

    fn is_file(&self, path: &str) -> Result<bool, String> {
        match fs::metadata(path) {
            Ok(file) if file.is_file() => Ok(true),
            Ok(file) if file.is_dir() => Err(format!("{path} is a directory, not a file")),
            Ok(_) => Err(format!("{path} is not a regular file")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(reason(&error)),
        }
    }

    fn list_files(&self, directory: &str) -> Result<Vec<String>, String> {
        let mut files = Vec::new();
        match list_into(Path::new(directory), "", &mut files) {
            Ok(()) => {}
            // A directory that is not there has no files: `fileset` says so too.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(reason(&error)),
        }
        files.sort();
        Ok(files)
    }

    fn absolute(&self, path: &str) -> String {
        let path = Path::new(path);
        let joined = match path.is_absolute() {
            true => path.to_owned(),
            false => std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")).join(path),
        };
        without_dots(&joined).to_string_lossy().into_owned()
    }

    fn expand_home(&self, path: &str) -> String {
        let home = || std::env::home_dir().map(|home| home.to_string_lossy().into_owned());
        match path.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                home().map_or_else(|| path.to_owned(), |home| format!("{home}{rest}"))
            }
            _ => path.to_owned(),
        }
    }

    fn now(&self) -> Option<i128> {
        (self.moment == Moment::Applying).then(now)
    }

    fn plan_time(&self) -> i128 {
        self.plan_time
    }

    fn random(&self, buffer: &mut [u8]) -> bool {
        self.moment == Moment::Applying && getrandom::fill(buffer).is_ok()
    }
}

fn list_into(directory: &Path, prefix: &str, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list_into(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push(name);
        }
    }
    Ok(())
}

fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
