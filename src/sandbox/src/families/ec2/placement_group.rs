//! Placement groups. They are told, and shown by what is in them; where machines stand is not known here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::filters::{Filters, one};
use super::{Store, tags};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write(
            "CreatePlacementGroup",
            &["GroupName", "Strategy", "PartitionCount", "SpreadLevel", "TagSpecification"],
            create,
        ),
        read("DescribePlacementGroups", &["GroupName", "GroupId", "Filter"], describe),
        write("DeletePlacementGroup", &["GroupName"], delete),
    ],
    events: &[],
};

/// How many partitions a group may have.
const MOST_PARTITIONS: i64 = 7;

/// A placement group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlacementGroup {
    /// Its id, `pg-…`.
    pub id: String,
    /// `cluster`, `spread` or `partition`.
    pub strategy: String,
    /// How many partitions it has.
    pub partitions: Option<i64>,
    /// `host` or `rack`, of a group that spreads.
    pub spread_level: Option<String>,
}

/// All groups, by name.
pub type PlacementGroups = BTreeMap<String, PlacementGroup>;

impl Store {
    /// Returns a placement group.
    ///
    /// # Errors
    /// When it is not there.
    pub fn placement_group(&self, name: &str) -> Result<&PlacementGroup, Fault> {
        self.placement_groups.get(name).ok_or_else(|| unknown(name))
    }
}

fn unknown(name: &str) -> Fault {
    Fault::new("InvalidPlacementGroup.Unknown", format!("The Placement Group '{name}' is unknown."))
}

fn shown(scope: &Scope<'_>, name: &str, group: &PlacementGroup) -> Tree {
    tree! {
        "groupName": name,
        "groupId": &group.id,
        "groupArn": scope.arn("ec2", &format!("placement-group/{name}")),
        "strategy": &group.strategy,
        "state": "available",
        "partitionCount": group.partitions,
        "spreadLevel": group.spread_level.as_deref(),
        "tagSet": scope.ec2().tag_set(&group.id),
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("GroupName")?;
    let strategy = input.text("Strategy")?.unwrap_or("cluster");
    if !["cluster", "spread", "partition"].contains(&strategy) {
        return Err(Fault::invalid("strategy", strategy, "Valid values are cluster, spread and partition."));
    }
    let partitions = input.int("PartitionCount")?;
    if partitions.is_some() && strategy != "partition" {
        let message = "The parameter PartitionCount can only be used with the strategy partition.";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    if let Some(other) = partitions.filter(|count| !(1..=MOST_PARTITIONS).contains(count)) {
        return Err(Fault::invalid("partitionCount", other, "Expecting a value between 1 and 7."));
    }
    let level = input.text("SpreadLevel")?;
    if let Some(other) = level.filter(|level| !["host", "rack"].contains(level)) {
        return Err(Fault::invalid("spreadLevel", other, "Valid values are host and rack."));
    }
    if scope.ec2().placement_groups.contains_key(name) {
        let message = format!("The Placement Group '{name}' already exists.");
        return Err(Fault::new("InvalidPlacementGroup.Duplicate", message));
    }
    let tags = tags::specified(input, "placement-group")?;
    let group = PlacementGroup {
        id: scope.ids().ec2("pg"),
        strategy: strategy.to_owned(),
        partitions: partitions.or((strategy == "partition").then_some(2)),
        spread_level: (strategy == "spread").then(|| level.unwrap_or("rack").to_owned()),
    };
    let store = scope.ec2_mut();
    store.tag_new(&group.id, tags);
    store.placement_groups.insert(name.to_owned(), group.clone());
    Ok(tree! { "return": true, "placementGroup": shown(scope, name, &group) })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (names, ids) = (input.texts("GroupName"), input.texts("GroupId"));
    let store = scope.ec2();
    for name in &names {
        store.placement_group(name)?;
    }
    if let Some(absent) = ids.iter().find(|id| !store.placement_groups.values().any(|own| own.id == **id)) {
        return Err(Fault::new(
            "InvalidPlacementGroupId.NotFound",
            format!("The placement group ID '{absent}' does not exist"),
        ));
    }
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    for (name, group) in &store.placement_groups {
        let is_named = (names.is_empty() || names.contains(&name.as_str()))
            && (ids.is_empty() || ids.contains(&group.id.as_str()));
        let passes = filters.accept_tagged(store, &group.id, |filter| match filter {
            "group-name" => one(name),
            "group-arn" => one(scope.arn("ec2", &format!("placement-group/{name}"))),
            "state" => one("available"),
            "strategy" => one(&group.strategy),
            "spread-level" => Some(group.spread_level.iter().cloned().collect()),
            _ => None,
        })?;
        if is_named && passes {
            found.push(shown(scope, name, group));
        }
    }
    Ok(tree! { "placementGroupSet": found })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("GroupName")?;
    let id = scope.ec2().placement_group(name)?.id.clone();
    let is_in = |path: &Tree| path.at("placement.groupName").and_then(Tree::as_text) == Some(name);
    let mut instances = scope.ec2().instances.values();
    if instances.any(|own| is_in(&own.options) && own.state(scope.now) != "terminated") {
        let message = format!("The placement group '{name}' is in use and may not be deleted.");
        return Err(Fault::new("InvalidPlacementGroup.InUse", message));
    }
    let store = scope.ec2_mut();
    store.placement_groups.remove(name);
    store.tags.remove(&id);
    Ok(tree! { "return": true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::ec2::instance::tests::{network, request, run};
    use crate::testing::{Cloud, code};

    #[test]
    fn groups_hold_instances_and_stay_as_long() {
        let cloud = Cloud::new();
        let (_, subnet) = network(&cloud);
        let place = |name: &str| run(&cloud, request(&subnet).with("Placement", tree! { "GroupName": name }));
        assert_eq!(code(place("near")), "InvalidPlacementGroup.Unknown");
        let group = tree! { "GroupName": "near", "Strategy": "cluster" };
        let made = cloud.ec2("CreatePlacementGroup", group.clone()).unwrap();
        assert_eq!(made.need("placementGroup.state"), Ok("available"));
        assert_eq!(code(cloud.ec2("CreatePlacementGroup", group)), "InvalidPlacementGroup.Duplicate");
        let tag = tree! { "Key": "a", "Value": "b" };
        let id = made.need("placementGroup.groupId").unwrap();
        cloud.ec2("CreateTags", tree! { "ResourceId": vec![id], "Tag": vec![tag] }).unwrap();
        place("near").unwrap();
        let name = tree! { "GroupName": "near" };
        assert_eq!(code(cloud.ec2("DeletePlacementGroup", name)), "InvalidPlacementGroup.InUse");
        let apart = tree! { "GroupName": "apart", "Strategy": "partition" };
        let made = cloud.ec2("CreatePlacementGroup", apart).unwrap();
        assert_eq!(made.int("placementGroup.partitionCount"), Ok(Some(2)));
        cloud.ec2("DeletePlacementGroup", tree! { "GroupName": "apart" }).unwrap();
        let absent = cloud.ec2("DescribePlacementGroups", tree! { "GroupName": vec!["apart"] });
        assert_eq!(code(absent), "InvalidPlacementGroup.Unknown");
    }
}
