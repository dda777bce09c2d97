//! What a fleet launches, where it has no template.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    GroupIdentifier, IamInstanceProfileSpecification, InstanceNetworkInterfaceSpecification, ResourceType,
    SpotFleetLaunchSpecification as Remote, SpotFleetMonitoring, SpotFleetTagSpecification, SpotPlacement,
};
use landfall_provider::{Args, CallError, CallResult, Filled, Set};

use super::block_device::{EbsBlockDevice, EphemeralBlockDevice, RootBlockDevice};
use crate::client::Aws;
use crate::convert::{each, in_base64, text};
use crate::ec2::image::root_device_name;
use crate::error::CONSTRUCTION;
use crate::tags::{TagMap, from_service, to_service};

/// What a fleet launches.
#[derive(Args, Clone, PartialEq)]
pub struct LaunchSpecification {
    /// Image.
    ami: String,
    /// Public IPv4 address.
    #[arg(default = false)]
    associate_public_ip_address: bool,
    /// Zone.
    availability_zone: Filled<String>,
    /// Bandwidth of its own for volumes.
    #[arg(default = false)]
    ebs_optimized: bool,
    /// Role, by the name of its profile.
    iam_instance_profile: Option<String>,
    /// Role, by the ARN of its profile.
    #[arg(format(arn))]
    iam_instance_profile_arn: Option<String>,
    /// Type.
    instance_type: String,
    /// Key pair.
    #[arg(format(non_empty))]
    key_name: Filled<String>,
    /// Measurements every minute.
    #[arg(default = false)]
    monitoring: bool,
    /// Placement group.
    placement_group: Filled<String>,
    /// Whether the hardware is shared.
    #[arg(one_of("default", "dedicated", "host"))]
    placement_tenancy: Option<String>,
    /// Highest price for an hour.
    spot_price: Option<String>,
    /// Subnet.
    subnet_id: Filled<String>,
    /// Tags of the instances.
    tags: Option<BTreeMap<String, String>>,
    /// User data, as text or in Base64.
    #[arg(equivalent(base64))]
    user_data: Option<String>,
    /// Security groups.
    vpc_security_group_ids: Filled<Set<String>>,
    /// What an instance counts for.
    #[arg(pattern(r"^([0-9]+(\.[0-9]*)?)?$", "must be a number"))]
    weighted_capacity: Option<String>,
    /// Volumes beside the root volume.
    #[arg(block)]
    ebs_block_device: Filled<Set<EbsBlockDevice>>,
    /// Disks of the machine.
    #[arg(block, replace)]
    ephemeral_block_device: Filled<Set<EphemeralBlockDevice>>,
    /// Root volume.
    #[arg(block)]
    root_block_device: Filled<Set<RootBlockDevice>>,
}

/// Returns the requests. Images are asked for the name of their root device where that is configured.
///
/// # Errors
/// What DescribeImages failed with.
pub async fn requests(aws: &Aws, specifications: &[LaunchSpecification]) -> CallResult<Vec<Remote>> {
    let mut requests = Vec::with_capacity(specifications.len());
    for specification in specifications {
        let root = match specification.root_block_device.get().filter(|root| !root.is_empty()) {
            Some(_) => Some(root_device_name(aws, &specification.ami).await?),
            None => None,
        };
        requests.push(specification.request(root.as_deref())?);
    }
    Ok(requests)
}

impl LaunchSpecification {
    fn request(&self, root_device: Option<&str>) -> CallResult<Remote> {
        let groups = self.vpc_security_group_ids.get().map_or(&[][..], |groups| groups);
        let builder = Remote::builder()
            .image_id(&self.ami)
            .instance_type(self.instance_type.as_str().into())
            .ebs_optimized(self.ebs_optimized)
            .monitoring(SpotFleetMonitoring::builder().enabled(self.monitoring).build())
            .set_block_device_mappings(self.devices(root_device))
            .set_iam_instance_profile(self.profile())
            .set_key_name(self.key_name.to_option())
            .set_placement(self.placement())
            .set_spot_price(self.spot_price.clone())
            .set_tag_specifications(self.tag_specification()?)
            .set_user_data(self.user_data.as_deref().map(in_base64))
            .set_weighted_capacity(self.weight()?);
        let subnet = self.subnet_id.to_option();
        if self.associate_public_ip_address && subnet.is_some() {
            let interface = InstanceNetworkInterfaceSpecification::builder()
                .associate_public_ip_address(true)
                .delete_on_termination(true)
                .device_index(0)
                .set_groups(each(groups, String::clone))
                .set_subnet_id(subnet);
            return Ok(builder.network_interfaces(interface.build()).build());
        }
        let groups = each(groups, |group| GroupIdentifier::builder().group_id(group).build());
        Ok(builder.set_security_groups(groups).set_subnet_id(subnet).build())
    }

