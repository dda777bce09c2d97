//! How instances are listed.

use std::collections::BTreeMap;

use super::Instance;
use crate::facts::{self, System, image};
use crate::families::ec2::dhcp_options::domain_name;
use crate::families::ec2::elastic_ip::public_name;
use crate::families::ec2::filters::{Filters, one};
use crate::families::ec2::interface::Attachment;
use crate::families::ec2::{Interface, PAGING, kinds};
use crate::families::page::page;
use crate::families::{Operation, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const DESCRIBE: Operation = read(
    "DescribeInstances",
    &["InstanceId", "Filter", "MaxResults", "NextToken", "IncludeManagedResources"],
    describe,
);

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let (named, filters) = (kinds::named(store, input, "InstanceId", "i")?, Filters::read(input)?);
    let mut found = Vec::new();
    for (id, instance) in &store.instances {
        if named.as_ref().is_none_or(|ids| ids.contains(&id.as_str()))
            && filters.accept_tagged(store, id, |name| filter_values(scope, id, instance, name))?
        {
            found.push((instance.reservation_id.as_str(), id.clone()));
        }
    }
    let page = page(&PAGING, input, found)?;
    let mut reservations = BTreeMap::<&str, Vec<String>>::new();
    for (reservation, id) in page.items {
        reservations.entry(reservation).or_default().push(id);
    }
    let set = reservations.into_iter().map(|(id, instances)| reservation(scope, id, &instances));
    Ok(tree! { "reservationSet": Tree::list(set), "nextToken": page.next })
}

/// Returns instances of one launch, by their numbers in it.
pub fn reservation(scope: &Scope<'_>, id: &str, instances: &[String]) -> Tree {
    let store = scope.ec2();
    let mut own: Vec<_> = instances.iter().filter_map(|id| store.instances.get_key_value(id)).collect();
    own.sort_by_key(|(_, instance)| instance.launch_index);
    let requester = own.first().and_then(|(_, instance)| instance.requester.clone());
    tree! {
        "reservationId": id,
        "ownerId": scope.account,
        "requesterId": requester,
        "groupSet": Tree::List(Vec::new()),
        "instancesSet": Tree::list(own.into_iter().map(|(id, instance)| shown(scope, id, instance))),
    }
}

fn public_ip(scope: &Scope<'_>, interfaces: &[(&str, &Interface)]) -> Option<std::net::Ipv4Addr> {
    let (id, primary) = interfaces.first()?;
    let elastic = scope.ec2().address_of(id, *primary.addresses.first()?).map(|(_, address, _)| address.public_ip);
    elastic.or(primary.public_ip)
}

/// Returns the name of an instance in its VPC: by its id where its options say so, or by its address.
fn private_name(scope: &Scope<'_>, id: &str, instance: &Instance, primary: &Interface) -> Option<String> {
    match instance.options.at("privateDnsNameOptions.hostnameType").and_then(Tree::as_text) {
        Some("resource-name") => Some(format!("{id}.{}", domain_name(scope.region))),
        _ => primary.private_name(scope.region),
    }
}

