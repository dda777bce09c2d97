//! NAT gateways: they take their time to come, may fail on the way, and stay visible for a while when they are gone.

mod addresses;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use addresses::Address;

use super::filters::one;
use super::interface::NewInterface;
use super::list::{self, Listed};
use super::{Store, kinds, tags};
use crate::families::{Event, Family, read, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write(
            "CreateNatGateway",
            &[
                "SubnetId",
                "AllocationId",
                "ConnectivityType",
                "PrivateIpAddress",
                "SecondaryAllocationId",
                "SecondaryPrivateIpAddress",
                "SecondaryPrivateIpAddressCount",
                "ClientToken",
                "TagSpecification",
            ],
            create,
        ),
        read("DescribeNatGateways", list::members!("NatGatewayId"), list::describe::<NatGateway>),
        write("DeleteNatGateway", &["NatGatewayId"], delete),
        addresses::ASSOCIATE,
        addresses::DISASSOCIATE,
        addresses::ASSIGN,
        addresses::UNASSIGN,
    ],
    events: &[Event { name: GONE, happen: be_gone }, Event { name: FORGOTTEN, happen: be_forgotten }],
};

const GONE: &str = "ec2.nat-gateway-gone";
const FORGOTTEN: &str = "ec2.nat-gateway-forgotten";

/// How long a gateway is pending.
const PENDING: Duration = Duration::from_secs(90);
/// How long a gateway is pending before it fails.
const FAILING: Duration = Duration::from_secs(15);
/// How long a gateway is deleting.
const DELETING: Duration = Duration::from_secs(60);
/// How long a gateway that is gone can still be seen.
const VISIBLE: Duration = Duration::from_secs(3600);
/// How many gateways a zone may have.
const MOST: usize = 5;

/// A NAT gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NatGateway {
    /// Its subnet.
    pub subnet_id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Whether it has public addresses.
    pub is_public: bool,
    /// Its interface; none when it failed or is gone.
    pub interface_id: Option<String>,
    /// Its addresses, the primary one first.
    pub addresses: Vec<Address>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
    /// Why it failed: code and message.
    pub failure: Option<(String, String)>,
}

impl NatGateway {
    /// Returns the state at a moment.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match (&self.failure, self.deleted) {
            (_, Some(deleted)) if now.since(deleted) < DELETING => "deleting",
            (_, Some(_)) => "deleted",
            (Some(_), None) if now.since(self.created) >= FAILING => "failed",
            (None, None) if now.since(self.created) >= PENDING => "available",
            _ => "pending",
        }
    }

    /// Returns from when on a gateway that does not fail is there.
    pub fn available_since(&self) -> Timestamp {
        self.created + PENDING
    }

    /// Returns whether the gateway holds its VPC and can be a route's target.
    pub fn is_live(&self) -> bool {
        self.deleted.is_none() && self.failure.is_none()
    }
}

