//! `aws_eks_node_group`: nodes that EKS launches, updates and drains.

mod blocks;
mod observe;
mod scaling;
#[cfg(test)]
mod tests;
mod update;

use std::collections::BTreeMap;

use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Timing, Token, Within, usually,
};

use crate::client::Aws;
use crate::eks::key::{join, split};
use crate::eks::{tags, update as operation};
use crate::error::{Answer, Fault, Unless, fault, is_one_of};
use crate::names::drawn;
use crate::planning::{promise, text_at};
use blocks::{
    LaunchTemplate, NodeRepairConfig, RemoteAccess, Resources, ScalingConfig, Taint, UpdateConfig, WarmPoolConfig,
};

const GONE: &[Fault] = &[fault("ResourceNotFoundException")];
/// Something else is being done to the group or its cluster.
const BUSY: &[Fault] = &[
    fault("ResourceInUseException").of("UpdateNodegroupConfig"),
    fault("ResourceInUseException").of("UpdateNodegroupVersion"),
    fault("ResourceInUseException").of("DeleteNodegroup").saying("in progress"),
];

/// Nodes that EKS launches, updates and drains.
pub struct NodeGroup;

/// What a user may write.
#[derive(Args, Clone)]
pub struct NodeGroupArgs {
    /// Cluster.
    #[arg(replace, min_len = 1, max_len = 100)]
    cluster_name: String,
    /// Name, unique in the cluster.
    #[arg(replace, max_len = 63, conflicts("node_group_name_prefix"))]
    node_group_name: Filled<String>,
    /// Start of a name that is drawn.
    #[arg(replace, max_len = 37, conflicts("node_group_name"))]
    node_group_name_prefix: Filled<String>,
    /// Role of the nodes.
    #[arg(replace, format(non_empty))]
    node_role_arn: String,
    /// Subnets of the nodes.
    #[arg(replace, min_items = 1)]
    subnet_ids: Set<String>,
    /// How many nodes.
    #[arg(block)]
    scaling_config: ScalingConfig,
    /// Kind of image.
    #[arg(
        replace,
        one_of(
            "AL2_x86_64",
            "AL2_x86_64_GPU",
            "AL2_ARM_64",
            "CUSTOM",
            "BOTTLEROCKET_ARM_64",
            "BOTTLEROCKET_x86_64",
            "BOTTLEROCKET_ARM_64_FIPS",
            "BOTTLEROCKET_x86_64_FIPS",
            "BOTTLEROCKET_ARM_64_NVIDIA",
            "BOTTLEROCKET_x86_64_NVIDIA",
            "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
            "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
            "WINDOWS_CORE_2019_x86_64",
            "WINDOWS_FULL_2019_x86_64",
            "WINDOWS_CORE_2022_x86_64",
            "WINDOWS_FULL_2022_x86_64",
            "WINDOWS_CORE_2025_x86_64",
            "WINDOWS_FULL_2025_x86_64",
            "AL2023_x86_64_STANDARD",
            "AL2023_ARM_64_STANDARD",
            "AL2023_x86_64_NEURON",
            "AL2023_x86_64_NVIDIA",
            "AL2023_ARM_64_NVIDIA"
        )
    )]
    ami_type: Filled<String>,
    /// How the instances are bought.
    #[arg(replace, one_of("ON_DEMAND", "SPOT", "CAPACITY_BLOCK"))]
    capacity_type: Filled<String>,
    /// Size of a node's volume in GiB.
    #[arg(replace)]
    disk_size: Filled<i32>,
    /// Replaces nodes even where pods cannot be evicted.
    #[arg(optional)]
    force_update_version: bool,
    /// Instance types, the preferred one first.
    #[arg(replace)]
    instance_types: Filled<Vec<String>>,
    /// Labels that the nodes register with.
    labels: Option<BTreeMap<String, String>>,
    /// Template of the instances.
    #[arg(block)]
    launch_template: Option<LaunchTemplate>,
    /// What happens to nodes that are ill.
    #[arg(block)]
    node_repair_config: Filled<NodeRepairConfig>,
    /// Version of the image.
    release_version: Filled<String>,
    /// Access to the nodes by SSH.
    #[arg(block, replace)]
    remote_access: Option<RemoteAccess>,
    /// Taints that the nodes register with.
    #[arg(block, max_items = 50)]
    taint: Set<Taint>,
    /// How many nodes are replaced at a time.
    #[arg(block)]
    update_config: Filled<UpdateConfig>,
    /// Kubernetes version of the nodes.
    version: Filled<String>,
    /// Instances that are kept ready.
    #[arg(block)]
    warm_pool_config: Option<WarmPoolConfig>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct NodeGroupAttrs {
    /// ARN.
    arn: String,
    /// What EKS made for the group.
    resources: Vec<Resources>,
    /// What the group is doing.
    status: String,
}

