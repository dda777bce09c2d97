//! `aws_iam_role`: an identity that services, pods and people take on.

mod policies;
#[cfg(test)]
mod tests;

use aws_sdk_iam::types::Role as Remote;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Token, Traced, Within,
};

use crate::client::Aws;
use crate::error::{Answer, Unless};
use crate::iam::document;
use crate::iam::faults::{GONE, settles_soon};
use crate::iam::tags::{self, new_tags, retag_role};
use crate::names::{drawn, prefix_of};
use crate::planning::{promise, text_at};
use crate::policy::same_policy;
use crate::tags::traced_by_tag;
use crate::time::rfc3339;

/// Longest session of a role for which none is configured, in seconds.
const USUAL_SESSION: i32 = 3600;

/// An identity that services, pods and people take on.
pub struct Role;

/// What a user may write.
#[derive(Args, Clone)]
pub struct RoleArgs {
    /// Name.
    #[arg(
        replace,
        conflicts("name_prefix"),
        min_len = 1,
        max_len = 64,
        pattern("^[0-9A-Za-z_+=,.@-]*$", "must be letters, digits and `_+=,.@-`")
    )]
    name: Filled<String>,
    /// Start of a name that is drawn.
    #[arg(
        replace,
        min_len = 1,
        max_len = 38,
        pattern("^[0-9A-Za-z_+=,.@-]*$", "must be letters, digits and `_+=,.@-`")
    )]
    name_prefix: Filled<String>,
    /// Path before the name in the ARN.
    #[arg(replace, default = "/", max_len = 512)]
    path: String,
    /// Who may take the role on: a policy document.
    #[arg(format(json), equivalent(policy))]
    assume_role_policy: String,
    /// What the role is for.
    #[arg(max_len = 1000)]
    description: Option<String>,
    /// Whether deletion detaches policies that are managed elsewhere.
    #[arg(default = false)]
    force_detach_policies: bool,
    /// Longest session in seconds.
    #[arg(default = 3600, min = 3600, max = 43200)]
    max_session_duration: i32,
    /// Policy that bounds what the role's policies can allow.
    #[arg(format(arn))]
    permissions_boundary: Option<String>,
    /// Attached policies: exactly these. Unset leaves attachments alone.
    #[arg(deprecated = "use aws_iam_role_policy_attachment", each(format(arn)))]
    managed_policy_arns: Filled<Set<String>>,
    /// Policies within the role: exactly these; an empty block for none. Without a block they are left alone.
    #[arg(block)]
    inline_policy: Filled<Set<InlinePolicy>>,
    /// Tags.
    tags: Tags,
}

/// A policy within the role.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct InlinePolicy {
    /// Name, unique in the role.
    #[arg(min_len = 1, max_len = 128, pattern("^[0-9A-Za-z_+=,.@-]*$", "must be letters, digits and `_+=,.@-`"))]
    name: Option<String>,
    /// Policy document.
    #[arg(format(json), equivalent(policy))]
    policy: Option<String>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct RoleAttrs {
    /// ARN.
    arn: String,
    /// When the role was made.
    create_date: String,
    /// Id that no other role will ever have.
    unique_id: String,
}

impl Resource for Role {
    type Args = RoleArgs;
    type Attrs = RoleAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_role";

    fn plan(facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let name = text_at(planned.proposed, "name");
        let path = text_at(planned.proposed, "path");
        let arn = name.zip(path).and_then(|(name, path)| facts.global_arn("iam", &format!("role{path}{name}")));
        promise(&mut overrides, planned, name, arn);
        policies::plan(&mut overrides, planned);
        overrides
    }

