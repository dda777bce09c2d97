//! Types of Amazon EC2 and its networks.

mod fresh;
mod lingering;
mod subnet;
mod tags;

use crate::registry::{BoxedResource, regional};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![regional::<subnet::Subnet>("ec2")]
}