impl Listed for NatGateway {
    const IDS: &'static str = "NatGatewayId";
    const SET: &'static str = "natGatewaySet";
    const PREFIX: &'static str = "nat";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.nat_gateways
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        match name {
            "nat-gateway-id" => one(id),
            "state" => one(self.state(scope.now)),
            "subnet-id" => one(&self.subnet_id),
            "vpc-id" => one(&self.vpc_id),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let state = self.state(scope.now);
        let failure = self.failure.as_ref().filter(|_| state == "failed" || self.deleted.is_some());
        tree! {
            "natGatewayId": id,
            "subnetId": self.subnet_id.as_str(),
            "vpcId": self.vpc_id.as_str(),
            "state": state,
            "connectivityType": if self.is_public { "public" } else { "private" },
            "availabilityMode": "zonal",
            "createTime": self.created,
            "deleteTime": self.deleted,
            "failureCode": failure.map(|(code, _)| code.as_str()),
            "failureMessage": failure.map(|(_, message)| message.as_str()),
            "natGatewayAddressSet": addresses::shown(scope, self),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateNatGateway", input, "ClientToken", token::ec2_mismatch, |scope| {
        let subnet_id = input.need("SubnetId")?;
        let subnet = scope.ec2().subnet(subnet_id)?.clone();
        let allocations = allocations(scope.ec2(), input)?;
        let tags = tags::specified(input, "natgateway")?;
        check_count(scope, &subnet.zone)?;
        let is_public = !allocations.is_empty();
        let failure = failure(scope, &subnet.vpc_id, &allocations);
        let (address, secondary) = private_addresses(input)?;
        let mut gateway = NatGateway {
            subnet_id: subnet_id.to_owned(),
            vpc_id: subnet.vpc_id,
            is_public,
            interface_id: None,
            addresses: Vec::new(),
            created: scope.now,
            deleted: None,
            failure,
        };
        let id = scope.ids().ec2("nat");
        if gateway.failure.is_none() {
            let count = input.int("SecondaryPrivateIpAddressCount")?.unwrap_or(0);
            let spare = allocations.len().saturating_sub(1 + secondary.len());
            let secondary_count = usize::try_from(count).unwrap_or(0).max(spare);
            let description = format!("Interface for NAT Gateway {id}");
            let kind = "nat_gateway".to_owned();
            let subnet_id = subnet_id.to_owned();
            let requester = Some(REQUESTER.to_owned());
            let new = NewInterface {
                subnet_id,
                description,
                kind,
                requester,
                address,
                secondary,
                secondary_count,
                ..NewInterface::default()
            };
            match scope.make_interface(new) {
                Ok(interface_id) => addresses::begin(scope, &mut gateway, &interface_id, &allocations)?,
                Err(fault) => gateway.failure = Some((short_of_addresses(&fault)?.to_owned(), FULL.to_owned())),
            }
        }
        let store = scope.ec2_mut();
        store.nat_gateways.insert(id.clone(), gateway);
        store.tag_new(&id, tags);
        Ok(tree! { "natGateway": list::one::<NatGateway>(scope, &id)?, "clientToken": input.text("ClientToken")? })
    })
}

/// Account of the service that makes the gateways' interfaces.
const REQUESTER: &str = "amazon-aws";
const FULL: &str = "Subnet has insufficient free addresses to create this NAT gateway";

/// A subnet without free addresses is found out later; other refusals at once.
fn short_of_addresses(fault: &Fault) -> Result<&'static str, Fault> {
    match fault.code("ec2").as_str() {
        "InsufficientFreeAddressesInSubnet" => Ok("InsufficientFreeAddressesInSubnet"),
        _ => Err(fault.clone()),
    }
}

/// Returns the elastic addresses, the primary one first; none for a private gateway.
fn allocations(store: &Store, input: &Tree) -> Result<Vec<String>, Fault> {
    let primary = input.text("AllocationId")?;
    let secondary = input.texts("SecondaryAllocationId");
    let refused = |message: &str| Err(Fault::new("InvalidParameterCombination", message));
    match (input.text("ConnectivityType")?.unwrap_or("public"), primary) {
        ("private", None) if secondary.is_empty() => return Ok(Vec::new()),
        ("private", _) => return refused("An allocation ID cannot be specified for a private NAT gateway."),
        ("public", None) => return Err(Fault::missing("AllocationId")),
        ("public", Some(_)) => {}
        (other, _) => return Err(Fault::invalid("connectivityType", other, "Valid values are public and private.")),
    }
    let all: Vec<&str> = primary.into_iter().chain(secondary).collect();
    all.iter().try_for_each(|id| kinds::check(store, id, "eipalloc"))?;
    Ok(all.into_iter().map(ToOwned::to_owned).collect())
}

type PrivateAddresses = (Option<std::net::Ipv4Addr>, Vec<std::net::Ipv4Addr>);

fn private_addresses(input: &Tree) -> Result<PrivateAddresses, Fault> {
    let parse = |text: &str| text.parse().map_err(|_| Fault::invalid("privateIpAddress", text, "Invalid address."));
    let primary = input.text("PrivateIpAddress")?.map(parse).transpose()?;
    let secondary = input.texts("SecondaryPrivateIpAddress").into_iter().map(parse).collect::<Result<_, _>>()?;
    Ok((primary, secondary))
}

fn check_count(scope: &Scope<'_>, zone: &str) -> Result<(), Fault> {
    let (store, most) = (scope.ec2(), scope.limit("nat-gateways-per-zone", MOST));
    let is_there = |gateway: &&NatGateway| {
        gateway.is_live() && store.subnets.get(&gateway.subnet_id).is_some_and(|subnet| subnet.zone == zone)
    };
    if store.nat_gateways.values().filter(is_there).count() >= most {
        let message = format!("Performing this operation would exceed the limit of {most} NAT gateways");
        return Err(Fault::new("NatGatewayLimitExceeded", message));
    }
    Ok(())
}

