//! A cluster as answers have it.

use super::super::issue;
use super::Cluster;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Types of logs.
pub const LOG_TYPES: [&str; 5] = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/// Returns a cluster. How permissions began and which add-ons came with it is not told.
pub fn shown(scope: &Scope<'_>, cluster: &Cluster) -> Tree {
    // An endpoint is told from when the cluster is ready, and as long as it is there.
    let is_told = cluster.is_up() || cluster.status_name() == "DELETING";
    let network = cluster.network.shown(cluster.auto_mode.load_balancing);
    let authority = tree! { "data": is_told.then_some(cluster.certificate.as_str()) };
    tree! {
        "name": &cluster.name,
        "arn": &cluster.arn,
        "createdAt": cluster.created,
        "version": &cluster.version,
        "endpoint": is_told.then(|| cluster.endpoint_url(scope.region)),
        "roleArn": &cluster.role_arn,
        "resourcesVpcConfig": vpc_config(cluster),
        "kubernetesNetworkConfig": network,
        "logging": logging(cluster),
        "identity": tree! { "oidc": tree! { "issuer": cluster.issuer_url(scope.region) } },
        "status": cluster.status_name(),
        "certificateAuthority": authority,
        "platformVersion": &cluster.platform_version,
        "tags": scope.eks().tags_of(&cluster.arn),
        "encryptionConfig": cluster.encryption.as_ref(),
        "health": issue::health(&cluster.issues),
        "accessConfig": tree! { "authenticationMode": cluster.authentication_mode.name() },
        "upgradePolicy": tree! { "supportType": &cluster.support_type },
        "zonalShiftConfig": cluster.zonal_shift.map(|enabled| tree! { "enabled": enabled }),
        "remoteNetworkConfig": cluster.remote_networks.as_ref(),
        "computeConfig": cluster.auto_mode.compute.as_ref(),
        "storageConfig": cluster.auto_mode.storage.as_ref(),
        "deletionProtection": cluster.is_protected,
        "controlPlaneScalingConfig": tree! { "tier": &cluster.tier },
    }
}

fn vpc_config(cluster: &Cluster) -> Tree {
    tree! {
        "subnetIds": Tree::list(&cluster.subnet_ids),
        "securityGroupIds": Tree::list(&cluster.security_group_ids),
        "clusterSecurityGroupId": cluster.cluster_security_group_id.as_ref(),
        "vpcId": &cluster.vpc_id,
        "endpointPublicAccess": cluster.endpoint.is_public,
        "endpointPrivateAccess": cluster.endpoint.is_private,
        "publicAccessCidrs": Tree::list(&cluster.endpoint.public_cidrs),
    }
}

/// What is on comes first, what is off after it; an empty half is left out.
pub fn logging(cluster: &Cluster) -> Tree {
    let half = |enabled: bool| {
        let types: Vec<_> = LOG_TYPES.into_iter().filter(|name| cluster.log_types.contains(*name) == enabled).collect();
        (!types.is_empty()).then(|| tree! { "types": Tree::list(types), "enabled": enabled })
    };
    tree! { "clusterLogging": Tree::list([half(true), half(false)].into_iter().flatten()) }
}
