//! What to say when no value of a type converts to another type.

use crate::{ObjectType, Type};

use super::conversion_exists;

/// Says what is wrong with a value of type `got` where `wanted` is required, as a lower-case fragment.
pub fn mismatch_message(got: &Type, wanted: &Type) -> String {
    let required = || format!("{} required", wanted.constraint_name());
    match (got, wanted) {
        (Type::Object(got), Type::Object(wanted)) => objects(got, wanted),
        (Type::Tuple(_), Type::List(element)) if **element == Type::Dynamic => {
            "all list elements must have the same type".into()
        }
        (Type::Tuple(_), Type::Set(element)) if **element == Type::Dynamic => {
            "all set elements must have the same type".into()
        }
        (Type::Object(_), Type::Map(element)) if **element == Type::Dynamic => {
            "all map elements must have the same type".into()
        }
        (Type::Tuple(elements), Type::List(wanted) | Type::Set(wanted)) => elements
            .iter()
            .enumerate()
            .find(|(_, got)| !conversion_exists(got, wanted))
            .map_or_else(|| all_elements(wanted), |(i, got)| format!("element {i}: {}", mismatch_message(got, wanted))),
        (Type::Object(object), Type::Map(wanted)) => {
            object.attributes.iter().find(|(_, got)| !conversion_exists(got, wanted)).map_or_else(
                || all_elements(wanted),
                |(k, got)| format!("element {k:?}: {}", mismatch_message(got, wanted)),
            )
        }
        (Type::List(got) | Type::Set(got), Type::List(element)) => collections("list", got, element),
        (Type::List(got) | Type::Set(got), Type::Set(element)) => collections("set", got, element),
        (Type::Map(got), Type::Map(element)) => collections("map", got, element),
        _ => required(),
    }
}

fn all_elements(wanted: &Type) -> String {
    format!("all elements must be {}", wanted.constraint_name())
}

fn collections(kind: &str, got: &Type, wanted: &Type) -> String {
    format!("incorrect {kind} element type: {}", mismatch_message(got, wanted))
}

fn objects(got: &ObjectType, wanted: &ObjectType) -> String {
    let missing: Vec<String> = wanted
        .attributes
        .keys()
        .filter(|name| !got.attributes.contains_key(*name) && !wanted.optional.contains(*name))
        .map(|name| format!("{name:?}"))
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return format!("attribute {one} is required"),
        [one, other] => return format!("attributes {one} and {other} are required"),
        [most @ .., last] => return format!("attributes {}, and {last} are required", most.join(", ")),
    }
    let unsuitable = wanted.attributes.iter().find_map(|(name, wanted)| {
        let got = got.attributes.get(name)?;
        (!conversion_exists(got, wanted)).then(|| format!("attribute {name:?}: {}", mismatch_message(got, wanted)))
    });
    unsuitable.unwrap_or_else(|| "object required".into())
}
