//! Kubernetes versions of EKS, and DescribeClusterVersions.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{About, PAGING};
use crate::families::page::page;
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[read(
        "DescribeClusterVersions",
        &[
            "clusterType",
            "maxResults",
            "nextToken",
            "defaultOnly",
            "includeAll",
            "clusterVersions",
            "status",
            "versionStatus",
        ],
        describe,
    )],
    events: &[],
};

/// What is known of a version.
#[derive(Clone, Debug, Deserialize)]
struct Facts {
    eks_release: Option<String>,
    end_standard: Option<String>,
    end_extended: Option<String>,
    #[serde(rename = "node_release_version_20260714")]
    node_release: Option<String>,
}

static TABLE: LazyLock<BTreeMap<Minor, Facts>> = LazyLock::new(|| {
    let table: BTreeMap<String, Facts> =
        serde_json::from_str(include_str!("../../../facts/eks_versions.json")).expect("the table is tested");
    table.into_iter().filter_map(|(version, facts)| Some((version.parse().ok()?, facts))).collect()
});

/// A Kubernetes version as EKS counts: the number after `1.`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor(pub u32);

/// A text is not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAVersion;

impl FromStr for Minor {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let number = text.strip_prefix("1.").ok_or(NotAVersion)?;
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|_| is_plain).map(Self).ok_or(NotAVersion)
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// How far EKS supports a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// For the usual price.
    Standard,
    /// For a higher one.
    Extended,
    /// No more.
    None,
}

impl Support {
    fn name(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD_SUPPORT",
            Self::Extended => "EXTENDED_SUPPORT",
            Self::None => "UNSUPPORTED",
        }
    }
}

fn day(date: Option<&String>) -> Option<Timestamp> {
    Timestamp::parse(&format!("{}T00:00:00Z", date?))
}

/// Returns how far a version is supported; nothing for one that is not known.
pub fn support(version: Minor, now: Timestamp) -> Option<Support> {
    let facts = TABLE.get(&version)?;
    let is_over = |end: Option<&String>| day(end).is_some_and(|end| end <= now);
    Some(match () {
        () if is_over(facts.end_extended.as_ref()) => Support::None,
        () if is_over(facts.end_standard.as_ref()) => Support::Extended,
        () => Support::Standard,
    })
}

/// Returns the versions that clusters can have, in order.
pub fn supported(now: Timestamp) -> impl Iterator<Item = Minor> {
    let is_supported = move |version: &Minor| support(*version, now).is_some_and(|support| support != Support::None);
    TABLE.keys().copied().filter(is_supported)
}

/// Returns the version of clusters that ask for none: the newest one whose release is announced.
pub fn usual(now: Timestamp) -> Minor {
    let mut announced =
        TABLE.iter().rev().filter(|(_, facts)| day(facts.eks_release.as_ref()).is_some_and(|at| at <= now));
    announced.next().or_else(|| TABLE.iter().next()).map_or(Minor(0), |(version, _)| *version)
}

/// Returns a version that clusters can have, or the usual one where none is asked for.
///
/// # Errors
/// When it is not supported, or not a version.
pub fn checked(about: About<'_>, version: Option<&str>, now: Timestamp) -> Result<Minor, Fault> {
    let Some(text) = version else { return Ok(usual(now)) };
    let version = text.parse().ok().filter(|version| supported(now).any(|other| other == *version));
    version.ok_or_else(|| about.invalid_parameter(format!("unsupported Kubernetes version {text}")))
}

/// Returns the newest platform version: there is a new one about every month.
pub fn platform(version: Minor, now: Timestamp) -> String {
    const MONTH: u64 = 30 * 24 * 3600;
    let released = TABLE.get(&version).and_then(|facts| day(facts.eks_release.as_ref()));
    let months = released.map_or(0, |released| now.since(released).as_secs() / MONTH);
    format!("eks.{}", 1 + months)
}

/// Returns the newest release of node images for a version, such as `1.34.9-20260714`.
pub fn node_release(version: Minor) -> Option<&'static str> {
    TABLE.get(&version)?.node_release.as_deref()
}

