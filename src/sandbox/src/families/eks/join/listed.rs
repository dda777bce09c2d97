//! The nodes of clusters, and the instances that were meant to be some, as a list.

use super::{Verdict, meant, verdict};
use crate::facts;
use crate::scope::Scope;

/// An instance that is meant for a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The cluster.
    pub cluster: String,
    /// The instance.
    pub instance_id: String,
    /// How it was made.
    pub origin: Origin,
    /// Its type.
    pub instance_type: String,
    /// Name of its zone.
    pub zone: String,
    /// Version of its kubelet; nothing where its image has none.
    pub version: Option<&'static str>,
    /// Whether it is spot capacity.
    pub is_spot: bool,
    /// What has become of it.
    pub verdict: Verdict,
}

/// How an instance was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By a managed node group, by name.
    NodeGroup(String),
    /// By an Auto Scaling group, by name.
    AutoScalingGroup(String),
    /// By a spot fleet, by id.
    SpotFleet(String),
    /// By hand.
    Alone,
}

/// Lists the nodes of all clusters of a region, by cluster.
pub fn nodes(scope: &Scope<'_>) -> Vec<Node> {
    let mut meant: Vec<_> = meant(scope).collect();
    meant.sort_by(|(one, ..), (other, ..)| one.name.cmp(&other.name));
    let nodes = meant.into_iter().map(|(cluster, id, instance)| Node {
        account: scope.account.to_owned(),
        region: scope.region.to_owned(),
        cluster: cluster.name.clone(),
        instance_id: id.to_owned(),
        origin: origin(scope, id),
        instance_type: instance.instance_type.clone(),
        zone: instance.zone.clone(),
        version: facts::image(scope.region, &instance.image_id).and_then(|image| image.kubernetes),
        is_spot: instance.spot_request_id.is_some(),
        verdict: verdict(scope, cluster, id),
    });
    nodes.collect()
}

fn origin(scope: &Scope<'_>, id: &str) -> Origin {
    let tag = |key: &str| scope.ec2().tag(id, key).map(str::to_owned);
    let of_group = tag("eks:nodegroup-name").map(Origin::NodeGroup);
    let of_asg = || tag("aws:autoscaling:groupName").map(Origin::AutoScalingGroup);
    let of_fleet = || tag("aws:ec2spot:fleet-request-id").map(Origin::SpotFleet);
    of_group.or_else(of_asg).or_else(of_fleet).unwrap_or(Origin::Alone)
}
