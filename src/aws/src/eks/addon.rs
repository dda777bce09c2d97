//! `aws_eks_addon`: software that EKS installs in a cluster and keeps.

use aws_sdk_eks::types::{
    Addon as Remote, AddonNamespaceConfigRequest, AddonPodIdentityAssociations, AddonStatus, PodIdentityAssociation,
};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Timing, Token, Within, usually,
};

use crate::client::Aws;
use crate::eks::key::{join, split};
use crate::eks::tags::retag;
use crate::eks::update;
use crate::error::{Answer, Fault, Unless, fault, is_one_of};
use crate::planning::{promise, text_at};
use crate::time::rfc3339;

const GONE: &[Fault] = &[fault("ResourceNotFoundException")];
/// Roles of the add-on were made a moment ago, or an older copy of it is still on its way out.
const NOT_YET: &[Fault] = &[
    fault("InvalidParameterException").of("CreateAddon").saying("CREATE_FAILED"),
    fault("InvalidParameterException").of("CreateAddon").saying("does not exist"),
    fault("ResourceInUseException").of("UpdateAddon"),
    fault("ResourceInUseException").of("DeleteAddon"),
];

/// Software that EKS installs in a cluster and keeps.
pub struct Addon;

/// What a user may write.
#[derive(Args, Clone)]
pub struct AddonArgs {
    /// Cluster.
    #[arg(replace, min_len = 1, max_len = 100)]
    cluster_name: String,
    /// Name of the add-on, such as `vpc-cni`.
    #[arg(replace, format(non_empty))]
    addon_name: String,
    /// Version.
    #[arg(pattern(
        r"^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$",
        "must be a version such as v1.18.1-eksbuild.1"
    ))]
    addon_version: Filled<String>,
    /// Settings of the add-on, in JSON or YAML, sent as they are.
    configuration_values: Filled<String>,
    /// Namespace that it is installed in.
    #[arg(block, replace)]
    namespace_config: Filled<NamespaceConfig>,
    /// Roles of its service accounts.
    #[arg(block)]
    pod_identity_association: Set<PodIdentity>,
    /// Whether a destroy leaves the software in the cluster.
    #[arg(optional)]
    preserve: bool,
    /// What to do with software that is there already.
    #[arg(one_of("NONE", "OVERWRITE"))]
    resolve_conflicts_on_create: Option<String>,
    /// What to do with settings that others have changed.
    #[arg(one_of("OVERWRITE", "NONE", "PRESERVE"))]
    resolve_conflicts_on_update: Option<String>,
    /// Role of its service account by OIDC.
    #[arg(format(arn))]
    service_account_role_arn: Option<String>,
    /// Tags.
    tags: Tags,
}

/// Namespace of an add-on.
#[derive(Args, Clone, PartialEq)]
pub struct NamespaceConfig {
    /// Name.
    #[arg(
        replace,
        pattern("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "must be a name of lower-case letters, digits and hyphens")
    )]
    namespace: Filled<String>,
}

/// Role of one service account.
#[derive(Args, Clone, PartialEq)]
pub struct PodIdentity {
    /// Role.
    #[arg(format(arn))]
    role_arn: String,
    /// Service account.
    service_account: String,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct AddonAttrs {
    /// ARN.
    arn: String,
    /// When it was installed.
    created_at: String,
    /// When it was changed last.
    modified_at: String,
}

impl Resource for Addon {
    type Args = AddonArgs;
    type Attrs = AddonAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_addon";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing =
        Timing::new().create("20m", usually("60s")).update("20m", usually("60s")).delete("40m", usually("60s"));
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let cluster = text_at(planned.proposed, "cluster_name");
        let id = cluster.zip(text_at(planned.proposed, "addon_name")).map(|(cluster, name)| join(cluster, name));
        promise(&mut overrides, planned, id.as_deref(), None);
        overrides
    }

