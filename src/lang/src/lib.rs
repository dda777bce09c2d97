//! The language: texts to a [`Config`], and evaluation of its expressions.
//!
//! No I/O: texts arrive in a `SourceMap`; file, clock and random functions ask a [`Host`] that the scope carries.
//! This crate knows values and schemas, not providers, state or the graph. Main types: [`Config`], [`Expr`], [`Scope`].

pub mod config;
mod conversion;
pub mod decode;
mod eval;
mod expansion;
pub mod expr;
mod format;
pub mod functions;
mod host;
mod quote;
mod reference;
mod scope;
mod stack;
mod suggest;
pub mod syntax;
pub mod validate;
mod variables;

pub use config::Config;
pub use decode::{body_references, decode_body, locate};
pub use expansion::{EachInstances, Expansion, evaluate_count, evaluate_for_each, expand_count, expand_for_each};
pub use expr::{Attribute, Block, Body, Expr};
pub use format::format;
pub use host::{Host, NoHost};
pub use quote::quoted;
pub use reference::{Reference, Referent};
pub use scope::Scope;
pub use validate::{
    BlockValidation, OwnReferences, Schemas, missing_providers, validate, validate_body, validate_calls,
    without_repeats,
};
pub use variables::{GivenValue, parse_tfvars, parse_tfvars_json, parse_variable_text, prepare_variable};
