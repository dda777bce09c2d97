//! Tags of an object.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_value::schema::{Attribute, Block};
use landfall_value::{Kind, Type, Value};

use crate::codec::{DecodeError, Field};
use crate::planning::Facts;

/// Tags of an object: attribute `tags` holds what the user wrote, `tags_all` that and the provider's default tags.
///
/// Two are equal when all tags are: what matters to the service.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    /// What the user wrote; `None` if nothing.
    pub own: Option<BTreeMap<String, String>>,
    /// What the object carries, or will carry.
    pub all: BTreeMap<String, String>,
}

impl Tags {
    /// Returns tags as the service has them, without those of the service itself (`aws:`) and those to be ignored.
    ///
    /// A default tag counts as the user's own only if `known` has it as such.
    pub fn observed(all: BTreeMap<String, String>, defaults: &BTreeMap<String, String>, known: Option<&Self>) -> Self {
        let known_own = known.and_then(|tags| tags.own.as_ref());
        let is_own = |key: &String, value: &String| {
            defaults.get(key) != Some(value) || known_own.is_some_and(|own| own.contains_key(key))
        };
        let own: BTreeMap<_, _> =
            all.iter().filter(|(key, value)| is_own(key, value)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let was_unset = known.is_none_or(|tags| tags.own.is_none());
        let own = if own.is_empty() && was_unset { None } else { Some(own) };
        Self { own, all }
    }

    /// Returns the tags to set, and the keys to remove, to get from `prior` to these.
    pub fn changes_from(&self, prior: &Self) -> TagChanges {
        let set = self.all.iter().filter(|(key, value)| prior.all.get(*key) != Some(value));
        let remove = prior.all.keys().filter(|key| !self.all.contains_key(*key));
        TagChanges { set: set.map(|(k, v)| (k.clone(), v.clone())).collect(), remove: remove.cloned().collect() }
    }

    /// Adds the attributes `tags` and `tags_all`.
    #[doc(hidden)]
    pub fn add_to(block: &mut Block, framework: bool, description: &str) {
        let map = || Attribute::plain(Type::map(Type::String));
        let own = Attribute { optional: true, zero_is_null: !framework, description: description.into(), ..map() };
        let description = "Tags with the provider's default tags.".into();
        let all = Attribute { optional: !framework, computed: true, description, ..map() };
        block.attributes.insert("tags".into(), own);
        block.attributes.insert("tags_all".into(), all);
    }

    /// Reads `tags` and `tags_all`.
    ///
    /// # Errors
    /// When `tags` is not known.
    #[doc(hidden)]
    pub fn read_from(object: &Value) -> Result<Self, DecodeError> {
        let own: Option<BTreeMap<String, Option<String>>> = crate::codec::support::get(object, "tags")?;
        let own = own.map(without_nulls);
        let all = object.get("tags_all").filter(|all| !all.is_null() && all.is_wholly_known());
        let all = match all {
            Some(all) => without_nulls(Field::decode(all).map_err(|error| error.in_attribute("tags_all"))?),
            None => own.clone().unwrap_or_default(),
        };
        Ok(Self { own, all })
    }

    /// Writes `tags` and `tags_all`.
    #[doc(hidden)]
    pub fn write_into(&self, into: &mut BTreeMap<Arc<str>, Value>) {
        into.insert("tags".into(), self.own.encode());
        into.insert("tags_all".into(), self.all.encode());
    }
}

impl PartialEq for Tags {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl Eq for Tags {}

/// What differs between two sets of tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChanges {
    /// Tags to set.
    pub set: BTreeMap<String, String>,
    /// Keys to remove.
    pub remove: Vec<String>,
}

fn without_nulls(tags: BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
    tags.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// Returns what `tags_all` will be for a proposed object: default tags with the object's own over them.
pub(crate) fn planned_all(facts: &Facts, proposed: &Value) -> Value {
    let defaults =
        facts.default_tags.iter().map(|(key, value)| (Arc::from(key.as_str()), Value::string(value.as_str())));
    let mut all: BTreeMap<Arc<str>, Value> = defaults.collect();
    match proposed.get("tags").map(Value::kind) {
        Some(Kind::Unknown(..)) => return Value::unknown(Type::map(Type::String)),
        Some(Kind::Map(_, own) | Kind::Object(own)) => {
            all.extend(
                own.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        _ => {}
    }
    Value::map(Type::String, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(tags: &[(&str, &str)]) -> BTreeMap<String, String> {
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn default_tags_are_not_the_users_own() {
        let tags = Tags::observed(map(&[("team", "a"), ("name", "x")]), &map(&[("team", "a")]), None);
        assert_eq!(tags.own, Some(map(&[("name", "x")])));
        assert_eq!(tags.all.len(), 2);
    }

    #[test]
    fn a_default_tag_that_the_user_wrote_too_stays_own() {
        let known = Tags { own: Some(map(&[("team", "a")])), all: map(&[("team", "a")]) };
        let tags = Tags::observed(map(&[("team", "a")]), &map(&[("team", "a")]), Some(&known));
        assert_eq!(tags.own, Some(map(&[("team", "a")])));
    }

    #[test]
    fn changes_name_new_and_removed_tags() {
        let prior = Tags { own: None, all: map(&[("a", "1"), ("b", "2")]) };
        let planned = Tags { own: None, all: map(&[("a", "1"), ("c", "3")]) };
        assert_eq!(planned.changes_from(&prior), TagChanges { set: map(&[("c", "3")]), remove: vec!["b".into()] });
    }

    #[test]
    fn planned_tags_put_the_objects_own_over_the_defaults() {
        let facts = Facts { default_tags: map(&[("team", "a"), ("name", "d")]), ..Facts::default() };
        let own = Value::map(Type::String, [("name".into(), "x".into())].into());
        let all = planned_all(&facts, &Value::object_of([("tags", own)]));
        assert_eq!(all.get("team"), Some(&"a".into()));
        assert_eq!(all.get("name"), Some(&"x".into()));
    }
}
