//! Nested blocks of a node group, and their requests.

use aws_sdk_eks::types::{
    LaunchTemplateSpecification, NodeRepairConfig as RemoteRepair, NodeRepairConfigOverrides as RemoteOverride,
    NodegroupResources, NodegroupScalingConfig, NodegroupUpdateConfig, RemoteAccessConfig, Taint as RemoteTaint,
    WarmPoolConfig as RemoteWarmPool,
};
use landfall_provider::{Args, Attrs, Filled, Set};

/// How many nodes.
#[derive(Args, Clone, PartialEq)]
pub struct ScalingConfig {
    /// Nodes wanted; an autoscaler changes it.
    #[arg(min = 0)]
    pub desired_size: i32,
    /// Most nodes.
    #[arg(min = 1)]
    pub max_size: i32,
    /// Fewest nodes.
    #[arg(min = 0)]
    pub min_size: i32,
}

/// Template of the instances.
#[derive(Args, Clone, PartialEq)]
pub struct LaunchTemplate {
    /// Id.
    #[arg(
        replace,
        min_len = 1,
        max_len = 255,
        pattern(r"^lt\-[0-9a-z]+$", "must be the id of a launch template"),
        conflicts("name")
    )]
    pub id: Filled<String>,
    /// Name.
    #[arg(
        replace,
        min_len = 3,
        max_len = 99,
        pattern(r"^[0-9A-Za-z()./_\-]+$", "must be the name of a launch template"),
        conflicts("id")
    )]
    pub name: Filled<String>,
    /// Version.
    #[arg(min_len = 1, max_len = 255)]
    pub version: String,
}

/// What happens to nodes that are ill.
#[derive(Args, Clone, PartialEq)]
pub struct NodeRepairConfig {
    /// Whether they are repaired.
    #[arg(default = false)]
    pub enabled: bool,
    /// Most nodes under repair at a time.
    #[arg(optional, min = 1, conflicts("max_parallel_nodes_repaired_percentage"))]
    pub max_parallel_nodes_repaired_count: i32,
    /// The same, of a hundred.
    #[arg(optional, min = 1, max = 100, conflicts("max_parallel_nodes_repaired_count"))]
    pub max_parallel_nodes_repaired_percentage: i32,
    /// With more ill nodes than this nothing is repaired.
    #[arg(optional, min = 1, conflicts("max_unhealthy_node_threshold_percentage"))]
    pub max_unhealthy_node_threshold_count: i32,
    /// The same, of a hundred.
    #[arg(optional, min = 1, max = 100, conflicts("max_unhealthy_node_threshold_count"))]
    pub max_unhealthy_node_threshold_percentage: i32,
    /// What happens for certain reasons.
    #[arg(block)]
    pub node_repair_config_overrides: Vec<NodeRepairOverride>,
}

/// What happens to nodes that are ill for a certain reason.
#[derive(Args, Clone, PartialEq)]
pub struct NodeRepairOverride {
    /// Minutes until the repair.
    #[arg(min = 1)]
    pub min_repair_wait_time_mins: i32,
    /// Condition that the monitoring agent reports.
    pub node_monitoring_condition: String,
    /// Its reason.
    pub node_unhealthy_reason: String,
    /// What is done.
    #[arg(one_of("Replace", "Reboot", "NoAction"))]
    pub repair_action: String,
}

/// Access to the nodes by SSH.
#[derive(Args, Clone, PartialEq)]
pub struct RemoteAccess {
    /// Key pair.
    #[arg(replace)]
    pub ec2_ssh_key: Option<String>,
    /// Groups that may connect.
    #[arg(replace)]
    pub source_security_group_ids: Option<Set<String>>,
}

/// A taint that the nodes register with.
#[derive(Args, Clone, PartialEq)]
pub struct Taint {
    /// Key.
    #[arg(min_len = 1, max_len = 63)]
    pub key: String,
    /// Value.
    #[arg(max_len = 63)]
    pub value: Option<String>,
    /// What becomes of pods that do not tolerate it.
    #[arg(one_of("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"))]
    pub effect: String,
}

