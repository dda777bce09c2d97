//! Access entries: who may come in, and as whom.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::token::Token;
use super::{About, Association, Cluster, PAGING, access_policy, outside, tags};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        write(
            "CreateAccessEntry",
            &["clusterName", "principalArn", "kubernetesGroups", "tags", "clientRequestToken", "username", "type"],
            create,
        ),
        read("DescribeAccessEntry", &["clusterName", "principalArn"], describe),
        read("ListAccessEntries", &["clusterName", "associatedPolicyArn", "maxResults", "nextToken"], list),
        write(
            "UpdateAccessEntry",
            &["clusterName", "principalArn", "kubernetesGroups", "clientRequestToken", "username"],
            update,
        ),
        write("DeleteAccessEntry", &["clusterName", "principalArn"], delete),
    ],
    events: &[],
};

/// After which time the control plane knows an entry.
const EFFECTIVE: Duration = Duration::from_secs(5);
/// Types of entries.
const TYPES: [&str; 7] =
    ["STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX"];
/// Beginnings of names that are Kubernetes' or AWS's own.
const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];
/// How many entries a cluster may have.
const MOST: usize = 1000;

/// An access entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessEntry {
    /// Its ARN.
    pub arn: String,
    /// Unique id of the principal; empty where it is not of this account.
    pub principal_id: String,
    /// Its type, such as `EC2_LINUX`.
    pub kind: String,
    /// Groups of the Kubernetes user.
    pub groups: Vec<String>,
    /// Name of the Kubernetes user.
    pub username: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed.
    pub modified: Timestamp,
    /// Policies by ARN.
    pub policies: BTreeMap<String, Association>,
    token: Token,
}

impl AccessEntry {
    /// Returns from when on the control plane knows the entry.
    pub fn effective_since(&self) -> Timestamp {
        self.created + EFFECTIVE
    }
}

/// Whether a node with some role may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeAccess {
    /// It may.
    Admitted,
    /// There is no entry for its role.
    NoEntry,
    /// There is one, of a type that is not for nodes.
    NotForNodes,
    /// There is one, for an earlier role of the same name.
    OfEarlierRole,
    /// There is one, too new.
    NotYet,
    /// Entries do not count; the config map aws-auth does, which AWS does not see.
    ConfigMapOnly,
}

impl Cluster {
    /// Returns whether nodes with a role may come in.
    pub fn node_access(&self, role_arn: &str, role_id: &str, now: Timestamp) -> NodeAccess {
        if !self.authentication_mode.has_entries() {
            return NodeAccess::ConfigMapOnly;
        }
        match self.access_entries.get(role_arn) {
            None => NodeAccess::NoEntry,
            Some(entry) if !entry.principal_id.is_empty() && entry.principal_id != role_id => NodeAccess::OfEarlierRole,
            Some(entry) if !["EC2_LINUX", "EC2_WINDOWS", "EC2"].contains(&entry.kind.as_str()) => {
                NodeAccess::NotForNodes
            }
            Some(entry) if now.since(entry.created) < EFFECTIVE => NodeAccess::NotYet,
            Some(_) => NodeAccess::Admitted,
        }
    }

    /// Checks that entries count.
    ///
    /// # Errors
    /// When they do not, or the cluster is not there yet.
    pub(super) fn check_entries(&self) -> Result<(), Fault> {
        if !self.authentication_mode.has_entries() {
            let message = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform \
                           this operation.";
            return Err(self.about().invalid_request(message));
        }
        Ok(())
    }

    pub(super) fn entry(&self, principal_arn: &str) -> Result<&AccessEntry, Fault> {
        self.check_entries()?;
        self.access_entries.get(principal_arn).ok_or_else(|| not_found(self, principal_arn))
    }

    pub(super) fn entry_mut(&mut self, principal_arn: &str) -> Result<&mut AccessEntry, Fault> {
        self.entry(principal_arn)?;
        Ok(self.access_entries.get_mut(principal_arn).expect("the entry was there"))
    }
}

fn not_found(cluster: &Cluster, principal_arn: &str) -> Fault {
    let message = format!("The specified principalArn could not be found. You passed principalArn: {principal_arn}");
    cluster.about().not_found(message)
}

