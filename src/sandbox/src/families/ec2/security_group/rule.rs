//! One rule of a security group.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::Store;
use super::super::filters::one;
use super::super::list::Listed;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Which way traffic goes, seen from the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// In.
    Ingress,
    /// Out.
    Egress,
}

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Peer {
    /// A block of IPv4 addresses.
    Ipv4(String),
    /// A block of IPv6 addresses.
    Ipv6(String),
    /// Whoever is in a group.
    Group(String),
    /// A prefix list.
    PrefixList(String),
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its group.
    pub group_id: String,
    /// Which way.
    pub direction: Direction,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for everything.
    pub protocol: String,
    /// First and last port, or type and code of ICMP; `-1` for all.
    pub ports: (i64, i64),
    /// Who is at the other end.
    pub peer: Peer,
    /// Its description.
    pub description: Option<String>,
}

impl Rule {
    /// Returns a rule for all traffic.
    pub fn all(group_id: &str, direction: Direction, peer: Peer) -> Self {
        let (group_id, protocol) = (group_id.to_owned(), "-1".to_owned());
        Self { group_id, direction, protocol, ports: (-1, -1), peer, description: None }
    }

    /// Adds the rule to the world, and returns its id.
    pub fn enter(self, scope: &mut Scope<'_>) -> String {
        let id = scope.ids().ec2("sgr");
        scope.ec2_mut().rules.insert(id.clone(), self);
        id
    }

    /// Returns whether two rules let the same traffic pass.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let essence = |rule: &Self| Self { description: None, ..rule.clone() };
        essence(self) == essence(other)
    }

    /// Returns whether a rule lets a protocol and port pass.
    pub fn admits(&self, protocol: &str, port: i64) -> bool {
        self.protocol == "-1" || (self.protocol == protocol && (self.ports.0..=self.ports.1).contains(&port))
    }

    /// Returns the rule as errors name it.
    pub fn named(&self) -> String {
        let peer = match &self.peer {
            Peer::Ipv4(peer) | Peer::Ipv6(peer) | Peer::Group(peer) | Peer::PrefixList(peer) => peer,
        };
        match self.protocol.as_str() {
            "-1" => format!("peer: {peer}, ALL, ALLOW"),
            "icmp" | "icmpv6" => {
                let (kind, code) = self.ports;
                format!("peer: {peer}, {}, type: {kind}, code: {code}, ALLOW", self.protocol.to_uppercase())
            }
            protocol => {
                let (from, to) = self.ports;
                format!("peer: {peer}, {}, from port: {from}, to port: {to}, ALLOW", protocol.to_uppercase())
            }
        }
    }

    /// Returns what the rule has for a filter `ip-permission.NAME` of its group.
    pub fn permission_filter(&self, scope: &Scope<'_>, name: &str) -> Option<Vec<String>> {
        let peer = |wanted: fn(&Peer) -> Option<&String>| Some(wanted(&self.peer).into_iter().cloned().collect());
        match name {
            "protocol" => one(&self.protocol),
            "from-port" => one(self.ports.0),
            "to-port" => one(self.ports.1),
            "cidr" => peer(|peer| if let Peer::Ipv4(cidr) = peer { Some(cidr) } else { None }),
            "ipv6-cidr" => peer(|peer| if let Peer::Ipv6(cidr) = peer { Some(cidr) } else { None }),
            "user-id" => Some(match &self.peer {
                Peer::Group(_) => vec![scope.account.to_owned()],
                _ => vec![],
            }),
            "group-name" => Some(match &self.peer {
                Peer::Group(id) => scope.ec2().security_groups.get(id).iter().map(|group| group.name.clone()).collect(),
                _ => vec![],
            }),
            "group-id" => peer(|peer| if let Peer::Group(id) = peer { Some(id) } else { None }),
            "prefix-list-id" => peer(|peer| if let Peer::PrefixList(id) = peer { Some(id) } else { None }),
            _ => None,
        }
    }

    /// Returns the rule as RevokeSecurityGroup… answers have it, and the base of the usual form.
    pub fn revoked(&self, id: &str) -> Tree {
        let shown = tree! {
            "securityGroupRuleId": id,
            "groupId": self.group_id.as_str(),
            "isEgress": self.direction == Direction::Egress,
            "ipProtocol": self.protocol.as_str(),
            "fromPort": self.ports.0,
            "toPort": self.ports.1,
            "description": self.description.as_deref(),
        };
        match &self.peer {
            Peer::Ipv4(cidr) => shown.with("cidrIpv4", cidr),
            Peer::Ipv6(cidr) => shown.with("cidrIpv6", cidr),
            Peer::PrefixList(id) => shown.with("prefixListId", id),
            Peer::Group(id) => shown.with("referencedGroupId", id),
        }
    }
}

impl Listed for Rule {
    const IDS: &'static str = "SecurityGroupRuleId";
    const SET: &'static str = "securityGroupRuleSet";
    const PREFIX: &'static str = "sgr";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.rules
    }

    fn filter(&self, _: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        match name {
            "group-id" => one(&self.group_id),
            "security-group-rule-id" => one(id),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let mut shown = self
            .revoked(id)
            .with("groupOwnerId", scope.account)
            .with("securityGroupRuleArn", scope.arn("ec2", &format!("security-group-rule/{id}")))
            .with("tagSet", scope.ec2().tag_set(id));
        if let Peer::Group(group) = &self.peer {
            let vpc = scope.ec2().security_groups.get(group).map(|group| group.vpc_id.as_str());
            shown.set("referencedGroupId", Tree::Null);
            shown.set("referencedGroupInfo", tree! { "groupId": group, "userId": scope.account, "vpcId": vpc });
        }
        shown
    }
}
