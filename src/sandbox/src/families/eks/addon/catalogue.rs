//! The catalogue of add-ons: which versions there are, and for which versions of Kubernetes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::super::versions::Minor;

/// What is always the same about an add-on.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub sort: &'static str,
    /// Its namespace.
    pub namespace: &'static str,
    /// Service account with a role, and the policy of that role.
    pub account: Option<(&'static str, &'static str)>,
    /// Whether clusters come with it.
    pub is_first: bool,
    /// Deployment that needs nodes before the add-on is well.
    pub deployment: Option<&'static str>,
    /// Members that its configuration may have, with their types.
    pub configuration: &'static [(&'static str, &'static str)],
}

const KUBE_SYSTEM: &str = "kube-system";

/// Members that the configuration of most deployments has.
const DEPLOYMENT: &[(&str, &str)] = &[
    ("affinity", "object"),
    ("nodeSelector", "object"),
    ("podAnnotations", "object"),
    ("podDisruptionBudget", "object"),
    ("podLabels", "object"),
    ("replicaCount", "integer"),
    ("resources", "object"),
    ("tolerations", "array"),
    ("topologySpreadConstraints", "array"),
    ("autoScaling", "object"),
    ("computeType", "string"),
    ("corefile", "string"),
];

/// Members that the configuration of storage drivers has.
const DRIVER: &[(&str, &str)] = &[
    ("controller", "object"),
    ("node", "object"),
    ("sidecars", "object"),
    ("defaultStorageClass", "object"),
    ("storageClasses", "array"),
    ("fullnameOverride", "string"),
    ("nameOverride", "string"),
    ("image", "object"),
    ("replicaCount", "integer"),
];

/// The add-ons of AWS whose versions are known.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    Kind { name: "vpc-cni", sort: "networking", namespace: KUBE_SYSTEM, account: Some(("aws-node", "AmazonEKS_CNI_Policy")),
        is_first: true, deployment: None, configuration: &[
            ("affinity", "object"), ("enableNetworkPolicy", "string"), ("enableWindowsIpam", "string"),
            ("enableWindowsPrefixDelegation", "string"), ("env", "object"), ("eniConfig", "object"), ("extraVolumes", "array"),
            ("init", "object"), ("livenessProbeTimeoutSeconds", "integer"), ("nodeAgent", "object"), ("nodeSelector", "object"),
            ("podAnnotations", "object"), ("podLabels", "object"), ("readinessProbeTimeoutSeconds", "integer"),
            ("resources", "object"), ("tolerations", "array"), ("warmWindowsPrefixTarget", "integer"),
            ("warmWindowsIPTarget", "integer"), ("minimumWindowsIPTarget", "integer"),
        ] },
    Kind { name: "coredns", sort: "networking", namespace: KUBE_SYSTEM, account: None,
        is_first: true, deployment: Some("coredns"), configuration: DEPLOYMENT },
    Kind { name: "kube-proxy", sort: "networking", namespace: KUBE_SYSTEM, account: None,
        is_first: true, deployment: None, configuration: &[
            ("ipvs", "object"), ("mode", "string"), ("nodeSelector", "object"), ("podAnnotations", "object"),
            ("podLabels", "object"), ("resources", "object"), ("tolerations", "array"),
        ] },
    Kind { name: "eks-pod-identity-agent", sort: "security", namespace: KUBE_SYSTEM, account: None,
        is_first: false, deployment: None, configuration: &[
            ("affinity", "object"), ("agent", "object"), ("daemonsets", "object"), ("env", "object"), ("init", "object"),
            ("podAnnotations", "object"), ("podLabels", "object"), ("priorityClassName", "string"), ("resources", "object"),
            ("tolerations", "array"), ("updateStrategy", "object"),
        ] },
    Kind { name: "aws-ebs-csi-driver", sort: "storage", namespace: KUBE_SYSTEM,
        account: Some(("ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy")),
        is_first: false, deployment: Some("ebs-csi-controller"), configuration: DRIVER },
    Kind { name: "aws-efs-csi-driver", sort: "storage", namespace: KUBE_SYSTEM,
        account: Some(("efs-csi-controller-sa", "service-role/AmazonEFSCSIDriverPolicy")),
        is_first: false, deployment: Some("efs-csi-controller"), configuration: DRIVER },
    Kind { name: "metrics-server", sort: "observability", namespace: KUBE_SYSTEM, account: None,
        is_first: false, deployment: Some("metrics-server"), configuration: &[
            ("addonResizer", "object"), ("affinity", "object"), ("containerPort", "integer"), ("nodeSelector", "object"),
            ("podAnnotations", "object"), ("podDisruptionBudget", "object"), ("podLabels", "object"), ("replicas", "integer"),
            ("resources", "object"), ("tolerations", "array"), ("topologySpreadConstraints", "array"),
        ] },
    Kind { name: "eks-node-monitoring-agent", sort: "observability", namespace: KUBE_SYSTEM, account: None,
        is_first: false, deployment: None, configuration: &[
            ("dcgmAgent", "object"), ("monitoringAgent", "object"), ("nodeAgent", "object"),
        ] },
];

