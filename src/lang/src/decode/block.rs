//! Nested blocks: one by one, then as the value that their nesting makes of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_diag::Diagnostic;
use landfall_value::schema::{self, NestedBlock, Nesting};
use landfall_value::{Type, Value};

use super::{Decoder, produced_type};
use crate::config::load::located;
use crate::{Block, Body};

/// One nested block, evaluated.
pub(super) struct Instance {
    pub(super) labels: Vec<Value>,
    pub(super) value: Value,
}

/// The nested blocks of one type; `None` where a `dynamic` block does not know yet what it makes.
pub(super) type Instances = Option<Vec<Instance>>;

impl Decoder<'_> {
    /// Evaluates a body to an object of its schema's type.
    pub(super) fn body(&mut self, body: &Body, schema: &schema::Block) -> Value {
        let mut object: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        for (name, attribute) in &schema.attributes {
            let value = self.attribute(body, name, attribute);
            object.insert(name.clone(), value);
        }
        for (name, nested) in &schema.blocks {
            let value = self.nested(body, name, nested);
            object.insert(name.clone(), value);
        }
        Value::object(object)
    }

    /// Evaluates all blocks of one type.
    pub(super) fn nested(&mut self, body: &Body, name: &str, schema: &NestedBlock) -> Value {
        let blocks: Vec<&Block> = body.blocks.iter().filter(|block| produced_type(block) == name).collect();
        let mut instances: Instances = Some(Vec::new());
        for block in &blocks {
            let more = if &*block.r#type == name {
                let labels = block.labels.iter().map(|label| Value::from(label.clone())).collect();
                Some(vec![Instance { labels, value: self.body(&block.body, &schema.block) }])
            } else {
                self.dynamic(block, &schema.block)
            };
            instances = instances.zip(more).map(|(mut all, more)| {
                all.extend(more);
                all
            });
        }
        let element = schema.block.value_type();
        let Some(instances) = instances else { return Value::unknown(schema.nesting.of(element)) };
        // Blocks that are all written out are counted by validation.
        if blocks.iter().any(|block| &*block.r#type != name)
            && let Some(problem) = number_problem(name, schema, instances.len() as u64)
        {
            self.diagnostics.push(located(problem, blocks.first().map(|block| block.header_span)));
        }
        collect(instances, schema.nesting, element)
    }
}

/// Returns what is wrong with a number of nested blocks.
pub(crate) fn number_problem(name: &str, schema: &NestedBlock, number: u64) -> Option<Diagnostic> {
    let max = if schema.nesting == Nesting::Single { 1 } else { schema.max_items };
    if number < schema.min_items {
        let detail = format!("At least {} \"{name}\" blocks are required.", schema.min_items);
        return Some(Diagnostic::error(format!("Insufficient {name} blocks"), detail));
    }
    if max == 0 || number <= max {
        return None;
    }
    if schema.nesting == Nesting::Single {
        let detail = format!("Only one block of type \"{name}\" is allowed.");
        return Some(Diagnostic::error(format!("Duplicate {name} block"), detail));
    }
    let detail = format!("No more than {max} \"{name}\" blocks are allowed.");
    Some(Diagnostic::error(format!("Too many {name} blocks"), detail))
}

fn collect(instances: Vec<Instance>, nesting: Nesting, element: Type) -> Value {
    let values = |instances: Vec<Instance>| instances.into_iter().map(|instance| instance.value).collect::<Vec<_>>();
    match nesting {
        Nesting::Single => values(instances).into_iter().next().unwrap_or_else(|| Value::null(element)),
        Nesting::List => Value::list(element, values(instances)),
        Nesting::Set => Value::set(element, values(instances)),
        Nesting::Map => {
            let entry = |instance: Instance| Some((instance.labels.first()?.as_str()?.into(), instance.value));
            Value::map(element, instances.into_iter().filter_map(entry).collect())
        }
    }
}
