//! A log of finished steps in memory.

use std::sync::{Arc, Mutex, PoisonError};

use landfall_state::{Change, StateError, StepLog};

/// Keeps changes in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog(Arc<Mutex<Vec<Vec<Change>>>>);

impl MemoryLog {
    /// Returns an empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns what was appended, one list for each call.
    pub fn appended(&self) -> Vec<Vec<Change>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl StepLog for MemoryLog {
    fn append(&mut self, changes: &[Change]) -> Result<(), StateError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(changes.to_vec());
        Ok(())
    }
}
