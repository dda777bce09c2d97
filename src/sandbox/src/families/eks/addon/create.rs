//! CreateAddon.

use super::super::cluster::one_of;
use super::super::token::Token;
use super::super::versions::Minor;
use super::super::{About, Cluster, Issue, outside, pod_identity, tags};
use super::catalogue::{self, Kind, Version};
use super::{Addon, Failure, answer, configuration};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// Members of CreateAddon.
pub const MEMBERS: &[&str] = &[
    "clusterName",
    "addonName",
    "addonVersion",
    "serviceAccountRoleArn",
    "resolveConflicts",
    "clientRequestToken",
    "tags",
    "configurationValues",
    "podIdentityAssociations",
    "namespaceConfig",
];

/// How conflicts with what is installed are resolved.
pub const RESOLUTIONS: [&str; 3] = ["OVERWRITE", "NONE", "PRESERVE"];

pub fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, input.need("addonName")?);
    let about = About::addon(cluster_name, name);
    let cluster = scope.eks().cluster(cluster_name)?;
    cluster.check_active()?;
    if let Some(existing) = cluster.addons.get(name) {
        if existing.token.is_repeated_by(input)? {
            return answer(scope, cluster_name, name);
        }
        return Err(about.in_use("Addon already exists."));
    }
    let kind = known(about, cluster, name)?;
    let version = version(about, cluster, name, input.text("addonVersion")?)?;
    let resolution = one_of(about, input, "resolveConflicts", &RESOLUTIONS)?.unwrap_or("NONE");
    let configuration = values(about, kind, input)?;
    let role_arn = role(scope, about, input)?;
    let pods = pod_roles(scope, about, kind, input)?;
    for (account, _) in &pods {
        pod_identity::check_vacant(about, cluster, (kind.namespace, account), None)?;
    }
    let conflict = conflict(cluster, name, &version, configuration.is_some()).filter(|_| resolution != "OVERWRITE");
    let namespace = namespace(about, input)?;
    let tags = tags::given(input)?;
    let uuid = scope.ids().uuid();
    let arn = scope.arn("eks", &format!("addon/{cluster_name}/{name}/{uuid}"));
    let failure = if scope.strikes("addon-failed") { Some(Issue::internal_failure()) } else { conflict };
    let addon = Addon {
        arn: arn.clone(),
        created: scope.now,
        modified: scope.now,
        version: version.text,
        role_arn,
        configuration,
        namespace,
        pod_identities: make_pod_identities(scope, cluster_name, &arn, kind.namespace, &pods),
        failure: failure.map(|issue| Failure { is_of_update: false, issue }),
        deletion: None,
        token: Token::of(input),
    };
    let store = scope.eks_mut();
    store.tags.insert(arn, tags);
    store.cluster_mut(cluster_name)?.addons.insert(name.to_owned(), addon);
    answer(scope, cluster_name, name)
}

