//! Instance types, as far as they are known, and where they are offered: in every zone.

use super::filters::{Filters, one};
use super::{PAGING, requirements};
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
            "GetInstanceTypesFromInstanceRequirements",
            &["ArchitectureType", "VirtualizationType", "InstanceRequirements", "MaxResults", "NextToken"],
            meeting,
        ),
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
    let network = facts.network.as_deref();
    let card = tree! {
        "networkCardIndex": 0,
        "networkPerformance": network,
        "maximumNetworkInterfaces": facts.interfaces_of_first_card,
    };
    let neuron = tree! { "neuronDevices": vec![tree! { "count": facts.neuron_devices }] };
    tree! {
        "instanceType": name,
        "currentGeneration": facts.is_current,
        "freeTierEligible": facts.is_free,
        "supportedUsageClasses": usage_classes(facts),
        "supportedRootDeviceTypes": vec!["ebs"],
        "supportedVirtualizationTypes": vec!["hvm"],
        "bareMetal": facts.is_metal,
        "hypervisor": facts.hypervisor.as_deref(),
        "processorInfo": tree! {
            "supportedArchitectures": Tree::list(facts.architectures.iter()),
            "sustainedClockSpeedInGhz": facts.clock,
        },
        "vCpuInfo": tree! {
            "defaultVCpus": facts.cpus,
            "defaultCores": facts.cores(),
            "defaultThreadsPerCore": facts.threads,
        },
        "memoryInfo": tree! { "sizeInMiB": i64::try_from(facts.memory_mib).unwrap_or(i64::MAX) },
        "instanceStorageSupported": facts.disks.is_some(),
        "instanceStorageInfo": disks(facts),
        "ebsInfo": tree! {
            "encryptionSupport": "supported",
            "nvmeSupport": nvme(facts),
            "maximumEbsAttachments": facts.ebs,
        },
        "networkInfo": tree! {
            "networkPerformance": network,
            "maximumNetworkInterfaces": facts.interfaces,
            "maximumNetworkCards": 1,
            "defaultNetworkCardIndex": 0,
            "networkCards": vec![card],
            "ipv4AddressesPerInterface": facts.ipv4_per_interface,
            "ipv6AddressesPerInterface": facts.ipv6_per_interface,
            "ipv6Supported": facts.ipv6_per_interface > 0,
            "enaSupport": ena(facts),
            "efaSupported": facts.efa,
        },
        "gpuInfo": gpus(facts),
        "neuronInfo": (facts.neuron_devices > 0).then_some(neuron),
        "hibernationSupported": facts.hibernates,
        "burstablePerformanceSupported": is_burstable(name),
        "dedicatedHostsSupported": facts.on_dedicated_hosts,
        "autoRecoverySupported": facts.recovers,
        "nitroEnclavesSupport": enclaves(facts),
    }
}

impl InstanceType {
    fn cores(&self) -> Option<u32> {
        self.threads.map(|threads| (self.cpus / threads.max(1)).max(1))
    }

    fn is_nitro(&self) -> bool {
        self.is_metal || self.hypervisor.as_deref() == Some("nitro")
    }
}

fn nvme(facts: &InstanceType) -> &'static str {
    if facts.is_nitro() { "required" } else { "unsupported" }
}

fn ena(facts: &InstanceType) -> &'static str {
    if facts.is_nitro() { "required" } else { "supported" }
}

fn enclaves(facts: &InstanceType) -> &'static str {
    if facts.has_enclaves { "supported" } else { "unsupported" }
}

fn disks(facts: &InstanceType) -> Option<Tree> {
    let (count, gigabytes, kind) = facts.disks.as_ref()?;
    let disk = tree! { "sizeInGB": *gigabytes, "count": *count, "type": kind };
    Some(tree! {
        "totalSizeInGB": count * gigabytes,
        "disks": vec![disk],
        "nvmeSupport": nvme(facts),
    })
}

fn gpus(facts: &InstanceType) -> Option<Tree> {
    if facts.gpus == 0 {
        return None;
    }
    let described = facts.gpu.as_ref();
    let gpu = tree! {
        "name": described.map(|(name, ..)| name),
        "manufacturer": described.map(|(_, manufacturer, _)| manufacturer),
        "count": facts.gpus,
        "memoryInfo": described.map(|(.., mib)| tree! { "sizeInMiB": *mib }),
    };
    Some(tree! { "gpus": vec![gpu], "totalGpuMemoryInMiB": described.map(|(.., mib)| mib * facts.gpus) })
}

