//! Tags of EKS's objects: kept in one place, by ARN. Every object has an entry, if only an empty one.

use std::collections::BTreeMap;

use super::{About, Store};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Tags of one object.
pub type Tags = BTreeMap<String, String>;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        read("ListTagsForResource", &["resourceArn"], list),
        write("TagResource", &["resourceArn", "tags"], tag),
        write("UntagResource", &["resourceArn", "tagKeys"], untag),
    ],
    events: &[],
};

/// How many tags an object may have.
const MOST: usize = 50;

/// Returns the tags that a request for a new object carries.
///
/// # Errors
/// When they are refused.
pub fn given(input: &Tree) -> Result<Tags, Fault> {
    checked(input).map_err(|message| About::NOTHING.invalid_parameter(message))
}

impl Store {
    /// Returns the tags of an object as answers have them.
    pub fn tags_of(&self, arn: &str) -> Tree {
        let tags = self.tags.get(arn).into_iter().flatten();
        Tree::Object(tags.map(|(key, value)| (key.clone(), Tree::from(value))).collect())
    }

    /// Forgets the tags of everything that belongs to a cluster.
    pub(super) fn forget_tags_of_cluster(&mut self, name: &str) {
        self.tags.retain(|arn, _| arn.split('/').nth(1) != Some(name));
    }
}

fn checked(input: &Tree) -> Result<Tags, String> {
    let tags: Tags = input.text_map("tags").into_iter().collect();
    if tags.len() > MOST {
        return Err(format!("The number of tags exceeds the maximum of {MOST}."));
    }
    for (key, value) in &tags {
        if key.to_lowercase().starts_with("aws:") {
            return Err(format!("The tag key {key} uses the prefix aws:, which is reserved."));
        }
        if key.is_empty() || key.chars().count() > 128 {
            return Err("Tag keys must have between 1 and 128 characters.".to_owned());
        }
        if value.chars().count() > 256 {
            return Err("Tag values must have at most 256 characters.".to_owned());
        }
    }
    Ok(tags)
}

fn bad_request(message: impl Into<String>) -> Fault {
    Fault::new("BadRequestException", message)
}

/// Returns the ARN that a request names, of something that is there.
fn existing<'a>(scope: &Scope<'_>, input: &'a Tree) -> Result<&'a str, Fault> {
    let arn = input.need("resourceArn")?;
    if !arn.starts_with(&scope.arn("eks", "")) {
        return Err(bad_request(format!("The ARN {arn} is not that of a resource of this account and region.")));
    }
    if !scope.eks().tags.contains_key(arn) {
        let message = format!("The resource with the ARN {arn} was not found.");
        return Err(Fault::with_status(404, "NotFoundException", message));
    }
    Ok(arn)
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = existing(scope, input)?;
    Ok(tree! { "tags": scope.eks().tags_of(arn) })
}

fn tag(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = existing(scope, input)?;
    let added = checked(input).map_err(bad_request)?;
    if added.is_empty() {
        return Err(bad_request("At least one tag is required."));
    }
    let tags = scope.eks_mut().tags.entry(arn.to_owned()).or_default();
    if tags.keys().chain(added.keys().filter(|key| !tags.contains_key(*key))).count() > MOST {
        return Err(bad_request(format!("The number of tags exceeds the maximum of {MOST}.")));
    }
    tags.extend(added);
    Ok(tree! {})
}

fn untag(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = existing(scope, input)?;
    let keys = input.texts("tagKeys");
    if keys.is_empty() {
        return Err(bad_request("At least one tag key is required."));
    }
    scope.eks_mut().tags.entry(arn.to_owned()).or_default().retain(|key, _| !keys.contains(&key.as_str()));
    Ok(tree! {})
}
