//! What types of instances must have, where a group names no types.

use aws_sdk_autoscaling::types as remote;
use landfall_provider::{Args, Set};

/// What types of instances must have.
#[derive(Args, Clone, PartialEq)]
pub struct InstanceRequirements {
    /// Number of accelerators; at most 0 for types without.
    #[arg(block)]
    accelerator_count: Option<FromNone>,
    /// Makers of accelerators.
    #[arg(each(one_of("nvidia", "amd", "amazon-web-services", "xilinx")))]
    accelerator_manufacturers: Option<Set<String>>,
    /// Models of accelerators.
    #[arg(each(one_of("a100", "v100", "k80", "t4", "m60", "radeon-pro-v520", "vu9p")))]
    accelerator_names: Option<Set<String>>,
    /// Memory of all accelerators.
    #[arg(block)]
    accelerator_total_memory_mib: Option<Whole>,
    /// Kinds of accelerators.
    #[arg(each(one_of("gpu", "fpga", "inference")))]
    accelerator_types: Option<Set<String>>,
    /// Types to choose from, with wildcards.
    #[arg(max_items = 400)]
    allowed_instance_types: Option<Set<String>>,
    /// Whole machines.
    #[arg(one_of("included", "excluded", "required"))]
    bare_metal: Option<String>,
    /// Bandwidth to volumes.
    #[arg(block)]
    baseline_ebs_bandwidth_mbps: Option<Whole>,
    /// Types that save up computing time.
    #[arg(one_of("included", "excluded", "required"))]
    burstable_performance: Option<String>,
    /// Makers of processors.
    #[arg(each(one_of("intel", "amd", "amazon-web-services", "apple")))]
    cpu_manufacturers: Option<Set<String>>,
    /// Types to leave out, with wildcards.
    #[arg(max_items = 400)]
    excluded_instance_types: Option<Set<String>>,
    /// Current or previous generation.
    #[arg(each(one_of("current", "previous")))]
    instance_generations: Option<Set<String>>,
    /// Disks of the machine.
    #[arg(one_of("included", "excluded", "required"))]
    local_storage: Option<String>,
    /// Kinds of such disks.
    #[arg(each(one_of("hdd", "ssd")))]
    local_storage_types: Option<Set<String>>,
    /// Greatest spot price as a share of the best on-demand price.
    #[arg(min = 1)]
    max_spot_price_as_percentage_of_optimal_on_demand_price: Option<i32>,
    /// Memory for each vCPU.
    #[arg(block)]
    memory_gib_per_vcpu: Option<Fraction>,
    /// Memory.
    #[arg(block)]
    memory_mib: Option<Whole>,
    /// Bandwidth of the network.
    #[arg(block)]
    network_bandwidth_gbps: Option<Fraction>,
    /// Number of network interfaces.
    #[arg(block)]
    network_interface_count: Option<Whole>,
    /// Greatest on-demand price over the lowest, in percent.
    #[arg(min = 1)]
    on_demand_max_price_percentage_over_lowest_price: Option<i32>,
    /// Types that can hibernate.
    #[arg(optional)]
    require_hibernate_support: bool,
    /// Greatest spot price over the lowest, in percent.
    #[arg(min = 1)]
    spot_max_price_percentage_over_lowest_price: Option<i32>,
    /// Size of all disks of the machine.
    #[arg(block)]
    total_local_storage_gb: Option<Fraction>,
    /// Number of vCPUs.
    #[arg(block)]
    vcpu_count: Option<Whole>,
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

/// Conversions between a range and the service's types of it.
macro_rules! ranges {
    ($($range:ident: $($remote:ident),+;)+) => {
        $($(
            impl From<&$range> for remote::$remote {
                fn from(range: &$range) -> Self {
                    Self::builder().set_min(range.min).set_max(range.max).build()
                }
            }

            impl From<&remote::$remote> for $range {
                fn from(range: &remote::$remote) -> Self {
                    Self { min: range.min, max: range.max }
                }
            }
        )+)+
    };
}

ranges! {
    FromNone: AcceleratorCountRequest;
    Whole: AcceleratorTotalMemoryMiBRequest, BaselineEbsBandwidthMbpsRequest, MemoryMiBRequest,
        NetworkInterfaceCountRequest, VCpuCountRequest;
    Fraction: MemoryGiBPerVCpuRequest, NetworkBandwidthGbpsRequest, TotalLocalStorageGbRequest;
}

fn words<T: for<'a> From<&'a str>>(texts: Option<&Set<String>>) -> Option<Vec<T>> {
    texts.map(|texts| texts.iter().map(|text| T::from(text.as_str())).collect())
}

fn texts<T: ToString>(words: Option<&Vec<T>>) -> Option<Set<String>> {
    words.filter(|words| !words.is_empty()).map(|words| words.iter().map(ToString::to_string).collect())
}

impl InstanceRequirements {
    pub fn request(&self) -> remote::InstanceRequirements {
        remote::InstanceRequirements::builder()
            .set_accelerator_count(self.accelerator_count.as_ref().map(Into::into))
            .set_accelerator_manufacturers(words(self.accelerator_manufacturers.as_ref()))
            .set_accelerator_names(words(self.accelerator_names.as_ref()))
            .set_accelerator_total_memory_mib(self.accelerator_total_memory_mib.as_ref().map(Into::into))
            .set_accelerator_types(words(self.accelerator_types.as_ref()))
            .set_allowed_instance_types(words(self.allowed_instance_types.as_ref()))
            .set_bare_metal(self.bare_metal.as_deref().map(Into::into))
            .set_baseline_ebs_bandwidth_mbps(self.baseline_ebs_bandwidth_mbps.as_ref().map(Into::into))
            .set_burstable_performance(self.burstable_performance.as_deref().map(Into::into))
            .set_cpu_manufacturers(words(self.cpu_manufacturers.as_ref()))
            .set_excluded_instance_types(words(self.excluded_instance_types.as_ref()))
            .set_instance_generations(words(self.instance_generations.as_ref()))
            .set_local_storage(self.local_storage.as_deref().map(Into::into))
            .set_local_storage_types(words(self.local_storage_types.as_ref()))
            .set_max_spot_price_as_percentage_of_optimal_on_demand_price(
                self.max_spot_price_as_percentage_of_optimal_on_demand_price,
            )
            .set_memory_gib_per_v_cpu(self.memory_gib_per_vcpu.as_ref().map(Into::into))
            .set_memory_mib(self.memory_mib.as_ref().map(Into::into))
            .set_network_bandwidth_gbps(self.network_bandwidth_gbps.as_ref().map(Into::into))
            .set_network_interface_count(self.network_interface_count.as_ref().map(Into::into))
            .set_on_demand_max_price_percentage_over_lowest_price(self.on_demand_max_price_percentage_over_lowest_price)
            .set_require_hibernate_support(self.require_hibernate_support.then_some(true))
            .set_spot_max_price_percentage_over_lowest_price(self.spot_max_price_percentage_over_lowest_price)
            .set_total_local_storage_gb(self.total_local_storage_gb.as_ref().map(Into::into))
            .set_v_cpu_count(self.vcpu_count.as_ref().map(Into::into))
            .build()
    }

