//! What a resource type may add to planning.

use landfall_value::{AttributePath, Value};

/// What is known of the account when planning.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Account number, if known.
    pub account: Option<String>,
    /// Partition, such as `aws`.
    pub partition: Option<String>,
    /// Region of the resource.
    pub region: Option<String>,
    /// DNS suffix of the partition.
    pub dns_suffix: Option<String>,
    /// Tags that the provider adds to every object that takes tags.
    pub default_tags: std::collections::BTreeMap<String, String>,
}

impl Facts {
    /// Returns the ARN of something in this account and region, if all that it is made of is known.
    pub fn arn(&self, service: &str, resource: &str) -> Option<String> {
        let (partition, region, account) = (self.partition.as_ref()?, self.region.as_ref()?, self.account.as_ref()?);
        Some(format!("arn:{partition}:{service}:{region}:{account}:{resource}"))
    }

    /// Returns the ARN of something in this account that has no region, if all that it is made of is known.
    pub fn global_arn(&self, service: &str, resource: &str) -> Option<String> {
        let (partition, account) = (self.partition.as_ref()?, self.account.as_ref()?);
        Some(format!("arn:{partition}:{service}::{account}:{resource}"))
    }
}

/// Values of a planned change: objects of the whole schema, null where there is none. Unknown values may occur in `proposed`.
pub struct Planned<'a> {
    /// The object as it is; null when it will be created.
    pub prior: &'a Value,
    /// What the user wrote.
    pub config: &'a Value,
    /// Configuration over prior: what the engine proposes.
    pub proposed: &'a Value,
}

impl Planned<'_> {
    /// Returns whether the object does not exist yet.
    pub fn is_create(&self) -> bool {
        self.prior.is_null()
    }

    /// Returns whether an attribute differs between prior and proposed. Nulls of any type are the same.
    pub fn changes(&self, name: &str) -> bool {
        let (prior, proposed) = (self.prior.get(name), self.proposed.get(name));
        let is_null = |value: Option<&Value>| value.is_none_or(Value::is_null);
        prior != proposed && !(is_null(prior) && is_null(proposed))
    }
}

/// What a resource type adds to a plan.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Values of computed attributes that are known before apply (or unknown, where a change makes them so).
    pub values: Vec<(AttributePath, Value)>,
    /// Further attributes whose change replaces the object.
    pub replace: Vec<AttributePath>,
    /// Attributes whose change does not replace the object after all, or whose difference means nothing.
    pub keep: Vec<AttributePath>,
    /// Why the configuration cannot work, with the attribute in question.
    pub errors: Vec<(AttributePath, String)>,
}

impl Overrides {
    /// Returns no override.
    pub fn none() -> Self {
        Self::default()
    }

    /// Sets a top-level attribute.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.values.push((AttributePath::root().attribute(name), value.into()));
    }

    /// Says that a change of a top-level attribute replaces the object.
    pub fn replaces(&mut self, name: &str) {
        self.replace.push(AttributePath::root().attribute(name));
    }

    /// Says that the configuration cannot work.
    pub fn error(&mut self, name: &str, message: impl Into<String>) {
        self.errors.push((AttributePath::root().attribute(name), message.into()));
    }
}
