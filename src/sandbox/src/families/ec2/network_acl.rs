//! Network ACLs: the default one of each VPC, which lets everything pass.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Store;
use super::filters::one;
use super::list::{self, Listed};
use crate::families::{Family, read};
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[read("DescribeNetworkAcls", list::members!("NetworkAclId"), list::describe::<NetworkAcl>)],
    events: &[],
};

/// A network ACL.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// Its VPC.
    pub vpc_id: String,
    /// Ids of associations, by subnet.
    pub associations: BTreeMap<String, String>,
}

impl NetworkAcl {
    /// Returns the ACL that a VPC has from the start.
    pub fn new_default(vpc_id: &str) -> Self {
        Self { vpc_id: vpc_id.to_owned(), associations: BTreeMap::new() }
    }
}

impl Store {
    /// Puts a new subnet behind its VPC's default ACL. The association has the number of the subnet.
    pub fn join_acl(&mut self, subnet_id: &str, vpc_id: &str) {
        let association = subnet_id.replace("subnet-", "aclassoc-");
        if let Some(acl) = self.network_acls.values_mut().find(|acl| acl.vpc_id == vpc_id) {
            acl.associations.insert(subnet_id.to_owned(), association);
        }
    }
}

impl Listed for NetworkAcl {
    const IDS: &'static str = "NetworkAclId";
    const SET: &'static str = "networkAclSet";
    const PREFIX: &'static str = "acl";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.network_acls
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        match name {
            "network-acl-id" => one(id),
            "vpc-id" => one(&self.vpc_id),
            "owner-id" => one(scope.account),
            "default" => one(true),
            "association.subnet-id" => Some(self.associations.keys().cloned().collect()),
            "association.association-id" => Some(self.associations.values().cloned().collect()),
            "association.network-acl-id" => one(id),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let associations = self.associations.iter().map(|(subnet, association)| {
            tree! { "networkAclAssociationId": association, "networkAclId": id, "subnetId": subnet }
        });
        let entry = |is_egress: bool, number: i64, action: &str| {
            tree! {
                "ruleNumber": number,
                "protocol": "-1",
                "ruleAction": action,
                "egress": is_egress,
                "cidrBlock": "0.0.0.0/0",
            }
        };
        let entries = [true, false]
            .into_iter()
            .flat_map(|is_egress| [entry(is_egress, 100, "allow"), entry(is_egress, 32767, "deny")]);
        tree! {
            "networkAclId": id,
            "vpcId": self.vpc_id.as_str(),
            "ownerId": scope.account,
            "default": true,
            "associationSet": Tree::list(associations),
            "entrySet": Tree::list(entries),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}
