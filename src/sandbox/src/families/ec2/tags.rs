//! Tags of EC2's objects: kept in one place, by id.

use std::collections::BTreeMap;

use super::{PAGING, Store, kinds};
use crate::families::ec2::filters::Filters;
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Tags of one object.
pub type Tags = BTreeMap<String, String>;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("CreateTags", &["ResourceId", "Tag"], create),
        write("DeleteTags", &["ResourceId", "Tag"], delete),
        read("DescribeTags", &["Filter", "MaxResults", "NextToken"], describe),
    ],
    events: &[],
};

/// How many tags an object may have.
const MOST: usize = 50;

impl Store {
    /// Returns the tags of an object as answers have them.
    pub fn tag_set(&self, id: &str) -> Tree {
        let tags = self.tags.get(id).into_iter().flatten();
        Tree::list(tags.map(|(key, value)| tree! { "key": key, "value": value }))
    }

    /// Returns the value of an object's tag.
    pub fn tag(&self, id: &str, key: &str) -> Option<&str> {
        self.tags.get(id)?.get(key).map(String::as_str)
    }

    /// Sets tags of a new object.
    pub fn tag_new(&mut self, id: &str, tags: Tags) {
        if !tags.is_empty() {
            self.tags.insert(id.to_owned(), tags);
        }
    }
}

/// Returns the tags that a request for a new object carries for it.
///
/// # Errors
/// When they are for another type of object, or are refused.
pub fn specified(input: &Tree, resource_type: &str) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for specification in input.list_at("TagSpecification") {
        let named = specification.need("ResourceType")?;
        if named != resource_type {
            let why = format!("'{named}' is not a valid taggable resource type for this operation.");
            return Err(Fault::new("InvalidParameterValue", why));
        }
        tags.extend(pairs(specification.list_at("Tag"))?);
    }
    check_count(&tags)?;
    Ok(tags)
}

/// Returns tags from a list of keys and values; a tag without value has an empty one.
///
/// # Errors
/// When keys or values are refused.
pub fn pairs(list: &[Tree]) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for tag in list {
        let (key, value) = (tag.need("Key")?, tag.text("Value")?.unwrap_or_default());
        if key.to_lowercase().starts_with("aws:") {
            let message = "Tag keys starting with 'aws:' are reserved for internal use";
            return Err(Fault::new("InvalidParameterValue", message));
        }
        if key.chars().count() > 128 {
            return Err(Fault::new("InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters"));
        }
        if value.chars().count() > 256 {
            return Err(Fault::new("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters"));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Fault::new("InvalidParameterValue", format!("Duplicate tag key '{key}' specified.")));
        }
    }
    Ok(tags)
}

fn check_count(tags: &Tags) -> Result<(), Fault> {
    let own = tags.keys().filter(|key| !key.starts_with("aws:")).count();
    let message = "The maximum number of Tags for a resource has been reached.";
    if own > MOST { Err(Fault::new("TagLimitExceeded", message)) } else { Ok(()) }
}

fn existing<'a>(store: &Store, input: &'a Tree) -> Result<Vec<&'a str>, Fault> {
    let ids = input.texts("ResourceId");
    if ids.is_empty() {
        return Err(Fault::missing("resourceIdSet"));
    }
    match ids.iter().find(|id| !kinds::of_id(id).is_some_and(|kind| (kind.exists)(store, id))) {
        Some(absent) => Err(kinds::missing(absent)),
        None => Ok(ids),
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = existing(scope.ec2(), input)?;
    let tags = pairs(input.list_at("Tag"))?;
    if tags.is_empty() {
        return Err(Fault::missing("Tags"));
    }
    let store = scope.ec2_mut();
    for id in &ids {
        let mut all = store.tags.get(*id).cloned().unwrap_or_default();
        all.extend(tags.clone());
        check_count(&all)?;
    }
    for id in ids {
        store.tags.entry(id.to_owned()).or_default().extend(tags.clone());
    }
    Ok(tree! { "return": true })
}

/// Without tags all go; a tag with a value goes only where it has that value.
fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = existing(scope.ec2(), input)?;
    let named = input.list_at("Tag");
    for tag in named {
        tag.need("Key")?;
    }
    let store = scope.ec2_mut();
    for id in ids {
        let Some(tags) = store.tags.get_mut(id) else { continue };
        if named.is_empty() {
            tags.retain(|key, _| key.starts_with("aws:"));
        }
        for tag in named {
            let key = tag.need("Key")?;
            if tag.text("Value")?.is_none_or(|value| tags.get(key).is_some_and(|own| own == value)) {
                tags.remove(key);
            }
        }
    }
    Ok(tree! { "return": true })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    for (id, tags) in &scope.ec2().tags {
        let resource_type = kinds::of_id(id).map_or("", |kind| kind.resource_type);
        for (key, value) in tags {
            let is_wanted = filters.accept(|name| {
                Some(match name {
                    "resource-id" => vec![id.clone()],
                    "resource-type" => vec![resource_type.to_owned()],
                    "key" => vec![key.clone()],
                    "value" => vec![value.clone()],
                    name if name == format!("tag:{key}") => vec![value.clone()],
                    name if name.starts_with("tag:") => vec![],
                    _ => return None,
                })
            })?;
            if is_wanted {
                let tag = tree! { "resourceId": id, "resourceType": resource_type, "key": key, "value": value };
                found.push(tag);
            }
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "tagSet": page.items, "nextToken": page.next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn tags_are_added_replaced_and_taken_away() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let tag = |key: &str, value: &str| tree! { "Key": key, "Value": value };
        let with = |tags: Vec<Tree>| tree! { "ResourceId": vec![vpc.as_str()], "Tag": tags };
        let shown = || {
            let filter = tree! { "Name": "resource-id", "Value": vec![vpc.as_str()] };
            let answer = cloud.ec2("DescribeTags", tree! { "Filter": vec![filter] }).unwrap();
            let tags = answer.list_at("tagSet");
            tags.iter()
                .map(|tag| format!("{}={}", tag.need("key").unwrap(), tag.text("value").unwrap().unwrap()))
                .collect::<Vec<_>>()
        };
        cloud.ec2("CreateTags", with(vec![tag("a", "1"), tag("b", "2")])).unwrap();
        cloud.ec2("CreateTags", with(vec![tag("b", "3")])).unwrap();
        assert_eq!(shown(), ["a=1", "b=3"]);
        cloud.ec2("DeleteTags", with(vec![tag("b", "2")])).unwrap();
        cloud.ec2("DeleteTags", with(vec![tree! { "Key": "a" }])).unwrap();
        assert_eq!(shown(), ["b=3"]);
        assert_eq!(code(cloud.ec2("CreateTags", with(vec![tag("aws:x", "1")]))), "InvalidParameterValue");
        let absent = tree! { "ResourceId": vec!["vpc-0aaaaaaaaaaaaaaaa"], "Tag": vec![tag("a", "1")] };
        assert_eq!(code(cloud.ec2("CreateTags", absent)), "InvalidVpcID.NotFound");
    }
}
