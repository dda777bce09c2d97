//! Bringing a configured value into the shape of a schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{AttributePath, ConversionError, Kind, Type, Value, convert};

use super::{AttributeType, Block, NestedBlock, Nesting};

/// Returns the value of a block in which nothing is written.
pub fn empty(block: &Block) -> Value {
    let attributes = block.attributes.iter().map(|(name, a)| (name.clone(), Value::null(a.r#type.value_type())));
    let blocks = block.blocks.iter().map(|(name, nested)| (name.clone(), nested.empty()));
    Value::object(attributes.chain(blocks).collect())
}

/// Converts the attributes of an object to the types of a schema and adds what is missing: null, or no block.
///
/// # Errors
/// All attributes that do not convert, or that the schema does not have, with their paths.
pub fn conform(block: &Block, value: &Value) -> Result<Value, Vec<ConversionError>> {
    let mut errors = Vec::new();
    let conformed = conform_block(block, value, &AttributePath::root(), &mut errors);
    if errors.is_empty() { Ok(conformed) } else { Err(errors) }
}

impl NestedBlock {
    /// Returns the value of an omitted block.
    pub fn empty(&self) -> Value {
        let element = self.block.value_type();
        match self.nesting {
            Nesting::Single => Value::null(element),
            Nesting::List => Value::list(element, Vec::new()),
            Nesting::Set => Value::set(element, Vec::new()),
            Nesting::Map => Value::map(element, BTreeMap::new()),
        }
    }
}

type Errors = Vec<ConversionError>;

fn conform_block(block: &Block, value: &Value, path: &AttributePath, errors: &mut Errors) -> Value {
    let given = match value.kind() {
        Kind::Null(_) => return Value::null(block.value_type()).with_marks(value.marks()),
        Kind::Unknown(_, refinement) => {
            return Value::refined(block.value_type(), refinement.clone()).with_marks(value.marks());
        }
        Kind::Object(given) | Kind::Map(_, given) => given,
        _ => {
            errors.push(ConversionError { path: path.clone(), message: "object required".into() });
            return Value::unknown(block.value_type());
        }
    };
    for name in given.keys().filter(|name| !block.attributes.contains_key(*name) && !block.blocks.contains_key(*name)) {
        errors.push(ConversionError { path: path.clone(), message: format!("unsupported attribute {name:?}") });
    }
    let mut object = BTreeMap::new();
    for (name, attribute) in &block.attributes {
        let made = match given.get(name) {
            None => Value::null(attribute.r#type.value_type()),
            Some(value) => conform_attribute(&attribute.r#type, value, &path.attribute(name.clone()), errors),
        };
        object.insert(name.clone(), made);
    }
    for (name, nested) in &block.blocks {
        let made = match given.get(name) {
            None => nested.empty(),
            Some(value) if value.is_null() => nested.empty(),
            Some(value) => conform_nested(nested.nesting, &nested.block, value, &path.attribute(name.clone()), errors),
        };
        object.insert(name.clone(), made);
    }
    Value::object(object).with_marks(value.marks())
}

fn conform_attribute(r#type: &AttributeType, value: &Value, path: &AttributePath, errors: &mut Errors) -> Value {
    match r#type {
        AttributeType::Nested(nesting, block) => conform_nested(*nesting, block, value, path, errors),
        AttributeType::Plain(r#type) => convert(value, r#type).unwrap_or_else(|mut error| {
            error.path = path.joined(&error.path);
            errors.push(error);
            Value::unknown(r#type.clone())
        }),
    }
}

fn conform_nested(nesting: Nesting, block: &Block, value: &Value, path: &AttributePath, errors: &mut Errors) -> Value {
    if nesting == Nesting::Single {
        return conform_block(block, value, path, errors);
    }
    let element = block.value_type();
    let whole = nesting.of(element.clone());
    let made = match (nesting, value.kind()) {
        (_, Kind::Null(_)) => Value::null(whole),
        (_, Kind::Unknown(_, refinement)) => Value::refined(whole, refinement.clone()),
        (Nesting::Map, Kind::Map(_, entries) | Kind::Object(entries)) => {
            let entries: BTreeMap<Arc<str>, Value> = entries
                .iter()
                .map(|(key, value)| (key.clone(), conform_block(block, value, &path.index(key.clone()), errors)))
                .collect();
            Value::map(element, entries)
        }
        (Nesting::List | Nesting::Set, Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items)) => {
            let items = items.iter().zip(0i64..);
            let items: Vec<Value> =
                items.map(|(value, i)| conform_block(block, value, &path.index(i), errors)).collect();
            let element = element_type(element, &items);
            if nesting == Nesting::Set { Value::set(element, items) } else { Value::list(element, items) }
        }
        _ => {
            let message = format!("{} required", whole.constraint_name());
            errors.push(ConversionError { path: path.clone(), message });
            Value::unknown(whole)
        }
    };
    made.with_marks(value.marks())
}

/// Returns the type of elements whose declared type may have open parts.
fn element_type(declared: Type, items: &[Value]) -> Type {
    match items.first() {
        Some(first) if declared.has_dynamic() => first.r#type(),
        _ => declared,
    }
}
