//! Which subnets use a route table.

use serde::{Deserialize, Serialize};

use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const ASSOCIATE: Operation = write("AssociateRouteTable", &["RouteTableId", "SubnetId"], associate);
pub const DISASSOCIATE: Operation = write("DisassociateRouteTable", &["AssociationId"], disassociate);
pub const REPLACE: Operation = write("ReplaceRouteTableAssociation", &["AssociationId", "RouteTableId"], replace);

/// A use of a route table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Association {
    /// Its id, `rtbassoc-…`.
    pub id: String,
    /// The subnet; nothing for the main table of a VPC.
    pub subnet_id: Option<String>,
}

impl Association {
    pub fn shown(&self, table_id: &str) -> Tree {
        tree! {
            "routeTableAssociationId": self.id.as_str(),
            "routeTableId": table_id,
            "main": self.subnet_id.is_none(),
            "subnetId": self.subnet_id.as_deref(),
            "associationState": tree! { "state": "associated" },
        }
    }
}

fn missing(id: &str) -> Fault {
    Fault::new("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"))
}

/// Returns the table of an association, and the association.
fn find(scope: &Scope<'_>, id: &str) -> Result<(String, Association), Fault> {
    let tables = scope.ec2().route_tables.iter();
    let mut all = tables.flat_map(|(table, own)| own.associations.iter().map(move |association| (table, association)));
    let found = all.find(|(_, association)| association.id == id);
    found.map(|(table, association)| (table.clone(), association.clone())).ok_or_else(|| missing(id))
}

fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (table_id, subnet_id) = (input.need("RouteTableId")?, input.need("SubnetId")?);
    let subnet = scope.ec2().subnet(subnet_id)?.clone();
    if scope.ec2_mut().route_table_mut(table_id)?.vpc_id != subnet.vpc_id {
        let message = format!("route table {table_id} and subnet {subnet_id} belong to different networks");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let mut associations = scope.ec2().route_tables.values().flat_map(|table| &table.associations);
    if let Some(other) = associations.find(|own| own.subnet_id.as_deref() == Some(subnet_id)) {
        let message = format!(
            "the specified association for route table {table_id} conflicts with an existing association: {}",
            other.id
        );
        return Err(Fault::new("Resource.AlreadyAssociated", message));
    }
    let id = scope.ids().ec2("rtbassoc");
    let association = Association { id: id.clone(), subnet_id: Some(subnet_id.to_owned()) };
    scope.ec2_mut().route_table_mut(table_id)?.associations.push(association);
    Ok(tree! { "associationId": id, "associationState": tree! { "state": "associated" } })
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("AssociationId")?;
    let (table_id, association) = find(scope, id)?;
    if association.subnet_id.is_none() {
        let message = format!("cannot disassociate the main route table association {id}");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    scope.ec2_mut().route_table_mut(&table_id)?.associations.retain(|own| own.id != id);
    Ok(tree! { "return": true })
}

/// Also makes another table the main one.
fn replace(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, to) = (input.need("AssociationId")?, input.need("RouteTableId")?);
    let (from, association) = find(scope, id)?;
    let vpc_id = scope.ec2_mut().route_table_mut(&from)?.vpc_id.clone();
    if scope.ec2_mut().route_table_mut(to)?.vpc_id != vpc_id {
        let message = format!("route table {to} and the association {id} belong to different networks");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let new = scope.ids().ec2("rtbassoc");
    let store = scope.ec2_mut();
    store.route_table_mut(&from)?.associations.retain(|own| own.id != id);
    let replaced = Association { id: new.clone(), subnet_id: association.subnet_id };
    store.route_table_mut(to)?.associations.push(replaced);
    Ok(tree! { "newAssociationId": new, "associationState": tree! { "state": "associated" } })
}
