//! `init`'s part for the backend: takes it into use, and copies states where it is another one than before.

use std::fs;
use std::path::{Path, PathBuf};

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_lang::config::Module;
use landfall_state::State;

use super::init::say;
use crate::args::{InitArgs, Migration};
use crate::project::{self, Backend, Choice, Encryptions, Kept, Overrides, Store};
use crate::session::{Session, Voice};

/// Takes the backend of the root module into use.
///
/// # Errors
/// When it is not valid or cannot be reached, or states would have to be copied and nobody said so.
pub(super) fn initialise(session: &mut Session, args: &InitArgs, root: &Module) -> Result<(), Diagnostics> {
    let overrides = Overrides::read(session, &args.backend_config)?;
    let block = root.backend.as_ref();
    if block.is_none() && !overrides.is_empty() {
        let detail = "-backend-config was used without a \"backend\" block in the configuration.";
        session.report(&Diagnostic::warning("Missing backend configuration", detail).into());
    }
    let directory = session.environment.data_directory();
    let kept = Kept::read(&directory)?;
    let of_block = Choice::of(block, &Overrides::none())?;
    let chosen = Choice::of(block, &overrides)?;
    let access = project::access(session)?;
    let encryption = Encryptions::of(session, root.encryption.as_ref(), &access)?.state;
    let open = |choice: &Choice| Backend::open(choice, &access, encryption.clone());

    if let (Some(kept), Some(_)) = (&kept, block)
        && args.migration != Migration::Reconfigure
    {
        let is_same_block = overrides.is_empty() && of_block.to_kept(&of_block).hash == kept.hash;
        if is_same_block || chosen.is(kept) {
            let choice = Choice::of_kept(kept)?;
            open(&choice)?.workspaces()?;
            let kept = Kept { hash: of_block.to_kept(&of_block).hash, ..kept.clone() };
            return Ok(Kept::write(&directory, Some(kept))?);
        }
    }
    let new = open(&chosen)?;
    if matches!(new, Backend::S3(_)) {
        // What is wrong with bucket or credentials is told now.
        new.workspaces()?;
    }
    if args.migration != Migration::Reconfigure {
        match &kept {
            None => migrate(session, args, &open(&Choice::of(None, &overrides)?)?, &new)?,
            Some(_) if args.migration == Migration::Refused => return Err(changed().into()),
            Some(kept) => {
                if args.view.json {
                    say(session, "backend_migrating", "Backend configuration changed!");
                } else {
                    session.print(
                        "Backend configuration changed!\n\nlandfall has detected that the configuration specified for the \
                         backend\nhas changed. landfall will now check for existing state in the backends.\n\n",
                    );
                }
                migrate(session, args, &open(&Choice::of_kept(kept)?)?, &new)?;
            }
        }
    }
    finish(session, block.is_some().then(|| chosen.to_kept(&of_block)), kept.as_ref())
}

