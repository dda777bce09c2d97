//! DescribeAddonVersions and DescribeAddonConfiguration.

use std::collections::BTreeMap;

use super::super::versions::{self, Minor};
use super::super::{About, PAGING};
use super::catalogue::{self, Kind, Version};
use super::configuration as values;
use crate::families::page::page;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Members of DescribeAddonVersions.
pub const MEMBERS: &[&str] =
    &["kubernetesVersion", "maxResults", "nextToken", "addonName", "types", "publishers", "owners"];

pub fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let about = About::NOTHING;
    let minors: Vec<Minor> = match input.text("kubernetesVersion")? {
        None => versions::supported(scope.now).collect(),
        Some(text) => vec![versions::checked(about, Some(text), scope.now)?],
    };
    let name = input.text("addonName")?;
    if let Some(unknown) = name.filter(|name| catalogue::kind(name).is_none()) {
        return Err(about.invalid_parameter(format!("Addon {unknown} specified is not supported")));
    }
    let has = |member: &str, value: &str| {
        let wanted = input.texts(member);
        wanted.is_empty() || wanted.contains(&value)
    };
    let kinds = catalogue::KINDS.iter().filter(|kind| {
        name.is_none_or(|name| kind.name == name)
            && has("types", kind.sort)
            && has("publishers", "eks")
            && has("owners", "aws")
    });
    let page = page(&PAGING, input, kinds)?;
    let addons = page.items.into_iter().map(|kind| shown(kind, &minors));
    Ok(tree! { "addons": Tree::list(addons), "nextToken": page.next })
}

/// Newest first, each with the versions of Kubernetes that it is for.
fn shown(kind: &Kind, minors: &[Minor]) -> Tree {
    let mut versions: BTreeMap<Version, Vec<Minor>> = BTreeMap::new();
    for minor in minors {
        for version in catalogue::versions(kind.name, *minor) {
            versions.entry(version).or_default().push(*minor);
        }
    }
    let versions = versions.into_iter().rev().map(|(version, minors)| {
        let compatibilities = minors.iter().rev().map(|minor| {
            let is_usual = catalogue::usual(kind.name, *minor).is_some_and(|usual| usual == version);
            tree! {
                "clusterVersion": minor.to_string(),
                "platformVersions": Tree::list(["*"]),
                "defaultVersion": is_usual,
            }
        });
        tree! {
            "addonVersion": &version.text,
            "architecture": Tree::list(["amd64", "arm64"]),
            "computeTypes": Tree::list(if kind.deployment.is_some() { vec!["ec2", "fargate"] } else { vec!["ec2"] }),
            "compatibilities": Tree::list(compatibilities),
            "requiresConfiguration": false,
            "requiresIamPermissions": kind.account.is_some(),
        }
    });
    tree! {
        "addonName": kind.name,
        "type": kind.sort,
        "addonVersions": Tree::list(versions),
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": kind.namespace,
    }
}

pub fn configuration(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, version) = (input.need("addonName")?, input.need("addonVersion")?);
    let is_known = |kind: &&Kind| {
        let mut minors = versions::supported(scope.now);
        minors.any(|minor| catalogue::versions(kind.name, minor).iter().any(|own| own.text == version))
    };
    let kind = catalogue::kind(name).filter(is_known).ok_or_else(|| {
        About::NOTHING.not_found(format!("No configuration found for addon {name} with version {version}"))
    })?;
    let account = kind.account.map(|(account, policy)| {
        let arn = format!("arn:{}:iam::aws:policy/{policy}", scope.partition());
        tree! { "serviceAccount": account, "recommendedManagedPolicies": Tree::list([arn]) }
    });
    Ok(tree! {
        "addonName": name,
        "addonVersion": version,
        "configurationSchema": values::schema(kind),
        "podIdentityConfiguration": Tree::list(account),
    })
}
