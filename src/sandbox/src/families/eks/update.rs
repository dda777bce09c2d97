//! Updates of clusters, node groups and add-ons: one at a time, over after a while.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::token::Token;
use super::{About, Cluster, Issue, PAGING, addon, cluster, identity_provider, node_group};
use crate::families::page::page;
use crate::families::{Event, Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        read("DescribeUpdate", &["name", "updateId", "nodegroupName", "addonName"], describe),
        read("ListUpdates", &["name", "nodegroupName", "addonName", "nextToken", "maxResults"], list),
    ],
    events: &[Event { name: "eks.update-over", happen: over }],
};

/// An update.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Update {
    /// Its id, a UUID.
    pub id: String,
    /// What is updated.
    pub of: Subject,
    /// Its type, such as `VersionUpdate`.
    pub kind: String,
    /// How far it is.
    pub status: Status,
    /// What was asked for, as AWS tells it.
    pub params: Vec<(String, String)>,
    /// When it began.
    pub created: Timestamp,
    /// Why it failed.
    pub errors: Vec<Issue>,
    change: Change,
    token: Token,
    is_doomed: bool,
}

/// What is updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// The cluster itself.
    Cluster,
    /// One of its node groups.
    NodeGroup(String),
    /// One of its add-ons.
    Addon(String),
}

/// How far an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It runs.
    InProgress,
    /// It is over, in vain.
    Failed,
    /// It is over.
    Successful,
}

/// What is done when an update is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// Configuration of the cluster.
    Config(cluster::ConfigChange),
    /// Version of the cluster.
    Version(cluster::VersionChange),
    /// A node group's.
    NodeGroup(node_group::Change),
    /// An add-on's.
    Addon(addon::Change),
    /// That of a provider of users.
    IdentityProvider(identity_provider::Change),
}

/// An update that is to begin.
pub struct Start<'a> {
    /// Name of the cluster.
    pub cluster: &'a str,
    /// What is updated.
    pub of: Subject,
    /// Its type.
    pub kind: &'static str,
    /// What was asked for, as AWS tells it.
    pub params: Vec<(&'static str, String)>,
    /// What is done when it is over.
    pub change: Change,
    /// How long it takes.
    pub takes: Duration,
}

/// Begins an update and returns the answer.
///
/// # Errors
/// When the cluster is gone.
pub fn begin(scope: &mut Scope<'_>, start: Start<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = scope.ids().uuid();
    let params = start.params.into_iter().map(|(name, value)| (name.to_owned(), value));
    let update = Update {
        id: id.clone(),
        of: start.of,
        kind: start.kind.to_owned(),
        status: Status::InProgress,
        params: params.collect(),
        created: scope.now,
        errors: Vec::new(),
        change: start.change,
        token: Token::of(input),
        is_doomed: scope.strikes("update-failed"),
    };
    let answer = tree! { "update": shown(&update) };
    scope.eks_mut().cluster_mut(start.cluster)?.updates.push(update);
    scope.later(start.takes, "eks.update-over", &format!("{}/{id}", start.cluster));
    Ok(answer)
}

/// Returns the answer to a request that has begun an update before.
///
/// # Errors
/// When the cluster is gone, or the token is that of another request.
pub fn repeated(scope: &Scope<'_>, cluster: &str, input: &Tree) -> Result<Option<Tree>, Fault> {
    for update in &scope.eks().cluster(cluster)?.updates {
        if update.token.is_repeated_by(input)? {
            return Ok(Some(tree! { "update": shown(update) }));
        }
    }
    Ok(None)
}

fn over(scope: &mut Scope<'_>, subject: &str) {
    let Some((name, id)) = subject.split_once('/') else { return };
    let Ok(cluster) = scope.eks().cluster(name) else { return };
    let Some(update) = cluster.updates.iter().find(|update| update.id == id).cloned() else { return };
    let errors = obstacles(scope, name, &update);
    let is_failed = !errors.is_empty();
    finish(scope, name, id, errors);
    match update.change {
        Change::Config(_) | Change::Version(_) if is_failed => {}
        Change::Config(change) => cluster::apply_config(scope, name, change),
        Change::Version(change) => cluster::apply_version(scope, name, change),
        Change::NodeGroup(change) => node_group::apply(scope, name, &update.of, change, is_failed),
        Change::Addon(change) => addon::apply(scope, name, &update.of, change, is_failed),
        Change::IdentityProvider(change) => identity_provider::apply(scope, name, &change, is_failed),
    }
    if update.of == Subject::Cluster {
        cluster::restore_security_group(scope, name);
    }
}

/// Returns why an update fails.
fn obstacles(scope: &mut Scope<'_>, cluster: &str, update: &Update) -> Vec<Issue> {
    if update.is_doomed {
        return vec![Issue::new("Unknown", "An internal failure occurred.", [])];
    }
    match &update.change {
        Change::Config(change) => {
            let obstacle = cluster::obstacle(scope, change);
            obstacle.map(|(code, ids)| Issue::new(code, "Not found.", ids)).into_iter().collect()
        }
        Change::NodeGroup(change) => node_group::obstacles(scope, cluster, &update.of, change),
        Change::Version(_) | Change::Addon(_) | Change::IdentityProvider(_) => Vec::new(),
    }
}

fn finish(scope: &mut Scope<'_>, cluster: &str, id: &str, errors: Vec<Issue>) {
    let Ok(cluster) = scope.eks_mut().cluster_mut(cluster) else { return };
    if let Some(update) = cluster.updates.iter_mut().find(|update| update.id == id) {
        update.status = if errors.is_empty() { Status::Successful } else { Status::Failed };
        update.errors = errors;
    }
}

fn shown(update: &Update) -> Tree {
    let params = update.params.iter().map(|(name, value)| tree! { "type": name, "value": value });
    let status = match update.status {
        Status::InProgress => "InProgress",
        Status::Failed => "Failed",
        Status::Successful => "Successful",
    };
    tree! {
        "id": &update.id,
        "status": status,
        "type": &update.kind,
        "params": Tree::list(params),
        "createdAt": update.created,
        "errors": Tree::list(update.errors.iter().map(Issue::shown_in_update)),
    }
}

/// Returns whose updates are asked for.
fn subject(cluster: &Cluster, input: &Tree) -> Result<Subject, Fault> {
    match (input.text("nodegroupName")?, input.text("addonName")?) {
        (Some(_), Some(_)) => {
            Err(cluster.about().invalid_parameter("nodegroupName and addonName cannot both be specified"))
        }
        (Some(group), None) => cluster.node_group(group).map(|_| Subject::NodeGroup(group.to_owned())),
        (None, Some(addon)) => cluster.addon(addon).map(|_| Subject::Addon(addon.to_owned())),
        (None, None) => Ok(Subject::Cluster),
    }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, id) = (input.need("name")?, input.need("updateId")?);
    let cluster = scope.eks().cluster(name)?;
    let of = subject(cluster, input)?;
    let found = cluster.updates.iter().find(|update| update.id == id && update.of == of);
    let update = found.ok_or_else(|| About::cluster(name).not_found(format!("No update found for ID: {id}")))?;
    Ok(tree! { "update": shown(update) })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("name")?)?;
    let of = subject(cluster, input)?;
    let ids = cluster.updates.iter().filter(|update| update.of == of).map(|update| &update.id);
    let page = page(&PAGING, input, ids)?;
    Ok(tree! { "updateIds": Tree::list(page.items), "nextToken": page.next })
}
