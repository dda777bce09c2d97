//! What the end-to-end tests share: a hermetic project directory, the binary, and the emulator.
//!
//! Tests see the binary as a user does: files in a directory, arguments, output and exit code.

mod emulator;
mod fault;
mod project;

pub use emulator::{Account, Emulator};
pub use fault::{Answer, FaultyEndpoint, Request};
pub use project::{Project, Run};
