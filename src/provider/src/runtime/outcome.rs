//! What the runtime tells the engine.

use std::sync::Arc;
use std::time::Duration;

use landfall_value::Value;
use tokio::sync::oneshot;

use crate::CallError;

/// An object as the state holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredObject {
    /// Object of the whole schema, with `id` where the type has one.
    pub value: Value,
    /// Kept from creation.
    pub private: Option<Vec<u8>>,
}

/// What an operation is doing, for people to read.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// The service accepted the create call: store this as half-made. Not told of local types.
    Accepted {
        /// What is known of the object.
        object: StoredObject,
        /// To be dropped when that is durable: the operation changes nothing more before.
        receipt: Receipt,
    },
    /// The operation waits.
    Waiting {
        /// The service's word for the object's phase, or what the type waits for.
        reason: String,
    },
    /// A call failed and will be tried again.
    Retrying {
        /// Why it failed.
        error: CallError,
        /// Until the next attempt.
        after: Duration,
    },
}

/// Held by whoever is to make something durable; what waits for that goes on when all clones are dropped.
#[derive(Clone, Debug)]
pub struct Receipt(Arc<oneshot::Sender<()>>);

impl Receipt {
    /// Returns a receipt, and what waits for it.
    pub(super) fn new() -> (Self, impl Future<Output = ()> + Send) {
        let (held, dropped) = oneshot::channel();
        (Self(Arc::new(held)), async { _ = dropped.await })
    }
}

impl PartialEq for Receipt {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// How an operation ended: what is there now, and what went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What is there; `None` when nothing is.
    pub object: Option<StoredObject>,
    /// Why the operation did not reach its goal. With an object after a create: the object is tainted.
    pub error: Option<CallError>,
}

impl Outcome {
    /// Returns an outcome that reached its goal.
    pub fn reached(object: Option<StoredObject>) -> Self {
        Self { object, error: None }
    }

    /// Returns an outcome that did not.
    pub fn failed(object: Option<StoredObject>, error: CallError) -> Self {
        Self { object, error: Some(error) }
    }

    /// Returns the outcome of an operation that was called off before it began.
    pub(super) fn not_begun(object: Option<StoredObject>) -> Self {
        Self::failed(object, CallError::local(crate::runtime::INTERRUPTED, "interrupted before it began"))
    }
}
