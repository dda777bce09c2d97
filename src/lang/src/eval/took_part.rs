//! Which values took part in what failed, in words, without secrets.

use std::collections::BTreeMap;

use landfall_diag::TookPart;
use landfall_value::{Kind, Type, Value};

use super::Evaluator;
use super::access::{constant_steps, follow, own_steps, step_text};
use crate::expr::{AccessKind, AccessStep, NameTarget, Node, NodeKind};

/// Longer texts are cut.
const MAX_TEXT: usize = 120;

impl Evaluator<'_> {
    /// Returns the references in a node with what they are.
    pub(super) fn took_part(&self, node: &Node) -> Vec<TookPart> {
        let mut found = BTreeMap::new();
        self.collect(node, &mut found);
        found.into_iter().map(|(traversal, statement)| TookPart { traversal, statement }).collect()
    }

    fn collect(&self, node: &Node, found: &mut BTreeMap<String, String>) {
        match &node.kind {
            NodeKind::Invalid | NodeKind::Literal(_) | NodeKind::SplatItem(_) => {}
            NodeKind::Name(_) => self.add(node, &[], found),
            NodeKind::Access(base, steps) => {
                self.add(base, steps, found);
                for step in steps {
                    if let AccessKind::Computed(key) = &step.kind {
                        self.collect(key, found);
                    }
                }
            }
            NodeKind::Template(parts) | NodeKind::Tuple(parts) => {
                parts.iter().for_each(|part| self.collect(part, found));
            }
            NodeKind::Wrapped(inner)
            | NodeKind::Parenthesized(inner)
            | NodeKind::Join(inner)
            | NodeKind::Unary(_, inner) => self.collect(inner, found),
            NodeKind::Splat(splat) => {
                self.collect(&splat.source, found);
                self.collect(&splat.each, found);
            }
            NodeKind::Object(items) => {
                for item in items {
                    if item.key.as_keyword().is_none() {
                        self.collect(&item.key, found);
                    }
                    self.collect(&item.value, found);
                }
            }
            NodeKind::For(parts) => {
                let inner = [Some(&parts.collection), parts.key.as_ref(), Some(&parts.value), parts.condition.as_ref()];
                inner.into_iter().flatten().for_each(|part| self.collect(part, found));
            }
            NodeKind::Call(call) => call.arguments.iter().for_each(|argument| self.collect(argument, found)),
            NodeKind::Conditional(parts) => parts.iter().for_each(|part| self.collect(part, found)),
            NodeKind::Binary(first, rest) => {
                self.collect(first, found);
                rest.iter().for_each(|(_, operand)| self.collect(operand, found));
            }
        }
    }

    /// Adds the longest part of a traversal that has a value.
    fn add(&self, base: &Node, steps: &[AccessStep], found: &mut BTreeMap<String, String>) {
        let NodeKind::Name(name) = &base.kind else { return self.collect(base, found) };
        // A name of a `for` inside the node has no value here.
        if matches!(name.target, NameTarget::Local(slot) if slot as usize >= self.locals.len())
            || name.target == NameTarget::Nothing
        {
            return;
        }
        let steps = constant_steps(steps);
        let own = own_steps(base);
        let (value, taken) = follow(self.name(name), &steps[own.min(steps.len())..]);
        let text: String = steps[..own.min(steps.len()) + taken].iter().map(step_text).collect();
        found.insert(format!("{}{text}", name.text), statement(&value));
    }
}

/// Returns what a value is: `is "a"`, `is a list of string`, `will be known only after apply`.
fn statement(value: &Value) -> String {
    if !value.marks().is_empty() {
        let mark = if value.is_sensitive() { "a sensitive" } else { "an ephemeral" };
        return format!("has {mark} value");
    }
    match value.kind() {
        Kind::Unknown(Type::Dynamic, _) => "will be known only after apply".to_owned(),
        Kind::Unknown(r#type, _) => format!("is a {}, known only after apply", r#type.friendly_name()),
        _ => format!("is {}", describe(value)),
    }
}

fn describe(value: &Value) -> String {
    let counted = |count: usize, what: &str| {
        let plural = if count == 1 { "" } else { "s" };
        if count == 0 { format!("no {what}s") } else { format!("{count} {what}{plural}") }
    };
    match value.kind() {
        Kind::Null(_) => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::String(text) if text.len() > MAX_TEXT => {
            let cut: String = text.chars().take(MAX_TEXT).collect();
            format!("{cut:?}...")
        }
        Kind::String(text) => format!("{text:?}"),
        Kind::List(_, elements) | Kind::Set(_, elements) => {
            format!("{} with {}", value.r#type().friendly_name(), counted(elements.len(), "element"))
        }
        Kind::Map(_, elements) => {
            format!("{} with {}", value.r#type().friendly_name(), counted(elements.len(), "element"))
        }
        Kind::Tuple(elements) => format!("tuple with {}", counted(elements.len(), "element")),
        Kind::Object(attributes) => match (attributes.len(), attributes.keys().next()) {
            (1, Some(name)) => format!("object with 1 attribute {name:?}"),
            (count, _) => format!("object with {}", counted(count, "attribute")),
        },
        Kind::Unknown(r#type, _) => r#type.friendly_name(),
    }
}
