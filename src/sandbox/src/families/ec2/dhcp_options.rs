//! DHCP options: the region's default ones, which name Amazon's resolver, and others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::filters::one;
use super::list::{self, Listed};
use super::{Store, kinds, tags};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("CreateDhcpOptions", &["DhcpConfiguration", "TagSpecification"], create),
        read("DescribeDhcpOptions", list::members!("DhcpOptionsId"), list::describe::<DhcpOptions>),
        write("AssociateDhcpOptions", &["DhcpOptionsId", "VpcId"], associate),
        write("DeleteDhcpOptions", &["DhcpOptionsId"], delete),
    ],
    events: &[],
};

const KEYS: &[&str] = &[
    "domain-name",
    "domain-name-servers",
    "ipv6-address-preferred-lease-time",
    "netbios-name-servers",
    "netbios-node-type",
    "ntp-servers",
];

/// A set of options.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DhcpOptions {
    /// Keys, each with its values.
    pub configuration: Vec<(String, Vec<String>)>,
}

/// Returns the domain of instance names in a region.
pub fn domain_name(region: &str) -> String {
    match region {
        "us-east-1" => "ec2.internal".to_owned(),
        _ => format!("{region}.compute.internal"),
    }
}

/// Makes the options that every VPC of a region has from the start.
pub(super) fn make_default(scope: &mut Scope<'_>) {
    let id = scope.ids().ec2("dopt");
    let configuration =
        [("domain-name", domain_name(scope.region)), ("domain-name-servers", "AmazonProvidedDNS".to_owned())];
    let configuration = configuration.map(|(key, value)| (key.to_owned(), vec![value])).to_vec();
    let store = scope.ec2_mut();
    store.dhcp_options.insert(id.clone(), DhcpOptions { configuration });
    store.dhcp_options_id = id;
}

impl Listed for DhcpOptions {
    const IDS: &'static str = "DhcpOptionsId";
    const SET: &'static str = "dhcpOptionsSet";
    const PREFIX: &'static str = "dopt";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.dhcp_options
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        match name {
            "dhcp-options-id" => one(id),
            "owner-id" => one(scope.account),
            "key" => Some(self.configuration.iter().map(|(key, _)| key.clone()).collect()),
            "value" => Some(self.configuration.iter().flat_map(|(_, values)| values.clone()).collect()),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        let configuration = self.configuration.iter().map(|(key, values)| {
            tree! { "key": key, "valueSet": Tree::list(values.iter().map(|value| tree! { "value": value })) }
        });
        tree! {
            "dhcpOptionsId": id,
            "ownerId": scope.account,
            "dhcpConfigurationSet": Tree::list(configuration),
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let mut configuration = Vec::new();
    for option in input.list_at("DhcpConfiguration") {
        let key = option.need("Key")?;
        if !KEYS.contains(&key) {
            return Err(Fault::invalid("dhcpConfiguration", key, "Unknown option."));
        }
        let values: Vec<String> = option.texts("Value").into_iter().map(str::to_owned).collect();
        if values.is_empty() {
            return Err(Fault::missing("DhcpConfiguration.Value"));
        }
        configuration.push((key.to_owned(), values));
    }
    if configuration.is_empty() {
        return Err(Fault::missing("DhcpConfiguration"));
    }
    let tags = tags::specified(input, "dhcp-options")?;
    let id = scope.ids().ec2("dopt");
    let store = scope.ec2_mut();
    store.dhcp_options.insert(id.clone(), DhcpOptions { configuration });
    store.tag_new(&id, tags);
    Ok(tree! { "dhcpOptions": list::one::<DhcpOptions>(scope, &id)? })
}

/// Without options of its own, a VPC has none: what AWS calls `default`.
fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, vpc_id) = (input.need("DhcpOptionsId")?, input.need("VpcId")?);
    if id != "default" {
        kinds::check(scope.ec2(), id, "dopt")?;
    }
    id.clone_into(&mut scope.ec2_mut().vpc_mut(vpc_id)?.dhcp_options_id);
    Ok(tree! { "return": true })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("DhcpOptionsId")?;
    let store = scope.ec2_mut();
    kinds::check(store, id, "dopt")?;
    if store.vpcs.values().any(|vpc| vpc.dhcp_options_id == id) {
        let message = format!("The dhcpOptions '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", message));
    }
    store.dhcp_options.remove(id);
    store.tags.remove(id);
    Ok(tree! { "return": true })
}
