//! The runtime: what the engine calls. The only place that polls, retries, converges updates and keeps deadlines.

use std::time::Duration;

use landfall_value::Value;

use crate::{AnyDataSource, AnyResource, BoxFuture, CallError, CallResult, Client, Token};

/// An object as the state holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredObject {
    /// Object of the whole schema, with `id` where the type has one.
    pub value: Value,
    /// Kept from creation.
    pub private: Option<Vec<u8>>,
}

/// Time, as the runtime sees it; tests pass a virtual one.
pub trait Clock: Send + Sync {
    /// Returns the time since some fixed moment.
    fn now(&self) -> Duration;
    /// Returns after a while.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// What an operation is doing, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The object has an id now; the engine may store it as half-made.
    Accepted { id: String },
    /// Waiting: the service's word for the object's phase, or what the type waits for.
    Waiting { reason: String },
    /// A call failed and will be tried again.
    Retrying { error: CallError, after: Duration },
}

/// How an operation ended: what is there now, and what went wrong.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What is there; `None` when nothing is.
    pub object: Option<StoredObject>,
    /// Why the operation did not reach its goal. With an object after a create: the object is tainted.
    pub error: Option<CallError>,
}
