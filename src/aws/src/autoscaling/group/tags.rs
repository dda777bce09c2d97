//! Tags of a group: each says whether instances inherit it.

use aws_sdk_autoscaling::types::builders::TagBuilder;
use aws_sdk_autoscaling::types::{Tag, TagDescription};
use landfall_provider::{Args, CallResult, Change, Object, Set, Token};

use super::Group;
use crate::client::Aws;
use crate::error::Answer;
use crate::tags::INTENT;

/// What the service calls a group in tags.
const KIND: &str = "auto-scaling-group";

/// A tag of a group.
#[derive(Args, Clone, PartialEq)]
pub struct GroupTag {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
    /// Instances get it, too.
    pub propagate_at_launch: bool,
}

impl GroupTag {
    pub fn request(&self, group: &str) -> Tag {
        Tag::builder()
            .resource_id(group)
            .resource_type(KIND)
            .key(&self.key)
            .value(&self.value)
            .propagate_at_launch(self.propagate_at_launch)
            .build()
    }

    pub fn observed(remote: &TagDescription) -> Self {
        Self {
            key: remote.key.clone().unwrap_or_default(),
            value: remote.value.clone().unwrap_or_default(),
            propagate_at_launch: remote.propagate_at_launch.unwrap_or_default(),
        }
    }
}

/// Returns the tags of a new group, with the one that ties it to its creation.
pub fn of_new(tags: &Set<GroupTag>, group: &str, token: &Token) -> Vec<Tag> {
    tags.iter().map(|tag| tag.request(group)).chain([intent(group).value(&**token).build()]).collect()
}

fn intent(group: &str) -> TagBuilder {
    Tag::builder().resource_id(group).resource_type(KIND).key(INTENT).propagate_at_launch(false)
}

/// Brings the tags from prior to planned.
///
/// # Errors
/// What CreateOrUpdateTags and DeleteTags failed with.
pub async fn retag(aws: &Aws, change: &Change<'_, Group>, there: &Object<Group>) -> CallResult<bool> {
    let planned = change.planned;
    let Some(prior) = change.prior else {
        // The state knows the new group: what tied it to its creation has done its work.
        aws.autoscaling().delete_tags().tags(intent(&there.id).build()).send().await.answer()?;
        return Ok(true);
    };
    if !change.wants(there, |args| &args.tag) {
        return Ok(false);
    }
    let rules = aws.tag_rules();
    let is_kept = |tag: &&GroupTag| planned.tag.iter().any(|other| other.key == tag.key) || !rules.sees(&tag.key);
    let removed: Vec<Tag> =
        prior.tag.minus(&planned.tag).filter(|tag| !is_kept(tag)).map(|tag| tag.request(&there.id)).collect();
    let set: Vec<Tag> =
        planned.tag.minus(&prior.tag).filter(|tag| rules.sees(&tag.key)).map(|tag| tag.request(&there.id)).collect();
    if !removed.is_empty() {
        aws.autoscaling().delete_tags().set_tags(Some(removed)).send().await.answer()?;
    }
    if !set.is_empty() {
        aws.autoscaling().create_or_update_tags().set_tags(Some(set)).send().await.answer()?;
    }
    Ok(true)
}
