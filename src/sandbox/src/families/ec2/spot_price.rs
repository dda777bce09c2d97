//! Prices of spot capacity: made up, and the same as those by which fleets choose.

use std::time::Duration;

use super::PAGING;
use super::filters::{Filters, one};
use super::spot_fleet::price_of;
use crate::facts;
use crate::families::page::{Paging, page};
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[read(
        "DescribeSpotPriceHistory",
        &[
            "Filter",
            "AvailabilityZone",
            "AvailabilityZoneId",
            "StartTime",
            "EndTime",
            "InstanceType",
            "ProductDescription",
            "MaxResults",
            "NextToken",
        ],
        describe,
    )],
    events: &[],
};

const PRODUCTS: [&str; 4] = ["Linux/UNIX", "Red Hat Enterprise Linux", "SUSE Linux", "Windows"];
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Each price is told as of the last midnight: the one that holds at the start of a span is part of it.
fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let filters = Filters::read(input)?;
    let (types, products) = (input.texts("InstanceType"), input.texts("ProductDescription"));
    let (zone, zone_id) = (input.text("AvailabilityZone")?, input.text("AvailabilityZoneId")?);
    if let Some(absent) = zone.filter(|zone| !facts::zones(scope.region).any(|(name, _)| name == *zone)) {
        return Err(Fault::new("InvalidParameterValue", format!("Invalid availability zone: [{absent}]")));
    }
    let (start, end) = (input.time("StartTime")?, input.time("EndTime")?);
    if start.zip(end).is_some_and(|(start, end)| end < start) {
        return Err(Fault::new("InvalidParameterValue", "The end time must not be before the start time."));
    }
    let until = end.unwrap_or(scope.now).min(scope.now);
    let day = i64::try_from(DAY.as_millis()).unwrap_or(1);
    let at = Timestamp::from_millis(until.millis() - until.millis().rem_euclid(day));
    let mut found = Vec::new();
    for (name, machine) in facts::instance_types() {
        if !machine.is_spot || !(types.is_empty() || types.contains(&name.as_str())) {
            continue;
        }
        for (own_zone, own_id) in facts::zones(scope.region) {
            if zone.is_some_and(|zone| zone != own_zone) || zone_id.is_some_and(|id| id != own_id) {
                continue;
            }
            for product in PRODUCTS.into_iter().filter(|own| products.is_empty() || products.contains(own)) {
                let share = if product == "Linux/UNIX" { 1.0 } else { 1.6 };
                let price = format!("{:.6}", price_of(name, own_zone, true) * share);
                let passes = filters.accept(|filter| match filter {
                    "availability-zone" => one(own_zone),
                    "availability-zone-id" => one(own_id),
                    "instance-type" => one(name),
                    "product-description" => one(product),
                    "spot-price" => one(&price),
                    "timestamp" => one(at),
                    _ => None,
                })?;
                if passes {
                    found.push(tree! {
                        "availabilityZone": own_zone,
                        "availabilityZoneId": own_id,
                        "instanceType": name,
                        "productDescription": product,
                        "spotPrice": price,
                        "timestamp": at,
                    });
                }
            }
        }
    }
    let page = page(&Paging { least: 1, ..PAGING }, input, found)?;
    Ok(tree! { "spotPriceHistorySet": page.items, "nextToken": page.next.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn prices_are_told_by_type_zone_and_product() {
        let cloud = Cloud::new();
        let ask = |input: Tree| {
            let input = input.with("InstanceType", vec!["m5.large"]).with("ProductDescription", vec!["Linux/UNIX"]);
            cloud.ec2("DescribeSpotPriceHistory", input)
        };
        let all = ask(tree! {}).unwrap();
        let all = all.list_at("spotPriceHistorySet");
        assert_eq!(all.len(), 3);
        assert!(all[0].need("spotPrice").unwrap().parse::<f64>().unwrap() > 0.0);
        let of_zone = ask(tree! { "AvailabilityZone": "eu-central-1b" }).unwrap();
        assert_eq!(of_zone.list_at("spotPriceHistorySet").len(), 1);
        assert_eq!(code(ask(tree! { "AvailabilityZone": "eu-central-1z" })), "InvalidParameterValue");
    }
}
