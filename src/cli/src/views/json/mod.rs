//! Plans and states for programs: Terraform's plan JSON (format 1.2) and state JSON (format 1.0).
//!
//! The shape of each document is in structs of its own; long arrays are made while they are written.

mod change;
mod checks;
mod config;
mod lazy;
mod mask;
mod modules;
mod plan;
mod schemas;
mod state;

pub use plan::write_plan;
pub(crate) use schemas::provider_schemas;
pub use state::write_state;

#[cfg(test)]
mod tests;
