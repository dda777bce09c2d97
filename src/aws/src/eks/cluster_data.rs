//! `data.aws_eks_cluster`: a cluster that is there.

use std::collections::BTreeMap;

use landfall_provider::{Args, Attrs, CallError, CallResult, DataSource, Known, Object, Observed, Read, Resource, Set};

use super::cluster::blocks;
use super::cluster::{Cluster, ClusterArgs};
use crate::client::Aws;

/// A cluster that is there.
pub struct ClusterData;

/// What a user may write.
#[derive(Args, Clone)]
pub struct ClusterDataArgs {
    /// Name.
    #[arg(min_len = 1, max_len = 100)]
    name: String,
    /// Tags.
    #[arg(computed)]
    tags: Option<BTreeMap<String, String>>,
}

/// What is read: the resource's own members.
#[derive(Attrs, Clone)]
pub struct ClusterDataAttrs {
    /// Who may use the Kubernetes API.
    access_config: Vec<AccessConfig>,
    /// ARN.
    arn: String,
    /// Certificate that the API server's is signed with.
    certificate_authority: Vec<blocks::CertificateAuthority>,
    /// Id of a cluster on an Outpost.
    cluster_id: Option<String>,
    /// Nodes of auto mode.
    compute_config: Vec<ComputeConfig>,
    /// Reserved size of the control plane.
    control_plane_scaling_config: Vec<ControlPlaneScalingConfig>,
    /// When the cluster was made.
    created_at: String,
    /// Whether it is kept from being deleted.
    deletion_protection: bool,
    /// Logs that go to CloudWatch.
    enabled_cluster_log_types: Set<String>,
    /// URL of the Kubernetes API.
    endpoint: Option<String>,
    /// Identity provider of the cluster's service accounts.
    identity: Vec<blocks::Identity>,
    /// Addresses of Kubernetes services.
    kubernetes_network_config: Vec<KubernetesNetworkConfig>,
    /// Outpost that the control plane is on.
    outpost_config: Vec<OutpostConfig>,
    /// Version of the platform beneath Kubernetes.
    platform_version: String,
    /// Networks of hybrid nodes.
    remote_network_config: Vec<RemoteNetworkConfig>,
    /// Role that the control plane acts as.
    role_arn: String,
    /// What the cluster is doing.
    status: String,
    /// Volumes of auto mode.
    storage_config: Vec<StorageConfig>,
    /// What happens at the end of standard support.
    upgrade_policy: Vec<UpgradePolicy>,
    /// Kubernetes version.
    version: String,
    /// Network of the control plane.
    vpc_config: Vec<VpcConfig>,
    /// Moves traffic away from an impaired zone.
    zonal_shift_config: Vec<Switch>,
}

impl DataSource for ClusterData {
    type Args = ClusterDataArgs;
    type Attrs = ClusterDataAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eks_cluster";

    async fn read(aws: &Aws, args: &ClusterDataArgs) -> CallResult<Read<Self>> {
        match Cluster::observe(aws, &Known::Import { id: args.name.clone() }).await? {
            Observed::There { object, .. } => Ok(read(args, object)),
            Observed::Gone => {
                Err(CallError::local("not found", format!("there is no EKS cluster named `{}`", args.name)))
            }
        }
    }
}

