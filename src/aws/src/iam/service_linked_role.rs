//! `aws_iam_service_linked_role`: a role that a service of AWS made for itself.

use aws_sdk_iam::types::{DeletionTaskStatusType, Role as Remote};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Known, Object, Observed, Overrides, Phase, Planned,
    Resource, Step, Tags, Timing, Token, Within, usually, within,
};

use crate::arn::Arn;
use crate::client::Aws;
use crate::error::{Answer, Unless, incomplete};
use crate::iam::faults::{GONE, settles_soon};
use crate::iam::tags::{self, retag_role};
use crate::planning::text_at;
use crate::time::rfc3339;

/// A role that a service of AWS made for itself.
pub struct ServiceLinkedRole;

/// What a user may write.
#[derive(Args, Clone)]
pub struct ServiceLinkedRoleArgs {
    /// Host name of the service, such as `spot.amazonaws.com`.
    #[arg(replace, pattern("\\.", "must be a full name such as `elasticbeanstalk.amazonaws.com`"))]
    aws_service_name: String,
    /// End of the role's name, where the service takes one.
    #[arg(replace)]
    custom_suffix: Option<String>,
    /// What the role is for.
    description: Option<String>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct ServiceLinkedRoleAttrs {
    /// ARN.
    arn: String,
    /// When the role was made.
    create_date: String,
    /// Name.
    name: String,
    /// Path before the name in the ARN.
    path: String,
    /// Id that no other role will ever have.
    unique_id: String,
}

impl Resource for ServiceLinkedRole {
    type Args = ServiceLinkedRoleArgs;
    type Attrs = ServiceLinkedRoleAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_service_linked_role";
    const TIMING: Timing = Timing::new().delete("5m", usually("15s")).fixed();

    /// Application Auto Scaling chooses the end of the name itself.
    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let service = text_at(planned.proposed, "aws_service_name").unwrap_or_default();
        let chooses =
            service.contains(".application-autoscaling.") && text_at(planned.config, "custom_suffix").is_none();
        if let Some(suffix) = text_at(planned.prior, "custom_suffix").filter(|_| chooses) {
            overrides.set("custom_suffix", suffix);
        }
        overrides
    }

