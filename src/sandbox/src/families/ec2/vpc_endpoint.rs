//! VPC endpoints: of the gateway type, which are routes, and of the interface type, which are interfaces and names.

mod change;
mod create;
pub mod service;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::filters::one;
use super::list::{self, Listed};
use super::{PAGING, Store, kinds, prefix_list};
use crate::families::page::Paging;
use crate::families::{Event, Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        create::CREATE,
        change::MODIFY,
        read("DescribeVpcEndpoints", list::members!("VpcEndpointId"), list::describe::<VpcEndpoint>),
        write("DeleteVpcEndpoints", &["VpcEndpointId"], delete),
        service::DESCRIBE,
    ],
    events: &[Event { name: GONE, happen: be_gone }],
};

const GONE: &str = "ec2.vpc-endpoint-gone";

/// How long an interface endpoint is pending, when it is new and when it changes.
const PENDING: Duration = Duration::from_secs(60);
/// How long an endpoint of a type is deleting.
const fn deleting(kind: Kind) -> Duration {
    match kind {
        Kind::Gateway => Duration::from_secs(3),
        Kind::Interface => Duration::from_secs(60),
    }
}

/// An endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// Its VPC.
    pub vpc_id: String,
    /// The service behind it, by its short name, such as `ecr.api`.
    pub service: String,
    /// Its type.
    pub kind: Kind,
    /// When it was made.
    pub created: Timestamp,
    /// Since when it has its interfaces and names.
    pub since: Timestamp,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
    /// Its policy; nothing for the one that allows everything.
    pub policy: Option<String>,
    /// The tables with a route to a gateway endpoint.
    pub route_table_ids: Vec<String>,
    /// The subnets of an interface endpoint, with its interface in each.
    pub interfaces: BTreeMap<String, String>,
    /// The security groups of its interfaces.
    pub groups: Vec<String>,
    /// Whether names of the service lead to it in its VPC.
    pub has_private_names: bool,
    /// `dnsOptions`, as answers have them.
    pub dns_options: Tree,
    /// What tells its names from those of others.
    pub suffix: String,
}

/// The type of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A route.
    Gateway,
    /// Interfaces in subnets.
    Interface,
}

impl VpcEndpoint {
    /// Returns the state at a moment.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.kind {
            _ if self.deleted.is_some() => "deleting",
            Kind::Interface if self.available_since() > now => "pending",
            Kind::Interface | Kind::Gateway => "available",
        }
    }

    /// Returns from when on the service is reached by it.
    pub fn available_since(&self) -> Timestamp {
        match self.kind {
            Kind::Gateway => self.since,
            Kind::Interface => self.since + PENDING,
        }
    }

    fn policy(&self) -> &str {
        let usual = match self.kind {
            Kind::Gateway => {
                r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#
            }
            Kind::Interface => {
                "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \"Principal\": \
                 \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}"
            }
        };
        self.policy.as_deref().unwrap_or(usual)
    }

    /// Returns the names of an interface endpoint: of the region, of each zone, and the service's own where it has them.
    fn names(&self, scope: &Scope<'_>, id: &str) -> Tree {
        if self.kind == Kind::Gateway {
            return Tree::List(Vec::new());
        }
        let base = service::base_name(scope.region, &self.service);
        let entry = |name: String, zone: String| tree! { "dnsName": name, "hostedZoneId": zone };
        let zone_of = |text: &str| format!("Z{:013X}", crate::world::ids::hashed([scope.region, text]) >> 12);
        let of_region = || zone_of("vpce");
        let mut names = vec![entry(format!("{id}-{}.{base}", self.suffix), of_region())];
        let zones = self.interfaces.keys().filter_map(|subnet| Some(scope.ec2().subnets.get(subnet)?.zone.as_str()));
        names.extend(zones.map(|zone| entry(format!("{id}-{}-{zone}.{base}", self.suffix), of_region())));
        if self.has_private_names {
            names.push(entry(service::private_name(scope.region, &self.service), zone_of(id)));
        }
        Tree::list(names)
    }
}

