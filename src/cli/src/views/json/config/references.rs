//! What an expression refers to, by name.

use std::collections::BTreeMap;
use std::fmt::Write;

use landfall_addr::{InstanceKey, Mode};
use landfall_lang::expr::{AccessKind, AccessStep, Node, NodeKind};
use landfall_lang::{Expr, Reference, Referent};

/// Returns the names of all that an expression refers to: of each reference the whole traversal first, then what it goes
/// through, down to the object.
pub(super) fn references(expr: &Expr) -> Vec<String> {
    if expr.references().is_empty() {
        return Vec::new();
    }
    let mut steps = BTreeMap::new();
    collect_steps(expr.tree(), &mut steps);
    let mut names = Vec::new();
    for reference in expr.references() {
        let steps = steps.get(&reference.span.start).copied().unwrap_or_default();
        names_of(reference, steps, &mut names);
    }
    names
}

/// Returns the text of what a reference names, without the attributes after it.
pub(super) fn subject(reference: &Reference) -> String {
    let mut text = object(reference);
    if let Some(key) = &reference.key {
        text.push_str(&key.to_string());
    }
    text
}

fn object(reference: &Reference) -> String {
    match &reference.referent {
        Referent::Variable(name) => format!("var.{name}"),
        Referent::Local(name) => format!("local.{name}"),
        Referent::Resource(resource) => resource.to_string(),
        Referent::Module(name) => format!("module.{name}"),
        Referent::Output(name) => format!("output.{name}"),
        Referent::CountIndex => "count.index".to_owned(),
        Referent::EachKey => "each.key".to_owned(),
        Referent::EachValue => "each.value".to_owned(),
        Referent::SelfObject => "self".to_owned(),
        Referent::PathModule => "path.module".to_owned(),
        Referent::PathRoot => "path.root".to_owned(),
        Referent::PathCwd => "path.cwd".to_owned(),
        Referent::Workspace => "terraform.workspace".to_owned(),
        Referent::Applying => "terraform.applying".to_owned(),
    }
}

fn names_of(reference: &Reference, steps: &[AccessStep], names: &mut Vec<String>) {
    let constant = steps.iter().take_while(|step| !matches!(step.kind, AccessKind::Computed(_)));
    let mut rest: Vec<String> = constant.skip(steps_of_subject(reference)).map(|step| step_text(&step.kind)).collect();
    let mut subject = subject(reference);
    let outer = object(reference);
    let is_module = matches!(reference.referent, Referent::Module(_));
    // The output of a module is named together with the module.
    let of_module = is_module && !rest.is_empty();
    let instance = subject.clone();
    if of_module {
        subject.push_str(&rest.remove(0));
    }
    while !rest.is_empty() {
        names.push(format!("{subject}{}", rest.concat()));
        rest.pop();
    }
    names.push(subject);
    if of_module {
        names.push(instance);
    } else if reference.key.is_some() {
        names.push(outer);
    }
}

/// Returns how many steps after the root name belong to what is named.
fn steps_of_subject(reference: &Reference) -> usize {
    let names = match &reference.referent {
        Referent::SelfObject => 0,
        Referent::Resource(resource) => match resource.mode {
            Mode::Managed => 1,
            Mode::Data | Mode::Ephemeral => 2,
        },
        _ => 1,
    };
    names + usize::from(reference.key.as_ref().is_some_and(|key| *key != InstanceKey::None))
}

fn step_text(step: &AccessKind) -> String {
    let mut text = String::new();
    let written = match step {
        AccessKind::Attribute(name) => write!(text, ".{name}"),
        AccessKind::Constant(key) => match (key.as_str(), key.as_number()) {
            (Some(name), _) => write!(text, "{}", InstanceKey::name(name)),
            (None, Some(index)) => write!(text, "[{index}]"),
            (None, None) => Ok(()),
        },
        AccessKind::Computed(_) => Ok(()),
    };
    written.expect("a string takes everything");
    text
}

/// Collects the steps after each root name by where the name begins.
fn collect_steps<'a>(node: &'a Node, steps: &mut BTreeMap<u32, &'a [AccessStep]>) {
    if let NodeKind::Access(root, after) = &node.kind
        && matches!(root.kind, NodeKind::Name(_))
    {
        steps.insert(root.span.start, after);
    }
    for part in parts(node) {
        collect_steps(part, steps);
    }
}

/// Returns whether any function is called.
pub(super) fn calls_functions(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Call(_)) || parts(node).into_iter().any(calls_functions)
}

fn parts(node: &Node) -> Vec<&Node> {
    match &node.kind {
        NodeKind::Invalid | NodeKind::Literal(_) | NodeKind::Name(_) | NodeKind::SplatItem(_) => Vec::new(),
        NodeKind::Template(parts) | NodeKind::Tuple(parts) => parts.iter().collect(),
        NodeKind::Wrapped(inner)
        | NodeKind::Parenthesized(inner)
        | NodeKind::Join(inner)
        | NodeKind::Unary(_, inner) => vec![inner],
        NodeKind::Access(base, steps) => {
            let computed = steps.iter().filter_map(|step| match &step.kind {
                AccessKind::Computed(key) => Some(key),
                AccessKind::Attribute(_) | AccessKind::Constant(_) => None,
            });
            std::iter::once(&**base).chain(computed).collect()
        }
        NodeKind::Splat(splat) => vec![&splat.source, &splat.each],
        NodeKind::Object(items) => items.iter().flat_map(|item| [&item.key, &item.value]).collect(),
        NodeKind::For(parts) => {
            let optional = parts.key.iter().chain(&parts.condition);
            [&parts.collection, &parts.value].into_iter().chain(optional).collect()
        }
        NodeKind::Call(call) => call.arguments.iter().collect(),
        NodeKind::Conditional(parts) => parts.iter().collect(),
        NodeKind::Binary(first, rest) => std::iter::once(&**first).chain(rest.iter().map(|(_, node)| node)).collect(),
    }
}
