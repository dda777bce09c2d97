//! Insights: what EKS finds out about a cluster before it is upgraded. Nobody sees into the cluster here, so only what
//! AWS itself makes can be found wanting: the versions of managed node groups.

use std::time::Duration;

use super::versions::Minor;
use super::{Cluster, PAGING};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;
use crate::world::ids::hashed;

pub const FAMILY: Family = Family {
    service: "eks",
    operations: &[
        read("ListInsights", &["clusterName", "filter", "maxResults", "nextToken"], list),
        read("DescribeInsight", &["clusterName", "id"], describe),
        write("StartInsightsRefresh", &["clusterName"], refresh),
        read("DescribeInsightsRefresh", &["clusterName"], describe_refresh),
    ],
    events: &[],
};

/// How often EKS looks by itself.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long it looks.
const TAKES: Duration = Duration::from_secs(5 * 60);
/// How many minors a kubelet may be behind.
const SKEW: u32 = 3;

/// Name, description, and what is to be done about it.
const KINDS: [(&str, &str, &str); 4] = [
    (
        "Kubelet version skew",
        "Checks for kubelet versions of worker nodes in the cluster to see if upgrade would cause noncompliance with \
         supported Kubernetes kubelet version skew policy.",
        "Upgrade your worker nodes to match the Kubernetes version of your cluster control plane.",
    ),
    (
        "kube-proxy version skew",
        "Checks version of kube-proxy in cluster to see if upgrade would cause noncompliance with supported Kubernetes \
         kube-proxy version skew policy.",
        "Upgrade kube-proxy to match the Kubernetes version of your cluster control plane.",
    ),
    (
        "EKS add-on version compatibility",
        "Checks version of installed EKS add-ons to ensure they are compatible with the next version of Kubernetes.",
        "Upgrade add-ons to versions that are compatible with the next version of Kubernetes.",
    ),
    (
        "Cluster health issues",
        "Checks for any cluster health issues that prevent successful upgrade to the next Kubernetes version on EKS.",
        "Correct cluster health issues before the upgrade.",
    ),
];

/// An insight, as far as it is found out.
struct Insight {
    id: String,
    kind: usize,
    status: &'static str,
    reason: String,
}

impl Insight {
    fn summary(&self, cluster: &Cluster, now: Timestamp) -> Tree {
        let (name, description, _) = KINDS[self.kind];
        let next: Minor = cluster.version.parse().map_or(Minor(0), |own: Minor| Minor(own.0 + 1));
        tree! {
            "id": &self.id,
            "name": name,
            "category": "UPGRADE_READINESS",
            "kubernetesVersion": next.to_string(),
            "lastRefreshTime": looked(cluster, now),
            "lastTransitionTime": cluster.created,
            "description": description,
            "insightStatus": tree! { "status": self.status, "reason": &self.reason },
        }
    }
}

/// Returns when EKS has looked last.
fn looked(cluster: &Cluster, now: Timestamp) -> Timestamp {
    let days = now.since(cluster.created).as_secs() / DAY.as_secs();
    let daily = cluster.created + DAY * u32::try_from(days).unwrap_or(0);
    let asked = cluster.insights_asked.map(|at| at + TAKES).filter(|at| *at <= now);
    asked.map_or(daily, |asked| asked.max(daily))
}