/// Returns the role of a session; users are themselves.
pub fn principal_of(caller_arn: &str) -> String {
    let Some((account, session)) = caller_arn.split_once(":assumed-role/") else { return caller_arn.to_owned() };
    let role = session.split('/').next().unwrap_or_default();
    format!("{}:role/{role}", account.replace(":sts:", ":iam:"))
}

/// Returns the user that EKS makes of a principal.
fn usual_username(principal_arn: &str, kind: &str) -> String {
    match kind {
        "EC2_LINUX" | "EC2_WINDOWS" | "EC2" => return "system:node:{{EC2PrivateDNSName}}".to_owned(),
        "STANDARD" => {}
        _ => return "system:node:{{SessionName}}".to_owned(),
    }
    match principal_arn.split_once(":role/") {
        Some((account, role)) => {
            let name = role.rsplit('/').next().unwrap_or_default();
            format!("{}:assumed-role/{name}/{{{{SessionName}}}}", account.replace(":iam:", ":sts:"))
        }
        None => principal_arn.to_owned(),
    }
}

fn usual_groups(kind: &str) -> Vec<String> {
    let groups: &[&str] = match kind {
        "STANDARD" => &[],
        "EC2_WINDOWS" => &["eks:kube-proxy-windows", "system:nodes"],
        _ => &["system:nodes"],
    };
    groups.iter().map(|group| (*group).to_owned()).collect()
}

/// Makes the entries that a cluster has from when entries count.
pub fn make_first(scope: &mut Scope<'_>, name: &str) {
    let Ok(cluster) = scope.eks().cluster(name) else { return };
    if !cluster.authentication_mode.has_entries() {
        return;
    }
    let creator = cluster.creator.clone();
    let groups = cluster.node_groups.values().map(|group| (group.role_arn.clone(), group.entry_type()));
    let profiles = cluster.fargate_profiles.values().map(|profile| (profile.role_arn.clone(), "FARGATE_LINUX"));
    let roles: Vec<_> = groups.chain(profiles).collect();
    let service = scope.global_arn("iam", "role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS");
    ensure(scope, name, &service, "STANDARD", &["AmazonEKSClusterInsightsPolicy", "AmazonEKSEventPolicy"]);
    if let Some(entry) = scope.eks_mut().clusters.get_mut(name).and_then(|own| own.access_entries.get_mut(&service)) {
        "eks:managed".clone_into(&mut entry.username);
    }
    if creator.is_admin {
        ensure(scope, name, &creator.arn, "STANDARD", &["AmazonEKSClusterAdminPolicy"]);
    }
    for (role_arn, kind) in roles {
        ensure(scope, name, &role_arn, kind, &[]);
    }
    make_for_auto_mode(scope, name);
}

/// Makes the entry of the nodes of EKS Auto Mode, where it is on.
pub fn make_for_auto_mode(scope: &mut Scope<'_>, name: &str) {
    let Ok(cluster) = scope.eks().cluster(name) else { return };
    let compute = cluster.auto_mode.compute.as_ref().filter(|_| cluster.auto_mode.is_on());
    let role = compute.and_then(|compute| compute.at("nodeRoleArn")).and_then(Tree::as_text).map(str::to_owned);
    if let Some(role_arn) = role {
        ensure(scope, name, &role_arn, "EC2", &["AmazonEKSAutoNodePolicy"]);
    }
}

/// Makes sure that a principal has an entry. One that is there stays as it is.
pub fn ensure(scope: &mut Scope<'_>, cluster: &str, principal_arn: &str, kind: &str, policies: &[&str]) {
    let counts = |cluster: &Cluster| {
        cluster.authentication_mode.has_entries() && !cluster.access_entries.contains_key(principal_arn)
    };
    if !scope.eks().cluster(cluster).is_ok_and(counts) {
        return;
    }
    let mut entry = new(scope, cluster, principal_arn, kind);
    for policy in policies {
        let arn = access_policy::arn(scope, policy);
        entry.policies.insert(arn, Association::whole_cluster(scope.now));
    }
    insert(scope, cluster, principal_arn, entry, tags::Tags::new());
}

