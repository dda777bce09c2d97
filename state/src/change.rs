//! What a step does to a state.

use std::sync::Arc;

use landfall_addr::{ProviderConfig, ResourceInstance};

use crate::{Intent, ObjectId, ObjectState, OutputState};

/// One change of a state: the beginning of a step, or its outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Something is about to be done to an object.
    Begin {
        /// Which.
        id: ObjectId,
        /// What.
        intent: Arc<Intent>,
    },
    /// What was begun is over, however it ended.
    End {
        /// Which object.
        id: ObjectId,
    },
    /// An object is there.
    Set {
        /// Which.
        id: ObjectId,
        /// Provider configuration that manages it.
        provider: ProviderConfig,
        /// The object.
        object: Arc<ObjectState>,
    },
    /// An object is not there any more.
    Remove {
        /// Which.
        id: ObjectId,
    },
    /// The same object has another address.
    Move {
        /// Where it was.
        from: ResourceInstance,
        /// Where it is.
        to: ResourceInstance,
    },
    /// An output of the root module has a value, or is gone.
    Output {
        /// Its name.
        name: Arc<str>,
        /// Its value.
        output: Option<OutputState>,
    },
}
