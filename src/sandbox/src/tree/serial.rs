//! Trees as JSON: on the wire, and in the sandbox's file.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

use crate::timestamp::Timestamp;
use crate::tree::Tree;

/// Marks a moment in the sandbox's file.
const TIME: &str = "$time";

impl Tree {
    /// Returns the JSON of the wire: moments are seconds since 1970, nulls are left out of objects.
    pub fn to_json(&self) -> Value {
        self.json(&|moment| Number::from_f64(moment.seconds()).map_or(Value::Null, Value::Number))
    }

    /// Reads JSON of the wire.
    pub fn from_json(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => match number.as_i64() {
                Some(number) => Self::Int(number),
                None => Self::Number(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from_json).collect()),
            Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, Self::from_json(value))).collect())
            }
        }
    }

    fn json(&self, time: &dyn Fn(Timestamp) -> Value) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(number) => Value::Number((*number).into()),
            Self::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String(text.clone()),
            Self::Time(moment) => time(*moment),
            Self::List(items) => Value::Array(items.iter().map(|item| item.json(time)).collect()),
            Self::Object(members) => {
                let members = members.iter().filter(|(_, value)| !matches!(value, Self::Null));
                Value::Object(members.map(|(name, value)| (name.clone(), value.json(time))).collect())
            }
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let marked = |moment: Timestamp| Value::Object(Map::from_iter([(TIME.to_owned(), moment.millis().into())]));
        self.json(&marked).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(with_times(Self::from_json(Value::deserialize(deserializer)?)))
    }
}

fn with_times(tree: Tree) -> Tree {
    match tree {
        Tree::Object(members) => match members.get(TIME) {
            Some(Tree::Int(millis)) if members.len() == 1 => Tree::Time(Timestamp::from_millis(*millis)),
            _ => Tree::Object(members.into_iter().map(|(name, value)| (name, with_times(value))).collect()),
        },
        Tree::List(items) => Tree::List(items.into_iter().map(with_times).collect()),
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn files_keep_moments_and_the_wire_has_seconds() {
        let tree = tree! { "at": Timestamp::from_millis(1500), "none": Tree::Null, "n": 1.5, "items": vec![1, 2] };
        assert_eq!(tree.to_json().to_string(), r#"{"at":1.5,"n":1.5,"items":[1,2]}"#);
        let file = serde_json::to_string(&tree).unwrap();
        assert_eq!(serde_json::from_str::<Tree>(&file).unwrap(), tree);
    }
}
