//! Types of EC2 Auto Scaling.

mod group;
mod schedule;

use crate::registry::{BoxedResource, regional};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![regional::<group::Group>("autoscaling"), regional::<schedule::Schedule>("autoscaling")]
}
