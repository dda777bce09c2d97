//! Access policies of EKS, and which entries have them.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{About, PAGING, access_entry};
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
        read("ListAccessPolicies", &["maxResults", "nextToken"], list_policies),
        write("AssociateAccessPolicy", &["clusterName", "principalArn", "policyArn", "accessScope"], associate),
        write("DisassociateAccessPolicy", &["clusterName", "principalArn", "policyArn"], disassociate),
        read("ListAssociatedAccessPolicies", &["clusterName", "principalArn", "maxResults", "nextToken"], list),
    ],
    events: &[],
};

/// A policy that AWS has.
#[derive(Clone, Debug, Deserialize)]
struct Policy {
    name: String,
    /// Whether only AWS's own roles may have it.
    service_linked_roles_only: bool,
}

static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../facts/access_policies.json")).expect("the table is tested")
});

/// A policy that an entry has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Association {
    /// Namespaces where it holds; nothing for the whole cluster.
    pub namespaces: Option<Vec<String>>,
    /// When it was associated.
    pub associated: Timestamp,
    /// When its namespaces were changed.
    pub modified: Timestamp,
}

impl Association {
    /// Returns an association with the whole cluster.
    pub fn whole_cluster(now: Timestamp) -> Self {
        Self { namespaces: None, associated: now, modified: now }
    }

    fn shown(&self, policy_arn: &str) -> Tree {
        let kind = if self.namespaces.is_some() { "namespace" } else { "cluster" };
        let namespaces = Tree::list(self.namespaces.iter().flatten());
        tree! {
            "policyArn": policy_arn,
            "accessScope": tree! { "type": kind, "namespaces": namespaces },
            "associatedAt": self.associated,
            "modifiedAt": self.modified,
        }
    }
}

/// Returns the ARN of a policy.
pub fn arn(scope: &Scope<'_>, name: &str) -> String {
    format!("arn:{}:eks::aws:cluster-access-policy/{name}", scope.partition())
}

fn list_policies(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let page = page(&PAGING, input, POLICIES.iter())?;
    let policies = page.items.into_iter().map(|policy| tree! { "name": &policy.name, "arn": arn(scope, &policy.name) });
    Ok(tree! { "accessPolicies": Tree::list(policies), "nextToken": page.next })
}

fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, principal_arn) = (input.need("clusterName")?, input.need("principalArn")?);
    let (policy_arn, about, now) = (input.need("policyArn")?, About::cluster(name), scope.now);
    let kind = scope.eks().cluster(name)?.entry(principal_arn)?.kind.clone();
    let policy = POLICIES.iter().find(|policy| arn(scope, &policy.name) == policy_arn);
    let Some(policy) = policy else {
        let message = format!("The policyArn parameter format is not valid. You passed policyArn: {policy_arn}");
        return Err(about.invalid_parameter(message));
    };
    let is_for_nodes = kind == "EC2" && policy.name == "AmazonEKSAutoNodePolicy";
    if kind != "STANDARD" && !is_for_nodes {
        return Err(access_entry::standard_only(about));
    }
    if policy.service_linked_roles_only && !principal_arn.contains(":role/aws-service-role/") {
        let message = format!("The policy {} can only be associated with service-linked roles", policy.name);
        return Err(about.invalid_parameter(message));
    }
    let namespaces = namespaces(about, input)?;
    let entry = scope.eks_mut().cluster_mut(name)?.entry_mut(principal_arn)?;
    let association = entry.policies.entry(policy_arn.to_owned()).or_insert_with(|| Association::whole_cluster(now));
    association.namespaces = namespaces;
    association.modified = now;
    let shown = association.shown(policy_arn);
    Ok(tree! { "clusterName": name, "principalArn": principal_arn, "associatedAccessPolicy": shown })
}

/// Returns the namespaces of an access scope; nothing for the whole cluster.
fn namespaces(about: About<'_>, input: &Tree) -> Result<Option<Vec<String>>, Fault> {
    let scope = input.at("accessScope").ok_or_else(|| Fault::missing("accessScope"))?;
    let namespaces = scope.texts("namespaces");
    match scope.need("type")? {
        "cluster" if namespaces.is_empty() => Ok(None),
        "cluster" => {
            Err(about.invalid_parameter("Namespaces cannot be specified with an access scope type of cluster"))
        }
        "namespace" if namespaces.is_empty() => {
            Err(about.invalid_parameter("Namespaces must be specified with an access scope type of namespace"))
        }
        "namespace" => Ok(Some(namespaces.into_iter().map(str::to_owned).collect())),
        other => Err(about.invalid_parameter(format!("The access scope type {other} is not valid"))),
    }
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, principal_arn) = (input.need("clusterName")?, input.need("principalArn")?);
    let policy_arn = input.need("policyArn")?;
    let entry = scope.eks_mut().cluster_mut(name)?.entry_mut(principal_arn)?;
    match entry.policies.remove(policy_arn) {
        Some(_) => Ok(tree! {}),
        None => {
            let message = format!("The specified policyArn could not be found. You passed policyArn: {policy_arn}");
            Err(About::cluster(name).not_found(message))
        }
    }
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, principal_arn) = (input.need("clusterName")?, input.need("principalArn")?);
    let entry = scope.eks().cluster(name)?.entry(principal_arn)?;
    let page = page(&PAGING, input, &entry.policies)?;
    let policies = page.items.into_iter().map(|(arn, association)| association.shown(arn));
    Ok(tree! {
        "clusterName": name,
        "principalArn": principal_arn,
        "associatedAccessPolicies": Tree::list(policies),
        "nextToken": page.next,
    })
}
