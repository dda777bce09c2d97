//! What people and programs read: plans and states, as text and as JSON. Views return or write text; they print nothing.
//!
//! - [`plan::render`]`(&Plan, &dyn Schemas, Style) -> String`: a plan as `plan`, `apply` and `show` print it.
//! - [`state::render`]`(&State, &dyn Schemas, Style) -> Result<String, _>`: a state as `show` prints it.
//! - [`state::render_object`]`(&State, &ObjectId, &dyn Schemas, Style) -> Result<Option<String>, _>`: `state show`.
//! - [`json::write_plan`]`(impl Write, &Plan, &Config, &dyn Schemas)`: `show -json` of a plan, one line without its end.
//! - [`json::write_state`]`(impl Write, &State, &dyn Schemas)`: `show -json` of a state.
//!
//! The engine's `Providers` are [`Schemas`](schemas::Schemas).

mod diff;
pub mod generated;
pub mod json;
mod literal;
mod objects;
pub mod plan;
pub mod schemas;
pub mod state;
mod style;
mod types;

pub(crate) use literal::literal;
pub(crate) use style::Ink;
pub use style::Style;
pub(crate) use types::type_text;

#[cfg(test)]
mod testing;
