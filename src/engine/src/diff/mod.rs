//! What becomes of one object: pure functions from prior object and configuration to an action and a planned value.

mod decide;
mod ignore;
mod replace;
pub(crate) mod path;

pub(crate) use decide::{Decision, Proposal, decide, propose_final};
