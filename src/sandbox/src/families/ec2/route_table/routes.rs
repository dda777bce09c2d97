//! Routes: where they lead, and whether their target is still there.

use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use super::super::cidr::Cidr;
use super::super::{Store, kinds};
use super::RouteTable;
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

const MEMBERS: &[&str] = &[
    "RouteTableId",
    "DestinationCidrBlock",
    "DestinationIpv6CidrBlock",
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "EgressOnlyInternetGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
];

pub const CREATE: Operation = write("CreateRoute", MEMBERS, create);
pub const REPLACE: Operation = write("ReplaceRoute", MEMBERS, replace);
pub const DELETE: Operation = write(
    "DeleteRoute",
    &["RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"],
    delete,
);

/// How many routes a table may have.
const MOST: usize = 500;

/// A route.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Route {
    /// What it is for.
    pub destination: Destination,
    /// Where it leads.
    pub target: Target,
    /// What made it.
    pub origin: Origin,
}

/// What a route is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// A block of IPv4 addresses.
    Ipv4(Cidr),
    /// A block of IPv6 addresses, in canonical form.
    Ipv6(String),
}

/// Where a route leads, by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// An internet gateway.
    Gateway(String),
    /// A NAT gateway.
    Nat(String),
    /// A network interface.
    Interface(String),
    /// An instance.
    Instance(String),
    /// An egress-only gateway.
    EgressOnly(String),
}

/// What made a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The table's creation.
    CreateRouteTable,
    /// A call.
    CreateRoute,
}

impl Destination {
    fn read(input: &Tree) -> Result<Self, Fault> {
        match (input.text("DestinationCidrBlock")?, input.text("DestinationIpv6CidrBlock")?) {
            (Some(text), None) => {
                let invalid = || Fault::invalid("destinationCidrBlock", text, "This is not a valid CIDR block.");
                Ok(Self::Ipv4(text.parse().map_err(|_| invalid())?))
            }
            (None, Some(text)) => {
                let invalid = || Fault::invalid("destinationIpv6CidrBlock", text, "This is not a valid CIDR block.");
                canonical_ipv6(text).map(Self::Ipv6).ok_or_else(invalid)
            }
            (None, None) => Err(Fault::missing("destinationCidrBlock")),
            (Some(_), Some(_)) => {
                let message = "The request must contain exactly one of destinationCidrBlock, destinationIpv6CidrBlock";
                Err(Fault::new("InvalidParameterCombination", message))
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Ipv4(cidr) => cidr.to_string(),
            Self::Ipv6(text) => text.clone(),
        }
    }

    fn member(&self) -> (&'static str, &'static str) {
        match self {
            Self::Ipv4(_) => ("destinationCidrBlock", "destination-cidr-block"),
            Self::Ipv6(_) => ("destinationIpv6CidrBlock", "destination-ipv6-cidr-block"),
        }
    }
}

/// Returns an IPv6 block with the bits behind the mask cut.
pub fn canonical_ipv6(text: &str) -> Option<String> {
    let (address, length) = text.split_once('/')?;
    let (address, length): (Ipv6Addr, u32) = (address.parse().ok()?, length.parse().ok()?);
    let mask = u128::MAX.checked_shl(128u32.checked_sub(length)?).unwrap_or(0);
    Some(format!("{}/{length}", Ipv6Addr::from_bits(address.to_bits() & mask)))
}

impl Target {
    fn read(scope: &Scope<'_>, input: &Tree, vpc_id: &str) -> Result<Self, Fault> {
        let given = [
            ("GatewayId", Self::Gateway as fn(String) -> Self),
            ("NatGatewayId", Self::Nat),
            ("NetworkInterfaceId", Self::Interface),
            ("InstanceId", Self::Instance),
            ("EgressOnlyInternetGatewayId", Self::EgressOnly),
        ];
        // There are none of these.
        if let Some(id) = input.text("VpcPeeringConnectionId")? {
            let message = format!("The vpcPeeringConnection ID '{id}' does not exist");
            return Err(Fault::new("InvalidVpcPeeringConnectionID.NotFound", message));
        }
        if let Some(id) = input.text("TransitGatewayId")? {
            let message = format!("Transit Gateway {id} was deleted or does not exist.");
            return Err(Fault::new("InvalidTransitGatewayID.NotFound", message));
        }
        let mut targets = Vec::new();
        for (member, make) in given {
            targets.extend(input.text(member)?.map(|id| make(id.to_owned())));
        }
        let [target] = &targets[..] else {
            let message = "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, \
                           vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, localGatewayId, \
                           carrierGatewayId, vpcEndpointId, coreNetworkArn or instanceId";
            let code = if targets.is_empty() { "MissingParameter" } else { "InvalidParameterCombination" };
            return Err(Fault::new(code, message));
        };
        target.check(scope.ec2(), vpc_id)?;
        Ok(target.clone())
    }

