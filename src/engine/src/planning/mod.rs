//! Planning: a walk over the static graph that looks at what is there, evaluates every block and decides what becomes
//! of every object.

mod data;
mod ephemeral;
mod finish;
mod import;
mod managed;
mod metadata;
mod orphans;
mod planner;
mod provider;
mod refresh;
mod relevant;
mod settle;
mod trigger;
mod walk;

pub(crate) use finish::planned_values;
pub use finish::{import, plan};
pub(crate) use managed::{whole, with_schema_marks};
pub(crate) use orphans::removed_block;
pub(crate) use refresh::stored;
pub use settle::settle;