fn insights(cluster: &Cluster) -> Vec<Insight> {
    let of_cluster: u32 = cluster.version.parse().map_or(0, |own: Minor| own.0);
    let minors = cluster.node_groups.values().filter_map(|group| group.version.parse::<Minor>().ok());
    let is_late = minors.into_iter().any(|own| own.0 + SKEW < of_cluster + 1);
    let all = (0..KINDS.len()).map(|kind| {
        let digits = hashed([cluster.hex_id.as_str(), KINDS[kind].0]);
        let (high, low) = (digits, digits.rotate_left(29) ^ 0x5bd1_e995_9bd1_e995);
        let hex = format!("{high:016x}{low:016x}");
        let id = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
        let (status, reason) = match kind {
            0 if is_late => ("ERROR", "Kubelet versions would be too old for the next Kubernetes version."),
            0 => ("PASSING", "No kubelet version skew detected."),
            1 => ("PASSING", "No kube-proxy version skew detected."),
            2 => ("PASSING", "All installed EKS add-on versions are compatible with next Kubernetes version."),
            _ => ("PASSING", "No cluster health issues detected."),
        };
        Insight { id, kind, status, reason: reason.to_owned() }
    });
    if cluster.is_up() { all.collect() } else { Vec::new() }
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    for (member, known) in [
        ("filter.categories", &["UPGRADE_READINESS", "MISCONFIGURATION", "ROLLBACK_READINESS"][..]),
        ("filter.statuses", &["PASSING", "WARNING", "ERROR", "UNKNOWN"]),
    ] {
        if let Some(other) = input.texts(member).into_iter().find(|value| !known.contains(value)) {
            return Err(cluster.about().invalid_parameter(format!("Invalid value in {member}: {other}")));
        }
    }
    let found = insights(cluster).into_iter().map(|own| own.summary(cluster, scope.now));
    let passes = |own: &Tree| {
        [
            ("filter.categories", "category"),
            ("filter.statuses", "insightStatus.status"),
            ("filter.kubernetesVersions", "kubernetesVersion"),
        ]
        .into_iter()
        .all(|(member, path)| {
            let wanted = input.texts(member);
            wanted.is_empty() || own.at(path).and_then(Tree::as_text).is_some_and(|own| wanted.contains(&own))
        })
    };
    let page = page(&PAGING, input, found.filter(passes))?;
    Ok(tree! { "insights": page.items, "nextToken": page.next })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    let id = input.need("id")?;
    let found = insights(cluster).into_iter().find(|own| own.id == id);
    let insight = found.ok_or_else(|| cluster.about().not_found(format!("No insight found for ID: {id}")))?;
    let details =
        tree! { "deprecationDetails": Tree::List(Vec::new()), "addonCompatibilityDetails": Tree::List(Vec::new()) };
    let shown = insight
        .summary(cluster, scope.now)
        .with("recommendation", KINDS[insight.kind].2)
        .with("additionalInfo", Tree::object())
        .with("resources", Tree::List(Vec::new()))
        .with("categorySpecificSummary", details);
    Ok(tree! { "insight": shown })
}

fn refresh(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let now = scope.now;
    let cluster = scope.eks_mut().cluster_mut(input.need("clusterName")?)?;
    cluster.check_active()?;
    if cluster.insights_asked.is_none_or(|asked| asked + TAKES <= now) {
        cluster.insights_asked = Some(now);
    }
    Ok(tree! { "message": "Insights refresh is in progress.", "status": "IN_PROGRESS" })
}

fn describe_refresh(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cluster = scope.eks().cluster(input.need("clusterName")?)?;
    let asked = cluster
        .insights_asked
        .ok_or_else(|| cluster.about().not_found(format!("No insights refresh found for cluster: {}", cluster.name)))?;
    let ended = Some(asked + TAKES).filter(|ended| *ended <= scope.now);
    let (status, message) = match ended {
        Some(_) => ("COMPLETED", "Insights refresh has completed."),
        None => ("IN_PROGRESS", "Insights refresh is in progress."),
    };
    Ok(tree! { "message": message, "status": status, "startedAt": asked, "endedAt": ended })
}

#[cfg(test)]
mod tests {
    use super::super::cluster::tests::active;
    use super::*;
    use crate::testing::code;

    #[test]
    fn insights_are_listed_described_and_refreshed() {
        let cloud = active();
        let call = |operation: &str, input: Tree| cloud.call("eks", operation, input.with("clusterName", "c"));
        let listed = call("ListInsights", tree! {}).unwrap();
        assert_eq!(listed.list_at("insights").len(), KINDS.len());
        let id = listed.list_at("insights")[0].need("id").unwrap();
        let described = call("DescribeInsight", tree! { "id": id }).unwrap();
        assert_eq!(described.need("insight.insightStatus.status"), Ok("PASSING"));
        let failing = tree! { "filter": tree! { "statuses": vec!["ERROR"] } };
        assert!(call("ListInsights", failing).unwrap().list_at("insights").is_empty());
        assert_eq!(code(call("DescribeInsightsRefresh", tree! {})), "ResourceNotFoundException");
        call("StartInsightsRefresh", tree! {}).unwrap();
        cloud.wait(TAKES);
        let refreshed = call("DescribeInsightsRefresh", tree! {}).unwrap();
        assert_eq!(refreshed.need("status"), Ok("COMPLETED"));
    }
}
