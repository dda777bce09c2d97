//! What a security group lets through, in its smallest parts: one source each. Groups and rules are compared and changed in
//! these, however users put them together.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroupRule, UserIdGroupPair};
use landfall_provider::CallResult;

use crate::client::Aws;
use crate::ec2::range::canonical;
use crate::error::{Answer, Fault, Unless, fault};

/// All protocols.
pub const ALL: &str = "-1";
const REVOKED: &[Fault] = &[fault("InvalidPermission.NotFound")];

/// Which way the traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// In.
    Ingress,
    /// Out.
    Egress,
}

/// Protocol and ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// Name or number; `-1` is all.
    pub protocol: String,
    /// First port, or type of ICMP.
    pub from: i32,
    /// Last port, or code of ICMP.
    pub to: i32,
}

/// Where traffic comes from, or goes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// IPv4 range.
    Ipv4(String),
    /// IPv6 range.
    Ipv6(String),
    /// Prefix list.
    PrefixList(String),
    /// Security group.
    Group(GroupReference),
}

/// A security group, with its account where that is another one. Ids are unique among all accounts.
#[derive(Clone, Debug)]
pub struct GroupReference {
    /// Account.
    pub account: Option<String>,
    /// Id.
    pub id: String,
}

/// One source with its ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// Protocol and ports.
    pub ports: Ports,
    /// Source or destination.
    pub source: Source,
    /// Description; empty for none.
    pub description: String,
}

impl Ports {
    /// Returns ports of a protocol. All protocols have no ports.
    pub fn new(protocol: &str, from: i32, to: i32) -> Self {
        let protocol = normalised(protocol);
        let (from, to) = if protocol == ALL { (0, 0) } else { (from, to) };
        Self { protocol, from, to }
    }
}

/// Returns a protocol as the service writes it.
pub fn normalised(protocol: &str) -> String {
    let protocol = protocol.to_ascii_lowercase();
    match protocol.as_str() {
        "all" => ALL.to_owned(),
        "1" => "icmp".to_owned(),
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "58" => "icmpv6".to_owned(),
        _ => protocol,
    }
}

impl Source {
    /// Returns an IPv4 range.
    pub fn ipv4(range: &str) -> Self {
        Self::Ipv4(canonical(range))
    }

    /// Returns an IPv6 range.
    pub fn ipv6(range: &str) -> Self {
        Self::Ipv6(canonical(range))
    }

    /// Returns a security group: `sg-1`, or `123456789012/sg-1` of another account.
    pub fn group(text: &str) -> Self {
        let (account, id) = match text.split_once('/') {
            Some((account, id)) => (Some(account.to_owned()), id),
            None => (None, text),
        };
        Self::Group(GroupReference { account, id: id.to_owned() })
    }

    /// Returns whether this is the group with this id.
    pub fn is_group(&self, id: &str) -> bool {
        matches!(self, Self::Group(group) if group.id == id)
    }
}

impl GroupReference {
    /// Returns a group as remote rules name it; `owner` is the account of the group with the rule.
    pub fn of(id: &str, account: Option<&str>, owner: Option<&str>) -> Self {
        Self { account: account.filter(|account| Some(*account) != owner).map(str::to_owned), id: id.to_owned() }
    }

    /// Returns the group as users write it.
    pub fn text(&self) -> String {
        match &self.account {
            Some(account) => format!("{account}/{}", self.id),
            None => self.id.clone(),
        }
    }
}

impl PartialEq for GroupReference {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for GroupReference {}

impl PartialOrd for GroupReference {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GroupReference {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

impl Permission {
    /// Returns whether both let the same traffic through.
    pub fn is_like(&self, other: &Self) -> bool {
        self.ports == other.ports && self.source == other.source
    }
}

/// Returns the parts of remote permissions; `owner` is the group's account.
pub fn parts(remote: &[IpPermission], owner: Option<&str>) -> Vec<Permission> {
    let mut parts = Vec::new();
    for permission in remote {
        let (from, to) = (permission.from_port.unwrap_or_default(), permission.to_port.unwrap_or_default());
        let ports = Ports::new(permission.ip_protocol().unwrap_or_default(), from, to);
        let mut add = |source: Source, description: Option<&str>| {
            let description = description.unwrap_or_default().to_owned();
            parts.push(Permission { ports: ports.clone(), source, description });
        };
        for range in permission.ip_ranges() {
            add(Source::ipv4(range.cidr_ip().unwrap_or_default()), range.description());
        }
        for range in permission.ipv6_ranges() {
            add(Source::ipv6(range.cidr_ipv6().unwrap_or_default()), range.description());
        }
        for list in permission.prefix_list_ids() {
            add(Source::PrefixList(list.prefix_list_id().unwrap_or_default().to_owned()), list.description());
        }
        for pair in permission.user_id_group_pairs() {
            let group = GroupReference::of(pair.group_id().unwrap_or_default(), pair.user_id(), owner);
            add(Source::Group(group), pair.description());
        }
    }
    parts
}

/// Returns the direction of a remote rule.
pub fn direction(remote: &SecurityGroupRule) -> Direction {
    if remote.is_egress == Some(true) { Direction::Egress } else { Direction::Ingress }
}

/// Returns a remote rule as a permission.
pub fn part(remote: &SecurityGroupRule) -> Permission {
    let (from, to) = (remote.from_port.unwrap_or_default(), remote.to_port.unwrap_or_default());
    let group = remote.referenced_group_info.as_ref();
    let source = match (remote.cidr_ipv4(), remote.cidr_ipv6(), remote.prefix_list_id()) {
        (Some(range), _, _) => Source::ipv4(range),
        (_, Some(range), _) => Source::ipv6(range),
        (_, _, Some(list)) => Source::PrefixList(list.to_owned()),
        (None, None, None) => Source::Group(GroupReference::of(
            group.and_then(|group| group.group_id()).unwrap_or_default(),
            group.and_then(|group| group.user_id()),
            remote.group_owner_id(),
        )),
    };
    Permission {
        ports: Ports::new(remote.ip_protocol().unwrap_or_default(), from, to),
        source,
        description: remote.description.clone().unwrap_or_default(),
    }
}

/// Returns permissions as requests take them: one for the same ports.
pub fn request<'p>(permissions: impl IntoIterator<Item = &'p Permission>) -> Vec<IpPermission> {
    let mut by_ports: BTreeMap<&Ports, Vec<&Permission>> = BTreeMap::new();
    for permission in permissions {
        by_ports.entry(&permission.ports).or_default().push(permission);
    }
    by_ports.into_iter().map(|(ports, permissions)| request_of(ports, &permissions)).collect()
}

fn request_of(ports: &Ports, permissions: &[&Permission]) -> IpPermission {
    let has_ports = ports.protocol != ALL;
    let mut request = IpPermission::builder()
        .ip_protocol(&ports.protocol)
        .set_from_port(has_ports.then_some(ports.from))
        .set_to_port(has_ports.then_some(ports.to));
    for permission in permissions {
        let description = Some(permission.description.clone()).filter(|text| !text.is_empty());
        request = match &permission.source {
            Source::Ipv4(range) => {
                request.ip_ranges(IpRange::builder().cidr_ip(range).set_description(description).build())
            }
            Source::Ipv6(range) => {
                request.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).set_description(description).build())
            }
            Source::PrefixList(id) => {
                let list = PrefixListId::builder().prefix_list_id(id).set_description(description);
                request.prefix_list_ids(list.build())
            }
            Source::Group(group) => {
                let pair = UserIdGroupPair::builder().group_id(&group.id).set_user_id(group.account.clone());
                request.user_id_group_pairs(pair.set_description(description).build())
            }
        };
    }
    request.build()
}

