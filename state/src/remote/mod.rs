//! States in buckets: objects, locks with leases, the journal beside the state.
//!
//! Everything that is written is written on a condition, so that nobody overwrites what they have not seen: the state on
//! the version that was read, the lock on there being none, a piece of the journal on its number being free.

mod bridge;
mod bucket;
mod clock;
mod journal;
mod lease;
mod lock;
mod store;

pub use bridge::Bridge;
pub use bucket::{Bucket, Put};
pub use clock::ServerClock;
pub use lease::Lease;
pub use lock::{BucketLock, LockPlace, LockText};
pub use store::{DigestPlace, RemoteStore};

#[cfg(test)]
mod tests;
