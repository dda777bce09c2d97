//! Differences of two objects, for people.
//!
//! One idea in two halves. [`mod@compare`] goes down a schema with two values side by side and makes a tree of [`Node`]s;
//! [`mod@render`] writes that tree. A state is shown the same way, as an object compared with itself.

mod align;
mod block;
mod compare;
mod focus;
mod json_text;
mod node;
mod quote;
mod render;
mod render_block;
mod render_text;

pub(crate) use block::compare_object;
pub(crate) use compare::{Shape, compare};
pub(crate) use focus::Focus;
pub(crate) use node::{Node, Sign};
pub(crate) use quote::{attribute_name, quoted, write_quoted};
pub(crate) use render::{Look, render};

#[cfg(test)]
mod tests;
