//! What can go wrong with a state.

use std::error::Error;
use std::path::PathBuf;

use crate::{EncryptionError, LockInfo};

/// Why a state cannot be read, written or locked.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The text is not JSON, or is cut off.
    #[error("the state could not be parsed as JSON")]
    Syntax(#[source] serde_json::Error),
    /// JSON, but not a state.
    #[error("the state does not have a `version` attribute, which is required to identify the format version")]
    NotAState,
    /// A format of another time.
    #[error("the state uses format version {version}, which landfall does not support: {hint}")]
    UnsupportedVersion {
        /// The version found.
        version: u64,
        /// What to do.
        hint: &'static str,
    },
    /// The format is known, but something in it is not valid.
    #[error("{place} is not valid: {reason}")]
    Invalid {
        /// Which part.
        place: String,
        /// Why.
        reason: String,
    },
    /// The store answered with an error.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Someone else has the lock.
    #[error("the state is locked")]
    Locked {
        /// Who, if it is known.
        holder: Option<Box<LockInfo>>,
    },
    /// The lock to be released is not there, or has another id.
    #[error("{0}")]
    NotLocked(String),
    /// A bucket answered with an error.
    #[error("could not {action} {place}: {reason}")]
    Remote {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// On which object.
        place: String,
        /// What the service said.
        reason: String,
    },
    /// The state is not the one that was read: it is not overwritten.
    #[error("{place} was changed by someone else since it was read, so it is not overwritten")]
    Fenced {
        /// The state.
        place: String,
    },
    /// The lock is not ours any more.
    #[error("the lock of {path} is lost: it was not renewed in time, or someone has removed it or taken it over")]
    LockLost {
        /// What was locked.
        path: String,
    },
    /// The checksum that is kept of a state is another one.
    #[error("{place} does not have the content that the table with its checksum expects ({expected})")]
    Checksum {
        /// The state.
        place: String,
        /// The checksum in the table.
        expected: String,
    },
    /// What is encrypted cannot be read, or nothing can be encrypted.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// A log of finished steps does not belong to the state beside it.
    #[error(
        "the log of finished steps {log} belongs to serial {log_serial} of lineage `{log_lineage}`, but the state has serial {serial} of lineage `{lineage}`"
    )]
    StaleLog {
        /// The log.
        log: String,
        /// Serial that the log starts from.
        log_serial: u64,
        /// Lineage of the log.
        log_lineage: String,
        /// Serial of the state.
        serial: u64,
        /// Lineage of the state.
        lineage: String,
    },
}

impl StateError {
    /// Returns the error with its cause.
    pub fn told(&self) -> String {
        self.source().map_or_else(|| self.to_string(), |cause| format!("{self}: {cause}"))
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }

    /// Returns the error of a call of a bucket or a service beside it.
    pub fn remote(action: &'static str, place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Remote { action, place: place.into(), reason: reason.into() }
    }

    pub(crate) fn invalid(place: impl Into<String>, reason: impl ToString) -> Self {
        Self::Invalid { place: place.into(), reason: reason.to_string() }
    }
}

/// Returns an error with all of its causes that say more.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text
}