/// Returns what is known of an add-on.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Versions that are named somewhere for a version of Kubernetes, by add-on.
static NAMED: LazyLock<BTreeMap<&'static str, BTreeMap<Minor, BTreeSet<Version>>>> = LazyLock::new(|| {
    let table: Value =
        serde_json::from_str(include_str!("../../../../facts/eks_addons.json")).expect("the table is tested");
    KINDS.iter().map(|kind| (kind.name, named(&table[kind.name]))).collect()
});

fn named(facts: &Value) -> BTreeMap<Minor, BTreeSet<Version>> {
    let mut found: BTreeMap<Minor, BTreeSet<Version>> = BTreeMap::new();
    for source in ["versions", "image", "pinned"] {
        for (minor, text) in facts[source].as_object().into_iter().flatten() {
            let version = text.as_str().and_then(Version::parse);
            if let (Ok(minor), Some(version)) = (minor.parse(), version) {
                found.entry(minor).or_default().insert(version);
            }
        }
    }
    found
}

/// A version of an add-on, such as `v1.20.1-eksbuild.3`; the order is that of the numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    numbers: Vec<u32>,
    /// The text.
    pub text: String,
}

impl Version {
    /// Reads a version with its build.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace("-minimal", "");
        let (number, build) = text.strip_prefix('v')?.split_once("-eksbuild.")?;
        let numbers: Result<Vec<u32>, _> = number.split('.').chain([build]).map(str::parse).collect();
        Some(Self { numbers: numbers.ok()?, text })
    }

    /// Returns the second number.
    pub fn minor(&self) -> u32 {
        self.numbers.get(1).copied().unwrap_or_default()
    }
}

/// Returns the versions of an add-on for a version of Kubernetes, oldest first.
///
/// Where none is named for it, those of the version below are taken. What is no part of Kubernetes is made for all
/// versions at once.
pub fn versions(name: &str, minor: Minor) -> Vec<Version> {
    let Some(named) = NAMED.get(name) else { return Vec::new() };
    let own = match name {
        "kube-proxy" | "coredns" => named.range(..=minor).next_back().map(|(_, versions)| versions.clone()),
        _ => Some(named.values().flatten().cloned().collect()),
    };
    own.unwrap_or_default().into_iter().collect()
}

/// Returns the version that clusters get where none is asked for: the one before the newest, where there are two.
pub fn usual(name: &str, minor: Minor) -> Option<Version> {
    let mut newest_first = versions(name, minor).into_iter().rev();
    let newest = newest_first.next();
    newest_first.next().or(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        let parse = |text: &str| Version::parse(text).unwrap();
        assert!(parse("v1.9.3-eksbuild.3") < parse("v1.11.4-eksbuild.2"));
        assert!(parse("v1.11.4-eksbuild.9") < parse("v1.11.4-eksbuild.22"));
        assert_eq!(parse("v1.31.10-minimal-eksbuild.13").text, "v1.31.10-eksbuild.13");
        assert_eq!(Version::parse("v1.20.5 (somewhere)"), None);
    }

    #[test]
    fn every_kind_has_versions_for_every_version_of_kubernetes() {
        for kind in KINDS {
            for minor in 31..=36 {
                assert!(usual(kind.name, Minor(minor)).is_some(), "{} 1.{minor}", kind.name);
            }
        }
        assert!(versions("kube-proxy", Minor(33)).iter().all(|version| version.minor() == 33));
        assert_eq!(usual("coredns", Minor(33)).unwrap().text, "v1.12.3-eksbuild.1");
    }
}
