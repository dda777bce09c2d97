//! Which attributes of managed objects had a part in what changes.

use std::collections::BTreeSet;

use landfall_addr::{InstanceKey, ResourceInstance};
use landfall_lang::{Reference, Referent};
use landfall_value::AttributePath;

use super::planner::Planner;
use crate::OutputChange;
use crate::graph::{Block, BlockId, ModuleId};

impl Planner<'_> {
    /// Returns the attributes that the configuration of what changes refers to, directly or through blocks without
    /// objects.
    pub(super) fn relevant_attributes<'o>(
        &self,
        outputs: impl Iterator<Item = (&'o std::sync::Arc<str>, &'o OutputChange)>,
    ) -> Vec<(ResourceInstance, AttributePath)> {
        let root = self.graph.module(ModuleId::ROOT);
        let changed_outputs =
            outputs.filter(|(_, change)| !change.is_no_op()).filter_map(|(name, _)| root.outputs.get(&**name).copied());
        let mut open: Vec<BlockId> = self.changing.iter().copied().chain(changed_outputs).collect();
        let mut seen: BTreeSet<BlockId> = BTreeSet::new();
        let mut found: Vec<(ResourceInstance, AttributePath)> = Vec::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            for (module, reference) in self.graph.references(id) {
                self.collect(module, reference, &mut found);
            }
            let passed = |id: &&BlockId| {
                matches!(self.graph.node(**id).block, Block::Local(_) | Block::Variable(_) | Block::Output(_))
            };
            open.extend(self.graph.node(id).dependencies.iter().filter(passed));
        }
        found.sort_by_cached_key(|(address, path)| (address.clone(), path.to_string()));
        found.dedup();
        found
    }

    fn collect(&self, module: ModuleId, reference: &Reference, found: &mut Vec<(ResourceInstance, AttributePath)>) {
        let Referent::Resource(resource) = &reference.referent else { return };
        let path = reference.attributes.iter().fold(AttributePath::root(), |path, name| path.attribute(name.clone()));
        for instance in self.evaluation.instances.of(module) {
            let address = resource.within(self.evaluation.instances.get(*instance).address.clone());
            let key = reference.key.clone().unwrap_or(InstanceKey::None);
            found.push((address.instance(key), path.clone()));
        }
    }
}
