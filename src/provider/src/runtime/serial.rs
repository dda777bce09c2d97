//! Taking turns at what a service changes one at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use landfall_value::Value;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::AnyResource;

/// Type, and value of the argument by which the service serialises.
type Key = (&'static str, String);

/// Turns by type, argument and its value. Entries stay for the life of the runtime: there are few.
#[derive(Default)]
pub(super) struct Turns(Mutex<BTreeMap<Key, Arc<Turn<()>>>>);

impl Turns {
    /// Returns when it is an object's turn; the turn ends when the answer is dropped.
    pub async fn take(&self, resource: &dyn AnyResource, object: &Value) -> Option<OwnedMutexGuard<()>> {
        let value = object.get(resource.serial_by()?)?.as_str()?.to_owned();
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry((resource.r#type(), value)).or_default().clone()
        };
        Some(turn.lock_owned().await)
    }
}
