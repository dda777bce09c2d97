//! `dynamic` blocks: one nested block for each element of a collection.

use landfall_diag::Diagnostic;
use landfall_value::{Kind, Type, Value, convert, schema};

use super::Decoder;
use super::block::{Instance, Instances};
use crate::config::load::{located, missing_argument};
use crate::{Attribute, Block};

/// Returns the type of the blocks that a block stands for: its label, if it is `dynamic`.
pub(crate) fn produced_type(block: &Block) -> &str {
    match (&*block.r#type, block.labels.first()) {
        ("dynamic", Some(label)) => label,
        (r#type, _) => r#type,
    }
}

impl Decoder<'_> {
    /// Evaluates the blocks that a `dynamic` block makes.
    pub(super) fn dynamic(&mut self, block: &Block, schema: &schema::Block) -> Instances {
        let Some(for_each) = block.body.attributes.get("for_each") else {
            self.diagnostics.push(missing_argument("for_each", &block.body));
            return Some(Vec::new());
        };
        let Some(content) = block.body.blocks.iter().find(|nested| &*nested.r#type == "content") else {
            let diagnostic = Diagnostic::error(
                "Missing dynamic content block",
                "A dynamic block must have a nested block of type \"content\" to describe the body of each generated \
                 block.",
            );
            self.diagnostics.push(located(diagnostic, block.body.span));
            return Some(Vec::new());
        };
        let elements = self.elements(for_each)?;
        let labels = block.body.attributes.get("labels");
        let mut instances = Vec::with_capacity(elements.len());
        for (key, value) in elements {
            self.iterators.push(Value::object_of([("key", key), ("value", value)]));
            let labels = labels.map_or_else(Vec::new, |attribute| self.labels(attribute));
            let value = self.body(&content.body, schema);
            self.iterators.pop();
            instances.push(Instance { labels, value });
        }
        Some(instances)
    }

    /// Evaluates `for_each` to keys and values; `None` if that is not known yet.
    fn elements(&mut self, attribute: &Attribute) -> Option<Vec<(Value, Value)>> {
        let collection = self.evaluate(&attribute.expr);
        let marks = collection.marks();
        let marked = |value: &Value| value.clone().with_marks(marks);
        let problem = match collection.kind() {
            Kind::Unknown(..) => return None,
            Kind::List(_, elements) | Kind::Tuple(elements) => {
                let entry = |(index, value): (usize, &Value)| (Value::from(index as i64), marked(value));
                return Some(elements.iter().enumerate().map(entry).collect());
            }
            Kind::Set(_, elements) => {
                return Some(elements.iter().map(|value| (marked(value), marked(value))).collect());
            }
            Kind::Map(_, elements) | Kind::Object(elements) => {
                let entry = |(key, value): (&std::sync::Arc<str>, &Value)| (Value::from(key.clone()), marked(value));
                return Some(elements.iter().map(entry).collect());
            }
            Kind::Null(_) => "Cannot use a null value in for_each.".to_owned(),
            Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {
                let name = collection.r#type().friendly_name();
                format!("Cannot use a {name} value in for_each. An iterable collection is required.")
            }
        };
        let diagnostic = Diagnostic::error("Invalid dynamic for_each value", problem);
        self.diagnostics.push(diagnostic.at(attribute.expr.span()));
        Some(Vec::new())
    }

    fn labels(&mut self, attribute: &Attribute) -> Vec<Value> {
        let labels = self.evaluate(&attribute.expr);
        let converted = convert(&labels, &Type::list(Type::String));
        match converted.as_ref().ok().and_then(Value::as_slice) {
            Some(labels) if labels.iter().all(|label| label.as_str().is_some()) => labels.to_vec(),
            _ => {
                let detail = "The labels of a dynamic block must be known strings that are not null.";
                let diagnostic = Diagnostic::error("Invalid dynamic block labels", detail);
                self.diagnostics.push(diagnostic.at(attribute.expr.span()));
                Vec::new()
            }
        }
    }
}
