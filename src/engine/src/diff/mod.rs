//! What becomes of one object: pure functions from prior object and configuration to an action and a planned value.

mod agrees;
mod decide;
mod ignore;
mod path;
mod replace;

pub(crate) use agrees::agrees;
pub(crate) use decide::{Decision, Proposal, decide, propose_final};