    fn check(&self, store: &Store, vpc_id: &str) -> Result<(), Fault> {
        let elsewhere = |id: &str| {
            let message = format!("route table and network gateway {id} belong to different networks");
            Err(Fault::new("InvalidParameterValue", message))
        };
        match self {
            Self::Gateway(id) => {
                kinds::check(store, id, "igw").map_err(|_| gateway_missing(id))?;
                if store.internet_gateways[id].vpc_id.as_deref() != Some(vpc_id) {
                    return elsewhere(id);
                }
            }
            Self::Nat(id) => {
                let gateway = store.nat_gateways.get(id).filter(|gateway| gateway.is_live());
                let missing =
                    || Fault::new("InvalidNatGatewayID.NotFound", format!("The natGateway ID '{id}' does not exist"));
                if gateway.ok_or_else(missing)?.vpc_id != vpc_id {
                    return elsewhere(id);
                }
            }
            Self::Interface(id) => {
                kinds::check(store, id, "eni")?;
                if store.interfaces[id].vpc_id != vpc_id {
                    return elsewhere(id);
                }
            }
            Self::Instance(id) => return kinds::check(store, id, "i"),
            Self::EgressOnly(id) => kinds::check(store, id, "eigw").map_err(|_| gateway_missing(id))?,
        }
        Ok(())
    }

    fn is_there(&self, store: &Store, vpc_id: &str) -> bool {
        self.check(store, vpc_id).is_ok()
    }

