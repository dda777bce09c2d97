//! The state of the working directory, and its lock.

use std::path::{Path, PathBuf};
use std::time::Duration;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::Module;
use landfall_lang::config::load::{ModuleRequest, SourceReader};
use landfall_state::{LocalStore, LockInfo, State, StateError, StateLock, StateStore};

use super::backend::{Backend, Choice, Kept, Store, access};
use super::encryption::Encryptions;
use super::files::read_config_files;
use super::workspace;
use crate::args::{LockArgs, StateFileArgs};
use crate::session::{Session, Voice};

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

/// Returns the store of the current workspace's state.
///
/// # Errors
/// When the `backend` block is not supported or not initialised, or its settings or credentials are not valid.
pub(crate) fn open_store(session: &mut Session, root: &Module, files: &StateFileArgs) -> Result<Store, Diagnostics> {
    let backend = open_backend(session, root)?;
    store_of(session, &backend, files, None)
}

/// Returns where states are kept, as a root module says.
///
/// # Errors
/// As [`open_store`].
pub(crate) fn open_backend(session: &mut Session, root: &Module) -> Result<Backend, Diagnostics> {
    let kept = Kept::read(&session.environment.data_directory())?;
    let choice = Choice::current(root.backend.as_ref(), kept.as_ref())?;
    let access = access(session)?;
    let encryptions = Encryptions::of(session, root.encryption.as_ref(), &access)?;
    Backend::open(&choice, &access, encryptions.state)
}

/// Returns where states are kept, as the configuration in the working directory says.
///
/// # Errors
/// When the configuration cannot be read that far.
pub(crate) fn current_backend(session: &mut Session) -> Result<Backend, Diagnostics> {
    let root = root(session);
    open_backend(session, &root)
}

/// Returns how states and plans are encrypted, as the configuration in the working directory says.
///
/// # Errors
/// When that is not valid.
pub(crate) fn current_encryptions(session: &mut Session) -> Result<Encryptions, Diagnostics> {
    let root = root(session);
    encryptions(session, &root)
}

/// Returns how states and plans are encrypted, as a root module says.
///
/// # Errors
/// When that is not valid.
pub(crate) fn encryptions(session: &mut Session, root: &Module) -> Result<Encryptions, Diagnostics> {
    let access = access(session)?;
    Encryptions::of(session, root.encryption.as_ref(), &access)
}

fn root(session: &mut Session) -> Module {
    let (config, _) = landfall_lang::config::load::load(&RootOnly, &mut session.sources, ".");
    config.root
}

/// Returns the store of the current workspace. A local one keeps the previous state beside it, with `suffix` if there is one.
fn store_of(
    session: &Session,
    backend: &Backend,
    files: &StateFileArgs,
    suffix: Option<&str>,
) -> Result<Store, Diagnostics> {
    if files.state_out.is_some() {
        let detail = "landfall writes a state where it was read. Leave out -state-out, or copy the file.";
        return Err(Diagnostic::error("Unsupported option", detail).into());
    }
    let workspace = workspace::current(&session.environment);
    let Backend::Local(local, encryption) = backend else {
        if files.state.is_some() || files.backup.is_some() {
            let detail = format!(
                "The options -state and -backup are for states in local files; the backend is \"{}\".",
                backend.kind()
            );
            return Err(Diagnostic::error("Unsupported option", detail).into());
        }
        return Ok(backend.store(&workspace)?);
    };
    let path: PathBuf = match &files.state {
        Some(path) => path.clone(),
        None => local.file(&workspace),
    };
    let mut named = path.as_os_str().to_owned();
    let store = LocalStore::new(path).with_encryption(encryption.clone());
    Ok(Box::new(match (&files.backup, suffix) {
        (None, None) => store,
        (None, Some(suffix)) => {
            named.push(suffix);
            store.with_backup(Some(PathBuf::from(named)))
        }
        (Some(backup), _) if backup == Path::new("-") => store.with_backup(None),
        (Some(backup), _) => store.with_backup(Some(backup.clone())),
    }))
}

/// Returns the store of the current workspace, for commands that need no configuration.
///
/// # Errors
/// As [`open_store`].
pub(crate) fn open_current_store(session: &mut Session, files: &StateFileArgs) -> Result<Store, Diagnostics> {
    let backend = current_backend(session)?;
    store_of(session, &backend, files, None)
}

