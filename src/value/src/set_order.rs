//! Order of the elements of a set: Terraform's, so that what users see and what depends on it agree.

use std::cmp::Ordering;
use std::fmt::Write;

use crate::{Kind, Value};

/// Sorts the elements of a set and drops doubles. Elements that are not wholly known equal no other.
pub(crate) fn sort_and_dedup(members: &mut Vec<Value>) {
    if members.len() < 2 {
        return;
    }
    let primitive = |value: &Value| matches!(value.kind(), Kind::Bool(_) | Kind::Number(_) | Kind::String(_));
    if members.iter().all(primitive) {
        members.sort_by(compare_primitive);
    } else {
        members.sort_by_cached_key(|value| (rank(value), primitive_key(value), text(value)));
    }
    members.dedup_by(|next, previous| next == previous && previous.is_wholly_known());
}

fn compare_primitive(a: &Value, b: &Value) -> Ordering {
    match (a.kind(), b.kind()) {
        (Kind::String(a), Kind::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Kind::Number(a), Kind::Number(b)) => a.cmp(b),
        (Kind::Bool(a), Kind::Bool(b)) => a.cmp(&b),
        _ => Ordering::Equal,
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Known,
    Unknown,
    Null,
}

fn rank(value: &Value) -> Rank {
    match value.kind() {
        Kind::Null(_) => Rank::Null,
        Kind::Unknown(..) => Rank::Unknown,
        _ => Rank::Known,
    }
}

fn primitive_key(value: &Value) -> (Option<crate::Number>, Option<String>) {
    (value.as_number().cloned(), value.as_str().map(str::to_owned))
}

/// Returns the text by which elements without an order of their own are sorted.
fn text(value: &Value) -> String {
    let mut text = String::new();
    append(value, &mut text);
    text
}

fn append(value: &Value, text: &mut String) {
    match value.kind() {
        Kind::Unknown(..) => text.push('?'),
        Kind::Null(_) => text.push('~'),
        Kind::Bool(value) => text.push(if value { 'T' } else { 'F' }),
        Kind::Number(number) => text.push_str(&number.hash_text()),
        Kind::String(string) => quote(string, text),
        Kind::List(_, elements) | Kind::Set(_, elements) => enclose('[', elements, ']', text),
        Kind::Tuple(elements) => enclose('<', elements, '>', text),
        Kind::Object(attributes) => enclose('<', attributes.values(), '>', text),
        Kind::Map(_, elements) => {
            text.push('{');
            for (key, element) in elements {
                quote(key, text);
                text.push(':');
                append(element, text);
                text.push(';');
            }
            text.push('}');
        }
    }
}

fn enclose<'a>(open: char, elements: impl IntoIterator<Item = &'a Value>, close: char, text: &mut String) {
    text.push(open);
    for element in elements {
        append(element, text);
        text.push(';');
    }
    text.push(close);
}

fn quote(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\u{7}' => text.push_str("\\a"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{b}' => text.push_str("\\v"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                let _ = write!(text, "\\x{:02x}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use crate::{Type, Value};

    fn in_order(element: Type, members: Vec<Value>) -> String {
        format!("{:?}", Value::set(element, members))
    }

    #[test]
    fn orders_primitive_elements_by_value() {
        assert_eq!(in_order(Type::Number, [10, 9, 10].map(|n: i64| n.into()).to_vec()), "{9, 10}");
        assert_eq!(in_order(Type::Bool, vec![true.into(), false.into()]), "{false, true}");
        let words = ["é", "a", "B"].map(Value::from).to_vec();
        assert_eq!(in_order(Type::String, words), r#"{"B", "a", "é"}"#);
    }

    #[test]
    fn null_comes_last_and_unknown_elements_stay() {
        let members =
            vec![Value::null(Type::String), Value::unknown(Type::String), "a".into(), Value::unknown(Type::String)];
        assert_eq!(in_order(Type::String, members), r#"{"a", unknown(String), unknown(String), null}"#);
    }

    #[test]
    fn orders_objects_by_their_text() {
        let object = |n: i64| Value::object_of([("n", Value::from(n))]);
        let element = Type::object([("n", Type::Number)]);
        assert_eq!(in_order(element, vec![object(9), object(10), object(9)]), r#"{{"n": 10}, {"n": 9}}"#);
    }
}