    /// Returns member, filter and id.
    fn shown(&self) -> (&'static str, &'static str, &str) {
        match self {
            Self::Gateway(id) => ("gatewayId", "gateway-id", id),
            Self::Nat(id) => ("natGatewayId", "nat-gateway-id", id),
            Self::Interface(id) => ("networkInterfaceId", "network-interface-id", id),
            Self::Instance(id) => ("instanceId", "instance-id", id),
            Self::EgressOnly(id) => ("egressOnlyInternetGatewayId", "egress-only-internet-gateway-id", id),
        }
    }
}

pub fn gateway_missing(id: &str) -> Fault {
    Fault::new("InvalidGatewayID.NotFound", format!("The gateway ID '{id}' does not exist"))
}

impl Route {
    /// Returns whether the target is still there: the others are black holes.
    pub fn is_active(&self, store: &Store, vpc_id: &str) -> bool {
        self.target.is_there(store, vpc_id)
    }
}

/// Returns the blocks of the VPC: routes to them are in every table.
fn local(scope: &Scope<'_>, table: &RouteTable) -> Vec<(&'static str, String)> {
    let Some(vpc) = scope.ec2().vpcs.get(&table.vpc_id) else { return Vec::new() };
    let ipv4 = vpc.cidrs.iter().map(|own| ("destinationCidrBlock", own.cidr.to_string()));
    ipv4.chain(vpc.ipv6.iter().map(|own| ("destinationIpv6CidrBlock", own.cidr.clone()))).collect()
}

/// Returns all routes as answers have them.
pub fn shown(scope: &Scope<'_>, id: &str, table: &RouteTable) -> Tree {
    let local = local(scope, table).into_iter().map(|(member, block)| {
        tree! { "gatewayId": "local", "state": "active", "origin": "CreateRouteTable" }.with(member, block)
    });
    let own = table.routes.iter().map(|route| {
        let state = if route.is_active(scope.ec2(), &table.vpc_id) { "active" } else { "blackhole" };
        let (member, _, id) = route.target.shown();
        tree! { "state": state, "origin": format!("{:?}", route.origin) }
            .with(route.destination.member().0, route.destination.text())
            .with(member, id)
    });
    let endpoints = scope.ec2().gateway_endpoints_of(scope.region, id).into_iter().map(|(endpoint, list)| {
        tree! {
            "destinationPrefixListId": list,
            "gatewayId": endpoint,
            "state": "active",
            "origin": "CreateRoute",
        }
    });
    Tree::list(local.chain(own).chain(endpoints))
}

/// Returns what a table has for a filter `route.NAME`.
pub fn filter(scope: &Scope<'_>, id: &str, table: &RouteTable, name: &str) -> Option<Vec<String>> {
    let all = shown(scope, id, table);
    let member = match name {
        "destination-cidr-block" => "destinationCidrBlock",
        "destination-ipv6-cidr-block" => "destinationIpv6CidrBlock",
        "gateway-id" => "gatewayId",
        "nat-gateway-id" => "natGatewayId",
        "instance-id" => "instanceId",
        "egress-only-internet-gateway-id" => "egressOnlyInternetGatewayId",
        "transit-gateway-id" => "transitGatewayId",
        "vpc-peering-connection-id" => "vpcPeeringConnectionId",
        "destination-prefix-list-id" => "destinationPrefixListId",
        "state" => "state",
        "origin" => "origin",
        _ => return None,
    };
    Some(all.items().iter().filter_map(|route| route.at(member)?.as_text().map(ToOwned::to_owned)).collect())
}

fn position(table: &RouteTable, destination: &Destination) -> Option<usize> {
    table.routes.iter().position(|route| route.destination == *destination)
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, destination) = (input.need("RouteTableId")?, Destination::read(input)?);
    let table = scope.ec2_mut().route_table_mut(id)?.clone();
    let target = Target::read(scope, input, &table.vpc_id)?;
    let text = destination.text();
    let is_there = position(&table, &destination).is_some() || local(scope, &table).iter().any(|(_, own)| *own == text);
    if is_there {
        let message = format!("The route identified by {text} already exists.");
        return Err(Fault::new("RouteAlreadyExists", message));
    }
    if let (Destination::Ipv4(block), Target::Gateway(_)) = (&destination, &target)
        && scope.ec2().vpcs.get(&table.vpc_id).is_some_and(|vpc| vpc.contains(*block))
    {
        let message = format!(
            "The destination CIDR block {text} is equal to or more specific than one of this VPC's CIDR blocks. This \
             route can target only an interface or an instance."
        );
        return Err(Fault::new("InvalidParameterValue", message));
    }
    if table.routes.len() >= scope.limit("routes-per-table", MOST) {
        return Err(Fault::new("RouteLimitExceeded", "The maximum number of routes has been reached."));
    }
    let route = Route { destination, target, origin: Origin::CreateRoute };
    scope.ec2_mut().route_table_mut(id)?.routes.push(route);
    Ok(tree! { "return": true })
}

