//! Parts of a value that a schema says are secret, or must not be stored.

use crate::{AttributePath, Kind, Marks, Value};

use super::{Attribute, AttributeType, Block, NestedBlock, Nesting};

/// What a schema says of a part of an object.
pub(super) enum Part<'a> {
    Attribute(&'a Attribute),
    Block(&'a NestedBlock),
}

/// Returns the paths of all sensitive attributes that have a value. Inside a set the path is that of the set.
pub fn sensitive_paths(block: &Block, value: &Value) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    collect(block, value, &AttributePath::root(), &mut paths);
    paths
}

/// Marks the sensitive attributes of a value.
#[must_use]
pub fn mark_sensitive(block: &Block, value: &Value) -> Value {
    if !block.has_sensitive() {
        return value.clone();
    }
    map_object(block, value, &|part, value| match part {
        Part::Attribute(attribute) if attribute.sensitive => value.clone().with_marks(Marks::SENSITIVE),
        Part::Attribute(_) | Part::Block(_) => value.clone(),
    })
}

/// Replaces the values of write-only attributes by null: they are in neither plan nor state.
#[must_use]
pub fn hide_write_only(block: &Block, value: &Value) -> Value {
    if !block.any_attribute(&|attribute| attribute.write_only) {
        return value.clone();
    }
    map_object(block, value, &|part, value| match part {
        Part::Attribute(attribute) if attribute.write_only => Value::null(attribute.r#type.value_type()),
        Part::Attribute(_) | Part::Block(_) => value.clone(),
    })
}

impl Block {
    /// Returns whether an attribute here or below is sensitive.
    pub fn has_sensitive(&self) -> bool {
        self.any_attribute(&|attribute| attribute.sensitive)
    }

    /// Returns whether a condition holds for an attribute here or below.
    pub fn any_attribute(&self, holds: &impl Fn(&Attribute) -> bool) -> bool {
        let nested = |attribute: &Attribute| match &attribute.r#type {
            AttributeType::Plain(_) => false,
            AttributeType::Nested(_, block) => block.any_attribute(holds),
        };
        self.attributes.values().any(|attribute| holds(attribute) || nested(attribute))
            || self.blocks.values().any(|nested| nested.block.any_attribute(holds))
    }
}

fn collect(block: &Block, value: &Value, path: &AttributePath, paths: &mut Vec<AttributePath>) {
    let Some(object) = value.as_map() else { return };
    for (name, attribute) in &block.attributes {
        let Some(value) = object.get(name).filter(|value| !value.is_null()) else { continue };
        match &attribute.r#type {
            _ if attribute.sensitive => paths.push(path.attribute(name.clone())),
            AttributeType::Plain(_) => {}
            AttributeType::Nested(nesting, block) => {
                collect_nested(*nesting, block, value, &path.attribute(name.clone()), paths);
            }
        }
    }
    for (name, nested) in &block.blocks {
        if let Some(value) = object.get(name) {
            collect_nested(nested.nesting, &nested.block, value, &path.attribute(name.clone()), paths);
        }
    }
}

fn collect_nested(
    nesting: Nesting,
    block: &Block,
    value: &Value,
    path: &AttributePath,
    paths: &mut Vec<AttributePath>,
) {
    if !block.has_sensitive() {
        return;
    }
    match (nesting, value.kind()) {
        (Nesting::Single, _) => collect(block, value, path, paths),
        (_, Kind::Set(_, elements)) => {
            let mut inner = Vec::new();
            elements.iter().for_each(|element| collect(block, element, path, &mut inner));
            if !inner.is_empty() {
                paths.push(path.clone());
            }
        }
        (_, Kind::List(_, elements) | Kind::Tuple(elements)) => {
            for (element, index) in elements.iter().zip(0i64..) {
                collect(block, element, &path.index(index), paths);
            }
        }
        (_, Kind::Map(_, entries) | Kind::Object(entries)) => {
            for (key, element) in entries {
                collect(block, element, &path.index(key.clone()), paths);
            }
        }
        (_, Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_)) => {}
    }
}

/// Replaces the value of each attribute and block, from the outside in.
pub(super) fn map_object(block: &Block, value: &Value, change: &impl Fn(Part, &Value) -> Value) -> Value {
    let Kind::Object(object) = value.kind() else { return value.clone() };
    let changed = object.iter().map(|(name, value)| {
        let changed = if let Some(attribute) = block.attributes.get(name) {
            let value = change(Part::Attribute(attribute), value);
            match &attribute.r#type {
                AttributeType::Plain(_) => value,
                AttributeType::Nested(nesting, block) => map_nested(*nesting, block, &value, change),
            }
        } else if let Some(nested) = block.blocks.get(name) {
            map_nested(nested.nesting, &nested.block, &change(Part::Block(nested), value), change)
        } else {
            value.clone()
        };
        (name.clone(), changed)
    });
    Value::object(changed.collect()).with_marks(value.marks())
}

fn map_nested(nesting: Nesting, block: &Block, value: &Value, change: &impl Fn(Part, &Value) -> Value) -> Value {
    match nesting {
        Nesting::Single => map_object(block, value, change),
        Nesting::List | Nesting::Set | Nesting::Map => value.map_parts(|part| map_object(block, part, change)),
    }
}
