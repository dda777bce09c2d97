//! `plan`: shows what would change, and saves it if wanted.

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_engine::{Plan, PlanFailure};
use landfall_lang::Config;

use super::{Outcome, generate, steps};
use crate::args::PlanArgs;
use crate::exit::Exit;
use crate::operation::Engine;
use crate::plan_file;
use crate::project;
use crate::session::{Session, Voice};

pub(super) fn run(session: &mut Session, args: &PlanArgs) -> Outcome {
    steps::speak(session, args.view);
    let mut config = steps::load(session, "Plan", args.operation.mode)?;
    args.generate_config_out.as_deref().map_or(Ok(()), generate::check_file)?;
    let store = project::open_store(session, &config.root, &args.state)?;
    let options = steps::options(session, &config, &args.operation, args.input)?;
    let lock = project::lock(session, &*store, args.lock, "OperationTypePlan")?;
    let state = project::read_state(&*store)?;
    let engine = Engine::new(session)?;
    let state = steps::settle(session, &engine, &config, &*store, state, &options.variables)?;
    let generated = match &args.generate_config_out {
        Some(path) => generate::generate(session, &engine, (&config, &state), &options, path)?,
        None => None,
    };
    let is_generated = generated.is_some();
    config = generated.unwrap_or(config);
    let planned = steps::plan(session, &engine, &config, state, &options);
    drop(lock);
    let (plan, found) = match planned {
        Ok(planned) => planned,
        Err(failure) => return Err(failed(session, args, &engine, &config, failure)),
    };
    steps::show_plan(session, &engine, &plan, &found);
    if let (true, Some(path)) = (is_generated, &args.generate_config_out) {
        session.report(&experimental().into());
        if session.voice == Voice::Human {
            session.print(&written(session, path));
        }
    }
    save(session, args, &plan, &config)?;
    if session.voice == Voice::Human && plan.is_applicable() && !session.environment.in_automation() {
        session.print(&hint(session, args));
    }
    let has_changes = args.detailed_exit_code && plan.is_applicable();
    Ok(if has_changes { Exit::Changes } else { Exit::Done })
}

/// Shows and saves what could be planned, for people and programs to look into; returns what went wrong.
fn failed(
    session: &mut Session,
    args: &PlanArgs,
    engine: &Engine,
    config: &Config,
    failure: PlanFailure,
) -> Diagnostics {
    let PlanFailure { mut diagnostics, partial } = failure;
    if let Some(plan) = partial {
        steps::show_changes(session, engine, &plan);
        diagnostics.extend(save(session, args, &plan, config).err().into_iter().flatten());
    }
    diagnostics
}

/// Saves a plan if that was wanted.
fn save(session: &mut Session, args: &PlanArgs, plan: &Plan, config: &Config) -> Result<(), Diagnostics> {
    let Some(path) = &args.out else { return Ok(()) };
    let encryption = project::encryptions(session, &config.root)?.plan;
    plan_file::save(path, plan, config, &session.sources, &encryption).map_err(|error| {
        let detail = format!("The plan cannot be saved to `{}`: {error}.", path.display());
        Diagnostic::error("Failed to write plan file", detail).into()
    })
}

fn experimental() -> Diagnostic {
    let detail = "Generating configuration during import is currently experimental, and the generated configuration \
                  format may change in future versions.";
    Diagnostic::warning("Config generation is experimental", detail)
}

/// Returns what to do with generated configuration.
fn written(session: &Session, path: &std::path::Path) -> String {
    let rule = "─".repeat(session.out_style.width.saturating_sub(1));
    format!(
        "\n{rule}\n\nlandfall has generated configuration and written it to {}. Please review\nthe configuration and edit \
         it as necessary before adding it to version control.\n",
        path.display()
    )
}

/// Returns what to do with the plan.
fn hint(session: &Session, args: &PlanArgs) -> String {
    let rule = "─".repeat(session.out_style.width.saturating_sub(1));
    match &args.out {
        Some(path) => format!(
            "\n{rule}\n\nSaved the plan to: {0}\n\nTo perform exactly these actions, run the following command to apply:\n    \
             landfall apply \"{0}\"\n",
            path.display()
        ),
        None => format!(
            "\n{rule}\n\nNote: You didn't use the -out option to save this plan, so landfall can't guarantee to\ntake \
             exactly these actions if you run \"landfall apply\" now.\n"
        ),
    }
}
