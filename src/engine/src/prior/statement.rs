//! One move, and which addresses it changes.

use std::sync::Arc;

use landfall_addr::{
    AbsResource, InstanceKey, ModuleInstance, ModulePath, ModuleStep, Resource, ResourceInstance, Target,
};
use landfall_diag::Span;

/// Moves objects from one address to another, within every instance of a module.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// The module that holds the block.
    pub(super) module: ModulePath,
    pub(super) from: Target,
    pub(super) to: Target,
    /// The block; none where the move is implied.
    pub(super) span: Option<Span>,
}

impl Statement {
    /// Returns where the statement leads an address, if it speaks of it.
    pub(super) fn apply(&self, address: &ResourceInstance) -> Option<ResourceInstance> {
        let steps = address.module.steps();
        let depth = self.module.names().len();
        if steps.len() < depth || steps.iter().zip(self.module.names()).any(|(step, name)| step.name != *name) {
            return None;
        }
        let (outer, inner) = steps.split_at(depth);
        match (&self.from, &self.to) {
            (Target::Module(from), Target::Module(to)) => {
                let inner = move_module(inner, from.steps(), to.steps())?;
                let module = outer.iter().cloned().chain(inner).collect();
                Some(ResourceInstance { module, ..address.clone() })
            }
            (Target::Module(_), Target::Resource(_) | Target::Instance(_)) => None,
            (Target::Resource(_) | Target::Instance(_), to) => {
                let (from_resource, from_key) = resource_of(&self.from)?;
                let (to_resource, to_key) = resource_of(to)?;
                if from_resource.resource != address.resource || from_resource.module.steps() != inner {
                    return None;
                }
                let key = move_key(&address.key, from_key, to_key)?;
                let module =
                    outer.iter().cloned().chain(to_resource.module.steps().iter().cloned()).collect::<ModuleInstance>();
                Some(ResourceInstance { module, resource: to_resource.resource.clone(), key })
            }
        }
    }

    /// Returns whether two statements have one side in common and not the other.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        self.module == other.module && (self.from == other.from) != (self.to == other.to)
    }

    /// Returns whether `other` may speak of what this statement has moved.
    pub(super) fn leads_to(&self, other: &Self) -> bool {
        let to = Endpoint::new(&self.module, &self.to, has_key(&self.from) || has_key(&self.to));
        let from = Endpoint::new(&other.module, &other.from, has_key(&other.from) || has_key(&other.to));
        // What moves inside a module waits for the module to be where its own block says.
        let is_inside = from.resource.is_none() && to.resource.is_some() && other.leads_to_module_of(self);
        to.overlaps(&from) && !is_inside
    }

    fn leads_to_module_of(&self, inner: &Self) -> bool {
        let to = Endpoint::new(&self.module, &self.to, false);
        let from = Endpoint::new(&inner.module, &inner.from, false);
        from.modules.starts_with(&to.modules)
    }
}

/// Returns the resource that a target names, with the key if it has one.
pub(super) fn resource_of(target: &Target) -> Option<(AbsResource, Option<&InstanceKey>)> {
    match target {
        Target::Module(_) => None,
        Target::Resource(resource) => Some((resource.clone(), None)),
        Target::Instance(instance) => {
            let key = (instance.key != InstanceKey::None).then_some(&instance.key);
            Some((instance.abs_resource(), key))
        }
    }
}

/// Without keys on both sides every instance moves and keeps its key; a key on one side makes the other an instance
/// without key.
fn move_key(key: &InstanceKey, from: Option<&InstanceKey>, to: Option<&InstanceKey>) -> Option<InstanceKey> {
    match (from, to) {
        (None, None) => Some(key.clone()),
        (from, to) => (*key == from.cloned().unwrap_or_default()).then(|| to.cloned().unwrap_or_default()),
    }
}

fn move_module(steps: &[ModuleStep], from: &[ModuleStep], to: &[ModuleStep]) -> Option<Vec<ModuleStep>> {
    let (from_last, from_outer) = from.split_last()?;
    let (to_last, to_outer) = to.split_last()?;
    let at = steps.get(from_outer.len())?;
    if steps[..from_outer.len()] != *from_outer || at.name != from_last.name {
        return None;
    }
    let keyed = |step: &ModuleStep| (step.key != InstanceKey::None).then(|| step.key.clone());
    let key = move_key(&at.key, keyed(from_last).as_ref(), keyed(to_last).as_ref())?;
    let moved = ModuleStep { name: to_last.name.clone(), key };
    Some(to_outer.iter().cloned().chain([moved]).chain(steps[from.len()..].iter().cloned()).collect())
}

/// One side of a statement: names from the root, with the key that the last of them must have, if only one.
struct Endpoint {
    modules: Vec<Arc<str>>,
    resource: Option<Resource>,
    key: Option<InstanceKey>,
}

impl Endpoint {
    fn new(module: &ModulePath, target: &Target, keyed: bool) -> Self {
        let (steps, resource, key) = match target {
            Target::Module(module) => {
                (module.clone(), None, module.steps().last().map(|step| step.key.clone()).unwrap_or_default())
            }
            Target::Resource(resource) => (resource.module.clone(), Some(resource.resource.clone()), InstanceKey::None),
            Target::Instance(instance) => {
                (instance.module.clone(), Some(instance.resource.clone()), instance.key.clone())
            }
        };
        let inner = steps.steps().iter().map(|step| step.name.clone());
        Self { modules: module.names().iter().cloned().chain(inner).collect(), resource, key: keyed.then_some(key) }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let same_key = match (&self.key, &other.key) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        match (&self.resource, &other.resource) {
            (Some(a), Some(b)) => self.modules == other.modules && a == b && same_key,
            (None, Some(_)) => other.modules.starts_with(&self.modules),
            (Some(_), None) => self.modules.starts_with(&other.modules),
            (None, None) if self.modules == other.modules => same_key,
            (None, None) => self.modules.starts_with(&other.modules) || other.modules.starts_with(&self.modules),
        }
    }
}

/// Returns whether a target names one instance by its key.
fn has_key(target: &Target) -> bool {
    match target {
        Target::Module(module) => module.steps().last().is_some_and(|step| step.key != InstanceKey::None),
        Target::Resource(_) => false,
        Target::Instance(instance) => instance.key != InstanceKey::None,
    }
}
