//! EKS: clusters, node groups, Fargate profiles, add-ons, access entries.

mod about;
mod access_entry;
mod access_policy;
mod addon;
mod cluster;
mod fargate;
mod identity_provider;
mod insight;
mod issue;
pub mod join;
mod node_group;
pub mod nodes;
mod outside;
mod pod_identity;
mod tags;
mod token;
mod update;
pub mod versions;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use about::About;
pub use access_entry::{AccessEntry, NodeAccess};
pub use access_policy::Association;
pub use addon::{Addon, status as addon_status};
pub use cluster::{AuthenticationMode, Cluster};
pub use fargate::{FargateProfile, status_name as fargate_status};
pub use identity_provider::IdentityProvider;
pub use issue::Issue;
pub use node_group::{NodeGroup, status_name as group_status};
pub use pod_identity::PodIdentity;
pub use tags::Tags;
pub use update::Update;

use super::Family;
use super::page::Paging;
use crate::protocol::fault::Fault;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[
    &access_entry::FAMILY,
    &access_policy::FAMILY,
    &addon::FAMILY,
    &cluster::FAMILY,
    &fargate::FAMILY,
    &identity_provider::FAMILY,
    &insight::FAMILY,
    &node_group::FAMILY,
    &pod_identity::FAMILY,
    &tags::FAMILY,
    &update::FAMILY,
    &versions::FAMILY,
];

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Clusters by name, each with all that belongs to it.
    pub clusters: BTreeMap<String, Cluster>,
    /// Tags of everything, by ARN.
    pub tags: BTreeMap<String, Tags>,
}

impl Store {
    /// Returns a cluster.
    ///
    /// # Errors
    /// When it is not there.
    pub fn cluster(&self, name: &str) -> Result<&Cluster, Fault> {
        self.clusters.get(name).ok_or_else(|| no_cluster(name))
    }

    /// Returns a cluster, to change it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn cluster_mut(&mut self, name: &str) -> Result<&mut Cluster, Fault> {
        self.clusters.get_mut(name).ok_or_else(|| no_cluster(name))
    }
}

fn no_cluster(name: &str) -> Fault {
    About::cluster(name).not_found(format!("No cluster found for name: {name}."))
}

/// How EKS pages its lists.
const PAGING: Paging = Paging {
    size: "maxResults",
    token: "nextToken",
    least: 1,
    most: 100,
    usual: 100,
    bad_token: |_| About::NOTHING.invalid_parameter("Invalid nextToken"),
};

#[cfg(test)]
mod tests {
    use http::Request;

    use crate::testing::{Cloud, REGION};
    use crate::{ACCESS_KEY, Reply};

    #[test]
    fn errors_have_their_code_in_a_header_and_nulls_in_the_body() {
        let credential = format!("AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20261102/{REGION}/eks/aws4_request");
        let request = Request::get("/clusters/c").header("authorization", credential).body(Vec::new()).unwrap();
        let Reply::Answer(response) = Cloud::new().0.answer(&request) else { panic!("no answer") };
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-amzn-errortype"]),
            (404, &"ResourceNotFoundException".parse().unwrap())
        );
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((&body["clusterName"], &body["message"]), (&"c".into(), &"No cluster found for name: c.".into()));
        assert!(body.as_object().unwrap().contains_key("nodegroupName") && body["nodegroupName"].is_null());
    }
}
