//! Changes of the state, and making them durable.

use std::sync::Arc;

use landfall_addr::ProviderConfig;
use landfall_diag::Diagnostic;
use landfall_state::{Change, ObjectId, ObjectState, StateError};

use super::driver::Driver;

impl Driver<'_> {
    /// Makes a change of the state. It is durable after the next [`save`](Self::save).
    pub(super) fn change_state(&mut self, change: Change) {
        self.state.apply(change.clone());
        self.unsaved.push(change);
    }

    /// Says that what was begun with an object is over. To be said after its outcome: no crash may leave the end without it.
    pub(super) fn close_intent(&mut self, id: &ObjectId) {
        if self.state.intents().contains_key(id) {
            self.change_state(Change::End { id: id.clone() });
        }
    }

    pub(super) fn put(&mut self, id: ObjectId, provider: ProviderConfig, object: Arc<ObjectState>) {
        self.change_state(Change::Set { id, provider, object });
    }

    /// Makes all changes durable, with one write and one sync.
    pub(super) fn save(&mut self) {
        if self.unsaved.is_empty() || self.log_failed {
            return;
        }
        match self.log.append(&self.unsaved) {
            Ok(()) => self.unsaved.clear(),
            Err(error) => self.fail_log(&error),
        }
    }

    /// Takes note that the log cannot be written: nothing new is begun.
    pub(super) fn fail_log(&mut self, error: &StateError) {
        if std::mem::replace(&mut self.log_failed, true) {
            return;
        }
        self.evaluation.diagnostics.push(Diagnostic::error(
            "Failed to persist state",
            format!(
                "A finished step could not be written down, so nothing new is begun: {error}. Running work is waited \
                 for, and the whole state is written at the end."
            ),
        ));
    }
}
