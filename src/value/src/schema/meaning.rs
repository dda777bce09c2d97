//! Values that differ in text and mean the same to the service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Kind, Number, Value};

use super::{Attribute, AttributeType, Block, Equivalence, Nesting, policy};

/// Returns whether two values of an attribute mean the same: equal, or equivalent by the flags of the attribute.
/// Marks do not matter; unknown values are the same only if they are equal.
pub fn same_meaning(attribute: &Attribute, a: &Value, b: &Value) -> bool {
    let (a, b) = (a.unmarked_deep(), b.unmarked_deep());
    if a == b || attribute.zero_is_null && is_zero(&a) && is_zero(&b) {
        return true;
    }
    match &attribute.r#type {
        AttributeType::Nested(nesting, block) => same_nested(*nesting, block, &a, &b),
        AttributeType::Plain(_) if attribute.as_block => same_objects(&a, &b),
        AttributeType::Plain(_) => attribute.equivalence.is_some_and(|equivalence| equivalence.holds(&a, &b)),
    }
}

/// Returns whether collections of objects are the same where null and zero values are: an object written as a block
/// has nulls where one written as an attribute has empty texts and lists.
fn same_objects(a: &Value, b: &Value) -> bool {
    let same_object = |a: &Value, b: &Value| match (a.as_map(), b.as_map()) {
        (Some(left), Some(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, a)| right.get(name).is_some_and(|b| a == b || is_zero(a) && is_zero(b)))
        }
        _ => a == b,
    };
    match (a.kind(), b.kind()) {
        (Kind::List(_, a), Kind::List(_, b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_object(a, b)),
        (Kind::Set(_, a), Kind::Set(_, b)) => {
            a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| same_object(a, b)))
        }
        _ => false,
    }
}

/// Returns whether two objects of a block mean the same.
pub fn equal_with_schema(block: &Block, a: &Value, b: &Value) -> bool {
    let (Some(left), Some(right)) = (a.as_map(), b.as_map()) else {
        return a.unmarked_deep() == b.unmarked_deep();
    };
    let attributes = block.attributes.iter().all(|(name, attribute)| match (left.get(name), right.get(name)) {
        (Some(a), Some(b)) => same_meaning(attribute, a, b),
        (a, b) => a == b,
    });
    attributes
        && block.blocks.iter().all(|(name, nested)| match (left.get(name), right.get(name)) {
            (Some(a), Some(b)) => same_nested(nested.nesting, &nested.block, a, b),
            (a, b) => a == b,
        })
}

fn same_nested(nesting: Nesting, block: &Block, a: &Value, b: &Value) -> bool {
    match (nesting, a.kind(), b.kind()) {
        (Nesting::Single, ..) => equal_with_schema(block, a, b),
        (Nesting::Map, Kind::Map(_, a), Kind::Map(_, b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((i, a), (j, b))| i == j && equal_with_schema(block, a, b))
        }
        (Nesting::List, Kind::List(_, a), Kind::List(_, b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal_with_schema(block, a, b))
        }
        (Nesting::Set, Kind::Set(_, a), Kind::Set(_, b)) => {
            a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| equal_with_schema(block, a, b)))
        }
        _ => a.unmarked_deep() == b.unmarked_deep(),
    }
}

/// Returns whether a value is null or the zero value of its type.
pub(super) fn is_zero(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) => true,
        Kind::Unknown(..) | Kind::Object(_) | Kind::Tuple(_) => false,
        Kind::Bool(value) => !value,
        Kind::Number(number) => number.is_zero(),
        Kind::String(text) => text.is_empty(),
        Kind::List(_, elements) | Kind::Set(_, elements) => elements.is_empty(),
        Kind::Map(_, elements) => elements.is_empty(),
    }
}

