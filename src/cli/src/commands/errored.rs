//! `errored.tfstate`: what a run has done, where the backend did not take it.

use landfall_diag::Diagnostic;
use landfall_lang::Config;
use landfall_state::{LocalStore, State, StateStore};

use crate::project;
use crate::session::Session;

const FILE: &str = "errored.tfstate";

/// Saves a state that could not be written where it belongs, and says what to do with it.
pub(super) fn save(session: &mut Session, config: &Config, state: &State) -> Diagnostic {
    let encryptions = project::encryptions(session, &config.root);
    let written = encryptions.map_err(|_| "the encryption is not configured".to_owned()).and_then(|encryptions| {
        let store = LocalStore::new(FILE).with_encryption(encryptions.state).with_backup(None);
        store.write(&mut state.clone()).map_err(|error| error.told())
    });
    let detail = match written {
        Ok(()) => format!(
            "The state was not written where it belongs: see the other error. So that nothing is lost it is in the file \
             `{FILE}` in this directory. Where the reason has passed, run the command again: the journal beside the state \
             knows what was done. If somebody else has changed the state meanwhile, bring together in the file what both have \
             done, and write it with\n\n    landfall state push -force {FILE}"
        ),
        Err(error) => format!(
            "The state was written neither where it belongs nor to the file `{FILE}`: {error}. What was done is in the \
             journal beside the state, as far as that could be written; the next command reads it."
        ),
    };
    Diagnostic::error("Failed to persist state to backend", detail)
}
