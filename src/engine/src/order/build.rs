//! From a plan to its execution graph.

use std::collections::BTreeMap;

use landfall_addr::{ConfigResource, ProviderConfig};
use landfall_diag::{Diagnostic, Diagnostics};

use super::deletion;
use super::execution::{Execution, Half, Step, StepId};
use super::instances::Places;
use crate::evaluate::{Instances, ModuleInstanceId};
use crate::graph::{Block, BlockId, ConfigGraph, Selection};
use crate::{Action, Plan, PlanMode, ResourceChange};

/// What building knows so far.
pub(super) struct Builder<'a> {
    pub(super) graph: &'a ConfigGraph<'a>,
    pub(super) plan: &'a Plan,
    pub(super) instances: &'a Instances,
    pub(super) execution: Execution,
    pub(super) places: Places,
    /// Steps that end an object, by resource block.
    pub(super) deletions: BTreeMap<ConfigResource, Vec<(StepId, usize)>>,
    /// Steps that make or change an object, with the change.
    pub(super) makers: Vec<(StepId, usize)>,
    providers: BTreeMap<&'a ProviderConfig, BlockId>,
}

/// Finds out whether a plan can be carried out.
///
/// # Errors
/// When steps wait for one another in a circle.
pub(crate) fn check(graph: &ConfigGraph<'_>, plan: &Plan) -> Result<(), Diagnostics> {
    let instances = Instances::at(graph, &plan.modules);
    build(graph, plan, &instances, &|_, _| 1).map(|_| ())
}

/// Builds the execution graph of a plan. `usual_seconds` tells what a change usually takes.
///
/// # Errors
/// When steps wait for one another in a circle.
pub(crate) fn build(
    graph: &ConfigGraph<'_>,
    plan: &Plan,
    instances: &Instances,
    usual_seconds: &dyn Fn(&ResourceChange, Half) -> u32,
) -> Result<Execution, Diagnostics> {
    let selection = match plan.mode {
        PlanMode::Destroy => Selection::for_destroy(graph, &plan.state, &plan.targets),
        PlanMode::Normal | PlanMode::RefreshOnly if !plan.excludes.is_empty() => {
            Selection::without(graph, &plan.excludes)
        }
        PlanMode::Normal | PlanMode::RefreshOnly => Selection::new(graph, &plan.state, &plan.targets),
    };
    let mut builder = Builder {
        graph,
        plan,
        instances,
        execution: Execution::default(),
        places: Places::new(graph.nodes.len()),
        deletions: BTreeMap::new(),
        makers: Vec::new(),
        providers: graph.providers.iter().map(|provider| (&provider.config, provider.node)).collect(),
    };
    builder.blocks(&selection);
    builder.block_edges();
    builder.changes();
    deletion::order(&mut builder);
    let mut execution = builder.execution;
    let order = execution.in_order(|_| 0);
    if order.len() < execution.steps.len() {
        return Err(cycle(plan, &execution, &order));
    }
    execution.estimate(&order, |step| match step {
        Step::Change(place, half) => usual_seconds(&plan.changes[place as usize], half),
        Step::Evaluate(..) | Step::Begin(..) | Step::End(..) | Step::Join => 0,
    });
    Ok(execution)
}

