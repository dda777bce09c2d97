//! What EKS checks before it makes or changes a cluster.

use std::collections::BTreeSet;

use super::super::{About, outside};
use super::shown::LOG_TYPES;
use super::{AuthenticationMode, AutoMode};
use crate::facts;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// Addresses that a subnet of a cluster needs to have free.
const LEAST_FREE: u64 = 6;
/// How many security groups may be added.
const MOST_GROUPS: usize = 5;
/// Zones without control planes.
const NEVER: [&str; 3] = ["use1-az3", "usw1-az2", "cac1-az3"];

/// Where a cluster is.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnets.
    pub subnet_ids: Vec<String>,
    /// Their zones.
    pub zones: BTreeSet<String>,
}

/// Returns the name of a new cluster.
pub fn name(input: &Tree) -> Result<&str, Fault> {
    let name = input.need("name")?;
    let pattern = "Member must satisfy regular expression pattern: ^[0-9A-Za-z][A-Za-z0-9\\-_]*";
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.as_bytes()[0].is_ascii_alphanumeric() || !name.bytes().all(is_allowed) {
        return Err(Fault::invalid("name", name, pattern));
    }
    if name.len() > 100 {
        return Err(Fault::invalid("name", name, "Member must have length less than or equal to 100"));
    }
    Ok(name)
}

/// Checks the role of a cluster.
pub fn role(scope: &Scope<'_>, about: About<'_>, arn: &str) -> Result<(), Fault> {
    if !arn.starts_with("arn:") {
        return Err(about.invalid_parameter(format!("The role ARN {arn} is not valid")));
    }
    if !arn.contains(&format!("::{}:role/", scope.account)) {
        return Err(about.invalid_parameter("Cross-account pass role is not allowed."));
    }
    let Some(role) = outside::role_for(scope, arn, "eks.amazonaws.com") else {
        let message = format!(
            "Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not correct"
        );
        return Err(about.invalid_parameter(message));
    };
    if !role.has_policies {
        let message = "The provided role doesn't have the Amazon EKS Managed Policies associated with it. Please ensure \
                       the following policies [arn:aws:iam::aws:policy/AmazonEKSClusterPolicy] are attached";
        return Err(about.invalid_parameter(message));
    }
    Ok(())
}

/// Checks the subnets of a cluster.
pub fn placement(scope: &Scope<'_>, about: About<'_>, subnet_ids: &[&str]) -> Result<Placement, Fault> {
    if subnet_ids.is_empty() {
        return Err(Fault::missing("resourcesVpcConfig.subnetIds"));
    }
    let ec2 = scope.ec2();
    let (mut vpcs, mut zones) = (BTreeSet::new(), BTreeSet::new());
    for id in subnet_ids {
        let Ok(subnet) = ec2.subnet(id) else {
            return Err(about.invalid_parameter(format!("The subnet ID '{id}' does not exist")));
        };
        vpcs.insert(subnet.vpc_id.clone());
        zones.insert(subnet.zone.clone());
        if NEVER.contains(&subnet.zone_id.as_str()) {
            return Err(unsupported_zone(scope, about, &subnet.zone));
        }
    }
    let [vpc_id] = Vec::from_iter(vpcs)
        .try_into()
        .map_err(|_: Vec<String>| about.invalid_parameter("Subnets specified must belong to the same VPC"))?;
    if zones.len() < 2 {
        return Err(about.invalid_parameter("Subnets specified must be in at least two different AZs"));
    }
    if let Some(id) = subnet_ids.iter().find(|id| ec2.free_addresses(id) < LEAST_FREE) {
        let message = format!("Subnet {id} does not have enough free addresses: {LEAST_FREE} are needed");
        return Err(about.invalid_parameter(message));
    }
    Ok(Placement { vpc_id, subnet_ids: subnet_ids.iter().map(|id| (*id).to_owned()).collect(), zones })
}

/// Checks that pods of a cluster with IPv6 get addresses: its subnets need blocks of both families.
pub fn ipv6(scope: &Scope<'_>, about: About<'_>, placement: &Placement) -> Result<(), Fault> {
    let has_none = |id: &&String| scope.ec2().subnet(id).is_ok_and(|subnet| subnet.ipv6.is_empty());
    match placement.subnet_ids.iter().find(has_none) {
        Some(id) => {
            Err(about
                .invalid_parameter(format!("Subnet {id} does not have an IPv6 CIDR block, which ipFamily ipv6 needs")))
        }
        None => Ok(()),
    }
}

fn unsupported_zone(scope: &Scope<'_>, about: About<'_>, zone: &str) -> Fault {
    let valid: Vec<_> =
        facts::zones(scope.region).filter(|(_, id)| !NEVER.contains(id)).map(|(name, _)| name).collect();
    let name = about.cluster_name().unwrap_or_default();
    let message = format!(
        "Cannot create cluster '{name}' because {zone}, the targeted availability zone, does not currently have \
         sufficient capacity to support the cluster. Retry and choose from these availability zones: {}",
        valid.join(", ")
    );
    Fault::new("UnsupportedAvailabilityZoneException", message)
        .member("clusterName", name)
        .member("nodegroupName", Tree::Null)
        .member("validZones", Tree::list(valid))
}

/// Checks the security groups that a request adds.
pub fn security_groups(
    scope: &Scope<'_>,
    about: About<'_>,
    vpc_config: &Tree,
    vpc_id: &str,
) -> Result<Vec<String>, Fault> {
    let ids: Vec<String> = vpc_config.texts("securityGroupIds").into_iter().map(str::to_owned).collect();
    if ids.len() > MOST_GROUPS {
        return Err(about.invalid_parameter(format!("At most {MOST_GROUPS} security groups can be specified")));
    }
    outside::check_security_groups(scope, about, &ids, vpc_id)?;
    Ok(ids)
}

