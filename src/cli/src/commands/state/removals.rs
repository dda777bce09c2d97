//! `state rm`: objects are forgotten, not destroyed.

use landfall_addr::ResourceInstance;
use landfall_diag::Diagnostic;
use landfall_state::{ObjectId, State};

use super::{instances, open_for_change, steps, target};
use crate::args::StateChangeArgs;
use crate::commands::Outcome;
use crate::exit::Exit;
use crate::project;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &StateChangeArgs, addresses: &[String]) -> Outcome {
    let store = open_for_change(session, &args.state)?;
    let _lock = project::lock(session, &*store, args.lock, "state-rm")?;
    let mut state = project::read_state(&*store)?;
    let gone = chosen(&state, addresses)?;
    let verb = if args.dry_run { "Would remove" } else { "Removed" };
    let mut out: String = gone.iter().map(|address| format!("{verb} {address}\n")).collect();
    if !args.dry_run {
        for address in &gone {
            let objects: Vec<ObjectId> =
                state.objects().map(|(id, ..)| id).filter(|id| id.address == *address).collect();
            objects.iter().for_each(|id| state.remove(id));
        }
        steps::write(&*store, &mut state)?;
        out.push_str(&format!("Successfully removed {} resource instance(s).\n", gone.len()));
    }
    session.print(&out);
    Ok(Exit::Done)
}

fn chosen(state: &State, addresses: &[String]) -> Result<Vec<ResourceInstance>, Diagnostic> {
    let mut gone: Vec<ResourceInstance> = Vec::new();
    for text in addresses {
        let target = target(text)?;
        let found: Vec<_> = instances(state).filter(|instance| target.contains(instance)).collect();
        if found.is_empty() {
            let detail = "No matching objects found. To view the available instances, use \"landfall state list\". \
                          Please modify the address to reference a specific instance.";
            return Err(Diagnostic::error("Invalid target address", detail));
        }
        let new: Vec<_> = found.into_iter().filter(|instance| !gone.contains(instance)).collect();
        gone.extend(new);
    }
    Ok(gone)
}
