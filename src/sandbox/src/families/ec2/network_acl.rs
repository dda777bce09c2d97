//! Network ACLs: the default one of each VPC, which lets everything pass, and others.

mod entry;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use entry::Entry;

use super::filters::one;
use super::list::{self, Listed};
use super::{Store, kinds, tags};
use crate::families::{Family, read, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("CreateNetworkAcl", &["VpcId", "ClientToken", "TagSpecification"], create),
        read("DescribeNetworkAcls", list::members!("NetworkAclId"), list::describe::<NetworkAcl>),
        write("DeleteNetworkAcl", &["NetworkAclId"], delete),
        write("ReplaceNetworkAclAssociation", &["AssociationId", "NetworkAclId"], replace_association),
        entry::CREATE,
        entry::REPLACE,
        entry::DELETE,
    ],
    events: &[],
};

/// A network ACL.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// Its VPC.
    pub vpc_id: String,
    /// Whether it came with the VPC.
    #[serde(default = "is_default")]
    pub is_default: bool,
    /// Ids of associations, by subnet.
    pub associations: BTreeMap<String, String>,
    /// Its entries, but the last ones, which refuse everything else.
    #[serde(default = "entry::first")]
    pub entries: Vec<Entry>,
}

fn is_default() -> bool {
    true
}

impl NetworkAcl {
    /// Returns the ACL that a VPC has from the start.
    pub fn new_default(vpc_id: &str) -> Self {
        let (associations, entries) = (BTreeMap::new(), entry::first());
        Self { vpc_id: vpc_id.to_owned(), is_default: true, associations, entries }
    }
}

impl Store {
    /// Puts a new subnet behind its VPC's default ACL. The association has the number of the subnet.
    pub fn join_acl(&mut self, subnet_id: &str, vpc_id: &str) {
        let association = subnet_id.replace("subnet-", "aclassoc-");
        if let Some(acl) = self.network_acls.values_mut().find(|acl| acl.vpc_id == vpc_id && acl.is_default) {
            acl.associations.insert(subnet_id.to_owned(), association);
        }
    }

    /// Lets IPv6 pass the default ACL of a VPC that has got a block of it.
    pub fn let_ipv6_pass(&mut self, vpc_id: &str) {
        if let Some(acl) = self.network_acls.values_mut().find(|acl| acl.vpc_id == vpc_id && acl.is_default) {
            entry::add_ipv6(&mut acl.entries);
        }
    }

    fn network_acl(&self, id: &str) -> Result<&NetworkAcl, Fault> {
        kinds::check(self, id, "acl").map(|()| &self.network_acls[id])
    }

    fn network_acl_mut(&mut self, id: &str) -> Result<&mut NetworkAcl, Fault> {
        kinds::check(self, id, "acl")?;
        self.network_acls.get_mut(id).ok_or_else(|| kinds::missing(id))
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
        if let Some(name) = name.strip_prefix("entry.") {
            return entry::filter(scope, self, name);
        }
        match name {
            "network-acl-id" => one(id),
            "vpc-id" => one(&self.vpc_id),
            "owner-id" => one(scope.account),
            "default" => one(self.is_default),
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
        tree! {
            "networkAclId": id,
            "vpcId": self.vpc_id.as_str(),
            "ownerId": scope.account,
            "default": self.is_default,
            "associationSet": Tree::list(associations),
            "entrySet": Tree::list(entry::all(scope, self).iter().map(Entry::shown)),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateNetworkAcl", input, "ClientToken", token::ec2_mismatch, |scope| {
        let vpc_id = input.need("VpcId")?;
        scope.ec2().vpc(vpc_id)?;
        let tags = tags::specified(input, "network-acl")?;
        let id = scope.ids().ec2("acl");
        let (associations, entries) = (BTreeMap::new(), Vec::new());
        let acl = NetworkAcl { vpc_id: vpc_id.to_owned(), is_default: false, associations, entries };
        let store = scope.ec2_mut();
        store.network_acls.insert(id.clone(), acl);
        store.tag_new(&id, tags);
        Ok(tree! { "networkAcl": list::one::<NetworkAcl>(scope, &id)? })
    })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("NetworkAclId")?;
    let acl = scope.ec2().network_acl(id)?;
    if acl.is_default {
        return Err(Fault::new("InvalidParameterValue", format!("cannot delete default network ACL {id}")));
    }
    if !acl.associations.is_empty() {
        let message = format!("The networkAcl '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", message));
    }
    let store = scope.ec2_mut();
    store.network_acls.remove(id);
    store.tags.remove(id);
    Ok(tree! { "return": true })
}

fn replace_association(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (association, id) = (input.need("AssociationId")?, input.need("NetworkAclId")?);
    let vpc_id = &scope.ec2().network_acl(id)?.vpc_id;
    let mut all = scope.ec2().network_acls.values().flat_map(|acl| acl.associations.iter().map(move |own| (acl, own)));
    let found = all.find(|(_, (_, own))| *own == association);
    let absent = || {
        let message = format!("The association ID '{association}' does not exist");
        Fault::new("InvalidAssociationID.NotFound", message)
    };
    let (from, (subnet, _)) = found.ok_or_else(absent)?;
    if from.vpc_id != *vpc_id {
        let message = format!("network acl {id} and subnet {subnet} belong to different networks");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let subnet = subnet.clone();
    let new = scope.ids().ec2("aclassoc");
    let store = scope.ec2_mut();
    for acl in store.network_acls.values_mut() {
        acl.associations.remove(&subnet);
    }
    store.network_acl_mut(id)?.associations.insert(subnet, new.clone());
    Ok(tree! { "newAssociationId": new })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn acls_have_entries_and_subnets() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let subnet = cloud.subnet(&vpc, "10.0.0.0/24", "eu-central-1a");
        let made = cloud.ec2("CreateNetworkAcl", tree! { "VpcId": vpc.as_str() }).unwrap();
        let id = made.need("networkAcl.networkAclId").unwrap();
        let entry = tree! {
            "NetworkAclId": id,
            "RuleNumber": "100",
            "Protocol": "6",
            "RuleAction": "allow",
            "Egress": "false",
            "CidrBlock": "0.0.0.0/0",
            "PortRange": tree! { "From": "443", "To": "443" },
        };
        cloud.ec2("CreateNetworkAclEntry", entry.clone()).unwrap();
        assert_eq!(code(cloud.ec2("CreateNetworkAclEntry", entry.clone())), "NetworkAclEntryAlreadyExists");
        let absent = entry.clone().with("RuleNumber", "5");
        assert_eq!(code(cloud.ec2("ReplaceNetworkAclEntry", absent)), "InvalidNetworkAclEntry.NotFound");
        let association = subnet.replace("subnet-", "aclassoc-");
        let replace = tree! { "AssociationId": association, "NetworkAclId": id };
        cloud.ec2("ReplaceNetworkAclAssociation", replace).unwrap();
        assert_eq!(code(cloud.ec2("DeleteNetworkAcl", tree! { "NetworkAclId": id })), "DependencyViolation");
        cloud.ec2("DeleteSubnet", tree! { "SubnetId": subnet }).unwrap();
        assert_eq!(code(cloud.ec2("DeleteVpc", tree! { "VpcId": vpc.as_str() })), "DependencyViolation");
        cloud.ec2("DeleteNetworkAcl", tree! { "NetworkAclId": id }).unwrap();
        cloud.ec2("DeleteVpc", tree! { "VpcId": vpc }).unwrap();
    }
}
