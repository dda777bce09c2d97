//! `moved` blocks, and moves that go without saying when `count` comes or goes.

use std::collections::BTreeMap;

use landfall_addr::{InstanceKey, Mode, ModulePath, ResourceInstance, Target};
use landfall_diag::{Diagnostic, Diagnostics, Span};
use landfall_lang::Config;
use landfall_lang::config::Module;
use landfall_state::{Change, State};

use super::statement::{Statement, resource_of};
use crate::graph::ConfigGraph;

/// What moved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moves {
    /// Where each object that moved was before.
    pub(crate) previous: BTreeMap<ResourceInstance, ResourceInstance>,
    /// The moves, in order.
    pub(crate) changes: Vec<Change>,
}

/// Moves the objects of a state to where the configuration wants them.
pub(crate) fn move_objects(
    config: &Config,
    graph: &ConfigGraph<'_>,
    state: &mut State,
    diagnostics: &mut Diagnostics,
) -> Moves {
    let mut statements = statements(&config.root);
    check(graph, &statements, diagnostics);
    if diagnostics.has_errors() {
        return Moves::default();
    }
    match in_order(&statements) {
        Some(ordered) => statements = ordered,
        None => {
            diagnostics.push(circular());
            return Moves::default();
        }
    }
    let mut moves = Moves::default();
    for statement in &statements {
        make(statement, state, &mut moves, diagnostics);
    }
    for statement in implied(graph, state) {
        make(&statement, state, &mut moves, diagnostics);
    }
    moves
}

fn statements(root: &Module) -> Vec<Statement> {
    let mut out = Vec::new();
    let mut open = vec![root];
    while let Some(module) = open.pop() {
        out.extend(module.moved.iter().map(|block| Statement {
            module: module.path.clone(),
            from: block.from.clone(),
            to: block.to.clone(),
            span: Some(block.span),
        }));
        open.extend(module.children.values().rev());
    }
    out
}

/// Sorts statements so that each comes after those that lead to what it moves; `None` if they lead in a circle.
fn in_order(statements: &[Statement]) -> Option<Vec<Statement>> {
    let mut left: Vec<&Statement> = statements.iter().collect();
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free =
            (0..left.len()).find(|i| left.iter().enumerate().all(|(j, other)| *i == j || !other.leads_to(left[*i])));
        ordered.push(left.remove(free?).clone());
    }
    Some(ordered)
}

fn make(statement: &Statement, state: &mut State, moves: &mut Moves, diagnostics: &mut Diagnostics) {
    let affected: Vec<(ResourceInstance, ResourceInstance)> = state
        .resources()
        .iter()
        .filter(|(address, _)| address.resource.mode == Mode::Managed)
        .flat_map(|(address, resource)| resource.instances.keys().map(|key| address.instance(key.clone())))
        .filter_map(|from| statement.apply(&from).map(|to| (from, to)))
        .filter(|(from, to)| from != to)
        .collect();
    for (from, to) in affected {
        if state.instance(&to).is_some() {
            if statement.span.is_some() {
                diagnostics.push(blocked(&from, &to, statement.span));
            }
            continue;
        }
        state.rename(&from, &to);
        moves.changes.push(Change::Move { from: from.clone(), to: to.clone() });
        let origin = moves.previous.remove(&from).unwrap_or(from);
        if origin != to {
            moves.previous.insert(to, origin);
        }
    }
}

/// Returns the moves that go without saying: `a` to `a[0]` where `count` came, `a[0]` to `a` where it went.
fn implied(graph: &ConfigGraph<'_>, state: &State) -> Vec<Statement> {
    let mut out = Vec::new();
    for (address, resource) in state.resources() {
        let single = resource.instances.contains_key(&InstanceKey::None);
        let first = resource.instances.contains_key(&InstanceKey::Index(0));
        if address.resource.mode != Mode::Managed || single == first {
            continue;
        }
        let module = graph.module_at(&address.module.path());
        let Some(block) = module.and_then(|module| graph.module(module).config.resources.get(&address.resource)) else {
            continue;
        };
        let zero = InstanceKey::Index(0);
        let (from, to) = match (block.count.is_some(), block.for_each.is_some()) {
            (true, _) if single => (InstanceKey::None, zero),
            (false, false) if first => (zero, InstanceKey::None),
            _ => continue,
        };
        out.push(Statement {
            module: ModulePath::root(),
            from: Target::Instance(address.instance(from)),
            to: Target::Instance(address.instance(to)),
            span: None,
        });
    }
    out
}

