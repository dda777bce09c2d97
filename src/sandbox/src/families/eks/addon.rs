//! Managed add-ons.

mod catalogue;
mod configuration;
mod create;
mod update;
mod versions;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(super) use update::{Change, apply};

use super::token::Token;
use super::update::Subject;
use super::versions::Minor;
use super::{About, Cluster, Issue, PAGING, issue, join, nodes, pod_identity};
use crate::families::page::page;
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        write("CreateAddon", create::MEMBERS, create::create),
        read("DescribeAddon", &["clusterName", "addonName"], describe),
        read("ListAddons", &["clusterName", "maxResults", "nextToken"], list),
        write("UpdateAddon", update::MEMBERS, update::update),
        write("DeleteAddon", &["clusterName", "addonName", "preserve"], delete),
        read("DescribeAddonVersions", versions::MEMBERS, versions::describe),
        read("DescribeAddonConfiguration", &["addonName", "addonVersion"], versions::configuration),
    ],
    events: &[Event { name: "eks.addon-gone", happen: gone }],
};

/// How long an add-on takes.
const TAKES: Duration = Duration::from_secs(60);
/// After which time without nodes a deployment is told to be unwell.
const DEGRADED: Duration = Duration::from_secs(5 * 60);
/// How long it takes to go.
const GONE: Duration = Duration::from_secs(30);

/// A managed add-on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Addon {
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed.
    pub modified: Timestamp,
    /// Its version.
    pub version: String,
    /// Role of its service account.
    pub role_arn: Option<String>,
    /// Configuration values, as they were written.
    pub configuration: Option<String>,
    /// Its namespace, where one was asked for.
    pub namespace: Option<String>,
    /// ARNs of its pod identity associations.
    pub pod_identities: Vec<String>,
    /// What went wrong when it was made, or updated last.
    pub failure: Option<Failure>,
    /// Whether it is being deleted, and leaves what it has installed.
    pub deletion: Option<Deletion>,
    token: Token,
}

/// What went wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// Whether that was at an update.
    pub is_of_update: bool,
    /// What it was.
    pub issue: Issue,
}

/// How an add-on goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deletion {
    /// With all that it has installed.
    Whole,
    /// What it has installed stays.
    Preserving,
}

/// Returns the add-ons that a new cluster comes with.
pub fn own_of_new_cluster(version: Minor) -> BTreeMap<String, String> {
    let first = catalogue::KINDS.iter().filter(|kind| kind.is_first);
    first.filter_map(|kind| Some((kind.name.to_owned(), catalogue::usual(kind.name, version)?.text))).collect()
}

impl Cluster {
    /// Returns an add-on.
    ///
    /// # Errors
    /// When it is not there.
    pub fn addon(&self, name: &str) -> Result<&Addon, Fault> {
        self.addons.get(name).ok_or_else(|| {
            let about = About::addon(&self.name, name);
            about.not_found(format!("No addon: {name} found in cluster: {}", self.name))
        })
    }
}

/// Returns whether pods of deployments find a place, from which they reach the API server.
fn has_place(scope: &Scope<'_>, cluster: &Cluster, namespace: &str) -> bool {
    let on_fargate = || {
        let selectors = cluster.fargate_profiles.values().flat_map(|profile| &profile.selectors);
        selectors.into_iter().any(|selector| selector.namespace == namespace && selector.labels.is_empty())
    };
    let on_nodes = || join::has_services(cluster) && nodes::has_ready(scope, cluster);
    cluster.auto_mode.is_on() || on_nodes() || on_fargate()
}

