//! From what a launch asks for to what will be launched: everything is checked here, nothing is changed.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::facts::{self, Image, InstanceType, image};
use crate::families::ec2::launch_template::data;
use crate::families::ec2::volume::NewVolume;
use crate::families::ec2::{NewInterface, Subnet, Tags, image as images, shape, tags};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// What EC2 launches where no type is named.
const DEFAULT_TYPE: &str = "m1.small";

/// A launch that has been checked.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) image_id: String,
    pub(super) instance_type: String,
    pub(super) subnet_id: String,
    pub(super) vpc_id: String,
    pub(super) zone: String,
    pub(super) interfaces: Vec<Device>,
    pub(super) volumes: Vec<NewVolume>,
    /// ARN and unique id of the instance profile.
    pub(super) profile: Option<(String, String)>,
    /// Tags by type of object.
    pub(super) tags: BTreeMap<String, Tags>,
    pub(super) options: Tree,
    pub(super) data: Tree,
}

/// An interface of a launch.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub new: NewInterface,
    pub existing: Option<String>,
    pub device_index: u32,
    pub card_index: u32,
    pub is_deleted_with_it: bool,
}

/// Returns the image that data names, `resolve:ssm:` included.
///
/// # Errors
/// When it names none, or one that is not there.
pub fn image_id(scope: &Scope<'_>, data: &Tree) -> Result<String, Fault> {
    let named = data.need("ImageId")?;
    let Some(parameter) = named.strip_prefix("resolve:ssm:") else { return Ok(named.to_owned()) };
    let folder = parameter.strip_suffix("/image_id").unwrap_or(parameter);
    let found = facts::image_of_parameter(folder).map(|image| image.id(scope.region));
    found.ok_or_else(|| {
        Fault::new("InvalidParameterValue", format!("The parameter {parameter} does not exist in Systems Manager."))
    })
}

impl Plan {
    /// Checks a launch of so many instances. `data` has the form of RunInstances and of launch templates.
    ///
    /// # Errors
    /// When EC2 would refuse it, for lack of addresses too; capacity is another matter.
    pub fn new(scope: &Scope<'_>, data: &Tree, count: usize) -> Result<Self, Fault> {
        let image_id = image_id(scope, data)?;
        let image = image(scope.region, &image_id).ok_or_else(|| images::missing(&[&image_id]))?;
        let instance_type = data.text("InstanceType")?.unwrap_or(DEFAULT_TYPE);
        let machine = machine(instance_type, image)?;
        check_options(data)?;
        data::check_network(data)?;
        data::check_user_data(data)?;
        data::check_metadata(data)?;
        if let Some(name) = data.text("Placement.GroupName")?.filter(|name| !name.is_empty()) {
            scope.ec2().placement_group(name)?;
        }
        if let Some(name) = data.text("KeyName")? {
            scope.ec2().key_pair(name)?;
        }
        let subnet_id = subnet_id(scope, data)?;
        let subnet = scope.ec2().subnet(&subnet_id)?;
        let interfaces = interfaces(scope, data, &subnet_id, machine, instance_type)?;
        let is_native = subnet.is_native();
        if is_native && machine.hypervisor.as_deref() != Some("nitro") {
            let message = format!(
                "The instance type '{instance_type}' is not built on the Nitro System, which IPv6 only subnets need."
            );
            return Err(Fault::new("InvalidParameterCombination", message));
        }
        let new = interfaces.iter().filter(|device| device.existing.is_none());
        let wanted: usize = new.map(|device| addresses(device, is_native)).sum();
        if (wanted * count) as u64 > scope.ec2().free_addresses(&subnet_id) {
            let message = "The specified subnet does not have enough free addresses to satisfy the request.";
            return Err(Fault::new("InsufficientFreeAddressesInSubnet", message));
        }
        Ok(Self {
            instance_type: instance_type.to_owned(),
            vpc_id: subnet.vpc_id.clone(),
            zone: subnet.zone.clone(),
            volumes: volumes(scope, data, image)?,
            profile: profile(scope, data)?,
            tags: tags(data)?,
            options: options(data, machine, image, subnet)?,
            data: data.clone(),
            image_id,
            subnet_id,
            interfaces,
        })
    }

    /// Returns the type of the instances.
    pub fn instance_type(&self) -> &str {
        &self.instance_type
    }

    /// Returns the zone of the instances.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Adds tags for the instances, over those of the template.
    pub fn tag_instances(&mut self, tags: impl IntoIterator<Item = (String, String)>) {
        self.tags.entry("instance".to_owned()).or_default().extend(tags);
    }
}

