//! `state mv`: objects get other addresses.

use landfall_addr::{AbsResource, ConfigResource, InstanceKey, ModuleInstance, ResourceInstance, Target};
use landfall_diag::Diagnostic;
use landfall_state::{Change, ObjectState, State};

use super::{instances, open_for_change, steps, target};
use crate::args::StateChangeArgs;
use crate::commands::Outcome;
use crate::exit::Exit;
use crate::project;
use crate::session::Session;

pub(super) fn run(session: &mut Session, args: &StateChangeArgs, from: &str, to: &str) -> Outcome {
    let store = open_for_change(session, &args.state)?;
    let _lock = project::lock(session, &*store, args.lock, "state-mv")?;
    let mut state = project::read_state(&*store)?;
    let (source, goal) = (target(from)?, target(to)?);
    let moves = moves(&state, &source, &goal)?;
    let verb = if args.dry_run { "Would move" } else { "Move" };
    let mut out = format!("{verb} {:?} to {:?}\n", source.to_string(), goal.to_string());
    if !args.dry_run {
        moves.iter().for_each(|(old, new)| state.rename(old, new));
        forget_dependencies(&mut state, &source);
        steps::write(&*store, &mut state)?;
        out.push_str("Successfully moved 1 object(s).\n");
    }
    session.print(&out);
    Ok(Exit::Done)
}

/// Takes out what objects were known to depend on where that has moved: the next refresh finds it out again.
fn forget_dependencies(state: &mut State, source: &Target) {
    let stale = |object: &ObjectState| object.dependencies.iter().any(|dependency| has_moved(source, dependency));
    let changes: Vec<Change> = state
        .objects()
        .filter(|(_, _, object)| stale(object))
        .map(|(id, provider, object)| {
            let mut object = (**object).clone();
            object.dependencies = Default::default();
            Change::Set { id, provider: provider.clone(), object: object.into() }
        })
        .collect();
    changes.into_iter().for_each(|change| state.apply(change));
}

fn has_moved(source: &Target, dependency: &ConfigResource) -> bool {
    match source {
        Target::Module(module) => dependency.module.names().starts_with(module.path().names()),
        Target::Resource(resource) => resource.config() == *dependency,
        Target::Instance(instance) => instance.config() == *dependency,
    }
}

fn moves(
    state: &State,
    source: &Target,
    goal: &Target,
) -> Result<Vec<(ResourceInstance, ResourceInstance)>, Diagnostic> {
    let found: Vec<_> = instances(state).filter(|instance| source.contains(instance)).collect();
    if found.is_empty() {
        let detail = format!("Cannot move {source}: does not match anything in the current state.");
        return Err(Diagnostic::error("Invalid source address", detail));
    }
    check_kinds(source, goal)?;
    let goal = &match goal {
        Target::Resource(resource) if !is_module(source) && !is_whole(source, &found) => {
            Target::Instance(resource.instance(InstanceKey::None))
        }
        goal => goal.clone(),
    };
    check_free(state, goal)?;
    if let Target::Instance(_) = goal
        && is_whole(source, &found)
    {
        let detail = format!(
            "Cannot move {source} to {goal}: the source is a whole resource (not a resource instance) so the target must \
             also be a whole resource."
        );
        return Err(Diagnostic::error("Invalid target address", detail));
    }
    let moved = |instance: ResourceInstance| {
        let new = match (source, goal) {
            (Target::Module(old), Target::Module(new)) => in_module(&instance, old, new),
            (_, Target::Resource(new)) => new.instance(instance.key.clone()),
            (_, Target::Instance(new)) => new.clone(),
            (_, Target::Module(_)) => instance.clone(),
        };
        (instance, new)
    };
    Ok(found.clone().into_iter().map(moved).collect())
}

fn is_module(target: &Target) -> bool {
    matches!(target, Target::Module(_))
}

/// Returns whether a source means a resource with all its instances: one without a key means the only instance too.
fn is_whole(source: &Target, found: &[ResourceInstance]) -> bool {
    matches!(source, Target::Resource(_)) && found.iter().any(|instance| instance.key != InstanceKey::None)
}

/// Checks that a module goes to a module, and a resource to one of its type.
fn check_kinds(source: &Target, goal: &Target) -> Result<(), Diagnostic> {
    let invalid = |problem: &str| {
        Err(Diagnostic::error("Invalid target address", format!("Cannot move {source} to {goal}: {problem}.")))
    };
    let resource = |target: &Target| match target {
        Target::Module(_) => None,
        Target::Resource(resource) => Some(resource.resource.clone()),
        Target::Instance(instance) => Some(instance.resource.clone()),
    };
    match (resource(source), resource(goal)) {
        (None, None) => Ok(()),
        (None, Some(_)) => invalid("the target must also be a module"),
        (Some(_), None) => invalid("the source is a resource, so the target must also be a resource"),
        (Some(old), Some(new)) if old.mode != new.mode || old.r#type != new.r#type => {
            let detail = format!("Cannot move {source} to {goal}: resource types don't match.");
            Err(Diagnostic::error("Invalid state move request", detail))
        }
        (Some(_), Some(_)) => Ok(()),
    }
}

fn check_free(state: &State, goal: &Target) -> Result<(), Diagnostic> {
    let what = match goal {
        Target::Module(_) => "module",
        Target::Resource(_) => "resource",
        Target::Instance(_) => "resource instance",
    };
    if !instances(state).any(|instance| goal.contains(&instance)) {
        return Ok(());
    }
    let detail = format!("Cannot move to {goal}: there is already a {what} at that address in the current state.");
    Err(Diagnostic::error("Invalid target address", detail))
}

fn in_module(instance: &ResourceInstance, old: &ModuleInstance, new: &ModuleInstance) -> ResourceInstance {
    let below = instance.module.steps()[old.steps().len()..].iter();
    let module = new.steps().iter().chain(below).cloned().collect();
    AbsResource { module, resource: instance.resource.clone() }.instance(instance.key.clone())
}