fn shown(scope: &Scope<'_>, id: &str, instance: &Instance) -> Tree {
    let store = scope.ec2();
    let state = instance.state(scope.now);
    let interfaces = store.interfaces_of(id);
    let primary = interfaces.first().map(|(_, interface)| *interface);
    let machine = facts::instance_types().get(&instance.instance_type);
    let image = image(scope.region, &instance.image_id);
    let is_windows = image.is_some_and(|image| image.system == System::Windows);
    let has_names = store.vpcs.get(&instance.vpc_id).is_some_and(|vpc| vpc.attributes.dns_hostnames);
    let is_there = primary.is_some();
    let public_ip = public_ip(scope, &interfaces).filter(|_| ["pending", "running"].contains(&state));
    let is_nitro = machine.is_some_and(|own| own.hypervisor.as_deref() == Some("nitro"));
    let is_arm = image.is_some_and(|own| own.architecture == "arm64");
    let mut answer = tree! {
        "instanceId": id,
        "imageId": instance.image_id.as_str(),
        "instanceState": instance.state_shown(scope.now),
        "privateDnsName": primary.and_then(|own| private_name(scope, id, instance, own)).unwrap_or_default(),
        "dnsName": public_ip.filter(|_| has_names).map_or_else(String::new, |ip| public_name(scope.region, ip)),
        "reason": transition(instance),
        "keyName": instance.key_name.as_deref(),
        "amiLaunchIndex": instance.launch_index,
        "productCodes": Tree::List(Vec::new()),
        "instanceType": instance.instance_type.as_str(),
        "launchTime": instance.launched,
        "monitoring": tree! { "state": if instance.is_monitored { "enabled" } else { "disabled" } },
        "stateReason": instance.reason.as_ref().map(|(code, message)| tree! { "code": code, "message": message }),
        "architecture": image.map(|image| image.architecture),
        "rootDeviceType": "ebs",
        "rootDeviceName": image.map(|image| image.root_device),
        "blockDeviceMapping": Tree::list(store.volumes_of(id).into_iter().map(|(id, volume)| volume.shown_at_instance(id))),
        "virtualizationType": "hvm",
        "instanceLifecycle": instance.spot_request_id.as_ref().map(|_| "spot"),
        "spotInstanceRequestId": instance.spot_request_id.as_deref(),
        "clientToken": instance.client_token.as_str(),
        "tagSet": store.tag_set(id),
        "groupSet": primary.map_or_else(|| Tree::List(Vec::new()), |own| groups(scope, own)),
        "sourceDestCheck": primary.map(|own| own.checks_source),
        "networkInterfaceSet": Tree::list(interfaces.iter().map(|(id, own)| interface(scope, id, own))),
        "iamInstanceProfile": instance.profile.as_ref().map(|own| tree! { "arn": &own.arn, "id": &own.id }),
        "ebsOptimized": instance.is_ebs_optimized,
        "enaSupport": true,
        "hypervisor": if is_nitro { "nitro" } else { "xen" },
        "platform": is_windows.then_some("windows"),
        "platformDetails": if is_windows { "Windows" } else { "Linux/UNIX" },
        "usageOperation": if is_windows { "RunInstances:0002" } else { "RunInstances" },
        "usageOperationUpdateTime": instance.launched,
        "bootMode": image.map(|own| if own.architecture == "arm64" { "uefi" } else { "uefi-preferred" }),
        "currentInstanceBootMode": if is_nitro || is_arm { "uefi" } else { "legacy-bios" },
    };
    if is_there {
        answer.set("subnetId", instance.subnet_id.as_str());
        answer.set("vpcId", instance.vpc_id.as_str());
        answer.set("privateIpAddress", primary.and_then(|own| own.primary()).map(|own| own.to_string()));
        answer.set("ipAddress", public_ip.map(|ip| ip.to_string()));
        answer.set("ipv6Address", primary.and_then(|own| own.ipv6.first()));
    }
    for (name, value) in instance.options.members() {
        answer.set(name, value);
    }
    let placement = instance.options.at("placement").cloned().unwrap_or_default();
    let zone_id = store.subnets.get(&instance.subnet_id).map(|subnet| subnet.zone_id.as_str());
    answer.set("placement", placement.with("availabilityZone", &instance.zone).with("availabilityZoneId", zone_id));
    let metadata = instance.options.at("metadataOptions").cloned().unwrap_or_default();
    answer.set("metadataOptions", metadata.with("state", if state == "pending" { "pending" } else { "applied" }));
    answer
}

/// Returns why the state last changed, as EC2 tells it beside code and message.
fn transition(instance: &Instance) -> String {
    match &instance.reason {
        Some((code, _)) if code == "Client.UserInitiatedShutdown" => {
            let since = instance.since.to_string();
            format!("User initiated ({} GMT)", since[..19].replace('T', " "))
        }
        Some((_, message)) => message.clone(),
        None => String::new(),
    }
}

fn groups(scope: &Scope<'_>, interface: &Interface) -> Tree {
    let names = &scope.ec2().security_groups;
    Tree::list(interface.groups.iter().map(|id| {
        tree! { "groupId": id, "groupName": names.get(id).map(|group| group.name.as_str()) }
    }))
}

fn interface(scope: &Scope<'_>, id: &str, interface: &Interface) -> Tree {
    use crate::families::ec2::list::Listed;
    let mut shown = interface.shown(scope, id);
    for other in [
        "availabilityZone",
        "availabilityZoneId",
        "requesterId",
        "requesterManaged",
        "tagSet",
        "ipv6Native",
        "denyAllIgwTraffic",
    ] {
        shown.set(other, Tree::Null);
    }
    shown.with("attachment", interface.attachment.as_ref().map(attachment))
}

fn attachment(own: &Attachment) -> Tree {
    tree! {
        "attachmentId": own.id.as_str(),
        "deviceIndex": own.device_index,
        "networkCardIndex": own.card_index,
        "status": "attached",
        "attachTime": own.at,
        "deleteOnTermination": own.is_deleted_with_it,
    }
}

