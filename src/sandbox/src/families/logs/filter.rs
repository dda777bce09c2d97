//! Metric filters, which are kept and count nothing, and lists of what the sandbox has none of.

use serde::{Deserialize, Serialize};

use super::{GROUP_NAME, Store, listed, millis, not_found, nothing};
use crate::families::constraints::{Text, length};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "logs",
    operations: &[
        write("PutMetricFilter", &["logGroupName", "filterName", "filterPattern", "metricTransformations"], put),
        read(
            "DescribeMetricFilters",
            &["logGroupName", "filterNamePrefix", "metricName", "metricNamespace", "limit", "nextToken"],
            describe,
        ),
        write("DeleteMetricFilter", &["logGroupName", "filterName"], delete),
        read("DescribeSubscriptionFilters", &["logGroupName", "filterNamePrefix", "limit", "nextToken"], subscriptions),
        read("DescribeExportTasks", &["statusCode", "limit", "nextToken"], |_, input| listed(input, "exportTasks", [])),
        read("DescribeDestinations", &["DestinationNamePrefix", "limit", "nextToken"], |_, input| {
            listed(input, "destinations", [])
        }),
    ],
    events: &[],
};

/// How many metric filters a group may have.
const MOST: usize = 100;
const NAME: Text =
    Text { least: 1, most: 512, pattern: "[^:*]*", accepts: |text| !text.chars().any(|next| ":*".contains(next)) };

/// A metric filter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MetricFilter {
    /// When it was last written.
    pub created: Timestamp,
    /// Which events it counts.
    pub pattern: String,
    /// What comes of them, as it was written.
    pub transformations: Tree,
}

impl MetricFilter {
    fn shown(&self, group: &str, name: &str) -> Tree {
        tree! {
            "filterName": name,
            "filterPattern": self.pattern.as_str(),
            "metricTransformations": &self.transformations,
            "creationTime": millis(self.created),
            "logGroupName": group,
            "applyOnTransformedLogs": false,
        }
    }

    fn makes(&self, member: &str, wanted: Option<&str>) -> bool {
        let made = |one: &Tree| one.at(member).and_then(Tree::as_text) == wanted;
        wanted.is_none() || self.transformations.items().iter().any(made)
    }
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = NAME.need(input, "filterName")?;
    let pattern = length(0, 1024).optional(input, "filterPattern")?.ok_or_else(|| Fault::missing("filterPattern"))?;
    let transformations = input.list_at("metricTransformations");
    let [only] = transformations else {
        if transformations.is_empty() {
            return Err(Fault::missing("metricTransformations"));
        }
        let why = "Member must have length less than or equal to 1";
        return Err(Fault::invalid("metricTransformations", transformations.len(), why));
    };
    for member in ["metricName", "metricNamespace", "metricValue"] {
        only.need(member)?;
    }
    let filter = MetricFilter {
        created: scope.now,
        pattern: pattern.to_owned(),
        transformations: Tree::list(transformations.iter().cloned()),
    };
    let filters = &mut scope.logs_mut().group_mut(input)?.metric_filters;
    if !filters.contains_key(name) && filters.len() >= MOST {
        return Err(Fault::new("LimitExceededException", "Resource limit exceeded."));
    }
    filters.insert(name.to_owned(), filter);
    Ok(nothing())
}

fn check_group(store: &Store, input: &Tree) -> Result<(), Fault> {
    match GROUP_NAME.optional(input, "logGroupName")? {
        Some(name) if !store.groups.contains_key(name) => Err(not_found()),
        _ => Ok(()),
    }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    check_group(scope.logs(), input)?;
    let (group, prefix) = (input.text("logGroupName")?, NAME.optional(input, "filterNamePrefix")?);
    let (metric, namespace) = (input.text("metricName")?, input.text("metricNamespace")?);
    let groups = scope.logs().groups.iter().filter(|(name, _)| group.is_none_or(|group| group == name.as_str()));
    let filters =
        groups.flat_map(|(group, own)| own.metric_filters.iter().map(move |(name, filter)| (group, name, filter)));
    let wanted = filters.filter(|(_, name, filter)| {
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && filter.makes("metricName", metric)
            && filter.makes("metricNamespace", namespace)
    });
    listed(input, "metricFilters", wanted.map(|(group, name, filter)| filter.shown(group, name)))
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = NAME.need(input, "filterName")?;
    let gone = scope.logs_mut().group_mut(input)?.metric_filters.remove(name);
    let absent = || Fault::new("ResourceNotFoundException", "The specified metric filter does not exist.");
    gone.map(|_| nothing()).ok_or_else(absent)
}

/// There are no streams and functions here to which events could go.
fn subscriptions(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    scope.logs().group(input)?;
    listed(input, "subscriptionFilters", [])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn metric_filters_are_kept_and_counted() {
        let cloud = Cloud::new();
        let call = |operation: &str, input: Tree| cloud.call("logs", operation, input);
        let metric = tree! { "metricName": "errors", "metricNamespace": "app", "metricValue": "1" };
        let filter = tree! { "logGroupName": "g", "filterName": "f" };
        let put = filter.clone().with("filterPattern", "ERROR").with("metricTransformations", vec![metric.clone()]);
        assert_eq!(code(call("PutMetricFilter", put.clone())), "ResourceNotFoundException");
        call("CreateLogGroup", tree! { "logGroupName": "g" }).unwrap();
        call("PutMetricFilter", put.clone()).unwrap();
        call("PutMetricFilter", put).unwrap();
        let groups = call("DescribeLogGroups", tree! {}).unwrap();
        assert_eq!(groups.list_at("logGroups")[0].int("metricFilterCount"), Ok(Some(1)));
        let found = call("DescribeMetricFilters", tree! { "metricName": "errors", "metricNamespace": "app" }).unwrap();
        assert_eq!(found.list_at("metricFilters")[0].list_at("metricTransformations"), [metric]);
        let others = call("DescribeMetricFilters", tree! { "metricName": "other", "metricNamespace": "app" }).unwrap();
        assert!(others.list_at("metricFilters").is_empty());
        call("DeleteMetricFilter", filter.clone()).unwrap();
        assert_eq!(code(call("DeleteMetricFilter", filter)), "ResourceNotFoundException");
    }
}
