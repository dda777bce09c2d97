//! UpdateAddon.

use serde::{Deserialize, Serialize};

use super::super::cluster::one_of;
use super::super::update::{self, Start, Subject};
use super::super::{About, Issue, pod_identity};
use super::catalogue::{self, Version};
use super::{Failure, TAKES, create, state};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// Members of UpdateAddon.
pub const MEMBERS: &[&str] = &[
    "clusterName",
    "addonName",
    "addonVersion",
    "serviceAccountRoleArn",
    "resolveConflicts",
    "clientRequestToken",
    "configurationValues",
    "podIdentityAssociations",
];

/// What an update does when it is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    version: String,
    role_arn: Option<String>,
    configuration: Option<String>,
    /// Service accounts and roles; nothing leaves them as they are.
    pods: Option<Vec<(String, String)>>,
}

pub fn update(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, input.need("addonName")?);
    let about = About::addon(cluster_name, name);
    if let Some(answer) = update::repeated(scope, cluster_name, input)? {
        return Ok(answer);
    }
    let cluster = scope.eks().cluster(cluster_name)?;
    let addon = cluster.addon(name)?;
    let (status, _) = state(scope, cluster, name, addon);
    if ["CREATING", "UPDATING", "DELETING"].contains(&status) {
        return Err(about.in_use(format!("Addon {name} cannot be updated as it is currently in {status} state")));
    }
    let kind = catalogue::kind(name).ok_or_else(|| about.invalid_parameter("Addon specified is not supported"))?;
    one_of(about, input, "resolveConflicts", &create::RESOLUTIONS)?;
    let version = match input.text("addonVersion")? {
        None => addon.version.clone(),
        Some(text) => {
            let version = create::version(about, cluster, name, Some(text))?;
            check_step(about, name, &addon.version, &version)?;
            version.text
        }
    };
    let configuration = match input.text("configurationValues")? {
        None => addon.configuration.clone(),
        Some(_) => create::values(about, kind, input)?,
    };
    let pods = match input.at("podIdentityAssociations") {
        None => None,
        Some(_) => Some(create::pod_roles(scope, about, kind, input)?),
    };
    for (account, _) in pods.iter().flatten() {
        pod_identity::check_vacant(about, cluster, (kind.namespace, account), Some(&addon.arn))?;
    }
    // A role that is not named anew is taken away: the pods have that of their node then.
    let change = Change { version, role_arn: create::role(scope, about, input)?, configuration, pods };
    let mut params = Vec::new();
    for (member, name) in [
        ("addonVersion", "AddonVersion"),
        ("serviceAccountRoleArn", "ServiceAccountRoleArn"),
        ("resolveConflicts", "ResolveConflicts"),
        ("configurationValues", "ConfigurationValues"),
        ("podIdentityAssociations", "PodIdentityAssociations"),
    ] {
        params.extend(input.at(member).map(|value| (name, value.quoted())));
    }
    let start = Start {
        cluster: cluster_name,
        of: Subject::Addon(name.to_owned()),
        kind: "AddonUpdate",
        params,
        change: update::Change::Addon(change),
        takes: TAKES,
    };
    update::begin(scope, start, input)
}

/// The network plugin moves by one minor at a time.
fn check_step(about: About<'_>, name: &str, from: &str, to: &Version) -> Result<(), Fault> {
    let minor = Version::parse(from).map_or(to.minor(), |version| version.minor());
    if name == "vpc-cni" && minor.abs_diff(to.minor()) > 1 {
        let message = "Updating VPC-CNI can only go up or down 1 minor version at a time";
        return Err(about.invalid_parameter(message));
    }
    Ok(())
}

/// Does what an update was for.
pub fn apply(scope: &mut Scope<'_>, cluster: &str, of: &Subject, change: Change, is_failed: bool) {
    let (Subject::Addon(name), now) = (of, scope.now) else { return };
    let store = scope.eks_mut();
    let Some(addon) = store.clusters.get_mut(cluster).and_then(|cluster| cluster.addons.get_mut(name)) else { return };
    addon.modified = now;
    if is_failed {
        addon.failure = Some(Failure { is_of_update: true, issue: Issue::internal_failure() });
        return;
    }
    addon.failure = None;
    addon.version = change.version;
    addon.role_arn = change.role_arn;
    addon.configuration = change.configuration;
    let Some(pods) = change.pods else { return };
    let arn = addon.arn.clone();
    let namespace = catalogue::kind(name).map_or("", |kind| kind.namespace);
    pod_identity::remove_owned(scope, cluster, &arn);
    let made = create::make_pod_identities(scope, cluster, &arn, namespace, &pods);
    let cluster = scope.eks_mut().clusters.get_mut(cluster);
    if let Some(addon) = cluster.and_then(|cluster| cluster.addons.get_mut(name)) {
        addon.pod_identities = made;
    }
}
