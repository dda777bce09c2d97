//! One file for each type of top-level block.

mod check;
mod condition;
mod import;
mod lifecycle;
mod module_call;
mod moved;
mod output;
mod provider;
mod provisioner;
mod resource;
mod terraform;
mod variable;

pub(super) use check::check;
pub(super) use import::import;
pub(super) use module_call::module_call;
pub(super) use moved::{moved, removed};
pub(super) use output::{locals, output};
pub(super) use provider::provider;
pub(super) use resource::{data, ephemeral, resource};
pub(super) use terraform::terraform;
pub(super) use variable::variable;
