//! Diagnostics: what is wrong, where, and what to do. No rendering; see the command line's `report`.
//!
//! This crate knows addresses and source texts, not values or files on disk. Main types: [`Diagnostic`],
//! [`Diagnostics`], [`SourceMap`] with [`Span`].

mod diagnostic;
mod source;

pub use diagnostic::{Diagnostic, Diagnostics, Severity, TookPart};
pub use source::{Position, SourceId, SourceMap, Span};
