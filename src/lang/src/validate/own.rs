//! Blocks that refer to themselves.

use landfall_addr::InstanceKey;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_value::schema;

use super::module::{body_exprs, native};
use crate::config::{Local, ResourceBlock};
use crate::{Reference, Referent};

/// Returns what is wrong with a local value that is made of itself.
pub(super) fn own_local(local: &Local) -> Option<Diagnostic> {
    let is_own = |reference: &&Reference| reference.referent == Referent::Local(local.name.clone());
    let reference = local.expr.references().iter().find(is_own)?;
    let detail = format!("Local value local.{} cannot use its own result as part of its expression.", local.name);
    Some(Diagnostic::error("Self-referencing local value", detail).at(reference.span))
}

/// Returns what is wrong with `count` or `for_each` of a block that refers to the block.
pub fn own_repetition(block: &ResourceBlock) -> Diagnostics {
    let exprs = block.count.iter().chain(&block.for_each);
    let own = exprs.flat_map(|expr| expr.references()).filter(|reference| is_of(block, reference));
    own.map(|reference| refused(block, &InstanceKey::None, reference)).collect()
}

/// Returns what is wrong with the body of an instance that refers to the instance, or to all of its block. Where both
/// are one, it is said twice, as Terraform does.
pub fn own_instance(block: &ResourceBlock, schema: &schema::Block, key: &InstanceKey) -> Diagnostics {
    let body = native(&block.body, schema);
    let mut found = Diagnostics::new();
    for reference in body_exprs(&body, schema).into_iter().flat_map(|expr| expr.references()) {
        let named = reference.key.clone().unwrap_or_default();
        if is_of(block, reference) {
            found.extend((named == *key).then(|| refused(block, key, reference)));
            found.extend((named == InstanceKey::None).then(|| refused(block, &named, reference)));
        }
    }
    found
}

fn is_of(block: &ResourceBlock, reference: &Reference) -> bool {
    matches!(&reference.referent, Referent::Resource(resource) if *resource == block.address)
}

fn refused(block: &ResourceBlock, key: &InstanceKey, reference: &Reference) -> Diagnostic {
    let detail = format!("Configuration for {}{key} may not refer to itself.", block.address);
    Diagnostic::error("Self-referential block", detail).at(reference.span)
}
