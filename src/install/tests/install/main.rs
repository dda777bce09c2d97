//! Installation from a registry, an archive server and a git repository, all on this machine.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

mod archives;
mod registry;
mod repositories;
mod server;
mod world;
