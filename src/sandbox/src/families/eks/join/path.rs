//! Ways through the network: to the endpoint of the control plane, and to the services that a node calls.

use std::net::Ipv4Addr;

use super::Candidate;
use super::cause::{Cause, WayOut};
use super::endpoints;
use crate::families::ec2::cidr::Cidr;
use crate::families::ec2::route_table::Target;
use crate::families::ec2::security_group::{Direction, Peer, Rule};
use crate::families::ec2::{Interface, Store};
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// Port of the control plane.
const API: i64 = 443;
/// Addresses of AWS, here and there: rules and routes that hold for them are taken to hold for all of its services.
const OF_AWS: [Ipv4Addr; 4] = [
    Ipv4Addr::new(3, 64, 0, 1),
    Ipv4Addr::new(18, 184, 0, 1),
    Ipv4Addr::new(52, 28, 0, 1),
    Ipv4Addr::new(54, 93, 0, 1),
];

/// Where an instance is in the network.
pub(super) struct Place<'a> {
    pub groups: &'a [String],
    pub addresses: Vec<Ipv4Addr>,
}

impl<'a> Place<'a> {
    pub fn of(interface: &'a Interface) -> Self {
        Self { groups: &interface.groups, addresses: interface.addresses.clone() }
    }

    /// Returns whether a rule's peer is here.
    pub fn is_at(&self, peer: &Peer) -> bool {
        match peer {
            Peer::Group(id) => self.groups.contains(id),
            Peer::Ipv4(block) => {
                block.parse().is_ok_and(|block: Cidr| self.addresses.iter().any(|address| block.has(*address)))
            }
            Peer::Ipv6(_) | Peer::PrefixList(_) => false,
        }
    }
}

fn covers(rule: &Rule, direction: Direction, port: i64) -> bool {
    let has_port = rule.protocol == "-1" || (rule.protocol == "tcp" && (rule.ports.0..=rule.ports.1).contains(&port));
    rule.direction == direction && has_port
}

/// Returns whether a rule of the groups lets a port through to whom `is_peer` accepts.
pub(super) fn lets(
    store: &Store,
    groups: &[String],
    direction: Direction,
    port: i64,
    is_peer: impl Fn(&Peer) -> bool,
) -> bool {
    let rules = groups.iter().flat_map(|group| store.rules_of(group));
    rules.into_iter().any(|(_, rule)| covers(rule, direction, port) && is_peer(&rule.peer))
}

/// Returns from when on the instance reaches the endpoint of the control plane, and the services of AWS; EKS is one of
/// them where the instance asks it for what user data leaves out.
///
/// # Errors
/// When it does not.
pub fn check(node: &Candidate<'_>, describes: bool) -> Result<Timestamp, Cause> {
    let (scope, cluster, instance) = (node.scope, node.cluster, node.instance);
    let store = scope.ec2();
    let Some(interface) = store.interfaces_of(node.id).first().map(|(_, interface)| *interface) else {
        return Err(Cause::NotRunning("without network interface"));
    };
    if interface.addresses.is_empty() {
        return Err(Cause::NoIpv4 { subnet: interface.subnet_id.clone() });
    }
    if let Some(vpc) = store.vpcs.get(&instance.vpc_id) {
        let id = || instance.vpc_id.clone();
        if !vpc.attributes.dns_support {
            return Err(Cause::NoDnsSupport { vpc: id() });
        }
        if !vpc.attributes.dns_hostnames {
            return Err(Cause::NoDnsHostnames { vpc: id() });
        }
    }
    let is_inside = cluster.vpc_id == instance.vpc_id;
    let is_public = !(cluster.endpoint.is_private && is_inside);
    if !is_public {
        inside(node, interface)?;
    } else if !cluster.endpoint.is_public {
        return Err(Cause::OtherVpc { vpc: instance.vpc_id.clone(), of_cluster: cluster.vpc_id.clone() });
    }
    let served = endpoints::check(node, interface, describes)?;
    if !is_public && served.others.is_empty() {
        return Ok(served.since);
    }
    let to = match is_public {
        true => "the public endpoint of the cluster".to_owned(),
        false if served.is_any => format!("{}, for which there is no VPC endpoint", served.others.join(", ")),
        false => "EC2, STS and ECR".to_owned(),
    };
    let out = lets_out(store, &interface.groups);
    if !out {
        return Err(Cause::NotLetOut { groups: interface.groups.clone(), to });
    }
    let way = way_out(scope, node.id, interface).map_err(|why| Cause::NoWayOut { to, why })?;
    let answers = |text: &String| text.parse().is_ok_and(|block: Cidr| block.has(way.address));
    if is_public && !cluster.endpoint.public_cidrs.iter().any(answers) {
        let (address, cidrs) = (way.address.to_string(), cluster.endpoint.public_cidrs.clone());
        return Err(Cause::NotInPublicCidrs { address, cidrs });
    }
    Ok(way.since.max(served.since))
}

