//! Targets of `import` blocks against the blocks that are there.

use landfall_addr::{AbsResource, InstanceKey, Target};
use landfall_diag::Diagnostic;
use landfall_value::Value;

use super::reference::Repeat;
use crate::Referent;
use crate::config::{Import, Module};

/// Returns what is wrong with the ID of an import, whatever its value is.
pub(super) fn import_id_problem(import: &Import) -> Option<Diagnostic> {
    let own = match &import.to {
        Target::Module(_) => None,
        Target::Resource(AbsResource { module, resource }) => Some((module, resource)),
        Target::Instance(instance) => Some((&instance.module, &instance.resource)),
    };
    let is_own = |referent: &Referent| match (referent, own) {
        (Referent::Resource(resource), Some((module, own))) => module.is_root() && resource == own,
        _ => false,
    };
    let literal = import.id.tree().as_literal();
    let detail = if literal.is_some_and(|value| value.as_str() == Some("")) {
        "The import ID value evaluates to an empty string, please provide a non-empty value."
    } else if literal.is_some_and(Value::is_null) {
        "The import ID cannot be null."
    } else if import.id.references().iter().any(|reference| is_own(&reference.referent)) {
        "The import ID cannot reference the resource being imported."
    } else {
        return None;
    };
    Some(Diagnostic::error("Invalid import id argument", detail).at(import.id.span()))
}

/// Returns what is wrong with the target of an import: it is not declared, or is not repeated as the address has it.
///
/// A block of the root module that is not there may be about to be written for the import: planning tells.
pub(super) fn import_target_problem(root: &Module, import: &Import) -> Option<Diagnostic> {
    let (target, key) = match &import.to {
        Target::Module(_) => return None,
        Target::Resource(resource) => (resource.clone(), &InstanceKey::None),
        Target::Instance(instance) => (instance.abs_resource(), &instance.key),
    };
    let problem = match declared(root, &target) {
        Some(repeat) => wrong_key(repeat, key, import),
        None => {
            let may_be_written = target.module.is_root() && *key == InstanceKey::None && import.for_each.is_none();
            (!may_be_written).then(|| {
                let detail = format!(
                    "The configuration does not declare `{target}`. Add the block before the object is imported: one \
                     can be written for the import only where the address is of the root module and has no key."
                );
                Diagnostic::error("Configuration for import target does not exist", detail)
            })
        }
    };
    problem.map(|problem| problem.at(import.to_span))
}

/// Returns how the block of a target is repeated, if there is one.
fn declared(root: &Module, target: &AbsResource) -> Option<Repeat> {
    let mut module = root;
    for name in target.module.path().names() {
        module = module.children.get(name)?;
    }
    module.resources.get(&target.resource).map(|block| Repeat::of(&block.count, &block.for_each))
}

fn wrong_key(repeat: Repeat, key: &InstanceKey, import: &Import) -> Option<Diagnostic> {
    let is_computed = import.to_key.is_some();
    let detail = match (repeat, key) {
        (Repeat::None, _) if is_computed => "The target resource does not use for_each.",
        (_, _) if is_computed => return None,
        (Repeat::None | Repeat::Count, InstanceKey::Name(_)) => "The target resource does not use for_each.",
        (Repeat::None | Repeat::ForEach, InstanceKey::Index(_)) => "The target resource does not use count.",
        (Repeat::ForEach, InstanceKey::None) => "The target resource is using for_each.",
        (Repeat::Count, InstanceKey::None) => "The target resource is using count.",
        _ => return None,
    };
    Some(Diagnostic::error("Invalid import 'to' expression", detail))
}