/// Returns the status of an add-on as AWS names it.
pub fn status(scope: &Scope<'_>, cluster: &Cluster, name: &str, addon: &Addon) -> &'static str {
    state(scope, cluster, name, addon).0
}

/// Returns status and issues. An add-on with a deployment is as well as its pods are.
fn state(scope: &Scope<'_>, cluster: &Cluster, name: &str, addon: &Addon) -> (&'static str, Vec<Issue>) {
    let age = scope.now.since(addon.created);
    let kind = catalogue::kind(name);
    let namespace = addon.namespace.as_deref().or(kind.map(|kind| kind.namespace)).unwrap_or_default();
    let deployment = kind.and_then(|kind| kind.deployment).filter(|_| !has_place(scope, cluster, namespace));
    if addon.deletion.is_some() {
        return ("DELETING", Vec::new());
    }
    if cluster.running_update(&Subject::Addon(name.to_owned())).is_some() {
        return ("UPDATING", Vec::new());
    }
    if age < TAKES {
        return ("CREATING", Vec::new());
    }
    match (&addon.failure, deployment) {
        (Some(failure), _) => {
            let status = if failure.is_of_update { "UPDATE_FAILED" } else { "CREATE_FAILED" };
            (status, vec![failure.issue.clone()])
        }
        (None, Some(_)) if age < DEGRADED => ("CREATING", Vec::new()),
        (None, Some(deployment)) => {
            let message = "The add-on is unhealthy because it doesn't have the desired number of replicas.";
            ("DEGRADED", vec![Issue::new("InsufficientNumberOfReplicas", message, [deployment.to_owned()])])
        }
        (None, None) => ("ACTIVE", Vec::new()),
    }
}

fn shown(scope: &Scope<'_>, cluster: &Cluster, name: &str, addon: &Addon) -> Tree {
    let (status, issues) = state(scope, cluster, name, addon);
    let namespace = addon.namespace.as_deref().or(catalogue::kind(name).map(|kind| kind.namespace));
    tree! {
        "addonName": name,
        "clusterName": &cluster.name,
        "status": status,
        "addonVersion": &addon.version,
        "health": issue::health(&issues),
        "addonArn": &addon.arn,
        "createdAt": addon.created,
        "modifiedAt": addon.modified,
        "serviceAccountRoleArn": addon.role_arn.as_ref(),
        "tags": scope.eks().tags_of(&addon.arn),
        "publisher": "eks",
        "owner": "aws",
        "configurationValues": addon.configuration.as_ref(),
        "podIdentityAssociations": (!addon.pod_identities.is_empty()).then(|| Tree::list(&addon.pod_identities)),
        "namespaceConfig": namespace.map(|namespace| tree! { "namespace": namespace }),
    }
}

fn answer(scope: &Scope<'_>, cluster: &str, name: &str) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(cluster)?;
    Ok(tree! { "addon": shown(scope, cluster, name, cluster.addon(name)?) })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    answer(scope, input.need("clusterName")?, input.need("addonName")?)
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    let page = page(&PAGING, input, cluster.addons.keys())?;
    Ok(tree! { "addons": Tree::list(page.items), "nextToken": page.next })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, input.need("addonName")?);
    let preserves = input.bool("preserve")?.unwrap_or_default();
    let cluster = scope.eks_mut().cluster_mut(cluster_name)?;
    cluster.addon(name)?;
    if let Some(update) = cluster.running_update(&Subject::Addon(name.to_owned())) {
        let message = format!("Addon {name} cannot be deleted while update {} is in progress", update.id);
        return Err(About::addon(cluster_name, name).invalid_request(message));
    }
    let addon = cluster.addons.get_mut(name).expect("the add-on was there");
    let is_first = addon.deletion.is_none();
    addon.deletion.get_or_insert(if preserves { Deletion::Preserving } else { Deletion::Whole });
    if is_first {
        scope.later(GONE, "eks.addon-gone", &format!("{cluster_name}/{name}"));
    }
    answer(scope, cluster_name, name)
}

/// An add-on is gone, and what it owns. What is preserved is the cluster's own from now on.
fn gone(scope: &mut Scope<'_>, subject: &str) {
    let Some((cluster_name, name)) = subject.split_once('/') else { return };
    let store = scope.eks_mut();
    let Some(cluster) = store.clusters.get_mut(cluster_name) else { return };
    let Some(addon) = cluster.addons.get(name).filter(|addon| addon.deletion.is_some()).cloned() else { return };
    cluster.addons.remove(name);
    cluster.updates.retain(|update| update.of != Subject::Addon(name.to_owned()));
    match addon.deletion {
        Some(Deletion::Preserving) => cluster.own_addons.insert(name.to_owned(), addon.version),
        _ => cluster.own_addons.remove(name),
    };
    store.tags.remove(&addon.arn);
    pod_identity::remove_owned(scope, cluster_name, &addon.arn);
}

#[cfg(test)]
mod tests;
