//! What types of instances must have, where a template or a fleet names no types.

use aws_sdk_ec2::types as remote;
use landfall_provider::{Args, Set};

use crate::convert::{text, texts, unless_zero, words};

/// What types of instances must have.
#[derive(Args, Clone, PartialEq)]
pub struct InstanceRequirements {
    /// Number of accelerators; at most 0 for types without.
    #[arg(block)]
    accelerator_count: Option<FromNone>,
    /// Makers of accelerators.
    #[arg(optional, each(one_of("amazon-web-services", "amd", "nvidia", "xilinx", "habana")))]
    accelerator_manufacturers: Set<String>,
    /// Models of accelerators.
    #[arg(
        optional,
        each(one_of(
            "a100",
            "inferentia",
            "k520",
            "k80",
            "m60",
            "radeon-pro-v520",
            "t4",
            "vu9p",
            "v100",
            "a10g",
            "h100",
            "t4g",
            "l40s",
            "l4",
            "gaudi-hl-205",
            "inferentia2",
            "trainium",
            "trainium2",
            "u30"
        ))
    )]
    accelerator_names: Set<String>,
    /// Memory of all accelerators.
    #[arg(block)]
    accelerator_total_memory_mib: Option<Whole>,
    /// Kinds of accelerators.
    #[arg(optional, each(one_of("gpu", "fpga", "inference", "media")))]
    accelerator_types: Set<String>,
    /// Types to choose from, with wildcards.
    #[arg(optional, max_items = 400, conflicts("excluded_instance_types"))]
    allowed_instance_types: Set<String>,
    /// Whole machines.
    #[arg(one_of("included", "required", "excluded"))]
    bare_metal: Option<String>,
    /// Bandwidth to volumes.
    #[arg(block)]
    baseline_ebs_bandwidth_mbps: Option<Whole>,
    /// Types that save up computing time.
    #[arg(one_of("included", "required", "excluded"))]
    burstable_performance: Option<String>,
    /// Makers of processors.
    #[arg(optional, each(one_of("intel", "amd", "amazon-web-services", "apple")))]
    cpu_manufacturers: Set<String>,
    /// Types to leave out, with wildcards.
    #[arg(optional, max_items = 400)]
    excluded_instance_types: Set<String>,
    /// Current or previous generation.
    #[arg(optional, each(one_of("current", "previous")))]
    instance_generations: Set<String>,
    /// Disks of the machine.
    #[arg(one_of("included", "required", "excluded"))]
    local_storage: Option<String>,
    /// Kinds of such disks.
    #[arg(optional, each(one_of("hdd", "ssd")))]
    local_storage_types: Set<String>,
    /// Greatest spot price as a share of the best on-demand price.
    #[arg(optional, min = 1, conflicts("spot_max_price_percentage_over_lowest_price"))]
    max_spot_price_as_percentage_of_optimal_on_demand_price: i32,
    /// Memory for each vCPU.
    #[arg(block)]
    memory_gib_per_vcpu: Option<Fraction>,
    /// Memory.
    #[arg(block)]
    memory_mib: AtLeast,
    /// Bandwidth of the network.
    #[arg(block)]
    network_bandwidth_gbps: Option<Fraction>,
    /// Number of network interfaces.
    #[arg(block)]
    network_interface_count: Option<Whole>,
    /// Greatest on-demand price over the lowest, in percent.
    #[arg(optional, min = 1)]
    on_demand_max_price_percentage_over_lowest_price: i32,
    /// Types that can hibernate.
    #[arg(optional)]
    require_hibernate_support: bool,
    /// Greatest spot price over the lowest, in percent.
    #[arg(optional, min = 1)]
    spot_max_price_percentage_over_lowest_price: i32,
    /// Size of all disks of the machine.
    #[arg(block)]
    total_local_storage_gb: Option<Fraction>,
    /// Number of vCPUs.
    #[arg(block)]
    vcpu_count: AtLeast,
}

