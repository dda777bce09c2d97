//! Steps with what they wait for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::evaluate::ModuleInstanceId;
use crate::graph::BlockId;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StepId(pub(crate) u32);

impl StepId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which part of a change a step makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// All of it.
    Whole,
    /// The new object of a replacement.
    Create,
    /// The end of the old object of a replacement.
    Destroy,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Evaluates a block without objects, in a module instance.
    Evaluate(BlockId, ModuleInstanceId),
    /// Expands a resource block in a module instance.
    Begin(BlockId, ModuleInstanceId),
    /// Changes an object (given by its place in the plan's changes).
    Change(u32, Half),
    /// Puts the value of a resource block in a module instance together.
    End(BlockId, ModuleInstanceId),
    /// Nothing: many wait for many through it.
    Join,
}

/// Steps with what they wait for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Execution {
    pub(crate) steps: Vec<Step>,
    /// By step: what waits for it.
    pub(crate) dependents: Vec<Vec<StepId>>,
    /// By step: for how many it waits.
    pub(crate) waits_for: Vec<u32>,
    /// By step: how many seconds the longest path from it to the end usually takes.
    pub(crate) remaining: Vec<u32>,
}

impl Execution {
    pub(super) fn step(&mut self, step: Step) -> StepId {
        self.steps.push(step);
        self.dependents.push(Vec::new());
        self.waits_for.push(0);
        StepId(self.steps.len() as u32 - 1)
    }

    /// Makes a step wait for another one.
    pub(super) fn after(&mut self, later: StepId, earlier: StepId) {
        self.dependents[earlier.index()].push(later);
        self.waits_for[later.index()] += 1;
    }

    /// Returns all steps, each after what it waits for; among free ones, those of lower `rank` first. Fewer when there is
    /// a cycle.
    pub(super) fn in_order(&self, rank: impl Fn(Step) -> u8) -> Vec<StepId> {
        let mut waits_for = self.waits_for.clone();
        let entry = |id: StepId| Reverse((rank(self.steps[id.index()]), id));
        let all = (0..self.steps.len() as u32).map(StepId);
        let mut ready: BinaryHeap<_> = all.filter(|id| waits_for[id.index()] == 0).map(entry).collect();
        let mut order = Vec::with_capacity(self.steps.len());
        while let Some(Reverse((_, id))) = ready.pop() {
            order.push(id);
            for dependent in &self.dependents[id.index()] {
                let left = &mut waits_for[dependent.index()];
                *left -= 1;
                if *left == 0 {
                    ready.push(entry(*dependent));
                }
            }
        }
        order
    }

    /// Computes the remaining time of each step from what each usually takes.
    pub(super) fn estimate(&mut self, order: &[StepId], usual_seconds: impl Fn(Step) -> u32) {
        self.remaining = vec![0; self.steps.len()];
        for id in order.iter().rev() {
            let after = self.dependents[id.index()].iter().map(|next| self.remaining[next.index()]).max();
            self.remaining[id.index()] = after.unwrap_or(0) + usual_seconds(self.steps[id.index()]);
        }
    }
}
