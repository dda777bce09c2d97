//! `aws_eks_cluster`: a Kubernetes control plane.

pub(super) mod blocks;
mod observe;
#[cfg(test)]
mod tests;
mod update;

use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Timing, Token, Within, usually, within,
};

use crate::client::Aws;
use crate::eks::{tags, update as operation};
use crate::error::{Answer, Fault, Unless, fault, is_one_of};
use crate::planning::{at, is_true_at, is_unknown_at, promise, text_at};
use blocks::{
    AccessConfig, CertificateAuthority, ComputeConfig, ControlPlaneScalingConfig, EncryptionConfig, Identity,
    KubernetesNetworkConfig, OutpostConfig, RemoteNetworkConfig, StorageConfig, UpgradePolicy, VpcConfig,
    ZonalShiftConfig,
};

const GONE: &[Fault] =
    &[fault("ResourceNotFoundException"), fault("ClientException").saying("No cluster found for name:")];
/// The role was made a moment ago, or its policies were attached a moment ago.
const ROLE_NOT_VISIBLE: &[Fault] = &[
    fault("InvalidParameterException").of("CreateCluster").saying("does not exist"),
    fault("InvalidParameterException").of("CreateCluster").saying("Error in role params"),
    fault("InvalidParameterException").of("CreateCluster").saying("could not be assumed"),
    fault("InvalidParameterException").of("CreateCluster").saying("Role could not be assumed"),
    fault("InvalidParameterException")
        .of("CreateCluster")
        .saying("The provided role doesn't have the Amazon EKS Managed Policies associated with it"),
    fault("InvalidParameterException").of("CreateCluster").saying("IAM role's policy must include"),
];
/// Something else is being done to the cluster.
const BUSY: &[Fault] = &[
    fault("ResourceInUseException").of("DeleteCluster").saying("in progress"),
    fault("ResourceInUseException").of("UpdateClusterConfig").saying("in progress"),
    fault("ResourceInUseException").of("UpdateClusterVersion").saying("in progress"),
];
/// The three switches of auto mode.
const AUTO_MODE: [&str; 3] = [
    "compute_config.0.enabled",
    "kubernetes_network_config.0.elastic_load_balancing.0.enabled",
    "storage_config.0.block_storage.0.enabled",
];

/// A Kubernetes control plane.
pub struct Cluster;

/// What a user may write.
#[derive(Args, Clone)]
pub struct ClusterArgs {
    /// Name of the cluster, unique in account and region.
    #[arg(replace, min_len = 1, max_len = 100)]
    pub(super) name: String,
    /// Role that the control plane acts as.
    #[arg(replace, format(arn))]
    pub(super) role_arn: String,
    /// Kubernetes version; it goes up one minor version at a time.
    pub(super) version: Filled<String>,
    /// Updates the version even where upgrade insights warn.
    #[arg(optional)]
    pub(super) force_update_version: bool,
    /// Installs CNI, DNS and proxy, to be looked after by the user.
    #[arg(replace, default = true)]
    pub(super) bootstrap_self_managed_addons: bool,
    /// Logs of the control plane that go to CloudWatch.
    #[arg(each(one_of("api", "audit", "authenticator", "controllerManager", "scheduler")))]
    pub(super) enabled_cluster_log_types: Option<Set<String>>,
    /// Keeps the cluster from being deleted.
    pub(super) deletion_protection: Filled<bool>,
    /// Network of the control plane.
    #[arg(block, min_items = 1)]
    pub(super) vpc_config: VpcConfig,
    /// Who may use the Kubernetes API.
    #[arg(block)]
    pub(super) access_config: Filled<AccessConfig>,
    /// Nodes of auto mode.
    #[arg(block)]
    pub(super) compute_config: Filled<ComputeConfig>,
    /// Reserved size of the control plane.
    #[arg(block)]
    pub(super) control_plane_scaling_config: Filled<ControlPlaneScalingConfig>,
    /// Key that encrypts Kubernetes secrets; it can be added, but not changed.
    #[arg(block, conflicts("outpost_config"))]
    pub(super) encryption_config: Option<EncryptionConfig>,
    /// Addresses of Kubernetes services.
    #[arg(block, conflicts("outpost_config"))]
    pub(super) kubernetes_network_config: Filled<KubernetesNetworkConfig>,
    /// Outpost that the control plane is on.
    #[arg(block)]
    pub(super) outpost_config: Option<OutpostConfig>,
    /// Networks of hybrid nodes.
    #[arg(block)]
    pub(super) remote_network_config: Option<RemoteNetworkConfig>,
    /// Volumes of auto mode.
    #[arg(block)]
    pub(super) storage_config: Filled<StorageConfig>,
    /// What happens at the end of standard support.
    #[arg(block)]
    pub(super) upgrade_policy: Filled<UpgradePolicy>,
    /// Moves traffic away from an impaired zone.
    #[arg(block)]
    pub(super) zonal_shift_config: Option<ZonalShiftConfig>,
    /// Tags.
    pub(super) tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct ClusterAttrs {
    /// ARN.
    pub(super) arn: String,
    /// Certificate that the API server's is signed with.
    pub(super) certificate_authority: Vec<CertificateAuthority>,
    /// Id of a cluster on an Outpost.
    pub(super) cluster_id: Option<String>,
    /// When the cluster was made.
    pub(super) created_at: String,
    /// URL of the Kubernetes API.
    pub(super) endpoint: Option<String>,
    /// Identity provider of the cluster's service accounts.
    pub(super) identity: Vec<Identity>,
    /// Version of the platform beneath Kubernetes.
    pub(super) platform_version: String,
    /// What the cluster is doing.
    pub(super) status: String,
}

impl Resource for Cluster {
    type Args = ClusterArgs;
    type Attrs = ClusterAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_cluster";
    const CREATE_REPEATS: bool = true;
    const VERSION: u64 = 1;
    const TIMING: Timing =
        Timing::new().create("30m", usually("10m")).update("1h", usually("2m")).delete("15m", usually("4m"));
    const CREATE_IS_WHOLE: bool = true;

