//! Tags of EC2 objects.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use landfall_provider::{CallResult, Created, Tags, Token, Traced};

use crate::client::Aws;
use crate::ec2::filters::FilterBlock;
use crate::error::Answer;
use crate::tags::{INTENT, TagMap, to_service, with_intent};

/// Returns the tags of a new object; `None` where it has none.
///
/// # Errors
/// Never, with EC2's tags.
pub fn specification(kind: ResourceType, tags: &TagMap) -> CallResult<Option<Vec<TagSpecification>>> {
    if tags.is_empty() {
        return Ok(None);
    }
    let tags = to_service(tags)?;
    Ok(Some(vec![TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build()]))
}

/// Returns the tags of a new object whose create call takes no client token, with the tag that ties it to its creation.
///
/// # Errors
/// Never, with EC2's tags.
pub fn specification_with_intent(
    kind: ResourceType,
    tags: &Tags,
    token: &Token,
) -> CallResult<Option<Vec<TagSpecification>>> {
    specification(kind, &with_intent(tags.all.clone(), token))
}

/// Brings the tags of an object from `prior` to `planned`.
///
/// # Errors
/// What CreateTags and DeleteTags failed with.
pub async fn retag(aws: &Aws, id: &str, prior: Option<&Tags>, planned: &Tags) -> CallResult<()> {
    let Some(changes) = aws.tag_rules().changes(prior, planned) else { return Ok(()) };
    if !changes.remove.is_empty() {
        let keys = changes.remove.iter().map(|key| Tag::builder().key(key).build()).collect();
        aws.ec2().delete_tags().resources(id).set_tags(Some(keys)).send().await.answer()?;
    }
    if !changes.set.is_empty() {
        aws.ec2().create_tags().resources(id).set_tags(Some(to_service(&changes.set)?)).send().await.answer()?;
    }
    Ok(())
}

/// Looks for the object that a create call with this token made, by the tag that ties it to its creation.
///
/// # Errors
/// What DescribeTags failed with.
pub async fn traced(aws: &Aws, token: &Token) -> CallResult<Traced> {
    let filters = [FilterBlock::of("key", INTENT), FilterBlock::of("value", token)];
    let filters = filters.iter().map(FilterBlock::request).collect();
    let answer = aws.ec2().describe_tags().set_filters(Some(filters)).send().await.answer()?;
    let id = answer.tags.unwrap_or_default().into_iter().find_map(|tag| tag.resource_id);
    Ok(id.map_or(Traced::Nothing, |id| Traced::Made(Created::with_id(id))))
}

/// Takes away the tag that tied a new object to its creation, once the state knows the object.
///
/// # Errors
/// What DeleteTags failed with.
pub async fn forget_intent(aws: &Aws, id: &str) -> CallResult<()> {
    aws.ec2().delete_tags().resources(id).tags(Tag::builder().key(INTENT).build()).send().await.answer()?;
    Ok(())
}