fn new(scope: &mut Scope<'_>, cluster: &str, principal_arn: &str, kind: &str) -> AccessEntry {
    // `arn:aws:iam::1:role/path/name` gives `role/1/name`.
    let (account, resource) = (principal_arn.split(':').nth(4).unwrap_or_default(), principal_arn.rsplit(':').next());
    let (sort, path) = resource.and_then(|resource| resource.split_once('/')).unwrap_or(("user", "root"));
    let name = path.rsplit('/').next().unwrap_or_default();
    let uuid = scope.ids().uuid();
    AccessEntry {
        arn: scope.arn("eks", &format!("access-entry/{cluster}/{sort}/{account}/{name}/{uuid}")),
        principal_id: outside::principal_id(scope, principal_arn).unwrap_or_default(),
        kind: kind.to_owned(),
        groups: usual_groups(kind),
        username: usual_username(principal_arn, kind),
        created: scope.now,
        modified: scope.now,
        policies: BTreeMap::new(),
        token: Token::default(),
    }
}

fn insert(scope: &mut Scope<'_>, cluster: &str, principal_arn: &str, entry: AccessEntry, tags: tags::Tags) {
    let store = scope.eks_mut();
    store.tags.insert(entry.arn.clone(), tags);
    if let Some(cluster) = store.clusters.get_mut(cluster) {
        cluster.access_entries.insert(principal_arn.to_owned(), entry);
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, principal_arn) = (input.need("clusterName")?, input.need("principalArn")?);
    let cluster = scope.eks().cluster(name)?;
    let about = cluster.about();
    cluster.check_entries()?;
    cluster.check_active()?;
    if let Some(existing) = cluster.access_entries.get(principal_arn) {
        if existing.token.is_repeated_by(input)? {
            return Ok(answer(scope, name, principal_arn, existing));
        }
        return Err(about.in_use("The specified access entry resource is already in use on this cluster."));
    }
    if cluster.access_entries.len() >= MOST {
        return Err(about.limit(format!("A cluster can have at most {MOST} access entries")));
    }
    let kind = input.text("type")?.unwrap_or("STANDARD");
    check_principal(scope, about, principal_arn, kind)?;
    let (groups, username) = (groups(about, input)?, username(about, input, principal_arn)?);
    if kind != "STANDARD" && (groups.is_some() || username.is_some()) {
        let message =
            format!("The kubernetesGroups and username of an access entry with type {kind} cannot be specified");
        return Err(about.invalid_parameter(message));
    }
    let tags = tags::given(input)?;
    let mut entry = new(scope, name, principal_arn, kind);
    entry.groups = groups.unwrap_or(entry.groups);
    entry.username = username.unwrap_or(entry.username);
    entry.token = Token::of(input);
    insert(scope, name, principal_arn, entry, tags);
    Ok(answer(scope, name, principal_arn, scope.eks().cluster(name)?.entry(principal_arn)?))
}

fn check_principal(scope: &Scope<'_>, about: About<'_>, arn: &str, kind: &str) -> Result<(), Fault> {
    if !TYPES.contains(&kind) {
        return Err(about.invalid_parameter(format!("The type {kind} of the access entry is not valid")));
    }
    let (is_role, is_user) = (arn.contains(":role/"), arn.contains(":user/") || arn.ends_with(":root"));
    if !arn.starts_with("arn:") || !arn.contains(":iam::") || !(is_role || is_user) {
        return Err(about.invalid_parameter("The principalArn parameter format is not valid"));
    }
    if arn.contains(":role/aws-service-role/") {
        return Err(service_linked(about));
    }
    let is_own = arn.contains(&format!("::{}:", scope.account));
    if kind != "STANDARD" && !(is_role && is_own) {
        let message = format!("The principalArn of an access entry with type {kind} must be a role of this account");
        return Err(about.invalid_parameter(message));
    }
    if outside::principal_id(scope, arn).is_none() {
        return Err(about.invalid_parameter("The specified principalArn is invalid: invalid principal."));
    }
    Ok(())
}

fn service_linked(about: About<'_>) -> Fault {
    let message =
        "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role";
    about.invalid_request(message)
}