/// A range of whole numbers with a lower end.
#[derive(Args, Clone, PartialEq)]
pub struct AtLeast {
    /// Least.
    #[arg(min = 1)]
    min: i32,
    /// Greatest.
    #[arg(min = 1)]
    max: Option<i32>,
}

/// A range of whole numbers.
#[derive(Args, Clone, PartialEq)]
pub struct Whole {
    /// Least.
    #[arg(min = 1)]
    min: Option<i32>,
    /// Greatest.
    #[arg(min = 1)]
    max: Option<i32>,
}

/// A range of whole numbers whose greatest may be 0.
#[derive(Args, Clone, PartialEq)]
pub struct FromNone {
    /// Least.
    #[arg(min = 1)]
    min: Option<i32>,
    /// Greatest.
    #[arg(min = 0)]
    max: Option<i32>,
}

/// A range of numbers.
#[derive(Args, Clone, PartialEq)]
pub struct Fraction {
    /// Least.
    min: Option<f64>,
    /// Greatest.
    max: Option<f64>,
}

/// Conversions between a range and the service's types of it: of requests, and of answers and fleets.
macro_rules! ranges {
    ($($range:ident: $($remote:ident),+;)+) => {
        $($(
            impl From<&$range> for remote::$remote {
                fn from(range: &$range) -> Self {
                    Self::builder().set_min(range.min.into()).set_max(range.max).build()
                }
            }

            impl From<&remote::$remote> for $range {
                fn from(range: &remote::$remote) -> Self {
                    Self { min: lower_end!($range, range), max: range.max }
                }
            }
        )+)+
    };
}

/// A lower end that the service does not return is none.
macro_rules! lower_end {
    (AtLeast, $range:ident) => {
        $range.min.unwrap_or_default()
    };
    ($other:ident, $range:ident) => {
        $range.min
    };
}

ranges! {
    AtLeast: MemoryMiBRequest, MemoryMiB, VCpuCountRangeRequest, VCpuCountRange;
    FromNone: AcceleratorCountRequest, AcceleratorCount;
    Whole: AcceleratorTotalMemoryMiBRequest, AcceleratorTotalMemoryMiB, BaselineEbsBandwidthMbpsRequest,
        BaselineEbsBandwidthMbps, NetworkInterfaceCountRequest, NetworkInterfaceCount;
    Fraction: MemoryGiBPerVCpuRequest, MemoryGiBPerVCpu, NetworkBandwidthGbpsRequest, NetworkBandwidthGbps,
        TotalLocalStorageGbRequest, TotalLocalStorageGb;
}

