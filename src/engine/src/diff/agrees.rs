//! Whether a final plan keeps what the first one promised.

use landfall_value::{AttributePath, Kind, Value};

/// Returns the first part that was known in `planned` and is something else in `actual`; `None` if they agree. Marks do
/// not matter.
pub(crate) fn agrees(planned: &Value, actual: &Value) -> Option<AttributePath> {
    differs(planned, actual, &AttributePath::root())
}

fn differs(planned: &Value, actual: &Value, path: &AttributePath) -> Option<AttributePath> {
    match (planned.kind(), actual.kind()) {
        (Kind::Unknown(..), _) => None,
        (Kind::Object(planned), Kind::Object(actual)) => planned.iter().find_map(|(name, part)| {
            let path = path.attribute(name.clone());
            match actual.get(name) {
                Some(other) => differs(part, other, &path),
                None => Some(path),
            }
        }),
        (Kind::Map(_, planned), Kind::Map(_, actual)) if planned.len() == actual.len() => {
            planned.iter().find_map(|(name, part)| {
                let path = path.index(name.clone());
                match actual.get(name) {
                    Some(other) => differs(part, other, &path),
                    None => Some(path),
                }
            })
        }
        (Kind::List(_, planned), Kind::List(_, actual)) | (Kind::Tuple(planned), Kind::Tuple(actual))
            if planned.len() == actual.len() =>
        {
            planned
                .iter()
                .zip(actual)
                .enumerate()
                .find_map(|(i, (part, other))| differs(part, other, &path.index(i as i64)))
        }
        // Elements of a set that were not known cannot be told apart.
        (Kind::Set(..), Kind::Set(..)) if !planned.is_wholly_known() => None,
        (Kind::Null(_), Kind::Null(_)) => None,
        _ => (planned.unmarked_deep() != actual.unmarked_deep()).then(|| path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use landfall_value::Type;

    use super::*;

    fn object(size: Value) -> Value {
        Value::object_of([("name", Value::from("a")), ("size", size)])
    }

    #[test]
    fn what_was_not_known_may_become_anything() {
        assert_eq!(agrees(&object(Value::unknown(Type::Number)), &object(3.into())), None);
        assert_eq!(agrees(&object(Value::unknown(Type::Number)), &object(Value::null(Type::Number))), None);
    }

    #[test]
    fn what_was_known_stays() {
        let path = agrees(&object(2.into()), &object(3.into())).map(|path| path.to_string());
        assert_eq!(path.as_deref(), Some("size"));
        let shorter = Value::list(Type::Number, vec![1.into()]);
        let longer = Value::list(Type::Number, vec![1.into(), 2.into()]);
        assert!(agrees(&object(shorter), &object(longer)).is_some());
    }

    #[test]
    fn marks_make_no_difference() {
        let secret = Value::from(2).with_marks(landfall_value::Marks::SENSITIVE);
        assert_eq!(agrees(&object(2.into()), &object(secret)), None);
    }
}
