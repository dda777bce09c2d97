//! Tags: what users write, what the provider's defaults add, what AWS and we keep to ourselves.
//!
//! [`Tags`] holds the tags of one resource block and those with the provider's `default_tags` under them, which are
//! what is sent. Tags in `aws:`, tags that the provider ignores and the intent tag are never seen and never changed.

use std::collections::{BTreeMap, BTreeSet};

use landfall_provider::{CallResult, Created, TagChanges, Tags, Token, Traced};

/// Names and values.
pub type TagMap = BTreeMap<String, String>;

/// Key of the tag that ties an object to the creation that made it, where the service takes no client token.
pub const INTENT: &str = "landfall:intent";

/// Default and ignored tags of a provider configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagRules {
    /// Under the tags of every object that takes tags.
    pub defaults: TagMap,
    /// Keys that are left alone.
    pub ignored_keys: BTreeSet<String>,
    /// Starts of keys that are left alone.
    pub ignored_prefixes: BTreeSet<String>,
}

impl TagRules {
    /// Returns whether a tag is ours to see and to change.
    pub fn sees(&self, key: &str) -> bool {
        !key.starts_with("aws:")
            && key != INTENT
            && !self.ignored_keys.contains(key)
            && !self.ignored_prefixes.iter().any(|prefix| key.starts_with(prefix))
    }

    /// Returns the tags of an object from those that the service has; `known` are the object's tags so far.
    pub fn observed(&self, remote: TagMap, known: Option<&Tags>) -> Tags {
        let seen = remote.into_iter().filter(|(key, _)| self.sees(key)).collect();
        Tags::observed(seen, &self.defaults, known)
    }

    /// Returns what to set and to remove, ignored tags left alone; `None` if nothing. Without `prior`, tags were part
    /// of the creation.
    pub fn changes(&self, prior: Option<&Tags>, planned: &Tags) -> Option<TagChanges> {
        let mut changes = planned.changes_from(prior?);
        changes.set.retain(|key, _| self.sees(key));
        changes.remove.retain(|key| self.sees(key));
        (changes != TagChanges::default()).then_some(changes)
    }
}

/// Returns tags with the one that ties the object to its creation.
pub fn with_intent(mut tags: TagMap, token: &Token) -> TagMap {
    tags.insert(INTENT.to_owned(), token.to_string());
    tags
}

/// Returns what a creation made, from what has its name: that it is the creation's, only the intent tag tells.
pub fn traced_by_tag<T: ServiceTag>(id: impl Into<String>, tags: &[T], token: &Token) -> Traced {
    let is_ours = tags.iter().map(ServiceTag::pair).any(|(key, value)| key == INTENT && value == **token);
    if is_ours { Traced::Made(Created::with_id(id)) } else { Traced::Nothing }
}

/// A service's own tag type.
pub trait ServiceTag: Sized {
    /// Returns the tag.
    ///
    /// # Errors
    /// When the SDK's builder refuses.
    fn of(key: &str, value: &str) -> CallResult<Self>;

    /// Returns key and value.
    fn pair(&self) -> (String, String);
}

/// Returns tags as the service takes them, in order of key.
///
/// # Errors
/// When the SDK's builder refuses.
pub fn to_service<T: ServiceTag>(tags: &TagMap) -> CallResult<Vec<T>> {
    tags.iter().map(|(key, value)| T::of(key, value)).collect()
}

/// Returns tags as the service gave them.
pub fn from_service<T: ServiceTag>(tags: &[T]) -> TagMap {
    tags.iter().map(ServiceTag::pair).collect()
}

/// Implements [`ServiceTag`]: `fallible` where the builder's `build` answers a `Result`.
macro_rules! service_tag {
    ($type:ty, $key:ident, $value:ident) => {
        impl ServiceTag for $type {
            fn of(key: &str, value: &str) -> CallResult<Self> {
                Ok(Self::builder().$key(key).$value(value).build())
            }

            fn pair(&self) -> (String, String) {
                (self.$key().unwrap_or_default().to_owned(), self.$value().unwrap_or_default().to_owned())
            }
        }
    };
    (fallible $type:ty, $key:ident, $value:ident) => {
        impl ServiceTag for $type {
            fn of(key: &str, value: &str) -> CallResult<Self> {
                crate::error::Answer::answer(Self::builder().$key(key).$value(value).build())
            }

            fn pair(&self) -> (String, String) {
                (self.$key().to_owned(), self.$value().to_owned())
            }
        }
    };
}

service_tag!(aws_sdk_autoscaling::types::TagDescription, key, value);
service_tag!(aws_sdk_ec2::types::Tag, key, value);
service_tag!(fallible aws_sdk_iam::types::Tag, key, value);
service_tag!(fallible aws_sdk_kms::types::Tag, tag_key, tag_value);
service_tag!(fallible aws_sdk_ssm::types::Tag, key, value);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::tag_map;

    fn rules() -> TagRules {
        TagRules {
            defaults: tag_map(&[("team", "a"), ("env", "dev")]),
            ignored_keys: BTreeSet::from(["left".to_owned()]),
            ignored_prefixes: BTreeSet::from(["k8s/".to_owned()]),
        }
    }

    #[test]
    fn tags_of_others_are_not_seen() {
        let remote =
            tag_map(&[("aws:x", "1"), (INTENT, "t"), ("left", "1"), ("k8s/a", "1"), ("team", "a"), ("mine", "1")]);
        let tags = rules().observed(remote, None);
        assert_eq!(tags.all, tag_map(&[("mine", "1"), ("team", "a")]));
        assert_eq!(tags.own, Some(tag_map(&[("mine", "1")])));
    }

    #[test]
    fn changes_leave_ignored_tags_alone() {
        let tags = |pairs| Tags { own: None, all: tag_map(pairs) };
        let prior = tags(&[("old", "1"), ("same", "1"), ("moved", "1"), ("left", "1")]);
        let planned = tags(&[("same", "1"), ("moved", "2"), ("new", "1"), ("k8s/x", "1")]);
        let changes = rules().changes(Some(&prior), &planned).unwrap();
        assert_eq!(changes.set, tag_map(&[("moved", "2"), ("new", "1")]));
        assert_eq!(changes.remove, ["old"]);
        assert_eq!(rules().changes(Some(&prior), &prior), None);
        assert_eq!(rules().changes(None, &planned), None);
    }
}
