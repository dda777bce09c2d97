//! Installation from a registry, an archive server and a git repository, all on this machine.

mod archives;
mod registry;
mod repositories;
mod server;
mod world;
