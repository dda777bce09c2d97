//! Types of Amazon EKS.

use crate::registry::BoxedResource;

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![]
}
