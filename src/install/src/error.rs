//! Why a package could not be fetched.

use std::path::{Path, PathBuf};

/// Why a package could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The address means nothing, or something that is not done here.
    #[error("{0}")]
    Address(String),
    /// No answer came.
    #[error("{url}: {why}")]
    NoAnswer { url: String, why: String },
    /// Another answer came than the one that was wanted.
    #[error("{url}: the server answered {status}{}", meaning(*.status))]
    Status { url: String, status: u16 },
    /// An answer is not what it should be.
    #[error("{url}: {why}")]
    Answer { url: String, why: String },
    /// `git` cannot be started.
    #[error("the program `git` is needed for this source and cannot be started: {0}")]
    NoGit(std::io::Error),
    /// `git` failed.
    #[error("`git {action}` failed:\n{stderr}")]
    Git { action: String, stderr: String },
    /// A branch, tag or commit that is not there.
    #[error("the repository has no branch, tag or commit `{reference}`{}", some_tags(.tags))]
    Reference { reference: String, tags: Vec<String> },
    /// An archive that is broken, or that would write outside of its directory.
    #[error("the archive cannot be unpacked: {0}")]
    Archive(String),
    /// The archive is another one than the source says.
    #[error("the archive's {algorithm} checksum is {found}, and the source wants {wanted}")]
    Checksum { algorithm: &'static str, wanted: String, found: String },
    /// No AWS credentials, or none that can sign.
    #[error("the request to S3 cannot be signed: {0}")]
    Signing(String),
    /// The file system refused.
    #[error("{}: {source}", .path.display())]
    File { path: PathBuf, source: std::io::Error },
}

pub(crate) type Fetched<T> = Result<T, FetchError>;

impl FetchError {
    /// Returns a function that says which file a failure is about.
    pub fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    /// Returns whether the same request may succeed a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Status { status, .. } => *status == 429 || (*status >= 500 && *status != 501),
            _ => false,
        }
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        401 => " (unauthorized)",
        403 => " (forbidden)",
        404 => " (not found)",
        _ => "",
    }
}

fn some_tags(tags: &[String]) -> String {
    if tags.is_empty() { String::new() } else { format!("; its newest tags are {}", tags.join(", ")) }
}
