//! `taint` and `untaint`: whether the next plan replaces an object.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics};
use landfall_state::{ObjectId, Status};

use super::{Outcome, steps};
use crate::args::TaintArgs;
use crate::exit::Exit;
use crate::project;
use crate::session::Session;

pub(super) fn taint(session: &mut Session, args: &TaintArgs) -> Outcome {
    mark(session, args, Status::Tainted, "Resource instance {} has been marked as tainted.")
}

pub(super) fn untaint(session: &mut Session, args: &TaintArgs) -> Outcome {
    mark(session, args, Status::Ready, "Resource instance {} has been successfully untainted.")
}

fn mark(session: &mut Session, args: &TaintArgs, status: Status, message: &str) -> Outcome {
    let store = project::open_current_store(session, &args.state)?;
    let _lock = project::lock(session, &*store, args.lock, "taint")?;
    let mut state = project::read_state(&*store)?;
    let id = ObjectId::current(args.address.clone());
    let Some(object) = state.object(&id).cloned() else {
        return missing(session, args);
    };
    if object.status == status {
        if status == Status::Ready {
            let detail =
                format!("Resource instance {} is not currently tainted, and so it cannot be untainted.", args.address);
            return Err(Diagnostic::error("Resource instance is not tainted", detail).into());
        }
    } else if let Some(resource) = state.resource(&args.address.abs_resource()) {
        let provider = resource.provider.clone();
        let mut marked = (*object).clone();
        marked.status = status;
        state.set(id, provider, Arc::new(marked));
    }
    steps::write(&*store, &mut state)?;
    session.print(&format!("{}\n", message.replace("{}", &args.address.to_string())));
    Ok(Exit::Done)
}

fn missing(session: &Session, args: &TaintArgs) -> Outcome {
    let detail = format!(
        "There is no resource instance in the state with the address {}. If the resource configuration has just been \
         added, you must run \"landfall apply\" once to create the corresponding instance(s) before they can be tainted.",
        args.address
    );
    if args.allow_missing {
        session.report(&Diagnostic::warning("No such resource instance", detail).into());
        return Ok(Exit::Done);
    }
    Err(Diagnostics::from(Diagnostic::error("No such resource instance", detail)))
}
