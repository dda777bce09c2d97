//! `aws_eks_access_entry`: an IAM principal that may use a cluster's Kubernetes API.

use aws_sdk_eks::types::AccessEntry as Remote;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Timing, Token, Within, usually, within,
};

use crate::client::Aws;
use crate::eks::key::{join, split};
use crate::eks::tags::retag;
use crate::error::{Answer, Fault, Unless, fault, is_one_of};
use crate::planning::{promise, text_at};
use crate::time::rfc3339;

const GONE: &[Fault] = &[fault("ResourceNotFoundException")];
/// The principal was made a moment ago.
const PRINCIPAL_NOT_VISIBLE: &[Fault] = &[fault("InvalidParameterException")
    .of("CreateAccessEntry")
    .saying("The specified principalArn is invalid: invalid principal")];

/// An IAM principal that may use a cluster's Kubernetes API.
pub struct AccessEntry;

/// What a user may write.
#[derive(Args, Clone)]
pub struct AccessEntryArgs {
    /// Cluster.
    #[arg(replace, min_len = 1, max_len = 100)]
    cluster_name: String,
    /// Role or user.
    #[arg(replace, format(arn))]
    principal_arn: String,
    /// What the principal is: a person or program, or nodes of some kind.
    #[arg(
        replace,
        default = "STANDARD",
        one_of("EC2", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "STANDARD")
    )]
    r#type: String,
    /// Groups of Kubernetes that the principal is in; only of standard entries.
    kubernetes_groups: Filled<Set<String>>,
    /// Name of the principal in Kubernetes.
    user_name: Filled<String>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct AccessEntryAttrs {
    /// ARN.
    access_entry_arn: String,
    /// When it was made.
    created_at: String,
    /// When it was changed last.
    modified_at: String,
}

