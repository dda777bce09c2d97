//! Internet gateways, and the egress-only ones of IPv6.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::filters::one;
use super::list::{self, Listed};
use super::{PAGING, Store, kinds, tags};
use crate::families::page::Paging;
use crate::families::{Family, read, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("CreateInternetGateway", &["TagSpecification"], create),
        read("DescribeInternetGateways", list::members!("InternetGatewayId"), list::describe::<InternetGateway>),
        write("AttachInternetGateway", &["InternetGatewayId", "VpcId"], attach),
        write("DetachInternetGateway", &["InternetGatewayId", "VpcId"], detach),
        write("DeleteInternetGateway", &["InternetGatewayId"], delete),
        write("CreateEgressOnlyInternetGateway", &["VpcId", "ClientToken", "TagSpecification"], create_egress_only),
        read(
            "DescribeEgressOnlyInternetGateways",
            list::members!("EgressOnlyInternetGatewayId"),
            list::describe::<EgressOnlyGateway>,
        ),
        write("DeleteEgressOnlyInternetGateway", &["EgressOnlyInternetGatewayId"], delete_egress_only),
    ],
    events: &[],
};

/// How many gateways a region may have.
const MOST: usize = 5;

/// An internet gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InternetGateway {
    /// The VPC that it is attached to.
    pub vpc_id: Option<String>,
}

/// An egress-only internet gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EgressOnlyGateway {
    /// Its VPC.
    pub vpc_id: String,
}

impl Store {
    /// Returns the internet gateway of a VPC.
    pub fn gateway_of(&self, vpc_id: &str) -> Option<&str> {
        let mut gateways = self.internet_gateways.iter();
        gateways.find(|(_, gateway)| gateway.vpc_id.as_deref() == Some(vpc_id)).map(|(id, _)| id.as_str())
    }
}

fn attachments(vpc_id: Option<&str>) -> Tree {
    Tree::list(vpc_id.map(|id| tree! { "vpcId": id, "state": "available" }))
}

impl Listed for InternetGateway {
    const IDS: &'static str = "InternetGatewayId";
    const SET: &'static str = "internetGatewaySet";
    const PREFIX: &'static str = "igw";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.internet_gateways
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        match name {
            "internet-gateway-id" => one(id),
            "owner-id" => one(scope.account),
            "attachment.vpc-id" => Some(self.vpc_id.iter().cloned().collect()),
            "attachment.state" => Some(self.vpc_id.iter().map(|_| "available".to_owned()).collect()),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        tree! {
            "internetGatewayId": id,
            "ownerId": scope.account,
            "attachmentSet": attachments(self.vpc_id.as_deref()),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}

impl Listed for EgressOnlyGateway {
    const IDS: &'static str = "EgressOnlyInternetGatewayId";
    const SET: &'static str = "egressOnlyInternetGatewaySet";
    const PREFIX: &'static str = "eigw";
    const PAGING: Paging = Paging { most: 255, ..PAGING };

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.egress_only_gateways
    }

    fn filter(&self, _: &Scope<'_>, _: &str, _: &str) -> Option<Vec<String>> {
        None
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        tree! {
            "egressOnlyInternetGatewayId": id,
            "attachmentSet": Tree::list([tree! { "vpcId": self.vpc_id.as_str(), "state": "attached" }]),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let tags = tags::specified(input, "internet-gateway")?;
    if scope.ec2().internet_gateways.len() >= scope.limit("internet-gateways", MOST) {
        let message = "The maximum number of internet gateways has been reached.";
        return Err(Fault::new("InternetGatewayLimitExceeded", message));
    }
    let id = scope.ids().ec2("igw");
    let store = scope.ec2_mut();
    store.internet_gateways.insert(id.clone(), InternetGateway { vpc_id: None });
    store.tag_new(&id, tags);
    Ok(tree! { "internetGateway": list::one::<InternetGateway>(scope, &id)? })
}

fn attach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, vpc_id) = (input.need("InternetGatewayId")?, input.need("VpcId")?);
    let store = scope.ec2_mut();
    kinds::check(store, id, "igw")?;
    store.vpc(vpc_id)?;
    if let Some(attached) = &store.internet_gateways[id].vpc_id {
        let message = format!("resource {id} is already attached to network {attached}");
        return Err(Fault::new("Resource.AlreadyAssociated", message));
    }
    if store.gateway_of(vpc_id).is_some() {
        let message = format!("Network {vpc_id} already has an internet gateway attached");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    store.internet_gateways.insert(id.to_owned(), InternetGateway { vpc_id: Some(vpc_id.to_owned()) });
    Ok(tree! { "return": true })
}

fn detach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, vpc_id) = (input.need("InternetGatewayId")?, input.need("VpcId")?);
    let store = scope.ec2_mut();
    kinds::check(store, id, "igw")?;
    store.vpc(vpc_id)?;
    if store.internet_gateways[id].vpc_id.as_deref() != Some(vpc_id) {
        let message = format!("resource {id} is not attached to network {vpc_id}");
        return Err(Fault::new("Gateway.NotAttached", message));
    }
    if store.has_public_addresses(vpc_id) {
        let message = format!(
            "Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before detaching \
             the gateway."
        );
        return Err(Fault::new("DependencyViolation", message));
    }
    store.internet_gateways.insert(id.to_owned(), InternetGateway { vpc_id: None });
    for table in store.route_tables.values_mut() {
        table.associations.retain(|own| own.gateway_id.as_deref() != Some(id));
    }
    Ok(tree! { "return": true })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InternetGatewayId")?;
    let store = scope.ec2_mut();
    kinds::check(store, id, "igw")?;
    if store.internet_gateways[id].vpc_id.is_some() {
        let message = format!("The internetGateway '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", message));
    }
    store.internet_gateways.remove(id);
    store.tags.remove(id);
    Ok(tree! { "return": true })
}

