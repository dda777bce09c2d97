//! `state push`: a state takes the place of the current one.

use std::io::Read;

use landfall_diag::Diagnostic;
use landfall_state::{State, StateError};

use crate::args::StateChangeArgs;
use crate::commands::Outcome;
use crate::exit::Exit;
use crate::project;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &StateChangeArgs, path: &str, force: bool) -> Outcome {
    let text = read(path).map_err(|error| Diagnostic::error("Failed to read state", format!("`{path}`: {error}.")))?;
    let encryption = project::current_encryptions(session)?.state;
    // A state that was saved beside an encrypted one is encrypted; one that somebody made is not.
    let plain = if is_encrypted(&text) {
        encryption.open(&text).map_err(|error| {
            Diagnostic::error("Failed to decrypt the state", format!("The state in `{path}`: {error}."))
        })?
    } else {
        text.as_slice().into()
    };
    let state = State::from_json(&plain).map_err(|error| {
        Diagnostic::error("Unsupported state file format", format!("The state in `{path}`: {error}."))
    })?;
    let store = project::open_current_store(session, &args.state)?;
    let _lock = project::lock(session, &*store, args.lock, "state-push")?;
    let problem = |error| project::state_problem(&error, &store.name());
    let there = match store.read() {
        // What the journal holds beside a state that it does not belong to is given up, as was asked.
        Err(StateError::StaleLog { .. }) if force => None,
        there => there.map_err(problem)?,
    };
    if let Some(there) = &there {
        if !force && let Some(why) = objection(there, &state) {
            return Err(Diagnostic::error("Failed to write state", why).into());
        }
        if there.has_contents_of(&state) && there.serial() == state.serial() && there.lineage() == state.lineage() {
            return Ok(Exit::Done);
        }
    }
    store.write_as_is(&state).map_err(problem)?;
    Ok(Exit::Done)
}

fn is_encrypted(text: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(text).is_ok_and(|json| json.get("encrypted_data").is_some())
}

fn read(path: &str) -> std::io::Result<Vec<u8>> {
    match path {
        "-" => {
            let mut text = Vec::new();
            std::io::stdin().lock().read_to_end(&mut text).map(|_| text)
        }
        path => std::fs::read(path),
    }
}

/// Returns why one state cannot take the place of another one.
fn objection(there: &State, new: &State) -> Option<String> {
    if there.lineage() != new.lineage() && !there.is_empty() {
        return Some(format!(
            "cannot import state with lineage \"{}\" over unrelated state with lineage \"{}\"",
            new.lineage(),
            there.lineage()
        ));
    }
    match new.serial().cmp(&there.serial()) {
        std::cmp::Ordering::Less => Some(format!(
            "cannot import state with serial {} over newer state with serial {}",
            new.serial(),
            there.serial()
        )),
        std::cmp::Ordering::Equal if !there.has_contents_of(new) => Some(format!(
            "cannot overwrite existing state with serial {} with a different state that has the same serial",
            new.serial()
        )),
        std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => None,
    }
}