fn shown(version: Minor, facts: &Facts, now: Timestamp) -> Tree {
    let support = support(version, now).unwrap_or(Support::None);
    let patch = facts.node_release.as_deref().and_then(|release| release.split('-').next());
    tree! {
        "clusterVersion": version.to_string(),
        "clusterType": "eks",
        "defaultPlatformVersion": platform(version, now),
        "defaultVersion": version == usual(now),
        "releaseDate": day(facts.eks_release.as_ref()),
        "endOfStandardSupportDate": day(facts.end_standard.as_ref()),
        "endOfExtendedSupportDate": day(facts.end_extended.as_ref()),
        "status": support.name().to_lowercase().replace('_', "-"),
        "versionStatus": support.name(),
        "kubernetesPatchVersion": patch,
    }
}

/// Newest first, those without support only when asked for.
fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let now = scope.now;
    let (named, is_all) = (input.texts("clusterVersions"), input.bool("includeAll")?.unwrap_or_default());
    let default_only = input.bool("defaultOnly")?.unwrap_or_default();
    let wanted = match (input.text("versionStatus")?, input.text("status")?) {
        (Some(status), _) => Some(status.to_owned()),
        (None, status) => status.map(|status| status.to_uppercase().replace('-', "_")),
    };
    if let Some(other) =
        wanted.as_ref().filter(|name| !["STANDARD_SUPPORT", "EXTENDED_SUPPORT", "UNSUPPORTED"].contains(&name.as_str()))
    {
        return Err(About::NOTHING.invalid_parameter(format!("Invalid version status: {other}")));
    }
    if let Some(unknown) =
        named.iter().find(|text| text.parse().ok().is_none_or(|minor: Minor| !TABLE.contains_key(&minor)))
    {
        return Err(About::NOTHING.invalid_parameter(format!("unsupported Kubernetes version {unknown}")));
    }
    let is_eks = input.text("clusterType")?.is_none_or(|name| name.eq_ignore_ascii_case("eks"));
    let found = TABLE.iter().rev().filter(|(version, _)| {
        let support = support(**version, now).unwrap_or(Support::None);
        is_eks
            && (named.is_empty() || named.contains(&version.to_string().as_str()))
            && (!default_only || **version == usual(now))
            && match &wanted {
                Some(wanted) => support.name() == wanted,
                None => is_all || !named.is_empty() || support != Support::None,
            }
    });
    let page = page(&PAGING, input, found)?;
    let versions = page.items.into_iter().map(|(version, facts)| shown(*version, facts, now));
    Ok(tree! { "clusterVersions": Tree::list(versions), "nextToken": page.next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cloud;

    #[test]
    fn support_ends_by_date() {
        let at = |date: &str| Timestamp::parse(&format!("{date}T12:00:00Z")).unwrap();
        assert_eq!(support(Minor(31), at("2025-11-01")), Some(Support::Standard));
        assert_eq!(support(Minor(31), at("2026-11-02")), Some(Support::Extended));
        assert_eq!(support(Minor(31), at("2026-11-27")), Some(Support::None));
        assert_eq!(support(Minor(99), at("2026-11-27")), None);
        assert_eq!(usual(at("2026-11-02")), Minor(35));
        assert_eq!(platform(Minor(35), at("2026-01-28")), "eks.1");
        assert_eq!(
            ("1.34".parse(), "1.x".parse::<Minor>(), "34".parse::<Minor>()),
            (Ok(Minor(34)), Err(NotAVersion), Err(NotAVersion))
        );
    }

    #[test]
    fn versions_are_described_newest_first() {
        let cloud = Cloud::new();
        let names = |input: Tree| {
            let answer = cloud.call("eks", "DescribeClusterVersions", input).unwrap();
            let versions = answer.list_at("clusterVersions").iter();
            versions.map(|version| version.need("clusterVersion").unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(tree! {}), ["1.36", "1.35", "1.34", "1.33", "1.32", "1.31"]);
        assert_eq!(names(tree! { "defaultOnly": "true" }), ["1.35"]);
        assert_eq!(names(tree! { "versionStatus": "EXTENDED_SUPPORT" }), ["1.33", "1.32", "1.31"]);
        assert_eq!(names(tree! { "clusterVersions": Tree::list(["1.23"]) }), ["1.23"]);
        assert!(names(tree! { "includeAll": "true" }).len() > 10);
    }
}