impl Equivalence {
    /// Returns whether two values are equivalent; collections are compared by element.
    pub fn holds(self, a: &Value, b: &Value) -> bool {
        match (a.kind(), b.kind()) {
            (Kind::String(a), Kind::String(b)) => self.same_text(a, b),
            (Kind::List(_, a), Kind::List(_, b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || self.holds(a, b))
            }
            (Kind::Set(_, a), Kind::Set(_, b)) => {
                a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| a == b || self.holds(a, b)))
            }
            (Kind::Map(_, a), Kind::Map(_, b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((i, a), (j, b))| i == j && (a == b || self.holds(a, b)))
            }
            _ => false,
        }
    }

    /// Returns whether two texts are equivalent.
    pub fn same_text(self, a: &str, b: &str) -> bool {
        fn by<T: PartialEq>(a: &str, b: &str, read: impl Fn(&str) -> Option<T>) -> bool {
            matches!((read(a), read(b)), (Some(a), Some(b)) if a == b)
        }
        a == b
            || match self {
                Self::Json => by(a, b, json),
                Self::Policy => by(a, b, policy::normal_form),
                Self::CaseInsensitive => a.to_lowercase() == b.to_lowercase(),
                Self::Cidr => by(a, b, network),
                Self::Base64 => decodes_to(a, b) || decodes_to(b, a),
                Self::Scalar => by(a, b, Number::parse) || by(a, b, truth),
                Self::Trimmed => trimmed(a) == trimmed(b),
            }
    }
}

/// Reads a document; an empty text is the empty document.
fn json(text: &str) -> Option<serde_json::Value> {
    let text = text.trim();
    if text.is_empty() { Some(serde_json::Value::Null) } else { serde_json::from_str(text).ok() }
}

fn trimmed(text: &str) -> &str {
    text.trim().trim_end_matches(['.', '/'])
}

fn decodes_to(encoded: &str, text: &str) -> bool {
    STANDARD.decode(encoded).is_ok_and(|bytes| bytes == text.as_bytes())
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Returns the address with the bits below the prefix cleared, and the prefix length.
pub(super) fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let length: u8 = length.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(address) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            Some((Ipv4Addr::from(u32::from(address) & mask).into(), length))
        }
        IpAddr::V6(address) if length <= 128 => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            Some((Ipv6Addr::from(u128::from(address) & mask).into(), length))
        }
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(equivalence: Equivalence, a: &str, b: &str) {
        assert!(equivalence.same_text(a, b), "{equivalence:?}: {a} and {b}");
    }

    fn differ(equivalence: Equivalence, a: &str, b: &str) {
        assert!(!equivalence.same_text(a, b), "{equivalence:?}: {a} and {b}");
    }

    #[test]
    fn texts_that_mean_the_same_are_equivalent() {
        same(Equivalence::Json, r#"{"a":1,"b":[2]}"#, "{ \"b\": [2], \"a\": 1 }");
        differ(Equivalence::Json, "[1,2]", "[2,1]");
        same(Equivalence::CaseInsensitive, "Allow", "allow");
        same(Equivalence::Cidr, "10.0.3.0/16", "10.0.0.0/16");
        same(Equivalence::Cidr, "2001:DB8::/32", "2001:db8:0::/32");
        differ(Equivalence::Cidr, "10.0.0.0/16", "10.0.0.0/17");
        same(Equivalence::Base64, "aGk=", "hi");
        same(Equivalence::Scalar, "1.0", "1");
        same(Equivalence::Scalar, "TRUE", "1");
        same(Equivalence::Trimmed, "example.org.", "example.org");
        differ(Equivalence::Trimmed, "a", "b");
    }

    #[test]
    fn objects_written_as_blocks_and_as_attributes_are_one() {
        let object = |port: &str, note: Value| Value::object_of([("port", port.into()), ("note", note)]);
        let null = || Value::null(crate::Type::String);
        let set = |objects: Vec<Value>| Value::set(object("", null()).r#type(), objects);
        let mut attribute = Attribute::plain(set(Vec::new()).r#type());
        let as_attributes = set(vec![object("1", "".into()), object("2", "a".into())]);
        let as_blocks = set(vec![object("2", "a".into()), object("1", null())]);
        assert!(!same_meaning(&attribute, &as_attributes, &as_blocks));
        attribute.as_block = true;
        assert!(same_meaning(&attribute, &as_attributes, &as_blocks));
        assert!(!same_meaning(&attribute, &as_attributes, &set(vec![object("1", null()), object("2", null())])));
    }

    #[test]
    fn null_and_zero_are_one_where_the_schema_says_so() {
        let mut attribute = Attribute::plain(crate::Type::String);
        assert!(!same_meaning(&attribute, &"".into(), &Value::null(crate::Type::String)));
        attribute.zero_is_null = true;
        assert!(same_meaning(&attribute, &"".into(), &Value::null(crate::Type::String)));
        assert!(!same_meaning(&attribute, &"a".into(), &Value::null(crate::Type::String)));
    }
}
