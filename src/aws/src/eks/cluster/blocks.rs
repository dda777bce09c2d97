//! Nested blocks of a cluster, and the requests they make.

use aws_sdk_eks::types::{
    BlockStorage, ComputeConfigRequest, ControlPlanePlacementRequest, CreateAccessConfigRequest, ElasticLoadBalancing,
    EtcdPlacementRequest, KubernetesNetworkConfigRequest, LogSetup, LogType, Logging, OutpostConfigRequest, Provider,
    RemoteNetworkConfigRequest, RemoteNodeNetwork, RemotePodNetwork, StorageConfigRequest, UpgradePolicyRequest,
    VpcConfigRequest, ZonalShiftConfigRequest,
};
use landfall_provider::{Args, Attrs, CallResult, Filled, Set};

use crate::error::Answer;

/// Network of the control plane.
#[derive(Args, Clone, PartialEq)]
pub struct VpcConfig {
    /// Subnets in two zones or more.
    #[arg(min_items = 1)]
    pub subnet_ids: Set<String>,
    /// Groups of the control plane's interfaces, beside the cluster's own.
    pub security_group_ids: Option<Set<String>>,
    /// Reaches the API from inside the VPC.
    #[arg(default = false)]
    pub endpoint_private_access: bool,
    /// Reaches the API from the internet.
    #[arg(default = true)]
    pub endpoint_public_access: bool,
    /// Networks that may reach it from there.
    #[arg(each(format(cidr)))]
    pub public_access_cidrs: Filled<Set<String>>,
    /// How the control plane reaches out.
    #[arg(one_of("AWS_MANAGED", "CUSTOMER_ROUTED", "CUSTOMER_ISOLATED"))]
    pub control_plane_egress_mode: Filled<String>,
    /// Group that EKS made for the cluster.
    #[arg(output)]
    pub cluster_security_group_id: Option<String>,
    /// VPC of the subnets.
    #[arg(output)]
    pub vpc_id: Option<String>,
}

impl VpcConfig {
    pub fn for_create(&self) -> VpcConfigRequest {
        VpcConfigRequest::builder()
            .set_subnet_ids(Some(self.subnet_ids.to_vec()))
            .set_security_group_ids(self.security_group_ids.clone().map(Set::into_vec))
            .endpoint_private_access(self.endpoint_private_access)
            .endpoint_public_access(self.endpoint_public_access)
            .set_public_access_cidrs(self.public_access_cidrs.to_option().map(Set::into_vec))
            .set_control_plane_egress_mode(self.control_plane_egress_mode.as_deref().map(Into::into))
            .build()
    }
}

/// Who may use the Kubernetes API.
#[derive(Args, Clone, PartialEq)]
pub struct AccessConfig {
    /// Access entries, the `aws-auth` map, or both.
    #[arg(one_of("API", "API_AND_CONFIG_MAP", "CONFIG_MAP"))]
    pub authentication_mode: Filled<String>,
    /// Makes the cluster's creator its administrator.
    #[arg(optional, replace)]
    pub bootstrap_cluster_creator_admin_permissions: bool,
}

impl AccessConfig {
    pub fn for_create(&self) -> CreateAccessConfigRequest {
        CreateAccessConfigRequest::builder()
            .set_authentication_mode(self.authentication_mode.as_deref().map(Into::into))
            .bootstrap_cluster_creator_admin_permissions(self.bootstrap_cluster_creator_admin_permissions)
            .build()
    }
}

/// Nodes of auto mode.
#[derive(Args, Clone, PartialEq)]
pub struct ComputeConfig {
    /// Runs them.
    pub enabled: Filled<bool>,
    /// Built-in pools.
    #[arg(each(one_of("general-purpose", "system")))]
    pub node_pools: Option<Set<String>>,
    /// Role of the nodes.
    #[arg(format(arn))]
    pub node_role_arn: Option<String>,
}

impl ComputeConfig {
    pub fn request(&self) -> ComputeConfigRequest {
        ComputeConfigRequest::builder()
            .set_enabled(self.enabled.to_option())
            .set_node_pools(self.node_pools.clone().map(Set::into_vec))
            .set_node_role_arn(self.node_role_arn.clone())
            .build()
    }
}

/// Reserved size of the control plane.
#[derive(Args, Clone, PartialEq)]
pub struct ControlPlaneScalingConfig {
    /// Size.
    #[arg(one_of("standard", "tier-xl", "tier-2xl", "tier-4xl", "tier-8xl"))]
    pub tier: Filled<String>,
}

impl ControlPlaneScalingConfig {
    pub fn request(&self) -> aws_sdk_eks::types::ControlPlaneScalingConfig {
        let tier = self.tier.as_deref().map(Into::into);
        aws_sdk_eks::types::ControlPlaneScalingConfig::builder().set_tier(tier).build()
    }
}

