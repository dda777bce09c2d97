//! Taking turns at what a service changes one at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use landfall_value::Value;
use tokio::sync::OwnedMutexGuard;

use crate::AnyResource;

/// Type, and value of the argument by which the service serialises.
type Key = (&'static str, String);

/// A turn; it ends when this is dropped.
pub(super) type Turn = OwnedMutexGuard<()>;

/// Turns by type, argument and its value. Entries stay for the life of the runtime: there are few.
#[derive(Default)]
pub(super) struct Turns(Mutex<BTreeMap<Key, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Returns the wait for an object's turn; `None` where the service takes all changes at once.
    pub fn take(&self, resource: &dyn AnyResource, object: &Value) -> Option<impl Future<Output = Turn> + use<>> {
        let value = object.get(resource.serial_by()?)?.as_str()?.to_owned();
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(turns.entry((resource.r#type(), value)).or_default().clone().lock_owned())
    }
}