/// Requirements as a service's type: EC2 has one for requests of templates and one for everything else.
macro_rules! requirements {
    ($($remote:ident),+) => {
        $(impl From<&InstanceRequirements> for remote::$remote {
            fn from(wanted: &InstanceRequirements) -> Self {
                let percentage = unless_zero(wanted.max_spot_price_as_percentage_of_optimal_on_demand_price);
                Self::builder()
                    .set_accelerator_count(wanted.accelerator_count.as_ref().map(Into::into))
                    .set_accelerator_manufacturers(words(&wanted.accelerator_manufacturers))
                    .set_accelerator_names(words(&wanted.accelerator_names))
                    .set_accelerator_total_memory_mib(wanted.accelerator_total_memory_mib.as_ref().map(Into::into))
                    .set_accelerator_types(words(&wanted.accelerator_types))
                    .set_allowed_instance_types(words(&wanted.allowed_instance_types))
                    .set_bare_metal(wanted.bare_metal.as_deref().map(Into::into))
                    .set_baseline_ebs_bandwidth_mbps(wanted.baseline_ebs_bandwidth_mbps.as_ref().map(Into::into))
                    .set_burstable_performance(wanted.burstable_performance.as_deref().map(Into::into))
                    .set_cpu_manufacturers(words(&wanted.cpu_manufacturers))
                    .set_excluded_instance_types(words(&wanted.excluded_instance_types))
                    .set_instance_generations(words(&wanted.instance_generations))
                    .set_local_storage(wanted.local_storage.as_deref().map(Into::into))
                    .set_local_storage_types(words(&wanted.local_storage_types))
                    .set_max_spot_price_as_percentage_of_optimal_on_demand_price(percentage)
                    .set_memory_gib_per_v_cpu(wanted.memory_gib_per_vcpu.as_ref().map(Into::into))
                    .memory_mib((&wanted.memory_mib).into())
                    .set_network_bandwidth_gbps(wanted.network_bandwidth_gbps.as_ref().map(Into::into))
                    .set_network_interface_count(wanted.network_interface_count.as_ref().map(Into::into))
                    .set_on_demand_max_price_percentage_over_lowest_price(unless_zero(
                        wanted.on_demand_max_price_percentage_over_lowest_price,
                    ))
                    .set_require_hibernate_support(wanted.require_hibernate_support.then_some(true))
                    .set_spot_max_price_percentage_over_lowest_price(unless_zero(
                        wanted.spot_max_price_percentage_over_lowest_price,
                    ))
                    .set_total_local_storage_gb(wanted.total_local_storage_gb.as_ref().map(Into::into))
                    .v_cpu_count((&wanted.vcpu_count).into())
                    .build()
            }
        })+
    };
}

requirements!(InstanceRequirementsRequest, InstanceRequirements);

impl InstanceRequirements {
    /// Returns what is there.
    pub fn observed(remote: &remote::InstanceRequirements) -> Self {
        let none = AtLeast { min: 0, max: None };
        Self {
            accelerator_count: remote.accelerator_count.as_ref().map(Into::into),
            accelerator_manufacturers: texts(remote.accelerator_manufacturers()),
            accelerator_names: texts(remote.accelerator_names()),
            accelerator_total_memory_mib: remote.accelerator_total_memory_mib.as_ref().map(Into::into),
            accelerator_types: texts(remote.accelerator_types()),
            allowed_instance_types: texts(remote.allowed_instance_types()),
            bare_metal: text(remote.bare_metal.as_ref()),
            baseline_ebs_bandwidth_mbps: remote.baseline_ebs_bandwidth_mbps.as_ref().map(Into::into),
            burstable_performance: text(remote.burstable_performance.as_ref()),
            cpu_manufacturers: texts(remote.cpu_manufacturers()),
            excluded_instance_types: texts(remote.excluded_instance_types()),
            instance_generations: texts(remote.instance_generations()),
            local_storage: text(remote.local_storage.as_ref()),
            local_storage_types: texts(remote.local_storage_types()),
            max_spot_price_as_percentage_of_optimal_on_demand_price: remote
                .max_spot_price_as_percentage_of_optimal_on_demand_price
                .unwrap_or_default(),
            memory_gib_per_vcpu: remote.memory_gib_per_v_cpu.as_ref().map(Into::into),
            memory_mib: remote.memory_mib.as_ref().map_or_else(|| none.clone(), Into::into),
            network_bandwidth_gbps: remote.network_bandwidth_gbps.as_ref().map(Into::into),
            network_interface_count: remote.network_interface_count.as_ref().map(Into::into),
            on_demand_max_price_percentage_over_lowest_price: remote
                .on_demand_max_price_percentage_over_lowest_price
                .unwrap_or_default(),
            require_hibernate_support: remote.require_hibernate_support.unwrap_or_default(),
            spot_max_price_percentage_over_lowest_price: remote
                .spot_max_price_percentage_over_lowest_price
                .unwrap_or_default(),
            total_local_storage_gb: remote.total_local_storage_gb.as_ref().map(Into::into),
            vcpu_count: remote.v_cpu_count.as_ref().map_or(none, Into::into),
        }
    }
}
