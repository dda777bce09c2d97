//! The block `filter` of EC2's data sources.

use aws_sdk_ec2::types::Filter;
use landfall_provider::{Args, Set};

/// A filter: any of the values, which may have wildcards.
#[derive(Args, Clone, PartialEq)]
pub struct FilterBlock {
    /// Name, as the service's API has it.
    name: String,
    /// Values.
    values: Set<String>,
}

impl FilterBlock {
    /// Returns the filter by a single value.
    pub fn of(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), values: Set::from(vec![value.to_owned()]) }
    }

    /// Returns whether the filter has one of these names.
    pub fn is_one_of(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    /// Returns the filter as a request takes it.
    pub fn request(&self) -> Filter {
        Filter::builder().name(&self.name).set_values(Some(self.values.to_vec())).build()
    }
}