impl Store {
    /// Returns the endpoints of a VPC that are there and stay.
    pub fn endpoints_of<'a>(&'a self, vpc_id: &'a str) -> impl Iterator<Item = (&'a str, &'a VpcEndpoint)> {
        let own = self.vpc_endpoints.iter().filter(move |(_, own)| own.vpc_id == vpc_id && own.deleted.is_none());
        own.map(|(id, own)| (id.as_str(), own))
    }

    /// Returns the gateway endpoints that a route table leads to, each with its prefix list.
    pub fn gateway_endpoints_of(&self, region: &str, table_id: &str) -> Vec<(&str, String)> {
        let all = self.vpc_endpoints.iter().filter(|(_, own)| own.deleted.is_none());
        let own = all.filter(|(_, own)| own.route_table_ids.iter().any(|id| id == table_id));
        own.map(|(id, own)| (id.as_str(), prefix_list::id_of(region, &own.service))).collect()
    }

    /// Returns an endpoint that can be changed.
    fn vpc_endpoint(&self, id: &str) -> Result<&VpcEndpoint, Fault> {
        kinds::check(self, id, "vpce")?;
        self.vpc_endpoints.get(id).filter(|own| own.deleted.is_none()).ok_or_else(|| kinds::missing(id))
    }
}

impl Listed for VpcEndpoint {
    const IDS: &'static str = "VpcEndpointId";
    const SET: &'static str = "vpcEndpointSet";
    const PREFIX: &'static str = "vpce";
    const PAGING: Paging = Paging { least: 1, most: i64::MAX, ..PAGING };

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.vpc_endpoints
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        match name {
            "vpc-endpoint-id" => one(id),
            "vpc-id" => one(&self.vpc_id),
            "service-name" => one(service::named(scope.region, &self.service)),
            "service-region" => one(scope.region),
            "vpc-endpoint-state" => one(self.state(scope.now)),
            "vpc-endpoint-type" => one(format!("{:?}", self.kind)),
            "ip-address-type" => one("ipv4"),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let groups = self.groups.iter().map(|group| {
            let own = scope.ec2().security_groups.get(group);
            tree! { "groupId": group, "groupName": own.map(|own| own.name.as_str()) }
        });
        tree! {
            "vpcEndpointId": id,
            "vpcEndpointType": format!("{:?}", self.kind),
            "vpcId": self.vpc_id.as_str(),
            "serviceName": service::named(scope.region, &self.service),
            "serviceRegion": scope.region,
            "state": self.state(scope.now),
            "policyDocument": self.policy(),
            "routeTableIdSet": Tree::list(&self.route_table_ids),
            "subnetIdSet": Tree::list(self.interfaces.keys()),
            "groupSet": Tree::list(groups),
            "ipAddressType": "ipv4",
            "dnsOptions": &self.dns_options,
            "privateDnsEnabled": self.has_private_names,
            "requesterManaged": false,
            "networkInterfaceIdSet": Tree::list(self.interfaces.values()),
            "dnsEntrySet": self.names(scope, id),
            "creationTimestamp": self.created,
            "tagSet": scope.ec2().tag_set(id),
            "ownerId": scope.account,
        }
    }
}

/// Each endpoint goes or not by itself; the answer tells which do not.
fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = input.texts("VpcEndpointId");
    if ids.is_empty() {
        return Err(Fault::missing("VpcEndpointId"));
    }
    let (now, mut unsuccessful) = (scope.now, Vec::new());
    for id in ids {
        let Some(endpoint) = scope.ec2_mut().vpc_endpoints.get_mut(id) else {
            let message = format!("The Vpc Endpoint Id '{id}' does not exist");
            let error = tree! { "code": "InvalidVpcEndpoint.NotFound", "message": message };
            unsuccessful.push(tree! { "resourceId": id, "error": error });
            continue;
        };
        if endpoint.deleted.is_none() {
            endpoint.deleted = Some(now);
            let after = deleting(endpoint.kind);
            scope.later(after, GONE, id);
        }
    }
    Ok(tree! { "unsuccessful": unsuccessful })
}

fn be_gone(scope: &mut Scope<'_>, id: &str) {
    let store = scope.ec2_mut();
    let Some(endpoint) = store.vpc_endpoints.remove(id) else { return };
    store.tags.remove(id);
    for interface in endpoint.interfaces.values() {
        scope.remove_interface(interface);
    }
}

#[cfg(test)]
mod tests;
