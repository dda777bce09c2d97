//! Types of Amazon EKS.

mod access_entry;
mod access_policy_association;
mod addon;
mod addon_version;
mod cluster;
mod cluster_auth;
mod cluster_data;
mod fargate_profile;
mod key;
mod node_group;
mod tags;
pub mod token;
mod update;

use crate::registry::{BoxedDataSource, BoxedResource, regional, regional_data};

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

/// Returns the data sources.
pub fn data_sources() -> Vec<BoxedDataSource> {
    vec![
        regional_data::<addon_version::AddonVersion>("eks"),
        regional_data::<cluster_auth::ClusterAuth>("eks"),
        regional_data::<cluster_data::ClusterData>("eks"),
    ]
}
