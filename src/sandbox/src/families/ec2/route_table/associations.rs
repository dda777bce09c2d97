//! Which subnets use a route table.

use serde::{Deserialize, Serialize};

use super::super::kinds;
use super::routes::gateway_missing;
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const ASSOCIATE: Operation = write("AssociateRouteTable", &["RouteTableId", "SubnetId", "GatewayId"], associate);
pub const DISASSOCIATE: Operation = write("DisassociateRouteTable", &["AssociationId"], disassociate);
pub const REPLACE: Operation = write("ReplaceRouteTableAssociation", &["AssociationId", "RouteTableId"], replace);

/// A use of a route table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Association {
    /// Its id, `rtbassoc-…`.
    pub id: String,
    /// The subnet.
    pub subnet_id: Option<String>,
    /// The internet gateway, for what comes in by it.
    #[serde(default)]
    pub gateway_id: Option<String>,
}

impl Association {
    /// Returns whether it is that of a VPC with its main table.
    pub fn is_main(&self) -> bool {
        self.subnet_id.is_none() && self.gateway_id.is_none()
    }

    pub fn shown(&self, table_id: &str) -> Tree {
        tree! {
            "routeTableAssociationId": self.id.as_str(),
            "routeTableId": table_id,
            "main": self.is_main(),
            "subnetId": self.subnet_id.as_deref(),
            "gatewayId": self.gateway_id.as_deref(),
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
    let table_id = input.need("RouteTableId")?;
    let (subnet_id, gateway_id) = (input.text("SubnetId")?, input.text("GatewayId")?);
    let (what, id, vpc_id) = match (subnet_id, gateway_id) {
        (Some(id), None) => ("subnet", id, Some(scope.ec2().subnet(id)?.vpc_id.clone())),
        (None, Some(id)) => {
            kinds::check(scope.ec2(), id, "igw").map_err(|_| gateway_missing(id))?;
            ("gateway", id, scope.ec2().internet_gateways[id].vpc_id.clone())
        }
        (None, None) => return Err(Fault::missing("subnetId")),
        (Some(_), Some(_)) => {
            let message = "The request must contain exactly one of subnetId or gatewayId";
            return Err(Fault::new("InvalidParameterCombination", message));
        }
    };
    if Some(&scope.ec2_mut().route_table_mut(table_id)?.vpc_id) != vpc_id.as_ref() {
        let message = format!("route table {table_id} and {what} {id} belong to different networks");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let mut associations = scope.ec2().route_tables.values().flat_map(|table| &table.associations);
    let is_taken = |own: &&Association| [own.subnet_id.as_deref(), own.gateway_id.as_deref()].contains(&Some(id));
    if associations.any(|own| is_taken(&own)) {
        let message =
            format!("the specified association for route table {table_id} conflicts with an existing association");
        return Err(Fault::new("Resource.AlreadyAssociated", message));
    }
    let id = scope.ids().ec2("rtbassoc");
    let (subnet_id, gateway_id) = (subnet_id.map(str::to_owned), gateway_id.map(str::to_owned));
    let association = Association { id: id.clone(), subnet_id, gateway_id };
    scope.ec2_mut().route_table_mut(table_id)?.associations.push(association);
    Ok(tree! { "associationId": id, "associationState": tree! { "state": "associated" } })
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("AssociationId")?;
    let (table_id, association) = find(scope, id)?;
    if association.is_main() {
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
    let replaced = Association { id: new.clone(), ..association };
    store.route_table_mut(to)?.associations.push(replaced);
    Ok(tree! { "newAssociationId": new, "associationState": tree! { "state": "associated" } })
}
