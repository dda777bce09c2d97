//! Where the ends of objects go: after those of the objects that depend on them, as the state remembers, and after what
//! stops using them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use landfall_addr::{ConfigResource, Mode};

use super::build::Builder;
use super::execution::{Step, StepId};
use crate::graph::BlockId;
use crate::{Action, PlanMode, ResourceChange};

/// Adds the edges of all steps that end an object.
pub(super) fn order(builder: &mut Builder<'_>) {
    if builder.deletions.is_empty() {
        return;
    }
    reversed(builder);
    after_new_users(builder);
    after_former_users(builder);
}

/// An object goes before those that it depends on.
fn reversed(builder: &mut Builder<'_>) {
    let mut joins: BTreeMap<ConfigResource, StepId> = BTreeMap::new();
    let ends: Vec<(StepId, usize)> = builder.deletions.values().flatten().copied().collect();
    for (step, place) in ends {
        let change = &builder.plan.changes[place];
        for dependency in dependencies(builder, change).iter() {
            if *dependency == change.address.config() || !builder.deletions.contains_key(dependency) {
                continue;
            }
            let join = join_before(builder, &mut joins, dependency);
            builder.execution.after(join, step);
        }
    }
}

/// Returns the step that all ends of objects of a resource block wait for.
fn join_before(
    builder: &mut Builder<'_>,
    joins: &mut BTreeMap<ConfigResource, StepId>,
    resource: &ConfigResource,
) -> StepId {
    if let Some(join) = joins.get(resource) {
        return *join;
    }
    let join = builder.execution.step(Step::Join);
    for (step, _) in builder.deletions.get(resource).cloned().unwrap_or_default() {
        builder.execution.after(step, join);
    }
    joins.insert(resource.clone(), join);
    join
}

/// Returns what the state says an object depends on.
fn dependencies(builder: &Builder<'_>, change: &ResourceChange) -> Arc<[ConfigResource]> {
    let object = builder.plan.state.object(&change.object());
    object.map_or_else(|| Arc::new([]) as Arc<[ConfigResource]>, |object| object.dependencies.clone())
}

/// An object that was replaced by one created before goes after all that use the new one instead.
fn after_new_users(builder: &mut Builder<'_>) {
    let (graph, plan) = (builder.graph, builder.plan);
    let created_first = |place: usize| {
        plan.changes[place].deposed.is_some()
            || plan.changes[place].action == Action::Replace { create_before_destroy: true }
    };
    let wanted: BTreeMap<BlockId, Vec<StepId>> = builder
        .deletions
        .iter()
        .filter_map(|(resource, ends)| {
            let module = graph.module_at(&resource.module)?;
            let block = graph.module(module).resources.get(&resource.resource).copied()?;
            let steps: Vec<StepId> =
                ends.iter().filter(|(_, place)| created_first(*place)).map(|(step, _)| *step).collect();
            (!steps.is_empty()).then_some((block, steps))
        })
        .collect();
    if wanted.is_empty() || plan.mode == PlanMode::Destroy {
        return;
    }
    let mut joins: BTreeMap<BlockId, StepId> = BTreeMap::new();
    for (user, nearest) in graph.nearest_resources().iter().enumerate() {
        let user = BlockId(user as u32);
        if graph.node(user).resource().is_none_or(|block| block.address.mode != Mode::Managed) {
            continue;
        }
        for used in nearest.iter().filter(|used| wanted.contains_key(used)) {
            let join = *joins.entry(*used).or_insert_with(|| builder.execution.step(Step::Join));
            for instance in builder.instances.of(graph.node(user).module) {
                if let Some(done) = builder.places.done(user, builder.instances.get(*instance).ordinal) {
                    builder.execution.after(join, done);
                }
            }
        }
    }
    for (used, join) in joins {
        for step in &wanted[&used] {
            builder.execution.after(*step, join);
        }
    }
}

/// An object that goes for good waits for those that used it to be changed, where that is possible: not all services
/// remove what is still in use.
fn after_former_users(builder: &mut Builder<'_>) {
    let plan = builder.plan;
    let for_good: BTreeSet<ConfigResource> = builder
        .deletions
        .iter()
        .filter(|(_, ends)| ends.iter().all(|(_, place)| plan.changes[*place].action == Action::Delete))
        .map(|(resource, _)| resource.clone())
        .collect();
    let mut users: BTreeMap<ConfigResource, Vec<StepId>> = BTreeMap::new();
    for (step, place) in builder.makers.clone() {
        let change = &plan.changes[place];
        if !matches!(change.action, Action::Update | Action::Replace { .. }) {
            continue;
        }
        for dependency in dependencies(builder, change).iter().filter(|resource| for_good.contains(*resource)) {
            users.entry(dependency.clone()).or_default().push(step);
        }
    }
    if users.is_empty() {
        return;
    }
    // Only edges along one order in which ends come as late as they can: together they make no cycle.
    let order = builder.execution.in_order(|step| match step {
        Step::Change(place, _) if plan.changes[place as usize].action == Action::Delete => 1,
        _ => 0,
    });
    let mut position = vec![usize::MAX; builder.execution.steps.len()];
    order.iter().enumerate().for_each(|(at, id)| position[id.index()] = at);
    for (resource, steps) in users {
        let ends: Vec<StepId> = builder.deletions[&resource].iter().map(|(step, _)| *step).collect();
        let first = ends.iter().map(|step| position[step.index()]).min().unwrap_or(0);
        let earlier: Vec<StepId> = steps.into_iter().filter(|step| position[step.index()] < first).collect();
        if earlier.is_empty() {
            continue;
        }
        let join = builder.execution.step(Step::Join);
        earlier.iter().for_each(|step| builder.execution.after(join, *step));
        ends.iter().for_each(|step| builder.execution.after(*step, join));
    }
}
