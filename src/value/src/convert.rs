//! Conversion of values to types, with Terraform's rules and words.

mod mismatch;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{AttributePath, Kind, Number, ObjectType, Refinement, Step, Type, Value, unify};

pub use mismatch::mismatch_message;

/// Why a value does not convert.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ConversionError {
    /// Where in the value.
    pub path: AttributePath,
    /// A lower-case fragment: `string required`, `attribute "x" is required`.
    pub message: String,
}

/// Converts a value to a type. Marks and what is known of unknown values are kept; null stays null; attributes that
/// the type does not have are dropped, and missing optional ones become null.
///
/// # Errors
/// If there is no conversion, or the value has none.
pub fn convert(value: &Value, wanted: &Type) -> Result<Value, ConversionError> {
    let mut path = Vec::new();
    convert_at(value, wanted, &mut path).map_err(|failure| {
        let from = value.r#type();
        let no_conversion =
            || ConversionError { path: AttributePath::root(), message: mismatch_message(&from, wanted) };
        match failure {
            Failure::Value(message) if conversion_exists(&from, wanted) => {
                ConversionError { path: AttributePath(path), message }
            }
            Failure::Value(_) | Failure::NoConversion => no_conversion(),
        }
    })
}

enum Failure {
    /// The types do not convert, whatever the value.
    NoConversion,
    /// This value does not, for the reason given.
    Value(String),
}

