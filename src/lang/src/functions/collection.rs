//! Maps, objects, and what holds for every collection.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::graphemes::graphemes;
use landfall_value::{Kind, Marks, Refinement, Type, Value, conversion_exists, convert, unify};

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Parameter, Returns, Types, any, text, texts};
use super::{FunctionError, Outcome, equal};

const BOOLS: Parameter = Parameter::new("list", Constraint::ListOfBool);
const ALTERNATIVES: Parameter = any("vals").null().unknown().dynamic();

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("alltrue", &[BOOLS], Returns::Fixed(Constraint::Bool), all_true),
    Function::new("anytrue", &[BOOLS], Returns::Fixed(Constraint::Bool), any_true),
    Function::new("coalesce", &[], Returns::By(coalesced_type), coalesce).variadic(ALTERNATIVES),
    Function::new("coalescelist", &[], Returns::By(coalesced_list_type), coalesce_list).variadic(ALTERNATIVES),
    Function::new("contains", &[any("list"), any("value")], Returns::Fixed(Constraint::Bool), contains),
    Function::new("keys", &[any("inputMap").unknown().marks()], Returns::By(keys_type), keys),
    Function::new("length", &[any("value").unknown().dynamic().marks()], Returns::By(length_type), length),
    Function::new(
        "lookup",
        &[any("inputMap").marks().unknown(), text("key").marks()],
        Returns::By(lookup_type),
        lookup,
    )
    .variadic(any("default").null().unknown().dynamic().marks())
    .may_be_null(),
    Function::new("merge", &[], Returns::By(merged_type), merge).variadic(any("maps").null().dynamic().marks()),
    Function::new("one", &[any("list")], Returns::By(one_type), one).may_be_null(),
    Function::new(
        "transpose",
        &[Parameter::new("values", Constraint::MapOfLists)],
        Returns::Fixed(Constraint::MapOfLists),
        transpose,
    ),
    Function::new("values", &[any("mapping").marks()], Returns::By(values_type), values),
    Function::new("zipmap", &[texts("keys").marks(), any("values").marks()], Returns::By(zipped_type), zipmap),
    Function::new("list", &[], Returns::Fixed(Constraint::Any), |_| {
        let advice = "use tolist([ ... ]) syntax to write a literal list";
        Err(FunctionError::new(format!("the \"list\" function is no longer available; {advice}")))
    })
    .variadic(any("vals").null().unknown().dynamic())
    .hidden(),
    Function::new("map", &[], Returns::Fixed(Constraint::Any), |_| {
        let advice = "use tomap({ ... }) syntax to write a literal map";
        Err(FunctionError::new(format!("the \"map\" function is no longer available; {advice}")))
    })
    .variadic(any("vals").null().unknown().dynamic())
    .hidden(),
];

fn all_true(arguments: &Arguments<'_>) -> Outcome {
    for element in arguments.elements(0) {
        match element.kind() {
            // Not looked beyond, other than in `anytrue`.
            Kind::Unknown(..) => return Ok(arguments.unknown()),
            Kind::Bool(true) => {}
            _ => return Ok(false.into()),
        }
    }
    Ok(true.into())
}

fn any_true(arguments: &Arguments<'_>) -> Outcome {
    let mut unknown = false;
    for element in arguments.elements(0) {
        match element.kind() {
            Kind::Unknown(..) => unknown = true,
            Kind::Bool(true) => return Ok(true.into()),
            _ => {}
        }
    }
    Ok(if unknown { arguments.unknown() } else { false.into() })
}

fn coalesced_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    let all: Vec<Type> = types.values.iter().map(Value::r#type).collect();
    if all.is_empty() {
        return Err(FunctionError::new("at least one argument is required"));
    }
    unify(&all).ok_or_else(|| FunctionError::new("all arguments must have the same type"))
}

