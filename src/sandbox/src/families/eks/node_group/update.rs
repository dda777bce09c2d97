//! UpdateNodegroupConfig and UpdateNodegroupVersion.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::nodes;
use super::super::update::{self, Start, Subject};
use super::super::versions::Minor;
use super::super::{About, Cluster, Issue};
use super::{NodeGroup, Scaling, Status, Taint, TemplateUse, change as change_group, checks, create};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// Members of UpdateNodegroupConfig.
pub const CONFIG_MEMBERS: &[&str] = &[
    "clusterName",
    "nodegroupName",
    "labels",
    "taints",
    "scalingConfig",
    "updateConfig",
    "nodeRepairConfig",
    "warmPoolConfig",
    "clientRequestToken",
];

/// Members of UpdateNodegroupVersion.
pub const VERSION_MEMBERS: &[&str] =
    &["clusterName", "nodegroupName", "version", "releaseVersion", "launchTemplate", "force", "clientRequestToken"];

const CONFIG_TAKES: Duration = Duration::from_secs(30);
const VERSION_TAKES: Duration = Duration::from_secs(8 * 60);

/// What an update does when it is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// Configuration.
    Config(Config),
    /// Version, release, and template.
    Version(Version),
}

/// A new configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    labels: BTreeMap<String, String>,
    taints: Vec<Taint>,
    scaling: Scaling,
    update_config: Tree,
    repair_config: Option<Tree>,
    warm_pool: Option<Tree>,
}

/// New nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    version: String,
    release: String,
    template: Option<TemplateUse>,
}

/// Parameters of an update, as it tells them.
type Params = Vec<(&'static str, String)>;

/// Returns a group that can be updated.
fn updatable<'a>(cluster: &'a Cluster, name: &str) -> Result<&'a NodeGroup, Fault> {
    let group = cluster.node_group(name)?;
    let is_free = cluster.running_update(&Subject::NodeGroup(name.to_owned())).is_none();
    if is_free && matches!(group.status, Status::Active | Status::Degraded) {
        return Ok(group);
    }
    let message = "Nodegroup cannot be updated as it is currently not in Active State";
    Err(About::node_group(&cluster.name, name).in_use(message))
}

pub fn config(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, input.need("nodegroupName")?);
    if let Some(answer) = update::repeated(scope, cluster_name, input)? {
        return Ok(answer);
    }
    let group = updatable(scope.eks().cluster(cluster_name)?, name)?;
    let about = About::node_group(cluster_name, name);
    if !["labels", "taints", "scalingConfig", "updateConfig", "nodeRepairConfig", "warmPoolConfig"]
        .iter()
        .any(|member| input.has(member))
    {
        return Err(about.invalid_parameter("No update was specified."));
    }
    let mut params = Params::new();
    let change = Config {
        labels: labels(about, group, input, &mut params)?,
        taints: taints(about, group, input, &mut params)?,
        scaling: nodes::sizes(scope, name, group).updated(about, input.at("scalingConfig"))?,
        update_config: match input.at("updateConfig") {
            Some(config) => checks::update_config(about, Some(config))?,
            None => group.update_config.clone(),
        },
        repair_config: input.at("nodeRepairConfig").or(group.repair_config.as_ref()).cloned(),
        warm_pool: input.at("warmPoolConfig").or(group.warm_pool.as_ref()).cloned(),
    };
    for (path, name) in [
        ("scalingConfig.minSize", "MinSize"),
        ("scalingConfig.maxSize", "MaxSize"),
        ("scalingConfig.desiredSize", "DesiredSize"),
        ("updateConfig.maxUnavailable", "MaxUnavailable"),
        ("updateConfig.maxUnavailablePercentage", "MaxUnavailablePercentage"),
        ("updateConfig.updateStrategy", "UpdateStrategy"),
        ("nodeRepairConfig", "NodeRepairConfig"),
        ("warmPoolConfig.enabled", "WarmPoolEnabled"),
        ("warmPoolConfig.minSize", "WarmPoolMinSize"),
        ("warmPoolConfig.maxGroupPreparedCapacity", "WarmPoolMaxGroupPreparedCapacity"),
        ("warmPoolConfig.poolState", "WarmPoolState"),
        ("warmPoolConfig.reuseOnScaleIn", "WarmPoolReuseOnScaleIn"),
    ] {
        params.extend(input.at(path).map(|value| (name, value.quoted())));
    }
    begin(scope, (cluster_name, name), "ConfigUpdate", Change::Config(change), params, CONFIG_TAKES, input)
}

