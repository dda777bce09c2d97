//! `state list|show|mv|rm|pull`: a state, looked at and changed directly.

use landfall_addr::{AbsResource, InstanceKey, ModuleInstance, ResourceInstance, Target};
use landfall_diag::Diagnostic;
use landfall_state::{JsonText, ObjectId, State};

use super::show::unreadable;
use super::{Outcome, steps};
use crate::args::{LockArgs, StateArgs, StateFileArgs};
use crate::exit::Exit;
use crate::project;
use crate::session::Session;
use crate::{operation, views};

pub(super) fn run(session: &mut Session, args: &StateArgs) -> Outcome {
    match args {
        StateArgs::List { state, addresses, id } => list(session, state, addresses, id.as_deref()),
        StateArgs::Show { state, address } => show(session, state, address),
        StateArgs::Move { state, lock, dry_run, from, to } => {
            change(session, (state, *lock, *dry_run), |state| moves(state, from, to).map(Moves::into_steps))
        }
        StateArgs::Remove { state, lock, dry_run, addresses } => {
            change(session, (state, *lock, *dry_run), |state| removals(state, addresses))
        }
        StateArgs::Pull { state } => {
            let state = project::read_current(session, state)?;
            session.print(&state.to_json());
            Ok(Exit::Done)
        }
    }
}

fn target(text: &str) -> Result<Target, Diagnostic> {
    text.parse().map_err(|error| Diagnostic::error("Invalid address", format!("{error}.")))
}

fn id_of(attributes: &JsonText) -> Option<String> {
    let attributes: serde_json::Value = serde_json::from_str(attributes.as_str()).ok()?;
    Some(attributes.get("id")?.as_str()?.to_owned())
}

