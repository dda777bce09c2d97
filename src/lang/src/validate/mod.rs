//! What is wrong with a configuration whatever its values are: arguments and blocks that a schema does not have, and
//! references to what is not declared. Nothing is evaluated here.

mod body;
mod call;
mod import;
mod module;
mod own;
mod providers;
mod reference;
mod resource;
mod schemas;

pub use body::validate_body;
pub use module::{BlockValidation, validate, validate_calls, without_repeats};
pub use own::OwnReferences;
pub use providers::missing_providers;
pub use schemas::Schemas;

#[cfg(test)]
pub(crate) mod tests;
