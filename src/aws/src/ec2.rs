//! Types of Amazon EC2 and its networks.

mod arn;
mod fresh;
mod internet_gateway;
mod lingering;
mod subnet;
mod tags;
mod vpc;

use crate::registry::{BoxedResource, regional};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![
        regional::<internet_gateway::InternetGateway>("ec2"),
        regional::<subnet::Subnet>("ec2"),
        regional::<vpc::Vpc>("ec2"),
    ]
}
