//! Tags of EKS objects.

use landfall_provider::{CallResult, Tags};

use crate::client::Aws;
use crate::error::Answer;

/// Brings the tags of an object from `prior` to `planned`.
///
/// # Errors
/// What TagResource and UntagResource failed with.
pub async fn retag(aws: &Aws, arn: &str, prior: Option<&Tags>, planned: &Tags) -> CallResult<()> {
    let Some(changes) = aws.tag_rules().changes(prior, planned) else { return Ok(()) };
    if !changes.remove.is_empty() {
        let keys = Some(changes.remove);
        aws.eks().untag_resource().resource_arn(arn).set_tag_keys(keys).send().await.answer()?;
    }
    if !changes.set.is_empty() {
        let tags = Some(changes.set.into_iter().collect());
        aws.eks().tag_resource().resource_arn(arn).set_tags(tags).send().await.answer()?;
    }
    Ok(())
}
