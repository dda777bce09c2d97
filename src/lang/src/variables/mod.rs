//! Values of input variables: from texts and files to values of the variable's type.

mod files;
mod prepare;
mod text;

pub use files::{GivenValue, parse_tfvars, parse_tfvars_json};
pub use prepare::prepare_variable;
pub use text::parse_variable_text;
