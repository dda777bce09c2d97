//! Diagnostics, for people and for programs.

mod human;
mod json;
mod snippet;

pub(crate) use human::diagnostics as render;
pub(crate) use json::JsonDiagnostic;
