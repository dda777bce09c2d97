//! One type for values of different types: for conditionals, and for elements of collections.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Type;
use crate::convert::conversion_exists;

/// Returns a type that values of all given types convert to, preferring what loses least; `None` if there is none or
/// no type is given. `Type::Dynamic` says that it cannot be told yet.
pub fn unify(types: &[Type]) -> Option<Type> {
    let (first, rest) = types.split_first()?;
    if rest.iter().all(|r#type| r#type == first) {
        return Some(first.clone());
    }
    let counts = Counts::of(types);
    let all = types.len() - counts.dynamic;
    if counts.maps > 0 && counts.maps == all {
        return unify_elements(types, &counts, Type::map);
    }
    if counts.maps > 0 && counts.maps + counts.objects == all {
        return unify_members(types, Type::map).or_else(|| preferred(types));
    }
    if counts.lists > 0 && counts.lists == all {
        return unify_elements(types, &counts, Type::list);
    }
    if counts.lists > 0 && counts.lists + counts.tuples == all {
        return unify_members(types, Type::list).or_else(|| preferred(types));
    }
    if counts.sets > 0 && counts.sets == all {
        return unify_elements(types, &counts, Type::set);
    }
    if counts.objects > 0 && counts.objects == all {
        return if counts.dynamic > 0 { Some(Type::Dynamic) } else { unify_objects(types) };
    }
    if counts.tuples > 0 && counts.tuples == all {
        return if counts.dynamic > 0 { Some(Type::Dynamic) } else { unify_tuples(types) };
    }
    if counts.objects > 0 && counts.tuples > 0 {
        return None;
    }
    preferred(types)
}

#[derive(Default)]
struct Counts {
    maps: usize,
    lists: usize,
    sets: usize,
    objects: usize,
    tuples: usize,
    dynamic: usize,
}

impl Counts {
    fn of(types: &[Type]) -> Self {
        let mut counts = Self::default();
        for r#type in types {
            match r#type {
                Type::Map(_) => counts.maps += 1,
                Type::List(_) => counts.lists += 1,
                Type::Set(_) => counts.sets += 1,
                Type::Object(_) => counts.objects += 1,
                Type::Tuple(_) => counts.tuples += 1,
                Type::Dynamic => counts.dynamic += 1,
                Type::Bool | Type::Number | Type::String => {}
            }
        }
        counts
    }
}

fn unify_elements(types: &[Type], counts: &Counts, collection: impl Fn(Type) -> Type) -> Option<Type> {
    if counts.dynamic > 0 {
        return Some(Type::Dynamic);
    }
    let elements: Vec<Type> = types.iter().filter_map(|r#type| r#type.element().cloned()).collect();
    unify(&elements).map(collection)
}

/// Unifies structural types with collections of their kind, as a collection of all their members' types.
fn unify_members(types: &[Type], collection: impl Fn(Type) -> Type) -> Option<Type> {
    let mut members = Vec::new();
    for r#type in types {
        match r#type {
            Type::Map(element) | Type::List(element) => members.push((**element).clone()),
            Type::Object(object) => members.extend(object.attributes.values().cloned()),
            Type::Tuple(elements) => members.extend(elements.iter().cloned()),
            Type::Dynamic => return Some(Type::Dynamic),
            Type::Bool | Type::Number | Type::String | Type::Set(_) => {}
        }
    }
    let unified = collection(unify(&members)?);
    all_convert(types, &unified).then_some(unified)
}

fn unify_objects(types: &[Type]) -> Option<Type> {
    let objects: Vec<_> =
        types.iter().filter_map(|t| if let Type::Object(object) = t { Some(object) } else { None }).collect();
    let names: BTreeSet<&Arc<str>> = objects[0].attributes.keys().collect();
    if objects.iter().any(|object| !object.attributes.keys().eq(names.iter().copied())) {
        return unify_members(types, Type::map);
    }
    let mut attributes = Vec::with_capacity(names.len());
    for name in names {
        let across: Vec<Type> = objects.iter().filter_map(|object| object.attributes.get(name).cloned()).collect();
        attributes.push((name.clone(), unify(&across)?));
    }
    Some(Type::object(attributes))
}

fn unify_tuples(types: &[Type]) -> Option<Type> {
    let tuples: Vec<_> =
        types.iter().filter_map(|t| if let Type::Tuple(elements) = t { Some(elements) } else { None }).collect();
    if tuples.iter().any(|elements| elements.len() != tuples[0].len()) {
        return unify_members(types, Type::list);
    }
    let mut elements = Vec::with_capacity(tuples[0].len());
    for index in 0..tuples[0].len() {
        let across: Vec<Type> = tuples.iter().map(|elements| elements[index].clone()).collect();
        elements.push(unify(&across)?);
    }
    Some(Type::tuple(elements))
}

/// Returns the one of the types that all others convert to.
fn preferred(types: &[Type]) -> Option<Type> {
    let mut order: Vec<&Type> = types.iter().collect();
    order.sort_by_key(|r#type| rank(r#type));
    order.into_iter().find(|wanted| all_convert(types, wanted)).cloned()
}

fn all_convert(types: &[Type], wanted: &Type) -> bool {
    types.iter().all(|r#type| r#type == wanted || conversion_exists(r#type, wanted))
}

/// Smaller is preferred: what takes more values without loss.
fn rank(r#type: &Type) -> u8 {
    match r#type {
        Type::String | Type::List(_) | Type::Map(_) => 0,
        Type::Bool | Type::Number | Type::Tuple(_) | Type::Object(_) => 1,
        Type::Set(_) => 2,
        Type::Dynamic => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, r#type: Type) -> Type {
        Type::object([(name, r#type)])
    }

    #[test]
    fn primitives_become_strings_only_when_one_is() {
        assert_eq!(unify(&[Type::Number, Type::Bool, Type::String]), Some(Type::String));
        assert_eq!(unify(&[Type::Dynamic, Type::Number]), Some(Type::Number));
        assert_eq!(unify(&[Type::Number, Type::Bool]), None);
        assert_eq!(unify(&[]), None);
    }

    #[test]
    fn objects_of_the_same_names_stay_objects() {
        assert_eq!(unify(&[pair("a", Type::Number), pair("a", Type::String)]), Some(pair("a", Type::String)));
        assert_eq!(unify(&[pair("a", Type::Number), pair("b", Type::String)]), Some(Type::map(Type::String)));
        assert_eq!(unify(&[pair("a", Type::Number), pair("b", Type::tuple([]))]), None);
        assert_eq!(unify(&[pair("a", Type::Number), Type::Dynamic]), Some(Type::Dynamic));
    }

    #[test]
    fn tuples_of_different_length_become_lists() {
        let one = Type::tuple([Type::Number]);
        assert_eq!(unify(&[one.clone(), Type::tuple([])]), Some(Type::list(Type::Number)));
        assert_eq!(unify(&[one.clone(), Type::tuple([Type::String])]), Some(Type::tuple([Type::String])));
        assert_eq!(unify(&[one, Type::list(Type::String)]), Some(Type::list(Type::String)));
    }
}
