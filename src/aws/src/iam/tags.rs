//! Tags of IAM objects.

use aws_sdk_iam::types::Tag;
use landfall_provider::{CallResult, Tags, Token};

use crate::client::Aws;
use crate::error::Answer;
use crate::tags::{INTENT, from_service, to_service, with_intent};

/// Returns the tags of a new object, with the one that ties it to its creation.
///
/// # Errors
/// When a key is missing, which no configuration can bring about.
pub fn new_tags(tags: &Tags, token: &Token) -> CallResult<Option<Vec<Tag>>> {
    to_service(&with_intent(tags.all.clone(), token)).map(Some)
}

/// Returns the tags of an object as IAM has them; `known` are its tags so far.
pub fn observed(aws: &Aws, remote: Option<&Vec<Tag>>, known: Option<&Tags>) -> Tags {
    let remote = from_service(remote.map(Vec::as_slice).unwrap_or_default());
    aws.tag_rules().observed(remote, known)
}

/// Makes a function that brings the tags of one kind of object from `prior` to `planned`.
macro_rules! retag {
    ($(#[$doc:meta])* $name:ident: $tag:ident, $untag:ident by $key:ident) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// What the calls failed with.
        pub async fn $name(aws: &Aws, id: &str, prior: Option<&Tags>, planned: &Tags) -> CallResult<()> {
            let Some(prior) = prior else {
                // The state knows the new object: what tied it to its creation has done its work.
                aws.iam().$untag().$key(id).tag_keys(INTENT).send().await.answer()?;
                return Ok(());
            };
            let Some(changes) = aws.tag_rules().changes(Some(prior), planned) else { return Ok(()) };
            if !changes.remove.is_empty() {
                aws.iam().$untag().$key(id).set_tag_keys(Some(changes.remove)).send().await.answer()?;
            }
            if !changes.set.is_empty() {
                aws.iam().$tag().$key(id).set_tags(Some(to_service(&changes.set)?)).send().await.answer()?;
            }
            Ok(())
        }
    };
}

retag!(
    /// Brings the tags of a role from `prior` to `planned`.
    retag_role: tag_role, untag_role by role_name
);

retag!(
    /// Brings the tags of an instance profile from `prior` to `planned`.
    retag_instance_profile: tag_instance_profile, untag_instance_profile by instance_profile_name
);

retag!(
    /// Brings the tags of a policy from `prior` to `planned`.
    retag_policy: tag_policy, untag_policy by policy_arn
);

retag!(
    /// Brings the tags of an OpenID Connect provider from `prior` to `planned`.
    retag_openid_connect_provider: tag_open_id_connect_provider, untag_open_id_connect_provider
        by open_id_connect_provider_arn
);
