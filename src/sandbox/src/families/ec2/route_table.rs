//! Route tables.

mod associations;
mod routes;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

pub use associations::Association;
pub use routes::{Destination, Origin, Route, Target, canonical_ipv6};

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
        write("CreateRouteTable", &["VpcId", "ClientToken", "TagSpecification"], create),
        read("DescribeRouteTables", list::members!("RouteTableId"), list::describe::<RouteTable>),
        write("DeleteRouteTable", &["RouteTableId"], delete),
        routes::CREATE,
        routes::REPLACE,
        routes::DELETE,
        associations::ASSOCIATE,
        associations::DISASSOCIATE,
        associations::REPLACE,
        write("EnableVgwRoutePropagation", &["RouteTableId", "GatewayId"], propagate),
        write("DisableVgwRoutePropagation", &["RouteTableId", "GatewayId"], propagate),
    ],
    events: &[],
};

/// How many route tables a VPC may have.
const MOST: usize = 200;

/// A route table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RouteTable {
    /// Its VPC.
    pub vpc_id: String,
    /// Its routes, but those within the VPC.
    pub routes: Vec<Route>,
    /// What uses it.
    pub associations: Vec<Association>,
}

impl RouteTable {
    /// Returns an empty table.
    pub fn new(vpc_id: &str) -> Self {
        Self { vpc_id: vpc_id.to_owned(), routes: Vec::new(), associations: Vec::new() }
    }

    /// Returns whether subnets without a table of their own use it.
    pub fn is_main(&self) -> bool {
        self.associations.iter().any(Association::is_main)
    }

    /// Returns the route that an address outside the VPC takes: the one with the longest block.
    pub fn route_to(&self, address: Ipv4Addr) -> Option<&Route> {
        let length = |route: &&Route| match &route.destination {
            Destination::Ipv4(cidr) if cidr.has(address) => Some(cidr.length()),
            _ => None,
        };
        self.routes.iter().filter(|route| length(route).is_some()).max_by_key(length)
    }
}

impl Store {
    /// Returns id and table that a subnet uses: its own, or the main one.
    pub fn table_of(&self, subnet_id: &str) -> Option<(&str, &RouteTable)> {
        let vpc_id = &self.subnets.get(subnet_id)?.vpc_id;
        let uses =
            |table: &RouteTable| table.associations.iter().any(|own| own.subnet_id.as_deref() == Some(subnet_id));
        let own = self.route_tables.iter().find(|(_, table)| uses(table));
        let main = || self.route_tables.iter().find(|(_, table)| table.vpc_id == *vpc_id && table.is_main());
        own.or_else(main).map(|(id, table)| (id.as_str(), table))
    }

    fn route_table_mut(&mut self, id: &str) -> Result<&mut RouteTable, Fault> {
        kinds::check(self, id, "rtb")?;
        self.route_tables.get_mut(id).ok_or_else(|| kinds::missing(id))
    }
}

