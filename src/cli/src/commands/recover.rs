//! `recover`: shows and settles what a run that was cut off had begun.

use landfall_diag::Diagnostic;
use landfall_engine::PlanMode;
use landfall_state::{Change, IntentWork, ObjectId, State};

use super::{Outcome, steps};
use crate::args::RecoverArgs;
use crate::exit::Exit;
use crate::operation::Engine;
use crate::project;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &RecoverArgs) -> Outcome {
    let config = steps::load(session, "Recover", PlanMode::Normal)?;
    let store = project::open_store(session, &config.root, &args.state)?;
    let _lock = project::lock(session, &*store, args.lock, "OperationTypeRecover")?;
    let mut state = project::read_state(&*store)?;
    if let Some(address) = &args.forget {
        let id = ObjectId::current(address.clone());
        if !state.intents().contains_key(&id) {
            let detail = format!("No run that was cut off had begun anything with `{address}`.");
            return Err(Diagnostic::error("Nothing to forget", detail).into());
        }
        state.apply(Change::End { id });
        steps::write(&*store, &mut state)?;
        session.print(&format!("`{address}` is planned anew.\n"));
        return Ok(Exit::Done);
    }
    if state.intents().is_empty() {
        session.print("Nothing is left over from a run that was cut off.\n");
        return Ok(Exit::Done);
    }
    session.print(&list(&state));
    let (variables, found) = steps::variables(session, &config, &args.variables, args.input)?;
    session.report(&found);
    let engine = Engine::new(session)?;
    steps::settle(session, &engine, &config, &*store, state, &variables)?;
    session.print("Everything is settled.\n");
    Ok(Exit::Done)
}

fn list(state: &State) -> String {
    let line = |(id, intent): (&ObjectId, &std::sync::Arc<landfall_state::Intent>)| {
        let work = match intent.work {
            IntentWork::Create => "creation",
            IntentWork::Update => "update",
            IntentWork::Delete => "destruction",
        };
        format!("  {id}: {work}\n")
    };
    state.intents().iter().map(line).collect()
}