/// Returns the authentication mode, and whether the creator administers the cluster.
pub fn access(about: About<'_>, config: Option<&Tree>) -> Result<(AuthenticationMode, bool), Fault> {
    let Some(config) = config else { return Ok((AuthenticationMode::ConfigMap, true)) };
    let mode = match config.text("authenticationMode")? {
        None => AuthenticationMode::ConfigMap,
        Some(name) => authentication_mode(about, name)?,
    };
    let is_admin = config.bool("bootstrapClusterCreatorAdminPermissions")?.unwrap_or(true);
    if !is_admin && !mode.has_entries() {
        let message =
            "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP";
        return Err(about.invalid_parameter(message));
    }
    Ok((mode, is_admin))
}

/// Returns the authentication mode of a name.
pub fn authentication_mode(about: About<'_>, name: &str) -> Result<AuthenticationMode, Fault> {
    let mode = AuthenticationMode::of_name(name);
    mode.ok_or_else(|| about.invalid_parameter(format!("Invalid authentication mode: {name}")))
}

/// Returns the types of logs that are on after a request.
pub fn log_types(
    about: About<'_>,
    logging: Option<&Tree>,
    prior: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Fault> {
    let mut all = prior.clone();
    let mut seen = BTreeSet::new();
    for half in logging.map(|logging| logging.list_at("clusterLogging")).unwrap_or_default() {
        let enabled = half.bool("enabled")?.unwrap_or_default();
        for name in half.texts("types") {
            if !LOG_TYPES.contains(&name) {
                return Err(about.invalid_parameter(format!("Invalid log type: {name}")));
            }
            if !seen.insert(name) {
                return Err(about.invalid_parameter(format!("The log type {name} is specified more than once")));
            }
            if enabled {
                all.insert(name.to_owned())
            } else {
                all.remove(name)
            };
        }
    }
    Ok(all)
}

/// Returns the support that a request asks for.
pub fn support_type<'a>(about: About<'_>, input: &'a Tree) -> Result<Option<&'a str>, Fault> {
    one_of(about, input, "upgradePolicy.supportType", &["STANDARD", "EXTENDED"])
}

/// Returns the size of the control plane that a request asks for.
pub fn tier<'a>(about: About<'_>, input: &'a Tree) -> Result<Option<&'a str>, Fault> {
    let tiers = ["standard", "tier-xl", "tier-2xl", "tier-4xl", "tier-8xl"];
    one_of(about, input, "controlPlaneScalingConfig.tier", &tiers)
}

/// Returns a text that has few possible values.
pub fn one_of<'a>(about: About<'_>, input: &'a Tree, path: &str, values: &[&str]) -> Result<Option<&'a str>, Fault> {
    match input.text(path)? {
        Some(other) if !values.contains(&other) => {
            let message = format!("Value '{other}' at '{path}' must be one of: {}", values.join(", "));
            Err(about.invalid_parameter(message))
        }
        value => Ok(value),
    }
}

/// Returns the encryption that a request asks for, as it is kept.
pub fn encryption(scope: &Scope<'_>, about: About<'_>, configs: &[Tree]) -> Result<Option<Tree>, Fault> {
    let [config] = configs else {
        let message = "At most one encryption config can be specified";
        return if configs.is_empty() { Ok(None) } else { Err(about.invalid_parameter(message)) };
    };
    if config.texts("resources") != ["secrets"] {
        return Err(about.invalid_parameter("The only supported resource of an encryption config is secrets"));
    }
    let key = config.need("provider.keyArn")?;
    outside::check_key(scope, about, key)?;
    Ok(Some(Tree::list([config])))
}

/// Returns the remote networks that a request asks for.
pub fn remote_networks(about: About<'_>, config: Option<&Tree>) -> Result<Option<Tree>, Fault> {
    let Some(config) = config else { return Ok(None) };
    for member in ["remoteNodeNetworks", "remotePodNetworks"] {
        let blocks: usize = config.list_at(member).iter().map(|network| network.list_at("cidrs").len()).sum();
        if blocks > 15 {
            return Err(about.invalid_parameter(format!("{member} can have at most 15 CIDR blocks")));
        }
    }
    Ok(Some(config.clone()))
}

/// Returns what a request asks of EKS Auto Mode: all of it on, or all of it off.
pub fn auto_mode(about: About<'_>, input: &Tree) -> Result<AutoMode, Fault> {
    let switches = [
        input.bool("computeConfig.enabled")?,
        input.bool("kubernetesNetworkConfig.elasticLoadBalancing.enabled")?,
        input.bool("storageConfig.blockStorage.enabled")?,
    ];
    let on = switches.iter().filter(|switch| **switch == Some(true)).count();
    if on != 0 && on != switches.len() {
        let message = "For EKS Auto Mode, please ensure that all required configs, including computeConfig, \
                       kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.";
        return Err(about.invalid_parameter(message));
    }
    let compute = input.at("computeConfig");
    for pool in compute.map(|compute| compute.texts("nodePools")).unwrap_or_default() {
        if !["general-purpose", "system"].contains(&pool) {
            return Err(about.invalid_parameter(format!("Invalid node pool: {pool}")));
        }
    }
    Ok(AutoMode { compute: compute.cloned(), storage: input.at("storageConfig").cloned(), load_balancing: on > 0 })
}

impl AutoMode {
    /// Returns whether it is on.
    pub fn is_on(&self) -> bool {
        self.load_balancing
    }
}
