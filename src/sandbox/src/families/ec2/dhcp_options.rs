//! DHCP options: the region's default ones, which name Amazon's resolver.

use super::filters::{Filters, one};
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[read("DescribeDhcpOptions", &["DhcpOptionsId", "Filter", "MaxResults", "NextToken"], describe)],
    events: &[],
};

/// Returns the domain of instance names in a region.
pub fn domain_name(region: &str) -> String {
    match region {
        "us-east-1" => "ec2.internal".to_owned(),
        _ => format!("{region}.compute.internal"),
    }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (ids, filters) = (input.texts("DhcpOptionsId"), Filters::read(input)?);
    let own = scope.ec2().dhcp_options_id.as_str();
    if let Some(absent) = ids.iter().find(|id| **id != own && **id != "default") {
        let message = format!("The dhcpOption ID '{absent}' does not exist");
        return Err(Fault::new("InvalidDhcpOptionID.NotFound", message));
    }
    let configuration =
        [("domain-name", domain_name(scope.region)), ("domain-name-servers", "AmazonProvidedDNS".to_owned())];
    let is_wanted = filters.accept_tagged(scope.ec2(), own, |name| match name {
        "dhcp-options-id" => one(own),
        "owner-id" => one(scope.account),
        "key" => Some(configuration.iter().map(|(key, _)| (*key).to_owned()).collect()),
        "value" => Some(configuration.iter().map(|(_, value)| value.clone()).collect()),
        _ => None,
    })?;
    let shown = tree! {
        "dhcpOptionsId": own,
        "ownerId": scope.account,
        "dhcpConfigurationSet": Tree::list(configuration.iter().map(|(key, value)| {
            tree! { "key": *key, "valueSet": vec![tree! { "value": value }] }
        })),
        "tagSet": scope.ec2().tag_set(own),
    };
    Ok(tree! { "dhcpOptionsSet": Tree::list(is_wanted.then_some(shown)) })
}
