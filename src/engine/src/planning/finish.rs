//! From state and configuration to a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_addr::{ResourceInstance, Target};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_state::{Change, ObjectId, State};
use landfall_value::{Kind, Marks, Type, Value};

use super::planner::Planner;
use crate::evaluate::{Evaluation, ModuleInstanceId};
use crate::graph::{self, Block, ModuleId};
use crate::order;
use crate::prior::{Moves, managers, move_objects};
use crate::{
    Action, Context, OutputChange, Plan, PlanFailure, PlanMode, PlanOptions, ResourceChange, VariableInput, validation,
};

/// Plans: looks at what is there, evaluates the configuration and decides what becomes of every object. The diagnostics
/// beside the plan are warnings.
///
/// # Errors
/// All problems that were found, with what could be planned nonetheless.
pub async fn plan(
    context: Context<'_>,
    state: State,
    options: &PlanOptions,
) -> Result<(Plan, Diagnostics), PlanFailure> {
    let graph = validation::checked_graph(context.config, &managers(context.config, &state))?;
    let previous = state.clone();
    let planner = walked(context, &graph, state, options).await?;
    planner.finish(previous)
}

/// Plans, and returns the values of all blocks with what went wrong.
///
/// # Errors
/// What keeps planning from beginning.
pub(crate) async fn planned_values<'a>(
    context: Context<'a>,
    graph: &'a graph::ConfigGraph<'a>,
    state: State,
    options: &'a PlanOptions,
) -> Result<Evaluation<'a>, Diagnostics> {
    walked(context, graph, state, options).await.map(|planner| planner.evaluation)
}

/// Returns a planner that has been everywhere; what went wrong is in its diagnostics.
///
/// # Errors
/// What keeps planning from beginning.
async fn walked<'a>(
    context: Context<'a>,
    graph: &'a graph::ConfigGraph<'a>,
    state: State,
    options: &'a PlanOptions,
) -> Result<Planner<'a>, Diagnostics> {
    let mut found = validation::check(context, graph);
    if found.has_errors() {
        return Err(found);
    }
    let mut state = state;
    let moves = move_objects(context.config, graph, &mut state, &mut found);
    if found.has_errors() {
        return Err(found);
    }
    let mut planner = Planner::new(context, options, graph, state, moves);
    planner.evaluation.diagnostics.extend(found);
    planner.evaluation.declare_checks();
    planner.check_options();
    planner.walk().await;
    if !planner.evaluation.diagnostics.has_errors() && options.mode != PlanMode::RefreshOnly {
        planner.plan_orphans();
    }
    planner.check_removed();
    if context.stop.is_cancelled() {
        let detail = "The plan was interrupted before it was complete.";
        planner.evaluation.diagnostics.push(Diagnostic::error("Interrupted", detail));
    }
    Ok(planner)
}

/// Brings objects that exist into the state, each at the address that it is given with its identifier; plans nothing. The
/// diagnostics beside the state are warnings.
///
/// # Errors
/// All problems that were found; then nothing was imported.
pub async fn import(
    context: Context<'_>,
    state: State,
    imports: &BTreeMap<ResourceInstance, String>,
    variables: &BTreeMap<Arc<str>, VariableInput>,
) -> Result<(State, Diagnostics), Diagnostics> {
    let options = PlanOptions {
        imports: imports.clone(),
        targets: imports.keys().cloned().map(Target::Instance).collect(),
        variables: variables.clone(),
        refresh: false,
        ..PlanOptions::default()
    };
    // Blocks are not checked: the usual way is to import into an empty one, and to fill it in from what was found.
    let graph = validation::checked_graph(context.config, &managers(context.config, &state))?;
    let mut planner = Planner::new(context, &options, &graph, state.clone(), Moves::default());
    planner.only_imports = true;
    planner.check_imports();
    planner.walk().await;
    let changes = std::mem::take(&mut planner.state_changes);
    let diagnostics = std::mem::take(&mut planner.evaluation.diagnostics);
    let mut state = state;
    for change in changes {
        if matches!(&change, Change::Set { id, .. } if imports.contains_key(&id.address)) {
            state.apply(change);
        }
    }
    // Whoever takes an object over knows what became of its creation.
    for address in imports.keys() {
        state.apply(Change::End { id: ObjectId::current(address.clone()) });
    }
    diagnostics.into_result(state)
}

