//! Values and types of the language, and the schemas that give them shape.
//!
//! Unknown and sensitive are properties of values and spread through operations. This crate knows nothing of
//! expressions, files or providers. Main types: [`Value`], [`Type`], [`schema::Schema`].

mod convert;
mod diff;
pub mod json;
mod marks;
pub mod number;
mod parts;
mod path;
mod refinement;
pub mod schema;
mod set_order;
mod types;
mod unify;
mod value;

pub use convert::{ConversionError, conversion_exists, convert, mismatch_message};
pub use diff::differences;
pub use marks::Marks;
pub use number::{Digits, Number, Rounding};
pub use path::{AttributePath, Step};
pub use refinement::Refinement;
pub use types::{ObjectType, Type};
pub use unify::unify;
pub use value::{Kind, Value};
