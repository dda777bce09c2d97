//! From texts to a [`Config`](super::Config): files of a module are parsed, their blocks are read, called modules are loaded.
//!
//! No I/O: a [`SourceReader`] has the texts and knows where modules are installed.

mod addresses;
mod blocks;
mod content;
mod context;
mod json;
mod module;
pub(crate) mod names;
mod overrides;
mod providers;
mod references;
mod remote;
mod source;
mod static_expr;
mod tree;
mod type_constraint;
mod unique;

pub(crate) use content::{
    extraneous_property, label_problem, located, missing_argument, unsupported_argument, unsupported_block,
};
pub(crate) use context::place;
pub(crate) use json::with_schema;
pub use remote::{RemoteSource, split_getter, split_subdirectory};
pub use source::{InstalledModule, Manifest, ModuleRequest, ModuleSource, join, manifest_source};
pub(crate) use static_expr::constant;
pub use tree::{SourceReader, load};

#[cfg(test)]
pub(crate) mod tests;