/// Checks what launches and launch templates have in common beside network and machine.
fn check_options(data: &Tree) -> Result<(), Fault> {
    let mut options = Tree::object();
    for name in [
        "CpuOptions",
        "CapacityReservationSpecification",
        "CreditSpecification",
        "EnclaveOptions",
        "HibernationOptions",
        "InstanceInitiatedShutdownBehavior",
        "MaintenanceOptions",
        "MetadataOptions",
        "NetworkPerformanceOptions",
        "Placement",
        "PrivateDnsNameOptions",
    ] {
        options.set(name, data.at(name).cloned().unwrap_or_default());
    }
    shape::check(shape::TEMPLATE_DATA, &options)
}

/// Returns how many IPv4 addresses an interface takes; in a subnet of IPv6 alone, those that are asked for.
fn addresses(device: &Device, is_native: bool) -> usize {
    usize::from(!is_native || device.new.address.is_some()) + device.new.secondary.len() + device.new.secondary_count
}

fn machine(instance_type: &str, image: &Image) -> Result<&'static InstanceType, Fault> {
    let machine = facts::instance_types().get(instance_type).ok_or_else(|| {
        Fault::new("InvalidParameterValue", format!("Invalid value '{instance_type}' for InstanceType."))
    })?;
    if machine.architectures.iter().any(|own| own == image.architecture) {
        return Ok(machine);
    }
    let own = machine.architectures.join(",");
    let message = format!(
        "The architecture '{own}' of the specified instance type does not match the architecture '{}' of the specified \
         AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use \
         'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.",
        image.architecture
    );
    Err(Fault::new("InvalidParameterValue", message))
}

/// Returns the subnet that data names, or a default one, in the zone that data names.
fn subnet_id(scope: &Scope<'_>, data: &Tree) -> Result<String, Fault> {
    let zone = data.text("Placement.AvailabilityZone")?;
    if let Some(absent) = zone.filter(|zone| !facts::zones(scope.region).any(|(name, _)| name == *zone)) {
        return Err(Fault::new("InvalidParameterValue", format!("Invalid availability zone: [{absent}]")));
    }
    let of_interface = data.list_at("NetworkInterface").iter().find_map(|own| {
        let attached = own.at("NetworkInterfaceId").and_then(Tree::as_text);
        let existing = attached.and_then(|id| scope.ec2().interfaces.get(id)).map(|own| own.subnet_id.as_str());
        own.at("SubnetId").and_then(Tree::as_text).or(existing)
    });
    if let Some(named) = of_interface.or(data.text("SubnetId")?) {
        let subnet = scope.ec2().subnet(named)?;
        if let Some(zone) = zone.filter(|zone| *zone != subnet.zone) {
            let why = format!("The subnet '{named}' is in the availability zone {}", subnet.zone);
            return Err(Fault::invalid("availabilityZone", zone, &why));
        }
        return Ok(named.to_owned());
    }
    let mut defaults = scope.ec2().subnets.iter().filter(|(_, subnet)| subnet.is_default);
    let found = defaults.find(|(_, subnet)| zone.is_none_or(|zone| zone == subnet.zone));
    found.map(|(id, _)| id.clone()).ok_or_else(|| match zone {
        Some(zone) => Fault::new("MissingInput", format!("No default subnet for availability zone: '{zone}'.")),
        None => Fault::new("VPCIdNotSpecified", "No default VPC for this user"),
    })
}

fn interfaces(
    scope: &Scope<'_>,
    data: &Tree,
    subnet_id: &str,
    machine: &InstanceType,
    instance_type: &str,
) -> Result<Vec<Device>, Fault> {
    let subnet = scope.ec2().subnet(subnet_id)?;
    let listed = data.list_at("NetworkInterface");
    let mut devices = Vec::new();
    for interface in listed {
        devices.push(device(scope, interface, subnet_id)?);
    }
    if listed.is_empty() {
        let groups = groups(scope, data, &subnet.vpc_id)?;
        let alone = Tree::object()
            .with("SecurityGroupId", Tree::list(groups))
            .with("PrivateIpAddress", data.at("PrivateIpAddress").cloned().unwrap_or_default())
            .with("Ipv6AddressCount", data.at("Ipv6AddressCount").cloned().unwrap_or_default());
        devices.push(device(scope, &alone, subnet_id)?);
    }
    if devices.len() > machine.interfaces as usize {
        let message = format!("Interface count {} exceeds the limit for {instance_type}", devices.len());
        return Err(Fault::new("AttachmentLimitExceeded", message));
    }
    // With several interfaces the subnet's habit of giving public addresses does not count.
    if let [only] = &mut devices[..] {
        let asked = listed.first().map_or(Ok(None), |own| own.bool("AssociatePublicIpAddress"))?;
        only.new.has_public_ip = asked.unwrap_or(subnet.maps_public_ip);
    }
    Ok(devices)
}