    pub fn observed(remote: &remote::InstanceRequirements) -> Self {
        Self {
            accelerator_count: remote.accelerator_count.as_ref().map(Into::into),
            accelerator_manufacturers: texts(remote.accelerator_manufacturers.as_ref()),
            accelerator_names: texts(remote.accelerator_names.as_ref()),
            accelerator_total_memory_mib: remote.accelerator_total_memory_mib.as_ref().map(Into::into),
            accelerator_types: texts(remote.accelerator_types.as_ref()),
            allowed_instance_types: texts(remote.allowed_instance_types.as_ref()),
            bare_metal: remote.bare_metal.as_ref().map(ToString::to_string),
            baseline_ebs_bandwidth_mbps: remote.baseline_ebs_bandwidth_mbps.as_ref().map(Into::into),
            burstable_performance: remote.burstable_performance.as_ref().map(ToString::to_string),
            cpu_manufacturers: texts(remote.cpu_manufacturers.as_ref()),
            excluded_instance_types: texts(remote.excluded_instance_types.as_ref()),
            instance_generations: texts(remote.instance_generations.as_ref()),
            local_storage: remote.local_storage.as_ref().map(ToString::to_string),
            local_storage_types: texts(remote.local_storage_types.as_ref()),
            max_spot_price_as_percentage_of_optimal_on_demand_price: remote
                .max_spot_price_as_percentage_of_optimal_on_demand_price,
            memory_gib_per_vcpu: remote.memory_gib_per_v_cpu.as_ref().map(Into::into),
            memory_mib: remote.memory_mib.as_ref().map(Into::into),
            network_bandwidth_gbps: remote.network_bandwidth_gbps.as_ref().map(Into::into),
            network_interface_count: remote.network_interface_count.as_ref().map(Into::into),
            on_demand_max_price_percentage_over_lowest_price: remote.on_demand_max_price_percentage_over_lowest_price,
            require_hibernate_support: remote.require_hibernate_support.unwrap_or_default(),
            spot_max_price_percentage_over_lowest_price: remote.spot_max_price_percentage_over_lowest_price,
            total_local_storage_gb: remote.total_local_storage_gb.as_ref().map(Into::into),
            vcpu_count: remote.v_cpu_count.as_ref().map(Into::into),
        }
    }
}
