//! State: what exists, as far as landfall knows, and how that is kept.
//!
//! The model ([`State`]) is apart from its form on disk (Terraform's format v4, private to this crate), from where it
//! is kept ([`StateStore`]: a file, or a bucket with [`RemoteStore`]) and from the log of finished steps ([`StepLog`]). Attributes stay JSON text: this crate
//! knows no schemas, no configuration and no providers.

mod change;
mod checks;
pub mod encryption;
mod error;
mod intent;
mod local;
mod lock;
mod model;
mod object;
pub mod remote;
mod step_log;
mod store;
mod v4;

pub use change::Change;
pub use checks::{CheckKind, CheckObject, CheckResult, CheckStatus};
pub use encryption::{Encryption, EncryptionError};
pub use error::{StateError, with_causes};
pub use intent::{Intent, IntentWork};
pub use local::LocalStore;
pub use lock::{LockInfo, StateLock};
pub use model::{InstanceState, ObjectId, OutputState, ResourceState, State};
pub use object::{Identity, JsonText, ObjectState, Status};
pub use remote::{Lease, RemoteStore};
pub use step_log::{FileStepLog, Pending, StepLog, decode_changes, encode_changes};
pub use store::StateStore;

#[cfg(test)]
mod tests;
