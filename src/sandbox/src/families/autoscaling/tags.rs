//! Tags of groups, which instances can inherit when they are launched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PAGING, validation};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::faults::matches;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write("CreateOrUpdateTags", &["Tags"], create),
        write("DeleteTags", &["Tags"], delete),
        read("DescribeTags", &["Filters", "MaxRecords", "NextToken"], describe),
    ],
    events: &[],
};

/// How many tags a group may have.
const MOST: usize = 50;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Its value.
    pub value: String,
    /// Whether instances get it when they are launched.
    pub propagates: bool,
}

impl Tag {
    pub(super) fn shown(&self, group: &str, key: &str) -> Tree {
        tree! {
            "ResourceId": group,
            "ResourceType": "auto-scaling-group",
            "Key": key,
            "Value": self.value.as_str(),
            "PropagateAtLaunch": self.propagates,
        }
    }
}

/// Reads a list of tags.
///
/// # Errors
/// When keys or values are refused.
pub fn read_tag(tag: &Tree) -> Result<(String, Tag), Fault> {
    let (key, value) = (tag.need("Key")?, tag.text("Value")?.unwrap_or_default());
    if let Some(other) = tag.text("ResourceType")?.filter(|kind| *kind != "auto-scaling-group") {
        return Err(validation(format!("Invalid resource type: {other}. The valid type is auto-scaling-group.")));
    }
    if key.to_lowercase().starts_with("aws:") {
        return Err(validation("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    if key.chars().count() > 128 || value.chars().count() > 256 {
        return Err(validation("Tag keys have up to 128 characters, values up to 256."));
    }
    let propagates = tag.bool("PropagateAtLaunch")?.unwrap_or_default();
    Ok((key.to_owned(), Tag { value: value.to_owned(), propagates }))
}

pub fn read_all(list: &[Tree]) -> Result<BTreeMap<String, Tag>, Fault> {
    let tags: BTreeMap<String, Tag> = list.iter().map(read_tag).collect::<Result<_, _>>()?;
    check_count(&tags).map(|()| tags)
}

fn check_count(tags: &BTreeMap<String, Tag>) -> Result<(), Fault> {
    let message = "The maximum number of tags of an AutoScalingGroup has been reached.";
    if tags.len() > MOST { Err(Fault::new("LimitExceeded", message)) } else { Ok(()) }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let mut changed = BTreeMap::new();
    for tag in input.list_at("Tags") {
        let name = tag.need("ResourceId")?;
        let prior = || scope.autoscaling().group(name).map(|group| group.tags.clone());
        let prior = prior()?;
        let own = changed.entry(name.to_owned()).or_insert(prior);
        let (key, tag) = read_tag(tag)?;
        own.insert(key, tag);
        check_count(own)?;
    }
    for (name, tags) in changed {
        scope.autoscaling_mut().group_mut(&name)?.tags = tags;
    }
    Ok(Tree::object())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    for tag in input.list_at("Tags") {
        scope.autoscaling().group(tag.need("ResourceId")?)?;
        tag.need("Key")?;
    }
    for tag in input.list_at("Tags") {
        scope.autoscaling_mut().group_mut(tag.need("ResourceId")?)?.tags.remove(tag.need("Key")?);
    }
    Ok(Tree::object())
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let mut found = Vec::new();
    for (name, group) in &scope.autoscaling().groups {
        'tags: for (key, tag) in &group.tags {
            for filter in input.list_at("Filters") {
                let propagates = tag.propagates.to_string();
                let own = match filter.need("Name")? {
                    "auto-scaling-group" => name,
                    "key" => key,
                    "value" => &tag.value,
                    "propagate-at-launch" => &propagates,
                    other => return Err(validation(format!("Filter type {other} is not correct."))),
                };
                if !filter.texts("Values").iter().any(|value| matches(value, own)) {
                    continue 'tags;
                }
            }
            found.push(tag.shown(name, key));
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "Tags": page.items, "NextToken": page.next })
}