fn begin(
    scope: &mut Scope<'_>,
    (cluster, group): (&str, &str),
    kind: &'static str,
    change: Change,
    params: Params,
    takes: Duration,
    input: &Tree,
) -> Result<Tree, Fault> {
    let of = Subject::NodeGroup(group.to_owned());
    let start = Start { cluster, of, kind, params, change: update::Change::NodeGroup(change), takes };
    update::begin(scope, start, input)
}

fn labels(
    about: About<'_>,
    group: &NodeGroup,
    input: &Tree,
    params: &mut Params,
) -> Result<BTreeMap<String, String>, Fault> {
    let mut labels = group.labels.clone();
    let (added, removed) = (input.at("labels.addOrUpdateLabels"), input.texts("labels.removeLabels"));
    labels.extend(checks::labels(about, input.text_map("labels.addOrUpdateLabels"))?);
    labels.retain(|key, _| !removed.contains(&key.as_str()));
    params.extend(added.map(|added| ("LabelsToAdd", added.to_json().to_string())));
    if !removed.is_empty() {
        params.push(("LabelsToRemove", Tree::list(removed).to_json().to_string()));
    }
    Ok(labels)
}

/// A taint is known by key and effect.
fn taints(about: About<'_>, group: &NodeGroup, input: &Tree, params: &mut Params) -> Result<Vec<Taint>, Fault> {
    let added = checks::taints(about, input.list_at("taints.addOrUpdateTaints"))?;
    let removed = checks::taints(about, input.list_at("taints.removeTaints"))?;
    let mut taints = group.taints.clone();
    let is_like = |one: &Taint, other: &Taint| one.key == other.key && one.effect == other.effect;
    taints.retain(|taint| !added.iter().chain(&removed).any(|other| is_like(taint, other)));
    taints.extend(added);
    for (member, name) in [("taints.addOrUpdateTaints", "TaintsToAdd"), ("taints.removeTaints", "TaintsToRemove")] {
        params.extend(input.at(member).map(|list| (name, list.to_json().to_string())));
    }
    Ok(taints)
}

pub fn version(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (cluster_name, name) = (input.need("clusterName")?, input.need("nodegroupName")?);
    input.bool("force")?;
    if let Some(answer) = update::repeated(scope, cluster_name, input)? {
        return Ok(answer);
    }
    let cluster = scope.eks().cluster(cluster_name)?;
    let group = updatable(cluster, name)?;
    let about = About::node_group(cluster_name, name);
    let (template, image_id) = template(scope, about, group, input)?;
    let (version, release) = if group.has_custom_image() {
        for member in ["version", "releaseVersion"] {
            if input.has(member) {
                let message = format!("You cannot specify the field {member} when using custom AMIs.");
                return Err(about.invalid_parameter(message));
            }
        }
        (cluster.version.clone(), image_id.unwrap_or_else(|| group.release.clone()))
    } else {
        let version = target(about, cluster, group, input.text("version")?)?;
        let release = create::release(about, &group.ami_type, version, input.text("releaseVersion")?)?;
        (version.to_string(), release)
    };
    let mut params = vec![("Version", version.clone()), ("ReleaseVersion", release.clone())];
    if let Some(template) = &template {
        params.push(("LaunchTemplateName", template.name.clone()));
        params.push(("LaunchTemplateVersion", template.version.clone()));
    }
    let next = Version { version, release, template };
    let change = Change::Version(next.clone());
    let begun = begin(scope, (cluster_name, name), "VersionUpdate", change, params, VERSION_TAKES, input)?;
    nodes::begin_roll(scope, cluster_name, name, &|group| next.clone().enter(group));
    Ok(begun)
}

