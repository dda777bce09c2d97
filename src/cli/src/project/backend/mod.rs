//! Where states are kept: what the configuration says, what `init` has kept of it, and the stores that follow from it.

mod choice;
mod given;
mod kept;
mod local;
mod other;

use std::fs;
use std::path::PathBuf;

use landfall_backend::{Access, Problem, S3};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_state::{Encryption, LocalStore, State, StateStore};

pub(crate) use choice::Choice;
pub(super) use given::Constants;
pub(crate) use given::Overrides;
pub(crate) use kept::Kept;
pub(crate) use local::LocalBackend;
pub(crate) use other::OtherStates;

use super::state::state_problem;
use super::workspace::{DEFAULT, directories};
use crate::sandbox;
use crate::session::Session;

/// Where a state is kept.
pub(crate) type Store = Box<dyn StateStore>;

/// Where all states of a configuration are kept.
pub(crate) enum Backend {
    /// In local files.
    Local(LocalBackend, Encryption),
    /// In a bucket.
    S3(Box<S3>),
}

impl Backend {
    /// Returns what was chosen, ready to be used.
    ///
    /// # Errors
    /// What is wrong with the settings or the credentials.
    pub fn open(choice: &Choice, access: &Access, encryption: Encryption) -> Result<Self, Diagnostics> {
        match choice {
            Choice::Local(local) => Ok(Self::Local(local.clone(), encryption)),
            Choice::S3(settings, places) => {
                let s3 = S3::open(settings, access, encryption);
                Ok(Self::S3(Box::new(s3.map_err(|problems| places.locate(problems))?)))
            }
        }
    }

    /// Returns the type of the backend.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local(..) => "local",
            Self::S3(_) => "s3",
        }
    }

    /// Returns the local file of a workspace's state, if it is kept in one.
    pub fn file(&self, workspace: &str) -> Option<PathBuf> {
        match self {
            Self::Local(local, _) => Some(local.file(workspace)),
            Self::S3(_) => None,
        }
    }

    /// Returns the store of a workspace.
    ///
    /// # Errors
    /// When it cannot be reached as set.
    pub fn store(&self, workspace: &str) -> Result<Store, Diagnostic> {
        match self {
            Self::Local(local, encryption) => {
                Ok(Box::new(LocalStore::new(local.file(workspace)).with_encryption(encryption.clone())))
            }
            Self::S3(s3) => Ok(Box::new(s3.store(workspace).map_err(diagnostic)?)),
        }
    }

    /// Returns the names of all workspaces, the default one first.
    ///
    /// # Errors
    /// When the bucket does not tell.
    pub fn workspaces(&self) -> Result<Vec<String>, Diagnostic> {
        match self {
            Self::Local(local, _) => Ok(directories(&local.workspaces)),
            Self::S3(s3) => s3.workspaces().map_err(|error| {
                Diagnostic::error("Failed to list workspaces", format!("The workspaces cannot be listed: {error}."))
            }),
        }
    }

    /// Makes a workspace, with a state or empty.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(&self, workspace: &str, state: Option<&State>) -> Result<(), Diagnostic> {
        let empty;
        let state = match (self, state) {
            (Self::Local(local, _), None) => {
                let made = fs::create_dir_all(local.workspaces.join(workspace));
                return made.map_err(|error| {
                    Diagnostic::error("Failed to create workspace", format!("The directory cannot be made: {error}."))
                });
            }
            (_, Some(state)) => state,
            // A workspace is there when its state is.
            (Self::S3(_), None) => {
                empty = State::empty(uuid::Uuid::new_v4().to_string());
                &empty
            }
        };
        let store = self.store(workspace)?;
        let problem = |error| state_problem(&error, &store.name());
        // Somebody may have made it since the workspaces were listed.
        if store.read().map_err(problem)?.is_some() {
            return Err(Diagnostic::error("Workspace exists", format!("Workspace \"{workspace}\" already exists.")));
        }
        store.write_as_is(state).map_err(problem)
    }

    /// Removes a workspace with its state.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, workspace: &str) -> Result<(), Diagnostic> {
        let failed =
            |error: &dyn ToString| Diagnostic::error("Workspace cannot be deleted", format!("{}.", error.to_string()));
        match self {
            Self::Local(local, _) if workspace != DEFAULT => {
                fs::remove_dir_all(local.workspaces.join(workspace)).map_err(|error| failed(&error))
            }
            Self::Local(..) => Ok(()),
            Self::S3(s3) => {
                let store = s3.store(workspace).map_err(diagnostic)?;
                store.remove().map_err(|error| failed(&error))
            }
        }
    }
}

/// Returns how services are reached that keep states or keys: over the network, or in the sandbox.
///
/// # Errors
/// When the sandbox cannot be opened.
pub(crate) fn access(session: &Session) -> Result<Access, Diagnostic> {
    match sandbox::Settings::find(&session.sandbox_flags, &session.environment)? {
        Some(settings) => Ok(sandbox::access(&settings.open()?)),
        None => Ok(Access::of_environment()),
    }
}

fn diagnostic(problem: Problem) -> Diagnostic {
    Diagnostic::error(problem.summary, problem.detail)
}
