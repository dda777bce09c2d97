//! The prior state: what the state says, brought to the addresses of the configuration before anything is looked at.

mod managers;
mod moved;
mod object;
mod statement;

pub(crate) use managers::managers;
pub(crate) use moved::{Moves, move_objects};
pub(crate) use object::{decode, encode, encode_planned, marked_like};