impl Resource for NodeGroup {
    type Args = NodeGroupArgs;
    type Attrs = NodeGroupAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_node_group";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing =
        Timing::new().create("1h", usually("150s")).update("1h", usually("5m")).delete("1h", usually("4m"));
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let cluster = text_at(planned.proposed, "cluster_name");
        let id = cluster.zip(text_at(planned.proposed, "node_group_name")).map(|(cluster, name)| join(cluster, name));
        promise(&mut overrides, planned, id.as_deref(), None);
        scaling::plan(planned, &mut overrides);
        overrides
    }

    async fn create(aws: &Aws, args: &NodeGroupArgs, token: &Token) -> CallResult<Created> {
        let name = drawn(&args.node_group_name, &args.node_group_name_prefix, token);
        aws.eks()
            .create_nodegroup()
            .cluster_name(&args.cluster_name)
            .nodegroup_name(&name)
            .node_role(&args.node_role_arn)
            .set_subnets(Some(args.subnet_ids.to_vec()))
            .scaling_config(args.scaling_config.request())
            .set_ami_type(args.ami_type.as_deref().map(Into::into))
            .set_capacity_type(args.capacity_type.as_deref().map(Into::into))
            .set_disk_size(args.disk_size.to_option())
            .set_instance_types(args.instance_types.to_option())
            .set_labels(args.labels.clone().map(|labels| labels.into_iter().collect()))
            .set_launch_template(args.launch_template.as_ref().map(LaunchTemplate::request))
            .set_node_repair_config(args.node_repair_config.get().map(NodeRepairConfig::request))
            .set_release_version(args.release_version.to_option())
            .set_remote_access(args.remote_access.as_ref().map(RemoteAccess::request))
            .set_taints((!args.taint.is_empty()).then(|| args.taint.iter().map(Taint::request).collect()))
            .set_update_config(args.update_config.get().map(UpdateConfig::request))
            .set_version(args.version.to_option())
            .set_warm_pool_config(args.warm_pool_config.as_ref().map(WarmPoolConfig::request))
            .set_tags(Some(args.tags.all.clone().into_iter().collect()))
            .client_request_token(token)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(join(&args.cluster_name, &name)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let (cluster, name) = split(known.id());
        let request = aws.eks().describe_nodegroup().cluster_name(cluster).nodegroup_name(name);
        let remote = request.send().await.answer().unless(GONE)?.and_then(|answer| answer.nodegroup);
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
        let (cluster, name) = split(&there.id);
        let request = aws.eks().delete_nodegroup().cluster_name(cluster).nodegroup_name(name);
        request.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    async fn operation(aws: &Aws, there: &Object<Self>, handle: &str) -> CallResult<Phase> {
        let (cluster, name) = split(&there.id);
        operation::progress(aws.eks().describe_update().name(cluster).nodegroup_name(name), handle).await
    }

    fn retry(error: &CallError) -> Option<Within> {
        is_one_of(error, BUSY).then_some(Within::DEADLINE)
    }
}
