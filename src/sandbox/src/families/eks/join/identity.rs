//! Who an instance is: its role, what that may do, and whether the cluster lets it in.

use super::Candidate;
use super::cause::Cause;
use crate::facts::System;
use crate::families::eks::NodeAccess;
use crate::families::iam::{Role, permits};
use crate::timestamp::Timestamp;

/// The policy of AWS that lets a node call what it calls.
const WORKER_POLICY: &str = "AmazonEKSWorkerNodePolicy";
/// What a node calls where user data leaves out endpoint or certificate.
const DESCRIBE: &str = "eks:DescribeCluster";
/// What EKS has its nodes allowed, by the worker node policies alone: that of the network plugin has the rest too.
const OF_EKS: [&str; 2] = [DESCRIBE, "eks-auth:AssumeRoleForPodIdentity"];
/// What it needs for the images of its first pods.
const PULLS: &[&str] = &["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
const PULL_POLICY: &str = "AmazonEC2ContainerRegistryPullOnly";

/// Name and role of an instance.
pub type NodeRole<'a> = (&'a str, &'a Role);

/// Returns name and role of the instance.
///
/// # Errors
/// When it has none, or one that EC2 may not assume.
pub fn role<'a>(node: &Candidate<'a>) -> Result<NodeRole<'a>, Cause> {
    let profile = node.instance.profile.as_ref().ok_or(Cause::NoProfile)?;
    let gone = || Cause::ProfileWithoutRole { profile: profile.arn.clone() };
    let (_, found) = node.scope.instance_profile(&profile.arn).ok_or_else(gone)?;
    let name = found.role.as_ref().filter(|_| found.id == profile.id).ok_or_else(gone)?;
    let (name, role) = node.scope.iam().roles.get_key_value(name).ok_or_else(gone)?;
    let service = if node.scope.partition() == "aws-cn" { "ec2.amazonaws.com.cn" } else { "ec2.amazonaws.com" };
    if !role.trusts(service) && !role.trusts("ec2.amazonaws.com") {
        return Err(Cause::Untrusted { role: name.clone() });
    }
    Ok((name, role))
}

/// Checks that the node may call what it has to before it can register.
///
/// # Errors
/// When it may not.
pub fn may_start(node: &Candidate<'_>, (name, role): NodeRole<'_>, describes: bool) -> Result<(), Cause> {
    let may = |action: &str| permits(node.scope, role, action);
    if (describes && !may(DESCRIBE)) || !OF_EKS.iter().any(|action| may(action)) {
        return Err(Cause::NotPermitted { role: name.to_owned(), action: DESCRIBE, policy: WORKER_POLICY });
    }
    Ok(())
}

/// Checks that the node may pull the images of its first pods.
///
/// # Errors
/// When it may not.
pub fn may_pull(node: &Candidate<'_>, (name, role): NodeRole<'_>) -> Result<(), Cause> {
    match PULLS.iter().find(|action| !permits(node.scope, role, action)) {
        Some(action) => Err(Cause::NotPermitted { role: name.to_owned(), action, policy: PULL_POLICY }),
        None => Ok(()),
    }
}

/// Returns from when on the cluster lets the node in.
///
/// # Errors
/// When it does not.
pub fn admitted(node: &Candidate<'_>, (name, role): NodeRole<'_>) -> Result<Timestamp, Cause> {
    let (scope, cluster) = (node.scope, node.cluster);
    let arn = role.arn(scope, name);
    let wanted = if node.image.system == System::Windows { "EC2_WINDOWS" } else { "EC2_LINUX" };
    match cluster.node_access(&arn, &role.id, scope.now) {
        NodeAccess::ConfigMapOnly if node.is_managed_with(&arn) => Ok(Timestamp::default()),
        NodeAccess::ConfigMapOnly => Err(Cause::ConfigMapOnly { role: arn }),
        NodeAccess::NoEntry => Err(Cause::NoEntry { role: arn }),
        NodeAccess::OfEarlierRole => Err(Cause::EntryOfEarlierRole { role: arn }),
        NodeAccess::NotForNodes => {
            let kind = cluster.access_entries.get(&arn).map(|entry| entry.kind.clone()).unwrap_or_default();
            Err(Cause::EntryOfType { role: arn, kind, wanted })
        }
        NodeAccess::NotYet | NodeAccess::Admitted => {
            let entry = cluster.access_entries.get(&arn);
            match entry.filter(|entry| entry.kind != wanted && entry.kind != "EC2") {
                Some(entry) => Err(Cause::EntryOfType { role: arn, kind: entry.kind.clone(), wanted }),
                None => Ok(entry.map(super::super::AccessEntry::effective_since).unwrap_or_default()),
            }
        }
    }
}
