//! UpdateClusterConfig and AssociateEncryptionConfig: one kind of change a call, and only what changes something.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::update::{self, Start, Subject};
use super::super::{About, access_entry};
use super::network::Endpoint;
use super::{AuthenticationMode, AutoMode, Cluster, checks, footprint, shown};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// Members of UpdateClusterConfig.
pub const MEMBERS: &[&str] = &[
    "name",
    "resourcesVpcConfig",
    "logging",
    "clientRequestToken",
    "accessConfig",
    "upgradePolicy",
    "zonalShiftConfig",
    "computeConfig",
    "kubernetesNetworkConfig",
    "storageConfig",
    "remoteNetworkConfig",
    "deletionProtection",
    "controlPlaneScalingConfig",
];

/// What an update does when it is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// Who reaches the endpoint.
    Endpoint(Endpoint),
    /// Subnets and security groups, where they are given.
    Vpc(Option<Vec<String>>, Option<Vec<String>>),
    /// Types of logs.
    Logging(BTreeSet<String>),
    /// Authentication mode.
    Authentication(AuthenticationMode),
    /// Support.
    Support(String),
    /// Zonal shift.
    ZonalShift(bool),
    /// EKS Auto Mode.
    AutoMode(AutoMode),
    /// Networks of hybrid nodes.
    RemoteNetworks(Option<Tree>),
    /// Deletion protection.
    Protection(bool),
    /// Size of the control plane.
    Tier(String),
    /// Encryption of secrets.
    Encryption(Tree),
}

/// Kinds of updates, and the members that ask for them.
const KINDS: &[(&str, &[&str])] = &[
    (
        "EndpointAccessUpdate",
        &[
            "resourcesVpcConfig.endpointPublicAccess",
            "resourcesVpcConfig.endpointPrivateAccess",
            "resourcesVpcConfig.publicAccessCidrs",
        ],
    ),
    ("VpcConfigUpdate", &["resourcesVpcConfig.subnetIds", "resourcesVpcConfig.securityGroupIds"]),
    ("LoggingUpdate", &["logging"]),
    ("AccessConfigUpdate", &["accessConfig"]),
    ("UpgradePolicyUpdate", &["upgradePolicy"]),
    ("ZonalShiftConfigUpdate", &["zonalShiftConfig"]),
    ("AutoModeUpdate", &["computeConfig", "kubernetesNetworkConfig", "storageConfig"]),
    ("RemoteNetworkConfigUpdate", &["remoteNetworkConfig"]),
    ("DeletionProtectionUpdate", &["deletionProtection"]),
    ("ControlPlaneScalingConfigUpdate", &["controlPlaneScalingConfig"]),
];