/// Returns the version that nodes get: never newer than the cluster, and at most one older than now.
fn target(about: About<'_>, cluster: &Cluster, group: &NodeGroup, asked: Option<&str>) -> Result<Minor, Fault> {
    let of_cluster: Minor = cluster.version.parse().unwrap_or(Minor(0));
    let Some(text) = asked else { return Ok(of_cluster) };
    let unsupported = || about.invalid_parameter(format!("unsupported Kubernetes version {text}"));
    let version: Minor = text.parse().map_err(|_| unsupported())?;
    let own: Minor = group.version.parse().unwrap_or(version);
    if version > of_cluster {
        let message = format!("Requested kubernetes version {version} is newer than that of the cluster, {of_cluster}");
        return Err(about.invalid_parameter(message));
    }
    if version.0 + 1 < own.0 {
        let message = format!("Requested kubernetes version {version} is too old: the nodegroup has {own}");
        return Err(about.invalid_parameter(message));
    }
    Ok(version)
}

/// Returns the template after the update, and its image. Only the version of a template can change.
fn template(
    scope: &Scope<'_>,
    about: About<'_>,
    group: &NodeGroup,
    input: &Tree,
) -> Result<(Option<TemplateUse>, Option<String>), Fault> {
    let Some(given) = input.at("launchTemplate") else { return Ok((group.template.clone(), None)) };
    let template = create::template(scope, about, given)?;
    if group.template.as_ref().is_none_or(|own| own.id != template.id) {
        let message = "The launch template of a nodegroup cannot be changed to another one";
        return Err(about.invalid_parameter(message));
    }
    if template.image_id.is_some() != group.has_custom_image() {
        let message = "A nodegroup cannot change between an image of its launch template and one of EKS";
        return Err(about.invalid_parameter(message));
    }
    let used = TemplateUse { id: template.id, name: template.name, version: template.version };
    Ok((Some(used), template.image_id))
}

impl Version {
    /// Gives a group the version.
    fn enter(self, group: &mut NodeGroup) {
        group.version = self.version;
        group.release = self.release;
        group.template = self.template;
    }
}

/// Returns why an update fails: new nodes have not joined.
pub fn obstacles(scope: &Scope<'_>, cluster: &str, of: &Subject, change: &Change) -> Vec<Issue> {
    match (of, change) {
        (Subject::NodeGroup(name), Change::Version(_)) => match nodes::joined(scope, cluster, name) {
            nodes::Joined::All => Vec::new(),
            nodes::Joined::NotAll(issues) => issues,
        },
        _ => Vec::new(),
    }
}

/// Does what an update was for.
pub fn apply(scope: &mut Scope<'_>, cluster: &str, of: &Subject, change: Change, is_failed: bool) {
    let Subject::NodeGroup(name) = of else { return };
    let now = scope.now;
    match change {
        Change::Config(_) if is_failed => {}
        Change::Config(config) => {
            change_group(scope, cluster, name, |group| {
                group.labels = config.labels;
                group.taints = config.taints;
                group.scaling = config.scaling;
                group.update_config = config.update_config;
                group.repair_config = config.repair_config;
                group.warm_pool = config.warm_pool;
                group.modified = now;
            });
            nodes::resize(scope, cluster, name);
        }
        Change::Version(version) => {
            if !is_failed {
                change_group(scope, cluster, name, |group| {
                    version.enter(group);
                    group.modified = now;
                });
            }
            nodes::finish_roll(scope, cluster, name, is_failed);
        }
    }
}
