//! The request that launches an instance.

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, HibernationOptionsRequest, IamInstanceProfileSpecification, InstanceIpv6Address,
    InstanceNetworkInterfaceSpecification, Placement, PrivateIpAddressSpecification, ResourceType,
    RunInstancesMonitoringEnabled, TagSpecification,
};
use landfall_provider::{CallError, CallResult, Filled, Set};

use super::InstanceArgs;
use super::devices::{EbsBlockDevice, EphemeralBlockDevice};
use super::interfaces::{NetworkInterface, PrimaryNetworkInterface, SecondaryNetworkInterface};
use super::market::MarketOptions;
use super::options::{
    CapacityReservation, CpuOptions, CreditSpecification, EnclaveOptions, MaintenanceOptions, MetadataOptions,
    PrivateDnsNameOptions,
};
use super::template::LaunchTemplate;
use crate::client::Aws;
use crate::convert::{each, given, in_base64, words};
use crate::ec2::image::root_device_name;
use crate::ec2::tags::specification;
use crate::error::CONSTRUCTION;

/// Returns the request. The image is asked for the name of its root device where that is configured.
///
/// # Errors
/// What DescribeImages or DescribeLaunchTemplateVersions failed with.
pub async fn request(aws: &Aws, args: &InstanceArgs) -> CallResult<RunInstancesFluentBuilder> {
    let profile = |name: &str| IamInstanceProfileSpecification::builder().name(name).build();
    let monitoring = |enabled: bool| RunInstancesMonitoringEnabled::builder().enabled(enabled).build();
    let hibernation = args.hibernation.then(|| HibernationOptionsRequest::builder().configured(true).build());
    let user_data = args.user_data_base64.to_option().or_else(|| args.user_data.as_deref().map(in_base64));
    let interfaces = args.secondary_network_interface.get();
    let builder = aws
        .ec2()
        .run_instances()
        .min_count(1)
        .max_count(1)
        .set_image_id(args.ami.to_option())
        .set_instance_type(args.instance_type.as_deref().map(Into::into))
        .set_block_device_mappings(devices(aws, args).await?)
        .set_capacity_reservation_specification(
            args.capacity_reservation_specification.get().map(CapacityReservation::request),
        )
        .set_cpu_options(args.cpu_options.get().map(CpuOptions::request))
        .set_credit_specification(args.credit_specification.as_ref().and_then(CreditSpecification::request))
        .set_disable_api_stop(args.disable_api_stop.to_option())
        .set_disable_api_termination(args.disable_api_termination.to_option())
        .set_ebs_optimized(args.ebs_optimized.to_option())
        .set_enclave_options(args.enclave_options.get().map(EnclaveOptions::request))
        .set_hibernation_options(hibernation)
        .set_iam_instance_profile(args.iam_instance_profile.as_deref().map(profile))
        .set_instance_initiated_shutdown_behavior(args.instance_initiated_shutdown_behavior.as_deref().map(Into::into))
        .set_instance_market_options(args.instance_market_options.get().map(MarketOptions::request).transpose()?)
        .set_key_name(args.key_name.to_option())
        .set_launch_template(args.launch_template.as_ref().map(LaunchTemplate::request))
        .set_maintenance_options(args.maintenance_options.get().map(MaintenanceOptions::request))
        .set_metadata_options(args.metadata_options.get().map(MetadataOptions::request))
        .set_monitoring(args.monitoring.to_option().map(monitoring))
        .set_placement(placement(args))
        .set_private_dns_name_options(args.private_dns_name_options.get().map(PrivateDnsNameOptions::request))
        .set_secondary_interfaces(interfaces.and_then(|all| each(all, SecondaryNetworkInterface::request)))
        .set_tag_specifications(tags(args)?)
        .set_user_data(user_data);
    Ok(network(builder, args))
}

