//! Instance types, as far as they are known, and where they are offered: in every zone.

use super::PAGING;
use super::filters::{Filters, one};
use crate::facts::{self, InstanceType};
use crate::families::page::{Paging, page};
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        read("DescribeInstanceTypes", &["InstanceType", "Filter", "MaxResults", "NextToken"], describe),
        read(
            "DescribeInstanceTypeOfferings",
            &["LocationType", "Filter", "MaxResults", "NextToken"],
            describe_offerings,
        ),
    ],
    events: &[],
};

fn describe(_: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (names, filters) = (input.texts("InstanceType"), Filters::read(input)?);
    check(&names)?;
    let mut found = Vec::new();
    for (name, facts) in facts::instance_types() {
        let is_named = names.is_empty() || names.contains(&name.as_str());
        if is_named && filters.accept(|filter| filter_values(name, facts, filter))? {
            found.push((name, facts));
        }
    }
    let paging = Paging { most: 100, usual: 100, ..PAGING };
    let page = page(&paging, input, found)?;
    let set = page.items.into_iter().map(|(name, facts)| shown(name, facts));
    Ok(tree! { "instanceTypeSet": Tree::list(set), "nextToken": page.next })
}

/// Checks that types are there.
fn check(names: &[&str]) -> Result<(), Fault> {
    let absent: Vec<&str> = names.iter().copied().filter(|name| !facts::instance_types().contains_key(*name)).collect();
    if absent.is_empty() {
        return Ok(());
    }
    let message = format!("The following supplied instance types do not exist: [{}]", absent.join(", "));
    Err(Fault::new("InvalidInstanceType", message))
}

fn is_burstable(name: &str) -> bool {
    ["t1.", "t2.", "t3.", "t3a.", "t4g."].iter().any(|family| name.starts_with(family))
}

fn usage_classes(facts: &InstanceType) -> Vec<&'static str> {
    if facts.is_spot { vec!["on-demand", "spot"] } else { vec!["on-demand"] }
}

fn shown(name: &str, facts: &InstanceType) -> Tree {
    let is_nitro = facts.is_metal || facts.hypervisor.as_deref() == Some("nitro");
    let card = tree! { "networkCardIndex": 0, "maximumNetworkInterfaces": facts.interfaces_of_first_card };
    let gpus = tree! { "gpus": vec![tree! { "count": facts.gpus }] };
    let neuron = tree! { "neuronDevices": vec![tree! { "count": facts.neuron_devices }] };
    tree! {
        "instanceType": name,
        "currentGeneration": facts.is_current,
        "freeTierEligible": matches!(name, "t2.micro" | "t3.micro"),
        "supportedUsageClasses": usage_classes(facts),
        "supportedRootDeviceTypes": vec!["ebs"],
        "supportedVirtualizationTypes": vec!["hvm"],
        "bareMetal": facts.is_metal,
        "hypervisor": facts.hypervisor.as_deref(),
        "processorInfo": tree! { "supportedArchitectures": Tree::list(facts.architectures.iter()) },
        "vCpuInfo": tree! { "defaultVCpus": facts.cpus },
        "memoryInfo": tree! { "sizeInMiB": i64::try_from(facts.memory_mib).unwrap_or(i64::MAX) },
        "ebsInfo": tree! {
            "encryptionSupport": "supported",
            "nvmeSupport": if is_nitro { "required" } else { "unsupported" },
            "maximumEbsAttachments": facts.ebs,
        },
        "networkInfo": tree! {
            "maximumNetworkInterfaces": facts.interfaces,
            "maximumNetworkCards": 1,
            "defaultNetworkCardIndex": 0,
            "networkCards": vec![card],
            "ipv4AddressesPerInterface": facts.ipv4_per_interface,
            "ipv6AddressesPerInterface": facts.ipv6_per_interface,
            "ipv6Supported": facts.ipv6_per_interface > 0,
            "enaSupport": if is_nitro { "required" } else { "supported" },
            "efaSupported": facts.efa,
        },
        "gpuInfo": (facts.gpus > 0).then_some(gpus),
        "neuronInfo": (facts.neuron_devices > 0).then_some(neuron),
        "burstablePerformanceSupported": is_burstable(name),
    }
}

fn filter_values(name: &str, facts: &InstanceType, filter: &str) -> Option<Vec<String>> {
    match filter {
        "instance-type" => one(name),
        "current-generation" => one(facts.is_current),
        "bare-metal" => one(facts.is_metal),
        "hypervisor" => Some(facts.hypervisor.iter().cloned().collect()),
        "processor-info.supported-architecture" => Some(facts.architectures.clone()),
        "vcpu-info.default-vcpus" => one(facts.cpus),
        "memory-info.size-in-mib" => one(facts.memory_mib),
        "supported-usage-class" => Some(usage_classes(facts).into_iter().map(ToOwned::to_owned).collect()),
        "supported-virtualization-type" => one("hvm"),
        "supported-root-device-type" => one("ebs"),
        "burstable-performance-supported" => one(is_burstable(name)),
        "network-info.maximum-network-interfaces" => one(facts.interfaces),
        "network-info.ipv4-addresses-per-interface" => one(facts.ipv4_per_interface),
        "network-info.ipv6-supported" => one(facts.ipv6_per_interface > 0),
        "network-info.efa-supported" => one(facts.efa),
        _ => None,
    }
}

fn describe_offerings(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let kind = input.text("LocationType")?.unwrap_or("region");
    let zones = facts::zones(scope.region);
    let places: Vec<&str> = match kind {
        "region" => vec![scope.region],
        "availability-zone" => zones.map(|(name, _)| name).collect(),
        "availability-zone-id" => zones.map(|(_, id)| id).collect(),
        other => return Err(Fault::invalid("locationType", other, "Unknown location type.")),
    };
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    for name in facts::instance_types().keys() {
        for place in &places {
            let passes = filters.accept(|filter| match filter {
                "instance-type" => one(name),
                "location" => one(place),
                _ => None,
            })?;
            if passes {
                found.push(tree! { "instanceType": name, "locationType": kind, "location": *place });
            }
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "instanceTypeOfferingSet": page.items, "nextToken": page.next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn types_are_found_by_name_and_filter() {
        let cloud = Cloud::new();
        let described = cloud.ec2("DescribeInstanceTypes", tree! { "InstanceType": vec!["m5.large"] }).unwrap();
        let shown = &described.list_at("instanceTypeSet")[0];
        assert_eq!(shown.int("networkInfo.ipv4AddressesPerInterface"), Ok(Some(10)));
        let absent = cloud.ec2("DescribeInstanceTypes", tree! { "InstanceType": vec!["m5.tiny"] });
        assert_eq!(code(absent), "InvalidInstanceType");
        let filter = tree! { "Name": "instance-type", "Value": vec!["m5.large"] };
        let input = tree! { "LocationType": "availability-zone", "Filter": vec![filter] };
        let offered = cloud.ec2("DescribeInstanceTypeOfferings", input).unwrap();
        assert_eq!(offered.list_at("instanceTypeOfferingSet").len(), 3);
    }

    #[test]
    fn long_lists_come_in_pages() {
        let cloud = Cloud::new();
        let (mut token, mut count) = (Tree::Null, 0);
        loop {
            let answer = cloud.ec2("DescribeInstanceTypes", tree! { "NextToken": token }).unwrap();
            count += answer.list_at("instanceTypeSet").len();
            match answer.at("nextToken") {
                Some(next) => token = next.clone(),
                None => break,
            }
        }
        assert_eq!(count, facts::instance_types().len());
    }
}
