//! Types of Amazon EKS.

mod cluster;
mod tags;
mod update;

use crate::registry::{BoxedResource, regional};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![regional::<cluster::Cluster>("eks")]
}
