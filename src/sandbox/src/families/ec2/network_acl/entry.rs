//! Entries of network ACLs.

use serde::{Deserialize, Serialize};

use super::NetworkAcl;
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const CREATE: Operation = write("CreateNetworkAclEntry", MEMBERS, |scope, input| put(scope, input, true));
pub const REPLACE: Operation = write("ReplaceNetworkAclEntry", MEMBERS, |scope, input| put(scope, input, false));
pub const DELETE: Operation = write("DeleteNetworkAclEntry", &["NetworkAclId", "RuleNumber", "Egress"], delete);

const MEMBERS: &[&str] = &[
    "NetworkAclId",
    "RuleNumber",
    "Protocol",
    "RuleAction",
    "Egress",
    "CidrBlock",
    "Ipv6CidrBlock",
    "PortRange",
    "Icmp",
];
/// The numbers of the entries that refuse what no other lets pass, of IPv4 and IPv6.
const LAST: i64 = 32767;
const LAST_IPV6: i64 = 32768;
/// The number of the entries that let all of IPv6 pass a default ACL.
const FIRST_IPV6: i64 = 101;

/// An entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    number: i64,
    is_egress: bool,
    protocol: String,
    action: String,
    /// The IPv4 block, where it is for one.
    block: Option<String>,
    /// The IPv6 block, where it is for one.
    block_ipv6: Option<String>,
    /// First and last port.
    ports: Option<(i64, i64)>,
    /// Code and type of ICMP.
    icmp: Option<(i64, i64)>,
}

impl Entry {
    fn all(number: i64, is_egress: bool, action: &str) -> Self {
        Self {
            number,
            is_egress,
            protocol: "-1".to_owned(),
            action: action.to_owned(),
            block: Some("0.0.0.0/0".to_owned()),
            block_ipv6: None,
            ports: None,
            icmp: None,
        }
    }

    fn all_ipv6(number: i64, is_egress: bool, action: &str) -> Self {
        let block_ipv6 = Some("::/0".to_owned());
        Self { block: None, block_ipv6, ..Self::all(number, is_egress, action) }
    }

    fn read(input: &Tree) -> Result<Self, Fault> {
        let number = input.int("RuleNumber")?.ok_or_else(|| Fault::missing("RuleNumber"))?;
        if !(1..LAST).contains(&number) {
            return Err(Fault::invalid("ruleNumber", number, "Expected a number from 1 to 32766."));
        }
        let action = input.need("RuleAction")?;
        if !["allow", "deny"].contains(&action) {
            return Err(Fault::invalid("ruleAction", action, "Valid values are allow and deny."));
        }
        let protocol = match input.need("Protocol")? {
            "tcp" => "6",
            "udp" => "17",
            "icmp" => "1",
            "all" => "-1",
            number if number.parse::<i16>().is_ok_and(|number| (-1..=255).contains(&number)) => number,
            other => return Err(Fault::invalid("protocol", other, "Unknown protocol.")),
        };
        let (block, block_ipv6) = (input.text("CidrBlock")?, input.text("Ipv6CidrBlock")?);
        if block.is_some() == block_ipv6.is_some() {
            let message = "The request must contain exactly one of cidrBlock and ipv6CidrBlock.";
            return Err(Fault::new("InvalidParameterCombination", message));
        }
        if let Some(block) = block {
            let invalid = |_| Fault::invalid("cidrBlock", block, "This is not a valid CIDR block.");
            block.parse::<crate::families::ec2::cidr::Cidr>().map_err(invalid)?;
        }
        let pair = |one: &str, other: &str| Ok::<_, Fault>(input.int(one)?.zip(input.int(other)?));
        let ports = pair("PortRange.From", "PortRange.To")?;
        if ports.is_none() && ["6", "17"].contains(&protocol) {
            return Err(Fault::missing("PortRange"));
        }
        Ok(Self {
            number,
            is_egress: input.bool("Egress")?.ok_or_else(|| Fault::missing("Egress"))?,
            protocol: protocol.to_owned(),
            action: action.to_owned(),
            block: block.map(str::to_owned),
            block_ipv6: block_ipv6.map(str::to_owned),
            ports,
            icmp: pair("Icmp.Code", "Icmp.Type")?,
        })
    }

