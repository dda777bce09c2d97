//! What DescribeCluster says, as arguments and attributes.

use aws_sdk_eks::types as remote;
use aws_sdk_eks::types::ClusterStatus;
use landfall_provider::{Filled, Known, Object, Observed, Phase, Set};

use super::blocks::{
    AccessConfig, CertificateAuthority, ComputeConfig, ControlPlanePlacement, ControlPlaneScalingConfig,
    EncryptionConfig, EncryptionProvider, EtcdPlacement, Identity, KubernetesNetworkConfig, Oidc, OutpostConfig,
    RemoteNetworkConfig, RemoteNetworks, StorageConfig, Switch, UpgradePolicy, VpcConfig, ZonalShiftConfig,
};
use super::{Cluster, ClusterArgs, ClusterAttrs};
use crate::client::Aws;
use crate::time::rfc3339;

/// Returns the cluster; what EKS does not return comes from `known`.
pub fn observed(aws: &Aws, known: &Known<Cluster>, remote: remote::Cluster) -> Observed<Cluster> {
    let phase = phase(&remote);
    let attrs = attrs(&remote);
    let args = args(aws, known.args(), remote);
    Observed::There { phase, object: Object { id: known.id().to_owned(), args, attrs, private: None } }
}

fn phase(remote: &remote::Cluster) -> Phase {
    match &remote.status {
        Some(ClusterStatus::Active) => Phase::Ready,
        Some(ClusterStatus::Failed) => {
            let issues = remote.health.iter().flat_map(|health| health.issues());
            let issues: Vec<String> = issues.map(issue).collect();
            Phase::Failed(if issues.is_empty() { "FAILED".to_owned() } else { issues.join("; ") })
        }
        Some(status) => Phase::Pending(status.to_string()),
        None => Phase::Pending("no status yet".to_owned()),
    }
}

fn issue(issue: &remote::ClusterIssue) -> String {
    let code = issue.code.as_ref().map_or("", |code| code.as_str());
    format!("{code}: {}", issue.message.as_deref().unwrap_or_default())
}

