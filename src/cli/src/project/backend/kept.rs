//! What `init` keeps of the backend: `terraform.tfstate` in the data directory, in Terraform's form, so that a directory
//! that one has initialised is one for the other.

use std::fs;
use std::path::{Path, PathBuf};

use landfall_diag::Diagnostic;
use landfall_state::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The backend that was initialised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Its type.
    pub r#type: String,
    /// All of its settings.
    pub config: Map<String, Json>,
    /// Hash of the block, without what was given on the command line.
    pub hash: u64,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    terraform_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backend: Option<Kept>,
}

const VERSION: u32 = 3;

impl Kept {
    /// Reads what was kept, if something was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(data_directory: &Path) -> Result<Option<Self>, Diagnostic> {
        let path = path(data_directory);
        let Ok(text) = fs::read(&path) else { return Ok(None) };
        let file: File = serde_json::from_slice(&text).map_err(|error| {
            let detail = format!(
                "The file `{}`, in which `init` keeps the backend's settings, is not valid: {error}. Run\n\n    landfall \
                 init -reconfigure",
                path.display()
            );
            Diagnostic::error("Error reading the backend's settings", detail)
        })?;
        Ok(file.backend.filter(|kept| !kept.r#type.is_empty()))
    }

    /// Keeps a backend, or none.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn write(data_directory: &Path, kept: Option<Self>) -> Result<(), Diagnostic> {
        let path = path(data_directory);
        if kept.is_none() && !path.exists() {
            return Ok(());
        }
        let file =
            File { version: VERSION, terraform_version: Some(State::TERRAFORM_VERSION.to_owned()), backend: kept };
        let text = serde_json::to_vec_pretty(&file).expect("texts and numbers can be written as JSON");
        fs::create_dir_all(data_directory).and_then(|()| write_private(&path, &text)).map_err(|error| {
            let detail = format!("The backend's settings cannot be kept in `{}`: {error}.", path.display());
            Diagnostic::error("Error saving the backend's settings", detail)
        })
    }
}

fn path(data_directory: &Path) -> PathBuf {
    data_directory.join("terraform.tfstate")
}

/// Writes a file that others may not read: settings may hold keys.
fn write_private(path: &Path, text: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(Kept::read(directory.path()).expect("no file is no error"), None);
        let config = Map::from_iter([("bucket".to_owned(), Json::from("b"))]);
        let kept = Kept { r#type: "s3".to_owned(), config, hash: 7 };
        Kept::write(directory.path(), Some(kept.clone())).expect("it is written");
        assert_eq!(Kept::read(directory.path()).expect("it is read"), Some(kept));
        Kept::write(directory.path(), None).expect("it is written");
        assert_eq!(Kept::read(directory.path()).expect("it is read"), None);
    }
}
