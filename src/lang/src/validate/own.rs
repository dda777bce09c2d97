//! Blocks that refer to themselves.

use landfall_addr::InstanceKey;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_value::schema;

use super::module::{body_exprs, native};
use crate::config::{Local, ResourceBlock};
use crate::{Expr, Reference, Referent};

/// Returns what is wrong with a local value that is made of itself.
pub(super) fn own_local(local: &Local) -> Option<Diagnostic> {
    let is_own = |reference: &&Reference| reference.referent == Referent::Local(local.name.clone());
    let reference = local.expr.references().iter().find(is_own)?;
    let detail = format!("Local value local.{} cannot use its own result as part of its expression.", local.name);
    Some(Diagnostic::error("Self-referencing local value", detail).at(reference.span))
}

/// What in a resource block refers to the block itself; almost always nothing.
pub struct OwnReferences<'b> {
    /// The block.
    pub block: &'b ResourceBlock,
    in_repetition: Vec<Reference>,
    in_body: Vec<Reference>,
}

impl<'b> OwnReferences<'b> {
    /// Finds the references. Once for a block: its instances have the same.
    pub fn of(block: &'b ResourceBlock, schema: &schema::Block) -> Self {
        let own = |exprs: &[&Expr]| {
            let references = exprs.iter().flat_map(|expr| expr.references());
            references.filter(|reference| is_of(block, reference)).cloned().collect()
        };
        let repetition: Vec<&Expr> = block.count.iter().chain(&block.for_each).collect();
        let body = native(&block.body, schema);
        Self { block, in_repetition: own(&repetition), in_body: own(&body_exprs(&body, schema)) }
    }

    /// Returns what is wrong with `count` or `for_each`.
    pub fn in_repetition(&self) -> Diagnostics {
        self.in_repetition.iter().map(|reference| self.refused(&InstanceKey::None, reference)).collect()
    }

    /// Returns what is wrong with the body of an instance, which may not refer to the instance, nor to all of its block.
    /// Where both are one, it is said twice, as Terraform does.
    pub fn in_instance(&self, key: &InstanceKey) -> Diagnostics {
        let mut found = Diagnostics::new();
        for reference in &self.in_body {
            let named = reference.key.clone().unwrap_or_default();
            found.extend((named == *key).then(|| self.refused(key, reference)));
            found.extend((named == InstanceKey::None).then(|| self.refused(&named, reference)));
        }
        found
    }

    fn refused(&self, key: &InstanceKey, reference: &Reference) -> Diagnostic {
        let detail = format!("Configuration for {}{key} may not refer to itself.", self.block.address);
        Diagnostic::error("Self-referential block", detail).at(reference.span)
    }
}

fn is_of(block: &ResourceBlock, reference: &Reference) -> bool {
    matches!(&reference.referent, Referent::Resource(resource) if *resource == block.address)
}
