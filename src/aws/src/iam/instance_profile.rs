//! `aws_iam_instance_profile`: what hands a role to instances.

use aws_sdk_iam::types::InstanceProfile as Remote;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Step, Tags, Token, Traced, Within, within,
};

use crate::client::Aws;
use crate::error::{Answer, Unless};
use crate::iam::faults::{GONE, not_visible_yet, settles_soon};
use crate::iam::tags::{self, new_tags, retag_instance_profile};
use crate::names::{drawn, prefix_of};
use crate::planning::{promise, text_at};
use crate::tags::traced_by_tag;
use crate::time::rfc3339;

/// What hands a role to instances.
pub struct InstanceProfile;

/// What a user may write.
#[derive(Args, Clone)]
pub struct InstanceProfileArgs {
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
    #[arg(replace, default = "/")]
    path: String,
    /// Name of the role.
    role: Option<String>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct InstanceProfileAttrs {
    /// ARN.
    arn: String,
    /// When the profile was made.
    create_date: String,
    /// Id that no other profile will ever have.
    unique_id: String,
}

impl Resource for InstanceProfile {
    type Args = InstanceProfileArgs;
    type Attrs = InstanceProfileAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_instance_profile";

    fn plan(facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let name = text_at(planned.proposed, "name");
        let parts = name.zip(text_at(planned.proposed, "path"));
        let arn = parts.and_then(|(name, path)| facts.global_arn("iam", &format!("instance-profile{path}{name}")));
        promise(&mut overrides, planned, name, arn);
        overrides
    }

    async fn create(aws: &Aws, args: &InstanceProfileArgs, token: &Token) -> CallResult<Created> {
        let name = drawn(&args.name, &args.name_prefix, token);
        aws.iam()
            .create_instance_profile()
            .instance_profile_name(&name)
            .path(&args.path)
            .set_tags(new_tags(&args.tags, token)?)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(name))
    }