impl Listed for RouteTable {
    const IDS: &'static str = "RouteTableId";
    const SET: &'static str = "routeTableSet";
    const PREFIX: &'static str = "rtb";
    const PAGING: Paging = Paging { most: 100, ..PAGING };

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.route_tables
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        if let Some(name) = name.strip_prefix("route.") {
            return routes::filter(scope, id, self, name);
        }
        let of_associations =
            |value: fn(&Association) -> Option<String>| Some(self.associations.iter().filter_map(value).collect());
        match name {
            "route-table-id" => one(id),
            "vpc-id" => one(&self.vpc_id),
            "owner-id" => one(scope.account),
            "association.main" => of_associations(|own| Some(own.is_main().to_string())),
            "association.subnet-id" => of_associations(|own| own.subnet_id.clone()),
            "association.route-table-association-id" => of_associations(|own| Some(own.id.clone())),
            "association.route-table-id" => one(id),
            "association.gateway-id" => of_associations(|own| own.gateway_id.clone()),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        tree! {
            "routeTableId": id,
            "vpcId": self.vpc_id.as_str(),
            "ownerId": scope.account,
            "routeSet": routes::shown(scope, id, self),
            "associationSet": Tree::list(self.associations.iter().map(|own| own.shown(id))),
            "propagatingVgwSet": Tree::List(vec![]),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}

/// There are no virtual private gateways here.
fn propagate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    scope.ec2_mut().route_table_mut(input.need("RouteTableId")?)?;
    let message = format!("The gateway ID '{}' does not exist", input.need("GatewayId")?);
    Err(Fault::new("InvalidGatewayID.NotFound", message))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateRouteTable", input, "ClientToken", token::ec2_mismatch, |scope| {
        let vpc_id = input.need("VpcId")?;
        scope.ec2().vpc(vpc_id)?;
        let tags = tags::specified(input, "route-table")?;
        if scope.ec2().route_tables.values().filter(|table| table.vpc_id == vpc_id).count()
            >= scope.limit("route-tables-per-vpc", MOST)
        {
            let message = "The maximum number of route tables has been reached.";
            return Err(Fault::new("RouteTableLimitExceeded", message));
        }
        let id = scope.ids().ec2("rtb");
        let store = scope.ec2_mut();
        store.route_tables.insert(id.clone(), RouteTable::new(vpc_id));
        store.tag_new(&id, tags);
        Ok(tree! { "routeTable": list::one::<RouteTable>(scope, &id)?, "clientToken": input.text("ClientToken")? })
    })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("RouteTableId")?;
    let store = scope.ec2_mut();
    if !store.route_table_mut(id)?.associations.is_empty() {
        let message = format!("The routeTable '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", message));
    }
    store.route_tables.remove(id);
    store.tags.remove(id);
    store.vpc_endpoints.values_mut().for_each(|endpoint| endpoint.route_table_ids.retain(|own| own != id));
    Ok(tree! { "return": true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn a_subnet_uses_the_main_table_until_it_has_its_own() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let subnet = cloud.subnet(&vpc, "10.0.0.0/24", "eu-central-1a");
        let created = cloud.ec2("CreateRouteTable", tree! { "VpcId": vpc.as_str() }).unwrap();
        let id = created.need("routeTable.routeTableId").unwrap();
        let both = tree! { "RouteTableId": id, "SubnetId": subnet.as_str() };
        let associated = cloud.ec2("AssociateRouteTable", both.clone()).unwrap();
        assert_eq!(code(cloud.ec2("AssociateRouteTable", both)), "Resource.AlreadyAssociated");
        assert_eq!(code(cloud.ec2("DeleteRouteTable", tree! { "RouteTableId": id })), "DependencyViolation");
        let filter = tree! { "Name": "association.subnet-id", "Value": vec![subnet.as_str()] };
        let found = cloud.ec2("DescribeRouteTables", tree! { "Filter": vec![filter] }).unwrap();
        assert_eq!(found.list_at("routeTableSet").len(), 1);
        let association = tree! { "AssociationId": associated.need("associationId").unwrap() };
        cloud.ec2("DisassociateRouteTable", association).unwrap();
        cloud.ec2("DeleteRouteTable", tree! { "RouteTableId": id }).unwrap();
    }

    #[test]
    fn a_gateway_has_a_table_for_what_comes_in() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let gateway = cloud.gateway(&vpc);
        let created = cloud.ec2("CreateRouteTable", tree! { "VpcId": vpc.as_str() }).unwrap();
        let id = created.need("routeTable.routeTableId").unwrap();
        let both = tree! { "RouteTableId": id, "GatewayId": gateway.as_str() };
        let associated = cloud.ec2("AssociateRouteTable", both.clone()).unwrap();
        assert_eq!(code(cloud.ec2("AssociateRouteTable", both)), "Resource.AlreadyAssociated");
        let filter = tree! { "Name": "association.gateway-id", "Value": vec![gateway.as_str()] };
        let found = cloud.ec2("DescribeRouteTables", tree! { "Filter": vec![filter] }).unwrap();
        let own = &found.list_at("routeTableSet")[0].list_at("associationSet")[0];
        assert_eq!((own.need("gatewayId"), own.bool("main")), (Ok(gateway.as_str()), Ok(Some(false))));
        let association = tree! { "AssociationId": associated.need("associationId").unwrap() };
        cloud.ec2("DisassociateRouteTable", association).unwrap();
    }
}
