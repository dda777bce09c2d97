//! What is asked and set of instances one by one.

use super::Doing;
use crate::facts;
use crate::families::ec2::filters::Filters;
use crate::families::ec2::launch_template::data;
use crate::families::ec2::{PAGING, kinds};
use crate::families::page::page;
use crate::families::{Operation, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const DESCRIBE: Operation = read("DescribeInstanceAttribute", &["InstanceId", "Attribute"], describe);
pub const MODIFY: Operation = write(
    "ModifyInstanceAttribute",
    &[
        "InstanceId",
        "Attribute",
        "Value",
        "SourceDestCheck",
        "DisableApiStop",
        "DisableApiTermination",
        "InstanceType",
        "UserData",
        "InstanceInitiatedShutdownBehavior",
        "GroupId",
        "EbsOptimized",
        "BlockDeviceMapping",
    ],
    modify,
);
pub const MODIFY_METADATA: Operation = write(
    "ModifyInstanceMetadataOptions",
    &[
        "InstanceId",
        "HttpTokens",
        "HttpPutResponseHopLimit",
        "HttpEndpoint",
        "HttpProtocolIpv6",
        "InstanceMetadataTags",
    ],
    modify_metadata,
);
pub const MODIFY_MAINTENANCE: Operation =
    write("ModifyInstanceMaintenanceOptions", &["InstanceId", "AutoRecovery"], modify_maintenance);
pub const DESCRIBE_CREDITS: Operation = read(
    "DescribeInstanceCreditSpecifications",
    &["InstanceId", "Filter", "MaxResults", "NextToken"],
    describe_credits,
);
pub const MODIFY_CREDITS: Operation =
    write("ModifyInstanceCreditSpecification", &["ClientToken", "InstanceCreditSpecification"], modify_credits);

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, name) = (input.need("InstanceId")?, input.need("Attribute")?);
    let store = scope.ec2();
    let instance = store.instance(id)?;
    let primary = store.interfaces_of(id).first().map(|(_, own)| *own);
    let value = |value: Tree| tree! { "value": value };
    let shown = match name {
        "instanceType" => value(instance.instance_type.as_str().into()),
        "userData" => instance.user_data.as_deref().map_or_else(Tree::object, |data| value(data.into())),
        "disableApiTermination" => value(instance.is_kept.into()),
        "disableApiStop" => value(instance.is_kept_running.into()),
        "instanceInitiatedShutdownBehavior" => value(instance.shutdown_behavior.as_str().into()),
        "ebsOptimized" => value(instance.is_ebs_optimized.into()),
        "enaSupport" => value(true.into()),
        "rootDeviceName" => {
            value(facts::image(scope.region, &instance.image_id).map_or("/dev/xvda", |image| image.root_device).into())
        }
        "sourceDestCheck" => value(primary.is_none_or(|own| own.checks_source).into()),
        "sriovNetSupport" | "kernel" | "ramdisk" => Tree::object(),
        "productCodes" => Tree::List(Vec::new()),
        "enclaveOptions" => instance.options.at("enclaveOptions").cloned().unwrap_or_default(),
        "groupSet" => {
            let groups = primary.into_iter().flat_map(|own| own.groups.iter());
            let name = |id: &String| store.security_groups.get(id).map(|group| group.name.clone());
            let groups = Tree::list(groups.map(|id| tree! { "groupId": id, "groupName": name(id) }));
            return Ok(tree! { "instanceId": id, "groupSet": groups });
        }
        "blockDeviceMapping" => {
            Tree::list(store.volumes_of(id).into_iter().map(|(id, volume)| volume.shown_at_instance(id)))
        }
        other => return Err(Fault::invalid("attribute", other, "Unknown attribute.")),
    };
    Ok(tree! { "instanceId": id }.with(name, shown))
}

/// Attributes come by name and value, or as members of their own.
fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    let mut input = input.clone();
    if let Some(name) = input.text("Attribute")?.map(ToOwned::to_owned) {
        let member: String = name[..1].to_uppercase() + &name[1..];
        let value = tree! { "Value": input.at("Value").cloned().unwrap_or_default() };
        input.set(&member, value);
    }
    let instance = scope.ec2().instance(id)?;
    if instance.doing == Doing::Ending {
        let message = format!("The instance '{id}' is being terminated.");
        return Err(Fault::new("IncorrectInstanceState", message));
    }
    let is_stopped = instance.state(scope.now) == "stopped";
    let new_type = input.text("InstanceType.Value")?;
    let needs_stop = new_type.is_some() || input.has("UserData.Value") || input.has("EbsOptimized.Value");
    if needs_stop && !is_stopped {
        let message = format!("The instance '{id}' is not in the 'stopped' state.");
        return Err(Fault::new("IncorrectInstanceState", message));
    }
    if let Some(new) = new_type.filter(|new| !facts::instance_types().contains_key(*new)) {
        return Err(Fault::new("InvalidInstanceAttributeValue", format!("Invalid value '{new}' for InstanceType.")));
    }
    let behavior = input.text("InstanceInitiatedShutdownBehavior.Value")?;
    if let Some(other) = behavior.filter(|behavior| !["stop", "terminate"].contains(behavior)) {
        return Err(Fault::invalid("instanceInitiatedShutdownBehavior", other, "Valid values are stop and terminate."));
    }
    if let Some(data) = input.at("UserData.Value") {
        data::check_user_data(&tree! { "UserData": data })?;
    }
    let groups: Vec<String> = input.texts("GroupId").into_iter().map(ToOwned::to_owned).collect();
    scope.ec2().check_groups(&groups, &instance.vpc_id)?;
    let flags = (
        input.bool("DisableApiTermination.Value")?,
        input.bool("DisableApiStop.Value")?,
        input.bool("EbsOptimized.Value")?,
        input.bool("SourceDestCheck.Value")?,
    );
    let mut deletions = Vec::new();
    for mapping in input.list_at("BlockDeviceMapping") {
        deletions.push((mapping.need("DeviceName")?.to_owned(), mapping.bool("Ebs.DeleteOnTermination")?));
    }
    let instance = scope.ec2_mut().instance_mut(id)?;
    instance.is_kept = flags.0.unwrap_or(instance.is_kept);
    instance.is_kept_running = flags.1.unwrap_or(instance.is_kept_running);
    instance.is_ebs_optimized = flags.2.unwrap_or(instance.is_ebs_optimized);
    if let Some(new) = new_type {
        new.clone_into(&mut instance.instance_type);
        let may_burst = new.starts_with('t');
        instance.credits = may_burst.then(|| instance.credits.clone().unwrap_or_else(|| "unlimited".to_owned()));
    }
    if let Some(behavior) = behavior {
        behavior.clone_into(&mut instance.shutdown_behavior);
    }
    if let Some(data) = input.text("UserData.Value")? {
        instance.user_data = Some(data.to_owned());
    }
    change_attached(scope, id, &groups, flags.3, &deletions);
    Ok(tree! { "return": true })
}