fn groups(about: About<'_>, input: &Tree) -> Result<Option<Vec<String>>, Fault> {
    if !input.has("kubernetesGroups") {
        return Ok(None);
    }
    let groups = input.texts("kubernetesGroups");
    for group in &groups {
        if let Some(prefix) = RESERVED.iter().find(|prefix| group.starts_with(**prefix)) {
            let message = format!("The kubernetes group name {group} is invalid, it cannot start with {prefix}");
            return Err(about.invalid_parameter(message));
        }
    }
    Ok(Some(groups.into_iter().map(str::to_owned).collect()))
}

fn username(about: About<'_>, input: &Tree, principal_arn: &str) -> Result<Option<String>, Fault> {
    let Some(name) = input.text("username")? else { return Ok(None) };
    if let Some(prefix) = RESERVED.iter().find(|prefix| name.starts_with(**prefix)) {
        return Err(about.invalid_parameter(format!("The username {name} is invalid, it cannot start with {prefix}")));
    }
    if let Some((before, _)) = name.split_once("{{SessionName}}") {
        if !before.contains(':') {
            let message = format!("The username {name} is invalid, it must have a colon before {{{{SessionName}}}}");
            return Err(about.invalid_parameter(message));
        }
        if !principal_arn.contains(":role/") {
            return Err(about.invalid_parameter("Only usernames of roles can contain {{SessionName}}"));
        }
    }
    Ok(Some(name.to_owned()))
}

fn answer(scope: &Scope<'_>, cluster: &str, principal_arn: &str, entry: &AccessEntry) -> Tree {
    let shown = tree! {
        "clusterName": cluster,
        "principalArn": principal_arn,
        "kubernetesGroups": Tree::list(&entry.groups),
        "accessEntryArn": &entry.arn,
        "createdAt": entry.created,
        "modifiedAt": entry.modified,
        "tags": scope.eks().tags_of(&entry.arn),
        "username": &entry.username,
        "type": &entry.kind,
    };
    tree! { "accessEntry": shown }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, principal_arn) = (input.need("clusterName")?, input.need("principalArn")?);
    Ok(answer(scope, name, principal_arn, scope.eks().cluster(name)?.entry(principal_arn)?))
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    cluster.check_entries()?;
    let policy = input.text("associatedPolicyArn")?;
    let has_policy = |entry: &AccessEntry| policy.is_none_or(|policy| entry.policies.contains_key(policy));
    let arns = cluster.access_entries.iter().filter(|(_, entry)| has_policy(entry)).map(|(arn, _)| arn);
    let page = page(&PAGING, input, arns)?;
    Ok(tree! { "accessEntries": Tree::list(page.items), "nextToken": page.next })
}

fn update(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, principal_arn) = (input.need("clusterName")?, input.need("principalArn")?);
    let now = scope.now;
    let cluster = scope.eks_mut().cluster_mut(name)?;
    let about = About::cluster(name);
    let entry = cluster.entry_mut(principal_arn)?;
    if principal_arn.contains(":role/aws-service-role/") {
        return Err(service_linked(about));
    }
    if entry.kind != "STANDARD" {
        return Err(standard_only(about));
    }
    let (groups, username) = (groups(about, input)?, username(about, input, principal_arn)?);
    entry.groups = groups.unwrap_or_else(|| entry.groups.clone());
    entry.username = username.unwrap_or_else(|| entry.username.clone());
    entry.modified = now;
    Ok(answer(scope, name, principal_arn, scope.eks().cluster(name)?.entry(principal_arn)?))
}

/// Returns the error for what entries of nodes do not have.
pub fn standard_only(about: About<'_>) -> Fault {
    about.invalid_parameter(r#"This operation can only be performed on Access Entries with a type of "STANDARD"."#)
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, principal_arn) = (input.need("clusterName")?, input.need("principalArn")?);
    let arn = scope.eks().cluster(name)?.entry(principal_arn)?.arn.clone();
    if principal_arn.contains(":role/aws-service-role/") {
        return Err(service_linked(About::cluster(name)));
    }
    let store = scope.eks_mut();
    store.tags.remove(&arn);
    store.cluster_mut(name)?.access_entries.remove(principal_arn);
    Ok(tree! {})
}

#[cfg(test)]
mod tests;
