//! What derived code calls. Not for use by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::schema::{Attribute, AttributeType, NestedBlock};
use landfall_value::{Kind, Number, Type, Value};

pub use landfall_value::schema::{Block, Check, Equivalence, Format, Nesting, Rule};

use crate::codec::{DecodeError, Field, Fields, Presence};

/// Whose fields a struct holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Users write them.
    Argument,
    /// The service decides them.
    Computed,
}

/// Returns an attribute with the flags that follow from the type of its field.
pub fn attribute<T: Field>(role: Role, description: &str) -> Attribute {
    flagged::<T>(Attribute::plain(T::r#type()), role, description)
}

/// Returns an attribute whose members have flags of their own.
pub fn object_attribute<T: Field, E: Fields>(nesting: Nesting, role: Role, description: &str) -> Attribute {
    flagged::<T>(Attribute::new(AttributeType::Nested(nesting, Arc::new(E::block()))), role, description)
}

/// Returns an attribute that holds a list of at most one object.
pub fn list_attribute<T: Field, E: Field>(role: Role, description: &str) -> Attribute {
    flagged::<T>(Attribute::plain(Type::list(E::r#type())), role, description)
}

fn flagged<T: Field>(mut attribute: Attribute, role: Role, description: &str) -> Attribute {
    match (role, T::PRESENCE) {
        (Role::Computed, _) => attribute.computed = true,
        (Role::Argument, Presence::Required) => attribute.required = true,
        (Role::Argument, Presence::Optional) => attribute.optional = true,
        (Role::Argument, Presence::Filled) => (attribute.optional, attribute.computed) = (true, true),
    }
    attribute.sensitive = T::SENSITIVE;
    attribute.description = description.into();
    attribute
}

/// Says that null and zero mean the same, where the attribute can be null and nothing takes its place.
pub fn mark_zero_as_null(attribute: &mut Attribute) {
    let may_be_null = attribute.optional && !attribute.computed && attribute.default.is_none();
    attribute.zero_is_null = may_be_null && attribute.r#type.value_type() != Type::Dynamic;
}

/// Returns a nested block.
pub fn block<E: Fields>(nesting: Nesting, min_items: u64, max_items: u64) -> NestedBlock {
    NestedBlock { nesting, min_items, max_items, computed: false, replace: false, block: E::block() }
}

/// Adds a rule, once.
pub fn rule(block: &mut Block, rule: Rule) {
    let rule = match rule {
        Rule::Conflicts(names) => Rule::Conflicts(sorted(names)),
        Rule::ExactlyOne(names) => Rule::ExactlyOne(sorted(names)),
        Rule::AtLeastOne(names) => Rule::AtLeastOne(sorted(names)),
        Rule::Requires(name, others) => Rule::Requires(name, sorted(others)),
    };
    if !block.rules.contains(&rule) {
        block.rules.push(rule);
    }
}

fn sorted(mut names: Vec<Arc<str>>) -> Vec<Arc<str>> {
    names.sort();
    names.dedup();
    names
}

/// Checks that a value is an object.
///
/// # Errors
/// When it is not.
pub fn expect_object(value: &Value) -> Result<(), DecodeError> {
    value.as_map().map(|_| ()).ok_or_else(|| DecodeError::expected("an object", value))
}

static NULL: Value = Value::NULL;

fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&NULL)
}

/// Reads an attribute.
///
/// # Errors
/// When its value does not fit.
pub fn get<T: Field>(object: &Value, name: &str) -> Result<T, DecodeError> {
    T::decode(member(object, name)).map_err(|error| error.in_attribute(name))
}

/// Reads an attribute that is as good as unset when it is empty text.
///
/// # Errors
/// When its value does not fit.
pub fn get_text<T: Field>(object: &Value, name: &str) -> Result<T, DecodeError> {
    let value = member(object, name);
    let value = if value.as_str() == Some("") { &NULL } else { value };
    T::decode(value).map_err(|error| error.in_attribute(name))
}

/// Reads an attribute that is absent until the service has written it.
///
/// # Errors
/// When its value does not fit.
pub fn get_output<T: Field>(object: &Value, name: &str) -> Result<T, DecodeError> {
    let value = member(object, name);
    let absent = if value.is_null() || !value.is_wholly_known() { T::absent() } else { None };
    match absent {
        Some(absent) => Ok(absent),
        None => T::decode(value).map_err(|error| error.in_attribute(name)),
    }
}

/// Reads an attribute, or returns something else when it is null.
///
/// # Errors
/// When its value does not fit.
pub fn get_or<T: Field>(object: &Value, name: &str, otherwise: impl FnOnce() -> T) -> Result<T, DecodeError> {
    let value = member(object, name);
    if value.is_null() { Ok(otherwise()) } else { T::decode(value).map_err(|error| error.in_attribute(name)) }
}

/// Reads the only element of a list, if there is one. A list that is not known yet has none.
///
/// # Errors
/// When its value does not fit.
pub fn get_first<T: Field>(object: &Value, name: &str) -> Result<Option<T>, DecodeError> {
    let value = member(object, name);
    let first = value.as_slice().and_then(<[Value]>::first);
    first.map(T::decode).transpose().map_err(|error| error.in_element(0).in_attribute(name))
}

/// Returns what must be there.
///
/// # Errors
/// When it is not.
pub fn required<T>(value: Option<T>, name: &str) -> Result<T, DecodeError> {
    value.ok_or_else(|| DecodeError::expected("a block", &NULL).in_attribute(name))
}

/// Returns a list of at most one element.
pub fn list_of_one<T: Field>(value: Option<&T>) -> Value {
    Value::list(T::r#type(), value.map(T::encode).into_iter().collect())
}

/// Returns the value, or null if it is the zero of its type.
pub fn unless_zero<T: Field + Default + PartialEq>(value: &T) -> Value {
    if *value == T::default() { Value::null(T::r#type()) } else { value.encode() }
}

/// Returns the value, or an empty collection if it is null.
pub fn or_empty<T: Field>(value: &T) -> Value {
    let value = value.encode();
    match value.kind() {
        Kind::Null(Type::List(element)) => Value::list((**element).clone(), Vec::new()),
        Kind::Null(Type::Set(element)) => Value::set((**element).clone(), Vec::new()),
        Kind::Null(Type::Map(element)) => Value::map((**element).clone(), BTreeMap::new()),
        _ => value,
    }
}

/// Returns a number; null in place of what is none.
pub fn float(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| Value::null(Type::Number), Value::from)
}

/// Returns what a struct reads as that the service has not written.
pub fn absent<T: Fields>() -> Option<T> {
    T::read(&Value::object(BTreeMap::new())).ok()
}

/// Returns the object that a struct's fields make.
pub fn object<T: Fields>(fields: &T) -> Value {
    let mut attributes = BTreeMap::new();
    fields.write(&mut attributes);
    Value::object(attributes)
}
