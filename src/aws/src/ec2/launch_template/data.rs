//! What a version of a template holds, as the request and as arguments.

use aws_sdk_ec2::types::{RequestLaunchTemplateData, ResponseLaunchTemplateData as Remote};
use landfall_provider::CallResult;

use super::LaunchTemplateArgs;
use super::machine::{
    CpuOptions, MaintenanceOptions, MetadataOptions, NetworkPerformance, Placement, PrivateDnsNameOptions,
};
use super::market::{CapacityReservation, CreditSpecification, MarketOptions};
use super::network::NetworkInterface;
use super::options::{EnclaveOptions, HibernationOptions, InstanceProfile, License, Monitoring, TagSpecification};
use super::secondary_interface::SecondaryInterface;
use super::storage::BlockDeviceMapping;
use crate::convert::{each, text, texts, truth, truth_text, words};
use crate::ec2::instance_requirements::InstanceRequirements;

/// Returns the request.
///
/// # Errors
/// When a time is none.
pub fn request(args: &LaunchTemplateArgs) -> CallResult<RequestLaunchTemplateData> {
    let tags = args.tag_specifications.iter().map(TagSpecification::request).collect::<CallResult<Vec<_>>>()?;
    Ok(RequestLaunchTemplateData::builder()
        .set_disable_api_stop(args.disable_api_stop.then_some(true))
        .set_disable_api_termination(args.disable_api_termination.then_some(true))
        .set_ebs_optimized(truth(args.ebs_optimized.as_ref()))
        .set_image_id(args.image_id.clone())
        .set_instance_initiated_shutdown_behavior(args.instance_initiated_shutdown_behavior.as_deref().map(Into::into))
        .set_instance_type(args.instance_type.as_deref().map(Into::into))
        .set_kernel_id(args.kernel_id.clone())
        .set_key_name(args.key_name.clone())
        .set_ram_disk_id(args.ram_disk_id.clone())
        .set_security_groups(words(&args.security_group_names))
        .set_security_group_ids(words(&args.vpc_security_group_ids))
        .set_user_data(args.user_data.clone())
        .set_block_device_mappings(each(&args.block_device_mappings, BlockDeviceMapping::request))
        .set_capacity_reservation_specification(
            args.capacity_reservation_specification.as_ref().map(CapacityReservation::request),
        )
        .set_cpu_options(args.cpu_options.as_ref().map(CpuOptions::request))
        .set_credit_specification(args.credit_specification.as_ref().and_then(CreditSpecification::request))
        .set_enclave_options(args.enclave_options.as_ref().map(EnclaveOptions::request))
        .set_hibernation_options(args.hibernation_options.as_ref().map(HibernationOptions::request))
        .set_iam_instance_profile(args.iam_instance_profile.as_ref().map(InstanceProfile::request))
        .set_instance_market_options(args.instance_market_options.as_ref().map(MarketOptions::request).transpose()?)
        .set_instance_requirements(args.instance_requirements.as_ref().map(Into::into))
        .set_license_specifications(each(&args.license_specification, License::request))
        .set_maintenance_options(args.maintenance_options.as_ref().map(MaintenanceOptions::request))
        .set_metadata_options(args.metadata_options.get().map(MetadataOptions::request))
        .set_monitoring(args.monitoring.as_ref().map(Monitoring::request))
        .set_network_interfaces(each(&args.network_interfaces, NetworkInterface::request))
        .set_network_performance_options(args.network_performance_options.as_ref().map(NetworkPerformance::request))
        .set_placement(args.placement.as_ref().map(Placement::request))
        .set_private_dns_name_options(args.private_dns_name_options.as_ref().map(PrivateDnsNameOptions::request))
        .set_secondary_interfaces(each(&args.secondary_interfaces, SecondaryInterface::request))
        .set_tag_specifications((!tags.is_empty()).then_some(tags))
        .build())
}

/// Returns `args` with what a version holds; `known` are the arguments so far.
pub fn observed(remote: &Remote, known: Option<&LaunchTemplateArgs>, args: LaunchTemplateArgs) -> LaunchTemplateArgs {
    let market = known.and_then(|known| known.instance_market_options.as_ref());
    LaunchTemplateArgs {
        disable_api_stop: remote.disable_api_stop.unwrap_or_default(),
        disable_api_termination: remote.disable_api_termination.unwrap_or_default(),
        ebs_optimized: truth_text(remote.ebs_optimized),
        image_id: text(remote.image_id.as_ref()),
        instance_initiated_shutdown_behavior: text(remote.instance_initiated_shutdown_behavior.as_ref()),
        instance_type: text(remote.instance_type.as_ref()),
        kernel_id: text(remote.kernel_id.as_ref()),
        key_name: text(remote.key_name.as_ref()),
        ram_disk_id: text(remote.ram_disk_id.as_ref()),
        security_group_names: texts(remote.security_groups()),
        vpc_security_group_ids: texts(remote.security_group_ids()),
        user_data: text(remote.user_data.as_ref()),
        block_device_mappings: remote.block_device_mappings().iter().map(BlockDeviceMapping::observed).collect(),
        capacity_reservation_specification: remote
            .capacity_reservation_specification
            .as_ref()
            .map(CapacityReservation::observed),
        cpu_options: remote.cpu_options.as_ref().map(CpuOptions::observed),
        credit_specification: remote.credit_specification.as_ref().map(CreditSpecification::observed),
        enclave_options: remote.enclave_options.as_ref().map(EnclaveOptions::observed),
        hibernation_options: remote.hibernation_options.as_ref().map(HibernationOptions::observed),
        iam_instance_profile: remote.iam_instance_profile.as_ref().map(InstanceProfile::observed),
        instance_market_options: remote
            .instance_market_options
            .as_ref()
            .map(|options| MarketOptions::observed(options, market)),
        instance_requirements: remote.instance_requirements.as_ref().map(InstanceRequirements::observed),
        license_specification: remote.license_specifications().iter().map(License::observed).collect(),
        maintenance_options: remote.maintenance_options.as_ref().map(MaintenanceOptions::observed),
        metadata_options: remote.metadata_options.as_ref().map(MetadataOptions::observed).into(),
        monitoring: remote.monitoring.as_ref().map(Monitoring::observed),
        network_interfaces: remote.network_interfaces().iter().map(NetworkInterface::observed).collect(),
        network_performance_options: remote.network_performance_options.as_ref().map(NetworkPerformance::observed),
        placement: remote.placement.as_ref().map(Placement::observed),
        private_dns_name_options: remote.private_dns_name_options.as_ref().map(PrivateDnsNameOptions::observed),
        secondary_interfaces: remote.secondary_interfaces().iter().map(SecondaryInterface::observed).collect(),
        tag_specifications: remote.tag_specifications().iter().filter_map(TagSpecification::observed).collect(),
        ..args
    }
}