    fn devices(&self, root_device: Option<&str>) -> Option<Vec<aws_sdk_ec2::types::BlockDeviceMapping>> {
        let volumes = self.ebs_block_device.get().into_iter().flatten().map(EbsBlockDevice::request);
        let disks = self.ephemeral_block_device.get().into_iter().flatten().map(EphemeralBlockDevice::request);
        let roots = self.root_block_device.get().into_iter().flatten();
        let roots = roots.filter_map(|root| Some(root.request(root_device?)));
        let devices: Vec<_> = volumes.chain(disks).chain(roots).collect();
        (!devices.is_empty()).then_some(devices)
    }

    fn profile(&self) -> Option<IamInstanceProfileSpecification> {
        if self.iam_instance_profile.is_none() && self.iam_instance_profile_arn.is_none() {
            return None;
        }
        let builder = IamInstanceProfileSpecification::builder().set_name(self.iam_instance_profile.clone());
        Some(builder.set_arn(self.iam_instance_profile_arn.clone()).build())
    }

    fn placement(&self) -> Option<SpotPlacement> {
        let tenancy = self.placement_tenancy.as_deref();
        if !self.availability_zone.is_set() && !self.placement_group.is_set() && tenancy.is_none() {
            return None;
        }
        let builder = SpotPlacement::builder().set_availability_zone(self.availability_zone.to_option());
        let builder = builder.set_group_name(self.placement_group.to_option());
        Some(builder.set_tenancy(tenancy.map(Into::into)).build())
    }

    fn tag_specification(&self) -> CallResult<Option<Vec<SpotFleetTagSpecification>>> {
        let Some(tags) = self.tags.as_ref().filter(|tags| !tags.is_empty()) else { return Ok(None) };
        let builder = SpotFleetTagSpecification::builder().resource_type(ResourceType::Instance);
        Ok(Some(vec![builder.set_tags(Some(to_service(tags)?)).build()]))
    }

    fn weight(&self) -> CallResult<Option<f64>> {
        let Some(text) = &self.weighted_capacity else { return Ok(None) };
        let error = |_| CallError::local(CONSTRUCTION, format!("the weight `{text}` is no number"));
        text.parse().map(Some).map_err(error)
    }

    /// Returns what is there, as far as it was made by a specification of ours.
    pub fn observed(remote: &Remote) -> Self {
        let interface = remote.network_interfaces().first();
        let placement = remote.placement.as_ref();
        let groups: Set<String> = match interface {
            Some(interface) => interface.groups().iter().cloned().collect(),
            None => remote.security_groups().iter().filter_map(|group| group.group_id.clone()).collect(),
        };
        let subnet = remote.subnet_id.as_ref().or_else(|| interface.and_then(|interface| interface.subnet_id.as_ref()));
        let tags: TagMap = remote.tag_specifications().iter().flat_map(|tags| from_service(tags.tags())).collect();
        let volumes: Set<_> = remote.block_device_mappings().iter().filter_map(EbsBlockDevice::observed).collect();
        let disks: Set<_> = remote.block_device_mappings().iter().filter_map(EphemeralBlockDevice::observed).collect();
        let profile = remote.iam_instance_profile.as_ref();
        Self {
            ami: remote.image_id.clone().unwrap_or_default(),
            associate_public_ip_address: interface
                .and_then(|interface| interface.associate_public_ip_address)
                .unwrap_or_default(),
            availability_zone: placement.and_then(|placement| text(placement.availability_zone.as_ref())).into(),
            ebs_optimized: remote.ebs_optimized.unwrap_or_default(),
            iam_instance_profile: profile.and_then(|profile| text(profile.name.as_ref())),
            iam_instance_profile_arn: profile.and_then(|profile| text(profile.arn.as_ref())),
            instance_type: text(remote.instance_type.as_ref()).unwrap_or_default(),
            key_name: text(remote.key_name.as_ref()).into(),
            monitoring: remote.monitoring.as_ref().and_then(|monitoring| monitoring.enabled).unwrap_or_default(),
            placement_group: placement.and_then(|placement| text(placement.group_name.as_ref())).into(),
            placement_tenancy: placement.and_then(|placement| text(placement.tenancy.as_ref())),
            spot_price: text(remote.spot_price.as_ref()),
            subnet_id: text(subnet).into(),
            tags: (!tags.is_empty()).then_some(tags),
            user_data: text(remote.user_data.as_ref()),
            vpc_security_group_ids: groups.into(),
            weighted_capacity: remote.weighted_capacity.map(|weight| weight.to_string()),
            ebs_block_device: volumes.into(),
            ephemeral_block_device: disks.into(),
            root_block_device: Filled::unset(),
        }
    }
}