fn coalesce(arguments: &Arguments<'_>) -> Outcome {
    for (index, value) in arguments.values.iter().enumerate() {
        let value = convert(value, arguments.returns).map_err(|error| FunctionError::at(index, error.message))?;
        if !value.is_known() {
            return Ok(arguments.unknown());
        }
        if !value.is_null() && value.as_str() != Some("") {
            return Ok(value);
        }
    }
    Err(FunctionError::new("no non-null, non-empty-string arguments"))
}

fn coalesced_list_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    let all: Vec<Type> = types.values.iter().map(Value::r#type).collect();
    let Some(first) = all.first() else { return Err(FunctionError::new("at least one argument is required")) };
    for (value, r#type) in types.values.iter().zip(&all) {
        match r#type {
            _ if !value.is_known() => return Ok(Type::Dynamic),
            Type::List(_) | Type::Tuple(_) => {}
            _ => return Err(FunctionError::new("coalescelist arguments must be lists or tuples")),
        }
    }
    Ok(if all.iter().all(|other| other == first) { first.clone() } else { Type::Dynamic })
}

fn coalesce_list(arguments: &Arguments<'_>) -> Outcome {
    for value in arguments.values {
        if !value.is_known() {
            return Ok(arguments.unknown());
        }
        if value.len().is_some_and(|length| length > 0) {
            return Ok(value.clone());
        }
    }
    Err(FunctionError::new("no non-null arguments"))
}

fn contains(arguments: &Arguments<'_>) -> Outcome {
    if !matches!(arguments.value(0).kind(), Kind::List(..) | Kind::Set(..) | Kind::Tuple(_)) {
        return Err(FunctionError::new("argument must be list, tuple, or set"));
    }
    let value = arguments.value(1);
    let mut unknown = false;
    for element in arguments.elements(0) {
        match equal(element, value) {
            Some(true) => return Ok(true.into()),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { arguments.unknown() } else { false.into() })
}

fn keys_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    match types.of(0) {
        Type::Map(_) => Ok(Type::list(Type::String)),
        Type::Object(object) => Ok(Type::tuple(object.attributes.keys().map(|_| Type::String))),
        _ => Err(FunctionError::at(0, "must have map or object type")),
    }
}

fn keys(arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.value(0);
    let made = match value.kind() {
        Kind::Map(_, entries) => Value::list(Type::String, entries.keys().cloned().map(Value::from).collect()),
        Kind::Object(entries) => Value::tuple(entries.keys().cloned().map(Value::from).collect()),
        _ => match value.r#type() {
            Type::Object(object) => Value::tuple(object.attributes.keys().cloned().map(Value::from).collect()),
            _ => arguments.unknown(),
        },
    };
    Ok(made.with_marks(value.marks()))
}

fn length_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    match types.of(0) {
        Type::Bool | Type::Number => {
            Err(FunctionError::new("argument must be a string, a collection type, or a structural type"))
        }
        _ => Ok(Type::Number),
    }
}

fn length(arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.value(0);
    let exactly = |count: usize| Ok(Value::from(count as i64).with_marks(value.marks()));
    let between = |min: u64, max: Option<u64>| {
        let bound = |count: u64| landfall_value::Number::from(count);
        let known = Refinement { not_null: true, min: Some(bound(min)), max: max.map(bound), ..Refinement::default() };
        Ok(Value::refined(Type::Number, known).with_marks(value.marks()))
    };
    match value.kind() {
        Kind::String(text) => exactly(graphemes(text).count()),
        Kind::Set(_, elements) if elements.len() > 1 && !value.is_wholly_known() => {
            between(1, Some(elements.len() as u64))
        }
        Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => exactly(elements.len()),
        Kind::Map(_, entries) | Kind::Object(entries) => exactly(entries.len()),
        Kind::Unknown(Type::Tuple(elements), _) => exactly(elements.len()),
        Kind::Unknown(Type::Object(object), _) => exactly(object.attributes.len()),
        Kind::Unknown(_, known) => between(known.min_length.unwrap_or(0), known.max_length),
        Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) => Ok(arguments.unknown()),
    }
}