/// Returns why a gateway will fail.
fn failure(scope: &mut Scope<'_>, vpc_id: &str, allocations: &[String]) -> Option<(String, String)> {
    let because = |code: &str, message: String| Some((code.to_owned(), message));
    let store = scope.ec2();
    if !allocations.is_empty() && store.gateway_of(vpc_id).is_none() {
        return because("Gateway.NotAttached", format!("Network {vpc_id} has no Internet gateway attached"));
    }
    let used = allocations.iter().find(|id| store.addresses[*id].association.is_some());
    if let Some(id) = used {
        return because("Resource.AlreadyAssociated", format!("Elastic IP address [{id}] is already associated"));
    }
    if scope.strikes("nat-gateway-failed") {
        return because("InternalError", "Something went wrong, and we are looking into it".to_owned());
    }
    None
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("NatGatewayId")?;
    let now = scope.now;
    kinds::check(scope.ec2(), id, "nat")?;
    let gateway = scope.ec2_mut().nat_gateways.get_mut(id).filter(|gateway| gateway.deleted.is_none());
    if let Some(gateway) = gateway {
        gateway.deleted = Some(now);
        scope.later(DELETING, GONE, id);
    }
    Ok(tree! { "natGatewayId": id })
}

fn be_gone(scope: &mut Scope<'_>, id: &str) {
    let interface = scope.ec2_mut().nat_gateways.get_mut(id).and_then(|gateway| gateway.interface_id.take());
    if let Some(interface) = interface {
        scope.remove_interface(&interface);
    }
    scope.later(VISIBLE, FORGOTTEN, id);
}

fn be_forgotten(scope: &mut Scope<'_>, id: &str) {
    let store = scope.ec2_mut();
    store.nat_gateways.remove(id);
    store.tags.remove(id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    fn state(cloud: &Cloud, id: &str) -> String {
        let answer = cloud.ec2("DescribeNatGateways", tree! { "NatGatewayId": vec![id] }).unwrap();
        answer.list_at("natGatewaySet")[0].need("state").unwrap().to_owned()
    }

    #[test]
    fn gateways_come_and_go_in_their_time() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let subnet = cloud.subnet(&vpc, "10.0.0.0/24", "eu-central-1a");
        cloud.gateway(&vpc);
        let address = cloud.address();
        let create = || {
            let input = tree! { "SubnetId": subnet.as_str(), "AllocationId": address.as_str(), "ClientToken": "t" };
            cloud.ec2("CreateNatGateway", input).unwrap()
        };
        let made = create();
        assert_eq!(made, create());
        let id = made.need("natGateway.natGatewayId").unwrap();
        assert_eq!(state(&cloud, id), "pending");
        cloud.wait(Duration::from_secs(90));
        assert_eq!(state(&cloud, id), "available");
        let release = || cloud.ec2("ReleaseAddress", tree! { "AllocationId": address.as_str() });
        let delete_subnet = || cloud.ec2("DeleteSubnet", tree! { "SubnetId": subnet.as_str() });
        cloud.ec2("DeleteNatGateway", tree! { "NatGatewayId": id }).unwrap();
        assert_eq!(state(&cloud, id), "deleting");
        assert_eq!(code(release()), "InvalidIPAddress.InUse");
        assert_eq!(code(delete_subnet()), "DependencyViolation");
        cloud.wait(Duration::from_secs(60));
        assert_eq!(state(&cloud, id), "deleted");
        release().unwrap();
        delete_subnet().unwrap();
        cloud.wait(Duration::from_secs(3600));
        assert_eq!(code(cloud.ec2("DescribeNatGateways", tree! { "NatGatewayId": vec![id] })), "NatGatewayNotFound");
    }

    #[test]
    fn a_gateway_without_a_way_out_fails_later() {
        let cloud = Cloud::new();
        let subnet = cloud.subnet(&cloud.vpc("10.0.0.0/16"), "10.0.0.0/24", "eu-central-1a");
        let input = tree! { "SubnetId": subnet, "AllocationId": cloud.address() };
        let made = cloud.ec2("CreateNatGateway", input).unwrap();
        let id = made.need("natGateway.natGatewayId").unwrap();
        assert_eq!(state(&cloud, id), "pending");
        cloud.wait(Duration::from_secs(15));
        assert_eq!(state(&cloud, id), "failed");
    }
}