fn filter_values(name: &str, facts: &InstanceType, filter: &str) -> Option<Vec<String>> {
    let optional = |value: Option<String>| Some(value.into_iter().collect());
    match filter {
        "instance-type" => one(name),
        "current-generation" => one(facts.is_current),
        "free-tier-eligible" => one(facts.is_free),
        "bare-metal" => one(facts.is_metal),
        "hypervisor" => Some(facts.hypervisor.iter().cloned().collect()),
        "hibernation-supported" => one(facts.hibernates),
        "dedicated-hosts-supported" => one(facts.on_dedicated_hosts),
        "auto-recovery-supported" => one(facts.recovers),
        "nitro-enclaves-support" => one(enclaves(facts)),
        "processor-info.supported-architecture" => Some(facts.architectures.clone()),
        "processor-info.sustained-clock-speed-in-ghz" => optional(facts.clock.map(|clock| clock.to_string())),
        "vcpu-info.default-vcpus" => one(facts.cpus),
        "vcpu-info.default-cores" => optional(facts.cores().map(|cores| cores.to_string())),
        "vcpu-info.default-threads-per-core" => optional(facts.threads.map(|threads| threads.to_string())),
        "memory-info.size-in-mib" => one(facts.memory_mib),
        "supported-usage-class" => Some(usage_classes(facts).into_iter().map(ToOwned::to_owned).collect()),
        "supported-virtualization-type" => one("hvm"),
        "supported-root-device-type" => one("ebs"),
        "burstable-performance-supported" => one(is_burstable(name)),
        "instance-storage-supported" => one(facts.disks.is_some()),
        "instance-storage-info.disk.count" => optional(facts.disks.as_ref().map(|(count, ..)| count.to_string())),
        "instance-storage-info.disk.size-in-gb" => optional(facts.disks.as_ref().map(|(_, size, _)| size.to_string())),
        "instance-storage-info.disk.type" => optional(facts.disks.as_ref().map(|(.., kind)| kind.clone())),
        "instance-storage-info.total-size-in-gb" => {
            optional(facts.disks.as_ref().map(|(count, size, _)| (count * size).to_string()))
        }
        "ebs-info.encryption-support" => one("supported"),
        "ebs-info.nvme-support" => one(nvme(facts)),
        "network-info.ena-support" => one(ena(facts)),
        "network-info.network-performance" => optional(facts.network.clone()),
        "network-info.maximum-network-interfaces" => one(facts.interfaces),
        "network-info.maximum-network-cards" => one(1),
        "network-info.ipv4-addresses-per-interface" => one(facts.ipv4_per_interface),
        "network-info.ipv6-addresses-per-interface" => one(facts.ipv6_per_interface),
        "network-info.ipv6-supported" => one(facts.ipv6_per_interface > 0),
        "network-info.efa-supported" => one(facts.efa),
        _ => None,
    }
}

/// Returns the names of the types that meet requirements.
fn meeting(_: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let wanted = input.at("InstanceRequirements").ok_or_else(|| Fault::missing("InstanceRequirements"))?;
    for range in ["VCpuCount", "MemoryMiB"] {
        if wanted.int(&format!("{range}.Min"))?.is_none() {
            return Err(Fault::missing(&format!("InstanceRequirements.{range}.Min")));
        }
    }
    let (architectures, kinds) = (input.texts("ArchitectureType"), input.texts("VirtualizationType"));
    if architectures.is_empty() || kinds.is_empty() {
        let member = if architectures.is_empty() { "ArchitectureType" } else { "VirtualizationType" };
        return Err(Fault::missing(member));
    }
    let mut found = Vec::new();
    for architecture in architectures.into_iter().filter(|_| kinds.contains(&"hvm")) {
        found.extend(requirements::matching(wanted, architecture));
    }
    found.sort_unstable();
    found.dedup();
    let page = page(&Paging { least: 1, ..PAGING }, input, found)?;
    let set = page.items.into_iter().map(|name| tree! { "instanceType": name });
    Ok(tree! { "instanceTypeSet": Tree::list(set), "nextToken": page.next })
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
        assert_eq!(
            (shown.int("vCpuInfo.defaultCores"), shown.bool("instanceStorageSupported")),
            (Ok(Some(1)), Ok(Some(false)))
        );
        let wanted = tree! { "Name": "instance-storage-info.total-size-in-gb", "Value": vec!["50"] };
        let own = tree! { "Name": "instance-type", "Value": vec!["c5d.large", "c5.large"] };
        let found = cloud.ec2("DescribeInstanceTypes", tree! { "Filter": vec![wanted, own] }).unwrap();
        let found = &found.list_at("instanceTypeSet")[0];
        assert_eq!(found.list_at("instanceStorageInfo.disks")[0].need("type"), Ok("ssd"));
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
