//! CreateCluster, and what follows from it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::token::Token;
use super::super::versions::{self, Minor};
use super::super::{About, Issue, access_entry, addon, outside, tags};
use super::checks::{self, Placement};
use super::network::{Endpoint, KubernetesNetwork};
use super::shown::shown;
use super::{AuthenticationMode, AutoMode, Cluster, Creator, Status, footprint};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Members of CreateCluster; Outposts are not there.
pub const MEMBERS: &[&str] = &[
    "name",
    "version",
    "roleArn",
    "resourcesVpcConfig",
    "kubernetesNetworkConfig",
    "logging",
    "clientRequestToken",
    "tags",
    "encryptionConfig",
    "accessConfig",
    "bootstrapSelfManagedAddons",
    "upgradePolicy",
    "zonalShiftConfig",
    "remoteNetworkConfig",
    "computeConfig",
    "storageConfig",
    "deletionProtection",
    "controlPlaneScalingConfig",
];

/// How many clusters a region may have.
const MOST: usize = 100;
/// After which time the security group and the interfaces are there.
const NETWORK: Duration = Duration::from_secs(60);
/// How long a cluster takes.
const READY: Duration = Duration::from_secs(9 * 60);

pub fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = checks::name(input)?;
    if let Some(existing) = scope.eks().clusters.get(name) {
        if existing.token.is_repeated_by(input)? {
            return Ok(tree! { "cluster": shown(scope, existing) });
        }
        return Err(existing.about().in_use(format!("Cluster already exists with name: {name}")));
    }
    let most = scope.limit("clusters", MOST);
    if scope.eks().clusters.len() >= most {
        return Err(About::cluster(name).limit(format!("Cluster limit exceeded: at most {most} clusters")));
    }
    let asked = Asked::read(scope, input, name)?;
    let tags = tags::given(input)?;
    let is_doomed = scope.strikes("cluster-failed");
    let cluster = asked.into_cluster(scope, Token::of(input), is_doomed);
    let (arn, has_logs) = (cluster.arn.clone(), !cluster.log_types.is_empty());
    scope.eks_mut().tags.insert(arn, tags);
    scope.eks_mut().clusters.insert(name.to_owned(), cluster);
    outside::ensure_service_linked_role(scope, "eks.amazonaws.com");
    access_entry::make_first(scope, name);
    if has_logs {
        footprint::open_log(scope, name);
    }
    scope.later(NETWORK, "eks.cluster-network", name);
    scope.later(READY, "eks.cluster-ready", name);
    Ok(tree! { "cluster": shown(scope, &scope.eks().clusters[name]) })
}

/// A request, checked.
struct Asked {
    name: String,
    version: Minor,
    role_arn: String,
    placement: Placement,
    security_group_ids: Vec<String>,
    endpoint: Endpoint,
    network: KubernetesNetwork,
    log_types: BTreeSet<String>,
    authentication_mode: AuthenticationMode,
    creator: Creator,
    has_own_addons: bool,
    support_type: String,
    zonal_shift: Option<bool>,
    is_protected: bool,
    tier: String,
    encryption: Option<Tree>,
    remote_networks: Option<Tree>,
    auto_mode: AutoMode,
}