/// Lets traffic through.
///
/// # Errors
/// What AuthorizeSecurityGroupIngress or AuthorizeSecurityGroupEgress failed with.
pub async fn authorize(aws: &Aws, group: &str, direction: Direction, permissions: Vec<IpPermission>) -> CallResult<()> {
    let permissions = Some(permissions);
    match direction {
        Direction::Ingress => {
            let request = aws.ec2().authorize_security_group_ingress().group_id(group);
            request.set_ip_permissions(permissions).send().await.answer()?;
        }
        Direction::Egress => {
            let request = aws.ec2().authorize_security_group_egress().group_id(group);
            request.set_ip_permissions(permissions).send().await.answer()?;
        }
    }
    Ok(())
}

/// Lets traffic through no more.
///
/// # Errors
/// What RevokeSecurityGroupIngress or RevokeSecurityGroupEgress failed with.
pub async fn revoke(aws: &Aws, group: &str, direction: Direction, permissions: Vec<IpPermission>) -> CallResult<()> {
    let permissions = Some(permissions);
    match direction {
        Direction::Ingress => {
            let request = aws.ec2().revoke_security_group_ingress().group_id(group);
            request.set_ip_permissions(permissions).send().await.answer().unless(REVOKED)?;
        }
        Direction::Egress => {
            let request = aws.ec2().revoke_security_group_egress().group_id(group);
            request.set_ip_permissions(permissions).send().await.answer().unless(REVOKED)?;
        }
    }
    Ok(())
}

/// Gives permissions that are there other descriptions.
///
/// # Errors
/// What UpdateSecurityGroupRuleDescriptionsIngress or UpdateSecurityGroupRuleDescriptionsEgress failed with.
pub async fn describe(aws: &Aws, group: &str, direction: Direction, permissions: Vec<IpPermission>) -> CallResult<()> {
    let permissions = Some(permissions);
    match direction {
        Direction::Ingress => {
            let request = aws.ec2().update_security_group_rule_descriptions_ingress().group_id(group);
            request.set_ip_permissions(permissions).send().await.answer()?;
        }
        Direction::Egress => {
            let request = aws.ec2().update_security_group_rule_descriptions_egress().group_id(group);
            request.set_ip_permissions(permissions).send().await.answer()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(ports: (&str, i32, i32), source: Source) -> Permission {
        Permission { ports: Ports::new(ports.0, ports.1, ports.2), source, description: String::new() }
    }

    #[test]
    fn protocols_and_ports_have_one_form() {
        assert_eq!(Ports::new("6", 80, 80), Ports::new("TCP", 80, 80));
        assert_eq!(Ports::new("all", 0, 65535), Ports::new("-1", -1, -1));
        assert_eq!(normalised("50"), "50");
    }

    #[test]
    fn permissions_come_back_in_parts() {
        let parts = [
            part(("tcp", 80, 80), Source::ipv4("10.0.0.0/8")),
            part(("tcp", 80, 80), Source::group("123/sg-1")),
            part(("-1", 0, 0), Source::ipv6("2001:0db8::/32")),
        ];
        let request = request(&parts);
        assert_eq!(request.len(), 2);
        let mut back = super::parts(&request, Some("1"));
        back.sort();
        let mut expected = parts.to_vec();
        expected.sort();
        assert_eq!(back, expected);
    }

    #[test]
    fn groups_of_the_same_account_have_no_account() {
        assert_eq!(GroupReference::of("sg-1", Some("1"), Some("1")).text(), "sg-1");
        assert_eq!(GroupReference::of("sg-1", Some("2"), Some("1")).text(), "2/sg-1");
        assert_eq!(Source::group("2/sg-1"), Source::group("sg-1"));
    }
}
