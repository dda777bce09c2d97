//! Sets.

use landfall_value::{Kind, Marks, Type, Value, convert, unify};

use super::arguments::Arguments;
use super::signature::{Constraint, Function, Parameter, Returns, Types, any};
use super::{FunctionError, Outcome};

const fn set(name: &'static str) -> Parameter {
    Parameter::new(name, Constraint::SetOfAny)
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("setintersection", &[set("first_set")], Returns::By(common_type), |a| {
        combine(a, |all, other| all.retain(|element| other.contains(element)))
    })
    .variadic(set("other_sets")),
    Function::new("setproduct", &[], Returns::By(product_type), product).variadic(any("sets").marks()),
    Function::new("setsubtract", &[set("a"), set("b")], Returns::By(common_type), |a| {
        combine(a, |all, other| all.retain(|element| !other.contains(element)))
    }),
    Function::new("setunion", &[set("first_set")], Returns::By(common_type), |a| {
        let sets = same_type(a)?;
        let members = sets.iter().flat_map(|set| set.as_slice().unwrap_or_default()).cloned();
        Ok(Value::set(a.returned_element(), members.collect()))
    })
    .variadic(set("other_sets")),
];

/// Returns the type of sets that takes the elements of all; empty sets of no type yet do not matter.
fn common_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    let elements: Vec<Type> = types
        .values
        .iter()
        .filter_map(|set| {
            let element = set.r#type().element().cloned()?;
            (!set.is_empty() || element != Type::Dynamic).then_some(element)
        })
        .collect();
    if elements.is_empty() {
        return Ok(Type::set(Type::Dynamic));
    }
    unify(&elements)
        .map(Type::set)
        .ok_or_else(|| FunctionError::new("given sets must all have compatible element types"))
}

fn same_type(arguments: &Arguments<'_>) -> Result<Vec<Value>, FunctionError> {
    let convert_one =
        |(index, set)| convert(set, arguments.returns).map_err(|error| FunctionError::at(index, error.message));
    arguments.values.iter().enumerate().map(convert_one).collect()
}

fn combine(arguments: &Arguments<'_>, keep: impl Fn(&mut Vec<Value>, &[Value])) -> Outcome {
    if !arguments.values.iter().all(Value::is_wholly_known) {
        return Ok(arguments.unknown());
    }
    let sets = same_type(arguments)?;
    let mut members = sets[0].as_slice().unwrap_or_default().to_vec();
    for other in &sets[1..] {
        keep(&mut members, other.as_slice().unwrap_or_default());
    }
    Ok(Value::set(arguments.returned_element(), members))
}

fn product_type(types: &Types<'_>) -> Result<Type, FunctionError> {
    if types.values.len() < 2 {
        return Err(FunctionError::new("at least two arguments are required"));
    }
    let mut lists = 0;
    let mut elements = Vec::with_capacity(types.values.len());
    for index in 0..types.values.len() {
        let element = match types.of(index) {
            Type::Set(element) => (*element).clone(),
            Type::List(element) => {
                lists += 1;
                (*element).clone()
            }
            Type::Tuple(members) => {
                lists += 1;
                if members.is_empty() {
                    Type::Dynamic
                } else {
                    unify(&members).ok_or_else(|| FunctionError::at(index, "all elements must be of the same type"))?
                }
            }
            _ => return Err(FunctionError::at(index, "a set or a list is required")),
        };
        elements.push(element);
    }
    let all_lists = lists == types.values.len();
    let tuple = Type::tuple(elements);
    Ok(if all_lists { Type::list(tuple) } else { Type::set(tuple) })
}

fn product(arguments: &Arguments<'_>) -> Outcome {
    let marks = arguments.values.iter().fold(Marks::NONE, |marks, value| marks | value.marks());
    let open = |value: &Value| matches!(value.kind(), Kind::Set(..)) && !value.is_wholly_known();
    if arguments.values.iter().any(open) {
        return Ok(arguments.unknown().with_marks(marks));
    }
    let tuple = arguments.returned_element();
    let Type::Tuple(elements) = &tuple else { return Ok(arguments.unknown().with_marks(marks)) };
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (index, element) in elements.iter().enumerate() {
        let members: Result<Vec<Value>, _> =
            arguments.elements(index).iter().map(|member| convert(member, element)).collect();
        let members = members.map_err(|error| FunctionError::at(index, error.message))?;
        let extend = |row: Vec<Value>| {
            members.iter().map(move |member| row.iter().cloned().chain([member.clone()]).collect::<Vec<Value>>())
        };
        rows = rows.into_iter().flat_map(extend).collect();
    }
    let rows = rows.into_iter().map(Value::tuple).collect();
    let made =
        if matches!(arguments.returns, Type::List(_)) { Value::list(tuple, rows) } else { Value::set(tuple, rows) };
    Ok(made.with_marks(marks))
}
