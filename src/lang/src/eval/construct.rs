//! Templates, tuples and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::{Kind, Marks, Refinement, Type, Value, convert};
use unicode_segmentation::UnicodeSegmentation;

use super::{Evaluator, dynamic};
use crate::expr::{AccessKind, Node, NodeKind, ObjectItem};

const INVALID_PART: &str = "Invalid template interpolation value";
/// A longer prefix says little more.
const MAX_PREFIX: usize = 128;

impl Evaluator<'_> {
    #[inline(never)]
    pub(super) fn template(&mut self, node: &Node, parts: &[Node]) -> Value {
        let failures = self.failures.len();
        let mut text = String::new();
        let mut marks = Marks::NONE;
        let mut known = true;
        for part in parts {
            let value = self.node(part);
            marks |= value.marks();
            match value.kind() {
                Kind::Unknown(..) => known = false,
                Kind::String(more) if known => text.push_str(more),
                Kind::Null(_) => {
                    let detail = "The expression result is null. Cannot include a null value in a string template.";
                    self.fail(part, INVALID_PART, detail, part.span, Some(node.span));
                }
                _ => match convert(&value, &Type::String) {
                    Ok(more) if known => text.push_str(more.as_str().unwrap_or_default()),
                    Ok(_) => {}
                    Err(failure) => {
                        let detail = format!("Cannot include the given value in a string template: {failure}.");
                        self.fail(part, INVALID_PART, &detail, part.span, Some(node.span));
                    }
                },
            }
        }
        if known {
            return Value::string(text).with_marks(marks);
        }
        let prefix = if self.failures.len() > failures { None } else { certain_prefix(&text) };
        Value::refined(Type::String, Refinement { prefix, ..Refinement::NOT_NULL }).with_marks(marks)
    }

    #[inline(never)]
    pub(super) fn tuple(&mut self, elements: &[Node]) -> Value {
        Value::tuple(elements.iter().map(|element| self.node(element)).collect())
    }

    #[inline(never)]
    pub(super) fn object(&mut self, items: &[ObjectItem]) -> Value {
        let mut attributes = BTreeMap::new();
        let mut marks = Marks::NONE;
        let mut known = true;
        for item in items {
            let key = self.object_key(item, &mut marks);
            let value = self.node(&item.value);
            match key {
                Some(key) => {
                    attributes.insert(key, value);
                }
                None => known = false,
            }
        }
        if known { Value::object(attributes).with_marks(marks) } else { dynamic() }
    }

    /// Returns the key; `None` if it failed or is not known.
    fn object_key(&mut self, item: &ObjectItem, marks: &mut Marks) -> Option<Arc<str>> {
        let node = &item.key;
        if let Some(word) = node.as_keyword() {
            return Some(word.into());
        }
        if let Some(text) = node.as_constant_string() {
            return Some(text.clone());
        }
        if is_dotted_name(node) {
            let detail = "If this is meant to be a reference, wrap it in parentheses. If it is meant to be a literal \
                          name with dots in it, wrap it in quotes.";
            self.fail(node, "Ambiguous attribute key", detail, node.span, None);
            return None;
        }
        let failures = self.failures.len();
        let key = self.node(node);
        if self.failures.len() > failures {
            return None;
        }
        if key.is_null() {
            let detail = "Can't use a null value as a key.";
            self.fail(node, "Null value as key", detail, item.value.span, Some(node.span));
            return None;
        }
        *marks |= key.marks();
        match convert(&key, &Type::String) {
            Ok(key) => match key.kind() {
                Kind::String(text) => Some(text.clone()),
                _ => None,
            },
            Err(failure) => {
                let detail = format!("Can't use this value as a key: {failure}.");
                self.fail(node, "Incorrect key type", &detail, node.span, None);
                None
            }
        }
    }
}

/// Returns whether a key is written `a.b`, which may be meant as a reference or as a name.
fn is_dotted_name(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Access(base, steps) => {
            matches!(base.kind, NodeKind::Name(_))
                && steps.iter().all(|step| !matches!(step.kind, AccessKind::Computed(_)))
        }
        _ => false,
    }
}

/// Returns what a string is certain to begin with, if it begins with `text`: all but the last grapheme cluster, which
/// what follows may change.
fn certain_prefix(text: &str) -> Option<Arc<str>> {
    let mut end = text.len().min(MAX_PREFIX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let (last, cluster) = text.grapheme_indices(true).next_back()?;
    // Plain ASCII cannot merge with what follows, except that a carriage return may.
    let safe = cluster.len() == 1 && cluster != "\r" && !cluster.starts_with(|c: char| c.is_alphanumeric());
    let certain = if safe { text } else { &text[..last] };
    (!certain.is_empty()).then(|| certain.into())
}