/// Returns the groups that data names by id, or by name in the default VPC.
fn groups(scope: &Scope<'_>, data: &Tree, vpc_id: &str) -> Result<Vec<String>, Fault> {
    let mut groups: Vec<String> = data.texts("SecurityGroupId").into_iter().map(ToOwned::to_owned).collect();
    for name in data.texts("SecurityGroup") {
        let mut all = scope.ec2().security_groups.iter();
        let found = all.find(|(_, group)| group.name == name && group.vpc_id == vpc_id).map(|(id, _)| id.clone());
        groups.push(found.ok_or_else(|| {
            let message = format!("The security group '{name}' does not exist in VPC '{vpc_id}'");
            Fault::new("InvalidGroup.NotFound", message)
        })?);
    }
    Ok(groups)
}

fn device(scope: &Scope<'_>, interface: &Tree, launch_subnet: &str) -> Result<Device, Fault> {
    let subnet_id = interface.text("SubnetId")?.unwrap_or(launch_subnet);
    let vpc_id = &scope.ec2().subnet(subnet_id)?.vpc_id;
    let groups: Vec<String> = interface.texts("SecurityGroupId").into_iter().map(ToOwned::to_owned).collect();
    for group in &groups {
        if scope.ec2().security_group(group)?.vpc_id != *vpc_id {
            let message = format!("Security group {group} and subnet {subnet_id} belong to different networks.");
            return Err(Fault::new("InvalidParameter", message));
        }
    }
    let existing = interface.text("NetworkInterfaceId")?.map(ToOwned::to_owned);
    if let Some(id) = &existing {
        crate::families::ec2::kinds::check(scope.ec2(), id, "eni")?;
        if scope.ec2().interfaces[id].attachment.is_some() {
            let message = format!("Interface: [{id}] in use.");
            return Err(Fault::new("InvalidNetworkInterface.InUse", message));
        }
    }
    let address = |text: &str| {
        let invalid = || Fault::invalid("privateIpAddress", text, "Invalid IPv4 address.");
        text.parse::<Ipv4Addr>().map_err(|_| invalid())
    };
    let mut primary = interface.text("PrivateIpAddress")?.map(address).transpose()?;
    let mut secondary = Vec::new();
    for item in interface.list_at("PrivateIpAddresses") {
        let own = address(item.need("PrivateIpAddress")?)?;
        if item.bool("Primary")? == Some(true) { primary = Some(own) } else { secondary.push(own) }
    }
    let count = |member: &str| Ok(interface.int(member)?.and_then(|count| usize::try_from(count).ok()).unwrap_or(0));
    let index = |member: &str| Ok(interface.int(member)?.and_then(|index| u32::try_from(index).ok()).unwrap_or(0));
    Ok(Device {
        is_deleted_with_it: interface.bool("DeleteOnTermination")?.unwrap_or(existing.is_none()),
        existing,
        device_index: index("DeviceIndex")?,
        card_index: index("NetworkCardIndex")?,
        new: NewInterface {
            subnet_id: subnet_id.to_owned(),
            groups,
            description: interface.text("Description")?.unwrap_or_default().to_owned(),
            kind: interface.text("InterfaceType")?.unwrap_or_default().to_owned(),
            address: primary,
            secondary,
            secondary_count: count("SecondaryPrivateIpAddressCount")?,
            ipv6_count: count("Ipv6AddressCount")?,
            ..NewInterface::default()
        },
    })
}

