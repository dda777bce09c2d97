//! Which module instances of a dependency a block in one module instance waits for.

use std::collections::BTreeMap;

use super::execution::{Execution, Step, StepId};
use crate::evaluate::{Instances, ModuleInstanceId};
use crate::graph::{BlockId, ConfigGraph, ModuleId};

/// Where the steps of blocks are, by block and ordinal of the module instance.
#[derive(Default)]
pub(super) struct Places {
    /// What must have happened before the block does anything.
    pub(super) start: Vec<Vec<Option<StepId>>>,
    /// When the block has its value.
    pub(super) done: Vec<Vec<Option<StepId>>>,
    /// Joins of all instances below one module instance.
    gathered: BTreeMap<(BlockId, ModuleInstanceId), StepId>,
}

impl Places {
    pub(super) fn new(blocks: usize) -> Self {
        Self { start: vec![Vec::new(); blocks], done: vec![Vec::new(); blocks], gathered: BTreeMap::new() }
    }

    pub(super) fn set(&mut self, block: BlockId, ordinal: u32, start: StepId, done: StepId) {
        for (places, step) in [(&mut self.start, start), (&mut self.done, done)] {
            let places = &mut places[block.index()];
            if places.len() <= ordinal as usize {
                places.resize(ordinal as usize + 1, None);
            }
            places[ordinal as usize] = Some(step);
        }
    }

    pub(super) fn done(&self, block: BlockId, ordinal: u32) -> Option<StepId> {
        self.done[block.index()].get(ordinal as usize).copied().flatten()
    }

    pub(super) fn start(&self, block: BlockId, ordinal: u32) -> Option<StepId> {
        self.start[block.index()].get(ordinal as usize).copied().flatten()
    }

    /// Returns the step after which `block` has its values for one that is evaluated in `instance`: in the same module
    /// or a calling one that of the one instance around it; else that of all instances below the nearest instance that
    /// calls both (an argument of a call is evaluated where the call is).
    pub(super) fn visible(
        &mut self,
        graph: &ConfigGraph<'_>,
        instances: &Instances,
        execution: &mut Execution,
        block: BlockId,
        instance: ModuleInstanceId,
    ) -> Option<StepId> {
        let module = graph.node(block).module;
        if let Some(around) = ancestor(instances, instance, module) {
            return self.done(block, instances.get(around).ordinal);
        }
        let common = common(graph, instances, instance, module);
        if let Some(step) = self.gathered.get(&(block, common)) {
            return Some(*step);
        }
        let below: Vec<StepId> = instances
            .of(module)
            .iter()
            .filter(|id| {
                common == ModuleInstanceId::ROOT
                    || ancestor(instances, **id, instances.get(common).module) == Some(common)
            })
            .filter_map(|id| self.done(block, instances.get(*id).ordinal))
            .collect();
        let step = match below[..] {
            [] => return None,
            [only] => only,
            _ => {
                let join = execution.step(Step::Join);
                below.iter().for_each(|step| execution.after(join, *step));
                join
            }
        };
        self.gathered.insert((block, common), step);
        Some(step)
    }
}

/// Returns the instance of `module` that is or calls `instance`.
fn ancestor(instances: &Instances, instance: ModuleInstanceId, module: ModuleId) -> Option<ModuleInstanceId> {
    let mut at = instance;
    loop {
        let node = instances.get(at);
        if node.module == module {
            return Some(at);
        }
        if at == ModuleInstanceId::ROOT {
            return None;
        }
        at = node.caller;
    }
}

/// Returns the nearest instance around `instance` that calls `module`, directly or not.
fn common(
    graph: &ConfigGraph<'_>,
    instances: &Instances,
    instance: ModuleInstanceId,
    module: ModuleId,
) -> ModuleInstanceId {
    let names = |module: ModuleId| graph.module(module).config.path.names();
    let mut at = instance;
    while at != ModuleInstanceId::ROOT && !names(module).starts_with(names(instances.get(at).module)) {
        at = instances.get(at).caller;
    }
    at
}
