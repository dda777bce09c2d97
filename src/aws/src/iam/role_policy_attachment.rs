//! `aws_iam_role_policy_attachment`: a managed policy that a role has.

use aws_sdk_iam::types::AttachedPolicy;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Known, Object, Observed, Overrides, Phase, Planned,
    Resource, Step, Token, Within,
};

use crate::client::Aws;
use crate::describe::{by_parent, only};
use crate::error::{Answer, Unless};
use crate::iam::faults::{GONE, not_visible_yet, settles_soon};
use crate::planning::{promise, text_at};

/// A managed policy that a role has.
pub struct RolePolicyAttachment;

/// What a user may write.
#[derive(Args, Clone)]
pub struct RolePolicyAttachmentArgs {
    /// Name of the role.
    #[arg(replace)]
    role: String,
    /// Policy.
    #[arg(replace, format(arn))]
    policy_arn: String,
}

/// What only the service decides: nothing.
#[derive(Attrs, Clone)]
pub struct RolePolicyAttachmentAttrs;

impl Resource for RolePolicyAttachment {
    type Args = RolePolicyAttachmentArgs;
    type Attrs = RolePolicyAttachmentAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_role_policy_attachment";
    const CREATE_REPEATS: bool = true;
    const CREATE_IS_WHOLE: bool = true;
    const READ_AT_ONCE: usize = usize::MAX;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let parts = text_at(planned.proposed, "role").zip(text_at(planned.proposed, "policy_arn"));
        let id = parts.map(|(role, policy_arn)| id(role, policy_arn));
        promise(&mut overrides, planned, id.as_deref(), None);
        overrides
    }

    async fn create(aws: &Aws, args: &RolePolicyAttachmentArgs, _: &Token) -> CallResult<Created> {
        let request = aws.iam().attach_role_policy().role_name(&args.role).policy_arn(&args.policy_arn);
        request.send().await.answer()?;
        Ok(Created::with_id(id(&args.role, &args.policy_arn)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let list = async |role: String| {
            let pages = aws.iam().list_attached_role_policies().role_name(role).into_paginator().items().send();
            let attached = pages.collect::<Result<Vec<_>, _>>().await.answer().unless(GONE)?;
            Ok(attached.unwrap_or_default())
        };
        by_parent(known, |known| parts(known).role, list, observed).await
    }

    async fn update(_: &Aws, _: &Change<'_, Self>, _: &Object<Self>) -> CallResult<Step> {
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let RolePolicyAttachmentArgs { role, policy_arn } = &there.args;
        let request = aws.iam().detach_role_policy().role_name(role).policy_arn(policy_arn);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        settles_soon(error).or_else(|| not_visible_yet(error, "AttachRolePolicy"))
    }
}

fn id(role: &str, policy_arn: &str) -> String {
    format!("{role}/{policy_arn}")
}

/// States of older providers have ids that were drawn, so that only an import is read from its id.
fn parts(known: &Known<RolePolicyAttachment>) -> RolePolicyAttachmentArgs {
    known.args().cloned().unwrap_or_else(|| {
        let (role, policy_arn) = known.id().split_once('/').unwrap_or((known.id(), ""));
        RolePolicyAttachmentArgs { role: role.to_owned(), policy_arn: policy_arn.to_owned() }
    })
}

fn observed(known: &Known<RolePolicyAttachment>, attached: &[AttachedPolicy]) -> Observed<RolePolicyAttachment> {
    let args = parts(known);
    if !attached.iter().any(|policy| policy.policy_arn() == Some(&args.policy_arn)) {
        return Observed::Gone;
    }
    let object = Object { id: known.id().to_owned(), args, attrs: RolePolicyAttachmentAttrs, private: None };
    Observed::There { phase: Phase::Ready, object }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const ARGS: &str = r#"{"role": "node", "policy_arn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}"#;
    const ID: &str = "node/arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";
    const CNI: &str = "node/arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

    fn import(id: &str) -> Known<RolePolicyAttachment> {
        Known::Import { id: id.to_owned() }
    }

    #[test]
    fn an_attachment_is_known_by_role_and_policy() {
        let script = [(
            "iam AttachRolePolicy RoleName=node PolicyArn=arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
            ok(""),
        )];
        let args = read_args(ARGS);
        let token = Token("t".to_owned());
        let created =
            check_requests(&script, async |aws| RolePolicyAttachment::create(aws, &args, &token).await).unwrap();
        assert_eq!(created.id, ID);
        let values = check_plan::<RolePolicyAttachment>(None, ARGS).values;
        assert_eq!(values[0].1, ID.into());
    }

    #[test]
    fn one_call_lists_all_attachments_of_a_role() {
        let known = [import(ID), import("other/arn:aws:iam::1:policy/p"), import(CNI)];
        let policies = "<AttachedPolicies><member><PolicyArn>arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\
            </PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>";
        let script = [
            ("iam ListAttachedRolePolicies RoleName=node", ok(policies)),
            ("iam ListAttachedRolePolicies RoleName=other", fails("NoSuchEntity", "The role cannot be found.")),
        ];
        let observed = check_requests(&script, async |aws| RolePolicyAttachment::observe_many(aws, &known).await);
        let there = observed.iter().map(|answer| matches!(answer, Ok(Observed::There { phase: Phase::Ready, .. })));
        assert_eq!(there.collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn detaching_what_is_gone_succeeds() {
        let there = Object { id: ID.into(), args: read_args(ARGS), attrs: RolePolicyAttachmentAttrs, private: None };
        let script = [(
            "iam DetachRolePolicy RoleName=node PolicyArn=arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
            fails("NoSuchEntity", "Policy was not found."),
        )];
        let step = check_requests(&script, async |aws| RolePolicyAttachment::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
