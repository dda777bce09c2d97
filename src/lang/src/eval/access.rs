//! Attributes and elements.

use landfall_value::{Kind, Number, Type, Value, convert};

use super::{Evaluator, dynamic};
use crate::expr::{AccessKind, AccessStep, NameTarget, Node, NodeKind};
use crate::suggest::suggestion;

const INVALID_INDEX: &str = "Invalid index";
const UNSUPPORTED: &str = "Unsupported attribute";
const NOT_AN_ELEMENT: &str = "The given key does not identify an element in this collection value";

/// Why there is no such part: summary and detail.
pub(super) type Failure = (&'static str, String);

impl Evaluator<'_> {
    #[inline(never)]
    pub(super) fn access(&mut self, node: &Node, base: &Node, steps: &[AccessStep]) -> Value {
        let failures = self.failures.len();
        let mut value = self.node(base);
        if self.failures.len() > failures {
            return dynamic();
        }
        for step in &steps[own_steps(base)..] {
            value = match self.step(&value, step) {
                Ok(value) => value,
                Err(Some((summary, detail))) => return self.fail(node, summary, &detail, step.span, None),
                Err(None) => return dynamic(),
            };
        }
        value
    }

    /// Takes one step; `Err(None)` if the key failed, which is recorded already.
    fn step(&mut self, value: &Value, step: &AccessStep) -> Result<Value, Option<Failure>> {
        match &step.kind {
            AccessKind::Attribute(name) => attribute(value, name).map_err(Some),
            AccessKind::Constant(key) => index(value, key).map_err(Some),
            AccessKind::Computed(key) => {
                let failures = self.failures.len();
                let key = self.node(key);
                if self.failures.len() > failures {
                    return Err(None);
                }
                index(value, &key).map_err(Some)
            }
        }
    }
}

/// Returns how many of the steps after a name belong to it.
pub(super) fn own_steps(base: &Node) -> usize {
    match &base.kind {
        NodeKind::Name(name) => match name.target {
            NameTarget::Reference { steps, .. } => steps as usize,
            NameTarget::Nothing | NameTarget::Local(_) | NameTarget::Outer(_) => 0,
        },
        _ => 0,
    }
}

