//! Types for fields of `Args` and `Attrs` that say more than their Rust counterparts.

mod filled;
mod sensitive;
mod set;
mod tags;

pub use filled::Filled;
pub use sensitive::Sensitive;
pub use set::Set;
pub(crate) use tags::planned_all;
pub use tags::{TagChanges, Tags};
