//! What is wrong with a configuration whatever its values are: arguments and blocks that a schema does not have, and
//! references to what is not declared.

mod body;

pub use body::validate_body;

#[cfg(test)]
pub(crate) mod tests;