/// Filters by what answers show, and where.
const SHOWN: &[(&str, &str)] = &[
    ("affinity", "placement.affinity"),
    ("architecture", "architecture"),
    ("availability-zone-id", "placement.availabilityZoneId"),
    ("boot-mode", "bootMode"),
    ("current-instance-boot-mode", "currentInstanceBootMode"),
    ("dns-name", "dnsName"),
    ("ebs-optimized", "ebsOptimized"),
    ("ena-support", "enaSupport"),
    ("enclave-options.enabled", "enclaveOptions.enabled"),
    ("hibernation-options.configured", "hibernationOptions.configured"),
    ("host-id", "placement.hostId"),
    ("hypervisor", "hypervisor"),
    ("iam-instance-profile.arn", "iamInstanceProfile.arn"),
    ("iam-instance-profile.id", "iamInstanceProfile.id"),
    ("instance-lifecycle", "instanceLifecycle"),
    ("instance-state-code", "instanceState.code"),
    ("ip-address", "ipAddress"),
    ("ipv6-address", "ipv6Address"),
    ("maintenance-options.auto-recovery", "maintenanceOptions.autoRecovery"),
    ("metadata-options.http-endpoint", "metadataOptions.httpEndpoint"),
    ("metadata-options.http-protocol-ipv6", "metadataOptions.httpProtocolIpv6"),
    ("metadata-options.http-put-response-hop-limit", "metadataOptions.httpPutResponseHopLimit"),
    ("metadata-options.http-tokens", "metadataOptions.httpTokens"),
    ("metadata-options.instance-metadata-tags", "metadataOptions.instanceMetadataTags"),
    ("monitoring-state", "monitoring.state"),
    ("network-performance-options.bandwidth-weighting", "networkPerformanceOptions.bandwidthWeighting"),
    ("placement-group-name", "placement.groupName"),
    ("placement-partition-number", "placement.partitionNumber"),
    ("platform", "platform"),
    ("platform-details", "platformDetails"),
    ("private-dns-name", "privateDnsName"),
    (
        "private-dns-name-options.enable-resource-name-dns-a-record",
        "privateDnsNameOptions.enableResourceNameDnsARecord",
    ),
    (
        "private-dns-name-options.enable-resource-name-dns-aaaa-record",
        "privateDnsNameOptions.enableResourceNameDnsAAAARecord",
    ),
    ("private-dns-name-options.hostname-type", "privateDnsNameOptions.hostnameType"),
    ("private-ip-address", "privateIpAddress"),
    ("reason", "reason"),
    ("root-device-name", "rootDeviceName"),
    ("source-dest-check", "sourceDestCheck"),
    ("state-reason-code", "stateReason.code"),
    ("state-reason-message", "stateReason.message"),
    ("tenancy", "placement.tenancy"),
    ("usage-operation", "usageOperation"),
];

fn filter_values(scope: &Scope<'_>, id: &str, instance: &Instance, name: &str) -> Option<Vec<String>> {
    if name.starts_with("network-interface.") || name.starts_with("block-device-mapping.") {
        return attached_values(scope, id, name);
    }
    let shown = || shown(scope, id, instance);
    match name {
        "instance-id" => one(id),
        "instance-state-name" => one(instance.state(scope.now)),
        "instance-type" => one(&instance.instance_type),
        "image-id" => one(&instance.image_id),
        "vpc-id" => one(&instance.vpc_id),
        "subnet-id" => one(&instance.subnet_id),
        "availability-zone" => one(&instance.zone),
        "owner-id" => one(scope.account),
        "reservation-id" => one(&instance.reservation_id),
        "requester-id" => Some(instance.requester.iter().cloned().collect()),
        "client-token" => one(&instance.client_token),
        "key-name" => Some(instance.key_name.iter().cloned().collect()),
        "launch-index" => one(instance.launch_index),
        "launch-time" => one(instance.launched),
        "root-device-type" => one("ebs"),
        "virtualization-type" => one("hvm"),
        "spot-instance-request-id" => Some(instance.spot_request_id.iter().cloned().collect()),
        "iam-instance-profile.name" => {
            let arn = instance.profile.as_ref().map(|own| own.arn.as_str());
            Some(arn.and_then(|arn| arn.rsplit('/').next()).map(str::to_owned).into_iter().collect())
        }
        "usage-operation-update-time" => one(instance.launched),
        "capacity-reservation-id"
        | "kernel-id"
        | "outpost-arn"
        | "product-code"
        | "product-code.type"
        | "ramdisk-id"
        | "tpm-support" => Some(Vec::new()),
        "instance.group-id" => {
            Some(shown().list_at("groupSet").iter().filter_map(|group| Some(group.at("groupId")?.quoted())).collect())
        }
        "instance.group-name" => {
            Some(shown().list_at("groupSet").iter().filter_map(|group| Some(group.at("groupName")?.quoted())).collect())
        }
        _ => {
            let (_, path) = SHOWN.iter().find(|(filter, _)| *filter == name)?;
            Some(shown().at(path).map(Tree::quoted).into_iter().filter(|text| !text.is_empty()).collect())
        }
    }
}

fn attached_values(scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
    use crate::families::ec2::list::Listed;
    let store = scope.ec2();
    if let Some(name) = name.strip_prefix("network-interface.") {
        let mut all = Vec::new();
        for (id, interface) in store.interfaces_of(id) {
            all.extend(interface.filter(scope, id, name)?);
        }
        return Some(all);
    }
    let volumes = store.volumes_of(id).into_iter();
    match name {
        "block-device-mapping.volume-id" => Some(volumes.map(|(id, _)| id.to_owned()).collect()),
        "block-device-mapping.device-name" => {
            Some(volumes.filter_map(|(_, volume)| Some(volume.attachment.as_ref()?.device.clone())).collect())
        }
        "block-device-mapping.status" => Some(volumes.map(|_| "attached".to_owned()).collect()),
        "block-device-mapping.delete-on-termination" => Some(
            volumes
                .filter_map(|(_, volume)| Some(volume.attachment.as_ref()?.is_deleted_with_it.to_string()))
                .collect(),
        ),
        _ => None,
    }
}
