//! What makes a node ready that has registered: the network plugin, its permissions, and addresses for pods.

use std::time::Duration;

use super::Candidate;
use super::cause::Cause;
use super::identity::{self, NodeRole};
use crate::families::eks::Cluster;
use crate::families::iam::{Role, allows_service, permits, statements, texts};
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// Add-on of the network plugin.
pub const PLUGIN: &str = "vpc-cni";
const PROXY: &str = "kube-proxy";
const AGENT: &str = "eks-pod-identity-agent";
/// Where the network plugin runs.
const PLACE: (&str, &str) = ("kube-system", "aws-node");
/// What it calls.
const IPV4: &[&str] = &["ec2:CreateNetworkInterface", "ec2:AttachNetworkInterface", "ec2:AssignPrivateIpAddresses"];
const IPV6: &[&str] = &["ec2:AssignIpv6Addresses"];
/// How long it waits for the API server behind its service address before it goes on without it.
const ALONE: Duration = Duration::from_secs(30);
/// What it cannot do without the API server, by the switches of its configuration.
const NEEDS_API: &[&str] = &["AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "ENABLE_POD_ENI", "ANNOTATE_POD_IP"];

/// Returns since when an add-on is installed, managed or as it came with the cluster.
fn installed(cluster: &Cluster, name: &str) -> Option<Timestamp> {
    if cluster.own_addons.contains_key(name) {
        return Some(cluster.created);
    }
    let addon = cluster.addons.get(name)?;
    let has_failed = addon.failure.as_ref().is_some_and(|failure| !failure.is_of_update);
    (!has_failed).then_some(addon.created)
}

/// Returns since when pods on nodes reach services; nothing where they do not.
pub fn leads_to_services(cluster: &Cluster) -> Option<Timestamp> {
    if cluster.auto_mode.is_on() { Some(cluster.created) } else { installed(cluster, PROXY) }
}

/// Returns whether the network plugin is told to do what it cannot do without the API server.
fn needs_api(cluster: &Cluster) -> bool {
    let written = cluster.addons.get(PLUGIN).and_then(|addon| addon.configuration.as_deref()).unwrap_or_default();
    let bare = written.replace([' ', '"', '\''], "");
    NEEDS_API.iter().any(|switch| bare.contains(&format!("{switch}:true")))
}

/// Returns from when on the network plugin works on a node that has registered then. Without kube-proxy it does not
/// find the API server, and goes on without it after a while.
///
/// # Errors
/// When it needs the API server.
fn works(cluster: &Cluster, begins: Timestamp) -> Result<Timestamp, Cause> {
    match leads_to_services(cluster) {
        Some(proxy) if needs_api(cluster) => Ok(begins.max(proxy)),
        Some(proxy) => Ok(begins.max(proxy.min(begins + ALONE))),
        None if needs_api(cluster) => Err(Cause::NoProxy),
        None => Ok(begins + ALONE),
    }
}

/// Returns from when on a node that registers then has a network.
///
/// # Errors
/// When it is not.
pub fn check(node: &Candidate<'_>, role: NodeRole<'_>, registers: Timestamp) -> Result<Timestamp, Cause> {
    let cluster = node.cluster;
    if cluster.auto_mode.is_on() {
        return Ok(registers);
    }
    let plugin = installed(cluster, PLUGIN).ok_or(Cause::NoNetworkPlugin)?;
    let works = works(cluster, registers.max(plugin))?;
    identity::may_pull(node, role)?;
    may_work(node, role)?;
    let store = node.scope.ec2();
    let has_addresses = store.interfaces_of(node.id).iter().any(|(_, interface)| interface.addresses.len() > 1);
    if !cluster.network.is_ipv6 && !has_addresses && store.free_addresses(&node.instance.subnet_id) == 0 {
        return Err(Cause::NoAddresses { subnet: node.instance.subnet_id.clone() });
    }
    Ok(works)
}

/// Checks the permissions of the network plugin: those of its own role, by pod identity or by its service account, or
/// those of the node.
fn may_work(node: &Candidate<'_>, of_node: NodeRole<'_>) -> Result<(), Cause> {
    let (scope, cluster) = (node.scope, node.cluster);
    let addon = cluster.addons.get(PLUGIN);
    let of_account = addon.and_then(|addon| addon.role_arn.as_deref());
    let of_pods = cluster.pod_identity_of(PLACE.0, PLACE.1).map(|(_, own)| own.role_arn.as_str());
    let (name, role) = match (of_account, of_pods) {
        (Some(arn), _) => (arn, by_issuer(scope, cluster, arn)?),
        (None, Some(arn)) => (arn, by_agent(scope, cluster, arn)?),
        (None, None) => of_node,
    };
    let calls = if cluster.network.is_ipv6 { IPV6 } else { IPV4 };
    match calls.iter().find(|action| !permits(scope, role, action)) {
        Some(action) => Err(Cause::PluginNotPermitted { role: name.to_owned(), action }),
        None => Ok(()),
    }
}

fn existing<'a>(scope: &'a Scope<'_>, arn: &str) -> Result<&'a Role, Cause> {
    let found = scope.role_by_arn(arn).map(|(_, role)| role);
    found.ok_or_else(|| Cause::PluginUntrusted { role: arn.to_owned(), why: "there is no such role" })
}

fn by_agent<'a>(scope: &'a Scope<'_>, cluster: &Cluster, arn: &str) -> Result<&'a Role, Cause> {
    let role = existing(scope, arn)?;
    let untrusted = |why| Cause::PluginUntrusted { role: arn.to_owned(), why };
    if installed(cluster, AGENT).is_none() {
        return Err(untrusted("the add-on eks-pod-identity-agent is not installed"));
    }
    let allows = |action| allows_service(&role.trust.document, "pods.eks.amazonaws.com", action);
    if !allows("sts:AssumeRole") || !allows("sts:TagSession") {
        return Err(untrusted("it does not let pods.eks.amazonaws.com assume it and tag sessions"));
    }
    Ok(role)
}

fn by_issuer<'a>(scope: &'a Scope<'_>, cluster: &Cluster, arn: &str) -> Result<&'a Role, Cause> {
    let role = existing(scope, arn)?;
    let untrusted = |why| Cause::PluginUntrusted { role: arn.to_owned(), why };
    let issuer = cluster.issuer_url(scope.region);
    let issuer = issuer.trim_start_matches("https://");
    let provider = scope.iam().providers.iter().find(|(_, own)| own.url == issuer).map(|(arn, _)| arn.as_str());
    let provider = provider.ok_or_else(|| untrusted("IAM has no OIDC provider for the issuer of the cluster"))?;
    let document = serde_json::from_str(&role.trust.document).unwrap_or_default();
    let names_it = |statement: &serde_json::Value| {
        texts(statement["Principal"].get("Federated")).contains(&provider)
            && texts(statement.get("Action")).contains(&"sts:AssumeRoleWithWebIdentity")
    };
    if statements(&document).iter().any(names_it) {
        Ok(role)
    } else {
        Err(untrusted("it does not trust the OIDC provider of the cluster"))
    }
}
