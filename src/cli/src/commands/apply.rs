//! `apply`, `destroy` and `refresh`: plans or takes a saved plan, asks, and carries it out.

use std::path::Path;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_engine::{ApplyOptions, Counts, Plan, PlanMode};
use landfall_lang::Config;
use landfall_state::{State, StateStore};

use super::{Outcome, errored, output, steps};
use crate::args::{ApplyArgs, Approval};
use crate::exit::Exit;
use crate::operation::Engine;
use crate::plan_file::{self, SavedPlan};
use crate::project::{self, Asking};
use crate::session::{Session, Voice};
use crate::ui::{Progress, json};

pub(super) fn run(session: &mut Session, args: &ApplyArgs) -> Outcome {
    steps::speak(session, args.view);
    if session.voice == Voice::Json && args.approval == Approval::Ask {
        let detail = "Plan file or auto-approve required: with -json there is nobody to ask. Use -auto-approve, or give a \
                      saved plan.";
        return Err(Diagnostic::error("Plan file or auto-approve required", detail).into());
    }
    match &args.plan {
        Some(path) => apply_saved(session, args, path),
        None => plan_and_apply(session, args),
    }
}

fn plan_and_apply(session: &mut Session, args: &ApplyArgs) -> Outcome {
    let config = steps::load(session, "Apply", args.operation.mode)?;
    let store = project::open_store(session, &config.root, &args.state)?;
    let options = steps::options(session, &config, &args.operation, args.input)?;
    let _lock = project::lock(session, &*store, args.lock, "OperationTypeApply")?;
    let state = project::read_state(&*store)?;
    let engine = Engine::new(session)?;
    let state = steps::settle(session, &engine, &config, &*store, state, &options.variables)?;
    let (plan, found) = steps::plan(session, &engine, &config, state, &options).map_err(|failure| {
        if let Some(plan) = failure.partial.filter(|plan| plan.has_changes()) {
            steps::show_changes(session, &engine, &plan);
        }
        failure.diagnostics
    })?;
    if !args.is_refresh {
        steps::show_plan(session, &engine, &plan, &found);
    } else {
        session.report(&found);
    }
    if plan.is_applicable() && args.approval == Approval::Ask {
        approve(session, args, &plan)?;
    }
    let options = ApplyOptions { variables: options.variables, parallelism: options.parallelism };
    carry_out(session, &engine, &config, &*store, &plan, &options)
}

fn apply_saved(session: &mut Session, args: &ApplyArgs, path: &Path) -> Outcome {
    let encryption = project::current_encryptions(session)?.plan;
    let saved = plan_file::read(path, &mut session.sources, &encryption).map_err(|error| {
        let detail = format!("The file `{}` cannot be applied: {error}.", path.display());
        Diagnostic::error(format!("Failed to load \"{}\" as a plan file", path.display()), detail)
    })?;
    let SavedPlan { plan, config } = saved?;
    if plan.errored {
        let detail = "landfall encountered an error when generating this plan, so it cannot be applied.";
        return Err(Diagnostic::error("Cannot apply incomplete plan", detail).into());
    }
    let store = project::open_store(session, &config.root, &args.state)?;
    // Only ephemeral variables are asked for: the plan has the others.
    let (mut variables, found) =
        project::collect_variables(session, &config, &args.operation.variables, Asking::Never)?;
    session.report(&found);
    variables.retain(|name, _| plan.ephemeral_variables.contains(name));
    let _lock = project::lock(session, &*store, args.lock, "OperationTypeApply")?;
    let engine = Engine::new(session)?;
    let there = store.read().map_err(|error| project::state_problem(&error, &store.name()))?;
    let inputs = plan.inputs(&variables);
    let there = there.map(|state| steps::settle(session, &engine, &config, &*store, state, &inputs)).transpose()?;
    check_fresh(there.as_ref(), &plan)?;
    if session.voice == Voice::Json {
        json::plan(&plan).iter().for_each(|line| session.line(line));
    }
    let options = ApplyOptions { variables, parallelism: args.operation.parallelism };
    carry_out(session, &engine, &config, &*store, &plan, &options)
}

/// Refuses a saved plan that was made from another state than the one that is there.
fn check_fresh(there: Option<&State>, plan: &Plan) -> Result<(), Diagnostic> {
    let Some(there) = there else {
        return if plan.previous.serial() == 0 { Ok(()) } else { Err(stale()) };
    };
    if plan.previous.serial() > 0 && there.lineage() != plan.previous.lineage() {
        let detail = "The given plan file can not be applied because it was created from a different state lineage.";
        return Err(Diagnostic::error("Saved plan does not match the given state", detail));
    }
    let is_same = there.serial() == plan.previous.serial() && there.has_contents_of(&plan.previous);
    if is_same { Ok(()) } else { Err(stale()) }
}

