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