/// Finds statements whose source is still declared.
fn check(graph: &ConfigGraph<'_>, statements: &[Statement], diagnostics: &mut Diagnostics) {
    for (i, statement) in statements.iter().enumerate() {
        let Some(span) = statement.span else { continue };
        if statement.from == statement.to {
            diagnostics.push(redundant().at(span));
            continue;
        }
        if statements[..i].iter().any(|other| statement.contradicts(other)) {
            diagnostics.push(ambiguous().at(span));
        }
        if let (Some((from, _)), Some((to, _))) = (resource_of(&statement.from), resource_of(&statement.to))
            && from.resource.r#type != to.resource.r#type
        {
            diagnostics.push(other_type().at(span));
        }
        if let Some(declared) = still_declared(graph, statement) {
            diagnostics.push(
                Diagnostic::error(
                    "Moved object still exists",
                    "This statement says that something moved away from an address, but the configuration still \
                     declares it there. Rename or remove that declaration, or remove the `moved` block.",
                )
                .at(span)
                .within(declared),
            );
        }
    }
}

fn still_declared(graph: &ConfigGraph<'_>, statement: &Statement) -> Option<Span> {
    let base = graph.module_at(&statement.module)?;
    let descend = |steps: &[landfall_addr::ModuleStep]| {
        steps.iter().try_fold(base, |module, step| graph.module(module).calls.get(&*step.name).map(|(_, child)| *child))
    };
    let repeats = |key: &InstanceKey, count: bool, for_each: bool| match key {
        InstanceKey::None => !count && !for_each,
        // Whether an index or key is in range is known only once the block is expanded.
        InstanceKey::Index(_) | InstanceKey::Name(_) => false,
    };
    match &statement.from {
        Target::Module(from) => {
            let (last, outer) = from.steps().split_last()?;
            let call = graph.module(descend(outer)?).config.calls.get(&last.name)?;
            let whole = matches!(&statement.to, Target::Module(to) if to.steps().last().is_some_and(|step| step.key == InstanceKey::None));
            let declared = if whole && last.key == InstanceKey::None {
                true
            } else {
                repeats(&last.key, call.count.is_some(), call.for_each.is_some())
            };
            declared.then_some(call.span)
        }
        Target::Resource(_) | Target::Instance(_) => {
            let (resource, from_key) = resource_of(&statement.from)?;
            let block = graph.module(descend(resource.module.steps())?).config.resources.get(&resource.resource)?;
            let to_key = resource_of(&statement.to).and_then(|(_, key)| key.cloned());
            let declared = match (from_key, to_key) {
                (None, None) => true,
                (key, _) => repeats(&key.cloned().unwrap_or_default(), block.count.is_some(), block.for_each.is_some()),
            };
            declared.then_some(block.span)
        }
    }
}

fn blocked(from: &ResourceInstance, to: &ResourceInstance, span: Option<Span>) -> Diagnostic {
    let finding = Diagnostic::warning(
        "Unresolved resource instance address changes",
        format!(
            "`{from}` should move to `{to}`, but there is an object at that address already. It stays where it is and \
             will be destroyed if the configuration does not declare it."
        ),
    );
    match span {
        Some(span) => finding.at(span),
        None => finding,
    }
}

fn redundant() -> Diagnostic {
    Diagnostic::error(
        "Redundant move statement",
        "This `moved` block has the same source and destination. Take it out: it moves nothing.",
    )
}

fn ambiguous() -> Diagnostic {
    Diagnostic::error(
        "Ambiguous move statements",
        "Another `moved` block has the same source or the same destination. An object can only move to one address, and \
         only one object can be at an address.",
    )
}

fn other_type() -> Diagnostic {
    Diagnostic::error(
        "Unsupported `moved` across resource types",
        "An object cannot become one of another resource type. Take out the `moved` block, and `import` the object at the \
         new address or let it be created anew.",
    )
}

fn circular() -> Diagnostic {
    Diagnostic::error(
        "Cyclic dependency in move statements",
        "These `moved` blocks lead from one another in a circle, so that there is no final address.",
    )
}
