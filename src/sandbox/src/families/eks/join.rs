//! Whether an instance has become a node of a cluster, and if not, why. Nothing is kept: it follows from the world as it
//! is, so it can be asked at any time, of any instance.
//!
//! The checks come in the order in which a node meets what they are about: its image and user data, its credentials, the
//! way to the control plane, the door of the control plane, and what makes it ready.

mod cause;
mod endpoints;
mod flaw;
mod identity;
mod listed;
mod machine;
mod path;
mod plugin;
#[cfg(test)]
pub(super) mod tests;
mod user_data;

use std::time::Duration;

pub use cause::{Cause, Setting, WayOut};
pub use flaw::Flaw;
pub use listed::{Node, Origin, nodes};

use super::Cluster;
use crate::facts::{self, Image, System};
use crate::families::autoscaling;
use crate::families::ec2::Instance;
use crate::families::ec2::instance::Doing;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use identity::NodeRole;
use user_data::UserData;

/// How long after its launch a kubelet registers.
pub const REGISTERS: Duration = Duration::from_secs(60);
/// How long after that the node is ready.
pub const READY: Duration = Duration::from_secs(20);

/// What has become of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is on its way, and nothing is in it.
    Starting,
    /// It is a node.
    Joined {
        /// Since when it is ready.
        since: Timestamp,
        /// What does not work on it all the same.
        flaws: Vec<Flaw>,
    },
    /// It is a node, but not a ready one.
    NotReady {
        /// Since when it has been there.
        since: Timestamp,
        /// Why it is not ready.
        cause: Cause,
    },
    /// It is not a node.
    NotJoined {
        /// Why.
        cause: Cause,
    },
}

/// An instance that is meant for a cluster, with what there is to know of it.
pub(crate) struct Candidate<'a> {
    scope: &'a Scope<'a>,
    cluster: &'a Cluster,
    id: &'a str,
    instance: &'a Instance,
    image: &'static Image,
    user_data: UserData,
}

impl Candidate<'_> {
    /// Returns the managed group that launched it.
    fn group(&self) -> Option<&str> {
        let store = self.scope.ec2();
        let of_cluster = store.tag(self.id, "eks:cluster-name") == Some(self.cluster.name.as_str());
        let group = store.tag(self.id, "eks:nodegroup-name").filter(|_| of_cluster)?;
        let asg = store.tag(self.id, "aws:autoscaling:groupName")?;
        let own = self.cluster.node_groups.get(group)?;
        (own.auto_scaling_group(group) == asg).then_some(group)
    }

    /// Returns whether it is of a managed group with this role.
    fn is_managed_with(&self, role_arn: &str) -> bool {
        self.group().is_some_and(|group| self.cluster.node_groups[group].role_arn == role_arn)
    }
}

/// Returns what has become of an instance that is meant for a cluster.
pub fn verdict(scope: &Scope<'_>, cluster: &Cluster, instance_id: &str) -> Verdict {
    let Some(instance) = scope.ec2().instances.get(instance_id) else {
        return Verdict::NotJoined { cause: Cause::NotRunning("gone") };
    };
    match instance.doing {
        Doing::Running => {}
        Doing::Stopping | Doing::Ending => {
            return Verdict::NotJoined { cause: Cause::NotRunning(instance.state(scope.now)) };
        }
    }
    let Some(image) = facts::image(scope.region, &instance.image_id) else {
        return Verdict::NotJoined { cause: Cause::PlainImage { name: instance.image_id.clone() } };
    };
    let user_data = UserData::read(instance.user_data.as_deref());
    let node = Candidate { scope, cluster, id: instance_id, instance, image, user_data };
    let (registered, role) = match registers(&node) {
        Err(cause) => return Verdict::NotJoined { cause },
        Ok((since, role)) => (since.max(instance.since + REGISTERS), role),
    };
    let checked = plugin::check(&node, role, registered);
    match checked {
        _ if registered > scope.now => Verdict::Starting,
        Err(cause) => Verdict::NotReady { since: registered, cause },
        Ok(network) if network + READY > scope.now => Verdict::Starting,
        Ok(network) => Verdict::Joined { since: network + READY, flaws: flaws(&node) },
    }
}

