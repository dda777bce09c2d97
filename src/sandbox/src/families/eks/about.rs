//! What EKS answers when it refuses: its errors name what they are about, and write every member of their shape.

use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// What an error is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    cluster: Option<&'a str>,
    node_group: Option<&'a str>,
    fargate_profile: Option<&'a str>,
    addon: Option<&'a str>,
}

impl<'a> About<'a> {
    /// Nothing in particular.
    pub const NOTHING: Self = Self { cluster: None, node_group: None, fargate_profile: None, addon: None };

    /// Returns what is about a cluster.
    pub fn cluster(name: &'a str) -> Self {
        Self { cluster: Some(name), ..Self::NOTHING }
    }

    /// Returns what is about a node group.
    pub fn node_group(cluster: &'a str, name: &'a str) -> Self {
        Self { cluster: Some(cluster), node_group: Some(name), ..Self::NOTHING }
    }

    /// Returns what is about a Fargate profile.
    pub fn fargate_profile(cluster: &'a str, name: &'a str) -> Self {
        Self { cluster: Some(cluster), fargate_profile: Some(name), ..Self::NOTHING }
    }

    /// Returns what is about an add-on.
    pub fn addon(cluster: &'a str, name: &'a str) -> Self {
        Self { cluster: Some(cluster), addon: Some(name), ..Self::NOTHING }
    }

    /// Returns the name of the cluster.
    pub fn cluster_name(self) -> Option<&'a str> {
        self.cluster
    }

    /// Returns the error for an input that cannot be.
    pub fn invalid_parameter(self, message: impl Into<String>) -> Fault {
        let members = ["clusterName", "nodegroupName", "fargateProfileName", "addonName", "subscriptionId"];
        self.fault(400, "InvalidParameterException", &members, message)
    }

    /// Returns the error for a request that cannot be carried out in this state.
    pub fn invalid_request(self, message: impl Into<String>) -> Fault {
        let members = ["clusterName", "nodegroupName", "addonName", "subscriptionId"];
        self.fault(400, "InvalidRequestException", &members, message)
    }

    /// Returns the error for what is there already, or busy.
    pub fn in_use(self, message: impl Into<String>) -> Fault {
        self.fault(409, "ResourceInUseException", &["clusterName", "nodegroupName", "addonName"], message)
    }

    /// Returns the error for what is not there.
    pub fn not_found(self, message: impl Into<String>) -> Fault {
        let members = ["clusterName", "nodegroupName", "fargateProfileName", "addonName", "subscriptionId"];
        self.fault(404, "ResourceNotFoundException", &members, message)
    }

    /// Returns the error for one too many.
    pub fn limit(self, message: impl Into<String>) -> Fault {
        self.fault(400, "ResourceLimitExceededException", &["clusterName", "nodegroupName", "subscriptionId"], message)
    }

    /// Returns the error of UpdateClusterVersion for a cluster that cannot go back.
    pub fn invalid_state(self, message: impl Into<String>) -> Fault {
        self.fault(400, "InvalidStateException", &["clusterName"], message)
    }

    fn fault(self, status: u16, code: &str, members: &[&str], message: impl Into<String>) -> Fault {
        let fault = Fault::with_status(status, code, message);
        members.iter().fold(fault, |fault, member| {
            let value = match *member {
                "clusterName" => self.cluster,
                "nodegroupName" => self.node_group,
                "fargateProfileName" => self.fargate_profile,
                "addonName" => self.addon,
                _ => None,
            };
            fault.member(member, Tree::from(value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_write_all_members_of_their_shape() {
        let Fault::Coded { status, members, .. } = About::node_group("c", "n").in_use("busy") else { panic!() };
        let written: Vec<_> = members.iter().map(|(name, value)| format!("{name}={}", value.quoted())).collect();
        assert_eq!((status, written.join(" ")), (409, "clusterName=c nodegroupName=n addonName=null".to_owned()));
    }
}
