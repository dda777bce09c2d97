//! Facts about AWS as data: `facts/README.md` says where each table is from.

mod images;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub use images::{Image, System, image, image_of_parameter, images};

/// A region.
#[derive(Clone, Debug, Deserialize)]
pub struct RegionFacts {
    /// `opt-in-not-required`, `opted-in` or `not-opted-in`.
    pub opt_in: String,
    /// Zone ids by zone names.
    pub zones: BTreeMap<String, String>,
}

/// An instance type.
#[derive(Clone, Debug, Deserialize)]
pub struct InstanceType {
    /// Processors.
    #[serde(rename = "v")]
    pub cpus: u32,
    /// Memory in MiB.
    #[serde(rename = "m")]
    pub memory_mib: u64,
    /// Architectures, such as `x86_64`.
    #[serde(rename = "a")]
    pub architectures: Vec<String>,
    /// Interfaces over all cards.
    #[serde(rename = "e")]
    pub interfaces: u32,
    /// Interfaces on the first card.
    #[serde(rename = "e0")]
    pub interfaces_of_first_card: u32,
    /// IPv4 addresses of an interface.
    #[serde(rename = "i4")]
    pub ipv4_per_interface: u32,
    /// IPv6 addresses of an interface.
    #[serde(rename = "i6")]
    pub ipv6_per_interface: u32,
    /// Hypervisor; none on metal.
    #[serde(rename = "h", default)]
    pub hypervisor: Option<String>,
    /// Whether it is metal.
    #[serde(rename = "b")]
    pub is_metal: bool,
    /// Graphics processors.
    #[serde(rename = "g", default)]
    pub gpus: u32,
    /// Inferentia or Trainium devices.
    #[serde(rename = "n", default)]
    pub neuron_devices: u32,
    /// Whether it is of the current generation.
    #[serde(rename = "c")]
    pub is_current: bool,
    /// Whether it can be had as spot capacity.
    #[serde(rename = "s")]
    pub is_spot: bool,
    /// Whether it has elastic fabric adapters.
    #[serde(default)]
    pub efa: bool,
    /// How many volumes can be attached.
    #[serde(default)]
    pub ebs: Option<u32>,
    /// Threads of a core.
    #[serde(rename = "t", default)]
    pub threads: Option<u32>,
    /// Clock in GHz.
    #[serde(rename = "gh", default)]
    pub clock: Option<f64>,
    /// Its network in words, such as `Up to 10 Gigabit`.
    #[serde(rename = "np", default)]
    pub network: Option<String>,
    /// Disks of its own: how many, how large in GB, of which type.
    #[serde(rename = "ds", default)]
    pub disks: Option<(u32, u32, String)>,
    /// What its graphics processors are: name, manufacturer, memory of each in MiB.
    #[serde(rename = "gp", default)]
    pub gpu: Option<(String, String, u32)>,
    /// Whether it can hibernate.
    #[serde(rename = "hib", default)]
    pub hibernates: bool,
    /// Whether it can be had on dedicated hosts.
    #[serde(rename = "ded", default)]
    pub on_dedicated_hosts: bool,
    /// Whether it recovers by itself.
    #[serde(rename = "ar", default)]
    pub recovers: bool,
    /// Whether it has enclaves.
    #[serde(rename = "ne", default)]
    pub has_enclaves: bool,
    /// Whether it is in the free tier.
    #[serde(rename = "ft", default)]
    pub is_free: bool,
}

static REGIONS: LazyLock<BTreeMap<String, RegionFacts>> = LazyLock::new(|| table(include_str!("../facts/zones.json")));
static INSTANCE_TYPES: LazyLock<BTreeMap<String, InstanceType>> =
    LazyLock::new(|| table(include_str!("../facts/instance_types.json")));

fn table<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text).expect("the tables are part of the program and tested")
}

/// Returns the regions by name.
pub fn regions() -> &'static BTreeMap<String, RegionFacts> {
    &REGIONS
}

/// Returns the partition of a region, such as `aws`.
pub fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Returns the zones of a region by name, with their ids; none for a region that is not known.
pub fn zones(region: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let zones = REGIONS.get(region).into_iter().flat_map(|region| &region.zones);
    zones.map(|(name, id)| (name.as_str(), id.as_str()))
}

/// Returns the instance types by name.
pub fn instance_types() -> &'static BTreeMap<String, InstanceType> {
    &INSTANCE_TYPES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_can_be_read() {
        assert_eq!(zones("eu-central-1").count(), 3);
        assert_eq!(instance_types()["m5.large"].interfaces_of_first_card, 3);
    }
}
