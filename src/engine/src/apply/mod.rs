//! Apply: walks the execution graph of a plan. One driver owns the state; operations report to it.

mod block;
mod change;
mod driver;
mod ephemeral;
mod finish;
mod operation;
mod outcome;
mod provision;
mod record;
mod replace;

pub(crate) use change::usual;
pub use finish::{Applied, apply};