    async fn create(aws: &Aws, args: &ServiceLinkedRoleArgs, _: &Token) -> CallResult<Created> {
        let answer = aws
            .iam()
            .create_service_linked_role()
            .aws_service_name(&args.aws_service_name)
            .set_custom_suffix(args.custom_suffix.clone())
            .set_description(args.description.clone())
            .send()
            .await
            .answer()?;
        let arn = answer.role.map(|role| role.arn);
        Ok(Created::with_id(arn.ok_or_else(|| incomplete("CreateServiceLinkedRole", "ARN"))?))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (name, _) = name_and_service(known.id())?;
        let answer = aws.iam().get_role().role_name(&name).send().await.answer().unless(GONE)?;
        let Some(remote) = answer.and_then(|answer| answer.role) else { return Ok(Observed::Gone) };
        Ok(Observed::There { phase: Phase::Ready, object: observed(aws, known, remote)? })
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let (planned, name) = (change.planned, &there.attrs.name);
        if change.prior.is_some() && change.wants(there, |args| &args.description) {
            let description = planned.description.clone().unwrap_or_default();
            aws.iam().update_role().role_name(name).description(description).send().await.answer()?;
        }
        // The create call carries no tags.
        let none = Tags::default();
        retag_role(aws, name, Some(change.prior.map_or(&none, |prior| &prior.tags)), &planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let request = aws.iam().delete_service_linked_role().role_name(&there.attrs.name);
        let answer = request.send().await.answer().unless(GONE)?;
        Ok(answer.map_or(Step::Done, |answer| Step::Running(answer.deletion_task_id)))
    }

    async fn operation(aws: &Aws, _: &Object<Self>, handle: &str) -> CallResult<Phase> {
        let request = aws.iam().get_service_linked_role_deletion_status().deletion_task_id(handle);
        let Some(answer) = request.send().await.answer().unless(GONE)? else { return Ok(Phase::Ready) };
        let reason = answer.reason.as_ref().and_then(|reason| reason.reason()).unwrap_or("the deletion failed");
        Ok(match answer.status {
            DeletionTaskStatusType::Succeeded => Phase::Ready,
            DeletionTaskStatusType::Failed => Phase::Failed(reason.to_owned()),
            other => Phase::Pending(other.to_string()),
        })
    }

    fn retry(error: &CallError) -> Option<Within> {
        // The permission to create it was given a moment ago.
        let is_denied = error.is("CreateServiceLinkedRole", "AccessDenied", "");
        if is_denied { Some(within("2m")) } else { settles_soon(error) }
    }
}

/// Returns role and service of `arn:aws:iam::1:role/aws-service-role/SERVICE/ROLE`.
fn name_and_service(arn: &str) -> CallResult<(String, String)> {
    let parsed = arn.parse::<Arn>().ok();
    let parts: Vec<&str> = parsed.iter().flat_map(|arn| arn.resource.split('/')).collect();
    match parts[..] {
        ["role", "aws-service-role", service, name] => Ok((name.to_owned(), service.to_owned())),
        _ => Err(CallError::local("invalid", format!("`{arn}` is not the ARN of a service-linked role"))),
    }
}

fn observed(aws: &Aws, known: &Known<ServiceLinkedRole>, remote: Remote) -> CallResult<Object<ServiceLinkedRole>> {
    let (name, service) = name_and_service(known.id())?;
    let args = ServiceLinkedRoleArgs {
        aws_service_name: service,
        custom_suffix: name.split_once('_').map(|(_, suffix)| suffix.to_owned()),
        description: remote.description.filter(|text| !text.is_empty()),
        tags: tags::observed(aws, remote.tags.as_ref(), known.args().map(|args| &args.tags)),
    };
    let attrs = ServiceLinkedRoleAttrs {
        arn: remote.arn,
        create_date: rfc3339(&remote.create_date),
        name: remote.role_name,
        path: remote.path,
        unique_id: remote.role_id,
    };
    Ok(Object { id: known.id().to_owned(), args, attrs, private: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const ARN: &str = "arn:aws:iam::1:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_eks";
    const ROLE: &str = "<Role><Path>/aws-service-role/autoscaling.amazonaws.com/</Path>\
        <RoleName>AWSServiceRoleForAutoScaling_eks</RoleName><RoleId>AROA1</RoleId>\
        <Arn>arn:aws:iam::1:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_eks</Arn>\
        <CreateDate>2026-01-31T12:00:00Z</CreateDate></Role>";
    const ARGS: &str =
        r#"{"aws_service_name": "autoscaling.amazonaws.com", "custom_suffix": "eks", "tags": {"a": "1"}}"#;

    fn there() -> Object<ServiceLinkedRole> {
        let known = Known::Import { id: ARN.to_owned() };
        let script = [("iam GetRole RoleName=AWSServiceRoleForAutoScaling_eks", ok(ROLE))];
        match check_requests(&script, async |aws| ServiceLinkedRole::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    #[test]
    fn tags_come_after_create() {
        let args = read_args(ARGS);
        let token = Token("t".to_owned());
        let request = "iam CreateServiceLinkedRole AWSServiceName=autoscaling.amazonaws.com CustomSuffix=eks";
        let created =
            check_requests(&[(request, ok(ROLE))], async |aws| ServiceLinkedRole::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id(ARN)));
        let there = there();
        assert_eq!(there.args.custom_suffix.as_deref(), Some("eks"));
        let change = Change { prior: None, planned: &args };
        let request = "iam TagRole RoleName=AWSServiceRoleForAutoScaling_eks Tags.member.1.Key=a Tags.member.1.Value=1";
        let step =
            check_requests(&[(request, ok(""))], async |aws| ServiceLinkedRole::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn deletion_is_a_task_that_may_fail() {
        let there = there();
        let request = "iam DeleteServiceLinkedRole RoleName=AWSServiceRoleForAutoScaling_eks";
        let script = [(request, ok("<DeletionTaskId>task/1</DeletionTaskId>"))];
        let step = check_requests(&script, async |aws| ServiceLinkedRole::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Running("task/1".to_owned())));
        let poll = "iam GetServiceLinkedRoleDeletionStatus DeletionTaskId=task/1";
        for (status, expected) in [
            ("<Status>IN_PROGRESS</Status>", Phase::Pending("IN_PROGRESS".to_owned())),
            ("<Status>SUCCEEDED</Status>", Phase::Ready),
            ("<Status>FAILED</Status><Reason><Reason>in use</Reason></Reason>", Phase::Failed("in use".to_owned())),
        ] {
            let script = [(poll, ok(status))];
            let phase = check_requests(&script, async |aws| ServiceLinkedRole::operation(aws, &there, "task/1").await);
            assert_eq!(phase, Ok(expected));
        }
        let script = [(request, fails("NoSuchEntity", "cannot be found"))];
        let step = check_requests(&script, async |aws| ServiceLinkedRole::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn application_auto_scaling_names_its_roles_itself() {
        let prior = r#"{"aws_service_name": "ecs.application-autoscaling.amazonaws.com", "custom_suffix": "Service"}"#;
        let config = r#"{"aws_service_name": "ecs.application-autoscaling.amazonaws.com"}"#;
        assert_eq!(check_plan::<ServiceLinkedRole>(Some(prior), config).values[0].1, "Service".into());
    }

    #[test]
    fn other_roles_are_refused() {
        let known = Known::Import { id: "arn:aws:iam::1:role/a".to_owned() };
        let observed = check_requests(&[], async |aws| ServiceLinkedRole::observe(aws, &known).await);
        assert!(observed.is_err());
    }
}
