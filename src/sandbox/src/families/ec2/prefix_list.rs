//! Prefix lists: those of the services with gateway endpoints, which AWS keeps.

use super::PAGING;
use super::filters::{Filters, one};
use super::vpc_endpoint::service;
use crate::families::page::{Paging, page};
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;
use crate::world::ids::hashed;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        read("DescribePrefixLists", &["PrefixListId", "Filter", "MaxResults", "NextToken"], describe),
        read("DescribeManagedPrefixLists", &["PrefixListId", "Filter", "MaxResults", "NextToken"], describe_managed),
        read("GetManagedPrefixListEntries", &["PrefixListId", "TargetVersion", "MaxResults", "NextToken"], entries),
    ],
    events: &[],
};

const PAGING_OF_MANAGED: Paging = Paging { least: 1, most: 100, ..PAGING };

/// Blocks of a service's addresses: about those of AWS, whatever the region.
pub fn blocks(name: &str) -> &'static [&'static str] {
    match name {
        "s3" => &["3.5.0.0/16", "52.216.0.0/14"],
        _ => &["3.218.180.0/22", "52.94.0.0/20"],
    }
}

/// Returns the id of a service's list.
pub fn id_of(region: &str, name: &str) -> String {
    format!("pl-{:08x}", hashed([region, name]) >> 32)
}

/// Checks that a list is there.
///
/// # Errors
/// When it is not.
pub fn check(scope: &Scope<'_>, id: &str) -> Result<(), Fault> {
    let is_there = service::GATEWAYS.iter().any(|name| id_of(scope.region, name) == id);
    if is_there { Ok(()) } else { Err(missing(id)) }
}

fn missing(id: &str) -> Fault {
    Fault::new("InvalidPrefixListID.NotFound", format!("The prefix list ID '{id}' does not exist"))
}

/// Returns the lists that an input asks for: id, name, and the service's short name.
fn wanted(scope: &Scope<'_>, input: &Tree) -> Result<Vec<(String, String, &'static str)>, Fault> {
    let all = service::GATEWAYS.map(|name| (id_of(scope.region, name), service::named(scope.region, name), name));
    let ids = input.texts("PrefixListId");
    if let Some(absent) = ids.iter().find(|id| !all.iter().any(|(own, ..)| own == *id)) {
        return Err(missing(absent));
    }
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    for (id, list, name) in all {
        let passes = filters.accept(|filter| match filter {
            "prefix-list-id" => one(&id),
            "prefix-list-name" => one(&list),
            "owner-id" => one("AWS"),
            _ => None,
        })?;
        if passes && (ids.is_empty() || ids.contains(&id.as_str())) {
            found.push((id, list, name));
        }
    }
    Ok(found)
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let page = page(&PAGING, input, wanted(scope, input)?)?;
    let shown = page.items.into_iter().map(|(id, list, name)| {
        tree! { "prefixListId": id, "prefixListName": list, "cidrSet": Tree::list(blocks(name).iter().copied()) }
    });
    Ok(tree! { "prefixListSet": Tree::list(shown), "nextToken": page.next })
}

fn describe_managed(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let page = page(&PAGING_OF_MANAGED, input, wanted(scope, input)?)?;
    let shown = page.items.into_iter().map(|(id, list, _)| {
        tree! {
            "prefixListArn": format!("arn:{}:ec2:{}:aws:prefix-list/{id}", scope.partition(), scope.region),
            "prefixListId": id,
            "prefixListName": list,
            "addressFamily": "IPv4",
            "state": "create-complete",
            "ownerId": "AWS",
            "tagSet": Tree::List(Vec::new()),
        }
    });
    Ok(tree! { "prefixListSet": Tree::list(shown), "nextToken": page.next })
}

fn entries(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("PrefixListId")?;
    let name = service::GATEWAYS.into_iter().find(|name| id_of(scope.region, name) == id).ok_or_else(|| missing(id))?;
    let page = page(&PAGING_OF_MANAGED, input, blocks(name))?;
    let shown = page.items.into_iter().map(|block| tree! { "cidr": *block });
    Ok(tree! { "entrySet": Tree::list(shown), "nextToken": page.next })
}