/// Keeps the backend, and says so.
fn finish(session: &Session, new: Option<Kept>, old: Option<&Kept>) -> Result<(), Diagnostics> {
    let text = match (&new, old) {
        (Some(new), _) => format!(
            "\nSuccessfully configured the backend \"{}\"! landfall will automatically\nuse this backend unless the backend \
             configuration changes.",
            new.r#type
        ),
        (None, Some(old)) => {
            format!("\nSuccessfully unset the backend \"{}\". landfall will now operate locally.", old.r#type)
        }
        (None, None) => return Ok(()),
    };
    Kept::write(&session.environment.data_directory(), new)?;
    say(session, "backend_configured_success", &text);
    Ok(())
}

fn changed() -> Diagnostic {
    let detail = "A change in the backend configuration has been detected, which may require migrating existing state.\n\nIf \
                  you wish to attempt automatic migration of the state, use \"landfall init -migrate-state\".\nIf you wish to \
                  store the current configuration with no changes to the state, use \"landfall init -reconfigure\".";
    Diagnostic::error("Backend configuration changed", detail)
}

/// A state that is to be copied.
struct Transfer {
    workspace: String,
    from: Store,
    to: Store,
    state: State,
    /// Whether another state is in its way.
    overwrites: bool,
}

/// Copies the states of one backend to another.
fn migrate(session: &mut Session, args: &InitArgs, old: &Backend, new: &Backend) -> Result<(), Diagnostics> {
    let mut copies = Vec::new();
    for workspace in old.workspaces()? {
        if let (Some(from), Some(to)) = (old.file(&workspace), new.file(&workspace))
            && from == to
        {
            continue;
        }
        copies.extend(copy_of(old, new, workspace)?);
    }
    if copies.is_empty() || !is_wanted(session, args, (old, new), &copies)? {
        return Ok(());
    }
    for copy in copies {
        let locks = [
            project::lock(session, &*copy.from, args.lock, "migration source state")?,
            project::lock(session, &*copy.to, args.lock, "migration destination state")?,
        ];
        // Both were read without a lock: they have to be what they were.
        if project::read_state(&*copy.from)? != copy.state {
            let detail = format!("The state `{}` was changed meanwhile. Run `landfall init` again.", copy.from.name());
            return Err(Diagnostic::error("Error copying state", detail).into());
        }
        copy.to.write_as_is(&copy.state).map_err(|error| project::state_problem(&error, &copy.to.name()))?;
        drop(locks);
        set_aside(old, &copy.workspace)?;
    }
    Ok(())
}

fn copy_of(old: &Backend, new: &Backend, workspace: String) -> Result<Option<Transfer>, Diagnostics> {
    let (from, to) = (old.store(&workspace)?, new.store(&workspace)?);
    let read = |store: &Store| store.read().map_err(|error| project::state_problem(&error, &store.name()));
    let Some(state) = read(&from)? else { return Ok(None) };
    if !state.intents().is_empty() {
        let detail = format!(
            "A run was cut off, and what it had begun is noted beside the state `{}`. Run `landfall recover` with the old \
             backend first.",
            from.name()
        );
        return Err(Diagnostic::error("State is not settled", detail).into());
    }
    let there = read(&to)?;
    if there.as_ref() == Some(&state) || (state.is_empty() && there.is_some()) {
        return Ok(None);
    }
    let overwrites = there.is_some_and(|there| !there.is_empty());
    Ok(Some(Transfer { workspace, from, to, state, overwrites }))
}

/// Asks whether states are to be copied.
fn is_wanted(
    session: &Session,
    args: &InitArgs,
    (old, new): (&Backend, &Backend),
    copies: &[Transfer],
) -> Result<bool, Diagnostics> {
    if args.migration == Migration::Forced {
        return Ok(true);
    }
    if !args.input || !session.environment.allows_input() || session.voice == Voice::Json {
        let detail =
            "Please remove the \"-input=false\" option and try again, or give -force-copy to copy without a question.";
        let summary = "Can't ask approval for state migration when interactive input is disabled.";
        return Err(Diagnostic::error(summary, detail).into());
    }
    let (old, new) = (old.kind(), new.kind());
    let list: String = copies
        .iter()
        .map(|copy| {
            let note = if copy.overwrites { ", which OVERWRITES the state that is there" } else { "" };
            format!("    {} -> {}{note}\n", copy.from.name(), copy.to.name())
        })
        .collect();
    let question = format!(
        "Do you want to copy existing state to the new backend?\n  Pre-existing state was found while migrating the previous \
         \"{old}\" backend to the\n  newly configured \"{new}\" backend:\n\n{list}\n  Enter \"yes\" to copy and \"no\" to leave \
         it where it is.\n\n  Enter a value: "
    );
    match session.ask(&question)?.as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(Diagnostic::error("State migration cancelled", "Nothing was copied, and the backend is the old one.")
            .into()),
    }
}

/// Puts a local state with its journal aside that was copied elsewhere, so that nobody goes on with it.
fn set_aside(old: &Backend, workspace: &str) -> Result<(), Diagnostic> {
    let Some(path) = old.file(workspace) else { return Ok(()) };
    let with = |path: &Path, suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let backup = with(&path, ".backup");
    let moved = [(path.clone(), backup.clone()), (with(&path, ".steps"), with(&backup, ".steps"))];
    // A first run that was killed leaves a journal without a state; others leave a state without a journal.
    let moved = moved.iter().try_for_each(|(from, to)| match fs::rename(from, to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        moved => moved,
    });
    moved.map_err(|error| {
        let detail =
            format!("The state was copied, but the old one, `{}`, cannot be put aside: {error}.", path.display());
        Diagnostic::error("Error removing the old state", detail)
    })
}
