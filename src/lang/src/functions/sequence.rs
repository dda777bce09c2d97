//! Lists and tuples.

use landfall_value::{Kind, Marks, Refinement, Type, Value, convert, unify};

use super::arguments::{Arguments, whole};
use super::signature::{Constraint, Function, Returns, Types, any, list, number, texts};
use super::{FunctionError, Outcome, equal};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "chunklist",
        &[list("list").marks(), number("size")],
        Returns::By(|types| Ok(Type::list(types.of(0)))),
        chunk_list,
    ),
    Function::new("compact", &[texts("list")], Returns::Fixed(Constraint::ListOfString), compact),
    Function::new("concat", &[], Returns::By(concatenated_type), concat).variadic(any("seqs").marks()),
    Function::new("distinct", &[list("list")], Returns::By(|types| Ok(types.of(0))), distinct),
    Function::new("element", &[any("list").marks(), number("index")], Returns::By(element_type), element).may_be_null(),
    Function::new("flatten", &[any("list").marks()], Returns::By(flattened_type), flatten),
    Function::new("index", &[any("list"), any("value")], Returns::Fixed(Constraint::Number), index),
    Function::new(
        "matchkeys",
        &[list("values"), list("keys"), list("searchset")],
        Returns::By(matched_type),
        match_keys,
    ),
    Function::new("reverse", &[any("list").marks()], Returns::By(reversed_type), reverse),
    Function::new(
        "slice",
        &[any("list").marks(), number("start_index"), number("end_index")],
        Returns::By(sliced_type),
        slice,
    ),
    Function::new("sort", &[texts("list").unknown()], Returns::Fixed(Constraint::ListOfString), sort),
];

fn chunk_list(arguments: &Arguments<'_>) -> Outcome {
    let list = arguments.value(0);
    let size = arguments.whole(1)?;
    let size = usize::try_from(size).map_err(|_| FunctionError::new("the size argument must be positive"))?;
    let elements = arguments.elements(0);
    let element = list.r#type().element().cloned().unwrap_or(Type::Dynamic);
    let size = if size == 0 { elements.len().max(1) } else { size };
    let chunks = elements.chunks(size).map(|chunk| Value::list(element.clone(), chunk.to_vec()));
    Ok(Value::list(Type::list(element.clone()), chunks.collect()).with_marks(list.marks()))
}

fn compact(arguments: &Arguments<'_>) -> Outcome {
    if !arguments.value(0).is_wholly_known() {
        return Ok(arguments.unknown());
    }
    let kept = arguments.elements(0).iter().filter(|element| element.as_str().is_some_and(|text| !text.is_empty()));
    Ok(Value::list(Type::String, kept.cloned().collect()))
}

fn concatenated_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    if types.values.is_empty() {
        return Err(FunctionError::new("at least one argument is required"));
    }
    let all: Vec<Type> = types.values.iter().map(Value::r#type).collect();
    let elements: Option<Vec<Type>> = all
        .iter()
        .map(|r#type| match r#type {
            Type::List(element) => Some((**element).clone()),
            _ => None,
        })
        .collect();
    if let Some(element) = elements.and_then(|elements| unify(&elements)) {
        return Ok(Type::list(element));
    }
    let mut members = Vec::new();
    for (index, value) in types.values.iter().enumerate() {
        match (value.kind(), &all[index]) {
            (Kind::List(element, elements), _) => members.extend(elements.iter().map(|_| element.clone())),
            (_, Type::Tuple(elements)) => members.extend(elements.iter().cloned()),
            (_, Type::List(_)) => return Ok(Type::Dynamic),
            (_, other) => {
                let message = format!("all arguments must be lists or tuples; got {}", other.friendly_name());
                return Err(FunctionError::at(index, message));
            }
        }
    }
    Ok(Type::tuple(members))
}

fn concat(arguments: &Arguments<'_>) -> Outcome {
    let marks = arguments.values.iter().fold(Marks::NONE, |marks, value| marks | value.marks());
    let members = (0..arguments.values.len()).flat_map(|index| arguments.elements(index)).cloned().collect();
    let whole = Value::tuple(members);
    let made = match arguments.returns {
        Type::List(element) => {
            let elements = whole.as_slice().unwrap_or_default().iter();
            let elements: Result<Vec<Value>, _> = elements.map(|value| convert(value, element)).collect();
            Value::list((**element).clone(), elements.map_err(|error| FunctionError::new(error.message))?)
        }
        _ => whole,
    };
    Ok(made.with_marks(marks))
}

