//! What people and programs read: plans and states, as text and as JSON. Views return text; only `main` prints it.
pub mod diff;
pub mod plan;
mod schemas;
mod style;

pub use schemas::Schemas;
pub use style::Style;

#[cfg(test)]
mod testing;