/// Adds interfaces that exist, or one that is described, or what EC2 makes one from.
fn network(builder: RunInstancesFluentBuilder, args: &InstanceArgs) -> RunInstancesFluentBuilder {
    let existing = args.network_interface.get().and_then(|all| each(all, NetworkInterface::request));
    let first = args.primary_network_interface.get().map(PrimaryNetworkInterface::request);
    if let Some(interfaces) = existing.or_else(|| first.map(|first| vec![first])) {
        return builder.set_network_interfaces(Some(interfaces));
    }
    let secondary = args.secondary_private_ips.get().filter(|addresses| !addresses.is_empty());
    let is_described =
        args.associate_public_ip_address.is_set() || args.enable_primary_ipv6.is_set() || secondary.is_some();
    let ipv6 = args.ipv6_addresses.get().and_then(|all| each(all, ipv6_address));
    let groups = args.vpc_security_group_ids.get().and_then(|groups| words(groups));
    if args.subnet_id.is_set() && is_described {
        let interface = InstanceNetworkInterfaceSpecification::builder()
            .device_index(0)
            .set_associate_public_ip_address(args.associate_public_ip_address.to_option())
            .set_groups(groups)
            .set_ipv6_address_count(given(&args.ipv6_address_count))
            .set_ipv6_addresses(ipv6)
            .set_primary_ipv6(args.enable_primary_ipv6.to_option())
            .set_private_ip_addresses(secondary.map(|secondary| addresses(&args.private_ip, secondary)))
            .set_private_ip_address(args.private_ip.to_option().filter(|_| secondary.is_none()))
            .set_subnet_id(args.subnet_id.to_option());
        return builder.network_interfaces(interface.build());
    }
    builder
        .set_enable_primary_ipv6(args.enable_primary_ipv6.to_option())
        .set_ipv6_address_count(given(&args.ipv6_address_count))
        .set_ipv6_addresses(ipv6)
        .set_private_ip_address(args.private_ip.to_option())
        .set_security_group_ids(groups)
        .set_security_groups(args.security_groups.get().and_then(|names| words(names)))
        .set_subnet_id(args.subnet_id.to_option())
}

fn ipv6_address(address: &String) -> InstanceIpv6Address {
    InstanceIpv6Address::builder().ipv6_address(address).build()
}

fn addresses(primary: &Filled<String>, secondary: &Set<String>) -> Vec<PrivateIpAddressSpecification> {
    let address = |address: &String, is_primary: bool| {
        PrivateIpAddressSpecification::builder().primary(is_primary).private_ip_address(address).build()
    };
    let primary = primary.get().map(|primary| address(primary, true));
    primary.into_iter().chain(secondary.iter().map(|secondary| address(secondary, false))).collect()
}

async fn devices(aws: &Aws, args: &InstanceArgs) -> CallResult<Option<Vec<BlockDeviceMapping>>> {
    let volumes = args.ebs_block_device.get().into_iter().flatten().map(EbsBlockDevice::request);
    let disks = args.ephemeral_block_device.get().into_iter().flatten().map(EphemeralBlockDevice::request);
    let mut devices: Vec<_> = volumes.chain(disks).collect();
    if let Some(root) = args.root_block_device.get() {
        let image = match (args.ami.to_option(), &args.launch_template) {
            (None, Some(template)) => template.image(aws).await?,
            (image, _) => image,
        };
        let unknown = || CallError::local(CONSTRUCTION, "the root volume is configured, but no image is known");
        let device = root_device_name(aws, &image.ok_or_else(unknown)?).await?;
        devices.push(root.request(&device));
    }
    Ok((!devices.is_empty()).then_some(devices))
}

fn placement(args: &InstanceArgs) -> Option<Placement> {
    let placement = Placement::builder()
        .set_availability_zone(args.availability_zone.to_option())
        .set_group_id(args.placement_group_id.to_option())
        .set_group_name(args.placement_group.to_option())
        .set_host_id(args.host_id.to_option())
        .set_host_resource_group_arn(args.host_resource_group_arn.to_option())
        .set_partition_number(given(&args.placement_partition_number))
        .set_tenancy(args.tenancy.as_deref().map(Into::into))
        .build();
    (placement != Placement::builder().build()).then_some(placement)
}

/// Tags of single volumes follow once their ids are known.
fn tags(args: &InstanceArgs) -> CallResult<Option<Vec<TagSpecification>>> {
    let instance = specification(ResourceType::Instance, &args.tags.all)?;
    let volumes = match &args.volume_tags {
        Some(tags) => specification(ResourceType::Volume, tags)?,
        None => None,
    };
    let all: Vec<_> = instance.into_iter().chain(volumes).flatten().collect();
    Ok((!all.is_empty()).then_some(all))
}
