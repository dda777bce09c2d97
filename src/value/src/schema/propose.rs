//! What the engine proposes: the configuration over the object as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Kind, Marks, Value};

use super::meaning::is_zero;
use super::sensitive::{Part, map_object};
use super::{Attribute, AttributeType, Block, NestedBlock, Nesting, empty, same_meaning};

/// Returns the configuration with computed attributes that are not configured, and what means the same as
/// configured, taken from the prior object. Elements of lists pair by index, of maps by key, of sets by what is
/// configured; computed attributes of elements that are new become unknown. `prior` is null for a new object, whose
/// own computed attributes stay null: [`planned_unknowns`] makes them unknown.
pub fn propose(block: &Block, prior: &Value, config: &Value) -> Value {
    let Kind::Object(configured) = config.kind() else {
        return if config.is_null() { prior.clone() } else { config.clone() };
    };
    let mut object = BTreeMap::new();
    for (name, attribute) in &block.attributes {
        let config = configured.get(name).cloned().unwrap_or_else(|| Value::null(attribute.r#type.value_type()));
        object.insert(name.clone(), propose_attribute(attribute, prior.get(name), &config));
    }
    for (name, nested) in &block.blocks {
        let config = configured.get(name).cloned().unwrap_or_else(|| nested.empty());
        object.insert(name.clone(), propose_block(nested, prior.get(name), &config));
    }
    Value::object(object).with_marks(config.marks())
}

/// Returns a proposed new object in which computed attributes and blocks without value are unknown.
#[must_use]
pub fn planned_unknowns(block: &Block, proposed: &Value) -> Value {
    map_object(block, proposed, &|part, value| match part {
        Part::Attribute(attribute) if attribute.computed && !attribute.write_only && value.is_null() => {
            Value::unknown(attribute.r#type.value_type())
        }
        Part::Block(nested) if nested.computed && (value.is_null() || value.is_empty()) => {
            Value::unknown(nested.nesting.of(nested.block.value_type()))
        }
        Part::Attribute(_) | Part::Block(_) => value.clone(),
    })
}

fn propose_attribute(attribute: &Attribute, prior: Option<&Value>, config: &Value) -> Value {
    let wanted = match &attribute.default {
        Some(default) if config.is_null() => default.clone().with_marks(config.marks()),
        _ => config.clone(),
    };
    let Some(prior) = prior else { return wanted };
    if attribute.write_only {
        return wanted;
    }
    if wanted.is_null() && (attribute.computed || attribute.zero_is_null && is_zero(prior)) {
        return prior.clone();
    }
    if !wanted.is_null() && wanted.is_known() && same_meaning(attribute, prior, &wanted) {
        return keep(prior, &wanted);
    }
    match &attribute.r#type {
        AttributeType::Nested(nesting, block) if !wanted.is_null() => propose_nested(*nesting, block, prior, &wanted),
        AttributeType::Nested(..) | AttributeType::Plain(_) => wanted,
    }
}

/// Returns the prior value with the marks of the configured one.
fn keep(prior: &Value, config: &Value) -> Value {
    if config.marks_deep() == Marks::NONE || prior.unmarked_deep() != config.unmarked_deep() {
        prior.clone().with_marks(config.marks_deep())
    } else {
        config.clone()
    }
}

fn propose_block(nested: &NestedBlock, prior: Option<&Value>, config: &Value) -> Value {
    let none = config.is_null() || config.is_empty();
    match prior {
        Some(prior) if nested.computed && none => prior.clone(),
        Some(prior) => propose_nested(nested.nesting, &nested.block, prior, config),
        None => propose_nested(nested.nesting, &nested.block, &nested.empty(), config),
    }
}

fn propose_nested(nesting: Nesting, block: &Block, prior: &Value, config: &Value) -> Value {
    let none = Value::null(block.value_type());
    let made = match (nesting, config.kind()) {
        (_, Kind::Null(_) | Kind::Unknown(..)) => return config.clone(),
        (Nesting::Single, _) => return propose_element(block, prior, config),
        (_, Kind::List(element, items)) => {
            let before = prior.as_slice().unwrap_or_default();
            let items = items.iter().enumerate();
            let items = items.map(|(i, item)| propose_element(block, before.get(i).unwrap_or(&none), item));
            Value::list(element.clone(), items.collect())
        }
        (_, Kind::Map(element, entries)) => {
            let entries: BTreeMap<Arc<str>, Value> = entries
                .iter()
                .map(|(key, entry)| (key.clone(), propose_element(block, prior.get(key).unwrap_or(&none), entry)))
                .collect();
            Value::map(element.clone(), entries)
        }
        (_, Kind::Set(element, items)) => {
            let mut before: Vec<&Value> = prior.as_slice().unwrap_or_default().iter().collect();
            let items = items.iter().map(|item| {
                let pair = before.iter().position(|prior| is_configured_as(block, prior, item));
                propose_element(block, pair.map_or(&none, |index| before.swap_remove(index)), item)
            });
            Value::set(element.clone(), items.collect())
        }
        _ => return config.clone(),
    };
    made.with_marks(config.marks())
}

fn propose_element(block: &Block, prior: &Value, config: &Value) -> Value {
    let proposed = propose(block, prior, config);
    if prior.is_null() { planned_unknowns(block, &proposed) } else { proposed }
}

/// Returns whether a prior element may come from a configured one: what is configured means the same, and the rest is
/// computed or absent.
fn is_configured_as(block: &Block, prior: &Value, config: &Value) -> bool {
    let proposed = propose(block, prior, config);
    super::equal_with_schema(block, &proposed, prior)
}

impl Block {
    /// Returns the value of this block in which nothing is written.
    pub fn empty_value(&self) -> Value {
        empty(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Type;
    use crate::schema::Equivalence;

    fn attribute(change: impl FnOnce(&mut Attribute)) -> Attribute {
        let mut attribute = Attribute::plain(Type::String);
        attribute.optional = true;
        change(&mut attribute);
        attribute
    }

    fn rule_block() -> Block {
        let attributes = [("port".into(), attribute(|_| ())), ("id".into(), attribute(|a| a.computed = true))];
        Block { attributes: attributes.into(), ..Block::default() }
    }

    fn rule(port: &str, id: Option<&str>) -> Value {
        Value::object_of([("port", port.into()), ("id", id.map_or(Value::null(Type::String), Value::from))])
    }

    fn proposes(attribute: Attribute, prior: &Value, config: &Value, expected: &Value) {
        assert_eq!(propose_attribute(&attribute, Some(prior), config), *expected);
    }

    #[test]
    fn computed_attributes_keep_prior_when_not_configured() {
        let null = Value::null(Type::String);
        proposes(attribute(|a| a.computed = true), &"old".into(), &null, &"old".into());
        proposes(attribute(|a| a.computed = true), &"old".into(), &"new".into(), &"new".into());
        proposes(attribute(|_| ()), &"old".into(), &null, &null);
        proposes(attribute(|a| a.default = Some("d".into())), &"old".into(), &null, &"d".into());
    }

    #[test]
    fn what_means_the_same_keeps_prior() {
        let null = Value::null(Type::String);
        proposes(attribute(|a| a.zero_is_null = true), &"".into(), &null, &"".into());
        proposes(attribute(|a| a.zero_is_null = true), &null, &"".into(), &null);
        proposes(attribute(|a| a.zero_is_null = true), &"x".into(), &null, &null);
        let json = || attribute(|a| a.equivalence = Some(Equivalence::Json));
        proposes(json(), &"{\"a\":1}".into(), &"{ \"a\": 1 }".into(), &"{\"a\":1}".into());
        let secret = Value::from("same").with_marks(Marks::SENSITIVE);
        proposes(attribute(|_| ()), &"same".into(), &secret, &secret);
    }

    #[test]
    fn elements_of_sets_pair_by_what_is_configured() {
        let block = rule_block();
        let element = block.value_type();
        let prior = Value::set(element.clone(), vec![rule("1", Some("a")), rule("2", Some("b"))]);
        let config = Value::set(element.clone(), vec![rule("2", None), rule("3", None)]);
        let proposed = propose_nested(Nesting::Set, &block, &prior, &config);
        let new = Value::object_of([("port", "3".into()), ("id", Value::unknown(Type::String))]);
        assert_eq!(proposed, Value::set(element, vec![rule("2", Some("b")), new]));
    }

    #[test]
    fn computed_blocks_keep_prior_when_omitted() {
        let nested = NestedBlock {
            nesting: Nesting::List,
            min_items: 0,
            max_items: 0,
            computed: true,
            replace: false,
            block: rule_block(),
        };
        let prior = Value::list(nested.block.value_type(), vec![rule("1", Some("a"))]);
        assert_eq!(propose_block(&nested, Some(&prior), &nested.empty()), prior);
    }

    #[test]
    fn computed_blocks_of_new_objects_are_unknown() {
        let blocks = |computed| {
            let nested = NestedBlock {
                nesting: Nesting::List,
                min_items: 0,
                max_items: 1,
                computed,
                replace: false,
                block: rule_block(),
            };
            Block { blocks: [("rule".into(), nested)].into(), ..Block::default() }
        };
        let unwritten = Value::object_of([("rule", Value::list(rule_block().value_type(), Vec::new()))]);
        let made = planned_unknowns(&blocks(true), &propose(&blocks(true), &Value::NULL, &unwritten));
        assert_eq!(made, Value::object_of([("rule", Value::unknown(Type::list(rule_block().value_type())))]));
        let made = planned_unknowns(&blocks(false), &propose(&blocks(false), &Value::NULL, &unwritten));
        assert_eq!(made, unwritten);
    }

    #[test]
    fn computed_attributes_of_new_objects_are_unknown() {
        let made = planned_unknowns(&rule_block(), &propose(&rule_block(), &Value::NULL, &rule("1", None)));
        assert_eq!(made, Value::object_of([("port", "1".into()), ("id", Value::unknown(Type::String))]));
    }
}