fn lookup_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    let default = types.values.get(2);
    if types.values.len() > 3 {
        let message = format!("lookup() takes two or three arguments, got {}", types.values.len());
        return Err(FunctionError::new(message));
    }
    match types.of(0) {
        Type::Object(object) => {
            let Some(key) = types.values[1].as_str() else { return Ok(Type::Dynamic) };
            match (object.attributes.get(key), default) {
                (Some(r#type), _) => Ok(r#type.clone()),
                (None, Some(default)) => Ok(default.r#type()),
                (None, None) => {
                    let key = types.shown(1, key);
                    Err(FunctionError::at(0, format!("the given object has no attribute {key}")))
                }
            }
        }
        Type::Map(element) => {
            if default.is_some_and(|default| !conversion_exists(&default.r#type(), &element)) {
                let message = "the default value must have the same type as the map elements";
                return Err(FunctionError::at(2, message));
            }
            Ok((*element).clone())
        }
        _ => Err(FunctionError::at(0, "lookup() requires a map as the first argument")),
    }
}

fn lookup(arguments: &Arguments<'_>) -> Outcome {
    let (map, key) = (arguments.value(0), arguments.value(1));
    let marks = map.marks() | key.marks();
    let name = arguments.text(1);
    if !map.is_known() {
        return Ok(arguments.unknown().with_marks(marks));
    }
    if let Some(found) = map.get(name) {
        return Ok(found.clone().with_marks(marks));
    }
    match arguments.values.get(2) {
        Some(default) => convert(default, arguments.returns)
            .map(|default| default.with_marks(marks))
            .map_err(|error| FunctionError::at(2, error.message)),
        None => Err(FunctionError::new(format!("lookup failed to find key {}", arguments.shown(1, name)))),
    }
}

fn merged_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    let mut attributes = BTreeMap::new();
    let mut all_known = true;
    for value in types.values {
        match (value.kind(), value.r#type()) {
            (_, Type::Dynamic) => return Ok(Type::Dynamic),
            (Kind::Null(_), Type::Map(_) | Type::Object(_)) => {}
            (_, Type::Object(object)) => {
                attributes.extend(object.attributes.iter().map(|(name, r#type)| (name.clone(), r#type.clone())));
            }
            (Kind::Map(element, entries), _) => {
                attributes.extend(entries.keys().map(|name| (name.clone(), element.clone())));
            }
            (_, Type::Map(_)) => all_known = false,
            (_, other) => {
                let message = format!("arguments must be maps or objects, got {:?}", other.friendly_name());
                return Err(FunctionError::new(message));
            }
        }
    }
    match types.values.split_first() {
        Some((first, rest)) if rest.iter().all(|value| value.r#type() == first.r#type()) => Ok(first.r#type()),
        _ if !all_known => Ok(Type::Dynamic),
        _ => Ok(Type::object(attributes)),
    }
}

fn merge(arguments: &Arguments<'_>) -> Outcome {
    let mut merged: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    let mut marks = Marks::NONE;
    for value in arguments.values {
        marks |= value.marks();
        if !value.is_null() && value.as_map().is_none() {
            let message = format!("arguments must be maps or objects, got {:?}", value.r#type().friendly_name());
            return Err(FunctionError::new(message));
        }
        let entries = value.as_map().into_iter().flatten();
        merged.extend(entries.map(|(name, value)| (name.clone(), value.clone())));
    }
    let made = match arguments.returns {
        Type::Map(element) => Value::map((**element).clone(), merged),
        _ => Value::object(merged),
    };
    Ok(made.with_marks(marks))
}

const ONE_OR_NONE: &str = "must be a list, set, or tuple value with either zero or one elements";

fn one_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    match types.of(0) {
        Type::List(element) | Type::Set(element) => Ok((*element).clone()),
        Type::Tuple(elements) if elements.len() < 2 => Ok(elements.first().cloned().unwrap_or(Type::Dynamic)),
        _ => Err(FunctionError::at(0, ONE_OR_NONE)),
    }
}

fn one(arguments: &Arguments<'_>) -> Outcome {
    let list = arguments.value(0);
    match arguments.elements(0) {
        [] => Ok(Value::null(arguments.returns.clone())),
        [element] => Ok(element.clone()),
        // Elements that are not known yet may turn out equal.
        _ if matches!(list.kind(), Kind::Set(..)) && !list.is_wholly_known() => Ok(arguments.unknown()),
        _ => Err(FunctionError::at(0, ONE_OR_NONE)),
    }
}

fn transpose(arguments: &Arguments<'_>) -> Outcome {
    if !arguments.value(0).is_wholly_known() {
        return Ok(arguments.unknown());
    }
    let mut turned: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
    for (key, list) in arguments.entries(0) {
        let elements = list.as_slice().ok_or_else(|| FunctionError::new("input must not contain null lists"))?;
        for element in elements {
            let name = element.as_str().ok_or_else(|| FunctionError::new("input must not contain null strings"))?;
            turned.entry(name.into()).or_default().push(key.clone().into());
        }
    }
    let lists = turned.into_iter().map(|(name, keys)| (name, Value::list(Type::String, keys)));
    Ok(Value::map(Type::list(Type::String), lists.collect()))
}

fn values_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    match types.of(0) {
        Type::Map(element) => Ok(Type::list((*element).clone())),
        Type::Object(object) => Ok(Type::tuple(object.attributes.values().cloned())),
        _ => Err(FunctionError::new("values() requires a map as the first argument")),
    }
}

fn values(arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.value(0);
    let elements = arguments.entries(0).values().cloned().collect();
    let made = match value.kind() {
        Kind::Map(element, _) => Value::list(element.clone(), elements),
        _ => Value::tuple(elements),
    };
    Ok(made.with_marks(value.marks()))
}

fn zipped_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    match types.of(1) {
        Type::List(element) => Ok(Type::map((*element).clone())),
        Type::Tuple(elements) => {
            let keys = &types.values[0];
            if !keys.is_wholly_known() {
                return Ok(Type::Dynamic);
            }
            let keys = key_names(keys)?;
            same_length(keys.len(), elements.len())?;
            Ok(Type::object(keys.into_iter().zip(elements.iter().cloned())))
        }
        _ => Err(FunctionError::new("values argument must be a list or tuple value")),
    }
}

fn key_names(keys: &Value) -> Result<Vec<Arc<str>>, FunctionError> {
    let keys = keys.as_slice().unwrap_or_default().iter();
    keys.map(|key| match key.kind() {
        Kind::String(name) => Ok(name.clone()),
        _ => Err(FunctionError::new("keys must not be null")),
    })
    .collect()
}

fn same_length(keys: usize, values: usize) -> Result<(), FunctionError> {
    if keys == values {
        return Ok(());
    }
    Err(FunctionError::new(format!("number of keys ({keys}) does not match number of values ({values})")))
}

fn zipmap(arguments: &Arguments<'_>) -> Outcome {
    let (keys, values) = (arguments.value(0), arguments.value(1));
    let marks = keys.marks_deep() | values.marks();
    if !keys.is_wholly_known() {
        return Ok(arguments.unknown().with_marks(marks));
    }
    let names = key_names(keys)?;
    same_length(names.len(), arguments.elements(1).len())?;
    let entries = names.into_iter().zip(arguments.elements(1).iter().cloned()).collect();
    let made = match values.kind() {
        Kind::List(element, _) => Value::map(element.clone(), entries),
        _ => Value::object(entries),
    };
    Ok(made.with_marks(marks))
}
