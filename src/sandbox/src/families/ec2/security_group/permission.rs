//! Rules in the form of permissions: those with the same protocol and ports together.

use super::super::cidr::Cidr;
use super::super::route_table::canonical_ipv6;
use super::{Direction, Peer, Rule};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// The characters of names and descriptions, as messages tell them.
pub const ALLOWED: &str = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";

/// Returns whether a name or description may have a character.
pub fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(character)
}

/// Protocol and ports.
type Traffic<'a> = (&'a str, (i64, i64));

/// Returns a group's permissions as answers have them.
pub fn shown(scope: &Scope<'_>, group_id: &str, direction: Direction) -> Tree {
    let mut grouped: Vec<(Traffic<'_>, Vec<&Rule>)> = Vec::new();
    for (_, rule) in scope.ec2().rules_of(group_id).filter(|(_, rule)| rule.direction == direction) {
        let key = (rule.protocol.as_str(), rule.ports);
        match grouped.iter_mut().find(|(own, _)| *own == key) {
            Some((_, rules)) => rules.push(rule),
            None => grouped.push((key, vec![rule])),
        }
    }
    Tree::list(grouped.into_iter().map(|((protocol, ports), rules)| permission(scope, protocol, ports, &rules)))
}

fn permission(scope: &Scope<'_>, protocol: &str, (from, to): (i64, i64), rules: &[&Rule]) -> Tree {
    let peers = |form: &dyn Fn(&Peer) -> Option<Tree>| {
        Tree::list(
            rules
                .iter()
                .filter_map(|rule| form(&rule.peer).map(|peer| peer.with("description", rule.description.as_deref()))),
        )
    };
    let has_ports = protocol != "-1";
    tree! {
        "ipProtocol": protocol,
        "fromPort": has_ports.then_some(from),
        "toPort": has_ports.then_some(to),
        "groups": peers(&|peer| match peer {
            Peer::Group(id) => Some(tree! { "userId": scope.account, "groupId": id }),
            _ => None,
        }),
        "ipRanges": peers(&|peer| match peer {
            Peer::Ipv4(cidr) => Some(tree! { "cidrIp": cidr }),
            _ => None,
        }),
        "ipv6Ranges": peers(&|peer| match peer {
            Peer::Ipv6(cidr) => Some(tree! { "cidrIpv6": cidr }),
            _ => None,
        }),
        "prefixListIds": peers(&|peer| match peer {
            Peer::PrefixList(id) => Some(tree! { "prefixListId": id }),
            _ => None,
        }),
    }
}

/// Returns the rules that a request's permissions stand for.
///
/// # Errors
/// When protocol, ports or peers are refused.
pub fn read(scope: &Scope<'_>, group_id: &str, direction: Direction, input: &Tree) -> Result<Vec<Rule>, Fault> {
    let permissions = input.list_at("IpPermissions");
    let single;
    let permissions = match permissions {
        // The older form, with one block in the request itself.
        [] if input.has("IpProtocol") => {
            let range = tree! { "CidrIp": input.text("CidrIp")? };
            single = [input.clone().with("IpRanges", vec![range])];
            &single[..]
        }
        [] => return Err(Fault::missing("ipPermissions")),
        several => several,
    };
    let mut rules = Vec::new();
    for permission in permissions {
        rules.extend(of_permission(scope, group_id, direction, permission)?);
    }
    Ok(rules)
}

fn of_permission(
    scope: &Scope<'_>,
    group_id: &str,
    direction: Direction,
    permission: &Tree,
) -> Result<Vec<Rule>, Fault> {
    let protocol = protocol(permission.need("IpProtocol")?)?;
    let ports = ports(&protocol, permission.int("FromPort")?, permission.int("ToPort")?)?;
    let mut peers = Vec::new();
    for range in permission.list_at("IpRanges") {
        peers.push((ipv4(range.need("CidrIp")?)?, range));
    }
    for range in permission.list_at("Ipv6Ranges") {
        peers.push((ipv6(range.need("CidrIpv6")?)?, range));
    }
    for list in permission.list_at("PrefixListIds") {
        peers.push((prefix_list(scope, list.need("PrefixListId")?)?, list));
    }
    for pair in permission.list_at("Groups") {
        let id = match (pair.text("GroupId")?, pair.text("GroupName")?) {
            (None, Some(name)) => scope.ec2().group_by_name(name)?,
            _ => pair.need("GroupId")?,
        };
        peers.push((group(scope, group_id, id)?, pair));
    }
    if peers.is_empty() {
        let message = "Missing source specification: include source security group or CIDR information";
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let rules = peers.into_iter().map(|(peer, described)| {
        let description = description(described)?;
        let (group_id, protocol) = (group_id.to_owned(), protocol.clone());
        Ok(Rule { group_id, direction, protocol, ports, peer, description })
    });
    rules.collect()
}

/// Returns the rule that a ModifySecurityGroupRules entry stands for.
///
/// # Errors
/// When protocol, ports or peer are refused.
pub fn read_rule(scope: &Scope<'_>, group_id: &str, direction: Direction, input: &Tree) -> Result<Rule, Fault> {
    let protocol = protocol(input.need("IpProtocol")?)?;
    let ports = ports(&protocol, input.int("FromPort")?, input.int("ToPort")?)?;
    let peers = [
        input.text("CidrIpv4")?.map(ipv4),
        input.text("CidrIpv6")?.map(ipv6),
        input.text("PrefixListId")?.map(|id| prefix_list(scope, id)),
        input.text("ReferencedGroupId")?.map(|id| group(scope, group_id, id)),
    ];
    let mut peers = peers.into_iter().flatten();
    let (Some(peer), None) = (peers.next(), peers.next()) else {
        let message = "Exactly one of CidrIpv4, CidrIpv6, PrefixListId, or ReferencedGroupId must be specified";
        return Err(Fault::new("InvalidParameterCombination", message));
    };
    let description = description(input)?;
    Ok(Rule { group_id: group_id.to_owned(), direction, protocol, ports, peer: peer?, description })
}

/// Returns the description that goes with a peer.
///
/// # Errors
/// When it is refused.
pub fn description(described: &Tree) -> Result<Option<String>, Fault> {
    let Some(text) = described.text("Description")?.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.len() > 255 || !text.chars().all(is_allowed) {
        let message = format!(
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  \
             {ALLOWED}"
        );
        return Err(Fault::new("InvalidParameterValue", message));
    }
    Ok(Some(text.to_owned()))
}

fn protocol(text: &str) -> Result<String, Fault> {
    let lower = text.to_lowercase();
    Ok(match lower.as_str() {
        "-1" | "all" => "-1",
        "tcp" | "6" => "tcp",
        "udp" | "17" => "udp",
        "icmp" | "1" => "icmp",
        "icmpv6" | "58" => "icmpv6",
        other if other.parse::<u8>().is_ok() => other,
        _ => {
            let message = format!("Invalid value '{text}' for IP protocol. Unknown protocol.");
            return Err(Fault::new("InvalidParameterValue", message));
        }
    }
    .to_owned())
}

fn ports(protocol: &str, from: Option<i64>, to: Option<i64>) -> Result<(i64, i64), Fault> {
    let refused = |message: String| Err(Fault::new("InvalidParameterValue", message));
    match (protocol, from, to) {
        ("tcp" | "udp", Some(from), Some(to)) => {
            // AWS takes -1 for all ports of TCP and UDP too.
            if (from, to) == (-1, -1) {
                return Ok((0, 65535));
            }
            let is_port = |port| (0..=65535).contains(&port);
            if !is_port(from) || !is_port(to) || from > to {
                return refused(format!("Invalid {} port range ({from}, {to})", protocol.to_uppercase()));
            }
            Ok((from, to))
        }
        ("tcp" | "udp", ..) => {
            refused("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.".to_owned())
        }
        ("icmp" | "icmpv6", from, to) => Ok((from.unwrap_or(-1), to.unwrap_or(-1))),
        _ => Ok((-1, -1)),
    }
}

fn ipv4(text: &str) -> Result<Peer, Fault> {
    let malformed = |_| Fault::new("InvalidParameterValue", format!("CIDR block {text} is malformed"));
    Ok(Peer::Ipv4(text.parse::<Cidr>().map_err(malformed)?.to_string()))
}

fn ipv6(text: &str) -> Result<Peer, Fault> {
    let malformed = || Fault::new("InvalidParameterValue", format!("CIDR block {text} is malformed"));
    canonical_ipv6(text).map(Peer::Ipv6).ok_or_else(malformed)
}

fn prefix_list(scope: &Scope<'_>, id: &str) -> Result<Peer, Fault> {
    super::super::prefix_list::check(scope, id).map(|()| Peer::PrefixList(id.to_owned()))
}

fn group(scope: &Scope<'_>, own: &str, id: &str) -> Result<Peer, Fault> {
    let vpc_id = &scope.ec2().security_group(own)?.vpc_id;
    scope.ec2().check_groups(&[id], vpc_id)?;
    Ok(Peer::Group(id.to_owned()))
}
