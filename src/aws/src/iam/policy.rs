//! `aws_iam_policy`: a policy of its own, to be attached to roles.

use std::time::Duration;

use aws_sdk_iam::types::Policy as Remote;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Goal, Known, Object, Observed, Operation,
    Overrides, Phase, Planned, Resource, Settled, Step, Tags, Token, Traced, Within,
};

use crate::client::Aws;
use crate::error::{Answer, Unless, incomplete};
use crate::iam::document;
use crate::iam::faults::{GONE, settles_soon};
use crate::iam::tags::{self, new_tags, retag_policy};
use crate::names::{drawn, prefix_of};
use crate::planning::{promise, text_at};
use crate::policy::same_policy;
use crate::tags::traced_by_tag;

/// Versions that IAM keeps of a policy.
const MOST_VERSIONS: usize = 5;

/// A policy of its own, to be attached to roles.
pub struct Policy;

/// What a user may write.
#[derive(Args, Clone)]
pub struct PolicyArgs {
    /// Time after creation before the policy is used, in milliseconds.
    #[arg(optional)]
    delay_after_policy_creation_in_ms: i64,
    /// What the policy is for.
    #[arg(replace)]
    description: Option<String>,
    /// Name.
    #[arg(
        replace,
        conflicts("name_prefix"),
        min_len = 1,
        max_len = 128,
        pattern("^[0-9A-Za-z_+=,.@-]*$", "must be letters, digits and `_+=,.@-`")
    )]
    name: Filled<String>,
    /// Start of a name that is drawn.
    #[arg(
        replace,
        min_len = 1,
        max_len = 102,
        pattern("^[0-9A-Za-z_+=,.@-]*$", "must be letters, digits and `_+=,.@-`")
    )]
    name_prefix: Filled<String>,
    /// Path before the name in the ARN.
    #[arg(
        replace,
        default = "/",
        min_len = 1,
        max_len = 512,
        pattern("^/([A-Za-z0-9.,+@=_/-]*/)?$", "must begin and end with `/`")
    )]
    path: String,
    /// Policy document.
    #[arg(format(json), equivalent(policy))]
    policy: String,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct PolicyAttrs {
    /// ARN.
    arn: String,
    /// How many users, groups and roles have the policy.
    attachment_count: i64,
    /// Id that no other policy will ever have.
    policy_id: String,
}

impl Resource for Policy {
    type Args = PolicyArgs;
    type Attrs = PolicyAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_policy";

    fn plan(facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let parts = text_at(planned.proposed, "name").zip(text_at(planned.proposed, "path"));
        let arn = parts.and_then(|(name, path)| facts.global_arn("iam", &format!("policy{path}{name}")));
        promise(&mut overrides, planned, arn.clone().as_deref(), arn);
        overrides
    }

    async fn create(aws: &Aws, args: &PolicyArgs, token: &Token) -> CallResult<Created> {
        let answer = aws
            .iam()
            .create_policy()
            .policy_name(drawn(&args.name, &args.name_prefix, token))
            .path(&args.path)
            .policy_document(&args.policy)
            .set_description(args.description.clone())
            .set_tags(new_tags(&args.tags, token)?)
            .send()
            .await
            .answer()?;
        let arn = answer.policy.and_then(|policy| policy.arn);
        Ok(Created::with_id(arn.ok_or_else(|| incomplete("CreatePolicy", "ARN"))?))
    }