fn create_egress_only(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateEgressOnlyInternetGateway", input, "ClientToken", token::ec2_mismatch, |scope| {
        let vpc_id = input.need("VpcId")?;
        scope.ec2().vpc(vpc_id)?;
        let tags = tags::specified(input, "egress-only-internet-gateway")?;
        let id = scope.ids().ec2("eigw");
        let store = scope.ec2_mut();
        store.egress_only_gateways.insert(id.clone(), EgressOnlyGateway { vpc_id: vpc_id.to_owned() });
        store.tag_new(&id, tags);
        Ok(tree! { "egressOnlyInternetGateway": list::one::<EgressOnlyGateway>(scope, &id)? })
    })
}

fn delete_egress_only(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("EgressOnlyInternetGatewayId")?;
    let store = scope.ec2_mut();
    kinds::check(store, id, "eigw")?;
    store.egress_only_gateways.remove(id);
    store.tags.remove(id);
    Ok(tree! { "returnCode": true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn gateways_are_attached_once_and_not_deleted_while_attached() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let created = cloud.ec2("CreateInternetGateway", tree! {}).unwrap();
        let id = created.need("internetGateway.internetGatewayId").unwrap();
        let both = || tree! { "InternetGatewayId": id, "VpcId": vpc.as_str() };
        assert_eq!(code(cloud.ec2("DetachInternetGateway", both())), "Gateway.NotAttached");
        cloud.ec2("AttachInternetGateway", both()).unwrap();
        assert_eq!(code(cloud.ec2("AttachInternetGateway", both())), "Resource.AlreadyAssociated");
        let delete = || cloud.ec2("DeleteInternetGateway", tree! { "InternetGatewayId": id });
        assert_eq!(code(delete()), "DependencyViolation");
        assert_eq!(code(cloud.ec2("DeleteVpc", tree! { "VpcId": vpc.as_str() })), "DependencyViolation");
        cloud.ec2("DetachInternetGateway", both()).unwrap();
        delete().unwrap();
    }
}
