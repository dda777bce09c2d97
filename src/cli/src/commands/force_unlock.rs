//! `force-unlock`: removes the information that a lock left behind.

use landfall_diag::Diagnostic;

use super::Outcome;
use crate::args::{ForceUnlockArgs, StateFileArgs};
use crate::exit::Exit;
use crate::project;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &ForceUnlockArgs) -> Outcome {
    let store = project::open_current_store(session, &StateFileArgs::default())?;
    if !args.force {
        let question = "\nDo you really want to force-unlock?\n  landfall will remove the lock on the state.\n  This will \
                        allow local commands to modify this state, even though it\n  may still be in use. Only 'yes' \
                        will be accepted to confirm.\n\n  Enter a value: ";
        if session.ask(question)? != "yes" {
            return Err(Diagnostic::error("Force-unlock cancelled", "The lock is as it was.").into());
        }
    }
    store.force_unlock(&args.id).map_err(|error| {
        Diagnostic::error("Failed to unlock state", format!("The state `{}`: {error}.", store.name()))
    })?;
    session.print("landfall state has been successfully unlocked!\n");
    Ok(Exit::Done)
}