impl Resource for AccessEntry {
    type Args = AccessEntryArgs;
    type Attrs = AccessEntryAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_access_entry";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing = Timing::new().create("10m", usually("1s")).delete("10m", usually("1s"));
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let cluster = text_at(planned.proposed, "cluster_name");
        let id = cluster.zip(text_at(planned.proposed, "principal_arn")).map(|(cluster, arn)| join(cluster, arn));
        promise(&mut overrides, planned, id.as_deref(), None);
        let changes = ["kubernetes_groups", "user_name", "tags_all"].iter().any(|name| planned.changes(name));
        if !planned.is_create() && changes {
            let unknown = landfall_provider::value::Value::unknown(landfall_provider::value::Type::String);
            overrides.set("modified_at", unknown);
        }
        overrides
    }

    async fn create(aws: &Aws, args: &AccessEntryArgs, token: &Token) -> CallResult<Created> {
        aws.eks()
            .create_access_entry()
            .cluster_name(&args.cluster_name)
            .principal_arn(&args.principal_arn)
            .r#type(&args.r#type)
            .set_kubernetes_groups(args.kubernetes_groups.as_deref().map(<[String]>::to_vec))
            .set_username(args.user_name.to_option())
            .set_tags(Some(args.tags.all.clone().into_iter().collect()))
            .client_request_token(token)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(join(&args.cluster_name, &args.principal_arn)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (cluster, principal) = split(known.id());
        let request = aws.eks().describe_access_entry().cluster_name(cluster).principal_arn(principal);
        let answer = request.send().await.answer().unless(GONE)?;
        let remote = answer.and_then(|answer| answer.access_entry);
        Ok(remote.map_or(Observed::Gone, |remote| observed(aws, known, remote)))
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        if change.wants(there, |args| &args.kubernetes_groups) || change.wants(there, |args| &args.user_name) {
            aws.eks()
                .update_access_entry()
                .cluster_name(&planned.cluster_name)
                .principal_arn(&planned.principal_arn)
                .set_kubernetes_groups(planned.kubernetes_groups.as_deref().map(<[String]>::to_vec))
                .set_username(planned.user_name.to_option())
                .send()
                .await
                .answer()?;
        }
        retag(aws, &there.attrs.access_entry_arn, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let (cluster, principal) = split(&there.id);
        let request = aws.eks().delete_access_entry().cluster_name(cluster).principal_arn(principal);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        is_one_of(error, PRINCIPAL_NOT_VISIBLE).then(|| within("2m"))
    }
}

fn observed(aws: &Aws, known: &Known<AccessEntry>, remote: Remote) -> Observed<AccessEntry> {
    let tags = remote.tags.unwrap_or_default().into_iter().collect();
    let args = AccessEntryArgs {
        cluster_name: remote.cluster_name.unwrap_or_default(),
        principal_arn: remote.principal_arn.unwrap_or_default(),
        r#type: remote.r#type.unwrap_or_default(),
        kubernetes_groups: Set::from(remote.kubernetes_groups.unwrap_or_default()).into(),
        user_name: remote.username.into(),
        tags: aws.tag_rules().observed(tags, known.args().map(|args| &args.tags)),
    };
    let attrs = AccessEntryAttrs {
        access_entry_arn: remote.access_entry_arn.unwrap_or_default(),
        created_at: remote.created_at.as_ref().map(rfc3339).unwrap_or_default(),
        modified_at: remote.modified_at.as_ref().map(rfc3339).unwrap_or_default(),
    };
    let object = Object { id: known.id().to_owned(), args, attrs, private: None };
    Observed::There { phase: Phase::Ready, object }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, fails, ok, read_args};

    const ID: &str = "c:arn:aws:iam::1:role/r";
    const PATH: &str = "/clusters/c/access-entries/arn:aws:iam::1:role/r";
    const THERE: &str = r#"{"accessEntry": {"clusterName": "c", "principalArn": "arn:aws:iam::1:role/r",
        "type": "STANDARD", "username": "u", "kubernetesGroups": ["g"], "createdAt": 0,
        "accessEntryArn": "arn:aws:eks:eu-central-1:1:access-entry/c/role/1/r/x"}}"#;

    fn there() -> Object<AccessEntry> {
        let known = Known::Import { id: ID.to_owned() };
        let script = [(format!("eks GET {PATH}"), ok(THERE))];
        let script: Vec<_> = script.iter().map(|(request, answer)| (request.as_str(), answer.clone())).collect();
        match check_requests(&script, async |aws| AccessEntry::observe(aws, &known).await).unwrap() {
            Observed::There { object, .. } => object,
            Observed::Gone => panic!("gone"),
        }
    }

    #[test]
    fn an_entry_of_nodes_is_made_in_one_call() {
        let args = read_args(
            r#"{"cluster_name": "c", "principal_arn": "arn:aws:iam::1:role/r", "type": "EC2_LINUX", "tags": {"a": "b"}}"#,
        );
        let request = r#"eks POST /clusters/c/access-entries {"clientRequestToken":"t-1","principalArn":"arn:aws:iam::1:role/r","tags":{"a":"b"},"type":"EC2_LINUX"}"#;
        let token = Token("t-1".to_owned());
        let created = check_requests(&[(request, ok("{}"))], async |aws| AccessEntry::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id(ID)));
    }

    #[test]
    fn groups_change_in_place() {
        let there = there();
        assert_eq!(there.attrs.created_at, "1970-01-01T00:00:00Z");
        let planned =
            AccessEntryArgs { kubernetes_groups: Set::from(vec!["h".to_owned()]).into(), ..there.args.clone() };
        let change = Change { prior: Some(&there.args), planned: &planned };
        let request =
            format!(r#"eks POST {PATH} {{"clientRequestToken":"TOKEN","kubernetesGroups":["h"],"username":"u"}}"#);
        let script = [(request.as_str(), ok("{}"))];
        let step = check_requests(&script, async |aws| AccessEntry::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn an_entry_that_is_gone_needs_no_deletion() {
        let there = there();
        let request = format!("eks DELETE {PATH}");
        let script = [(request.as_str(), fails("ResourceNotFoundException", "none"))];
        let step = check_requests(&script, async |aws| AccessEntry::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn a_principal_that_is_not_visible_yet_is_tried_again() {
        let message = "The specified principalArn is invalid: invalid principal.";
        let error = CallError {
            operation: "CreateAccessEntry".to_owned(),
            ..CallError::local("InvalidParameterException", message)
        };
        assert_eq!(AccessEntry::retry(&error), Some(within("2m")));
    }
}
