//! `aws_eks_fargate_profile`: pods of a cluster that run without nodes.

use std::collections::BTreeMap;

use aws_sdk_eks::types::{FargateProfile as Remote, FargateProfileSelector, FargateProfileStatus};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Known, Object, Observed, Overrides, Phase, Planned,
    Resource, Set, Step, Tags, Timing, Token, Within, usually, within,
};

use crate::client::Aws;
use crate::eks::key::{join, split};
use crate::eks::tags::retag;
use crate::error::{Answer, Fault, Unless, fault, is_one_of};
use crate::planning::{promise, text_at};

const GONE: &[Fault] = &[fault("ResourceNotFoundException")];
/// The role was made a moment ago.
const ROLE_NOT_VISIBLE: &[Fault] = &[fault("InvalidParameterException")
    .of("CreateFargateProfile")
    .saying("Misconfigured PodExecutionRole Trust Policy")];
/// EKS changes one profile of a cluster at a time.
const BUSY: &[Fault] = &[
    fault("ResourceInUseException").of("CreateFargateProfile"),
    fault("ResourceInUseException").of("DeleteFargateProfile"),
];

/// Pods of a cluster that run without nodes.
pub struct FargateProfile;

/// What a user may write.
#[derive(Args, Clone)]
pub struct FargateProfileArgs {
    /// Cluster that the profile belongs to.
    #[arg(replace, min_len = 1, max_len = 100)]
    cluster_name: String,
    /// Name of the profile, unique in the cluster.
    #[arg(replace, format(non_empty))]
    fargate_profile_name: String,
    /// Role that pulls images and writes logs for the pods.
    #[arg(replace, format(non_empty))]
    pod_execution_role_arn: String,
    /// Private subnets for the pods' network interfaces; each pod takes one free address.
    #[arg(replace, min_items = 1)]
    subnet_ids: Option<Set<String>>,
    /// Which pods run here.
    #[arg(block, replace, min_items = 1)]
    selector: Set<Selector>,
    /// Tags.
    tags: Tags,
}

/// Pods of a namespace, those with all of the labels.
#[derive(Args, Clone, PartialEq)]
pub struct Selector {
    /// Namespace.
    #[arg(replace, format(non_empty))]
    namespace: String,
    /// Labels that a pod must have.
    #[arg(replace)]
    labels: Option<BTreeMap<String, String>>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct FargateProfileAttrs {
    /// ARN.
    arn: String,
    /// What the profile is doing.
    status: String,
}

impl Resource for FargateProfile {
    type Args = FargateProfileArgs;
    type Attrs = FargateProfileAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_fargate_profile";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing = Timing::new().create("10m", usually("90s")).delete("10m", usually("60s"));
    const SERIAL_BY: Option<&'static str> = Some("cluster_name");
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let cluster = text_at(planned.proposed, "cluster_name");
        let id =
            cluster.zip(text_at(planned.proposed, "fargate_profile_name")).map(|(cluster, name)| join(cluster, name));
        promise(&mut overrides, planned, id.as_deref(), None);
        overrides
    }

    async fn create(aws: &Aws, args: &FargateProfileArgs, token: &Token) -> CallResult<Created> {
        aws.eks()
            .create_fargate_profile()
            .cluster_name(&args.cluster_name)
            .fargate_profile_name(&args.fargate_profile_name)
            .pod_execution_role_arn(&args.pod_execution_role_arn)
            .set_subnets(args.subnet_ids.as_deref().map(<[String]>::to_vec))
            .set_selectors(Some(args.selector.iter().map(Selector::request).collect()))
            .set_tags(Some(args.tags.all.clone().into_iter().collect()))
            .client_request_token(token)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(join(&args.cluster_name, &args.fargate_profile_name)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (cluster, name) = split(known.id());
        let request = aws.eks().describe_fargate_profile().cluster_name(cluster).fargate_profile_name(name);
        let answer = request.send().await.answer().unless(GONE)?;
        let remote = answer.and_then(|answer| answer.fargate_profile);
        Ok(remote.map_or(Observed::Gone, |remote| observed(aws, known, remote)))
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        retag(aws, &there.attrs.arn, change.prior.map(|prior| &prior.tags), &change.planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let (cluster, name) = split(&there.id);
        let request = aws.eks().delete_fargate_profile().cluster_name(cluster).fargate_profile_name(name);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, ROLE_NOT_VISIBLE) {
            return Some(within("2m"));
        }
        is_one_of(error, BUSY).then_some(Within::DEADLINE)
    }
}

impl Selector {
    fn request(&self) -> FargateProfileSelector {
        let labels = self.labels.clone().map(|labels| labels.into_iter().collect());
        FargateProfileSelector::builder().namespace(&self.namespace).set_labels(labels).build()
    }