    fn plan(facts: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let name = text_at(planned.proposed, "name");
        promise(&mut overrides, planned, name, name.and_then(|name| facts.arn("eks", &format!("cluster/{name}"))));
        check_auto_mode(&mut overrides, planned);
        if !planned.is_create() {
            replace_for_node_role(&mut overrides, planned);
            check_encryption(&mut overrides, planned);
        }
        overrides
    }

    async fn create(aws: &Aws, args: &ClusterArgs, token: &Token) -> CallResult<Created> {
        aws.eks()
            .create_cluster()
            .name(&args.name)
            .role_arn(&args.role_arn)
            .set_version(args.version.to_option())
            .bootstrap_self_managed_addons(args.bootstrap_self_managed_addons)
            .set_logging(args.enabled_cluster_log_types.as_ref().map(blocks::logging))
            .set_deletion_protection(args.deletion_protection.to_option())
            .resources_vpc_config(args.vpc_config.for_create())
            .set_access_config(args.access_config.get().map(AccessConfig::for_create))
            .set_compute_config(args.compute_config.get().map(ComputeConfig::request))
            .set_control_plane_scaling_config(
                args.control_plane_scaling_config.get().map(ControlPlaneScalingConfig::request),
            )
            .set_encryption_config(args.encryption_config.as_ref().map(|config| vec![config.request()]))
            .set_kubernetes_network_config(
                args.kubernetes_network_config.get().map(KubernetesNetworkConfig::for_create),
            )
            .set_outpost_config(args.outpost_config.as_ref().map(OutpostConfig::request).transpose()?)
            .set_remote_network_config(args.remote_network_config.as_ref().map(RemoteNetworkConfig::request))
            .set_storage_config(args.storage_config.get().map(StorageConfig::request))
            .set_upgrade_policy(args.upgrade_policy.get().map(UpgradePolicy::request))
            .set_zonal_shift_config(args.zonal_shift_config.as_ref().map(ZonalShiftConfig::request))
            .set_tags(Some(args.tags.all.clone().into_iter().collect()))
            .client_request_token(token)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(&args.name))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let answer = aws.eks().describe_cluster().name(known.id()).send().await.answer().unless(GONE)?;
        let remote = answer.and_then(|answer| answer.cluster);
        Ok(remote.map_or(Observed::Gone, |remote| observe::observed(aws, known, remote)))
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if let Some(step) = update::next(aws, change, there).await? {
            return Ok(step);
        }
        tags::retag(aws, &there.attrs.arn, change.prior.map(|prior| &prior.tags), &change.planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        aws.eks().delete_cluster().name(&there.id).send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    async fn operation(aws: &Aws, there: &Object<Self>, handle: &str) -> CallResult<Phase> {
        operation::progress(aws.eks().describe_update().name(&there.id), handle).await
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, ROLE_NOT_VISIBLE) {
            return Some(within("2m"));
        }
        is_one_of(error, BUSY).then_some(Within::DEADLINE)
    }
}

/// The switches of auto mode are all on or all off.
fn check_auto_mode(overrides: &mut Overrides, planned: &Planned<'_>) {
    if AUTO_MODE.iter().any(|path| is_unknown_at(planned.proposed, path)) {
        return;
    }
    let switches = AUTO_MODE.map(|path| is_true_at(planned.proposed, path));
    if switches != [switches[0]; 3] {
        overrides.error(
            "compute_config",
            "`compute_config.enabled`, `kubernetes_network_config.elastic_load_balancing.enabled` and \
             `storage_config.block_storage.enabled` must all be true or all be false",
        );
    }
}

/// The role of auto mode's nodes can be set and taken away, but not exchanged.
fn replace_for_node_role(overrides: &mut Overrides, planned: &Planned<'_>) {
    const ROLE: &str = "compute_config.0.node_role_arn";
    let (Some(prior), proposed) = (text_at(planned.prior, ROLE), text_at(planned.proposed, ROLE)) else { return };
    let is_on = is_unknown_at(planned.proposed, AUTO_MODE[0]) || is_true_at(planned.proposed, AUTO_MODE[0]);
    let has_pools = at(planned.proposed, "compute_config.0.node_pools").is_some_and(|pools| !pools.is_empty());
    let is_taken_away = proposed.is_none_or(str::is_empty) && !is_unknown_at(planned.proposed, ROLE);
    if !prior.is_empty() && proposed != Some(prior) && is_on && (has_pools || !is_taken_away) {
        overrides.replaces("compute_config");
    }
}

/// Encryption with a key can be added; without it the cluster is another one, and its key stays.
fn check_encryption(overrides: &mut Overrides, planned: &Planned<'_>) {
    const KEY: &str = "encryption_config.0.provider.0.key_arn";
    let Some(prior) = text_at(planned.prior, KEY) else { return };
    if planned.proposed.get("encryption_config").is_some_and(landfall_provider::value::Value::is_empty) {
        overrides.replaces("encryption_config");
    } else if text_at(planned.proposed, KEY).is_some_and(|key| key != prior) {
        overrides
            .error("encryption_config", "the key of a cluster cannot be changed; replace the cluster, or keep the key");
    }
}
