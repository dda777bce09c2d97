//! `workspace list|show|select|new|delete`: several states for one configuration.

use std::path::Path;

use landfall_diag::Diagnostic;
use landfall_state::{Encryption, LocalStore, State};

use super::Outcome;
use crate::args::{LockArgs, WorkspaceArgs};
use crate::exit::Exit;
use crate::project::{self, Backend, DEFAULT_WORKSPACE};
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &WorkspaceArgs) -> Outcome {
    let backend = project::current_backend(session)?;
    let current = project::current_workspace(&session.environment);
    match args {
        WorkspaceArgs::Show => session.print(&format!("{current}\n")),
        WorkspaceArgs::List => {
            let mark = |name: String| format!("{} {name}\n", if name == current { '*' } else { ' ' });
            session.print(&format!("{}\n", backend.workspaces()?.into_iter().map(mark).collect::<String>()));
        }
        WorkspaceArgs::Select { name, or_create } => select(session, &backend, name, *or_create)?,
        WorkspaceArgs::New { name, state } => create(session, &backend, name, state.as_deref())?,
        WorkspaceArgs::Delete { name, force } => delete(session, &backend, &current, (name, *force))?,
    }
    Ok(Exit::Done)
}

fn check_overridden(session: &Session) -> Result<(), Diagnostic> {
    match session.environment.get("TF_WORKSPACE") {
        None => Ok(()),
        Some(name) => {
            let detail = format!(
                "The selected workspace is currently overridden to be `{name}`.\n\nTo select a different workspace, \
                 either update the TF_WORKSPACE environment variable or unset it."
            );
            Err(Diagnostic::error("Workspace is overridden", detail))
        }
    }
}

fn select(session: &Session, backend: &Backend, name: &str, or_create: bool) -> Result<(), Diagnostic> {
    check_overridden(session)?;
    if !backend.workspaces()?.iter().any(|known| known == name) {
        if or_create {
            return create(session, backend, name, None);
        }
        let detail =
            format!("Workspace \"{name}\" doesn't exist. You can create it with `landfall workspace new {name}`.");
        return Err(Diagnostic::error("No such workspace", detail));
    }
    project::select_workspace(&session.environment, name)?;
    session.print(&format!("Switched to workspace \"{name}\".\n"));
    Ok(())
}

fn create(session: &Session, backend: &Backend, name: &str, state: Option<&Path>) -> Result<(), Diagnostic> {
    check_overridden(session)?;
    if !project::is_valid_workspace_name(name) {
        let detail = format!("The workspace name \"{name}\" is not allowed. The name must be usable as a directory.");
        return Err(Diagnostic::error("Invalid workspace name", detail));
    }
    let state = state.map(read).transpose()?;
    if backend.workspaces()?.iter().any(|known| known == name) {
        return Err(Diagnostic::error("Workspace exists", format!("Workspace \"{name}\" already exists.")));
    }
    backend.create(name, state.as_ref())?;
    project::select_workspace(&session.environment, name)?;
    session.print(&format!(
        "Created and switched to workspace \"{name}\"!\n\nYou're now on a new, empty workspace. Workspaces isolate their \
         state, so if you run\n\"landfall plan\" landfall will not see any existing state for this configuration.\n"
    ));
    Ok(())
}

/// Reads the state that a new workspace begins with.
fn read(path: &Path) -> Result<State, Diagnostic> {
    let state = LocalStore::read_file(path, &Encryption::none());
    let state = state.map_err(|error| project::state_problem(&error, &path.display().to_string()))?;
    state.ok_or_else(|| {
        let detail = format!("There is no state file `{}` to copy into the workspace.", path.display());
        Diagnostic::error("Failed to read state", detail)
    })
}

fn delete(session: &Session, backend: &Backend, current: &str, (name, force): (&str, bool)) -> Result<(), Diagnostic> {
    let refused = |detail: String| Diagnostic::error("Workspace cannot be deleted", detail);
    if name == DEFAULT_WORKSPACE {
        return Err(refused("The workspace \"default\" is always there.".to_owned()));
    }
    if name == current {
        return Err(refused(format!("Workspace \"{name}\" is your active workspace. Select another one first.")));
    }
    if !backend.workspaces()?.iter().any(|known| known == name) {
        return Err(refused(format!("Workspace \"{name}\" doesn't exist.")));
    }
    let store = backend.store(name)?;
    let lock = project::lock(session, &*store, LockArgs::default(), "state-delete")?;
    let state = project::read_state(&*store)?;
    if !state.resources().is_empty() && !force {
        return Err(refused(format!(
            "Workspace \"{name}\" still manages objects. Destroy them first; with -force they are forgotten, and stay."
        )));
    }
    if !state.intents().is_empty() && !force {
        return Err(refused(format!(
            "A run in workspace \"{name}\" was cut off and is not settled. Select it and run `landfall recover` first."
        )));
    }
    backend.remove(name)?;
    drop(lock);
    session.print(&format!("Deleted workspace \"{name}\"!\n"));
    Ok(())
}