/// Declares the computed twins of nested blocks, and how they follow from the resource's own.
macro_rules! twins {
    ($($(#[$doc:meta])* $name:ident from $source:ty { $($(#[$field_doc:meta])* $field:ident: $type:ty = $value:expr),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Attrs, Clone, PartialEq)]
            pub struct $name {
                $($(#[$field_doc])* $field: $type,)+
            }

            impl From<&$source> for $name {
                fn from(block: &$source) -> Self {
                    Self { $($field: { let value: fn(&$source) -> $type = $value; value(block) },)+ }
                }
            }
        )+
    };
}

twins! {
    /// Who may use the Kubernetes API.
    AccessConfig from blocks::AccessConfig {
        /// Access entries, the `aws-auth` map, or both.
        authentication_mode: Option<String> = |block| block.authentication_mode.to_option(),
        /// Whether the cluster's creator was made its administrator.
        bootstrap_cluster_creator_admin_permissions: bool = |block| block.bootstrap_cluster_creator_admin_permissions,
    }
    /// Nodes of auto mode.
    ComputeConfig from blocks::ComputeConfig {
        /// Whether it runs them.
        enabled: Option<bool> = |block| block.enabled.to_option(),
        /// Built-in pools.
        node_pools: Set<String> = |block| block.node_pools.clone().unwrap_or_default(),
        /// Role of the nodes.
        node_role_arn: Option<String> = |block| block.node_role_arn.clone(),
    }
    /// Reserved size of the control plane.
    ControlPlaneScalingConfig from blocks::ControlPlaneScalingConfig {
        /// Size.
        tier: Option<String> = |block| block.tier.to_option(),
    }
    /// Something that is on or off.
    Switch from blocks::Switch {
        /// Whether it is on.
        enabled: Option<bool> = |block| block.enabled.to_option(),
    }
    /// Addresses of Kubernetes services.
    KubernetesNetworkConfig from blocks::KubernetesNetworkConfig {
        /// Load balancers of auto mode.
        elastic_load_balancing: Vec<Switch> = |block| list(block.elastic_load_balancing.get()),
        /// IPv4 or IPv6.
        ip_family: Option<String> = |block| block.ip_family.to_option(),
        /// IPv4 range.
        service_ipv4_cidr: Option<String> = |block| block.service_ipv4_cidr.to_option(),
        /// IPv6 range.
        service_ipv6_cidr: Option<String> = |block| block.service_ipv6_cidr.clone(),
    }
    /// Outpost that the control plane is on.
    OutpostConfig from blocks::OutpostConfig {
        /// Instance type of the control plane.
        control_plane_instance_type: String = |block| block.control_plane_instance_type.clone(),
        /// Placement of the control plane.
        control_plane_placement: Vec<ControlPlanePlacement> = |block| list(block.control_plane_placement.as_ref()),
        /// Instance type of the cluster's store.
        etcd_instance_type: Option<String> = |block| block.etcd_instance_type.to_option(),
        /// Placement of the cluster's store.
        etcd_placement: Vec<EtcdPlacement> = |block| list(block.etcd_placement.get()),
        /// ARNs.
        outpost_arns: Set<String> = |block| block.outpost_arns.clone(),
    }
    /// Placement of the control plane.
    ControlPlanePlacement from blocks::ControlPlanePlacement {
        /// Placement group.
        group_name: Option<String> = |block| block.group_name.clone(),
        /// What it is spread over.
        spread_level: Option<String> = |block| block.spread_level.to_option(),
    }
    /// Placement of the cluster's store.
    EtcdPlacement from blocks::EtcdPlacement {
        /// What it is spread over.
        spread_level: Option<String> = |block| block.spread_level.to_option(),
    }
    /// Networks of hybrid nodes.
    RemoteNetworkConfig from blocks::RemoteNetworkConfig {
        /// Of nodes.
        remote_node_networks: Vec<RemoteNetworks> = |block| list(block.remote_node_networks.as_ref()),
        /// Of pods.
        remote_pod_networks: Vec<RemoteNetworks> = |block| list(block.remote_pod_networks.as_ref()),
    }
    /// Networks.
    RemoteNetworks from blocks::RemoteNetworks {
        /// Ranges.
        cidrs: Set<String> = |block| block.cidrs.clone().unwrap_or_default(),
    }
    /// Volumes of auto mode.
    StorageConfig from blocks::StorageConfig {
        /// Block storage.
        block_storage: Vec<Switch> = |block| list(block.block_storage.as_ref()),
    }
    /// What happens at the end of standard support.
    UpgradePolicy from blocks::UpgradePolicy {
        /// Standard or extended.
        support_type: Option<String> = |block| block.support_type.to_option(),
    }
    /// Network of the control plane.
    VpcConfig from blocks::VpcConfig {
        /// Group that EKS made for the cluster.
        cluster_security_group_id: Option<String> = |block| block.cluster_security_group_id.clone(),
        /// How the control plane reaches out.
        control_plane_egress_mode: Option<String> = |block| block.control_plane_egress_mode.to_option(),
        /// Reaches the API from inside the VPC.
        endpoint_private_access: bool = |block| block.endpoint_private_access,
        /// Reaches the API from the internet.
        endpoint_public_access: bool = |block| block.endpoint_public_access,
        /// Networks that may reach it from there.
        public_access_cidrs: Set<String> = |block| block.public_access_cidrs.to_option().unwrap_or_default(),
        /// Groups of the control plane's interfaces.
        security_group_ids: Set<String> = |block| block.security_group_ids.clone().unwrap_or_default(),
        /// Subnets.
        subnet_ids: Set<String> = |block| block.subnet_ids.clone(),
        /// VPC of the subnets.
        vpc_id: Option<String> = |block| block.vpc_id.clone(),
    }
}

fn list<'a, T: 'a, U: From<&'a T>>(block: Option<&'a T>) -> Vec<U> {
    block.map(U::from).into_iter().collect()
}

fn read(wanted: &ClusterDataArgs, there: Object<Cluster>) -> Read<ClusterData> {
    let ClusterArgs { tags, .. } = &there.args;
    let args = ClusterDataArgs { name: wanted.name.clone(), tags: Some(tags.all.clone()) };
    let shift = there.args.zonal_shift_config.as_ref().map(|shift| Switch { enabled: Some(shift.enabled) });
    let (args_there, attrs) = (there.args, there.attrs);
    let attrs = ClusterDataAttrs {
        access_config: list(args_there.access_config.get()),
        arn: attrs.arn,
        certificate_authority: attrs.certificate_authority,
        cluster_id: attrs.cluster_id,
        compute_config: list(args_there.compute_config.get()),
        control_plane_scaling_config: list(args_there.control_plane_scaling_config.get()),
        created_at: attrs.created_at,
        deletion_protection: args_there.deletion_protection.to_option().unwrap_or_default(),
        enabled_cluster_log_types: args_there.enabled_cluster_log_types.unwrap_or_default(),
        endpoint: attrs.endpoint,
        identity: attrs.identity,
        kubernetes_network_config: list(args_there.kubernetes_network_config.get()),
        outpost_config: list(args_there.outpost_config.as_ref()),
        platform_version: attrs.platform_version,
        remote_network_config: list(args_there.remote_network_config.as_ref()),
        role_arn: args_there.role_arn,
        status: attrs.status,
        storage_config: list(args_there.storage_config.get()),
        upgrade_policy: list(args_there.upgrade_policy.get()),
        version: args_there.version.to_option().unwrap_or_default(),
        vpc_config: list(Some(&args_there.vpc_config)),
        zonal_shift_config: shift.into_iter().collect(),
    };
    Read { id: wanted.name.clone(), args, attrs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    const REQUEST: &str = "eks GET /clusters/c";

    fn read(answer: &str) -> CallResult<Read<ClusterData>> {
        let args = read_args(r#"{"name": "c"}"#);
        check_requests(&[(REQUEST, ok(answer))], async |aws| ClusterData::read(aws, &args).await)
    }

    #[test]
    fn blocks_are_lists_of_one() {
        let answer = r#"{"cluster": {"name": "c", "status": "ACTIVE", "version": "1.34",
            "resourcesVpcConfig": {"subnetIds": ["subnet-1"], "clusterSecurityGroupId": "sg-1"},
            "certificateAuthority": {"data": "LS0t"}, "tags": {"a": "b"}}}"#;
        let read = read(answer).unwrap();
        assert_eq!(read.attrs.vpc_config[0].cluster_security_group_id.as_deref(), Some("sg-1"));
        assert_eq!(read.attrs.certificate_authority[0].data, "LS0t");
        assert_eq!(read.attrs.version, "1.34");
        assert_eq!(read.args.tags.unwrap()["a"], "b");
    }

    #[test]
    fn a_cluster_that_is_not_there_is_named() {
        let error = read("{}").err().unwrap();
        assert!(error.message.contains("no EKS cluster named `c`"), "{error}");
    }
}
