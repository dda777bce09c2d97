//! Defaults of optional attributes, applied to values before they are converted.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::{Kind, Value};

use crate::config::TypeDefaults;

impl TypeDefaults {
    /// Returns whether there is no default at any depth.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty()
    }

    /// Returns a value with defaults in place of attributes that are missing or null, at every depth. Collections become
    /// tuples and objects; conversion to the type makes them collections again.
    #[must_use]
    pub fn apply(&self, value: &Value) -> Value {
        if self.is_empty() {
            return value.clone();
        }
        let applied = match value.kind() {
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                let element = |(index, element): (usize, &Value)| match self.child(&index.to_string()) {
                    Some(child) => child.apply(element),
                    None => element.clone(),
                };
                Value::tuple(elements.iter().enumerate().map(element).collect())
            }
            Kind::Map(_, elements) | Kind::Object(elements) => Value::object(self.apply_to_members(elements)),
            Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {
                return value.clone();
            }
        };
        applied.with_marks(value.marks())
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.get(name).or_else(|| self.children.get(""))
    }

    fn apply_to_members(&self, members: &BTreeMap<Arc<str>, Value>) -> BTreeMap<Arc<str>, Value> {
        let mut applied: BTreeMap<Arc<str>, Value> = members
            .iter()
            .map(|(name, value)| (name.clone(), self.child(name).map_or_else(|| value.clone(), |c| c.apply(value))))
            .collect();
        for (name, default) in &self.attributes {
            if applied.get(name).is_none_or(Value::is_null) {
                let default = self.children.get(name).map_or_else(|| default.clone(), |child| child.apply(default));
                applied.insert(name.clone(), default);
            }
        }
        applied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults<const N: usize>(attributes: [(&str, Value); N]) -> TypeDefaults {
        let attributes = attributes.into_iter().map(|(name, value)| (name.into(), value)).collect();
        TypeDefaults { attributes, children: BTreeMap::new() }
    }

    #[test]
    fn null_and_missing_attributes_get_defaults_at_every_depth() {
        let mut outer = defaults([("size", Value::from(1))]);
        outer.children.insert(
            "disks".into(),
            TypeDefaults {
                attributes: BTreeMap::new(),
                children: BTreeMap::from([("".into(), defaults([("kind", Value::from("gp3"))]))]),
            },
        );
        let given = Value::object_of([
            ("size", Value::NULL),
            (
                "disks",
                Value::tuple(vec![Value::object_of::<&str>([]), Value::object_of([("kind", Value::from("io2"))])]),
            ),
        ]);
        let applied = outer.apply(&given);
        assert_eq!(applied.get("size"), Some(&Value::from(1)));
        let kinds: Vec<_> = applied.get("disks").unwrap().as_slice().unwrap().iter().map(|d| d.get("kind")).collect();
        assert_eq!(kinds, [Some(&Value::from("gp3")), Some(&Value::from("io2"))]);
    }

    #[test]
    fn a_null_object_stays_null() {
        assert!(defaults([("a", Value::TRUE)]).apply(&Value::NULL).is_null());
    }
}
