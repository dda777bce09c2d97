//! Filters of EC2's lists: all filters must hold, for each any of its values, with `*` and `?`.

use super::Store;
use crate::faults::matches;
use crate::protocol::fault::Fault;
use crate::tree::Tree;

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
            let unknown = || Fault::new("InvalidParameterValue", format!("The filter '{name}' is invalid"));
            let own = values(name).ok_or_else(unknown)?;
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

/// Returns the value of a filter with one value.
pub fn one(value: impl ToString) -> Option<Vec<String>> {
    Some(vec![value.to_string()])
}
