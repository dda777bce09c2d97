//! The engine on a cloud in memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

mod basics;
mod canary;
mod conformance;
mod crash;
mod ephemeral;
mod exclude;
mod failure;
mod order;
mod replace;
mod wiring;
mod world;
