//! Provisioners: commands that run after creation or before destruction.

mod local_exec;
mod schema;

pub(crate) use local_exec::{Command, command, run};
pub(crate) use schema::{connection, schema};
