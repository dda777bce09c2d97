//! The configuration: a tree of modules whose expressions are not evaluated yet, and how it is loaded.

pub mod load;
mod model;
mod type_defaults;
mod version;

pub use model::*;
pub use version::{SPOKEN_VERSION, Version, VersionConstraints};