fn list(session: &mut Session, files: &StateFileArgs, addresses: &[String], id: Option<&str>) -> Outcome {
    let state = project::read_current(session, files)?;
    let targets = addresses.iter().map(|text| target(text)).collect::<Result<Vec<_>, _>>()?;
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

fn show(session: &mut Session, files: &StateFileArgs, address: &ResourceInstance) -> Outcome {
    let state = project::read_current(session, files)?;
    if state.current(address).is_none() {
        let detail = format!(
            "There is no object at {address} in the state. To view the available instances, use \"landfall state list\"."
        );
        return Err(Diagnostic::error("No instance found for the given address", detail).into());
    }
    let id = ObjectId::current(address.clone());
    let text = views::state::render_object(&state, &id, &operation::providers(), session.out_style);
    session.print(&text.map_err(|error| unreadable(&error))?.unwrap_or_default());
    Ok(Exit::Done)
}

/// What is to be done with an instance: another address, or out of the state.
struct Step {
    from: ResourceInstance,
    to: Option<ResourceInstance>,
}

fn change(
    session: &mut Session,
    (files, lock, dry_run): (&StateFileArgs, LockArgs, bool),
    steps: impl FnOnce(&State) -> Result<Vec<Step>, Diagnostic>,
) -> Outcome {
    let store = project::open_current_store(session, files)?;
    let _lock = project::lock(&store, lock, "state")?;
    let mut state = project::read_state(&store)?;
    let steps = steps(&state)?;
    let would = if dry_run { "Would " } else { "" };
    let mut out = String::new();
    for step in &steps {
        match &step.to {
            Some(to) => out.push_str(&format!("{would}{} \"{}\" to \"{to}\"\n", verb("Move", dry_run), step.from)),
            None => out.push_str(&format!("{would}{} {}\n", verb("Remove", dry_run), step.from)),
        }
        apply(&mut state, step);
    }
    if !dry_run {
        steps::write(&store, &mut state)?;
        let moved = steps.iter().any(|step| step.to.is_some());
        let word = if moved { "moved" } else { "removed" };
        out.push_str(&format!("Successfully {word} {} object(s).\n", steps.len()));
    }
    session.print(&out);
    Ok(Exit::Done)
}

fn verb(word: &str, dry_run: bool) -> String {
    if dry_run { word.to_lowercase() } else { word.to_owned() }
}

fn apply(state: &mut State, step: &Step) {
    match &step.to {
        Some(to) => state.rename(&step.from, to),
        None => {
            let objects: Vec<ObjectId> =
                state.objects().map(|(id, ..)| id).filter(|id| id.address == step.from).collect();
            objects.iter().for_each(|id| state.remove(id));
        }
    }
}

fn instances(state: &State) -> impl Iterator<Item = ResourceInstance> {
    state
        .resources()
        .iter()
        .flat_map(|(address, resource)| resource.instances.keys().map(|key| address.instance(key.clone())))
}

fn nothing_matches(text: &str) -> Diagnostic {
    let detail = format!("Cannot find anything at {text}. To view what is there, use \"landfall state list\".");
    Diagnostic::error("Invalid target address", detail)
}

fn removals(state: &State, addresses: &[String]) -> Result<Vec<Step>, Diagnostic> {
    let mut steps = Vec::new();
    for text in addresses {
        let target = target(text)?;
        let before = steps.len();
        steps.extend(instances(state).filter(|from| target.contains(from)).map(|from| Step { from, to: None }));
        if steps.len() == before {
            return Err(nothing_matches(text));
        }
    }
    Ok(steps)
}

/// Instances with their new addresses.
struct Moves(Vec<(ResourceInstance, ResourceInstance)>);

impl Moves {
    fn into_steps(self) -> Vec<Step> {
        self.0.into_iter().map(|(from, to)| Step { from, to: Some(to) }).collect()
    }
}

fn moves(state: &State, from: &str, to: &str) -> Result<Moves, Diagnostic> {
    let (source, goal) = (target(from)?, target(to)?);
    let found: Vec<_> = instances(state).filter(|instance| source.contains(instance)).collect();
    if found.is_empty() {
        return Err(nothing_matches(from));
    }
    let kinds_differ = || {
        let detail =
            format!("Cannot move {from} to {to}: a module goes to a module, a resource to a resource of its type.");
        Diagnostic::error("Invalid state move request", detail)
    };
    let mut moves = Vec::new();
    for instance in found {
        let new = match (&source, &goal) {
            (Target::Module(old), Target::Module(new)) => in_module(&instance, old, new),
            (Target::Resource(_), Target::Resource(new)) => new.instance(instance.key.clone()),
            (Target::Instance(_), Target::Resource(new)) => new.instance(InstanceKey::None),
            (Target::Resource(_) | Target::Instance(_), Target::Instance(new)) => new.clone(),
            (Target::Module(_), _) | (_, Target::Module(_)) => return Err(kinds_differ()),
        };
        if new.resource.r#type != instance.resource.r#type || new.resource.mode != instance.resource.mode {
            return Err(kinds_differ());
        }
        if state.instance(&new).is_some() {
            let detail = format!("Cannot move to {new}: there is already a resource instance at that address.");
            return Err(Diagnostic::error("Invalid state move request", detail));
        }
        moves.push((instance, new));
    }
    let mut goals: Vec<&ResourceInstance> = moves.iter().map(|(_, new)| new).collect();
    goals.sort();
    if goals.windows(2).any(|pair| pair[0] == pair[1]) {
        let detail = format!("Cannot move {from} to {to}: there are several instances, and one address.");
        return Err(Diagnostic::error("Invalid state move request", detail));
    }
    Ok(Moves(moves))
}

fn in_module(instance: &ResourceInstance, old: &ModuleInstance, new: &ModuleInstance) -> ResourceInstance {
    let below = instance.module.steps()[old.steps().len()..].iter();
    let module = new.steps().iter().chain(below).cloned().collect();
    AbsResource { module, resource: instance.resource.clone() }.instance(instance.key.clone())
}
