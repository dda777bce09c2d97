//! Regions and availability zones.

use super::filters::{Filters, one};
use crate::facts;
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        read("DescribeAvailabilityZones", &["ZoneName", "ZoneId", "AllAvailabilityZones", "Filter"], describe_zones),
        read("DescribeRegions", &["RegionName", "AllRegions", "Filter"], describe_regions),
    ],
    events: &[],
};

fn describe_zones(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (names, ids, filters) = (input.texts("ZoneName"), input.texts("ZoneId"), Filters::read(input)?);
    let zones: Vec<_> = facts::zones(scope.region).collect();
    if let Some(absent) = names.iter().find(|name| !zones.iter().any(|(own, _)| own == *name)) {
        return Err(Fault::new("InvalidParameterValue", format!("Invalid availability zone: [{absent}]")));
    }
    if let Some(absent) = ids.iter().find(|id| !zones.iter().any(|(_, own)| own == *id)) {
        return Err(Fault::new("InvalidParameterValue", format!("Invalid availability zone-id: [{absent}]")));
    }
    let group = format!("{}-zg-1", scope.region);
    let mut found = Vec::new();
    for (name, id) in zones {
        let is_named = (names.is_empty() || names.contains(&name)) && (ids.is_empty() || ids.contains(&id));
        let passes = filters.accept(|filter| match filter {
            "zone-name" => one(name),
            "zone-id" => one(id),
            "region-name" => one(scope.region),
            "group-name" => one(&group),
            "state" | "zone-state" => one("available"),
            "opt-in-status" => one("opt-in-not-required"),
            "zone-type" => one("availability-zone"),
            "group-long-name" | "message" | "parent-zone-id" | "parent-zone-name" => Some(vec![]),
            _ => None,
        })?;
        if is_named && passes {
            found.push(tree! {
                "zoneName": name,
                "zoneId": id,
                "zoneState": "available",
                "zoneType": "availability-zone",
                "optInStatus": "opt-in-not-required",
                "regionName": scope.region,
                "groupName": group.as_str(),
                "networkBorderGroup": scope.region,
                "messageSet": Tree::List(vec![]),
            });
        }
    }
    Ok(tree! { "availabilityZoneInfo": found })
}

/// A region only knows those of its own partition.
fn describe_regions(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (names, filters) = (input.texts("RegionName"), Filters::read(input)?);
    let shows_all = input.bool("AllRegions")?.unwrap_or_default();
    let is_own = |name: &str| facts::partition(name) == scope.partition();
    let own: Vec<_> = facts::regions().iter().filter(|(name, _)| is_own(name)).collect();
    if let Some(absent) = names.iter().find(|name| !own.iter().any(|(own, _)| own == *name)) {
        return Err(Fault::new("InvalidParameterValue", format!("Invalid region: [{absent}]")));
    }
    let mut found = Vec::new();
    for (name, region) in own {
        let endpoint = format!("ec2.{name}.amazonaws.com");
        let is_named = names.is_empty() || names.contains(&name.as_str());
        let passes = filters.accept(|filter| match filter {
            "region-name" => one(name),
            "endpoint" => one(&endpoint),
            "opt-in-status" => one(&region.opt_in),
            _ => None,
        })?;
        if is_named && passes && (shows_all || !names.is_empty() || region.opt_in != "not-opted-in") {
            let shown = tree! { "regionName": name, "regionEndpoint": endpoint, "optInStatus": region.opt_in.as_str() };
            found.push(shown);
        }
    }
    Ok(tree! { "regionInfo": found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cloud;

    #[test]
    fn zones_are_those_of_the_region() {
        let zones = Cloud::new().ec2("DescribeAvailabilityZones", tree! {}).unwrap();
        let names: Vec<_> =
            zones.list_at("availabilityZoneInfo").iter().map(|zone| zone.need("zoneName").unwrap()).collect();
        assert_eq!(names, ["eu-central-1a", "eu-central-1b", "eu-central-1c"]);
    }

    #[test]
    fn zones_are_found_by_id_and_group() {
        let cloud = Cloud::new();
        let absent = cloud.ec2("DescribeAvailabilityZones", tree! { "ZoneId": vec!["use1-az1"] });
        assert_eq!(absent.unwrap_err().message("ec2"), "Invalid availability zone-id: [use1-az1]");
        let filter = tree! { "Name": "group-name", "Value": vec!["eu-central-1-zg-1"] };
        let found = cloud.ec2("DescribeAvailabilityZones", tree! { "Filter": vec![filter] }).unwrap();
        assert_eq!(found.list_at("availabilityZoneInfo").len(), 3);
    }

    #[test]
    fn regions_are_those_of_the_partition() {
        let regions = |input: Tree| {
            let found = Cloud::new().ec2("DescribeRegions", input).unwrap();
            let names = found.list_at("regionInfo").iter().map(|region| region.need("regionName").unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        let all = regions(tree! { "AllRegions": true });
        assert!(all.contains(&"af-south-1".to_owned()) && !all.iter().any(|name| name.starts_with("cn-")), "{all:?}");
        assert!(!regions(tree! {}).contains(&"af-south-1".to_owned()), "has to be opted into");
    }
}
