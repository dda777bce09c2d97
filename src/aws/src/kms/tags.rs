//! Tags of keys.

use landfall_provider::{CallResult, Tags};

use crate::client::Aws;
use crate::error::Answer;
use crate::tags::{INTENT, to_service};

/// Brings the tags of a key from `prior` to `planned`.
///
/// # Errors
/// What TagResource and UntagResource failed with.
pub async fn retag(aws: &Aws, key: &str, prior: Option<&Tags>, planned: &Tags) -> CallResult<()> {
    let Some(changes) = aws.tag_rules().changes(prior, planned) else { return Ok(()) };
    if !changes.remove.is_empty() {
        aws.kms().untag_resource().key_id(key).set_tag_keys(Some(changes.remove)).send().await.answer()?;
    }
    if !changes.set.is_empty() {
        aws.kms().tag_resource().key_id(key).set_tags(Some(to_service(&changes.set)?)).send().await.answer()?;
    }
    Ok(())
}

/// Takes away the tag that tied a new key to its creation, once the state knows the key.
///
/// # Errors
/// What UntagResource failed with.
pub async fn forget_intent(aws: &Aws, key: &str) -> CallResult<()> {
    aws.kms().untag_resource().key_id(key).tag_keys(INTENT).send().await.answer()?;
    Ok(())
}