/// Returns the image's volumes, as the mappings of the launch change them and add to them.
fn volumes(scope: &Scope<'_>, data: &Tree, image: &Image) -> Result<Vec<NewVolume>, Fault> {
    let mappings = data.list_at("BlockDeviceMapping");
    let mut volumes = Vec::new();
    for (device, size) in image.volumes {
        let snapshot = image.snapshot(scope.region, device);
        let mut volume = NewVolume::of_image(device, *size, &snapshot);
        let mapping = mappings.iter().find(|mapping| mapping.text("DeviceName") == Ok(Some(device)));
        if let Some(mapping) = mapping {
            data::check_volume(mapping)?;
            if mapping.has("NoDevice") {
                continue;
            }
            volume.change(mapping)?;
            if volume.size < i64::from(*size) {
                let message = format!(
                    "Volume of size {}GB is smaller than snapshot '{snapshot}', expect size>= {size}GB",
                    volume.size
                );
                return Err(Fault::new("InvalidBlockDeviceMapping", message));
            }
        }
        volumes.push(volume);
    }
    for mapping in mappings {
        let device = mapping.need("DeviceName")?;
        let is_further = !image.volumes.iter().any(|(own, _)| *own == device);
        if is_further && mapping.has("Ebs") {
            data::check_volume(mapping)?;
            let mut volume = NewVolume::empty(device);
            volume.change(mapping)?;
            if volume.size == 0 {
                let message = format!("The request must contain the parameter size or snapshotId for {device}");
                return Err(Fault::new("MissingParameter", message));
            }
            volumes.push(volume);
        }
    }
    Ok(volumes)
}

/// Returns ARN and unique id of the profile. One that was just made is not known yet.
pub(super) fn profile(scope: &Scope<'_>, data: &Tree) -> Result<Option<(String, String)>, Fault> {
    let (member, named) = match (data.text("IamInstanceProfile.Arn")?, data.text("IamInstanceProfile.Name")?) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message =
                "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'";
            return Err(Fault::new("InvalidParameterCombination", message));
        }
        (Some(arn), None) => ("arn", arn),
        (None, Some(name)) => ("name", name),
    };
    let word = if member == "arn" { "ARN" } else { "name" };
    let invalid = || {
        Fault::invalid(&format!("iamInstanceProfile.{member}"), named, &format!("Invalid IAM Instance Profile {word}"))
    };
    let (name, profile) = scope.instance_profile(named).ok_or_else(invalid)?;
    let arn = profile.arn(scope, name);
    if profile.role.is_none() {
        let message = format!("IAM Instance Profile \"{arn}\" has no associated IAM Roles");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    Ok(Some((arn, profile.id.clone())))
}

fn tags(data: &Tree) -> Result<BTreeMap<String, Tags>, Fault> {
    let mut all = BTreeMap::<String, Tags>::new();
    for specification in data.list_at("TagSpecification") {
        let kind = specification.need("ResourceType")?;
        if !["instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu"].contains(&kind) {
            let why = format!("'{kind}' is not a valid taggable resource type for this operation.");
            return Err(Fault::new("InvalidParameterValue", why));
        }
        all.entry(kind.to_owned()).or_default().extend(tags::pairs(specification.list_at("Tag"))?);
    }
    Ok(all)
}

/// Returns the options of the instance by their names in answers, with what is filled in.
fn options(data: &Tree, machine: &InstanceType, image: &Image, subnet: &Subnet) -> Result<Tree, Fault> {
    let written = shape::shown(shape::TEMPLATE_DATA, data);
    let with = |name: &str, filled: Tree| data::merged(&filled, written.at(name).unwrap_or(&Tree::object()));
    let is_v2 = image.system == facts::System::Al2023;
    let threads: u32 = if image.architecture == "x86_64" && machine.cpus > 1 { 2 } else { 1 };
    let cores = data.int("CpuOptions.CoreCount")?.unwrap_or(i64::from(machine.cpus / threads));
    Ok(tree! {
        "metadataOptions": with("metadataOptions", tree! {
            "httpTokens": if is_v2 { "required" } else { "optional" },
            "httpPutResponseHopLimit": if is_v2 { 2 } else { 1 },
            "httpEndpoint": "enabled",
            "httpProtocolIpv6": "disabled",
            "instanceMetadataTags": "disabled",
        }),
        "cpuOptions": with("cpuOptions", tree! { "coreCount": cores, "threadsPerCore": threads }),
        "capacityReservationSpecification":
            with("capacityReservationSpecification", tree! { "capacityReservationPreference": "open" }),
        "hibernationOptions": with("hibernationOptions", tree! { "configured": false }),
        "enclaveOptions": with("enclaveOptions", tree! { "enabled": false }),
        "maintenanceOptions": with("maintenanceOptions", tree! { "autoRecovery": "default" }),
        "networkPerformanceOptions": with("networkPerformanceOptions", tree! { "bandwidthWeighting": "default" }),
        "privateDnsNameOptions": with("privateDnsNameOptions", tree! {
            "hostnameType": subnet.hostname_type.as_str(),
            "enableResourceNameDnsARecord": subnet.a_records,
            "enableResourceNameDnsAAAARecord": subnet.aaaa_records,
        }),
        "placement": with("placement", tree! { "tenancy": "default", "groupName": "" }),
    })
}
