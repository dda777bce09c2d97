//! Tags of keys.

use std::collections::BTreeMap;

use super::{existing, existing_mut, lasting, listed};
use crate::families::constraints::length;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Tags of one key.
pub type Tags = BTreeMap<String, String>;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write("TagResource", &["KeyId", "Tags"], tag),
        write("UntagResource", &["KeyId", "TagKeys"], untag),
        read("ListResourceTags", &["KeyId", "Limit", "Marker"], list),
    ],
    events: &[],
};

const MOST: usize = 50;

/// Returns the tags of a request.
///
/// # Errors
/// When they are refused.
pub fn given(input: &Tree) -> Result<Tags, Fault> {
    let refused = |message: &str| Err(Fault::new("TagException", message));
    let mut tags = Tags::new();
    for tag in input.list_at("Tags") {
        let (key, value) = (tag.need("TagKey")?, tag.text("TagValue")?.unwrap_or_default());
        length(1, 128).check("tags.member.tagKey", key)?;
        length(0, 256).check("tags.member.tagValue", value)?;
        if key.to_lowercase().starts_with("aws:") {
            return refused("Tags beginning with aws: are reserved");
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return refused("Duplicate tag keys");
        }
    }
    check_count(&tags)?;
    Ok(tags)
}

fn check_count(tags: &Tags) -> Result<(), Fault> {
    if tags.len() > MOST { Err(Fault::new("TagException", "Too many tags")) } else { Ok(()) }
}

fn tag(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let new = given(input)?;
    if new.is_empty() {
        return Err(Fault::missing("Tags"));
    }
    let (_, key) = lasting(scope, input, "KeyId")?;
    let mut all = key.tags.clone();
    all.extend(new);
    check_count(&all)?;
    existing_mut(scope, input)?.tags = all;
    Ok(Tree::object())
}

fn untag(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let keys = input.texts("TagKeys");
    if keys.is_empty() {
        return Err(Fault::missing("TagKeys"));
    }
    lasting(scope, input, "KeyId")?;
    existing_mut(scope, input)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Tree::object())
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (_, key) = existing(scope, input, "KeyId")?;
    listed(input, 50, "Tags", key.tags.iter().map(|(key, value)| tree! { "TagKey": key, "TagValue": value }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::kms::key::tests::key;
    use crate::testing::{Cloud, code};

    #[test]
    fn tags_are_added_replaced_and_taken_away() {
        let cloud = Cloud::new();
        let id = key(&cloud);
        let tag = |key: &str, value: &str| tree! { "TagKey": key, "TagValue": value };
        let with = |tags: Vec<Tree>| cloud.call("kms", "TagResource", tree! { "KeyId": id.as_str(), "Tags": tags });
        with(vec![tag("a", "1"), tag("b", "2")]).unwrap();
        with(vec![tag("b", "3")]).unwrap();
        cloud.call("kms", "UntagResource", tree! { "KeyId": id.as_str(), "TagKeys": vec!["a"] }).unwrap();
        let list = cloud.call("kms", "ListResourceTags", tree! { "KeyId": id.as_str() }).unwrap();
        assert_eq!(list.list_at("Tags"), [tag("b", "3")]);
        assert_eq!(code(with(vec![tag("aws:a", "1")])), "TagException");
    }
}
