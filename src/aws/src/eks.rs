//! Types of Amazon EKS.

mod access_entry;
mod access_policy_association;
mod addon;
mod cluster;
mod fargate_profile;
mod key;
mod node_group;
mod tags;
mod update;

use crate::registry::{BoxedResource, regional};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![
        regional::<access_entry::AccessEntry>("eks"),
        regional::<access_policy_association::AccessPolicyAssociation>("eks"),
        regional::<addon::Addon>("eks"),
        regional::<cluster::Cluster>("eks"),
        regional::<fargate_profile::FargateProfile>("eks"),
        regional::<node_group::NodeGroup>("eks"),
    ]
}
