//! What EKS checks of a node group.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::cluster::one_of;
use super::super::{About, Cluster, outside};
use super::images;
use crate::facts;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Beginnings of labels that are Kubernetes' or EKS's own.
const RESERVED: [&str; 3] = ["kubernetes.io/", "k8s.io/", "eks.amazonaws.com/"];

/// Sizes of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaling {
    /// Least size.
    pub min: i64,
    /// Greatest size.
    pub max: i64,
    /// Size that is wanted.
    pub desired: i64,
}

/// A taint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Option<String>,
    /// `NO_SCHEDULE`, `NO_EXECUTE` or `PREFER_NO_SCHEDULE`.
    pub effect: String,
}

impl Scaling {
    /// Returns the sizes of a new group.
    pub fn of_new(about: About<'_>, config: Option<&Tree>, usual: Self) -> Result<Self, Fault> {
        let Self { min, max, desired } = usual.with(about, config)?;
        match () {
            () if min > desired => Err(about.invalid_parameter("minSize can't be greater than desiredSize")),
            () if desired > max => Err(about.invalid_parameter("desiredSize can't be greater than maxSize")),
            () => Ok(Self { min, max, desired }),
        }
    }

    /// Returns the sizes after an update. What it does not name stays, the desired size too: EKS never moves it to where
    /// the others let it be, but refuses them.
    pub fn updated(self, about: About<'_>, config: Option<&Tree>) -> Result<Self, Fault> {
        let Self { min, max, desired } = self.with(about, config)?;
        let why = match () {
            () if config.is_none() => return Ok(self),
            () if min > desired => format!("Minimum capacity {min} can't be greater than desired size {desired}"),
            () if desired > max => format!("desired capacity {desired} can't be greater than max size {max}"),
            () => return Ok(Self { min, max, desired }),
        };
        Err(about.invalid_parameter(why))
    }

    fn with(self, about: About<'_>, config: Option<&Tree>) -> Result<Self, Fault> {
        let asked = |name: &str| config.map_or(Ok(None), |config| config.int(name));
        let min = asked("minSize")?.unwrap_or(self.min);
        let max = asked("maxSize")?.unwrap_or(self.max);
        let desired = asked("desiredSize")?.unwrap_or(self.desired);
        match () {
            () if min < 0 => Err(about.invalid_parameter("minSize must be at least 0")),
            () if max < 1 => Err(about.invalid_parameter("maxSize must be at least 1")),
            () => Ok(Self { min, max, desired }),
        }
    }

    /// Returns the sizes as answers have them.
    pub fn shown(&self) -> Tree {
        tree! { "minSize": self.min, "maxSize": self.max, "desiredSize": self.desired }
    }
}

impl Taint {
    /// Returns the taint as answers have it.
    pub fn shown(&self) -> Tree {
        tree! { "key": &self.key, "value": self.value.as_ref(), "effect": &self.effect }
    }
}

/// Returns the name of a new group.
pub fn name(input: &Tree) -> Result<&str, Fault> {
    let name = input.need("nodegroupName")?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.as_bytes()[0].is_ascii_alphanumeric() || !name.bytes().all(is_allowed) {
        let message = "The nodegroup name parameter contains invalid characters";
        return Err(About::NOTHING.invalid_parameter(message));
    }
    if name.len() > 63 {
        return Err(About::NOTHING.invalid_parameter("nodegroupName can't be longer than 63 characters!"));
    }
    Ok(name)
}

/// Returns the subnets of a group.
pub fn subnets(scope: &Scope<'_>, about: About<'_>, cluster: &Cluster, input: &Tree) -> Result<Vec<String>, Fault> {
    let ids = input.texts("subnets");
    if ids.is_empty() {
        return Err(Fault::missing("subnets"));
    }
    for id in &ids {
        let Ok(subnet) = scope.ec2().subnet(id) else {
            return Err(about.invalid_parameter(format!("The subnet ID '{id}' does not exist")));
        };
        if subnet.vpc_id != cluster.vpc_id {
            let message = format!("Subnet {id} is not in the VPC of the cluster, {}", cluster.vpc_id);
            return Err(about.invalid_parameter(message));
        }
    }
    Ok(ids.into_iter().map(str::to_owned).collect())
}

/// Checks the role of nodes.
pub fn role(scope: &Scope<'_>, about: About<'_>, cluster: &Cluster, arn: &str) -> Result<(), Fault> {
    if !arn.contains(&format!("::{}:role/", scope.account)) {
        return Err(about.invalid_parameter("Cross-account pass role is not allowed."));
    }
    if arn == cluster.role_arn {
        return Err(about.invalid_parameter("The role of the cluster cannot be the role of its nodes"));
    }
    if outside::role(scope, arn).is_none() {
        let name = arn.rsplit('/').next().unwrap_or_default();
        return Err(about.invalid_parameter(format!("The role with name {name} cannot be found.")));
    }
    let service = if scope.partition() == "aws-cn" { "ec2.amazonaws.com.cn" } else { "ec2.amazonaws.com" };
    if outside::role_for(scope, arn, service).is_none() {
        let message = format!(
            "Following required service principals [{service}] were not found in the trust relationships of nodeRole {arn}"
        );
        return Err(about.invalid_parameter(message));
    }
    Ok(())
}