/// Returns what does not work on a node that is ready.
fn flaws(node: &Candidate<'_>) -> Vec<Flaw> {
    let is_reached = path::reaches_kubelet(node);
    let has_services = has_services(node.cluster);
    [(is_reached, Flaw::NotReached), (has_services, Flaw::NoServices)]
        .into_iter()
        .filter_map(|(works, flaw)| (!works).then_some(flaw))
        .collect()
}

/// Returns whether pods on the nodes of a cluster reach its services, the API server among them.
pub fn has_services(cluster: &Cluster) -> bool {
    plugin::leads_to_services(cluster).is_some()
}

/// Returns from when on the kubelet of an instance is let in, and with which role.
fn registers<'a>(node: &Candidate<'a>) -> Result<(Timestamp, NodeRole<'a>), Cause> {
    if !node.cluster.is_up() {
        return Err(Cause::ControlPlane(node.cluster.status_name()));
    }
    let describes = machine::check(node)?;
    let role = identity::role(node)?;
    let way = path::check(node, describes)?;
    identity::may_start(node, role, describes)?;
    let entry = identity::admitted(node, role)?;
    let tag = format!("kubernetes.io/cluster/{}", node.cluster.name);
    match node.scope.ec2().tag(node.id, &tag) {
        Some("owned" | "shared") => Ok((way.max(entry), role)),
        _ => Err(Cause::NoTag { tag }),
    }
}

/// Returns type and body of each part of user data that has several; nothing where it has not.
pub(super) fn parts(text: &str) -> Option<Vec<(String, String)>> {
    user_data::parts(text)
}

/// Returns the instances that are meant for clusters and have not ended, each with its cluster, by id.
pub fn meant<'a>(scope: &'a Scope<'_>) -> impl Iterator<Item = (&'a Cluster, &'a str, &'a Instance)> {
    // What sleeps in a warm pool is not meant to be a node before it is needed.
    let is_live = |id: &str, own: &Instance| own.doing != Doing::Ending && !autoscaling::is_asleep(scope, id);
    let live = scope.ec2().instances.iter().filter(move |(id, instance)| is_live(id, instance));
    live.filter_map(|(id, instance)| {
        let cluster = scope.eks().clusters.get(meant_for(scope, id, instance)?)?;
        Some((cluster, id.as_str(), instance))
    })
}

/// Returns the cluster that an instance is meant for: by what EKS says, by its user data, by its tags, or because it has
/// an image of EKS and is in the VPC of one cluster alone.
pub fn meant_for<'a>(scope: &'a Scope<'_>, id: &str, instance: &Instance) -> Option<&'a str> {
    let (store, clusters) = (scope.ec2(), &scope.eks().clusters);
    let named = |name: &str| clusters.get_key_value(name).map(|(name, _)| name.as_str());
    if let Some(name) = store.tag(id, "eks:cluster-name") {
        return named(name);
    }
    let user_data = UserData::read(instance.user_data.as_deref());
    let of_endpoint = |endpoint: &String| {
        clusters.values().find(|cluster| cluster.endpoint_url(scope.region) == *endpoint).map(|own| own.name.as_str())
    };
    let by_endpoint = user_data.told().filter_map(|told| told.endpoint.as_ref()).find_map(of_endpoint);
    let by_name = || user_data.told().filter_map(|told| told.name.as_deref()).find_map(named);
    let by_tag = || {
        let tags = store.tags.get(id)?;
        tags.keys().filter_map(|key| key.strip_prefix("kubernetes.io/cluster/")).find_map(named)
    };
    let by_place = || {
        let image = facts::image(scope.region, &instance.image_id)?;
        let mut here = clusters.values().filter(|cluster| cluster.vpc_id == instance.vpc_id);
        let first = here.next().filter(|_| here.next().is_none())?;
        (image.system != System::Plain).then_some(first.name.as_str())
    };
    by_endpoint.or_else(by_name).or_else(by_tag).or_else(by_place)
}