/// How many nodes are replaced at a time.
#[derive(Args, Clone, PartialEq)]
pub struct UpdateConfig {
    /// Most nodes.
    #[arg(optional, min = 1, max = 100, exactly_one("max_unavailable_percentage"))]
    pub max_unavailable: i32,
    /// The same, of a hundred.
    #[arg(optional, min = 1, max = 100, exactly_one("max_unavailable"))]
    pub max_unavailable_percentage: i32,
    /// Whether new nodes come before old ones go.
    #[arg(one_of("DEFAULT", "MINIMAL"))]
    pub update_strategy: Option<String>,
}

/// Instances that are kept ready.
#[derive(Args, Clone, PartialEq)]
pub struct WarmPoolConfig {
    /// Most instances, those in service counted; -1 for the group's own limit.
    #[arg(min = -1)]
    pub max_group_prepared_capacity: Filled<i32>,
    /// Fewest instances in the pool.
    #[arg(min = 0)]
    pub min_size: Filled<i32>,
    /// What they do while they wait.
    #[arg(one_of("STOPPED", "RUNNING", "HIBERNATED"))]
    pub pool_state: Filled<String>,
    /// Whether they return to the pool.
    pub reuse_on_scale_in: Filled<bool>,
}

/// What EKS made for a group.
#[derive(Attrs, Clone, PartialEq)]
pub struct Resources {
    /// Autoscaling groups.
    autoscaling_groups: Vec<AutoscalingGroup>,
    /// Security group for access by SSH.
    remote_access_security_group_id: String,
}

/// An autoscaling group.
#[derive(Attrs, Clone, PartialEq)]
pub struct AutoscalingGroup {
    /// Name.
    name: String,
}

fn set(number: i32) -> Option<i32> {
    (number != 0).then_some(number)
}

impl ScalingConfig {
    /// Returns the request.
    pub fn request(&self) -> NodegroupScalingConfig {
        let builder = NodegroupScalingConfig::builder().min_size(self.min_size).max_size(self.max_size);
        builder.desired_size(self.desired_size).build()
    }

    /// Returns what is there.
    pub fn observed(remote: &NodegroupScalingConfig) -> Self {
        Self {
            desired_size: remote.desired_size.unwrap_or_default(),
            max_size: remote.max_size.unwrap_or_default(),
            min_size: remote.min_size.unwrap_or_default(),
        }
    }
}

impl LaunchTemplate {
    /// Returns the request, with id or name: EKS refuses both.
    pub fn request(&self) -> LaunchTemplateSpecification {
        let name = if self.id.is_set() { None } else { self.name.to_option() };
        LaunchTemplateSpecification::builder().set_id(self.id.to_option()).set_name(name).version(&self.version).build()
    }

    /// Returns what is there.
    pub fn observed(remote: LaunchTemplateSpecification) -> Self {
        Self { id: remote.id.into(), name: remote.name.into(), version: remote.version.unwrap_or_default() }
    }
}

impl NodeRepairConfig {
    /// Returns the request.
    pub fn request(&self) -> RemoteRepair {
        let overrides: Vec<_> = self.node_repair_config_overrides.iter().map(NodeRepairOverride::request).collect();
        RemoteRepair::builder()
            .enabled(self.enabled)
            .set_max_parallel_nodes_repaired_count(set(self.max_parallel_nodes_repaired_count))
            .set_max_parallel_nodes_repaired_percentage(set(self.max_parallel_nodes_repaired_percentage))
            .set_max_unhealthy_node_threshold_count(set(self.max_unhealthy_node_threshold_count))
            .set_max_unhealthy_node_threshold_percentage(set(self.max_unhealthy_node_threshold_percentage))
            .set_node_repair_config_overrides((!overrides.is_empty()).then_some(overrides))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: RemoteRepair) -> Self {
        let overrides = remote.node_repair_config_overrides.unwrap_or_default();
        Self {
            enabled: remote.enabled.unwrap_or_default(),
            max_parallel_nodes_repaired_count: remote.max_parallel_nodes_repaired_count.unwrap_or_default(),
            max_parallel_nodes_repaired_percentage: remote.max_parallel_nodes_repaired_percentage.unwrap_or_default(),
            max_unhealthy_node_threshold_count: remote.max_unhealthy_node_threshold_count.unwrap_or_default(),
            max_unhealthy_node_threshold_percentage: remote.max_unhealthy_node_threshold_percentage.unwrap_or_default(),
            node_repair_config_overrides: overrides.into_iter().map(NodeRepairOverride::observed).collect(),
        }
    }
}

