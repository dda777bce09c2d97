//! Keeping the form in which a value is known where the service writes the same thing differently.
//!
//! A policy comes back with its keys in another order, nothing comes back as empty text: what is stored keeps the form of
//! what was configured, so that neither a plan nor a report of drift shows a difference that means nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::schema::{Attribute, AttributeType, Block, Nesting, equal_with_schema, same_meaning};
use landfall_value::{Kind, Value};

/// Returns whether anything in a block can be written in more than one form.
pub(super) fn has_forms(block: &Block) -> bool {
    block.any_attribute(&|attribute: &Attribute| {
        attribute.equivalence.is_some() || attribute.zero_is_null || attribute.as_block
    })
}

/// Returns what was observed, with parts that mean the same as in `known` in the form that they have there.
pub(super) fn keep_form(block: &Block, known: &Value, observed: &Value) -> Value {
    let (Some(known), Some(parts)) = (known.as_map(), observed.as_map()) else { return observed.clone() };
    let mut kept: BTreeMap<Arc<str>, Value> = parts.clone();
    for (name, value) in &mut kept {
        let Some(before) = known.get(name).filter(|before| *before != value) else { continue };
        if let Some(attribute) = block.attributes.get(name) {
            *value = keep_attribute(attribute, before, value);
        } else if let Some(nested) = block.blocks.get(name) {
            *value = keep_nested(nested.nesting, &nested.block, before, value);
        }
    }
    Value::object(kept)
}

fn keep_attribute(attribute: &Attribute, known: &Value, observed: &Value) -> Value {
    if same_meaning(attribute, known, observed) {
        return known.clone();
    }
    match &attribute.r#type {
        AttributeType::Nested(nesting, block) => keep_nested(*nesting, block, known, observed),
        AttributeType::Plain(_) => observed.clone(),
    }
}

fn keep_nested(nesting: Nesting, block: &Block, known: &Value, observed: &Value) -> Value {
    if !has_forms(block) {
        return observed.clone();
    }
    match (nesting, known.kind(), observed.kind()) {
        (Nesting::Single, Kind::Object(_), Kind::Object(_)) => keep_form(block, known, observed),
        (Nesting::List, Kind::List(_, before), Kind::List(element, after)) => {
            let kept = after.iter().enumerate().map(|(index, after)| match before.get(index) {
                Some(before) => keep_form(block, before, after),
                None => after.clone(),
            });
            Value::list(element.clone(), kept.collect())
        }
        (Nesting::Set, Kind::Set(_, before), Kind::Set(element, after)) => {
            let same = |after: &Value| before.iter().find(|before| equal_with_schema(block, before, after));
            let kept = after.iter().map(|after| same(after).unwrap_or(after).clone());
            Value::set(element.clone(), kept.collect())
        }
        (Nesting::Map, Kind::Map(_, before), Kind::Map(element, after)) => {
            let kept = after.iter().map(|(key, after)| match before.get(key) {
                Some(before) => (key.clone(), keep_form(block, before, after)),
                None => (key.clone(), after.clone()),
            });
            Value::map(element.clone(), kept.collect())
        }
        _ => observed.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_value::Type;

    fn attribute(zero_is_null: bool, r#type: Type) -> Attribute {
        Attribute { optional: true, zero_is_null, ..Attribute::plain(r#type) }
    }

    fn block() -> Block {
        let mut block = Block::default();
        let mut policy = attribute(false, Type::String);
        policy.equivalence = Some(landfall_value::schema::Equivalence::Json);
        block.attributes.insert("policy".into(), policy);
        block.attributes.insert("note".into(), attribute(true, Type::String));
        block.attributes.insert("name".into(), attribute(false, Type::String));
        block
    }

    fn object(policy: &str, note: Value, name: &str) -> Value {
        Value::object_of([("policy", policy.into()), ("note", note), ("name", Value::from(name))])
    }

    #[test]
    fn what_means_the_same_keeps_its_form_and_the_rest_is_as_observed() {
        let known = object(r#"{"a":1,"b":2}"#, Value::null(Type::String), "x");
        let observed = object(r#"{"b": 2, "a": 1}"#, "".into(), "y");
        let kept = keep_form(&block(), &known, &observed);
        assert_eq!(kept, object(r#"{"a":1,"b":2}"#, Value::null(Type::String), "y"));
    }

    #[test]
    fn a_policy_that_means_something_else_is_as_observed() {
        let known = object(r#"{"a":1}"#, "n".into(), "x");
        let observed = object(r#"{"a":2}"#, "m".into(), "x");
        assert_eq!(keep_form(&block(), &known, &observed), observed);
    }
}
