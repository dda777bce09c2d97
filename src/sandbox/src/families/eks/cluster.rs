//! Clusters.

mod checks;
mod config;
mod create;
mod delete;
mod footprint;
mod network;
mod shown;
mod version;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(super) use checks::one_of;
pub(super) use config::{Change as ConfigChange, apply as apply_config, obstacle};
pub(super) use footprint::restore as restore_security_group;
pub use network::{Endpoint, KubernetesNetwork};
pub use version::Upgrade;
pub(super) use version::{Change as VersionChange, apply as apply_version};

use super::token::Token;
use super::update::{Status as UpdateStatus, Subject};
use super::{
    About, AccessEntry, Addon, FargateProfile, IdentityProvider, Issue, NodeGroup, PAGING, PodIdentity, Update,
};
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
        write("CreateCluster", create::MEMBERS, create::create),
        read("DescribeCluster", &["name"], describe),
        read("ListClusters", &["maxResults", "nextToken", "include"], list),
        write("DeleteCluster", &["name"], delete::delete),
        write("UpdateClusterConfig", config::MEMBERS, config::update),
        write("AssociateEncryptionConfig", &["clusterName", "encryptionConfig", "clientRequestToken"], config::encrypt),
        write("UpdateClusterVersion", &["name", "version", "clientRequestToken", "force"], version::update),
    ],
    events: &[
        Event { name: "eks.cluster-network", happen: footprint::appear },
        Event { name: "eks.cluster-ready", happen: create::ready },
        Event { name: "eks.cluster-gone", happen: delete::gone },
        Event { name: "eks.cluster-last-log", happen: delete::last_log },
    ],
};

/// A cluster, and all that belongs to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// How far it is; whether it is being updated is told by its updates.
    pub status: Status,
    /// What is wrong with it.
    pub issues: Vec<Issue>,
    /// Kubernetes version, such as `1.34`.
    pub version: String,
    /// Version of EKS's own part.
    pub platform_version: String,
    /// The upgrade after which it may go back.
    pub upgrade: Option<Upgrade>,
    /// Its role.
    pub role_arn: String,
    /// 32 hex digits in its endpoint and its issuer.
    pub hex_id: String,
    /// Certificate of its authority, in base64; shown once it is ready.
    pub certificate: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Subnets of its interfaces.
    pub subnet_ids: Vec<String>,
    /// Zones of the subnets that it was made with.
    pub zones: BTreeSet<String>,
    /// Security groups that were asked for.
    pub security_group_ids: Vec<String>,
    /// Security group that EKS made.
    pub cluster_security_group_id: Option<String>,
    /// Interfaces that EKS made.
    pub interface_ids: Vec<String>,
    /// Who reaches the endpoint.
    pub endpoint: Endpoint,
    /// Addresses inside.
    pub network: KubernetesNetwork,
    /// Types of logs that are on.
    pub log_types: BTreeSet<String>,
    /// Where permissions come from.
    pub authentication_mode: AuthenticationMode,
    /// Whose cluster it is, and whether that makes an administrator.
    pub creator: Creator,
    /// Add-ons that came with the cluster and are not managed, with their versions.
    pub own_addons: BTreeMap<String, String>,
    /// `STANDARD` or `EXTENDED`.
    pub support_type: String,
    /// Whether traffic may be shifted out of a zone.
    pub zonal_shift: Option<bool>,
    /// Whether deletion is refused.
    pub is_protected: bool,
    /// Size of the control plane.
    pub tier: String,
    /// Encryption of secrets, as it was asked for.
    pub encryption: Option<Tree>,
    /// Networks of hybrid nodes, as they were asked for.
    pub remote_networks: Option<Tree>,
    /// What EKS Auto Mode was asked for.
    pub auto_mode: AutoMode,
    /// Its updates, and those of its node groups and add-ons, in order.
    pub updates: Vec<Update>,
    /// Node groups by name.
    pub node_groups: BTreeMap<String, NodeGroup>,
    /// Fargate profiles by name.
    pub fargate_profiles: BTreeMap<String, FargateProfile>,
    /// Managed add-ons by name.
    pub addons: BTreeMap<String, Addon>,
    /// Access entries by the ARN of the principal.
    pub access_entries: BTreeMap<String, AccessEntry>,
    /// Pod identity associations by id.
    pub pod_identities: BTreeMap<String, PodIdentity>,
    /// Providers whose users may come in, by name.
    #[serde(default)]
    pub identity_providers: BTreeMap<String, IdentityProvider>,
    /// When somebody last asked for insights.
    #[serde(default)]
    pub insights_asked: Option<Timestamp>,
    /// Token of the request.
    pub(super) token: Token,
    /// Whether it will end FAILED.
    pub(super) is_doomed: bool,
}