impl NodeRepairOverride {
    fn request(&self) -> RemoteOverride {
        RemoteOverride::builder()
            .min_repair_wait_time_mins(self.min_repair_wait_time_mins)
            .node_monitoring_condition(&self.node_monitoring_condition)
            .node_unhealthy_reason(&self.node_unhealthy_reason)
            .repair_action(self.repair_action.as_str().into())
            .build()
    }

    fn observed(remote: RemoteOverride) -> Self {
        Self {
            min_repair_wait_time_mins: remote.min_repair_wait_time_mins.unwrap_or_default(),
            node_monitoring_condition: remote.node_monitoring_condition.unwrap_or_default(),
            node_unhealthy_reason: remote.node_unhealthy_reason.unwrap_or_default(),
            repair_action: remote.repair_action.as_ref().map_or("", |action| action.as_str()).to_owned(),
        }
    }
}

impl RemoteAccess {
    /// Returns the request.
    pub fn request(&self) -> RemoteAccessConfig {
        let groups = self.source_security_group_ids.as_deref().map(<[String]>::to_vec);
        RemoteAccessConfig::builder()
            .set_ec2_ssh_key(self.ec2_ssh_key.clone())
            .set_source_security_groups(groups)
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: RemoteAccessConfig) -> Self {
        let groups = remote.source_security_groups.filter(|groups| !groups.is_empty());
        Self { ec2_ssh_key: remote.ec2_ssh_key, source_security_group_ids: groups.map(Set::from) }
    }
}

impl Taint {
    /// Returns the request.
    pub fn request(&self) -> RemoteTaint {
        let builder = RemoteTaint::builder().key(&self.key).set_value(self.value.clone());
        builder.effect(self.effect.as_str().into()).build()
    }

    /// Returns what is there.
    pub fn observed(remote: RemoteTaint) -> Self {
        Self {
            key: remote.key.unwrap_or_default(),
            value: remote.value.filter(|value| !value.is_empty()),
            effect: remote.effect.as_ref().map_or("", |effect| effect.as_str()).to_owned(),
        }
    }
}

impl UpdateConfig {
    /// Returns the request.
    pub fn request(&self) -> NodegroupUpdateConfig {
        NodegroupUpdateConfig::builder()
            .set_max_unavailable(set(self.max_unavailable))
            .set_max_unavailable_percentage(set(self.max_unavailable_percentage))
            .set_update_strategy(self.update_strategy.as_deref().map(Into::into))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &NodegroupUpdateConfig) -> Self {
        Self {
            max_unavailable: remote.max_unavailable.unwrap_or_default(),
            max_unavailable_percentage: remote.max_unavailable_percentage.unwrap_or_default(),
            update_strategy: remote.update_strategy.as_ref().map(|strategy| strategy.as_str().to_owned()),
        }
    }
}

impl WarmPoolConfig {
    /// Returns the request.
    pub fn request(&self) -> RemoteWarmPool {
        RemoteWarmPool::builder()
            .enabled(true)
            .set_max_group_prepared_capacity(self.max_group_prepared_capacity.to_option())
            .set_min_size(self.min_size.to_option())
            .set_pool_state(self.pool_state.as_deref().map(Into::into))
            .set_reuse_on_scale_in(self.reuse_on_scale_in.to_option())
            .build()
    }

    /// Returns the request that ends the pool.
    pub fn none() -> RemoteWarmPool {
        RemoteWarmPool::builder().enabled(false).build()
    }

    /// Returns what is there; nothing where the pool is off.
    pub fn observed(remote: &RemoteWarmPool) -> Option<Self> {
        (remote.enabled == Some(true)).then(|| Self {
            max_group_prepared_capacity: remote.max_group_prepared_capacity.into(),
            min_size: remote.min_size.into(),
            pool_state: remote.pool_state.as_ref().map(|state| state.as_str().to_owned()).into(),
            reuse_on_scale_in: remote.reuse_on_scale_in.into(),
        })
    }
}

impl Resources {
    /// Returns what is there.
    pub fn observed(remote: NodegroupResources) -> Self {
        let groups = remote.auto_scaling_groups.unwrap_or_default();
        Self {
            autoscaling_groups: groups
                .into_iter()
                .map(|group| AutoscalingGroup { name: group.name.unwrap_or_default() })
                .collect(),
            remote_access_security_group_id: remote.remote_access_security_group.unwrap_or_default(),
        }
    }
}