    async fn trace(aws: &Aws, args: &PolicyArgs, token: &Token) -> CallResult<Traced> {
        let arn = aws.global_arn("iam", format!("policy{}{}", args.path, drawn(&args.name, &args.name_prefix, token)));
        let answer = aws.iam().get_policy().policy_arn(&arn).send().await.answer().unless(GONE)?;
        let policy = answer.and_then(|answer| answer.policy);
        Ok(policy.map_or(Traced::Nothing, |policy| traced_by_tag(arn, policy.tags(), token)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (iam, arn) = (aws.iam(), known.id());
        let answer = iam.get_policy().policy_arn(arn).send().await.answer().unless(GONE)?;
        let Some(remote) = answer.and_then(|answer| answer.policy) else { return Ok(Observed::Gone) };
        let version = remote.default_version_id().unwrap_or_default();
        let request = iam.get_policy_version().policy_arn(arn).version_id(version);
        let Some(answer) = request.send().await.answer().unless(GONE)? else { return Ok(Observed::Gone) };
        let policy = answer.policy_version.and_then(|version| version.document).unwrap_or_default();
        Ok(Observed::There { phase: Phase::Ready, object: observed(aws, known, remote, &policy) })
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if change.wants_unless(there, |a, b| same_policy(&a.policy, &b.policy)) {
            make_room(aws, &there.id).await?;
            let request =
                aws.iam().create_policy_version().policy_arn(&there.id).policy_document(&change.planned.policy);
            request.set_as_default(true).send().await.answer()?;
        }
        retag_policy(aws, &there.id, change.prior.map(|prior| &prior.tags), &change.planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let (iam, arn) = (aws.iam(), &there.id);
        for version in versions_aside(aws, arn).await.unless(GONE)?.unwrap_or_default() {
            delete_version(aws, arn, &version).await?;
        }
        iam.delete_policy().policy_arn(arn).send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn settled(goal: &Goal<'_, Self>, _: &Object<Self>) -> Settled {
        let delay = u64::try_from(goal.planned.delay_after_policy_creation_in_ms).unwrap_or_default();
        match Duration::from_millis(delay) {
            delay if goal.operation == Operation::Create && goal.elapsed < delay => {
                Settled::Later(delay, "the time after creation that was asked for".to_owned())
            }
            _ => Settled::Yes,
        }
    }

    fn retry(error: &CallError) -> Option<Within> {
        settles_soon(error)
    }
}

/// Deletes the oldest version but the default one where there is no room for another.
async fn make_room(aws: &Aws, arn: &str) -> CallResult<()> {
    let versions = versions_aside(aws, arn).await?;
    match versions.first() {
        Some(oldest) if versions.len() + 1 >= MOST_VERSIONS => delete_version(aws, arn, oldest).await,
        _ => Ok(()),
    }
}

/// Returns the versions that are not the default, oldest first.
async fn versions_aside(aws: &Aws, arn: &str) -> CallResult<Vec<String>> {
    let pages = aws.iam().list_policy_versions().policy_arn(arn).into_paginator().items().send();
    let mut versions = pages.collect::<Result<Vec<_>, _>>().await.answer()?;
    versions.retain(|version| !version.is_default_version);
    // Versions are numbered `v1`, `v2`, …
    let number = |id: Option<&str>| id.and_then(|id| id.strip_prefix('v')?.parse::<u64>().ok());
    versions.sort_by_key(|version| number(version.version_id()));
    Ok(versions.into_iter().filter_map(|version| version.version_id).collect())
}

async fn delete_version(aws: &Aws, arn: &str, version: &str) -> CallResult<()> {
    aws.iam().delete_policy_version().policy_arn(arn).version_id(version).send().await.answer().unless(GONE)?;
    Ok(())
}

fn observed(aws: &Aws, known: &Known<Policy>, remote: Remote, policy: &str) -> Object<Policy> {
    let known_args = known.args();
    let name = remote.policy_name.unwrap_or_default();
    let args = PolicyArgs {
        delay_after_policy_creation_in_ms: known_args.map_or(0, |args| args.delay_after_policy_creation_in_ms),
        description: remote.description.filter(|text| !text.is_empty()),
        name_prefix: prefix_of(&name),
        name: name.into(),
        path: remote.path.unwrap_or_default(),
        policy: document::observed(known_args.map(|args| args.policy.as_str()), policy),
        tags: tags::observed(aws, remote.tags.as_ref(), known_args.map(|args| &args.tags)),
    };
    let attrs = PolicyAttrs {
        arn: remote.arn.unwrap_or_default(),
        attachment_count: remote.attachment_count.unwrap_or_default().into(),
        policy_id: remote.policy_id.unwrap_or_default(),
    };
    Object { id: known.id().to_owned(), args, attrs, private: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const ARN: &str = "arn:aws:iam::123456789012:policy/p";
    const LIST: &str = "iam ListPolicyVersions PolicyArn=arn:aws:iam::123456789012:policy/p";

    fn there() -> Object<Policy> {
        let known = Known::Import { id: ARN.to_owned() };
        let policy = format!(
            "<Policy><PolicyName>p</PolicyName><PolicyId>ANPA1</PolicyId><Arn>{ARN}</Arn><Path>/</Path>\
             <DefaultVersionId>v7</DefaultVersionId><AttachmentCount>2</AttachmentCount></Policy>"
        );
        let version = "<PolicyVersion><Document>%7B%7D</Document><VersionId>v7</VersionId></PolicyVersion>";
        let script = [
            ("iam GetPolicy PolicyArn=arn:aws:iam::123456789012:policy/p", ok(policy)),
            ("iam GetPolicyVersion PolicyArn=arn:aws:iam::123456789012:policy/p VersionId=v7", ok(version)),
        ];
        match check_requests(&script, async |aws| Policy::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    fn versions(numbers: &[u32]) -> crate::test_support::Canned {
        let member = |(index, number): (usize, &u32)| {
            let is_default = index == 0;
            format!(
                "<member><VersionId>v{number}</VersionId><IsDefaultVersion>{is_default}</IsDefaultVersion></member>"
            )
        };
        let members: String = numbers.iter().enumerate().map(member).collect();
        ok(format!("<Versions>{members}</Versions><IsTruncated>false</IsTruncated>"))
    }

    fn update(numbers: &[u32], deletion: Option<&str>) {
        let there = there();
        let planned = PolicyArgs { policy: r#"{"Id":"x"}"#.to_owned(), ..there.args.clone() };
        let change = Change { prior: Some(&there.args), planned: &planned };
        let create =
            format!(r#"iam CreatePolicyVersion PolicyArn={ARN} PolicyDocument={{"Id":"x"}} SetAsDefault=true"#);
        let mut script = vec![(LIST, versions(numbers))];
        script.extend(deletion.map(|request| (request, ok(""))));
        script.push((&create, ok("")));
        let step = check_requests(&script, async |aws| Policy::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn the_arn_is_the_id() {
        let args = read_args(r#"{"name": "p", "policy": "{}", "description": "d"}"#);
        let script = [(
            "iam CreatePolicy PolicyName=p Path=/ PolicyDocument={} Description=d Tags.member.1.Key=landfall:intent Tags.member.1.Value=t",
            ok(format!("<Policy><Arn>{ARN}</Arn></Policy>")),
        )];
        let token = Token("t".to_owned());
        let created = check_requests(&script, async |aws| Policy::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id(ARN)));
        let values = check_plan::<Policy>(None, r#"{"name": "p", "path": "/"}"#).values;
        assert!(values.iter().all(|(_, value)| value.as_str() == Some(ARN)));
    }

    #[test]
    fn what_tied_a_new_policy_to_its_creation_goes() {
        let there = there();
        let change = Change { prior: None, planned: &there.args };
        let untag = format!("iam UntagPolicy PolicyArn={ARN} TagKeys.member.1=landfall:intent");
        let script = [(untag.as_str(), ok(""))];
        assert_eq!(check_requests(&script, async |aws| Policy::update(aws, &change, &there).await), Ok(Step::Done));
    }

    #[test]
    fn a_policy_is_read_in_its_default_version() {
        let there = there();
        assert_eq!((there.args.policy.as_str(), there.attrs.attachment_count), ("{}", 2));
    }

    #[test]
    fn the_oldest_version_makes_room_for_a_new_one() {
        let oldest = "iam DeletePolicyVersion PolicyArn=arn:aws:iam::123456789012:policy/p VersionId=v9";
        update(&[7, 12, 9, 11, 10], Some(oldest));
        update(&[7, 9, 10, 11], None);
    }

    #[test]
    fn versions_go_before_the_policy_and_gone_is_done() {
        let there = there();
        let delete = "iam DeletePolicy PolicyArn=arn:aws:iam::123456789012:policy/p";
        let script = [
            (LIST, versions(&[7, 6])),
            ("iam DeletePolicyVersion PolicyArn=arn:aws:iam::123456789012:policy/p VersionId=v6", ok("")),
            (delete, fails("DeleteConflict", "Cannot delete a policy attached to entities.")),
        ];
        let error = check_requests(&script, async |aws| Policy::delete(aws, &there).await).unwrap_err();
        assert!(Policy::retry(&error).is_some());
        let gone = || fails("NoSuchEntity", "Policy was not found.");
        let step = check_requests(&[(LIST, gone()), (delete, gone())], async |aws| Policy::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn the_delay_counts_only_for_a_new_policy() {
        let (there, planned) = (there(), read_args(r#"{"policy": "{}", "delay_after_policy_creation_in_ms": 500}"#));
        let goal = |operation| Goal { operation, prior: None, planned: &planned, elapsed: Duration::ZERO };
        assert!(matches!(Policy::settled(&goal(Operation::Create), &there), Settled::Later(..)));
        assert_eq!(Policy::settled(&goal(Operation::Update), &there), Settled::Yes);
    }
}
