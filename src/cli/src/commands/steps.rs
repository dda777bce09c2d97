//! What `plan`, `apply`, `destroy`, `refresh` and `import` share.

use landfall_diag::Diagnostics;
use landfall_engine::{Plan, PlanFailure, PlanMode, PlanOptions};
use landfall_lang::Config;
use landfall_state::{State, StateStore};

use crate::args::{OperationArgs, VariableArg, ViewArgs};
use crate::operation::Engine;
use crate::project::{self, Asking};
use crate::session::{Session, Voice};
use crate::ui::{Progress, json};
use crate::views;

/// Sets the session's voice; a stream of JSON objects begins here.
pub(super) fn speak(session: &mut Session, view: ViewArgs) {
    session.compact_warnings = view.compact_warnings;
    if view.json {
        session.speak_json();
    }
}

/// Loads the configuration, which has to be there unless everything is destroyed.
pub(super) fn load(session: &mut Session, command: &str, mode: PlanMode) -> Result<Config, Diagnostics> {
    if mode != PlanMode::Destroy
        && let Some(problem) = project::empty_directory(command)
    {
        return Err(problem.into());
    }
    let (config, found) = project::load(session)?;
    session.report(&found);
    Ok(config)
}

/// Returns what the engine is to plan.
pub(super) fn options(
    session: &mut Session,
    config: &Config,
    args: &OperationArgs,
    input: bool,
) -> Result<PlanOptions, Diagnostics> {
    let (variables, found) = variables(session, config, &args.variables, input)?;
    session.report(&found);
    Ok(PlanOptions {
        mode: args.mode,
        refresh: args.refresh,
        targets: args.targets.clone(),
        excludes: args.excludes.clone(),
        replace: args.replace.clone(),
        variables,
        parallelism: args.parallelism,
        ..PlanOptions::default()
    })
}

/// Returns values of variables, with warnings.
pub(super) fn variables(
    session: &mut Session,
    config: &Config,
    given: &[VariableArg],
    input: bool,
) -> Result<(project::Values, Diagnostics), Diagnostics> {
    let may_ask = input && session.voice == Voice::Human && session.environment.allows_input();
    let asking = if may_ask { Asking::Allowed } else { Asking::Never };
    project::collect_variables(session, config, given, asking)
}

/// Plans, showing progress. Returns the plan with the warnings, which are yet to be reported.
pub(super) fn plan(
    session: &Session,
    engine: &Engine,
    config: &Config,
    state: State,
    options: &PlanOptions,
) -> Result<(Plan, Diagnostics), PlanFailure> {
    let progress = Progress::start(session.voice);
    engine.plan(config, state, options, &progress)
}

/// Finishes what a run that was cut off had begun, and writes what is there then.
///
/// # Errors
/// When it cannot be told what became of it: nothing is planned over that.
pub(super) fn settle(
    session: &Session,
    engine: &Engine,
    config: &Config,
    store: &dyn StateStore,
    state: State,
    variables: &project::Values,
) -> Result<State, Diagnostics> {
    if state.intents().is_empty() {
        return Ok(state);
    }
    if session.voice == Voice::Human {
        let count = state.intents().len();
        session.say(&format!("A run that was cut off had begun {count} operations that are settled first:\n"));
    }
    let progress = Progress::start(session.voice);
    let (mut state, found) = engine.settle(config, state, variables, &progress, |state| write(store, state));
    drop(progress);
    write(store, &mut state)?;
    if found.has_errors() {
        return Err(found);
    }
    session.report(&found);
    Ok(state)
}

/// Shows a plan and the warnings that came with it.
pub(super) fn show_plan(session: &Session, engine: &Engine, plan: &Plan, found: &Diagnostics) {
    show_changes(session, engine, plan);
    session.report(found);
}

/// Shows a plan.
pub(super) fn show_changes(session: &Session, engine: &Engine, plan: &Plan) {
    match session.voice {
        Voice::Human => session.print(&views::plan::render(plan, &engine.providers, session.out_style)),
        Voice::Json => json::plan(plan).iter().for_each(|line| session.line(line)),
    }
}

/// Writes a state; the previous one stays in place if that fails.
pub(super) fn write(store: &dyn StateStore, state: &mut State) -> Result<(), Diagnostics> {
    store.write(state).map_err(|error| project::state_problem(&error, &store.name()).into())
}