fn distinct(arguments: &Arguments<'_>) -> Outcome {
    if !arguments.value(0).is_wholly_known() {
        return Ok(arguments.unknown());
    }
    let mut kept: Vec<Value> = Vec::new();
    let mut texts = std::collections::BTreeSet::new();
    for element in arguments.elements(0) {
        let new = match element.as_str() {
            Some(text) => texts.insert(text),
            None => !kept.contains(element),
        };
        if new {
            kept.push(element.clone());
        }
    }
    Ok(Value::list(arguments.returned_element(), kept))
}

const NEGATIVE: &str = "cannot use element function with a negative index";
const EMPTY: &str = "cannot use element function with an empty list";

fn element_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    let index = types.values[1].as_number();
    match types.of(0) {
        Type::List(element) => Ok((*element).clone()),
        Type::Tuple(elements) => {
            let Some(index) = index else { return Ok(Type::Dynamic) };
            let index = whole(index).map_err(|message| FunctionError::new(format!("invalid index: {message}")))?;
            if elements.is_empty() {
                return Err(FunctionError::new(EMPTY));
            }
            // Lists take any negative index, tuples only multiples of their length.
            let wrapped = usize::try_from(index % elements.len() as i64).map_err(|_| FunctionError::new(NEGATIVE))?;
            Ok(elements[wrapped].clone())
        }
        other => Err(FunctionError::new(format!("cannot read elements from {}", other.friendly_name()))),
    }
}

fn element(arguments: &Arguments<'_>) -> Outcome {
    let elements = arguments.elements(0);
    let index = arguments.whole(1).map_err(|error| FunctionError::new(format!("invalid index: {}", error.message)))?;
    if elements.is_empty() {
        return Err(FunctionError::new(EMPTY));
    }
    let wrapped = index.rem_euclid(elements.len() as i64) as usize;
    Ok(elements[wrapped].clone().with_marks(arguments.value(0).marks()))
}

/// What nested sequences hold, marks that they carried, and whether all their lengths are known.
struct Flat {
    elements: Vec<Value>,
    marks: Marks,
    known: bool,
}

impl Flat {
    fn of(list: &Value) -> Self {
        let mut flat = Self { elements: Vec::new(), marks: Marks::NONE, known: true };
        flat.add(list);
        flat
    }

    fn add(&mut self, list: &Value) {
        self.marks |= list.marks();
        if !list.is_length_known() {
            self.known = false;
            return;
        }
        let members = list.as_map().map(|members| members.values());
        for element in list.as_slice().unwrap_or_default().iter().chain(members.into_iter().flatten()) {
            match (element.kind(), element.r#type()) {
                (Kind::Null(_), _) => self.elements.push(element.clone()),
                (_, Type::List(_) | Type::Set(_) | Type::Tuple(_)) => self.add(element),
                // It may turn out to be a list.
                (Kind::Unknown(..), Type::Dynamic) => {
                    self.known = false;
                    self.marks |= element.marks();
                }
                _ => self.elements.push(element.clone()),
            }
        }
    }
}