impl Planner<'_> {
    fn check_options(&mut self) {
        self.check_imports();
        if !self.options.targets.is_empty() || !self.options.excludes.is_empty() {
            self.evaluation.diagnostics.push(Diagnostic::warning(
                "Resource targeting is in effect",
                "You are creating a plan with the -target or the -exclude option, which means that the result of this plan may not \
                 represent all of the changes requested by the current configuration.",
            ));
        }
    }

    fn finish(mut self, previous: State) -> Result<(Plan, Diagnostics), PlanFailure> {
        let graph = self.graph;
        let outputs = self.outputs();
        self.changes.sort_by(|a, b| (&a.address, &a.deposed).cmp(&(&b.address, &b.deposed)));
        self.evaluation.diagnostics.extend(forgetting(&self.changes));
        self.drift.sort_by(|a, b| (&a.address, &a.deposed).cmp(&(&b.address, &b.deposed)));
        let relevant_attributes = self.relevant_attributes(outputs.iter());
        let (variables, ephemeral_variables) = self.given_variables();
        let time = self.context.host.plan_time();
        let diagnostics = std::mem::take(&mut self.evaluation.diagnostics);
        let plan = Plan {
            mode: self.options.mode,
            changes: self.changes,
            drift: self.drift,
            outputs,
            checks: self.evaluation.checks.into_results(),
            variables,
            ephemeral_variables,
            targets: self.options.targets.clone(),
            excludes: self.options.excludes.clone(),
            previous,
            state: self.state,
            state_changes: self.state_changes,
            modules: self.evaluation.instances.addresses(),
            relevant_attributes,
            time,
            errored: diagnostics.has_errors(),
        };
        if plan.errored {
            return Err(PlanFailure { diagnostics, partial: Some(Box::new(plan)) });
        }
        order::check(graph, &plan)?;
        Ok((plan, diagnostics))
    }

    /// Returns what becomes of the outputs of the root module.
    fn outputs(&self) -> BTreeMap<Arc<str>, OutputChange> {
        let mut changes = BTreeMap::new();
        let destroying = self.options.mode == PlanMode::Destroy;
        for (name, id) in &self.graph.module(ModuleId::ROOT).outputs {
            let Block::Output(output) = self.graph.node(*id).block else { continue };
            let stored = self.state.outputs().get(*name);
            let takes_part = match destroying {
                true => stored.is_some() && self.options.targets.is_empty(),
                false => self.selection.has(*id),
            };
            if !takes_part || output.ephemeral {
                continue;
            }
            let ordinal = self.evaluation.instances.get(ModuleInstanceId::ROOT).ordinal;
            let before = stored.map_or(Value::NULL, |stored| stored.value.clone());
            let after = match destroying {
                true => Value::NULL,
                false => match self.evaluation.values.get(*id, ordinal) {
                    Some(value) => value.clone(),
                    // It failed, or something that it refers to did.
                    None if self.evaluation.diagnostics.has_errors() => continue,
                    None => Value::unknown(Type::Dynamic),
                },
            };
            let was_sensitive = stored.is_some_and(|stored| stored.sensitive);
            let mut change = output_change(stored.is_some(), before, after, output.sensitive, was_sensitive);
            if destroying {
                change.action = Action::Delete;
            }
            changes.insert(Arc::from(*name), change);
        }
        for (name, stored) in self.state.outputs() {
            let declared = self.graph.module(ModuleId::ROOT).outputs.contains_key(&**name);
            if !declared && self.selection.is_everything() {
                let change = OutputChange {
                    before: stored.value.clone(),
                    after: Value::NULL,
                    action: Action::Delete,
                    sensitive: stored.sensitive,
                };
                changes.insert(name.clone(), change);
            }
        }
        changes
    }

    /// Returns the variables of the root module that were given, and the names of those that are ephemeral.
    fn given_variables(&self) -> (BTreeMap<Arc<str>, Value>, Vec<Arc<str>>) {
        let mut given = BTreeMap::new();
        let mut ephemeral = Vec::new();
        for (name, id) in &self.graph.module(ModuleId::ROOT).variables {
            let Block::Variable(variable) = self.graph.node(*id).block else { continue };
            if !self.options.variables.contains_key(*name) {
                continue;
            }
            if variable.ephemeral {
                ephemeral.push(variable.name.clone());
            } else if let Some(value) = self.evaluation.values.get(*id, 0) {
                let marks = if variable.sensitive { Marks::SENSITIVE } else { Marks::NONE };
                given.insert(variable.name.clone(), value.unmarked_deep().with_marks(marks));
            }
        }
        (given, ephemeral)
    }
}

/// Warns of objects that will be left to themselves.
fn forgetting(changes: &[ResourceChange]) -> Option<Diagnostic> {
    let forgotten: Vec<String> = changes
        .iter()
        .filter(|change| change.action == Action::Forget)
        .map(|change| format!(" - {}", change.object()))
        .collect();
    (!forgotten.is_empty()).then(|| {
        Diagnostic::warning(
            "Some objects will no longer be managed by Terraform",
            format!(
                "If you apply this plan, the tracking information of the following objects is discarded, but they are not \
                 destroyed:\n{}\n\nAfter applying this plan, these objects are not managed any more. To manage them again, \
                 import them.",
                forgotten.join("\n")
            ),
        )
    })
}

fn output_change(exists: bool, before: Value, after: Value, sensitive: bool, was_sensitive: bool) -> OutputChange {
    let plain = after.unmarked_deep();
    let action = match (exists, plain.is_null()) {
        (false, true) => Action::NoOp,
        (false, false) => Action::Create,
        (true, _) if same(&before, &plain) && sensitive == was_sensitive => Action::NoOp,
        (true, _) => Action::Update,
    };
    let after = if sensitive { after.with_marks(Marks::SENSITIVE) } else { after };
    OutputChange { before, after, action, sensitive: sensitive || was_sensitive }
}

/// Compares values; unknown ones differ from everything.
fn same(before: &Value, after: &Value) -> bool {
    after.is_wholly_known()
        && (before == after || matches!((before.kind(), after.kind()), (Kind::Null(_), Kind::Null(_))))
}