    async fn create(aws: &Aws, args: &AddonArgs, token: &Token) -> CallResult<Created> {
        aws.eks()
            .create_addon()
            .cluster_name(&args.cluster_name)
            .addon_name(&args.addon_name)
            .set_addon_version(args.addon_version.to_option())
            .set_configuration_values(args.configuration_values.to_option())
            .set_namespace_config(args.namespace_config.get().map(NamespaceConfig::request))
            .set_pod_identity_associations(requests(&args.pod_identity_association)?)
            .set_resolve_conflicts(args.resolve_conflicts_on_create.as_deref().map(Into::into))
            .set_service_account_role_arn(args.service_account_role_arn.clone())
            .set_tags(Some(args.tags.all.clone().into_iter().collect()))
            .client_request_token(token)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(join(&args.cluster_name, &args.addon_name)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (cluster, name) = split(known.id());
        let request = aws.eks().describe_addon().cluster_name(cluster).addon_name(name);
        let Some(remote) = request.send().await.answer().unless(GONE)?.and_then(|answer| answer.addon) else {
            return Ok(Observed::Gone);
        };
        let mut identities = Vec::new();
        for arn in remote.pod_identity_associations() {
            let id = arn.rsplit('/').next().unwrap_or(arn);
            let request = aws.eks().describe_pod_identity_association().cluster_name(cluster).association_id(id);
            let answer = request.send().await.answer().unless(GONE)?;
            identities.extend(answer.and_then(|answer| answer.association).map(PodIdentity::observed));
        }
        Ok(observed(aws, known, remote, identities.into()))
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        let changes_identities = change.wants(there, |args| &args.pod_identity_association);
        let differs = change.wants(there, |args| &args.addon_version)
            || change.wants(there, |args| &args.configuration_values)
            || change.wants(there, |args| &args.service_account_role_arn)
            || changes_identities;
        if differs {
            // An empty list takes the identities away; none leaves them as they are.
            let identities = requests(&planned.pod_identity_association)?.unwrap_or_default();
            let answer = aws
                .eks()
                .update_addon()
                .cluster_name(&planned.cluster_name)
                .addon_name(&planned.addon_name)
                .set_addon_version(planned.addon_version.to_option())
                .set_configuration_values(planned.configuration_values.to_option())
                .set_pod_identity_associations(changes_identities.then_some(identities))
                .set_resolve_conflicts(planned.resolve_conflicts_on_update.as_deref().map(Into::into))
                .set_service_account_role_arn(planned.service_account_role_arn.clone())
                .send()
                .await
                .answer()?;
            return update::running(answer.update);
        }
        retag(aws, &there.attrs.arn, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let (cluster, name) = split(&there.id);
        let request = aws.eks().delete_addon().cluster_name(cluster).addon_name(name).preserve(there.args.preserve);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    async fn operation(aws: &Aws, there: &Object<Self>, handle: &str) -> CallResult<Phase> {
        let (cluster, name) = split(&there.id);
        update::progress(aws.eks().describe_update().name(cluster).addon_name(name), handle).await
    }

    fn retry(error: &CallError) -> Option<Within> {
        is_one_of(error, NOT_YET).then_some(Within::DEADLINE)
    }
}

impl NamespaceConfig {
    fn request(&self) -> AddonNamespaceConfigRequest {
        AddonNamespaceConfigRequest::builder().set_namespace(self.namespace.to_option()).build()
    }
}

impl PodIdentity {
    fn observed(remote: PodIdentityAssociation) -> Self {
        Self {
            role_arn: remote.role_arn.unwrap_or_default(),
            service_account: remote.service_account.unwrap_or_default(),
        }
    }
}

fn requests(identities: &Set<PodIdentity>) -> CallResult<Option<Vec<AddonPodIdentityAssociations>>> {
    if identities.is_empty() {
        return Ok(None);
    }
    let request = |identity: &PodIdentity| {
        let builder = AddonPodIdentityAssociations::builder().role_arn(&identity.role_arn);
        builder.service_account(&identity.service_account).build().answer()
    };
    identities.iter().map(request).collect::<CallResult<Vec<_>>>().map(Some)
}

fn observed(aws: &Aws, known: &Known<Addon>, remote: Remote, identities: Set<PodIdentity>) -> Observed<Addon> {
    let phase = phase(&remote);
    let tags = remote.tags.unwrap_or_default().into_iter().collect();
    let carried = known.args();
    let args = AddonArgs {
        cluster_name: remote.cluster_name.unwrap_or_default(),
        addon_name: remote.addon_name.unwrap_or_default(),
        addon_version: remote.addon_version.into(),
        configuration_values: remote.configuration_values.into(),
        namespace_config: remote
            .namespace_config
            .map(|config| NamespaceConfig { namespace: config.namespace.into() })
            .into(),
        pod_identity_association: identities,
        preserve: carried.is_some_and(|args| args.preserve),
        resolve_conflicts_on_create: carried.and_then(|args| args.resolve_conflicts_on_create.clone()),
        resolve_conflicts_on_update: carried.and_then(|args| args.resolve_conflicts_on_update.clone()),
        service_account_role_arn: remote.service_account_role_arn,
        tags: aws.tag_rules().observed(tags, carried.map(|args| &args.tags)),
    };
    let attrs = AddonAttrs {
        arn: remote.addon_arn.unwrap_or_default(),
        created_at: remote.created_at.as_ref().map(rfc3339).unwrap_or_default(),
        modified_at: remote.modified_at.as_ref().map(rfc3339).unwrap_or_default(),
    };
    Observed::There { phase, object: Object { id: known.id().to_owned(), args, attrs, private: None } }
}

/// A degraded add-on may still come up: CoreDNS is degraded until there are nodes.
fn phase(remote: &Remote) -> Phase {
    let issues = remote.health.iter().flat_map(|health| health.issues());
    let reasons: Vec<&str> = issues.filter_map(|issue| issue.message()).collect();
    let with_reasons = |status: &AddonStatus| match reasons.as_slice() {
        [] => status.to_string(),
        reasons => format!("{status}: {}", reasons.join("; ")),
    };
    match &remote.status {
        Some(AddonStatus::Active) | None => Phase::Ready,
        Some(status @ (AddonStatus::CreateFailed | AddonStatus::DeleteFailed | AddonStatus::UpdateFailed)) => {
            Phase::Failed(with_reasons(status))
        }
        Some(status) => Phase::Pending(with_reasons(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    const THERE: &str = r#"{"addon": {"clusterName": "c", "addonName": "vpc-cni", "status": "ACTIVE",
        "addonVersion": "v1.19.0-eksbuild.1", "addonArn": "arn:aws:eks:eu-central-1:1:addon/c/vpc-cni/x",
        "podIdentityAssociations": ["arn:aws:eks:eu-central-1:1:podidentityassociation/c/a-1"]}}"#;
    const IDENTITY: &str = r#"{"association": {"roleArn": "arn:aws:iam::1:role/r", "serviceAccount": "aws-node"}}"#;

    fn there() -> Object<Addon> {
        let known = Known::Import { id: "c:vpc-cni".to_owned() };
        let script = [
            ("eks GET /clusters/c/addons/vpc-cni", ok(THERE)),
            ("eks GET /clusters/c/pod-identity-associations/a-1", ok(IDENTITY)),
        ];
        match check_requests(&script, async |aws| Addon::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    #[test]
    fn the_create_call_carries_what_is_written() {
        let args = read_args(
            r#"{"cluster_name": "c", "addon_name": "vpc-cni", "resolve_conflicts_on_create": "OVERWRITE",
                "configuration_values": "{}", "pod_identity_association": []}"#,
        );
        let request = r#"eks POST /clusters/c/addons {"addonName":"vpc-cni","clientRequestToken":"t-1","configurationValues":"{}","resolveConflicts":"OVERWRITE","tags":{}}"#;
        let token = Token("t-1".to_owned());
        let created = check_requests(&[(request, ok("{}"))], async |aws| Addon::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("c:vpc-cni")));
    }

    #[test]
    fn a_version_changes_by_an_update_that_is_followed() {
        let there = there();
        let planned = AddonArgs { addon_version: "v1.20.0-eksbuild.1".to_owned().into(), ..there.args.clone() };
        let change = Change { prior: Some(&there.args), planned: &planned };
        let request = r#"eks POST /clusters/c/addons/vpc-cni/update {"addonVersion":"v1.20.0-eksbuild.1","clientRequestToken":"TOKEN"}"#;
        let script = [(request, ok(r#"{"update": {"id": "u-1"}}"#))];
        let step = check_requests(&script, async |aws| Addon::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Running("u-1".to_owned())));
        let done = Object { args: planned.clone(), ..there };
        let change = Change { prior: Some(&args_before(&done)), planned: &planned };
        let step = check_requests(&[], async |aws| Addon::update(aws, &change, &done).await);
        assert_eq!(step, Ok(Step::Done), "what is there already is not done again");
    }

    fn args_before(object: &Object<Addon>) -> AddonArgs {
        AddonArgs { addon_version: "v1.19.0-eksbuild.1".to_owned().into(), ..object.args.clone() }
    }

    #[test]
    fn a_degraded_addon_says_what_is_wrong_while_it_is_waited_for() {
        let health = r#"{"issues": [{"code": "InsufficientNumberOfReplicas", "message": "no nodes"}]}"#;
        let answer = format!(r#"{{"addon": {{"status": "DEGRADED", "health": {health}}}}}"#);
        let known = Known::Import { id: "c:coredns".to_owned() };
        let script = [("eks GET /clusters/c/addons/coredns", ok(answer))];
        let observed = check_requests(&script, async |aws| Addon::observe(aws, &known).await).unwrap();
        let Observed::There { phase, .. } = observed else { panic!("gone") };
        assert_eq!(phase, Phase::Pending("DEGRADED: no nodes".to_owned()));
    }
}