impl Asked {
    fn read(scope: &mut Scope<'_>, input: &Tree, name: &str) -> Result<Self, Fault> {
        let about = About::cluster(name);
        let role_arn = input.need("roleArn")?;
        let vpc_config = input.at("resourcesVpcConfig").ok_or_else(|| Fault::missing("resourcesVpcConfig"))?;
        let version = versions::checked(about, input.text("version")?, scope.now)?;
        let (authentication_mode, is_admin) = checks::access(about, input.at("accessConfig"))?;
        let auto_mode = checks::auto_mode(about, input)?;
        let has_own_addons = input.bool("bootstrapSelfManagedAddons")?.unwrap_or(true);
        if auto_mode.is_on() && (!authentication_mode.has_entries() || has_own_addons) {
            let message = "EKS Auto Mode needs an authentication mode with API, and bootstrapSelfManagedAddons false";
            return Err(about.invalid_parameter(message));
        }
        checks::role(scope, about, role_arn)?;
        let placement = checks::placement(scope, about, &vpc_config.texts("subnetIds"))?;
        let security_group_ids = checks::security_groups(scope, about, vpc_config, &placement.vpc_id)?;
        if vpc_needs_ipv6(input)? {
            checks::ipv6(scope, about, &placement)?;
        }
        let blocks = outside::blocks_of_vpc(scope, &placement.vpc_id);
        let ipv6_services = format!("fd{}:{}:{}::/108", scope.ids().hex(2), scope.ids().hex(4), scope.ids().hex(4));
        let network = input.at("kubernetesNetworkConfig");
        let creator = access_entry::principal_of(&scope.caller().arn);
        Ok(Self {
            name: name.to_owned(),
            version,
            role_arn: role_arn.to_owned(),
            endpoint: Endpoint::asked(about, vpc_config, &Endpoint::default())?,
            network: KubernetesNetwork::asked(about, network, &blocks, ipv6_services)?,
            placement,
            security_group_ids,
            log_types: checks::log_types(about, input.at("logging"), &BTreeSet::new())?,
            authentication_mode,
            creator: Creator { arn: creator, is_admin },
            has_own_addons,
            support_type: checks::support_type(about, input)?.unwrap_or("EXTENDED").to_owned(),
            zonal_shift: input.bool("zonalShiftConfig.enabled")?,
            is_protected: input.bool("deletionProtection")?.unwrap_or_default(),
            tier: checks::tier(about, input)?.unwrap_or("standard").to_owned(),
            encryption: checks::encryption(scope, about, input.list_at("encryptionConfig"))?,
            remote_networks: checks::remote_networks(about, input.at("remoteNetworkConfig"))?,
            auto_mode,
        })
    }

    fn into_cluster(self, scope: &mut Scope<'_>, token: Token, is_doomed: bool) -> Cluster {
        let own_addons = if self.has_own_addons { addon::own_of_new_cluster(self.version) } else { BTreeMap::new() };
        Cluster {
            arn: scope.arn("eks", &format!("cluster/{}", self.name)),
            created: scope.now,
            status: Status::Creating,
            issues: Vec::new(),
            version: self.version.to_string(),
            platform_version: versions::platform(self.version, scope.now),
            upgrade: None,
            role_arn: self.role_arn,
            hex_id: scope.ids().hex(32).to_uppercase(),
            certificate: certificate(scope),
            vpc_id: self.placement.vpc_id,
            subnet_ids: self.placement.subnet_ids,
            zones: self.placement.zones,
            security_group_ids: self.security_group_ids,
            cluster_security_group_id: None,
            interface_ids: Vec::new(),
            endpoint: self.endpoint,
            network: self.network,
            log_types: self.log_types,
            authentication_mode: self.authentication_mode,
            creator: self.creator,
            own_addons,
            support_type: self.support_type,
            zonal_shift: self.zonal_shift,
            is_protected: self.is_protected,
            tier: self.tier,
            encryption: self.encryption,
            remote_networks: self.remote_networks,
            auto_mode: self.auto_mode,
            updates: Vec::new(),
            node_groups: BTreeMap::new(),
            fargate_profiles: BTreeMap::new(),
            addons: BTreeMap::new(),
            access_entries: BTreeMap::new(),
            pod_identities: BTreeMap::new(),
            identity_providers: BTreeMap::new(),
            insights_asked: None,
            token,
            is_doomed,
            name: self.name,
        }
    }
}

fn vpc_needs_ipv6(input: &Tree) -> Result<bool, Fault> {
    Ok(input.text("kubernetesNetworkConfig.ipFamily")? == Some("ipv6"))
}

/// Returns what looks like a certificate. Nobody connects to the cluster, so none is signed.
fn certificate(scope: &mut Scope<'_>) -> String {
    let mut lines = String::from("-----BEGIN CERTIFICATE-----\n");
    for first in ["MIIDBTCCAe2gAwIBAgII", "MBUxEzARBgNVBAMTCmt1", "AQEBBQADggEPADCCAQoC"] {
        lines.push_str(first);
        lines.push_str(&scope.ids().lower(44));
        lines.push('\n');
    }
    lines.push_str("-----END CERTIFICATE-----\n");
    STANDARD.encode(lines)
}

/// The control plane answers, or never will.
pub fn ready(scope: &mut Scope<'_>, name: &str) {
    let Ok(cluster) = scope.eks_mut().cluster_mut(name) else { return };
    if cluster.status != Status::Creating {
        return;
    }
    if cluster.is_doomed {
        cluster.issues.push(Issue::internal_failure());
    }
    cluster.status = if cluster.issues.is_empty() { Status::Active } else { Status::Failed };
}
