//! Types of EC2 Auto Scaling.

mod schedule;

use crate::registry::{BoxedResource, regional};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![regional::<schedule::Schedule>("autoscaling")]
}