/// Key that encrypts Kubernetes secrets.
#[derive(Args, Clone, PartialEq)]
pub struct EncryptionConfig {
    /// What is encrypted.
    #[arg(each(one_of("secrets")))]
    pub resources: Set<String>,
    /// The key.
    #[arg(block)]
    pub provider: EncryptionProvider,
}

/// A key.
#[derive(Args, Clone, PartialEq)]
pub struct EncryptionProvider {
    /// Its ARN.
    pub key_arn: String,
}

impl EncryptionConfig {
    #[expect(deprecated, reason = "`resources` is still required by the type and by older accounts")]
    pub fn request(&self) -> aws_sdk_eks::types::EncryptionConfig {
        aws_sdk_eks::types::EncryptionConfig::builder()
            .set_resources(Some(self.resources.to_vec()))
            .provider(Provider::builder().key_arn(&self.provider.key_arn).build())
            .build()
    }
}

/// Addresses of Kubernetes services.
#[derive(Args, Clone, PartialEq)]
pub struct KubernetesNetworkConfig {
    /// IPv4 or IPv6.
    #[arg(replace, one_of("ipv4", "ipv6"))]
    pub ip_family: Filled<String>,
    /// IPv4 range.
    #[arg(
        replace,
        format(cidr),
        pattern(
            r"^(10|172\.(1[6-9]|2[0-9]|3[0-1])|192\.168|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\..*",
            "must be in a private range"
        )
    )]
    pub service_ipv4_cidr: Filled<String>,
    /// IPv6 range.
    #[arg(output)]
    pub service_ipv6_cidr: Option<String>,
    /// Load balancers of auto mode.
    #[arg(block)]
    pub elastic_load_balancing: Filled<Switch>,
}

/// Something that is on or off.
#[derive(Args, Clone, PartialEq)]
pub struct Switch {
    /// Whether it is on.
    pub enabled: Filled<bool>,
}

impl KubernetesNetworkConfig {
    pub fn for_create(&self) -> KubernetesNetworkConfigRequest {
        KubernetesNetworkConfigRequest::builder()
            .set_ip_family(self.ip_family.as_deref().map(Into::into))
            .set_service_ipv4_cidr(self.service_ipv4_cidr.to_option())
            .set_elastic_load_balancing(self.elastic_load_balancing.get().map(Switch::load_balancing))
            .build()
    }
}

impl Switch {
    pub fn load_balancing(&self) -> ElasticLoadBalancing {
        ElasticLoadBalancing::builder().set_enabled(self.enabled.to_option()).build()
    }

    pub fn block_storage(&self) -> BlockStorage {
        BlockStorage::builder().set_enabled(self.enabled.to_option()).build()
    }
}

/// Outpost that the control plane is on.
#[derive(Args, Clone, PartialEq)]
pub struct OutpostConfig {
    /// Instance type of the control plane.
    #[arg(replace)]
    pub control_plane_instance_type: String,
    /// Instance type of the cluster's store.
    #[arg(replace)]
    pub etcd_instance_type: Filled<String>,
    /// ARN of the Outpost.
    #[arg(min_items = 1)]
    pub outpost_arns: Set<String>,
    /// Where instances of the control plane go.
    #[arg(block)]
    pub control_plane_placement: Option<ControlPlanePlacement>,
    /// Where instances of the store go.
    #[arg(block)]
    pub etcd_placement: Filled<EtcdPlacement>,
}

/// Where instances of the control plane go.
#[derive(Args, Clone, PartialEq)]
pub struct ControlPlanePlacement {
    /// Placement group.
    #[arg(replace)]
    pub group_name: Option<String>,
    /// How far apart they are.
    #[arg(replace, one_of("host", "rack"))]
    pub spread_level: Filled<String>,
}

/// Where instances of the store go.
#[derive(Args, Clone, PartialEq)]
pub struct EtcdPlacement {
    /// How far apart they are.
    #[arg(replace, one_of("host", "rack"))]
    pub spread_level: Filled<String>,
}

impl OutpostConfig {
    pub fn request(&self) -> CallResult<OutpostConfigRequest> {
        let placement = |placement: &ControlPlanePlacement| {
            ControlPlanePlacementRequest::builder()
                .set_group_name(placement.group_name.clone())
                .set_spread_level(placement.spread_level.as_deref().map(Into::into))
                .build()
        };
        let etcd = |placement: &EtcdPlacement| {
            let level = placement.spread_level.as_deref().map(Into::into);
            EtcdPlacementRequest::builder().set_spread_level(level).build()
        };
        OutpostConfigRequest::builder()
            .set_outpost_arns(Some(self.outpost_arns.to_vec()))
            .control_plane_instance_type(&self.control_plane_instance_type)
            .set_etcd_instance_type(self.etcd_instance_type.to_option())
            .set_control_plane_placement(self.control_plane_placement.as_ref().map(placement))
            .set_etcd_placement(self.etcd_placement.get().map(etcd))
            .build()
            .answer()
    }
}