/// Returns `value.name`.
pub(super) fn attribute(value: &Value, name: &str) -> Result<Value, Failure> {
    let marks = value.marks();
    let unsupported = |detail: String| Err((UNSUPPORTED, detail));
    match value.kind() {
        Kind::Object(attributes) => match attributes.get(name) {
            Some(part) => Ok(part.clone().with_marks(marks)),
            None => {
                let hint = suggestion(name, attributes.keys().map(|known| &**known));
                unsupported(format!("This object does not have an attribute named `{name}`.{hint}"))
            }
        },
        Kind::Map(_, elements) => match elements.get(name) {
            Some(part) => Ok(part.clone().with_marks(marks)),
            None => {
                let hint = suggestion(name, elements.keys().map(|known| &**known));
                Err(("Missing map element", format!("This map does not have an element with the key `{name}`.{hint}")))
            }
        },
        Kind::Null(_) => Err((
            "Attempt to get attribute from null value",
            "This value is null, so it does not have any attributes.".to_owned(),
        )),
        Kind::Unknown(Type::Dynamic, _) => Ok(dynamic().with_marks(marks)),
        Kind::Unknown(Type::Object(object), _) => match object.attributes.get(name) {
            Some(part) => Ok(Value::unknown(part.clone()).with_marks(marks)),
            None => {
                let hint = suggestion(name, object.attributes.keys().map(|known| &**known));
                unsupported(format!("This object does not have an attribute named `{name}`.{hint}"))
            }
        },
        Kind::Unknown(Type::Map(element), _) => Ok(Value::unknown((**element).clone()).with_marks(marks)),
        _ => unsupported(no_attributes(&value.r#type(), name)),
    }
}

fn no_attributes(r#type: &Type, name: &str) -> String {
    match r#type {
        Type::List(element) => match &**element {
            Type::Object(object) if object.attributes.contains_key(name) => format!(
                "Can't access attributes on a list of objects. Did you mean to access attribute `{name}` for a specific \
                 element of the list, or across all elements of the list?"
            ),
            Type::Object(_) => "Can't access attributes on a list of objects. Did you mean to access an attribute for \
                                a specific element of the list, or across all elements of the list?"
                .to_owned(),
            _ => "This value does not have any attributes.".to_owned(),
        },
        Type::Set(element) if matches!(&**element, Type::Object(_)) => "Can't access attributes on a set of objects. \
                                                                        Did you mean to access an attribute across \
                                                                        all elements of the set?"
            .to_owned(),
        Type::Bool | Type::Number | Type::String => {
            format!("Can't access attributes on a primitive-typed value ({}).", r#type.friendly_name())
        }
        _ => "This value does not have any attributes.".to_owned(),
    }
}

/// Returns `value[key]`.
pub(super) fn index(value: &Value, key: &Value) -> Result<Value, Failure> {
    if value.is_null() {
        return Err(("Attempt to index null value", "This value is null, so it does not have any indices.".to_owned()));
    }
    if key.is_null() {
        return Err((INVALID_INDEX, "Can't use a null value as an indexing key.".to_owned()));
    }
    let marks = value.marks();
    let anything = || Ok(dynamic().with_marks(marks));
    if matches!(key.kind(), Kind::Unknown(Type::Dynamic, _)) {
        return anything();
    }
    match value.kind() {
        Kind::Unknown(r#type, _) => index_unknown(value, r#type, key),
        Kind::List(element, elements) => match index_number(key)? {
            None => Ok(Value::unknown(element.clone()).with_marks(marks)),
            Some(number) => match number.to_usize().and_then(|at| elements.get(at)) {
                Some(part) => Ok(part.clone().with_marks(marks | key.marks())),
                None => Err(out_of_range(&number, elements.len(), marks.is_empty())),
            },
        },
        Kind::Tuple(elements) => match index_number(key)? {
            None => anything(),
            Some(number) => match number.to_usize().and_then(|at| elements.get(at)) {
                Some(part) => Ok(part.clone().with_marks(marks | key.marks())),
                None => Err(out_of_range(&number, elements.len(), marks.is_empty())),
            },
        },
        Kind::Map(element, elements) => {
            let key = index_string(key)?;
            match key.as_str() {
                None => Ok(Value::unknown(element.clone()).with_marks(marks)),
                Some(name) => match elements.get(name) {
                    Some(part) => Ok(part.clone().with_marks(marks | key.marks())),
                    None => Err((INVALID_INDEX, format!("{NOT_AN_ELEMENT}."))),
                },
            }
        }
        Kind::Object(attributes) => {
            let name = index_string(key)?;
            match name.as_str() {
                None => anything(),
                Some(name) => match attributes.get(name) {
                    Some(part) => Ok(part.clone().with_marks(marks)),
                    None => Err(no_such_attribute(key)),
                },
            }
        }
        _ => Err(no_indices(&value.r#type())),
    }
}

fn index_unknown(value: &Value, r#type: &Type, key: &Value) -> Result<Value, Failure> {
    let marks = value.marks();
    match r#type {
        Type::Dynamic => Ok(dynamic().with_marks(marks)),
        Type::List(element) => {
            index_number(key)?;
            Ok(Value::unknown((**element).clone()).with_marks(marks))
        }
        Type::Map(element) => {
            index_string(key)?;
            Ok(Value::unknown((**element).clone()).with_marks(marks))
        }
        Type::Tuple(elements) => match index_number(key)? {
            None => Ok(dynamic().with_marks(marks)),
            Some(number) => match number.to_usize().and_then(|at| elements.get(at)) {
                Some(element) => Ok(Value::unknown(element.clone()).with_marks(marks | key.marks())),
                None => Err(out_of_range(&number, elements.len(), marks.is_empty())),
            },
        },
        // Unlike `value.name`, this does not look at the type.
        Type::Object(_) => {
            index_string(key)?;
            Ok(dynamic().with_marks(marks))
        }
        _ => Err(no_indices(r#type)),
    }
}

/// Returns the number that a key is; `None` if that is not known.
fn index_number(key: &Value) -> Result<Option<Number>, Failure> {
    if let Some(number) = key.as_number() {
        return Ok(Some(number.clone()));
    }
    Ok(converted(key, &Type::Number)?.as_number().cloned())
}

fn index_string(key: &Value) -> Result<Value, Failure> {
    if key.as_str().is_some() { Ok(key.clone()) } else { converted(key, &Type::String) }
}

fn converted(key: &Value, r#type: &Type) -> Result<Value, Failure> {
    convert(key, r#type).map_err(|failure| (INVALID_INDEX, format!("{NOT_AN_ELEMENT}: {failure}.")))
}

fn out_of_range(number: &Number, length: usize, may_tell_length: bool) -> Failure {
    let why = if !number.is_integer() {
        ": indexing a sequence requires a whole number, but the given index has a fractional part"
    } else if number.is_negative() {
        ": a negative number is not a valid index for a sequence"
    } else if !may_tell_length {
        ""
    } else if length == 0 {
        ": the collection has no elements"
    } else {
        ": the given index is greater than or equal to the length of the collection"
    };
    (INVALID_INDEX, format!("{NOT_AN_ELEMENT}{why}."))
}

fn no_such_attribute(key: &Value) -> Failure {
    let hint = if key.as_number().is_some() {
        " An object only supports looking up attributes by name, not by numeric index."
    } else {
        ""
    };
    (INVALID_INDEX, format!("{NOT_AN_ELEMENT}.{hint}"))
}

fn no_indices(r#type: &Type) -> Failure {
    let detail = match r#type {
        Type::Set(_) => {
            "Elements of a set are identified only by their value and don't have any separate index or key to select \
             with, so it's only possible to perform operations across all elements of the set."
        }
        _ => "This value does not have any indices.",
    };
    (INVALID_INDEX, detail.to_owned())
}

/// Returns the text of a step, as it would be written.
pub(super) fn step_text(step: &AccessStep) -> String {
    match &step.kind {
        AccessKind::Attribute(name) => format!(".{name}"),
        AccessKind::Constant(key) => match (key.as_str(), key.as_number()) {
            (Some(text), _) => format!("[{text:?}]"),
            (None, Some(number)) => format!("[{number}]"),
            (None, None) => "[...]".to_owned(),
        },
        AccessKind::Computed(_) => "[...]".to_owned(),
    }
}

/// Returns the steps up to the first whose key has to be computed.
pub(super) fn constant_steps(steps: &[AccessStep]) -> &[AccessStep] {
    let end = steps.iter().position(|step| matches!(step.kind, AccessKind::Computed(_)));
    &steps[..end.unwrap_or(steps.len())]
}

/// Takes constant steps as far as they lead. Returns the value and how many steps that were.
pub(super) fn follow(mut value: Value, steps: &[AccessStep]) -> (Value, usize) {
    for (taken, step) in steps.iter().enumerate() {
        let next = match &step.kind {
            AccessKind::Attribute(name) => attribute(&value, name),
            AccessKind::Constant(key) => index(&value, key),
            AccessKind::Computed(_) => return (value, taken),
        };
        match next {
            Ok(next) => value = next,
            Err(_) => return (value, taken),
        }
    }
    (value, steps.len())
}
