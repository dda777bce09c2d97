//! Filters of EC2's lists: all filters must hold, for each any of its values, with `*` and `?`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Store;
use crate::faults::matches;
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// How many values the filters of a request may have together.
const MOST_VALUES: usize = 200;

/// The filters of a request.
#[derive(Clone, Debug)]
pub struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Reads the filters of a request.
    ///
    /// # Errors
    /// When one has no name or no values.
    pub fn read(input: &Tree) -> Result<Self, Fault> {
        let mut filters = Vec::new();
        for filter in input.list_at("Filter") {
            let name = filter.need("Name")?.to_owned();
            let values: Vec<String> = filter.texts("Value").into_iter().map(ToOwned::to_owned).collect();
            if values.is_empty() && !filter.has("Value") {
                return Err(Fault::new("InvalidParameterValue", format!("The filter '{name}' has no values.")));
            }
            filters.push((name, values));
        }
        if filters.iter().map(|(_, values)| values.len()).sum::<usize>() > MOST_VALUES {
            let message = format!("The maximum number of filter values specified on a single call is {MOST_VALUES}");
            return Err(Fault::new("FilterLimitExceeded", message));
        }
        Ok(Self(filters))
    }

    /// Returns whether an object passes; `values` returns what the object has for a filter, or nothing where there is
    /// no such filter.
    ///
    /// # Errors
    /// For a filter that is not there.
    pub fn accept(&self, values: impl Fn(&str) -> Option<Vec<String>>) -> Result<bool, Fault> {
        let mut is_wanted = true;
        for (name, wanted) in &self.0 {
            let own = values(name).ok_or_else(|| invalid(name))?;
            is_wanted &= own.iter().any(|own| wanted.iter().any(|wanted| matches(wanted, own)));
        }
        Ok(is_wanted)
    }

    /// As [`Filters::accept`], for an object with tags: the filters `tag:KEY`, `tag-key` and `owner-id` are done here.
    ///
    /// # Errors
    /// For a filter that is not there.
    pub fn accept_tagged(
        &self,
        store: &Store,
        id: &str,
        values: impl Fn(&str) -> Option<Vec<String>>,
    ) -> Result<bool, Fault> {
        let tags = store.tags.get(id);
        self.accept(|name| match name.strip_prefix("tag:") {
            Some(key) => Some(tags.and_then(|tags| tags.get(key)).cloned().into_iter().collect()),
            None if name == "tag-key" => Some(tags.into_iter().flat_map(|tags| tags.keys().cloned()).collect()),
            None if name == "tag-value" => Some(tags.into_iter().flat_map(|tags| tags.values().cloned()).collect()),
            None => values(name),
        })
    }
}

/// What EC2 has for filters, by operation.
static KNOWN: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("../../../facts/ec2_filters.txt").lines();
    let words = lines.map(|line| line.split(' '));
    words.filter_map(|mut words| Some((words.next()?, words.collect()))).collect()
});

/// Looks at an answer again: a filter that nobody was asked for, as there is nothing in the list, may be none at all; and
/// one that was not understood may be EC2's nevertheless.
///
/// # Errors
/// In both cases.
pub fn judged(operation: &str, input: &Tree, answer: Result<Tree, Fault>) -> Result<Tree, Fault> {
    let Some(known) = KNOWN.get(operation) else { return answer };
    let is_known = |name: &str| name.starts_with("tag:") || known.contains(&name);
    let names = || input.list_at("Filter").iter().filter_map(|filter| filter.at("Name").and_then(Tree::as_text));
    match answer {
        Ok(answer) => {
            let is_empty = answer.members().all(|(_, value)| value.items().is_empty());
            match names().find(|name| !is_known(name)) {
                Some(unknown) if is_empty => Err(invalid(unknown)),
                _ => Ok(answer),
            }
        }
        Err(fault) => match names().find(|name| is_known(name) && fault == invalid(name)) {
            Some(name) => Err(Fault::not_modelled(format!("the filter `{name}` of `ec2 {operation}`"))),
            None => Err(fault),
        },
    }
}

fn invalid(name: &str) -> Fault {
    Fault::new("InvalidParameterValue", format!("The filter '{name}' is invalid"))
}

/// Returns the value of a filter with one value.
pub fn one(value: impl ToString) -> Option<Vec<String>> {
    Some(vec![value.to_string()])
}

#[cfg(test)]
mod tests {
    use crate::testing::{Cloud, code};
    use crate::tree;

    #[test]
    fn filters_are_judged_where_there_is_nothing_to_filter() {
        let cloud = Cloud::new();
        let by = |operation: &str, name: &str| {
            let filter = tree! { "Name": name, "Value": vec!["x"] };
            cloud.ec2(operation, tree! { "Filter": vec![filter] })
        };
        assert_eq!(code(by("DescribeInstances", "colour")), "InvalidParameterValue");
        assert_eq!(code(by("DescribeVpcs", "colour")), "InvalidParameterValue");
        assert!(by("DescribeInstances", "tag:colour").is_ok() && by("DescribeInstances", "vpc-id").is_ok());
        assert_eq!(code(by("DescribeInstanceTypes", "rdma-supported")), "InvalidParameterValue");
        assert_eq!(code(by("DescribeInstanceTypes", "processor-info.supported-features")), "NotImplemented");
    }
}
