//! The state of the working directory, and its lock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::Backend;
use landfall_lang::config::load::{ModuleRequest, SourceReader};
use landfall_state::{LocalStore, LockInfo, State, StateError, StateLock, StateStore};

use super::backend::LocalBackend;
use super::files::read_config_files;
use super::workspace;
use crate::args::{LockArgs, StateFileArgs};
use crate::session::Session;

/// Reads the root module only: enough for its `backend` block.
struct RootOnly;

impl SourceReader for RootOnly {
    fn config_files(&self, directory: &str) -> Result<Vec<(String, String)>, String> {
        if directory == "." { read_config_files(".") } else { Ok(Vec::new()) }
    }

    fn module_directory(&self, request: &ModuleRequest<'_>) -> Result<String, Diagnostic> {
        Ok(request.path.key())
    }
}

/// Where the state of the current workspace is.
///
/// # Errors
/// When the `backend` block is not supported, or the workspace does not exist.
pub(crate) fn open_store(
    session: &Session,
    block: Option<&Backend>,
    files: &StateFileArgs,
) -> Result<LocalStore, Diagnostics> {
    store_of(session, &LocalBackend::of(block)?, files)
}

fn store_of(session: &Session, backend: &LocalBackend, files: &StateFileArgs) -> Result<LocalStore, Diagnostics> {
    if files.state_out.is_some() {
        let detail = "landfall writes a state where it was read. Leave out -state-out, or copy the file.";
        return Err(Diagnostic::error("Unsupported option", detail).into());
    }
    let workspace = workspace::current(&session.environment);
    let path: PathBuf = match &files.state {
        Some(path) => path.clone(),
        None => backend.file(&workspace),
    };
    let store = LocalStore::new(path);
    Ok(match &files.backup {
        None => store,
        Some(backup) if backup == Path::new("-") => store.with_backup(None),
        Some(backup) => store.with_backup(Some(backup.clone())),
    })
}

/// Returns where states are kept, as the configuration in the working directory says.
///
/// # Errors
/// When the configuration cannot be read that far.
pub(crate) fn local_backend(session: &mut Session) -> Result<LocalBackend, Diagnostics> {
    let reader = RootOnly;
    let (config, _) = landfall_lang::config::load::load(&reader, &mut session.sources, ".");
    LocalBackend::of(config.root.backend.as_ref())
}

/// Returns the store of the current workspace, for commands that need no configuration.
///
/// # Errors
/// When the configuration is there and its backend is not supported.
pub(crate) fn open_current_store(session: &mut Session, files: &StateFileArgs) -> Result<LocalStore, Diagnostics> {
    let backend = local_backend(session)?;
    store_of(session, &backend, files)
}

/// Reads the state of the current workspace, for commands that need no configuration.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_current(session: &mut Session, files: &StateFileArgs) -> Result<State, Diagnostics> {
    let store = open_current_store(session, files)?;
    Ok(read_state(&store)?)
}

/// Reads a state; an empty one of a new lineage if there is none.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_state(store: &LocalStore) -> Result<State, Diagnostic> {
    match store.read() {
        Ok(Some(state)) => Ok(state),
        Ok(None) => Ok(State::empty(uuid::Uuid::new_v4().to_string())),
        Err(error) => Err(state_problem(&error, store.path())),
    }
}

/// Takes the lock of a state, unless `-lock=false` was given.
///
/// # Errors
/// When someone else has it.
pub(crate) fn lock(
    store: &LocalStore,
    args: LockArgs,
    operation: &str,
) -> Result<Option<Box<dyn StateLock>>, Diagnostic> {
    if !args.lock {
        return Ok(None);
    }
    store.lock(lock_info(operation), args.timeout).map(Some).map_err(|error| lock_problem(&error, args.timeout))
}

/// Returns who takes a lock now.
fn lock_info(operation: &str) -> LockInfo {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.name);
    let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let who = format!("{}@{host}", user.unwrap_or_default());
    LockInfo::new(uuid::Uuid::new_v4().to_string(), operation, who, jiff::Timestamp::now().to_string())
}

fn lock_problem(error: &StateError, timeout: Duration) -> Diagnostic {
    let StateError::Locked { holder } = error else {
        let detail = format!("{error}{}.", cause(error));
        return Diagnostic::error("Error acquiring the state lock", capital(&detail));
    };
    let mut detail = "Error message: resource temporarily unavailable".to_owned();
    if let Some(holder) = holder {
        detail.push_str(&format!("\n{}", holder.to_string().trim_end()));
    }
    if !timeout.is_zero() {
        detail.push_str(&format!("\n\nlandfall tried for {} seconds.", timeout.as_secs()));
    }
    detail.push_str(
        "\n\nlandfall acquires a state lock to protect the state from being written by multiple users at the same time. \
         Please resolve the issue above and try again. For most commands, you can disable locking with the \
         \"-lock=false\" flag, but this is not recommended.",
    );
    Diagnostic::error("Error acquiring the state lock", detail)
}

/// Returns the diagnostic for a state that cannot be read or written.
pub(crate) fn state_problem(error: &StateError, path: &Path) -> Diagnostic {
    let name = path.display();
    let (summary, advice) = match error {
        StateError::Syntax(_) => (
            "Unsupported state file format",
            " The file may be cut off: its previous version is in the `.backup` file beside it.",
        ),
        StateError::NotAState | StateError::UnsupportedVersion { .. } => ("Unsupported state file format", ""),
        StateError::Invalid { .. } => ("Invalid state file", ""),
        StateError::StaleLog { .. } => (
            "Log of finished steps does not match the state",
            " The log holds objects that were created and may not be in the state. Restore the state that it belongs \
             to, or import the objects and remove the log.",
        ),
        StateError::Io { action: "write" | "remove", .. } => ("Failed to save state", ""),
        StateError::Io { .. } | StateError::Locked { .. } | StateError::NotLocked(_) => ("Failed to load state", ""),
    };
    let detail = format!("The state `{name}`: {error}{}.{advice}", cause(error));
    Diagnostic::error(summary, detail)
}

fn cause(error: &StateError) -> String {
    std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default()
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
