//! From the body of a block to a value of its schema's type.

mod attribute;
mod block;
mod dynamic;
mod locate;

use landfall_diag::Diagnostics;
use landfall_value::{Value, schema};

use crate::config::load::with_schema;
use crate::{Body, Reference, Scope};

pub(crate) use attribute::attribute_block;
pub(crate) use block::number_problem;
pub(crate) use dynamic::produced_type;
pub use locate::locate;

/// Evaluates a body to an object of `schema.value_type()`: what is not given is null, values are converted, `dynamic`
/// blocks are expanded. Arguments and blocks that the schema does not have are left aside; [`crate::validate_body`]
/// reports them. On errors the parts in question are unknown.
pub fn decode_body(body: &Body, schema: &schema::Block, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    let mut decoder = Decoder { scope, diagnostics, iterators: Vec::new() };
    if body.json { decoder.body(&with_schema(body, schema), schema) } else { decoder.body(body, schema) }
}

/// Evaluates the bodies of blocks, the values of iterators in hand.
struct Decoder<'a> {
    scope: &'a dyn Scope,
    diagnostics: &'a mut Diagnostics,
    /// Values of the iterators of the `dynamic` blocks around, the outermost first.
    iterators: Vec<Value>,
}

/// Returns all references in a body, at every depth, without the iterators of its `dynamic` blocks.
pub fn body_references(body: &Body) -> Vec<&Reference> {
    let mut references: Vec<&Reference> =
        body.attributes.values().flat_map(|attribute| attribute.expr.references()).collect();
    references.extend(body.blocks.iter().flat_map(|block| body_references(&block.body)));
    references
}

#[cfg(test)]
mod tests;