/// Parameters of an update, as it tells them.
type Params = Vec<(&'static str, String)>;

pub fn update(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("name")?;
    if let Some(answer) = update::repeated(scope, name, input)? {
        return Ok(answer);
    }
    let cluster = scope.eks().cluster(name)?;
    let kind = kind(cluster.about(), input)?;
    cluster.check_free(kind)?;
    let (change, params) = change(scope, cluster, kind, input)?;
    begin(scope, name, kind, change, params, input)
}

fn begin(
    scope: &mut Scope<'_>,
    name: &str,
    kind: &'static str,
    change: Change,
    params: Params,
    input: &Tree,
) -> Result<Tree, Fault> {
    let seconds = match kind {
        "VpcConfigUpdate" | "AutoModeUpdate" | "AssociateEncryptionConfig" => 300,
        "EndpointAccessUpdate" | "LoggingUpdate" => 120,
        "AccessConfigUpdate" | "RemoteNetworkConfigUpdate" | "ControlPlaneScalingConfigUpdate" => 60,
        _ => 10,
    };
    let start = Start {
        cluster: name,
        of: Subject::Cluster,
        kind,
        params,
        change: update::Change::Config(change),
        takes: Duration::from_secs(seconds),
    };
    update::begin(scope, start, input)
}

fn kind(about: About<'_>, input: &Tree) -> Result<&'static str, Fault> {
    let is_asked = |members: &[&str]| members.iter().any(|member| input.has(member));
    let mut asked = KINDS.iter().filter(|(_, members)| is_asked(members)).map(|(kind, _)| *kind);
    match (asked.next(), asked.next()) {
        (Some(kind), None) => Ok(kind),
        (Some(_), Some(_)) => Err(about.invalid_parameter("Only one type of update can be allowed.")),
        (None, _) => Err(about.invalid_parameter("No update was specified.")),
    }
}

fn change(scope: &Scope<'_>, cluster: &Cluster, kind: &str, input: &Tree) -> Result<(Change, Params), Fault> {
    let about = cluster.about();
    match kind {
        "EndpointAccessUpdate" => endpoint(cluster, input),
        "VpcConfigUpdate" => vpc(scope, cluster, input),
        "LoggingUpdate" => logging(cluster, input),
        "AccessConfigUpdate" => authentication(cluster, input),
        "UpgradePolicyUpdate" => {
            let support = checks::support_type(about, input)?.unwrap_or(&cluster.support_type);
            changed(about, support != cluster.support_type, "upgrade policy")?;
            Ok((Change::Support(support.to_owned()), vec![("UpgradePolicy", support.to_owned())]))
        }
        "ZonalShiftConfigUpdate" => {
            let enabled = input.bool("zonalShiftConfig.enabled")?.unwrap_or_default();
            changed(about, enabled != cluster.zonal_shift.unwrap_or_default(), "zonal shift config")?;
            Ok((Change::ZonalShift(enabled), vec![("ZonalShiftConfig", json(input, "zonalShiftConfig"))]))
        }
        "AutoModeUpdate" => auto_mode(cluster, input),
        "RemoteNetworkConfigUpdate" => {
            let networks = checks::remote_networks(about, input.at("remoteNetworkConfig"))?;
            let is_empty = |networks: &Tree| networks.members().all(|(_, list)| list.items().is_empty());
            let networks = networks.filter(|networks| !is_empty(networks));
            changed(about, networks != cluster.remote_networks, "remote network config")?;
            let params = vec![("RemoteNetworkConfig", json(input, "remoteNetworkConfig"))];
            Ok((Change::RemoteNetworks(networks), params))
        }
        "DeletionProtectionUpdate" => {
            let enabled = input.bool("deletionProtection")?.unwrap_or_default();
            changed(about, enabled != cluster.is_protected, "deletion protection")?;
            Ok((Change::Protection(enabled), vec![("DeletionProtection", enabled.to_string())]))
        }
        _ => {
            let tier = checks::tier(about, input)?.unwrap_or(&cluster.tier).to_owned();
            changed(about, tier != cluster.tier, "control plane scaling config")?;
            let params = vec![("PreviousTier", cluster.tier.clone()), ("UpdatedTier", tier.clone())];
            Ok((Change::Tier(tier), params))
        }
    }
}

fn changed(about: About<'_>, is_changed: bool, what: &str) -> Result<(), Fault> {
    let message = || format!("No changes needed for the {what} provided");
    if is_changed { Ok(()) } else { Err(about.invalid_parameter(message())) }
}

fn json(input: &Tree, path: &str) -> String {
    input.at(path).map(|value| value.to_json().to_string()).unwrap_or_default()
}

fn endpoint(cluster: &Cluster, input: &Tree) -> Result<(Change, Params), Fault> {
    let config = input.at("resourcesVpcConfig").unwrap_or(&Tree::Null);
    let asked = Endpoint::asked(cluster.about(), config, &cluster.endpoint)?;
    let cidrs = Tree::list(&asked.public_cidrs).to_json().to_string();
    if asked.is_like(&cluster.endpoint) {
        let message = format!(
            "Cluster is already at the desired configuration with endpointPrivateAccess: {} , endpointPublicAccess: {}, \
             and Public Endpoint Restrictions: [{}]",
            asked.is_private,
            asked.is_public,
            asked.public_cidrs.join(", ")
        );
        return Err(cluster.about().invalid_parameter(message));
    }
    let params = vec![
        ("EndpointPublicAccess", asked.is_public.to_string()),
        ("EndpointPrivateAccess", asked.is_private.to_string()),
        ("PublicAccessCidrs", cidrs),
    ];
    Ok((Change::Endpoint(asked), params))
}

fn vpc(scope: &Scope<'_>, cluster: &Cluster, input: &Tree) -> Result<(Change, Params), Fault> {
    let (about, config) = (cluster.about(), input.at("resourcesVpcConfig").unwrap_or(&Tree::Null));
    let (mut subnet_ids, mut groups, mut params) = (None, None, Params::new());
    if config.has("subnetIds") {
        let asked = checks::placement(scope, about, &config.texts("subnetIds"))?;
        if asked.vpc_id != cluster.vpc_id {
            return Err(about.invalid_parameter("Provided subnets must belong to the VPC of the cluster"));
        }
        if asked.zones != cluster.zones {
            let list = |zones: &BTreeSet<String>| Vec::from_iter(zones.iter().map(String::as_str)).join(",");
            let message = format!(
                "Provided subnets belong to the AZs '{}'. But they should belong to the exact set of AZs '{}' in which \
                 subnets were provided during cluster creation.",
                list(&asked.zones),
                list(&cluster.zones)
            );
            return Err(about.invalid_parameter(message));
        }
        params.push(("Subnets", Tree::list(&asked.subnet_ids).to_json().to_string()));
        subnet_ids = Some(asked.subnet_ids);
    }
    if config.has("securityGroupIds") {
        let asked = checks::security_groups(scope, about, config, &cluster.vpc_id)?;
        params.push(("SecurityGroups", Tree::list(&asked).to_json().to_string()));
        groups = Some(asked);
    }
    let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    let differs = |new: &Option<Vec<String>>, old: &[String]| new.as_ref().is_some_and(|new| set(new) != set(old));
    let is_changed = differs(&subnet_ids, &cluster.subnet_ids) || differs(&groups, &cluster.security_group_ids);
    changed(about, is_changed, "VPC config")?;
    Ok((Change::Vpc(subnet_ids, groups), params))
}

fn logging(cluster: &Cluster, input: &Tree) -> Result<(Change, Params), Fault> {
    let types = checks::log_types(cluster.about(), input.at("logging"), &cluster.log_types)?;
    changed(cluster.about(), types != cluster.log_types, "logging config")?;
    let after = Cluster { log_types: types.clone(), ..cluster.clone() };
    let params = vec![("ClusterLogging", shown::logging(&after).to_json().to_string())];
    Ok((Change::Logging(types), params))
}

/// The mode moves by one step, and never back.
fn authentication(cluster: &Cluster, input: &Tree) -> Result<(Change, Params), Fault> {
    use AuthenticationMode::{Api, ApiAndConfigMap, ConfigMap};
    let about = cluster.about();
    let name = input.need("accessConfig.authenticationMode")?;
    let (from, to) = (cluster.authentication_mode, checks::authentication_mode(about, name)?);
    if !matches!((from, to), (ConfigMap, ApiAndConfigMap) | (ApiAndConfigMap, Api)) {
        let message = format!("Unsupported authentication mode update from {} to {name}", from.name());
        return Err(about.invalid_parameter(message));
    }
    Ok((Change::Authentication(to), vec![("AuthenticationMode", name.to_owned())]))
}

fn auto_mode(cluster: &Cluster, input: &Tree) -> Result<(Change, Params), Fault> {
    let about = cluster.about();
    if input.has("kubernetesNetworkConfig.serviceIpv4Cidr") || input.has("kubernetesNetworkConfig.ipFamily") {
        return Err(about.invalid_parameter("Service addresses of a cluster cannot be changed"));
    }
    let asked = checks::auto_mode(about, input)?;
    let is_changed = asked.is_on() != cluster.auto_mode.is_on() || asked.compute != cluster.auto_mode.compute;
    changed(about, is_changed, "Auto Mode config")?;
    if asked.is_on() && !cluster.authentication_mode.has_entries() {
        return Err(about.invalid_parameter("EKS Auto Mode needs an authentication mode with API"));
    }
    let params = vec![
        ("ComputeConfig", json(input, "computeConfig")),
        ("StorageConfig", json(input, "storageConfig")),
        ("KubernetesNetworkConfig", json(input, "kubernetesNetworkConfig")),
    ];
    Ok((Change::AutoMode(asked), params))
}

pub fn encrypt(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    const KIND: &str = "AssociateEncryptionConfig";
    let name = input.need("clusterName")?;
    if let Some(answer) = update::repeated(scope, name, input)? {
        return Ok(answer);
    }
    let cluster = scope.eks().cluster(name)?;
    let about = cluster.about();
    let asked = checks::encryption(scope, about, input.list_at("encryptionConfig"))?;
    let asked = asked.ok_or_else(|| Fault::missing("encryptionConfig"))?;
    if cluster.encryption.is_some() {
        return Err(about.invalid_request(format!("Cluster {name} already has an encryption config")));
    }
    cluster.check_free(KIND)?;
    let params = vec![("EncryptionConfig", asked.to_json().to_string())];
    begin(scope, name, KIND, Change::Encryption(asked), params, input)
}

/// Does what an update was for.
pub fn apply(scope: &mut Scope<'_>, name: &str, change: Change) {
    let Ok(cluster) = scope.eks_mut().cluster_mut(name) else { return };
    match change {
        Change::Endpoint(endpoint) => cluster.endpoint = endpoint,
        Change::Logging(types) => {
            cluster.log_types = types;
            if !cluster.log_types.is_empty() {
                footprint::open_log(scope, name);
            }
        }
        Change::Vpc(subnet_ids, groups) => {
            cluster.subnet_ids = subnet_ids.unwrap_or_else(|| cluster.subnet_ids.clone());
            cluster.security_group_ids = groups.unwrap_or_else(|| cluster.security_group_ids.clone());
            footprint::make_interfaces(scope, name);
        }
        Change::Authentication(mode) => {
            let had_entries = cluster.authentication_mode.has_entries();
            cluster.authentication_mode = mode;
            if !had_entries {
                access_entry::make_first(scope, name);
            }
        }
        Change::Support(support) => cluster.support_type = support,
        Change::ZonalShift(enabled) => cluster.zonal_shift = Some(enabled),
        Change::AutoMode(auto_mode) => {
            cluster.auto_mode = auto_mode;
            access_entry::make_for_auto_mode(scope, name);
        }
        Change::RemoteNetworks(networks) => cluster.remote_networks = networks,
        Change::Protection(enabled) => cluster.is_protected = enabled,
        Change::Tier(tier) => cluster.tier = tier,
        Change::Encryption(config) => cluster.encryption = Some(config),
    }
}

/// Returns why an update cannot succeed after all, where that is so.
pub fn obstacle(scope: &Scope<'_>, change: &Change) -> Option<(&'static str, Vec<String>)> {
    let Change::Vpc(subnet_ids, _) = change else { return None };
    let gone = |id: &&String| scope.ec2().subnet(id).is_err();
    let gone: Vec<String> = subnet_ids.iter().flatten().filter(gone).cloned().collect();
    (!gone.is_empty()).then_some(("SubnetNotFound", gone))
}