impl Builder<'_> {
    /// Makes the steps of all blocks that take part.
    fn blocks(&mut self, selection: &Selection) {
        let graph = self.graph;
        for id in graph.order.iter().copied().filter(|id| selection.has(*id)) {
            let node = graph.node(id);
            for instance in self.instances.of(node.module) {
                let ordinal = self.instances.get(*instance).ordinal;
                let (start, done) = match node.block {
                    Block::Resource(..) => {
                        let begin = self.execution.step(Step::Begin(id, *instance));
                        let end = self.execution.step(Step::End(id, *instance));
                        self.execution.after(end, begin);
                        (begin, end)
                    }
                    Block::Refresh(_) | Block::Close => {
                        let join = self.execution.step(Step::Join);
                        (join, join)
                    }
                    _ => {
                        let step = self.execution.step(Step::Evaluate(id, *instance));
                        (step, step)
                    }
                };
                self.places.set(id, ordinal, start, done);
            }
        }
    }

    fn block_edges(&mut self) {
        let graph = self.graph;
        for id in graph.order.iter().copied() {
            for instance in self.instances.of(graph.node(id).module) {
                let Some(start) = self.places.start(id, self.instances.get(*instance).ordinal) else { continue };
                for dependency in &graph.node(id).dependencies {
                    if let Some(earlier) = self.visible(*dependency, *instance) {
                        self.execution.after(start, earlier);
                    }
                }
            }
        }
    }

    pub(super) fn visible(&mut self, block: BlockId, instance: ModuleInstanceId) -> Option<StepId> {
        self.places.visible(self.graph, self.instances, &mut self.execution, block, instance)
    }

    /// Makes the steps of all changes.
    fn changes(&mut self) {
        for place in 0..self.plan.changes.len() {
            let change = &self.plan.changes[place];
            match change.action {
                Action::NoOp => {}
                Action::Create | Action::Read | Action::Update => {
                    let step = self.change(place, Half::Whole);
                    self.make(step, place);
                }
                Action::Delete | Action::Forget => {
                    let step = self.change(place, Half::Whole);
                    self.end(step, place);
                }
                Action::Replace { create_before_destroy } => {
                    let create = self.change(place, Half::Create);
                    let destroy = self.change(place, Half::Destroy);
                    let (later, earlier) = if create_before_destroy { (destroy, create) } else { (create, destroy) };
                    self.execution.after(later, earlier);
                    self.make(create, place);
                    self.end(destroy, place);
                }
            }
        }
    }

    fn change(&mut self, place: usize, half: Half) -> StepId {
        self.execution.step(Step::Change(place as u32, half))
    }

    /// Puts a step between begin and end of its block.
    fn make(&mut self, step: StepId, place: usize) {
        let graph = self.graph;
        let address = &self.plan.changes[place].address;
        self.makers.push((step, place));
        let Some(module) = graph.module_at(&address.module.path()) else { return };
        let Some(block) = graph.module(module).resources.get(&address.resource).copied() else { return };
        let Some(instance) = self.instances.find(module, &address.module) else { return };
        let ordinal = self.instances.get(instance).ordinal;
        if let (Some(begin), Some(end)) = (self.places.start(block, ordinal), self.places.done(block, ordinal)) {
            self.execution.after(step, begin);
            self.execution.after(end, step);
        }
    }

    /// Lets a step that ends an object wait for its provider.
    fn end(&mut self, step: StepId, place: usize) {
        let change = &self.plan.changes[place];
        self.deletions.entry(change.address.config()).or_default().push((step, place));
        let Some(provider) = self.providers.get(&change.provider).copied() else { return };
        for instance in self.instances.of(self.graph.node(provider).module) {
            if let Some(configured) = self.places.done(provider, self.instances.get(*instance).ordinal) {
                self.execution.after(step, configured);
            }
        }
    }
}

fn cycle(plan: &Plan, execution: &Execution, order: &[StepId]) -> Diagnostics {
    let mut free = vec![false; execution.steps.len()];
    order.iter().for_each(|id| free[id.index()] = true);
    let stuck = execution.steps.iter().zip(&free).filter(|(_, free)| !**free);
    let names: Vec<String> = stuck
        .filter_map(|(step, _)| match step {
            Step::Change(place, half) => {
                let object = plan.changes[*place as usize].object();
                Some(match half {
                    Half::Whole | Half::Create => object.to_string(),
                    Half::Destroy => format!("{object} (destroy)"),
                })
            }
            Step::Evaluate(..) | Step::Begin(..) | Step::End(..) | Step::Join => None,
        })
        .collect();
    Diagnostic::error(
        format!("Cycle: {}", names.join(", ")),
        "These changes wait for one another, so that none can come first. Often an object that is to be destroyed is \
         still needed by one that is to be created; `create_before_destroy`, or two applies, can resolve that.",
    )
    .into()
}