    async fn create(aws: &Aws, args: &RoleArgs, token: &Token) -> CallResult<Created> {
        let name = drawn(&args.name, &args.name_prefix, token);
        aws.iam()
            .create_role()
            .role_name(&name)
            .path(&args.path)
            .assume_role_policy_document(&args.assume_role_policy)
            .set_description(args.description.clone())
            .max_session_duration(args.max_session_duration)
            .set_permissions_boundary(args.permissions_boundary.clone())
            .set_tags(new_tags(&args.tags, token)?)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(name))
    }

    async fn trace(aws: &Aws, args: &RoleArgs, token: &Token) -> CallResult<Traced> {
        let name = drawn(&args.name, &args.name_prefix, token);
        let answer = aws.iam().get_role().role_name(&name).send().await.answer().unless(GONE)?;
        let role = answer.and_then(|answer| answer.role);
        Ok(role.map_or(Traced::Nothing, |role| traced_by_tag(name, role.tags(), token)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let name = known.id();
        let answer = aws.iam().get_role().role_name(name).send().await.answer().unless(GONE)?;
        let Some(remote) = answer.and_then(|answer| answer.role) else { return Ok(Observed::Gone) };
        let policies = futures::future::try_join(policies::inline(aws, name), policies::attached(aws, name)).await;
        let Some((inline, attached)) = policies.unless(GONE)? else { return Ok(Observed::Gone) };
        let mut object = observed(aws, known, remote);
        object.args.inline_policy = policies::keep_form(known.args(), inline).into();
        object.args.managed_policy_arns = attached.into();
        // For a moment the service may answer the unique id in place of the ARN.
        let phase = match object.attrs.arn.starts_with("arn:") {
            true => Phase::Ready,
            false => Phase::Pending("waiting for an ARN".to_owned()),
        };
        Ok(Observed::There { phase, object })
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let (planned, iam, name) = (change.planned, aws.iam(), &there.id);
        if change.wants_unless(there, |a, b| same_policy(&a.assume_role_policy, &b.assume_role_policy)) {
            let request = iam.update_assume_role_policy().role_name(name).policy_document(&planned.assume_role_policy);
            request.send().await.answer()?;
        }
        if change.wants(there, |args| &args.description) {
            let description = planned.description.clone().unwrap_or_default();
            iam.update_role_description().role_name(name).description(description).send().await.answer()?;
        }
        if change.wants(there, |args| &args.max_session_duration) {
            let request = iam.update_role().role_name(name).max_session_duration(planned.max_session_duration);
            request.set_description(planned.description.clone()).send().await.answer()?;
        }
        if change.wants(there, |args| &args.permissions_boundary) {
            match &planned.permissions_boundary {
                Some(boundary) => {
                    let request = iam.put_role_permissions_boundary().role_name(name).permissions_boundary(boundary);
                    request.send().await.answer()?;
                }
                None => {
                    iam.delete_role_permissions_boundary().role_name(name).send().await.answer()?;
                }
            }
        }
        policies::update(aws, change, there).await?;
        retag_role(aws, name, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let deleted = remove(aws, there).await.unless(GONE)?;
        Ok(deleted.unwrap_or(Step::Done))
    }

    fn retry(error: &CallError) -> Option<Within> {
        settles_soon(error)
    }
}

/// A role goes when it is in no instance profile and has no policies.
async fn remove(aws: &Aws, there: &Object<Role>) -> CallResult<Step> {
    let (iam, name) = (aws.iam(), &there.id);
    let profiles = iam.list_instance_profiles_for_role().role_name(name).into_paginator().items().send();
    for profile in profiles.collect::<Result<Vec<_>, _>>().await.answer()? {
        let profile = profile.instance_profile_name();
        let request = iam.remove_role_from_instance_profile().instance_profile_name(profile).role_name(name);
        request.send().await.answer().unless(GONE)?;
    }
    policies::remove(aws, there).await?;
    iam.delete_role().role_name(name).send().await.answer()?;
    Ok(Step::Done)
}

/// Returns the role without its policies, which other calls read.
fn observed(aws: &Aws, known: &Known<Role>, remote: Remote) -> Object<Role> {
    let known_args = known.args();
    let trust = remote.assume_role_policy_document.unwrap_or_default();
    let args = RoleArgs {
        name_prefix: prefix_of(&remote.role_name),
        name: remote.role_name.into(),
        path: remote.path,
        assume_role_policy: document::observed(known_args.map(|args| args.assume_role_policy.as_str()), &trust),
        description: remote.description.filter(|text| !text.is_empty()),
        force_detach_policies: known_args.is_some_and(|args| args.force_detach_policies),
        max_session_duration: remote.max_session_duration.unwrap_or(USUAL_SESSION),
        permissions_boundary: remote.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
        managed_policy_arns: Filled::unset(),
        inline_policy: Filled::unset(),
        tags: tags::observed(aws, remote.tags.as_ref(), known_args.map(|args| &args.tags)),
    };
    let attrs = RoleAttrs { arn: remote.arn, create_date: rfc3339(&remote.create_date), unique_id: remote.role_id };
    Object { id: known.id().to_owned(), args, attrs, private: None }
}