/// What is not a sequence is refused only once all of it is known, as Terraform does.
fn flattened_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    if !types.values[0].is_wholly_known() {
        return Ok(Type::Dynamic);
    }
    match types.of(0) {
        Type::List(_) | Type::Set(_) | Type::Tuple(_) => {
            Ok(Type::tuple(Flat::of(&types.values[0]).elements.iter().map(Value::r#type)))
        }
        _ => Err(FunctionError::new("can only flatten lists, sets and tuples")),
    }
}

fn flatten(arguments: &Arguments<'_>) -> Outcome {
    let flat = Flat::of(arguments.value(0));
    let made = if flat.known { Value::tuple(flat.elements) } else { arguments.unknown() };
    Ok(made.with_marks(flat.marks))
}

fn index(arguments: &Arguments<'_>) -> Outcome {
    if !matches!(arguments.value(0).kind(), Kind::List(..) | Kind::Tuple(_)) {
        return Err(FunctionError::new("argument must be a list or tuple"));
    }
    let elements = arguments.elements(0);
    if elements.is_empty() {
        return Err(FunctionError::new("cannot search an empty list"));
    }
    for (index, element) in elements.iter().enumerate() {
        match equal(element, arguments.value(1)) {
            Some(true) => return Ok(Value::from(index as i64)),
            Some(false) => {}
            None => return Ok(arguments.unknown()),
        }
    }
    Err(FunctionError::new("item not found"))
}

fn matched_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    let common = unify(&[types.of(1), types.of(2)]);
    common.map(|_| types.of(0)).ok_or_else(|| FunctionError::new("keys and searchset must be of the same type"))
}

fn match_keys(arguments: &Arguments<'_>) -> Outcome {
    let (values, keys) = (arguments.elements(0), arguments.elements(1));
    if values.len() != keys.len() {
        return Err(FunctionError::new("length of keys and values should be equal"));
    }
    let common = unify(&[arguments.value(1).r#type(), arguments.value(2).r#type()]).unwrap_or(Type::Dynamic);
    let same_kind = |index: usize| {
        convert(arguments.value(index), &common).map_err(|error| FunctionError::at(index, error.message))
    };
    let (keys, wanted) = (same_kind(1)?, same_kind(2)?);
    let none = || Ok(Value::list(arguments.returned_element(), Vec::new()));
    if wanted.is_empty() {
        return none();
    }
    if !arguments.value(0).is_wholly_known() || !keys.is_wholly_known() {
        return Ok(arguments.unknown());
    }
    let mut kept = Vec::new();
    for (key, value) in keys.as_slice().unwrap_or_default().iter().zip(values) {
        let mut found = false;
        for candidate in wanted.as_slice().unwrap_or_default() {
            match equal(key, candidate) {
                Some(same) => found |= same,
                None if !found => return none(),
                None => {}
            }
        }
        if found {
            kept.push(value.clone());
        }
    }
    Ok(Value::list(arguments.returned_element(), kept))
}

fn reversed_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    match types.of(0) {
        Type::Tuple(elements) => Ok(Type::tuple(elements.iter().rev().cloned())),
        Type::List(element) | Type::Set(element) => Ok(Type::list((*element).clone())),
        other => {
            let message = format!("can only reverse list or tuple values, not {}", other.friendly_name());
            Err(FunctionError::at(0, message))
        }
    }
}

fn reverse(arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.value(0);
    let elements: Vec<Value> = arguments.elements(0).iter().rev().cloned().collect();
    let made = match value.kind() {
        Kind::Set(..) if !value.is_length_known() => arguments.unknown(),
        Kind::List(element, _) | Kind::Set(element, _) => Value::list(element.clone(), elements),
        _ => Value::tuple(elements),
    };
    Ok(made.with_marks(value.marks()))
}

fn sliced_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    match types.of(0) {
        list @ Type::List(_) => Ok(list),
        Type::Tuple(elements) => {
            let (start, end) = (types.values[1].as_number(), types.values[2].as_number());
            let (Some(start), Some(end)) = (start, end) else { return Ok(Type::Dynamic) };
            let (start, end) = bounds(start, end, elements.len())?;
            Ok(Type::tuple(elements[start..end].iter().cloned()))
        }
        Type::Set(_) => {
            let message = "cannot slice a set, because its elements do not have indices; explicitly convert to a list \
                           if the ordering of the result is not important";
            Err(FunctionError::at(0, message))
        }
        _ => Err(FunctionError::at(0, "must be a list or tuple value")),
    }
}

fn bounds(
    start: &landfall_value::Number,
    end: &landfall_value::Number,
    length: usize,
) -> Result<(usize, usize), FunctionError> {
    let start = whole(start).map_err(|message| FunctionError::at(1, format!("invalid start index: {message}")))?;
    let end = whole(end).map_err(|message| FunctionError::at(2, format!("invalid end index: {message}")))?;
    let start = usize::try_from(start).map_err(|_| FunctionError::at(1, "start index must not be less than zero"))?;
    let end = usize::try_from(end).map_err(|_| FunctionError::at(2, "end index must not be less than zero"))?;
    if start > length {
        return Err(FunctionError::at(1, "start index must not be greater than the length of the list"));
    }
    if end > length {
        return Err(FunctionError::at(2, "end index must not be greater than the length of the list"));
    }
    if start > end {
        return Err(FunctionError::at(1, "start index must not be greater than end index"));
    }
    Ok((start, end))
}

fn slice(arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.value(0);
    let elements = arguments.elements(0);
    let (start, end) = bounds(arguments.number(1), arguments.number(2), elements.len())?;
    let elements = elements[start..end].to_vec();
    let made = match value.kind() {
        Kind::List(element, _) => Value::list(element.clone(), elements),
        _ => Value::tuple(elements),
    };
    Ok(made.with_marks(value.marks()))
}

fn sort(arguments: &Arguments<'_>) -> Outcome {
    let list = arguments.value(0);
    if let Kind::Unknown(r#type, known) = list.kind() {
        return Ok(Value::refined(r#type.clone(), Refinement { not_null: true, ..known.clone() }));
    }
    let mut elements = arguments.elements(0).to_vec();
    if !list.is_wholly_known() {
        return Ok(Value::list(Type::String, vec![Value::unknown(Type::String); elements.len()]));
    }
    if let Some(index) = elements.iter().position(Value::is_null) {
        let message = format!("given list element {index} is null; a null string cannot be sorted");
        return Err(FunctionError::new(message));
    }
    elements.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(Value::list(Type::String, elements))
}