/// Returns the instance types that a request names.
pub fn instance_types(about: About<'_>, input: &Tree) -> Result<Vec<String>, Fault> {
    let names = input.texts("instanceTypes");
    if names.len() > 20 {
        return Err(about.invalid_parameter("At most 20 instance types can be specified"));
    }
    let unknown: Vec<_> = names.iter().copied().filter(|name| !facts::instance_types().contains_key(*name)).collect();
    if !unknown.is_empty() {
        let message = format!("The following supplied instance types do not exist: [{}]", unknown.join(", "));
        return Err(about.invalid_parameter(message));
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Checks that a kind of image runs on instance types.
pub fn image(about: About<'_>, ami_type: &str, instance_types: &[String]) -> Result<(), Fault> {
    let bad: Vec<_> =
        instance_types.iter().map(String::as_str).filter(|name| !images::runs_on(ami_type, name)).collect();
    if bad.is_empty() {
        return Ok(());
    }
    let message = format!("[{}] is not a valid instance type for requested amiType {ami_type}", bad.join(", "));
    Err(about.invalid_parameter(message))
}

/// Returns labels.
pub fn labels(about: About<'_>, list: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Fault> {
    for (key, value) in &list {
        if RESERVED.iter().any(|prefix| key.starts_with(prefix)) {
            let message = format!("Label cannot contain reserved prefixes [{}]", RESERVED.join(" "));
            return Err(about.invalid_parameter(message));
        }
        if key.is_empty() || value.len() > 63 {
            return Err(about.invalid_parameter(format!("Label {key}={value} is not valid")));
        }
    }
    Ok(list.into_iter().collect())
}

/// Returns taints.
pub fn taints(about: About<'_>, list: &[Tree]) -> Result<Vec<Taint>, Fault> {
    if list.len() > 50 {
        return Err(about.invalid_parameter("At most 50 taints can be specified"));
    }
    let effects = ["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"];
    let read = |taint: &Tree| {
        let effect = one_of(about, taint, "effect", &effects)?.ok_or_else(|| Fault::missing("taints.effect"))?;
        let value = taint.text("value")?.map(str::to_owned);
        Ok(Taint { key: taint.need("key")?.to_owned(), value, effect: effect.to_owned() })
    };
    list.iter().map(read).collect()
}

/// Returns an update config, filled in.
pub fn update_config(about: About<'_>, config: Option<&Tree>) -> Result<Tree, Fault> {
    let Some(config) = config else { return Ok(tree! { "maxUnavailable": 1 }) };
    let strategy = one_of(about, config, "updateStrategy", &["DEFAULT", "MINIMAL"])?;
    let (count, percentage) = (config.int("maxUnavailable")?, config.int("maxUnavailablePercentage")?);
    if count.is_some() && percentage.is_some() {
        let message = "maxUnavailable and maxUnavailablePercentage cannot both be specified";
        return Err(about.invalid_parameter(message));
    }
    if count.or(percentage).is_some_and(|number| !(1..=100).contains(&number)) {
        return Err(about.invalid_parameter("maxUnavailable and maxUnavailablePercentage must be from 1 to 100"));
    }
    let count = if percentage.is_none() { count.or(Some(1)) } else { None };
    Ok(tree! { "maxUnavailable": count, "maxUnavailablePercentage": percentage, "updateStrategy": strategy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_order() {
        let prior = Scaling { min: 1, max: 2, desired: 2 };
        let ask = |config: Tree| prior.updated(About::NOTHING, Some(&config));
        assert_eq!(ask(tree! { "maxSize": 4, "desiredSize": 3 }), Ok(Scaling { min: 1, max: 4, desired: 3 }));
        assert!(ask(tree! { "minSize": 3, "maxSize": 5 }).is_err());
        assert!(ask(tree! { "desiredSize": 3 }).is_err());
        assert!(ask(tree! { "minSize": 0, "maxSize": 0, "desiredSize": 0 }).is_err());
        assert!(Scaling::of_new(About::NOTHING, Some(&tree! { "minSize": 3, "maxSize": 3 }), prior).is_err());
    }

    #[test]
    fn update_configs_name_one_measure() {
        let ask = |config: Tree| update_config(About::NOTHING, Some(&config));
        assert_eq!(ask(tree! { "maxUnavailablePercentage": 33 }), Ok(tree! { "maxUnavailablePercentage": 33 }));
        assert_eq!(ask(tree! { "updateStrategy": "MINIMAL" }).unwrap().int("maxUnavailable"), Ok(Some(1)));
        assert!(ask(tree! { "maxUnavailablePercentage": 33, "maxUnavailable": 1 }).is_err());
        assert!(ask(tree! { "maxUnavailablePercentage": 101 }).is_err());
    }

    #[test]
    fn labels_of_others_are_refused() {
        let ask = |key: &str| labels(About::NOTHING, vec![(key.to_owned(), "v".to_owned())]);
        assert!(ask("team").is_ok() && ask("node.example.com/x").is_ok());
        assert!(ask("eks.amazonaws.com/x").is_err() && ask("kubernetes.io/x").is_err());
    }
}
