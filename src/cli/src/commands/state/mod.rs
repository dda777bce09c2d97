//! `state …`: a state, looked at and changed directly.

mod moves;
mod push;
mod removals;
mod replace_provider;

use std::time::{SystemTime, UNIX_EPOCH};

use landfall_addr::{ResourceInstance, Target};
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_state::{JsonText, ObjectId, State};

use super::show::unreadable;
use super::{Outcome, steps};
use crate::args::{StateArgs, StateFileArgs};
use crate::exit::Exit;
use crate::project::{self, Store};
use crate::session::Session;
use crate::{operation, views};

pub(super) fn run(session: &mut Session, args: &StateArgs) -> Outcome {
    match args {
        StateArgs::List { state, addresses, id } => list(session, state, addresses, id.as_deref()),
        StateArgs::Show { state, address } => show(session, state, address),
        StateArgs::Move { change, from, to } => moves::run(session, change, from, to),
        StateArgs::Remove { change, addresses } => removals::run(session, change, addresses),
        StateArgs::Pull { state } => {
            let store = project::open_current_store(session, state)?;
            if let Some(state) = store.read().map_err(|error| project::state_problem(&error, &store.name()))? {
                session.print(&format!("{}\n", state.to_json()));
            }
            Ok(Exit::Done)
        }
        StateArgs::Push { change, path, force } => push::run(session, change, path, *force),
        StateArgs::ReplaceProvider { change, approval, from, to } => {
            replace_provider::run(session, change, *approval, (from, to))
        }
    }
}

/// Opens the store for a change: of a local one the state as it was stays beside it, in a file named for the moment.
fn open_for_change(session: &mut Session, files: &StateFileArgs) -> Result<Store, Diagnostics> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    project::open_store_for_change(session, files, &format!(".{now}.backup"))
}

fn target(text: &str) -> Result<Target, Diagnostic> {
    text.parse().map_err(|error| Diagnostic::error("Invalid address", format!("{error}.")))
}

/// Returns the instances in a state, in order.
fn instances(state: &State) -> impl Iterator<Item = ResourceInstance> {
    state
        .resources()
        .iter()
        .flat_map(|(address, resource)| resource.instances.keys().map(|key| address.instance(key.clone())))
}

fn id_of(attributes: &JsonText) -> Option<String> {
    let attributes: serde_json::Value = serde_json::from_str(attributes.as_str()).ok()?;
    Some(attributes.get("id")?.as_str()?.to_owned())
}

fn no_state_file() -> Diagnostic {
    let detail = "State management commands require a state file. Run this command in a directory where landfall has \
                  been run, or use the -state flag to point the command to a specific state location.";
    Diagnostic::error("No state file was found!", detail)
}

fn list(session: &mut Session, files: &StateFileArgs, addresses: &[String], id: Option<&str>) -> Outcome {
    let store = project::open_current_store(session, files)?;
    let state = store.read().map_err(|error| project::state_problem(&error, &store.name()))?;
    let state = state.ok_or_else(no_state_file)?;
    let targets = addresses.iter().map(|text| target(text)).collect::<Result<Vec<_>, _>>()?;
    let missing: Diagnostics = targets.iter().filter_map(|target| missing(&state, target)).collect();
    if missing.has_errors() {
        return Err(missing);
    }
    let mut out = String::new();
    for (object, _, stored) in state.objects() {
        let is_meant = targets.is_empty() || targets.iter().any(|target| target.contains(&object.address));
        let has_id = id.is_none_or(|id| id_of(&stored.attributes).as_deref() == Some(id));
        if object.deposed.is_none() && is_meant && has_id {
            out.push_str(&format!("{}\n", object.address));
        }
    }
    session.print(&out);
    Ok(Exit::Done)
}

/// Says that a state has nothing at an address.
fn missing(state: &State, target: &Target) -> Option<Diagnostic> {
    if instances(state).any(|instance| target.contains(&instance)) {
        return None;
    }
    let (what, whose, entry) = match target {
        Target::Module(_) => ("module", "this module to the configuration", "module at"),
        Target::Resource(_) => ("resource", "this resource to the configuration", "resource"),
        Target::Instance(_) => (
            "resource instance",
            "its resource to the configuration or have changed the count or for_each arguments",
            "resource instance",
        ),
    };
    let detail = format!(
        "The current state contains no {entry} {target}. If you've just added {whose}, you must run \"landfall apply\" \
         first to bring it into the state."
    );
    Some(Diagnostic::error(format!("Unknown {what}"), detail))
}

fn show(session: &mut Session, files: &StateFileArgs, address: &ResourceInstance) -> Outcome {
    let state = project::read_current(session, files)?;
    if state.current(address).is_none() {
        let detail = "This command requires that the address references one specific instance. To view the available \
                      instances, use \"landfall state list\".";
        return Err(Diagnostic::error("No instance found for the given address!", detail).into());
    }
    let id = ObjectId::current(address.clone());
    let text = views::state::render_object(&state, &id, &operation::providers(), session.out_style);
    session.print(&text.map_err(|error| unreadable(&error))?.unwrap_or_default());
    Ok(Exit::Done)
}