/// Networks of hybrid nodes.
#[derive(Args, Clone, PartialEq)]
pub struct RemoteNetworkConfig {
    /// Networks of the nodes.
    #[arg(block, min_items = 1)]
    pub remote_node_networks: Option<RemoteNetworks>,
    /// Networks of their pods.
    #[arg(block)]
    pub remote_pod_networks: Option<RemoteNetworks>,
}

/// Some networks.
#[derive(Args, Clone, PartialEq)]
pub struct RemoteNetworks {
    /// Their ranges.
    #[arg(
        min_items = 1,
        each(
            format(ipv4_cidr),
            pattern(
                r"^(10|172\.(1[6-9]|2[0-9]|3[0-1])|192\.168|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\..*",
                "must be in a private range"
            )
        )
    )]
    pub cidrs: Option<Set<String>>,
}

impl RemoteNetworkConfig {
    /// Returns the whole configuration; networks that are left out are taken away.
    pub fn request(&self) -> RemoteNetworkConfigRequest {
        let cidrs =
            |networks: &Option<RemoteNetworks>| networks.clone().and_then(|networks| networks.cidrs).map(Set::into_vec);
        let nodes = |cidrs| RemoteNodeNetwork::builder().set_cidrs(Some(cidrs)).build();
        let pods = |cidrs| RemotePodNetwork::builder().set_cidrs(Some(cidrs)).build();
        RemoteNetworkConfigRequest::builder()
            .set_remote_node_networks(Some(cidrs(&self.remote_node_networks).map(nodes).into_iter().collect()))
            .set_remote_pod_networks(Some(cidrs(&self.remote_pod_networks).map(pods).into_iter().collect()))
            .build()
    }
}

/// Volumes of auto mode.
#[derive(Args, Clone, PartialEq)]
pub struct StorageConfig {
    /// Block storage.
    #[arg(block)]
    pub block_storage: Option<Switch>,
}

impl StorageConfig {
    pub fn request(&self) -> StorageConfigRequest {
        let storage = self.block_storage.as_ref().map(Switch::block_storage);
        StorageConfigRequest::builder().set_block_storage(storage).build()
    }
}

/// What happens at the end of standard support.
#[derive(Args, Clone, PartialEq)]
pub struct UpgradePolicy {
    /// Upgrades the cluster, or pays for extended support.
    #[arg(one_of("STANDARD", "EXTENDED"))]
    pub support_type: Filled<String>,
}

impl UpgradePolicy {
    pub fn request(&self) -> UpgradePolicyRequest {
        UpgradePolicyRequest::builder().set_support_type(self.support_type.as_deref().map(Into::into)).build()
    }
}

/// Moves traffic away from an impaired zone.
#[derive(Args, Clone, PartialEq)]
pub struct ZonalShiftConfig {
    /// Whether it does.
    #[arg(optional)]
    pub enabled: bool,
}

impl ZonalShiftConfig {
    pub fn request(&self) -> ZonalShiftConfigRequest {
        ZonalShiftConfigRequest::builder().enabled(self.enabled).build()
    }
}

/// Certificate that the API server's is signed with.
#[derive(Attrs, Clone)]
pub struct CertificateAuthority {
    /// The certificate, in base64.
    pub data: String,
}

/// Identity provider of the cluster's service accounts.
#[derive(Attrs, Clone)]
pub struct Identity {
    /// OpenID Connect.
    pub oidc: Vec<Oidc>,
}

/// An OpenID Connect provider.
#[derive(Attrs, Clone)]
pub struct Oidc {
    /// Its URL.
    pub issuer: String,
}

/// Returns the logging that has just these types on.
pub fn logging(types: &Set<String>) -> Logging {
    let all = ["api", "audit", "authenticator", "controllerManager", "scheduler"];
    let (on, off): (Vec<&str>, Vec<&str>) = all.iter().partition(|name| types.iter().any(|wanted| wanted == *name));
    let setup = |names: Vec<&str>, enabled: bool| {
        let types: Vec<LogType> = names.into_iter().map(Into::into).collect();
        (!types.is_empty()).then(|| LogSetup::builder().set_types(Some(types)).enabled(enabled).build())
    };
    let setups = [setup(on, true), setup(off, false)].into_iter().flatten().collect();
    Logging::builder().set_cluster_logging(Some(setups)).build()
}
