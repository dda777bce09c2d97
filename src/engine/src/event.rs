//! What the engine is doing, for views to render.

use std::sync::Arc;
use std::time::Duration;

use landfall_addr::ResourceInstance;
use landfall_provider::Progress;
use landfall_state::ObjectId;

/// What is done with an object during apply; a replacement is two of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Creation.
    Create,
    /// Reading of a data source.
    Read,
    /// Update.
    Update,
    /// Destruction.
    Delete,
    /// Taking out of the state.
    Forget,
}

/// What is done with an ephemeral resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EphemeralWork {
    /// Opening.
    Open,
    /// Closing.
    Close,
}

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Objects are looked at; one event for each.
    RefreshStarted {
        /// The object.
        object: ObjectId,
        /// Its identifier, if it has one.
        id: Option<Arc<str>>,
    },
    /// An object was looked at.
    RefreshCompleted {
        /// The object.
        object: ObjectId,
        /// Its identifier, if it has one.
        id: Option<Arc<str>>,
    },
    /// All objects of a provider configuration were looked at.
    Refreshed {
        /// How many.
        objects: usize,
        /// How many reads that took: one serves many objects where the service lets it.
        reads: usize,
    },
    /// A data source is read while planning.
    ReadStarted {
        /// The data source.
        address: ResourceInstance,
    },
    /// A data source was read while planning.
    ReadCompleted {
        /// The data source.
        address: ResourceInstance,
        /// Its identifier, if it has one.
        id: Option<Arc<str>>,
        /// How long it took.
        elapsed: Duration,
    },
    /// Work on an ephemeral resource began.
    EphemeralStarted {
        /// The ephemeral resource.
        address: ResourceInstance,
        /// What is done.
        work: EphemeralWork,
    },
    /// Work on an ephemeral resource ended well.
    EphemeralCompleted {
        /// The ephemeral resource.
        address: ResourceInstance,
        /// What was done.
        work: EphemeralWork,
        /// How long it took.
        elapsed: Duration,
    },
    /// Work on an ephemeral resource failed; the diagnostics of the run say why.
    EphemeralFailed {
        /// The ephemeral resource.
        address: ResourceInstance,
        /// What was done.
        work: EphemeralWork,
        /// How long it took.
        elapsed: Duration,
    },
    /// Work on an object began.
    ApplyStarted {
        /// The object.
        object: ObjectId,
        /// What is done.
        work: Work,
        /// Its identifier, if it has one.
        id: Option<Arc<str>>,
        /// What it usually takes.
        usual: Duration,
    },
    /// Work on an object goes on. Sent when what it waits for changes, not at intervals.
    ApplyProgress {
        /// The object.
        object: ObjectId,
        /// What is done.
        work: Work,
        /// Since the start.
        elapsed: Duration,
        /// What it waits for.
        progress: Progress,
    },
    /// Work on an object ended well.
    ApplyCompleted {
        /// The object.
        object: ObjectId,
        /// What was done.
        work: Work,
        /// Its identifier, if it has one.
        id: Option<Arc<str>>,
        /// How long it took.
        elapsed: Duration,
    },
    /// Work on an object failed; the diagnostics of the run say why.
    ApplyFailed {
        /// The object.
        object: ObjectId,
        /// What was done.
        work: Work,
        /// How long it took.
        elapsed: Duration,
    },
    /// A provisioner began.
    ProvisionerStarted {
        /// The resource instance.
        address: ResourceInstance,
        /// Its type, such as `local-exec`.
        provisioner: Arc<str>,
    },
    /// A provisioner wrote a line.
    ProvisionerOutput {
        /// The resource instance.
        address: ResourceInstance,
        /// Its type.
        provisioner: Arc<str>,
        /// The line.
        line: String,
    },
    /// A provisioner ended.
    ProvisionerCompleted {
        /// The resource instance.
        address: ResourceInstance,
        /// Its type.
        provisioner: Arc<str>,
        /// Whether it failed.
        failed: bool,
    },
    /// No new work is begun; running work is waited for.
    Interrupted {
        /// How many operations are running.
        running: usize,
    },
}
