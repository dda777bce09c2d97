//! Finds what names mean: once per expression, so that evaluation looks nothing up by name.

use std::sync::Arc;

use super::{AccessKind, AccessStep, Compiled, For, NameTarget, Node, NodeKind, refer};
use crate::stack::with_room;

/// Resolves the names of a tree. `outer` are names given from outside; with `free`, all root names are.
pub(super) fn resolve(mut root: Node, outer: &[Arc<str>], free: bool) -> Compiled {
    let compiled = Compiled { outer: outer.to_vec(), ..Compiled::default() };
    let mut resolver = Resolver { compiled, free, locals: Vec::new() };
    resolver.node(&mut root);
    resolver.compiled.root = Some(root);
    resolver.compiled
}

struct Resolver {
    compiled: Compiled,
    free: bool,
    /// Names that stand for slots; without a name, the element that a splat is at.
    locals: Vec<Option<Arc<str>>>,
}

impl Resolver {
    fn node(&mut self, node: &mut Node) {
        with_room(|| self.node_kind(node));
    }

    fn node_kind(&mut self, node: &mut Node) {
        let span = node.span;
        match &mut node.kind {
            NodeKind::Invalid | NodeKind::Literal(_) => {}
            NodeKind::Template(parts) | NodeKind::Tuple(parts) => parts.iter_mut().for_each(|part| self.node(part)),
            NodeKind::Wrapped(inner)
            | NodeKind::Parenthesized(inner)
            | NodeKind::Join(inner)
            | NodeKind::Unary(_, inner) => self.node(inner),
            NodeKind::Name(name) => name.target = self.name(&name.text, span, &[]),
            NodeKind::Access(base, steps) => self.access(base, steps),
            NodeKind::Splat(splat) => {
                self.node(&mut splat.source);
                splat.slot = self.locals.len() as u32;
                self.locals.push(None);
                self.node(&mut splat.each);
                self.locals.pop();
            }
            NodeKind::SplatItem(slot) => {
                let innermost = self.locals.iter().rposition(Option::is_none).unwrap_or(0);
                *slot = innermost as u32;
            }
            NodeKind::Object(items) => {
                for item in items {
                    // A bare word as a key stands for itself.
                    if item.key.as_keyword().is_none() {
                        self.node(&mut item.key);
                    }
                    self.node(&mut item.value);
                }
            }
            NodeKind::For(parts) => self.for_expression(parts),
            NodeKind::Call(call) => call.arguments.iter_mut().for_each(|argument| self.node(argument)),
            NodeKind::Conditional(parts) => parts.iter_mut().for_each(|part| self.node(part)),
            NodeKind::Binary(first, rest) => {
                self.node(first);
                rest.iter_mut().for_each(|(_, operand)| self.node(operand));
            }
        }
    }

    fn for_expression(&mut self, parts: &mut For) {
        self.node(&mut parts.collection);
        parts.slot = self.locals.len() as u32;
        // The key's slot comes first and is there even when it has no name; no name is equal to the empty one.
        self.locals.push(Some(parts.key_name.clone().unwrap_or_default()));
        self.locals.push(Some(parts.value_name.clone()));
        let inner = [parts.key.as_mut(), Some(&mut parts.value), parts.condition.as_mut()];
        inner.into_iter().flatten().for_each(|node| self.node(node));
        self.locals.truncate(parts.slot as usize);
    }

    fn access(&mut self, base: &mut Node, steps: &mut [AccessStep]) {
        let base_span = base.span;
        if let NodeKind::Name(name) = &mut base.kind {
            name.target = self.name(&name.text, base_span, steps);
        } else {
            self.node(base);
        }
        for step in steps {
            if let AccessKind::Computed(key) = &mut step.kind {
                self.node(key);
            }
        }
    }

    fn name(&mut self, text: &Arc<str>, root: landfall_diag::Span, steps: &[AccessStep]) -> NameTarget {
        if let Some(slot) = self.locals.iter().rposition(|local| local.as_ref() == Some(text)) {
            return NameTarget::Local(slot as u32);
        }
        if let Some(index) = self.compiled.outer.iter().rposition(|outer| outer == text) {
            return NameTarget::Outer(index as u32);
        }
        if self.free {
            self.compiled.outer.push(text.clone());
            return NameTarget::Outer(self.compiled.outer.len() as u32 - 1);
        }
        match refer::reference(text, root, steps) {
            Ok((reference, steps)) => {
                let index = self.compiled.references.len() as u32;
                self.compiled.references.push(reference);
                NameTarget::Reference { index, steps }
            }
            Err(diagnostic) => {
                self.compiled.reference_errors.push(diagnostic);
                self.compiled.nameless.push((text.clone(), root));
                self.compiled.reference_errors.extend(refer::without_name(text, steps));
                NameTarget::Nothing
            }
        }
    }
}