/// Returns the store of the current workspace for a change by hand: where it is local, the state as it was stays beside it
/// with a suffix of its own.
///
/// # Errors
/// As [`open_store`].
pub(crate) fn open_store_for_change(
    session: &mut Session,
    files: &StateFileArgs,
    suffix: &str,
) -> Result<Store, Diagnostics> {
    let backend = current_backend(session)?;
    store_of(session, &backend, files, Some(suffix))
}

/// Reads the state of the current workspace, for commands that need no configuration.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_current(session: &mut Session, files: &StateFileArgs) -> Result<State, Diagnostics> {
    let store = open_current_store(session, files)?;
    Ok(read_state(&*store)?)
}

/// Reads a state; an empty one of a new lineage if there is none.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_state(store: &dyn StateStore) -> Result<State, Diagnostic> {
    match store.read() {
        Ok(Some(state)) => Ok(state),
        Ok(None) => Ok(State::empty(uuid::Uuid::new_v4().to_string())),
        Err(error) => Err(state_problem(&error, &store.name())),
    }
}

/// Takes the lock of a state, unless `-lock=false` was given.
///
/// # Errors
/// When someone else has it.
pub(crate) fn lock(
    session: &Session,
    store: &dyn StateStore,
    args: LockArgs,
    operation: &str,
) -> Result<Option<Box<dyn StateLock>>, Diagnostic> {
    if !args.lock {
        return Ok(None);
    }
    let lock = store.lock(lock_info(operation), args.timeout).map_err(|error| lock_problem(&error, args.timeout))?;
    if let Some(dead) = lock.taken_from()
        && session.voice == Voice::Human
    {
        session.say(&format!(
            "The lock that {} took at {} ({}) was not renewed any more: its owner is dead. It was taken over.\n",
            dead.who, dead.created, dead.id
        ));
    }
    Ok(Some(lock))
}

/// Returns who takes a lock now.
fn lock_info(operation: &str) -> LockInfo {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.name);
    let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let who = format!("{}@{host}", user.unwrap_or_default());
    LockInfo::new(uuid::Uuid::new_v4().to_string(), operation, who, jiff::Timestamp::now().to_string())
}

/// What a lock is for, and how to do without.
const ABOUT_LOCKS: &str = "landfall acquires a state lock to protect the state from being written by multiple users at \
                           the same time. Please resolve the issue above and try again. For most commands, you can \
                           disable locking with the \"-lock=false\" flag, but this is not recommended.";

fn lock_problem(error: &StateError, timeout: Duration) -> Diagnostic {
    let StateError::Locked { holder } = error else {
        let detail = format!("{}.\n\n{ABOUT_LOCKS}", capital(&error.told().to_string()));
        return Diagnostic::error("Error acquiring the state lock", detail);
    };
    let mut detail = "Error message: resource temporarily unavailable".to_owned();
    if let Some(holder) = holder {
        detail.push_str(&format!("\n{}", holder.to_string().trim_end()));
        if let Some(lease) = &holder.lease {
            let end = jiff::Timestamp::try_from(lease.end()).unwrap_or(lease.renewed);
            let end = end.round(jiff::Unit::Second).unwrap_or(end);
            detail.push_str(&format!(
                "\n\nIts owner renews it. Should the owner be dead, the lock can be taken over from {end} on."
            ));
        }
    }
    if !timeout.is_zero() {
        detail.push_str(&format!("\n\nlandfall tried for {} seconds.", timeout.as_secs()));
    }
    detail.push_str(&format!("\n\n{ABOUT_LOCKS}"));
    Diagnostic::error("Error acquiring the state lock", detail)
}

/// Returns the diagnostic for a state that cannot be read or written.
pub(crate) fn state_problem(error: &StateError, name: &str) -> Diagnostic {
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
             to, or write one that has them too with `landfall state push -force`, which removes the log.",
        ),
        StateError::Io { action: "write" | "remove", .. }
        | StateError::Remote { action: "write" | "remove", .. }
        | StateError::LockLost { .. } => ("Failed to save state", ""),
        StateError::Fenced { .. } => {
            ("Failed to save state", " Read it again, and see what of yours is still to be done.")
        }
        StateError::Checksum { .. } => (
            "State data does not have the expected content",
            " It may be that another process is writing it; try again in a minute. If it stays so, see whether the state is \
             the right one, and correct the item `…-md5` of the table.",
        ),
        StateError::Encryption(_) => ("Failed to decrypt the state", ""),
        StateError::Io { .. } | StateError::Remote { .. } | StateError::Locked { .. } | StateError::NotLocked(_) => {
            ("Failed to load state", "")
        }
    };
    let detail = format!("The state `{name}`: {}.{advice}", error.told());
    Diagnostic::error(summary, detail)
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
