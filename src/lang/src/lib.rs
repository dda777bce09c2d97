//! The language: texts to a [`Config`], and evaluation of its expressions.
//!
//! No I/O: texts arrive in a `SourceMap`; file, clock and random functions ask a [`Host`] that the scope carries.
//! This crate knows values and schemas, not providers, state or the graph. Main types: [`Config`], [`Expr`], [`Scope`].

pub mod config;
mod eval;
pub mod expr;
mod host;
mod reference;
mod scope;
mod suggest;
pub mod syntax;

pub use config::Config;
pub use expr::{Attribute, Block, Body, Expr};
pub use host::Host;
pub use reference::{Reference, Referent};
pub use scope::Scope;
