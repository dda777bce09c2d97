//! Structural difference.

use crate::{AttributePath, Kind, Number, Value};

/// Returns the paths of the smallest parts in which two values differ, marks left aside. Sets differ as a whole; nulls of
/// any type are the same.
pub fn differences(a: &Value, b: &Value) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    collect(Some(a), Some(b), &AttributePath::root(), &mut paths);
    paths
}

fn collect(a: Option<&Value>, b: Option<&Value>, path: &AttributePath, paths: &mut Vec<AttributePath>) {
    let (Some(left), Some(right)) = (a, b) else {
        paths.push(path.clone());
        return;
    };
    match (left.kind(), right.kind()) {
        (Kind::Object(a), Kind::Object(b)) => {
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                collect(a.get(name), b.get(name), &path.attribute(name.clone()), paths);
            }
        }
        (Kind::Map(_, a), Kind::Map(_, b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                collect(a.get(key), b.get(key), &path.index(key.clone()), paths);
            }
        }
        (Kind::List(_, a), Kind::List(_, b)) | (Kind::Tuple(a), Kind::Tuple(b)) => {
            for index in 0..a.len().max(b.len()) {
                collect(a.get(index), b.get(index), &path.index(Number::from(index)), paths);
            }
        }
        (Kind::Null(_), Kind::Null(_)) => {}
        _ if left.unmarked_deep() == right.unmarked_deep() => {}
        _ => paths.push(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::differences;
    use crate::{Marks, Value};

    #[test]
    fn finds_the_smallest_parts_that_differ() {
        let list = |n: i64| Value::tuple(vec![1.into(), n.into()]);
        let a = Value::object_of([("a", list(2)), ("b", "x".into()), ("c", 1.into())]);
        let b = Value::object_of([("a", list(3)), ("b", Value::from("x").with_marks(Marks::SENSITIVE))]);
        let paths: Vec<String> = differences(&a, &b).iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["a[1]", "c"]);
    }
}
