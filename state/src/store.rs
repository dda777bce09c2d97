//! Where a state is kept.

use std::time::Duration;

use crate::{LockInfo, State, StateError, StateLock, StepLog};

/// Keeps one state.
pub trait StateStore: Send + Sync {
    /// Returns how messages call it: a path, an address.
    fn name(&self) -> String;

    /// Returns whether it is kept on another machine.
    fn is_remote(&self) -> bool {
        false
    }

    /// Reads the state, with the steps of an interrupted run folded in; `None` if there is none.
    ///
    /// # Errors
    /// When it cannot be read or is not a state.
    fn read(&self) -> Result<Option<State>, StateError>;

    /// Writes the state with the next serial, keeping the previous one as a backup, and drops the log of finished
    /// steps. Does nothing but the latter if the state is not changed.
    ///
    /// # Errors
    /// When it cannot be written; the previous state is untouched then.
    fn write(&self, state: &mut State) -> Result<(), StateError>;

    /// Writes a state with its own serial and lineage, keeping the previous one as a backup, and drops the log of
    /// finished steps.
    ///
    /// # Errors
    /// When it cannot be written; the previous state is untouched then.
    fn write_as_is(&self, state: &State) -> Result<(), StateError>;

    /// Takes the lock, trying for as long as `timeout`. It is released when the guard is dropped.
    ///
    /// # Errors
    /// [`StateError::Locked`] with who has it.
    fn lock(&self, info: LockInfo, timeout: Duration) -> Result<Box<dyn StateLock>, StateError>;

    /// Releases a lock that another process left, if it has this id.
    ///
    /// # Errors
    /// When there is no lock, or it has another id.
    fn force_unlock(&self, id: &str) -> Result<(), StateError>;

    /// Opens a log of finished steps that belongs to `state` as it was read.
    ///
    /// # Errors
    /// When it cannot be created.
    fn step_log(&self, state: &State) -> Result<Box<dyn StepLog>, StateError>;
}
