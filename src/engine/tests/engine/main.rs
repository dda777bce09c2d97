//! The engine on a cloud in memory.

mod basics;
mod conformance;
mod failure;
mod replace;
mod wiring;
mod world;
