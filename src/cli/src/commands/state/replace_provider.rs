//! `state replace-provider`: resources get a provider of another source.

use landfall_addr::{AbsResource, ProviderConfig, ProviderSource};
use landfall_diag::Diagnostic;
use landfall_state::{Change, State};

use super::{open_for_change, steps};
use crate::args::{Approval, StateChangeArgs};
use crate::commands::Outcome;
use crate::exit::Exit;
use crate::project;
use crate::session::Session;

pub(super) fn run(
    session: &mut Session,
    args: &StateChangeArgs,
    approval: Approval,
    (from, to): (&str, &str),
) -> Outcome {
    let (from, to) = (source("from", from)?, source("to", to)?);
    let store = open_for_change(session, &args.state)?;
    let _lock = project::lock(session, &*store, args.lock, "state-replace-provider")?;
    let mut state = project::read_state(&*store)?;
    let resources: Vec<AbsResource> = state
        .resources()
        .iter()
        .filter(|(_, resource)| resource.provider.source == from)
        .map(|(address, _)| address.clone())
        .collect();
    if resources.is_empty() {
        session.print("No matching resources found.\n");
        return Ok(Exit::Done);
    }
    let list: String = resources.iter().map(|address| format!("  {address}\n")).collect();
    session.print(&format!(
        "landfall will perform the following actions:\n\n  ~ Updating provider:\n    - {from}\n    + {to}\n\nChanging {} \
         resources:\n\n{list}\n",
        resources.len()
    ));
    if approval == Approval::Ask {
        let question =
            "Do you want to make these changes?\nOnly 'yes' will be accepted to continue.\n\nEnter a value: ";
        if session.ask(question)? != "yes" {
            session.print("Cancelled replacing providers.\n");
            return Ok(Exit::Done);
        }
    }
    replace(&mut state, &from, &to);
    steps::write(&*store, &mut state)?;
    session.print(&format!("Successfully replaced provider for {} resources.\n", resources.len()));
    Ok(Exit::Done)
}

fn replace(state: &mut State, from: &ProviderSource, to: &ProviderSource) {
    let changes: Vec<Change> = state
        .objects()
        .filter(|(_, provider, _)| provider.source == *from)
        .map(|(id, provider, object)| {
            let provider = ProviderConfig { source: to.clone(), ..provider.clone() };
            Change::Set { id, provider, object: object.clone() }
        })
        .collect();
    changes.into_iter().for_each(|change| state.apply(change));
}

fn source(which: &str, text: &str) -> Result<ProviderSource, Diagnostic> {
    text.parse().map_err(|_| {
        let detail = "A provider source is \"[hostname/][namespace/]name\", as in \"hashicorp/aws\".";
        Diagnostic::error(format!("Invalid \"{which}\" provider \"{text}\""), detail)
    })
}
