//! `demo`: the quickstart in a directory of its own, planned and applied in the sandbox, for those who have no account at
//! hand, or a minute only.

mod files;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_engine::{ApplyOptions, Counts, PlanMode};
use landfall_sandbox::{Node, Sandbox, Verdict};

use super::{Outcome, apply, sandbox, steps};
use crate::args::{DemoArgs, Pace};
use crate::exit::Exit;
use crate::operation::Engine;
use crate::project::{self, Modules};
use crate::sandbox::Settings;
use crate::session::Session;
use crate::views::Ink;

/// How many times as fast as the machine's the sandbox's time passes, if not told otherwise.
const SCALE: f64 = 120.0;
/// How long, in the sandbox, the last nodes have to join.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) fn run(session: &mut Session, args: &DemoArgs) -> Outcome {
    let directory = &args.directory;
    files::write(directory)?;
    let shown = directory.display();
    session.print(&format!(
        "{} The quickstart is in `{shown}`: a network, an EKS cluster, nodes three ways, a Fargate profile.\n\
         It goes up in the sandbox, the AWS inside landfall: no account, no credentials, no network.\n\n",
        title(session, "1. A configuration.")
    ));
    std::env::set_current_dir(directory).map_err(|error| unusable(directory, &error))?;
    install(session)?;
    session.sandbox_flags.file.get_or_insert(None);
    let pace = *session.sandbox_flags.pace.get_or_insert(Pace::Scaled(SCALE));
    let exit = plan_and_apply(session, args)?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    let found = Settings::find(&session.sandbox_flags, &session.environment)?;
    let settings = found.ok_or_else(|| Diagnostic::error("Not in the sandbox", "The sandbox is gone."))?;
    let opened = settings.open()?;
    let nodes = nodes(&opened, pace)?;
    let text = sandbox::node_table(&nodes);
    session.print(&format!("\n{}\n{text}\n", title(session, "4. Every instance, and whether it is a node.")));
    let is_empty = second_plan(session, args)?;
    session.print(&format!("{}\n{}\n", title(session, "6. What was made."), made(&opened)?));
    let is_whole = !nodes.is_empty() && nodes.iter().all(|node| matches!(node.verdict, Verdict::Joined { .. }));
    if !is_empty || !is_whole {
        let detail = if is_whole { "The second plan has changes." } else { "Not all nodes have joined." };
        return Err(Diagnostic::error("The demo did not end as it should", detail).into());
    }
    session.print(&next(directory));
    Ok(Exit::Done)
}

fn title(session: &Session, text: &str) -> String {
    let mut title = String::new();
    session.out_style.paint(&mut title, Ink::Bold, text);
    title
}

fn unusable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("The directory cannot be used", format!("`{}`: {error}.", path.display()))
}

/// Takes note of the modules, as `init` does.
fn install(session: &mut Session) -> Result<(), Diagnostics> {
    let (config, sources, found) = project::install_modules(&session.environment, Modules::Keep, &|_| {});
    session.sources = sources;
    found.into_result(config).map(|_| ())
}

fn plan_and_apply(session: &mut Session, args: &DemoArgs) -> Outcome {
    let apply = &args.apply;
    let config = steps::load(session, "Demo", PlanMode::Normal)?;
    let store = project::open_store(session, &config.root, &apply.state)?;
    let options = steps::options(session, &config, &apply.operation, false)?;
    let _lock = project::lock(session, &*store, apply.lock, "OperationTypeApply")?;
    let state = project::read_state(&*store)?;
    let engine = Engine::new(session)?;
    let (plan, found) = steps::plan(session, &engine, &config, state, &options)?;
    session.report(&found);
    let Counts { add, change, destroy, .. } = plan.counts();
    session.print(&format!(
        "{} {add} to add, {change} to change, {destroy} to destroy. `landfall plan` shows it whole.\n\n{}\n",
        title(session, "2. A plan."),
        title(session, "3. Its apply."),
    ));
    let options = ApplyOptions { variables: options.variables, parallelism: options.parallelism };
    apply::carry_out(session, &engine, &config, &*store, &plan, &options)
}

/// Plans again; returns whether there is nothing to do.
fn second_plan(session: &mut Session, args: &DemoArgs) -> Result<bool, Diagnostics> {
    let apply = &args.apply;
    let config = steps::load(session, "Demo", PlanMode::Normal)?;
    let store = project::open_store(session, &config.root, &apply.state)?;
    let options = steps::options(session, &config, &apply.operation, false)?;
    let engine = Engine::new(session)?;
    let (plan, found) = steps::plan(session, &engine, &config, project::read_state(&*store)?, &options)?;
    session.print(&title(session, "5. A second plan."));
    steps::show_plan(session, &engine, &plan, &found);
    session.print("\n");
    Ok(!plan.is_applicable())
}

/// Returns the nodes, when none of them is on its way any more.
fn nodes(sandbox: &Sandbox, pace: Pace) -> Result<Vec<Node>, Diagnostic> {
    let step = Duration::from_secs(10);
    let mut waited = Duration::ZERO;
    loop {
        let nodes = sandbox.nodes().map_err(|error| unreadable(&error))?;
        if waited > PATIENCE || !nodes.iter().any(|node| node.verdict == Verdict::Starting) {
            return Ok(nodes);
        }
        match pace {
            Pace::Scaled(_) => std::thread::sleep(sandbox.clock().of_machine(step)),
            Pace::Virtual => sandbox.clock().advance(step),
        }
        waited += step;
    }
}

fn unreadable(error: &landfall_sandbox::SandboxError) -> Diagnostic {
    Diagnostic::error("The sandbox cannot be read", format!("{error}."))
}

/// Counts what there is, by kind.
fn made(sandbox: &Sandbox) -> Result<String, Diagnostic> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for item in sandbox.inventory().map_err(|error| unreadable(&error))? {
        *counts.entry(item.kind).or_default() += 1;
    }
    Ok(counts.iter().map(|(kind, count)| format!("  {count:>3}  {kind}\n")).collect())
}

fn next(directory: &Path) -> String {
    format!(
        "To go on in the same cloud:\n\n    \
         cd {}\n    \
         export LANDFALL_SANDBOX=1 LANDFALL_SANDBOX_TIME_SCALE={SCALE}\n\n    \
         landfall sandbox show                            what there is, and why a node is none\n    \
         landfall apply -var access_entries_enabled=false nodes lose their way in: look at `sandbox show` then\n    \
         landfall apply                                   and get it back\n    \
         landfall destroy                                 until nothing is left\n\n\
         Without these variables the same commands are for your account.\n",
        directory.display()
    )
}