fn change_attached(
    scope: &mut Scope<'_>,
    id: &str,
    groups: &[String],
    checks_source: Option<bool>,
    deletions: &[(String, Option<bool>)],
) {
    let primary = scope.ec2().interfaces_of(id).first().map(|(id, _)| (*id).to_owned());
    let store = scope.ec2_mut();
    if let Some(interface) = primary.and_then(|id| store.interfaces.get_mut(&id)) {
        if !groups.is_empty() {
            interface.groups = groups.to_vec();
        }
        interface.checks_source = checks_source.unwrap_or(interface.checks_source);
    }
    for volume in store.volumes.values_mut() {
        let Some(own) = volume.attachment.as_mut().filter(|own| own.instance_id == id) else { continue };
        if let Some((_, Some(goes))) = deletions.iter().find(|(device, _)| *device == own.device) {
            own.is_deleted_with_it = *goes;
        }
    }
}

fn modify_metadata(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    let mut options = Tree::object();
    for name in ["HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "HttpProtocolIpv6", "InstanceMetadataTags"] {
        options.set(name, input.at(name).cloned().unwrap_or_default());
    }
    let wrapped = tree! { "MetadataOptions": options };
    crate::families::ec2::shape::check(crate::families::ec2::shape::TEMPLATE_DATA, &wrapped)?;
    data::check_metadata(&wrapped)?;
    let shown = crate::families::ec2::shape::shown(crate::families::ec2::shape::TEMPLATE_DATA, &wrapped);
    let instance = scope.ec2_mut().instance_mut(id)?;
    if instance.doing == Doing::Ending {
        let message = format!("The instance '{id}' is being terminated.");
        return Err(Fault::new("IncorrectInstanceState", message));
    }
    let nothing = Tree::object();
    let all = data::merged(
        instance.options.at("metadataOptions").unwrap_or(&nothing),
        shown.at("metadataOptions").unwrap_or(&nothing),
    );
    instance.options.set("metadataOptions", &all);
    Ok(tree! { "instanceId": id, "instanceMetadataOptions": all.with("state", "pending") })
}

fn modify_maintenance(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    let recovery = input.text("AutoRecovery")?.unwrap_or("default");
    if !["default", "disabled"].contains(&recovery) {
        return Err(Fault::invalid("autoRecovery", recovery, "Valid values are default and disabled."));
    }
    let instance = scope.ec2_mut().instance_mut(id)?;
    instance.options.set("maintenanceOptions", tree! { "autoRecovery": recovery });
    Ok(tree! { "instanceId": id, "autoRecovery": recovery })
}

fn describe_credits(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let named = kinds::named(store, input, "InstanceId", "i")?;
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    for (id, instance) in &store.instances {
        if named.as_ref().is_some_and(|ids| !ids.contains(&id.as_str())) {
            continue;
        }
        let Some(credits) = &instance.credits else {
            if named.is_some() {
                let message = format!("The instance '{id}' is not of a type with credits.");
                return Err(Fault::new("InvalidInstanceType", message));
            }
            continue;
        };
        let passes = filters.accept(|name| (name == "instance-id").then(|| vec![id.clone()]))?;
        // Without ids only those are listed that are unlimited.
        if passes && (named.is_some() || credits == "unlimited") {
            found.push(tree! { "instanceId": id, "cpuCredits": credits });
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "instanceCreditSpecificationSet": page.items, "nextToken": page.next })
}

/// Each instance is changed or not by itself; the answer says which.
fn modify_credits(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for item in input.list_at("InstanceCreditSpecification") {
        let (id, credits) = (item.need("InstanceId")?, item.need("CpuCredits")?);
        let error = match scope.ec2_mut().instances.get_mut(id) {
            None => Some(("InvalidInstanceID.NotFound", format!("The instance ID '{id}' does not exist"))),
            Some(own) if own.credits.is_none() => {
                let message = format!("The instance '{id}' is not of a type with credits.");
                Some(("InstanceCreditSpecification.NotSupported", message))
            }
            Some(own) => {
                own.credits = Some(credits.to_owned());
                None
            }
        };
        match error {
            None => done.push(tree! { "instanceId": id }),
            Some((code, message)) => {
                refused.push(tree! { "instanceId": id, "error": tree! { "code": code, "message": message } });
            }
        }
    }
    Ok(tree! {
        "successfulInstanceCreditSpecificationSet": done,
        "unsuccessfulInstanceCreditSpecificationSet": refused,
    })
}