fn attrs(remote: &remote::Cluster) -> ClusterAttrs {
    let certificate = remote.certificate_authority.as_ref().and_then(|certificate| certificate.data.clone());
    let issuer =
        remote.identity.as_ref().and_then(|identity| identity.oidc.as_ref()).and_then(|oidc| oidc.issuer.clone());
    ClusterAttrs {
        arn: remote.arn.clone().unwrap_or_default(),
        certificate_authority: certificate.map(|data| CertificateAuthority { data }).into_iter().collect(),
        cluster_id: remote.id.clone(),
        created_at: remote.created_at.as_ref().map(rfc3339).unwrap_or_default(),
        endpoint: remote.endpoint.clone(),
        identity: issuer.map(|issuer| Identity { oidc: vec![Oidc { issuer }] }).into_iter().collect(),
        platform_version: remote.platform_version.clone().unwrap_or_default(),
        status: remote.status.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn args(aws: &Aws, known: Option<&ClusterArgs>, remote: remote::Cluster) -> ClusterArgs {
    let shift = remote.zonal_shift_config.map(|config| config.enabled.unwrap_or_default());
    let wrote_shift = known.is_some_and(|args| args.zonal_shift_config.is_some());
    ClusterArgs {
        name: remote.name.unwrap_or_default(),
        role_arn: remote.role_arn.unwrap_or_default(),
        version: remote.version.into(),
        force_update_version: known.is_some_and(|args| args.force_update_version),
        bootstrap_self_managed_addons: known.is_none_or(|args| args.bootstrap_self_managed_addons),
        enabled_cluster_log_types: log_types(remote.logging.as_ref()),
        deletion_protection: remote.deletion_protection.into(),
        vpc_config: vpc_config(remote.resources_vpc_config),
        access_config: remote.access_config.map(|config| access_config(known, &config)).into(),
        compute_config: remote.compute_config.map(compute_config).into(),
        control_plane_scaling_config: remote
            .control_plane_scaling_config
            .map(|config| ControlPlaneScalingConfig { tier: config.tier.map(|tier| tier.to_string()).into() })
            .into(),
        encryption_config: remote
            .encryption_config
            .and_then(|configs| configs.into_iter().next())
            .map(encryption_config),
        kubernetes_network_config: remote.kubernetes_network_config.map(network_config).into(),
        outpost_config: remote.outpost_config.map(outpost_config),
        remote_network_config: remote.remote_network_config.and_then(|config| remote_networks(&config)),
        storage_config: remote
            .storage_config
            .map(|config| StorageConfig { block_storage: config.block_storage.map(|storage| switch(storage.enabled)) })
            .into(),
        upgrade_policy: remote
            .upgrade_policy
            .map(|policy| UpgradePolicy { support_type: policy.support_type.map(|kind| kind.to_string()).into() })
            .into(),
        // EKS tells of every cluster whether traffic is shifted; that it is not needs no block.
        zonal_shift_config: shift.filter(|enabled| *enabled || wrote_shift).map(|enabled| ZonalShiftConfig { enabled }),
        tags: aws
            .tag_rules()
            .observed(remote.tags.unwrap_or_default().into_iter().collect(), known.map(|args| &args.tags)),
    }
}

fn log_types(logging: Option<&remote::Logging>) -> Option<Set<String>> {
    let setups = logging.into_iter().flat_map(|logging| logging.cluster_logging());
    let types = setups.filter(|setup| setup.enabled == Some(true)).flat_map(|setup| setup.types());
    let types: Set<String> = types.map(ToString::to_string).collect();
    (!types.is_empty()).then_some(types)
}

fn vpc_config(config: Option<remote::VpcConfigResponse>) -> VpcConfig {
    let set = |texts: Option<Vec<String>>| -> Set<String> { texts.unwrap_or_default().into() };
    let config = config.unwrap_or_else(|| remote::VpcConfigResponse::builder().build());
    VpcConfig {
        subnet_ids: set(config.subnet_ids),
        security_group_ids: Some(set(config.security_group_ids)).filter(|groups| !groups.is_empty()),
        endpoint_private_access: config.endpoint_private_access,
        endpoint_public_access: config.endpoint_public_access,
        public_access_cidrs: set(config.public_access_cidrs).into(),
        control_plane_egress_mode: config.control_plane_egress_mode.map(|mode| mode.to_string()).into(),
        cluster_security_group_id: config.cluster_security_group_id,
        vpc_id: config.vpc_id,
    }
}

/// EKS does not return whether the creator was made administrator.
fn access_config(known: Option<&ClusterArgs>, config: &remote::AccessConfigResponse) -> AccessConfig {
    AccessConfig {
        authentication_mode: config.authentication_mode.as_ref().map(ToString::to_string).into(),
        bootstrap_cluster_creator_admin_permissions: known
            .and_then(|args| args.access_config.get())
            .is_some_and(|config| config.bootstrap_cluster_creator_admin_permissions),
    }
}

fn compute_config(config: remote::ComputeConfigResponse) -> ComputeConfig {
    ComputeConfig {
        enabled: config.enabled.into(),
        node_pools: config.node_pools.filter(|pools| !pools.is_empty()).map(Set::from),
        node_role_arn: config.node_role_arn,
    }
}

#[expect(deprecated, reason = "`resources` is still required by the type and by older accounts")]
fn encryption_config(config: remote::EncryptionConfig) -> EncryptionConfig {
    let resources = config.resources.filter(|resources| !resources.is_empty());
    EncryptionConfig {
        resources: resources.unwrap_or_else(|| vec!["secrets".to_owned()]).into(),
        provider: EncryptionProvider { key_arn: config.provider.and_then(|key| key.key_arn).unwrap_or_default() },
    }
}

fn network_config(config: remote::KubernetesNetworkConfigResponse) -> KubernetesNetworkConfig {
    KubernetesNetworkConfig {
        ip_family: config.ip_family.map(|family| family.to_string()).into(),
        service_ipv4_cidr: config.service_ipv4_cidr.into(),
        service_ipv6_cidr: config.service_ipv6_cidr,
        elastic_load_balancing: config.elastic_load_balancing.map(|balancing| switch(balancing.enabled)).into(),
    }
}

fn switch(enabled: Option<bool>) -> Switch {
    Switch { enabled: Filled::from(enabled) }
}

fn outpost_config(config: remote::OutpostConfigResponse) -> OutpostConfig {
    let level = |level: Option<remote::SpreadLevel>| level.map(|level| level.to_string()).into();
    OutpostConfig {
        control_plane_instance_type: config.control_plane_instance_type,
        etcd_instance_type: config.etcd_instance_type.into(),
        outpost_arns: config.outpost_arns.into(),
        control_plane_placement: config.control_plane_placement.map(|placement| ControlPlanePlacement {
            group_name: placement.group_name,
            spread_level: level(placement.spread_level),
        }),
        etcd_placement: config
            .etcd_placement
            .map(|placement| EtcdPlacement { spread_level: level(placement.spread_level) })
            .into(),
    }
}

fn remote_networks(config: &remote::RemoteNetworkConfigResponse) -> Option<RemoteNetworkConfig> {
    let networks = |cidrs: Set<String>| (!cidrs.is_empty()).then_some(RemoteNetworks { cidrs: Some(cidrs) });
    let nodes = config.remote_node_networks().iter().flat_map(|network| network.cidrs()).cloned().collect();
    let pods = config.remote_pod_networks().iter().flat_map(|network| network.cidrs()).cloned().collect();
    let (remote_node_networks, remote_pod_networks) = (networks(nodes), networks(pods));
    let is_any = remote_node_networks.is_some() || remote_pod_networks.is_some();
    is_any.then_some(RemoteNetworkConfig { remote_node_networks, remote_pod_networks })
}
