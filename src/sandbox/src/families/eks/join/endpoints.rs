//! VPC endpoints on a node's way: names of a service that has one lead to it, whatever other ways there are.

use super::Candidate;
use super::cause::Cause;
use super::path::{Place, lets};
use crate::families::ec2::security_group::{Direction, Peer};
use crate::families::ec2::vpc_endpoint::Kind;
use crate::families::ec2::{Interface, VpcEndpoint, cidr::Cidr, prefix_list};
use crate::timestamp::Timestamp;

/// Services that a node calls before it is one.
const NEEDED: [&str; 5] = ["ec2", "ecr.api", "ecr.dkr", "s3", "sts"];
/// The service that tells what user data leaves out.
const DESCRIBES: &str = "eks";
const HTTPS: i64 = 443;

/// What endpoints do for a node.
#[derive(Debug, Default)]
pub struct Served {
    /// Since when all of them are there.
    pub since: Timestamp,
    /// Whether there are any.
    pub is_any: bool,
    /// The services that need another way.
    pub others: Vec<&'static str>,
}

/// Returns which services the node reaches by endpoints.
///
/// # Errors
/// When an endpoint does not let it in, or its own groups do not let it out there.
pub fn check(node: &Candidate<'_>, interface: &Interface, describes: bool) -> Result<Served, Cause> {
    let store = node.scope.ec2();
    let mut served = Served::default();
    for service in NEEDED.into_iter().chain(describes.then_some(DESCRIBES)) {
        let of_service = || store.endpoints_of(&interface.vpc_id).filter(|(_, own)| own.service == service);
        let by_name = of_service().find(|(_, own)| own.kind == Kind::Interface && own.has_private_names);
        let table = store.table_of(&interface.subnet_id).map_or("", |(id, _)| id);
        let by_route = || of_service().find(|(_, own)| own.route_table_ids.iter().any(|id| id == table));
        let Some((id, endpoint)) = by_name.or_else(by_route) else {
            served.others.push(service);
            continue;
        };
        let closed = |is_out| Cause::EndpointClosed { endpoint: id.to_owned(), service, is_out };
        match endpoint.kind {
            Kind::Gateway => by_list(node, interface, service).then_some(()).ok_or_else(|| closed(true))?,
            Kind::Interface => by_interface(node, interface, endpoint).map_err(closed)?,
        }
        served.is_any = true;
        served.since = served.since.max(endpoint.available_since());
    }
    Ok(served)
}

/// Returns whether the groups of the node let it out to a service with a prefix list.
fn by_list(node: &Candidate<'_>, interface: &Interface, service: &str) -> bool {
    let list = prefix_list::id_of(node.scope.region, service);
    let blocks: Vec<Cidr> = prefix_list::blocks(service).iter().filter_map(|block| block.parse().ok()).collect();
    lets(node.scope.ec2(), &interface.groups, Direction::Egress, HTTPS, |peer| match peer {
        Peer::PrefixList(id) => *id == list,
        Peer::Ipv4(block) => block.parse().is_ok_and(|own: Cidr| blocks.iter().all(|block| own.contains(*block))),
        Peer::Ipv6(_) | Peer::Group(_) => false,
    })
}

/// Checks the rules between the node and an endpoint; the error tells whether it is the way out that is closed.
fn by_interface(node: &Candidate<'_>, interface: &Interface, endpoint: &VpcEndpoint) -> Result<(), bool> {
    let store = node.scope.ec2();
    let own: Vec<&Interface> = endpoint.interfaces.values().filter_map(|id| store.interfaces.get(id)).collect();
    let addresses = own.iter().filter_map(|own| own.primary()).collect();
    let (here, there) = (Place::of(interface), Place { groups: &endpoint.groups, addresses });
    if !lets(store, here.groups, Direction::Egress, HTTPS, |peer| there.is_at(peer)) {
        return Err(true);
    }
    if !lets(store, there.groups, Direction::Ingress, HTTPS, |peer| here.is_at(peer)) {
        return Err(false);
    }
    Ok(())
}
