//! Rules inside a security group, as users put them together.

use std::collections::{BTreeMap, BTreeSet};

use landfall_provider::value::Value;
use landfall_provider::{Args, Set};

use crate::ec2::permission::{ALL, Permission, Ports, Source, normalised};
use crate::planning::{is_unknown_at, text_at};

/// Lists of sources of a rule.
const SOURCES: [&str; 4] = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"];

/// Any number of sources with the same ports.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// IPv4 ranges.
    #[arg(each(format(ipv4_cidr)))]
    pub cidr_blocks: Vec<String>,
    /// Description of each.
    #[arg(max_len = 255)]
    pub description: Option<String>,
    /// First port, or type of ICMP.
    pub from_port: i32,
    /// IPv6 ranges.
    #[arg(each(format(ipv6_cidr)))]
    pub ipv6_cidr_blocks: Vec<String>,
    /// Prefix lists.
    pub prefix_list_ids: Vec<String>,
    /// Protocol by name or number; `-1` is all.
    pub protocol: String,
    /// Security groups by id; of other accounts as `ACCOUNT/ID`.
    pub security_groups: Set<String>,
    /// The group itself.
    #[arg(rename = "self", optional)]
    pub itself: bool,
    /// Last port, or code of ICMP.
    pub to_port: i32,
}

impl Rule {
    /// Returns the parts of a rule of a group.
    pub fn permissions(&self, group: &str) -> Vec<Permission> {
        let ports = Ports::new(&self.protocol, self.from_port, self.to_port);
        let sources = self.cidr_blocks.iter().map(|range| Source::ipv4(range));
        let sources = sources.chain(self.ipv6_cidr_blocks.iter().map(|range| Source::ipv6(range)));
        let sources = sources.chain(self.prefix_list_ids.iter().cloned().map(Source::PrefixList));
        let sources = sources.chain(self.security_groups.iter().map(|text| Source::group(text)));
        let sources = sources.chain(self.itself.then(|| Source::group(group)));
        let description = self.description.clone().unwrap_or_default();
        let part = |source| Permission { ports: ports.clone(), source, description: description.clone() };
        sources.map(part).collect()
    }

    fn of(ports: Ports, description: String, sources: Vec<Source>, group: &str) -> Self {
        let Ports { protocol, from, to } = ports;
        let mut rule = Self {
            protocol,
            from_port: from,
            to_port: to,
            description: Some(description).filter(|text| !text.is_empty()),
            ..Self::default()
        };
        let mut groups = Vec::new();
        for source in sources {
            match source {
                Source::Ipv4(range) => rule.cidr_blocks.push(range),
                Source::Ipv6(range) => rule.ipv6_cidr_blocks.push(range),
                Source::PrefixList(id) => rule.prefix_list_ids.push(id),
                Source::Group(reference) if reference.id == group => rule.itself = true,
                Source::Group(reference) => groups.push(reference.text()),
            }
        }
        Self { security_groups: groups.into(), ..rule }
    }
}

/// Returns what a group lets through as rules: those that are known and whole as they are known, the rest with as many
/// sources a rule as possible.
pub fn written(remote: BTreeSet<Permission>, known: Option<&Set<Rule>>, group: &str) -> Set<Rule> {
    let mut rest = remote.clone();
    let mut rules = Vec::new();
    for rule in known.into_iter().flatten() {
        let permissions = rule.permissions(group);
        if permissions.iter().all(|permission| remote.contains(permission)) {
            rest.retain(|permission| !permissions.contains(permission));
            rules.push(rule.clone());
        }
    }
    let mut gathered: BTreeMap<(Ports, String), Vec<Source>> = BTreeMap::new();
    for permission in rest {
        gathered.entry((permission.ports, permission.description)).or_default().push(permission.source);
    }
    let gathered = gathered.into_iter();
    rules.extend(gathered.map(|((ports, description), sources)| Rule::of(ports, description, sources, group)));
    rules.into()
}

/// Returns what is wrong with a configured rule.
pub fn problem(rule: &Value) -> Option<&'static str> {
    let is_empty =
        |name: &str| rule.get(name).is_none_or(|value| value.is_null() || value.is_known() && value.is_empty());
    let may_be_itself = rule.get("self").is_some_and(|value| !value.is_known() || value.as_bool() == Some(true));
    if SOURCES.iter().all(|name| is_empty(name)) && !may_be_itself {
        return Some(
            "a rule needs one of `cidr_blocks`, `ipv6_cidr_blocks`, `prefix_list_ids`, `security_groups` and `self`",
        );
    }
    let has_port = |name| {
        !is_unknown_at(rule, name) && rule.get(name).and_then(Value::as_number).is_some_and(|port| !port.is_zero())
    };
    let is_all = text_at(rule, "protocol").is_some_and(|protocol| normalised(protocol) == ALL);
    if is_all && (has_port("from_port") || has_port("to_port")) {
        return Some("`from_port` and `to_port` must be 0 where `protocol` is `-1`: all protocols have no ports");
    }
    None
}