fn known(about: About<'_>, cluster: &Cluster, name: &str) -> Result<&'static Kind, Fault> {
    let others = [
        "aws-mountpoint-s3-csi-driver",
        "aws-fsx-csi-driver",
        "snapshot-controller",
        "adot",
        "aws-guardduty-agent",
        "amazon-cloudwatch-observability",
        "aws-network-flow-monitoring-agent",
        "kube-state-metrics",
        "prometheus-node-exporter",
        "cert-manager",
        "external-dns",
        "aws-privateca-connector-for-kubernetes",
        "amazon-sagemaker-hyperpod-taskgovernance",
    ];
    if others.contains(&name) {
        return Err(Fault::not_modelled(format!("the versions of the add-on `{name}`")));
    }
    catalogue::kind(name).ok_or_else(|| {
        let version = &cluster.version;
        about.invalid_parameter(format!("Addon {name} specified is not supported in {version} kubernetes version"))
    })
}

/// Returns a version that the cluster can have, or the usual one where none is asked for.
pub fn version(about: About<'_>, cluster: &Cluster, name: &str, asked: Option<&str>) -> Result<Version, Fault> {
    let minor: Minor = cluster.version.parse().unwrap_or(Minor(0));
    let unsupported = || about.invalid_parameter("Addon version specified is not supported");
    match asked {
        None => catalogue::usual(name, minor).ok_or_else(unsupported),
        Some(text) => {
            let mut versions = catalogue::versions(name, minor).into_iter();
            versions.find(|version| version.text == text).ok_or_else(unsupported)
        }
    }
}

/// Returns the configuration values of a request.
pub fn values(about: About<'_>, kind: &Kind, input: &Tree) -> Result<Option<String>, Fault> {
    let Some(text) = input.text("configurationValues")?.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    configuration::check(kind, text).map_err(|message| about.invalid_parameter(message))?;
    Ok(Some(text.to_owned()))
}

/// Returns the role of the service account that a request names.
pub fn role(scope: &Scope<'_>, about: About<'_>, input: &Tree) -> Result<Option<String>, Fault> {
    let Some(arn) = input.text("serviceAccountRoleArn")?.filter(|arn| !arn.is_empty()) else { return Ok(None) };
    if !arn.contains(&format!("::{}:role/", scope.account)) {
        return Err(about.invalid_parameter("Cross-account pass role is not allowed."));
    }
    match outside::role(scope, arn) {
        Some(_) => Ok(Some(arn.to_owned())),
        None => Err(about.invalid_parameter(format!("Role with arn: {arn} does not exist"))),
    }
}

/// Returns service accounts and roles that a request names.
pub fn pod_roles(
    scope: &Scope<'_>,
    about: About<'_>,
    kind: &Kind,
    input: &Tree,
) -> Result<Vec<(String, String)>, Fault> {
    let mut pods = Vec::new();
    for association in input.list_at("podIdentityAssociations") {
        let (account, role_arn) = (association.need("serviceAccount")?, association.need("roleArn")?);
        if kind.account.is_none_or(|(known, _)| known != account) {
            let message =
                format!("The service account {account} of the add-on {} cannot have a pod identity", kind.name);
            return Err(about.invalid_parameter(message));
        }
        pod_identity::check_role(scope, about, role_arn)?;
        pods.push((account.to_owned(), role_arn.to_owned()));
    }
    Ok(pods)
}

/// Makes the associations of an add-on and returns their ARNs.
pub fn make_pod_identities(
    scope: &mut Scope<'_>,
    cluster: &str,
    owner_arn: &str,
    namespace: &str,
    pods: &[(String, String)],
) -> Vec<String> {
    let make = |(account, role_arn): &(String, String)| {
        pod_identity::make_owned(scope, cluster, owner_arn, (namespace, account), role_arn)
    };
    pods.iter().map(make).collect()
}

fn namespace(about: About<'_>, input: &Tree) -> Result<Option<String>, Fault> {
    let Some(name) = input.text("namespaceConfig.namespace")? else { return Ok(None) };
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > 63 || !name.bytes().all(is_allowed) {
        return Err(about.invalid_parameter(format!("The namespace {name} is not valid")));
    }
    Ok(Some(name.to_owned()))
}

/// Returns what stands in the way: another version is installed, or other values are wanted.
fn conflict(cluster: &Cluster, name: &str, version: &Version, has_values: bool) -> Option<Issue> {
    let installed = cluster.own_addons.get(name)?;
    if *installed == version.text && !has_values {
        return None;
    }
    let (object, container) = match name {
        "coredns" => ("Deployment.apps coredns", "coredns"),
        "vpc-cni" => ("DaemonSet.apps aws-node", "aws-node"),
        other => return Some(told(&format!("DaemonSet.apps {other}"), other)),
    };
    Some(told(object, container))
}

fn told(object: &str, container: &str) -> Issue {
    let message = format!(
        "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\n{object} - \
         .spec.template.spec.containers[name=\"{container}\"].image"
    );
    Issue::new("ConfigurationConflict", message, [])
}