    async fn trace(aws: &Aws, args: &InstanceProfileArgs, token: &Token) -> CallResult<Traced> {
        let name = drawn(&args.name, &args.name_prefix, token);
        let request = aws.iam().get_instance_profile().instance_profile_name(&name);
        let profile = request.send().await.answer().unless(GONE)?.and_then(|answer| answer.instance_profile);
        Ok(profile.map_or(Traced::Nothing, |profile| traced_by_tag(name, profile.tags(), token)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let request = aws.iam().get_instance_profile().instance_profile_name(known.id());
        let answer = request.send().await.answer().unless(GONE)?;
        let Some(remote) = answer.and_then(|answer| answer.instance_profile) else { return Ok(Observed::Gone) };
        // For a moment the service may answer the unique id in place of the ARN.
        let phase = match remote.arn.starts_with("arn:") {
            true => Phase::Ready,
            false => Phase::Pending("waiting for an ARN".to_owned()),
        };
        Ok(Observed::There { phase, object: observed(aws, known, remote) })
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if change.wants(there, |args| &args.role) {
            remove_role(aws, there).await?;
            if let Some(role) = &change.planned.role {
                let request = aws.iam().add_role_to_instance_profile().instance_profile_name(&there.id);
                request.role_name(role).send().await.answer()?;
            }
        }
        let prior = change.prior.map(|prior| &prior.tags);
        retag_instance_profile(aws, &there.id, prior, &change.planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        remove_role(aws, there).await?;
        let request = aws.iam().delete_instance_profile().instance_profile_name(&there.id);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        const ADD: &str = "AddRoleToInstanceProfile";
        // The role that was taken out a moment ago still counts, or the profile is not known everywhere.
        if error.is(ADD, "LimitExceeded", "InstanceSessionsPerInstanceProfile")
            || error.is(ADD, "InvalidParameterValue", "Invalid IAM Instance Profile name")
        {
            return Some(within("2m"));
        }
        settles_soon(error).or_else(|| not_visible_yet(error, ADD))
    }
}

async fn remove_role(aws: &Aws, there: &Object<InstanceProfile>) -> CallResult<()> {
    if let Some(role) = &there.args.role {
        let request = aws.iam().remove_role_from_instance_profile().instance_profile_name(&there.id).role_name(role);
        request.send().await.answer().unless(GONE)?;
    }
    Ok(())
}

fn observed(aws: &Aws, known: &Known<InstanceProfile>, remote: Remote) -> Object<InstanceProfile> {
    let args = InstanceProfileArgs {
        name_prefix: prefix_of(&remote.instance_profile_name),
        name: remote.instance_profile_name.into(),
        path: remote.path,
        role: remote.roles.into_iter().next().map(|role| role.role_name),
        tags: tags::observed(aws, remote.tags.as_ref(), known.args().map(|args| &args.tags)),
    };
    let attrs = InstanceProfileAttrs {
        arn: remote.arn,
        create_date: rfc3339(&remote.create_date),
        unique_id: remote.instance_profile_id,
    };
    Object { id: known.id().to_owned(), args, attrs, private: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const GET: &str = "iam GetInstanceProfile InstanceProfileName=node";

    fn profile(role: &str) -> String {
        let role = match role {
            "" => String::new(),
            role => format!(
                "<member><Path>/</Path><RoleName>{role}</RoleName><RoleId>AROA1</RoleId><Arn>r</Arn>\
                 <CreateDate>2026-01-31T12:00:00Z</CreateDate></member>"
            ),
        };
        format!(
            "<InstanceProfile><Path>/</Path><InstanceProfileName>node</InstanceProfileName>\
             <InstanceProfileId>AIPA1</InstanceProfileId><Arn>arn:aws:iam::1:instance-profile/node</Arn>\
             <CreateDate>2026-01-31T12:00:00Z</CreateDate><Roles>{role}</Roles></InstanceProfile>"
        )
    }

    fn there(role: &str) -> Object<InstanceProfile> {
        let known = Known::Import { id: "node".to_owned() };
        let script = [(GET, ok(profile(role)))];
        match check_requests(&script, async |aws| InstanceProfile::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    #[test]
    fn the_role_is_added_after_create() {
        let args = read_args(r#"{"name": "node", "role": "a"}"#);
        let token = Token("t".to_owned());
        let script = [(
            "iam CreateInstanceProfile InstanceProfileName=node Path=/ Tags.member.1.Key=landfall:intent Tags.member.1.Value=t",
            ok(profile("")),
        )];
        let created = check_requests(&script, async |aws| InstanceProfile::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("node")));
        let there = there("");
        let change = Change { prior: None, planned: &args };
        let script = [(
            "iam AddRoleToInstanceProfile InstanceProfileName=node RoleName=a",
            fails("NoSuchEntity", "The role with name a cannot be found."),
        )];
        let error =
            check_requests(&script, async |aws| InstanceProfile::update(aws, &change, &there).await).unwrap_err();
        assert!(InstanceProfile::retry(&error).is_some());
    }

    #[test]
    fn another_role_takes_the_place_of_the_first() {
        let there = there("a");
        assert_eq!(there.args.role.as_deref(), Some("a"));
        let planned = InstanceProfileArgs { role: Some("b".to_owned()), ..there.args.clone() };
        let change = Change { prior: Some(&there.args), planned: &planned };
        let script = [
            ("iam RemoveRoleFromInstanceProfile InstanceProfileName=node RoleName=a", ok("")),
            ("iam AddRoleToInstanceProfile InstanceProfileName=node RoleName=b", ok("")),
        ];
        let step = check_requests(&script, async |aws| InstanceProfile::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn a_profile_goes_without_its_role_and_gone_is_done() {
        let there = there("a");
        let gone = || fails("NoSuchEntity", "Instance Profile node cannot be found.");
        let script = [
            ("iam RemoveRoleFromInstanceProfile InstanceProfileName=node RoleName=a", gone()),
            ("iam DeleteInstanceProfile InstanceProfileName=node", gone()),
        ];
        let step = check_requests(&script, async |aws| InstanceProfile::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn the_arn_is_promised() {
        let values = check_plan::<InstanceProfile>(None, r#"{"name": "node", "path": "/"}"#).values;
        assert_eq!(values[1].1, "arn:aws:iam::123456789012:instance-profile/node".into());
    }
}