fn convert_at(value: &Value, wanted: &Type, path: &mut Vec<Step>) -> Result<Value, Failure> {
    if *wanted == Type::Dynamic || value.is_of_type(wanted) {
        return Ok(value.clone());
    }
    let converted = match value.kind() {
        Kind::Unknown(r#type, refinement) => {
            if !conversion_exists(r#type, wanted) {
                return Err(Failure::NoConversion);
            }
            convert_unknown(r#type, refinement, wanted)
        }
        Kind::Null(r#type) => {
            if !conversion_exists(r#type, wanted) {
                return Err(Failure::NoConversion);
            }
            Value::null(replace_dynamic(r#type, &wanted.without_optional()))
        }
        _ => convert_known(value, wanted, path)?,
    };
    Ok(converted.with_marks(value.marks()))
}

fn convert_known(value: &Value, wanted: &Type, path: &mut Vec<Step>) -> Result<Value, Failure> {
    match (value.kind(), wanted) {
        (Kind::Bool(value), Type::String) => Ok(if value { "true" } else { "false" }.into()),
        (Kind::Number(number), Type::String) => Ok(number.to_string().into()),
        (Kind::String(text), Type::Number) => {
            Number::parse(text).map(Value::from).ok_or_else(|| Failure::Value("a number is required".into()))
        }
        (Kind::String(text), Type::Bool) => parse_bool(text).map(Value::from).map_err(Failure::Value),
        (Kind::Set(element, elements), Type::List(_)) if !set_length_is_known(elements) => {
            Ok(Value::unknown(Type::list(element.clone())))
        }
        (Kind::List(element, elements) | Kind::Set(element, elements), Type::List(to) | Type::Set(to)) => {
            if elements.is_empty() {
                let element = emptied(element, to)?;
                return Ok(sequence(wanted, element, Vec::new()));
            }
            finish_sequence(wanted, to, convert_elements(elements, to, path)?)
        }
        (Kind::Tuple(elements), Type::List(to) | Type::Set(to)) => {
            if elements.is_empty() {
                return Ok(sequence(wanted, to.without_optional(), Vec::new()));
            }
            let to = common_element(to, || elements.iter().map(Value::r#type).collect())?;
            if to == Type::Dynamic && elements.iter().any(|element| !element.is_of_type(&Type::Dynamic)) {
                return Err(Failure::NoConversion);
            }
            let mut converted = convert_elements(elements, &to, path)?;
            if matches!(wanted, Type::List(_)) && to.has_dynamic() {
                converted = unify_values(converted)?;
            }
            finish_sequence(wanted, &to, converted)
        }
        (Kind::Map(element, elements), Type::Map(to)) => {
            if elements.is_empty() {
                return Ok(Value::map(emptied(element, to)?, BTreeMap::new()));
            }
            finish_map(to, convert_entries(elements, to, path)?)
        }
        (Kind::Object(attributes), Type::Map(to)) => {
            if attributes.is_empty() {
                return Ok(Value::map(to.without_optional(), BTreeMap::new()));
            }
            let to = common_element(to, || attributes.values().map(Value::r#type).collect())?;
            finish_map(&to, convert_entries(attributes, &to, path)?)
        }
        (Kind::Object(attributes), Type::Object(object)) => convert_object(attributes, object, path),
        (Kind::Map(_, elements), Type::Object(object)) => convert_map_to_object(elements, object, path),
        (Kind::Tuple(elements), Type::Tuple(to)) if elements.len() == to.len() => {
            let mut converted = Vec::with_capacity(elements.len());
            for (index, (element, to)) in elements.iter().zip(to.iter()).enumerate() {
                converted.push(at(path, Step::Index(index_value(index)), |path| convert_at(element, to, path))?);
            }
            Ok(Value::tuple(converted))
        }
        _ => Err(Failure::NoConversion),
    }
}

fn index_value(index: usize) -> Value {
    Number::from(index).into()
}

/// Runs a conversion one step deeper. The step stays in the path if it fails.
fn at<T>(
    path: &mut Vec<Step>,
    step: Step,
    convert: impl FnOnce(&mut Vec<Step>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    path.push(step);
    let converted = convert(path)?;
    path.pop();
    Ok(converted)
}

fn convert_elements(elements: &[Value], to: &Type, path: &mut Vec<Step>) -> Result<Vec<Value>, Failure> {
    elements
        .iter()
        .enumerate()
        .map(|(index, element)| at(path, Step::Index(index_value(index)), |path| convert_at(element, to, path)))
        .collect()
}

fn convert_entries(
    entries: &BTreeMap<Arc<str>, Value>,
    to: &Type,
    path: &mut Vec<Step>,
) -> Result<BTreeMap<Arc<str>, Value>, Failure> {
    entries
        .iter()
        .map(|(key, element)| {
            let converted = at(path, Step::Index(Value::from(key.clone())), |path| convert_at(element, to, path))?;
            Ok((key.clone(), converted))
        })
        .collect()
}

/// Returns the type for the elements of a collection made from the members of an object or a tuple.
fn common_element(to: &Type, members: impl FnOnce() -> Vec<Type>) -> Result<Type, Failure> {
    if *to == Type::Dynamic { unify(&members()).ok_or(Failure::NoConversion) } else { Ok(to.clone()) }
}

/// Returns the type of no elements after conversion from a type to another.
fn emptied(from: &Type, to: &Type) -> Result<Type, Failure> {
    match to {
        Type::Dynamic => Ok(from.clone()),
        _ if conversion_exists(from, to) => Ok(to.without_optional()),
        _ => Err(Failure::NoConversion),
    }
}

/// Converts elements to the one type that all of their types convert to.
fn unify_values(elements: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let types: Vec<Type> = elements.iter().map(Value::r#type).collect();
    let unified =
        unify(&types).ok_or_else(|| Failure::Value("cannot find a common base type for all elements".into()))?;
    settle(elements, &unified)
}

/// Returns the one type of converted elements: where the wanted type leaves parts open, the elements decide, and
/// those of no type follow.
fn settled_type<'a>(to: &Type, kind: &str, mut converted: impl Iterator<Item = &'a Value>) -> Result<Type, Failure> {
    if !to.has_dynamic() {
        return Ok(to.without_optional());
    }
    let mut element = Type::Dynamic;
    let all_match = converted.all(|value| {
        if element == Type::Dynamic {
            element = value.r#type();
        }
        value.is_of_type(&element) || value.is_of_type(&Type::Dynamic)
    });
    if all_match {
        return Ok(element);
    }
    Err(Failure::Value(format!("element types must all match for conversion to {kind}")))
}

fn finish_sequence(wanted: &Type, to: &Type, elements: Vec<Value>) -> Result<Value, Failure> {
    let kind = if matches!(wanted, Type::Set(_)) { "set" } else { "list" };
    let element = settled_type(to, kind, elements.iter())?;
    let elements = settle(elements, &element)?;
    Ok(sequence(wanted, element, elements))
}

fn sequence(wanted: &Type, element: Type, elements: Vec<Value>) -> Value {
    if matches!(wanted, Type::Set(_)) { Value::set(element, elements) } else { Value::list(element, elements) }
}

fn settle(elements: Vec<Value>, element: &Type) -> Result<Vec<Value>, Failure> {
    elements.into_iter().map(|value| convert_at(&value, element, &mut Vec::new())).collect()
}

fn finish_map(to: &Type, entries: BTreeMap<Arc<str>, Value>) -> Result<Value, Failure> {
    let (names, mut elements): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
    if to.has_dynamic() && (to.is_collection() || matches!(to, Type::Object(_))) {
        elements = unify_values(elements)?;
    }
    let element = settled_type(to, "map", elements.iter())?;
    let elements = settle(elements, &element)?;
    Ok(Value::map(element, names.into_iter().zip(elements).collect()))
}

fn convert_object(
    attributes: &BTreeMap<Arc<str>, Value>,
    object: &ObjectType,
    path: &mut Vec<Step>,
) -> Result<Value, Failure> {
    let mut converted = BTreeMap::new();
    for (name, to) in &object.attributes {
        let value = match attributes.get(name) {
            Some(value) => at(path, Step::Attribute(name.clone()), |path| convert_at(value, to, path))?,
            None if object.optional.contains(name) => Value::null(to.without_optional()),
            None => return Err(Failure::NoConversion),
        };
        converted.insert(name.clone(), value);
    }
    Ok(Value::object(converted))
}

fn convert_map_to_object(
    entries: &BTreeMap<Arc<str>, Value>,
    object: &ObjectType,
    path: &mut Vec<Step>,
) -> Result<Value, Failure> {
    let mut converted = BTreeMap::new();
    for (name, to) in &object.attributes {
        let value = match entries.get(name) {
            Some(value) if object.optional.contains(name) && !conversion_exists(&value.r#type(), to) => {
                let mismatch = mismatch_message(&value.r#type(), to);
                let message = format!("map element type is incompatible with attribute {name:?}: {mismatch}");
                return Err(Failure::Value(message));
            }
            Some(value) => at(path, Step::Index(Value::from(name.clone())), |path| convert_at(value, to, path))?,
            None if object.optional.contains(name) => Value::null(to.without_optional()),
            None => return Err(Failure::Value(format!("map has no element for required attribute {name:?}"))),
        };
        converted.insert(name.clone(), value);
    }
    Ok(Value::object(converted))
}

fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(match text.to_lowercase().as_str() {
            word @ ("true" | "false") => {
                format!("a bool is required; to convert from string, use lowercase \"{word}\"")
            }
            _ => "a bool is required".into(),
        }),
    }
}

/// Elements that are known only after apply may turn out equal.
pub(crate) fn set_length_is_known(elements: &[Value]) -> bool {
    elements.len() < 2 || elements.iter().all(Value::is_wholly_known)
}

fn convert_unknown(from: &Type, refinement: &Refinement, wanted: &Type) -> Value {
    let to = replace_dynamic(from, &wanted.without_optional());
    let mut kept = Refinement { not_null: refinement.not_null, ..Refinement::default() };
    let length = |count: usize| Some(count as u64);
    match (from, &to) {
        (Type::Object(object), Type::Map(_)) => {
            (kept.min_length, kept.max_length) = (length(object.attributes.len()), length(object.attributes.len()));
        }
        (Type::Tuple(elements), Type::List(_)) => {
            (kept.min_length, kept.max_length) = (length(elements.len()), length(elements.len()));
        }
        (Type::Tuple(elements), Type::Set(_)) => {
            (kept.min_length, kept.max_length) = (length(elements.len().min(1)), length(elements.len()));
        }
        (Type::List(_) | Type::Set(_), Type::Set(_)) => {
            kept.min_length = refinement.min_length.map(|least| least.min(1));
            kept.max_length = refinement.max_length;
        }
        (Type::List(_) | Type::Set(_) | Type::Map(_), Type::List(_) | Type::Set(_) | Type::Map(_)) => {
            (kept.min_length, kept.max_length) = (refinement.min_length, refinement.max_length);
        }
        _ => {}
    }
    Value::refined(to, kept)
}

/// Returns `wanted` with its open parts taken from the type that a value has.
fn replace_dynamic(from: &Type, wanted: &Type) -> Type {
    match (from, wanted) {
        (Type::Dynamic, _) => wanted.clone(),
        (_, Type::Dynamic) => from.clone(),
        (Type::Object(from), Type::Object(to)) => Type::object(to.attributes.iter().map(|(name, to)| {
            let to = from.attributes.get(name).map_or_else(|| to.clone(), |from| replace_dynamic(from, to));
            (name.clone(), to)
        })),
        (Type::Map(from), Type::Object(to)) => {
            Type::object(to.attributes.iter().map(|(name, to)| (name.clone(), replace_dynamic(from, to))))
        }
        (Type::Tuple(from), Type::Tuple(to)) if from.len() == to.len() => {
            Type::tuple(from.iter().zip(to.iter()).map(|(from, to)| replace_dynamic(from, to)))
        }
        (from, Type::List(to)) => Type::list(replace_element(from, to)),
        (from, Type::Set(to)) => Type::set(replace_element(from, to)),
        (from, Type::Map(to)) => Type::map(replace_element(from, to)),
        _ => wanted.clone(),
    }
}

fn replace_element(from: &Type, to: &Type) -> Type {
    match from {
        Type::List(from) | Type::Set(from) | Type::Map(from) => replace_dynamic(from, to),
        Type::Object(object) if to.has_dynamic() => {
            let members: Vec<Type> = object.attributes.values().cloned().collect();
            unify(&members).map_or_else(|| to.clone(), |from| replace_dynamic(&from, to))
        }
        Type::Tuple(elements) if to.has_dynamic() => {
            unify(elements).map_or_else(|| to.clone(), |from| replace_dynamic(&from, to))
        }
        _ => to.clone(),
    }
}

/// Returns whether values of one type may convert to another. A single value may still fail: `"a"` to a number.
pub fn conversion_exists(from: &Type, to: &Type) -> bool {
    if from == to {
        return true;
    }
    match (from, to) {
        (_, Type::Dynamic) | (Type::Dynamic, _) => true,
        (Type::Bool | Type::Number, Type::String) | (Type::String, Type::Bool | Type::Number) => true,
        (Type::List(from) | Type::Set(from), Type::List(to) | Type::Set(to)) => conversion_exists(from, to),
        (Type::Map(from), Type::Map(to)) => conversion_exists(from, to),
        (Type::Tuple(from), Type::List(to) | Type::Set(to)) => {
            members_convert(from.iter(), to)
                && (**to != Type::Dynamic
                    || from.iter().all(|member| *member == Type::Dynamic)
                    || unify(from) != Some(Type::Dynamic))
        }
        (Type::Object(from), Type::Map(to)) => members_convert(from.attributes.values(), to),
        (Type::Tuple(from), Type::Tuple(to)) => {
            from.len() == to.len() && from.iter().zip(to.iter()).all(|(from, to)| conversion_exists(from, to))
        }
        (Type::Object(from), Type::Object(to)) => {
            to.attributes.iter().all(|(name, wanted)| match from.attributes.get(name) {
                Some(from) => conversion_exists(from, wanted),
                None => to.optional.contains(name),
            })
        }
        (Type::Map(from), Type::Object(to)) => {
            to.attributes.iter().all(|(name, wanted)| to.optional.contains(name) || conversion_exists(from, wanted))
        }
        _ => false,
    }
}

fn members_convert<'a>(members: impl ExactSizeIterator<Item = &'a Type> + Clone, to: &Type) -> bool {
    if members.len() == 0 {
        return true;
    }
    if *to == Type::Dynamic {
        return unify(&members.cloned().collect::<Vec<_>>()).is_some();
    }
    members.into_iter().all(|from| conversion_exists(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Marks;

    fn fails(value: Value, wanted: Type, path: &str, message: &str) {
        let error = convert(&value, &wanted).expect_err("no conversion");
        assert_eq!((error.path.to_string().as_str(), error.message.as_str()), (path, message));
    }

    #[test]
    fn converts_primitives_through_text() {
        assert_eq!(convert(&true.into(), &Type::String), Ok("true".into()));
        assert_eq!(convert(&"1.50".into(), &Type::Number).map(|n| format!("{n:?}")), Ok("1.5".into()));
        fails("a".into(), Type::Number, "", "a number is required");
        fails("True".into(), Type::Bool, "", "a bool is required; to convert from string, use lowercase \"true\"");
        fails(true.into(), Type::Number, "", "number required");
        fails(Value::tuple(vec![]), Type::String, "", "string required");
    }

    #[test]
    fn elements_of_any_type_unify() {
        let mixed = Value::tuple(vec![1.into(), "a".into(), Value::NULL]);
        let list = convert(&mixed, &Type::list(Type::Dynamic)).expect("a list");
        assert_eq!(list.r#type(), Type::list(Type::String));
        assert_eq!(format!("{list:?}"), r#"["1", "a", null]"#);
        fails(
            Value::tuple(vec![1.into(), true.into()]),
            Type::list(Type::Dynamic),
            "",
            "all list elements must have the same type",
        );
    }

    #[test]
    fn elements_left_open_must_match() {
        let object = |name: &str| Value::object_of([(name, 1.into())]);
        let (one, other) = (Value::tuple(vec![Value::NULL]), Value::tuple(vec![object("a"), object("b")]));
        let failure = convert(&Value::tuple(vec![one, other]), &Type::list(Type::Dynamic)).expect_err("no conversion");
        assert_eq!(failure.message, "element types must all match for conversion to list");
        let with_null = Value::object_of([("a", object("x")), ("b", Value::NULL)]);
        let map = convert(&with_null, &Type::map(Type::Dynamic)).expect("a map");
        assert_eq!(map.r#type(), Type::map(object("x").r#type()));
        assert!(convert(&Value::tuple(vec![object("x"), Value::NULL]), &Type::list(Type::Dynamic)).is_err());
    }

    #[test]
    fn missing_optional_attributes_become_null() {
        let attributes = [("a".into(), Type::String), ("b".into(), Type::Number)].into();
        let wanted = Type::Object(Arc::new(ObjectType { attributes, optional: ["b".into()].into() }));
        let made = convert(&Value::object_of([("a", 1.into()), ("z", 2.into())]), &wanted).expect("an object");
        assert_eq!(format!("{made:?}"), r#"{"a": "1", "b": null}"#);
        assert_eq!(made.get("b").map(Value::r#type), Some(Type::Number));
        fails(Value::object_of([("b", 1.into())]), wanted.clone(), "", "attribute \"a\" is required");
        fails(Value::object_of([("a", "x".into()), ("b", "y".into())]), wanted, "b", "a number is required");
    }

    #[test]
    fn keeps_marks_and_what_is_known_of_unknown_values() {
        let secret = Value::from(1).with_marks(Marks::SENSITIVE);
        let list = convert(&Value::tuple(vec![secret]), &Type::list(Type::String)).expect("a list");
        assert!(!list.is_sensitive() && list.as_slice().expect("elements")[0].is_sensitive());
        let unknown = Value::refined(Type::Number, Refinement::NOT_NULL);
        assert_eq!(convert(&unknown, &Type::String), Ok(Value::refined(Type::String, Refinement::NOT_NULL)));
    }

    #[test]
    fn a_set_whose_members_may_be_equal_makes_an_unknown_list() {
        let set = Value::set(Type::String, vec!["a".into(), Value::unknown(Type::String)]);
        assert!(!convert(&set, &Type::list(Type::String)).expect("a list").is_known());
    }

    #[test]
    fn says_which_element_does_not_fit() {
        let wanted = Type::list(Type::object([("a", Type::String)]));
        let value = Value::tuple(vec![Value::object_of([("b", 1.into())])]);
        fails(value, wanted, "", "element 0: attribute \"a\" is required");
    }
}