fn replace(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, destination) = (input.need("RouteTableId")?, Destination::read(input)?);
    let table = scope.ec2_mut().route_table_mut(id)?.clone();
    let target = Target::read(scope, input, &table.vpc_id)?;
    let text = destination.text();
    let index = position(&table, &destination).ok_or_else(|| {
        let message = format!("There is no route defined for '{text}' in the route table. Use CreateRoute instead.");
        Fault::new("InvalidParameterValue", message)
    })?;
    scope.ec2_mut().route_table_mut(id)?.routes[index].target = target;
    Ok(tree! { "return": true })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    if let Some(list) = input.text("DestinationPrefixListId")? {
        return Err(not_by_list(scope, input.need("RouteTableId")?, list));
    }
    let (id, destination) = (input.need("RouteTableId")?, Destination::read(input)?);
    let table = scope.ec2_mut().route_table_mut(id)?.clone();
    let text = destination.text();
    if local(scope, &table).iter().any(|(_, own)| *own == text) {
        let message = format!("cannot remove local route {text} in route table {id}");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let index = position(&table, &destination).ok_or_else(|| {
        let message = format!("no route with {} {text} in route table {id}", destination.member().1);
        Fault::new("InvalidRoute.NotFound", message)
    })?;
    scope.ec2_mut().route_table_mut(id)?.routes.remove(index);
    Ok(tree! { "return": true })
}

/// The only routes to prefix lists are those of endpoints, which go with them.
fn not_by_list(scope: &mut Scope<'_>, id: &str, list: &str) -> Fault {
    if let Err(fault) = scope.ec2_mut().route_table_mut(id) {
        return fault;
    }
    if scope.ec2().gateway_endpoints_of(scope.region, id).iter().any(|(_, own)| own == list) {
        let message = format!("cannot remove VPC endpoint route {list} in route table {id}");
        return Fault::new("InvalidParameterValue", message);
    }
    let message = format!("no route with destination-prefix-list-id {list} in route table {id}");
    Fault::new("InvalidRoute.NotFound", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn routes_are_made_once_replaced_and_lead_to_black_holes() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let gateway = cloud.gateway(&vpc);
        let created = cloud.ec2("CreateRouteTable", tree! { "VpcId": vpc.as_str() }).unwrap();
        let id = created.need("routeTable.routeTableId").unwrap();
        let to = |block: &str| tree! { "RouteTableId": id, "DestinationCidrBlock": block };
        let via = |block: &str| to(block).with("GatewayId", gateway.as_str());
        assert_eq!(code(cloud.ec2("ReplaceRoute", via("0.0.0.0/0"))), "InvalidParameterValue");
        assert_eq!(code(cloud.ec2("DeleteRoute", to("0.0.0.0/0"))), "InvalidRoute.NotFound");
        cloud.ec2("CreateRoute", via("0.0.0.0/0")).unwrap();
        assert_eq!(code(cloud.ec2("CreateRoute", via("0.0.0.0/0"))), "RouteAlreadyExists");
        assert_eq!(code(cloud.ec2("DeleteRoute", to("10.0.0.0/16"))), "InvalidParameterValue");
        assert_eq!(code(cloud.ec2("CreateRoute", to("9.0.0.0/8"))), "MissingParameter");
        let absent = to("9.0.0.0/8").with("GatewayId", "igw-0aaaaaaaaaaaaaaaa");
        assert_eq!(code(cloud.ec2("CreateRoute", absent)), "InvalidGatewayID.NotFound");
        let absent = to("9.0.0.0/8").with("VpcPeeringConnectionId", "pcx-0aaaaaaaaaaaaaaaa");
        assert_eq!(code(cloud.ec2("CreateRoute", absent)), "InvalidVpcPeeringConnectionID.NotFound");
        assert_eq!(code(cloud.ec2("CreateRoute", via("10.0.1.0/24"))), "InvalidParameterValue", "within the VPC");
        let state = || {
            let tables = cloud.ec2("DescribeRouteTables", tree! { "RouteTableId": vec![id] }).unwrap();
            let routes = tables.list_at("routeTableSet")[0].list_at("routeSet").to_vec();
            routes.iter().map(|route| route.need("state").unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(state(), ["active", "active"]);
        let both = tree! { "InternetGatewayId": gateway.as_str(), "VpcId": vpc.as_str() };
        cloud.ec2("DetachInternetGateway", both).unwrap();
        assert_eq!(state(), ["active", "blackhole"]);
        cloud.ec2("DeleteRoute", to("0.0.0.0/0")).unwrap();
    }
}