    /// Returns the entry as answers have it.
    pub fn shown(&self) -> Tree {
        tree! {
            "ruleNumber": self.number,
            "protocol": self.protocol.as_str(),
            "ruleAction": self.action.as_str(),
            "egress": self.is_egress,
            "cidrBlock": self.block.as_deref(),
            "ipv6CidrBlock": self.block_ipv6.as_deref(),
            "portRange": self.ports.map(|(from, to)| tree! { "from": from, "to": to }),
            "icmpTypeCode": self.icmp.map(|(code, kind)| tree! { "code": code, "type": kind }),
        }
    }
}

/// Returns the entries of a default ACL.
pub fn first() -> Vec<Entry> {
    [true, false].map(|is_egress| Entry::all(100, is_egress, "allow")).to_vec()
}

/// Adds the entries that let IPv6 pass, where their number is free.
pub fn add_ipv6(entries: &mut Vec<Entry>) {
    for is_egress in [true, false] {
        if !entries.iter().any(|entry| (entry.number, entry.is_egress) == (FIRST_IPV6, is_egress)) {
            entries.push(Entry::all_ipv6(FIRST_IPV6, is_egress, "allow"));
        }
    }
}

/// Returns all entries, by direction and number.
pub fn all(scope: &Scope<'_>, acl: &NetworkAcl) -> Vec<Entry> {
    let has_ipv6 = scope.ec2().vpcs.get(&acl.vpc_id).is_some_and(|vpc| !vpc.ipv6.is_empty());
    let last = [true, false].map(|is_egress| Entry::all(LAST, is_egress, "deny"));
    let last_ipv6 = [true, false].map(|is_egress| Entry::all_ipv6(LAST_IPV6, is_egress, "deny"));
    let last = last.into_iter().chain(last_ipv6.into_iter().filter(|_| has_ipv6));
    let mut all: Vec<Entry> = acl.entries.iter().cloned().chain(last).collect();
    all.sort_by_key(|entry| (!entry.is_egress, entry.number));
    all
}

/// Returns what an ACL has for a filter on its entries.
pub fn filter(scope: &Scope<'_>, acl: &NetworkAcl, name: &str) -> Option<Vec<String>> {
    let value: fn(&Entry) -> Option<String> = match name {
        "cidr" => |entry| entry.block.clone(),
        "ipv6-cidr" => |entry| entry.block_ipv6.clone(),
        "egress" => |entry| Some(entry.is_egress.to_string()),
        "icmp.code" => |entry| entry.icmp.map(|(code, _)| code.to_string()),
        "icmp.type" => |entry| entry.icmp.map(|(_, kind)| kind.to_string()),
        "port-range.from" => |entry| entry.ports.map(|(from, _)| from.to_string()),
        "port-range.to" => |entry| entry.ports.map(|(_, to)| to.to_string()),
        "protocol" => |entry| Some(entry.protocol.clone()),
        "rule-action" => |entry| Some(entry.action.clone()),
        "rule-number" => |entry| Some(entry.number.to_string()),
        _ => return None,
    };
    Some(all(scope, acl).iter().filter_map(value).collect())
}

fn absent(number: i64) -> Fault {
    let message = format!("The network acl entry identified by {number} does not exist.");
    Fault::new("InvalidNetworkAclEntry.NotFound", message)
}

fn put(scope: &mut Scope<'_>, input: &Tree, is_new: bool) -> Result<Tree, Fault> {
    let acl = scope.ec2_mut().network_acl_mut(input.need("NetworkAclId")?)?;
    let entry = Entry::read(input)?;
    let is_it = |other: &&mut Entry| (other.number, other.is_egress) == (entry.number, entry.is_egress);
    match (acl.entries.iter_mut().find(is_it), is_new) {
        (Some(_), true) => {
            let message = format!("The network acl entry identified by {} already exists.", entry.number);
            return Err(Fault::new("NetworkAclEntryAlreadyExists", message));
        }
        (None, false) => return Err(absent(entry.number)),
        (Some(other), false) => *other = entry,
        (None, true) => acl.entries.push(entry),
    }
    Ok(tree! { "return": true })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let number = input.int("RuleNumber")?.ok_or_else(|| Fault::missing("RuleNumber"))?;
    let is_egress = input.bool("Egress")?.ok_or_else(|| Fault::missing("Egress"))?;
    let entries = &mut scope.ec2_mut().network_acl_mut(input.need("NetworkAclId")?)?.entries;
    let count = entries.len();
    entries.retain(|entry| (entry.number, entry.is_egress) != (number, is_egress));
    if entries.len() < count { Ok(tree! { "return": true }) } else { Err(absent(number)) }
}
