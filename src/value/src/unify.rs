//! One type for values of different types: for conditionals, and for elements of collections.

use std::cmp::Ordering;
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
        return unify_as(types, Type::map).or_else(|| preferred(types));
    }
    if counts.lists > 0 && counts.lists == all {
        return unify_elements(types, &counts, Type::list);
    }
    if counts.lists > 0 && counts.lists + counts.tuples == all {
        return unify_as(types, Type::list).or_else(|| preferred(types));
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

/// Unifies structural types with collections of their kind: first among themselves, as a collection.
fn unify_as(types: &[Type], collection: impl Fn(Type) -> Type) -> Option<Type> {
    let (structural, mut collections): (Vec<Type>, Vec<Type>) =
        types.iter().cloned().partition(|r#type| matches!(r#type, Type::Object(_) | Type::Tuple(_)));
    collections.push(unify_members(&structural, collection)?);
    unify(&collections).filter(Type::is_collection)
}

/// Unifies structural types as a collection of all their members' types.
fn unify_members(types: &[Type], collection: impl Fn(Type) -> Type) -> Option<Type> {
    let mut members = Vec::new();
    for r#type in types {
        match r#type {
            Type::Object(object) => members.extend(object.attributes.values().cloned()),
            Type::Tuple(elements) => members.extend(elements.iter().cloned()),
            _ => {}
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

/// Returns the most general one of the types that all others convert to.
fn preferred(types: &[Type]) -> Option<Type> {
    let mut distinct: Vec<&Type> = Vec::new();
    for r#type in types {
        if !distinct.contains(&r#type) {
            distinct.push(r#type);
        }
    }
    most_general_first(&distinct).into_iter().find(|wanted| all_convert(types, wanted)).cloned()
}

fn all_convert(types: &[Type], wanted: &Type) -> bool {
    types.iter().all(|r#type| r#type == wanted || conversion_exists(r#type, wanted))
}

/// Sorts types so that a more general one precedes; others keep their order.
fn most_general_first<'a>(types: &[&'a Type]) -> Vec<&'a Type> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); types.len()];
    let mut before = vec![0_usize; types.len()];
    for (i, one) in types.iter().enumerate() {
        for (j, other) in types.iter().enumerate().skip(i + 1) {
            let (first, second) = match generality(one, other) {
                Ordering::Less => (i, j),
                Ordering::Greater => (j, i),
                Ordering::Equal => continue,
            };
            after[first].push(second);
            before[second] += 1;
        }
    }
    let mut order: Vec<usize> = (0..types.len()).filter(|index| before[*index] == 0).collect();
    let mut done = 0;
    while let Some(index) = order.get(done).copied() {
        done += 1;
        for next in &after[index] {
            before[*next] -= 1;
            if before[*next] == 0 {
                order.push(*next);
            }
        }
    }
    order.into_iter().map(|index| types[index]).collect()
}

/// Compares two types: less is more general. Equal says that neither is.
fn generality(a: &Type, b: &Type) -> Ordering {
    match (a, b) {
        (Type::Dynamic, Type::Dynamic) => Ordering::Equal,
        (_, Type::Dynamic) => Ordering::Less,
        (Type::Dynamic, _) => Ordering::Greater,
        (Type::String, Type::Bool | Type::Number) => Ordering::Less,
        (Type::Bool | Type::Number, Type::String) => Ordering::Greater,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            generality(a, b)
        }
        (Type::List(_) | Type::Tuple(_), Type::Set(_))
        | (Type::List(_), Type::Tuple(_))
        | (Type::Map(_), Type::Object(_)) => Ordering::Less,
        (Type::Set(_), Type::List(_) | Type::Tuple(_))
        | (Type::Tuple(_), Type::List(_))
        | (Type::Object(_), Type::Map(_)) => Ordering::Greater,
        (Type::Object(a), Type::Object(b)) if a.attributes.keys().eq(b.attributes.keys()) => {
            generality_of_all(a.attributes.values().zip(b.attributes.values()))
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => generality_of_all(a.iter().zip(b.iter())),
        _ => Ordering::Equal,
    }
}

fn generality_of_all<'a>(mut pairs: impl Iterator<Item = (&'a Type, &'a Type)>) -> Ordering {
    let found = pairs.try_fold(Ordering::Equal, |found, (a, b)| match (found, generality(a, b)) {
        (Ordering::Equal, next) => Some(next),
        (found, next) if next == Ordering::Equal || next == found => Some(found),
        _ => None,
    });
    found.unwrap_or(Ordering::Equal)
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

    #[test]
    fn a_list_beside_an_unknown_type_decides() {
        let list = Type::list(Type::String);
        let tuple = Type::tuple([Type::Number]);
        assert_eq!(unify(&[list.clone(), tuple.clone(), Type::Dynamic]), Some(list.clone()));
        assert_eq!(unify(&[list.clone(), Type::Dynamic]), Some(Type::Dynamic));
        assert_eq!(unify(&[Type::set(Type::String), tuple, list.clone()]), Some(list));
    }
}