fn stale() -> Diagnostic {
    let detail = "The given plan file can no longer be applied because the state was changed by another operation after \
                  the plan was created.";
    Diagnostic::error("Saved plan is stale", detail)
}

/// Asks whether to go on.
fn approve(session: &Session, args: &ApplyArgs, plan: &Plan) -> Result<(), Diagnostics> {
    if !args.input || !session.environment.allows_input() {
        let detail = "The plan needs to be approved, and nobody may be asked. Use -auto-approve, or give a saved plan.";
        return Err(Diagnostic::error("Approval required", detail).into());
    }
    let (question, text) = match plan.mode {
        PlanMode::Normal => (
            "Do you want to perform these actions?",
            "landfall will perform the actions described above.\n  Only 'yes' will be accepted to approve.",
        ),
        PlanMode::Destroy => (
            "Do you really want to destroy all resources?",
            "landfall will destroy all your managed infrastructure, as shown above.\n  There is no undo. Only 'yes' \
             will be accepted to confirm.",
        ),
        PlanMode::RefreshOnly => (
            "Would you like to update the state to reflect these detected changes?",
            "landfall will write these changes to the state without modifying any real\n  infrastructure. There is no \
             undo. Only 'yes' will be accepted to confirm.",
        ),
    };
    let answer = session.ask(&format!("\n{question}\n  {text}\n\n  Enter a value: "))?;
    if answer == "yes" {
        return Ok(());
    }
    let what = if plan.mode == PlanMode::Destroy { "Destroy" } else { "Apply" };
    Err(Diagnostic::error(format!("{what} cancelled"), "Nothing was changed.").into())
}

/// Carries a plan out; what is there afterwards is written whatever went wrong.
pub(super) fn carry_out(
    session: &mut Session,
    engine: &Engine,
    config: &Config,
    store: &dyn StateStore,
    plan: &Plan,
    options: &ApplyOptions,
) -> Outcome {
    let mut log = store.step_log(&plan.previous).map_err(|error| project::state_problem(&error, &store.name()))?;
    let progress = Progress::start(session.voice);
    let mut applied = engine.apply(config, plan, log.as_mut(), options, &progress);
    let counts = progress.finish();
    drop(log);
    if let Err(problem) = steps::write(store, &mut applied.state) {
        // The log of finished steps stays: the next command reads it.
        applied.diagnostics.extend(problem);
        // A state that was written, and whose journal only could not be removed, is where it belongs.
        if store.is_remote() && applied.state.is_changed() {
            applied.diagnostics.push(errored::save(session, config, &applied.state));
        }
    }
    let failed = applied.diagnostics.has_errors();
    session.report(&applied.diagnostics);
    if applied.interrupted && !failed {
        let detail = "The apply was interrupted. What was done is in the state; run it again to do the rest.";
        session.report(&Diagnostic::error("Interrupted", detail).into());
    }
    if failed || applied.interrupted {
        return Ok(Exit::Failed);
    }
    conclude(session, plan, &applied.state, counts);
    Ok(Exit::Done)
}

/// Says what was done, and shows the outputs.
fn conclude(session: &Session, plan: &Plan, state: &State, done: Counts) {
    let imported = plan.counts().import;
    let counts = Counts { import: imported, ..done };
    let import = if imported > 0 { format!("{imported} imported, ") } else { String::new() };
    let (operation, message) = match plan.mode {
        PlanMode::Destroy => ("destroy", format!("Destroy complete! Resources: {} destroyed.", counts.destroy)),
        PlanMode::Normal | PlanMode::RefreshOnly => (
            "apply",
            format!(
                "Apply complete! Resources: {import}{} added, {} changed, {} destroyed.",
                counts.add, counts.change, counts.destroy
            ),
        ),
    };
    match session.voice {
        Voice::Json => {
            session.line(&json::summary(operation, &message, &counts));
            session.line(&json::outputs(state));
        }
        Voice::Human => {
            session.print(&format!("\n{message}\n"));
            let outputs = output::listing(state);
            if !outputs.is_empty() {
                session.print(&format!("\nOutputs:\n\n{outputs}"));
            }
        }
    }
}