/// How far a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It is being made.
    Creating,
    /// It is there.
    Active,
    /// It could not be made.
    Failed,
    /// It is being deleted.
    Deleting,
}

/// Where a cluster's permissions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AuthenticationMode {
    /// The config map aws-auth.
    ConfigMap,
    /// Both.
    ApiAndConfigMap,
    /// Access entries.
    Api,
}

/// Who made a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Creator {
    /// ARN of the user or the role.
    pub arn: String,
    /// Whether the creator administers the cluster.
    pub is_admin: bool,
}

/// What EKS Auto Mode was asked for; nothing where it was not mentioned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AutoMode {
    /// `computeConfig`.
    pub compute: Option<Tree>,
    /// `storageConfig`.
    pub storage: Option<Tree>,
    /// Whether load balancing is on.
    pub load_balancing: bool,
}

impl AuthenticationMode {
    const ALL: [(Self, &'static str); 3] =
        [(Self::ConfigMap, "CONFIG_MAP"), (Self::ApiAndConfigMap, "API_AND_CONFIG_MAP"), (Self::Api, "API")];

    /// Returns the mode of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, other)| *other == name).map(|(mode, _)| mode)
    }

    /// Returns the name as AWS has it.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(mode, _)| *mode == self).map_or("", |(_, name)| name)
    }

    /// Returns whether access entries count.
    pub fn has_entries(self) -> bool {
        self != Self::ConfigMap
    }
}

impl Cluster {
    /// Returns the status as AWS names it.
    pub fn status_name(&self) -> &'static str {
        match self.status {
            Status::Creating => "CREATING",
            Status::Active if self.running_update(&Subject::Cluster).is_some() => "UPDATING",
            Status::Active => "ACTIVE",
            Status::Failed => "FAILED",
            Status::Deleting => "DELETING",
        }
    }

    /// Returns whether the control plane answers.
    pub fn is_up(&self) -> bool {
        self.status == Status::Active
    }

    /// Returns the URL of the Kubernetes API.
    pub fn endpoint_url(&self, region: &str) -> String {
        // Which of the names is taken depends on the cell that the cluster lives in.
        let cell = ["gr7", "sk1", "yl4"][usize::from(self.hex_id.as_bytes().first().copied().unwrap_or(0)) % 3];
        format!("https://{}.{cell}.{region}.{}", self.hex_id, network::domain(region))
    }

    /// Returns the URL of the OIDC issuer.
    pub fn issuer_url(&self, region: &str) -> String {
        format!("https://oidc.{}/id/{}", network::service_host(region), self.hex_id)
    }

    pub(super) fn about(&self) -> About<'_> {
        About::cluster(&self.name)
    }

    pub(super) fn running_update(&self, of: &Subject) -> Option<&Update> {
        self.updates.iter().find(|update| update.status == UpdateStatus::InProgress && update.of == *of)
    }

    /// Checks that things can be added to the cluster.
    ///
    /// # Errors
    /// When it is not yet, or no more, active.
    pub(super) fn check_active(&self) -> Result<(), Fault> {
        let message = || format!("Cluster '{}' is not in ACTIVE status", self.name);
        if self.is_up() { Ok(()) } else { Err(self.about().invalid_request(message())) }
    }

    /// Checks that an update can start.
    ///
    /// # Errors
    /// When the cluster is not active, or another one runs.
    pub(super) fn check_free(&self, kind: &str) -> Result<(), Fault> {
        self.check_active()?;
        let Some(update) = self.running_update(&Subject::Cluster) else { return Ok(()) };
        let (name, id) = (&self.name, &update.id);
        let message = format!("Cannot {kind} because cluster {name} currently has update {id} in progress");
        Err(self.about().in_use(message))
    }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("name")?)?;
    Ok(tree! { "cluster": shown::shown(scope, cluster) })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let page = page(&PAGING, input, scope.eks().clusters.keys())?;
    Ok(tree! { "clusters": Tree::list(page.items), "nextToken": page.next })
}

#[cfg(test)]
pub(super) mod tests;
