//! Types of EC2 Auto Scaling.

use crate::registry::BoxedResource;

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![]
}
