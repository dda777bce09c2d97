//! `show`: the current state, a saved plan or a state file, for people or for programs.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_state::{LocalStore, State};

use super::Outcome;
use crate::args::{ShowArgs, StateFileArgs};
use crate::exit::Exit;
use crate::operation::providers;
use crate::plan_file::{self, SavedPlan};
use crate::project;
use crate::session::Session;
use crate::views;

pub(super) fn run(session: &mut Session, args: &ShowArgs) -> Outcome {
    let Some(path) = &args.path else {
        let state = project::read_current(session, &StateFileArgs::default())?;
        return state_as(session, args, &state);
    };
    match plan_file::is_plan(path) {
        Ok(true) => plan_as(session, args, path),
        Ok(false) => {
            let state = LocalStore::read_file(path, &project::current_encryptions(session)?.state)
                .map_err(|error| project::state_problem(&error, &path.display().to_string()))?;
            state_as(session, args, &state.unwrap_or_else(|| State::empty("")))
        }
        Err(error) => {
            let detail = format!("The file `{}` is neither a saved plan nor a state: {error}.", path.display());
            Err(Diagnostic::error(format!("Failed to read \"{}\"", path.display()), detail).into())
        }
    }
}

fn plan_as(session: &mut Session, args: &ShowArgs, path: &Path) -> Outcome {
    let encryption = project::current_encryptions(session)?.plan;
    let saved = plan_file::read(path, &mut session.sources, &encryption).map_err(|error| {
        let detail = format!("The file `{}` cannot be shown: {error}.", path.display());
        Diagnostic::error(format!("Failed to read \"{}\" as a plan file", path.display()), detail)
    })?;
    let SavedPlan { plan, config } = saved?;
    let providers = providers();
    if args.view.json {
        write_json(|out| views::json::write_plan(out, &plan, &config, &providers))?;
    } else {
        session.print(&views::plan::render(&plan, &providers, session.out_style));
    }
    Ok(Exit::Done)
}

fn state_as(session: &Session, args: &ShowArgs, state: &State) -> Outcome {
    let providers = providers();
    if args.view.json {
        write_json(|out| views::json::write_state(out, state, &providers))?;
    } else {
        session.print(&views::state::render(state, &providers, session.out_style).map_err(|error| unreadable(&error))?);
    }
    Ok(Exit::Done)
}

/// Returns the diagnostic for an object whose attributes cannot be read.
pub(super) fn unreadable(error: &dyn ToString) -> Diagnostics {
    Diagnostic::error("Failed to read the state", format!("An object cannot be shown: {}.", error.to_string())).into()
}

fn write_json(
    write: impl FnOnce(&mut BufWriter<io::StdoutLock<'static>>) -> Result<(), serde_json::Error>,
) -> Result<(), Diagnostics> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out) {
        // A reader that went away is no concern of ours.
        Err(error) if !error.is_io() => return Err(unreadable(&error)),
        Ok(()) | Err(_) => {}
    }
    let _ = out.write_all(b"\n").and_then(|()| out.flush());
    Ok(())
}