    fn observed(remote: FargateProfileSelector) -> Self {
        let labels = remote.labels.filter(|labels| !labels.is_empty());
        Self {
            namespace: remote.namespace.unwrap_or_default(),
            labels: labels.map(|labels| labels.into_iter().collect()),
        }
    }
}

fn observed(aws: &Aws, known: &Known<FargateProfile>, remote: Remote) -> Observed<FargateProfile> {
    let phase = phase(&remote);
    let tags = remote.tags.unwrap_or_default().into_iter().collect();
    let args = FargateProfileArgs {
        cluster_name: remote.cluster_name.unwrap_or_default(),
        fargate_profile_name: remote.fargate_profile_name.unwrap_or_default(),
        pod_execution_role_arn: remote.pod_execution_role_arn.unwrap_or_default(),
        subnet_ids: remote.subnets.filter(|subnets| !subnets.is_empty()).map(Set::from),
        selector: remote.selectors.unwrap_or_default().into_iter().map(Selector::observed).collect(),
        tags: aws.tag_rules().observed(tags, known.args().map(|args| &args.tags)),
    };
    let attrs = FargateProfileAttrs {
        arn: remote.fargate_profile_arn.unwrap_or_default(),
        status: remote.status.as_ref().map_or("", FargateProfileStatus::as_str).to_owned(),
    };
    Observed::There { phase, object: Object { id: known.id().to_owned(), args, attrs, private: None } }
}

fn phase(remote: &Remote) -> Phase {
    let issues = remote.health.iter().flat_map(|health| health.issues());
    let reasons: Vec<&str> = issues.filter_map(|issue| issue.message()).collect();
    match &remote.status {
        Some(FargateProfileStatus::Active) | None => Phase::Ready,
        Some(status @ (FargateProfileStatus::CreateFailed | FargateProfileStatus::DeleteFailed)) => {
            Phase::Failed(format!("{status}: {}", reasons.join("; ")))
        }
        Some(status) => Phase::Pending(status.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, fails, ok, read_args};

    const DESCRIBE: &str = "eks GET /clusters/c/fargate-profiles/f";

    fn observe(answer: &str) -> Observed<FargateProfile> {
        let known = Known::Import { id: "c:f".to_owned() };
        check_requests(&[(DESCRIBE, ok(answer))], async |aws| FargateProfile::observe(aws, &known).await).unwrap()
    }

    #[test]
    fn the_create_call_carries_everything() {
        let args = read_args(
            r#"{"cluster_name": "c", "fargate_profile_name": "f", "pod_execution_role_arn": "arn:aws:iam::1:role/r",
                "subnet_ids": ["subnet-1"], "selector": [{"namespace": "n", "labels": {"a": "b"}}]}"#,
        );
        let request = r#"eks POST /clusters/c/fargate-profiles {"clientRequestToken":"t-1","fargateProfileName":"f","podExecutionRoleArn":"arn:aws:iam::1:role/r","selectors":[{"namespace":"n","labels":{"a":"b"}}],"subnets":["subnet-1"],"tags":{}}"#;
        let token = Token("t-1".to_owned());
        let created =
            check_requests(&[(request, ok("{}"))], async |aws| FargateProfile::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("c:f")));
    }

    #[test]
    fn a_profile_at_work_is_pending_and_a_failed_one_says_why() {
        let state = |status: &str| {
            let health = r#""health": {"issues": [{"code": "PodExecutionRoleAlreadyInUse", "message": "in use"}]}"#;
            observe(&format!(
                r#"{{"fargateProfile": {{"clusterName": "c", "fargateProfileName": "f", "status": "{status}", {health}}}}}"#
            ))
        };
        let phase = |observed| match observed {
            Observed::There { phase, .. } => phase,
            Observed::Gone => panic!("gone"),
        };
        assert_eq!(phase(state("CREATING")), Phase::Pending("CREATING".to_owned()));
        assert_eq!(phase(state("CREATE_FAILED")), Phase::Failed("CREATE_FAILED: in use".to_owned()));
        assert_eq!(phase(state("ACTIVE")), Phase::Ready);
    }

    #[test]
    fn a_profile_that_is_gone_needs_no_deletion() {
        let Observed::There { object, .. } = observe(r#"{"fargateProfile": {"status": "ACTIVE"}}"#) else {
            panic!("gone")
        };
        let script = [("eks DELETE /clusters/c/fargate-profiles/f", fails("ResourceNotFoundException", "none"))];
        let step = check_requests(&script, async |aws| FargateProfile::delete(aws, &object).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn a_role_that_is_not_visible_yet_is_tried_again() {
        let error = CallError {
            operation: "CreateFargateProfile".to_owned(),
            ..CallError::local("InvalidParameterException", "Misconfigured PodExecutionRole Trust Policy; Please add")
        };
        assert_eq!(FargateProfile::retry(&error), Some(within("2m")));
    }
}