/// Checks the way to the control plane's interfaces in the VPC: out of the instance's groups, in to theirs.
fn inside(node: &Candidate<'_>, interface: &Interface) -> Result<(), Cause> {
    let store = node.scope.ec2();
    let own: Vec<&Interface> = node.cluster.interface_ids.iter().filter_map(|id| store.interfaces.get(id)).collect();
    let Some(control_plane) = own.first().copied() else {
        return Err(Cause::ControlPlane("without network interfaces"));
    };
    let there =
        Place { groups: &control_plane.groups, addresses: own.iter().filter_map(|own| own.primary()).collect() };
    let here = Place::of(interface);
    if !lets(store, here.groups, Direction::Egress, API, |peer| there.is_at(peer)) {
        let groups = here.groups.to_vec();
        return Err(Cause::NotLetOut { groups, to: "the private endpoint of the cluster".to_owned() });
    }
    if !lets(store, there.groups, Direction::Ingress, API, |peer| here.is_at(peer)) {
        return Err(Cause::NotLetIn { groups: there.groups.to_vec(), from: here.groups.to_vec() });
    }
    Ok(())
}

fn lets_out(store: &Store, groups: &[String]) -> bool {
    let is_to = |address: Ipv4Addr| move |peer: &Peer| matches!(peer, Peer::Ipv4(block) if block.parse().is_ok_and(|block: Cidr| block.has(address)));
    OF_AWS.iter().all(|address| lets(store, groups, Direction::Egress, API, is_to(*address)))
}

/// Returns whether the control plane reaches the kubelet of an instance, for logs, exec and port forwarding.
pub fn reaches_kubelet(node: &Candidate<'_>) -> bool {
    const KUBELET: i64 = 10250;
    let store = node.scope.ec2();
    let own = node.cluster.interface_ids.iter().filter_map(|id| store.interfaces.get(id)).next();
    let (Some(control_plane), [(_, interface), ..]) = (own, &store.interfaces_of(node.id)[..]) else { return true };
    let (there, here) = (Place::of(control_plane), Place::of(interface));
    lets(store, there.groups, Direction::Egress, KUBELET, |peer| here.is_at(peer))
        && lets(store, here.groups, Direction::Ingress, KUBELET, |peer| there.is_at(peer))
}

/// A way to the internet.
struct Way {
    /// The address that others see.
    address: Ipv4Addr,
    /// Since when there is one.
    since: Timestamp,
}

fn way_out(scope: &Scope<'_>, instance_id: &str, interface: &Interface) -> Result<Way, WayOut> {
    let store = scope.ec2();
    let subnet = &interface.subnet_id;
    let Some((table_id, table)) = store.table_of(subnet) else {
        return Err(WayOut::NoRoute { subnet: subnet.clone(), table: "none".to_owned() });
    };
    let no_route = || WayOut::NoRoute { subnet: subnet.clone(), table: table_id.to_owned() };
    let mut way = None;
    for address in OF_AWS {
        let route = table.route_to(address).ok_or_else(no_route)?;
        way = Some(match &route.target {
            Target::Gateway(id) => by_gateway(store, id, instance_id, interface)?,
            Target::Nat(id) => by_nat(scope, id)?,
            Target::Interface(id) | Target::Instance(id) | Target::EgressOnly(id) => {
                return Err(WayOut::Elsewhere { target: id.clone() });
            }
        });
    }
    way.ok_or_else(no_route)
}

fn by_gateway(store: &Store, gateway: &str, instance_id: &str, interface: &Interface) -> Result<Way, WayOut> {
    if store.gateway_of(&interface.vpc_id) != Some(gateway) {
        return Err(WayOut::TargetGone { target: gateway.to_owned() });
    }
    let interfaces = store.interfaces_of(instance_id);
    let id = interfaces.first().map_or("", |(id, _)| *id);
    let elastic =
        interface.primary().and_then(|address| store.address_of(id, address)).map(|(_, own, _)| own.public_ip);
    match elastic.or(interface.public_ip) {
        Some(address) => Ok(Way { address, since: Timestamp::default() }),
        None => {
            let (subnet, gateway) = (interface.subnet_id.clone(), gateway.to_owned());
            Err(WayOut::NoPublicAddress { subnet, gateway })
        }
    }
}

fn by_nat(scope: &Scope<'_>, id: &str) -> Result<Way, WayOut> {
    let store = scope.ec2();
    let gone = || WayOut::TargetGone { target: id.to_owned() };
    let nat = store.nat_gateways.get(id).filter(|nat| nat.is_live()).ok_or_else(gone)?;
    let stuck = || WayOut::NatWithoutWayOut { nat: id.to_owned(), subnet: nat.subnet_id.clone() };
    let table = store.table_of(&nat.subnet_id).map(|(_, table)| table);
    let leads_out = |address: &Ipv4Addr| {
        let route = table.and_then(|table| table.route_to(*address));
        let gateway = route.and_then(|route| match &route.target {
            Target::Gateway(id) => Some(id.as_str()),
            _ => None,
        });
        gateway.is_some() && gateway == store.gateway_of(&nat.vpc_id)
    };
    if !nat.is_public || !OF_AWS.iter().all(leads_out) {
        return Err(stuck());
    }
    let elastic = nat.addresses.first().and_then(|own| own.elastic.as_ref());
    let address = elastic.map(|(_, _, address)| *address).ok_or_else(stuck)?;
    Ok(Way { address, since: nat.available_since() })
}
