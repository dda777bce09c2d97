//! Making, attaching and modifying volumes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Spec, Volume, VolumeAttachment, key_arn};
use crate::facts;
use crate::families::ec2::filters::{Filters, one};
use crate::families::ec2::launch_template::data::check_volume;
use crate::families::ec2::list;
use crate::families::ec2::{PAGING, kinds, tags};
use crate::families::page::page;
use crate::families::{Operation, read, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const CREATE: Operation = write(
    "CreateVolume",
    &[
        "AvailabilityZone",
        "Encrypted",
        "Iops",
        "KmsKeyId",
        "Size",
        "VolumeType",
        "TagSpecification",
        "Throughput",
        "ClientToken",
    ],
    create,
);
pub const DELETE: Operation = write("DeleteVolume", &["VolumeId"], delete);
pub const ATTACH: Operation = write("AttachVolume", &["Device", "InstanceId", "VolumeId"], attach);
pub const DETACH: Operation = write("DetachVolume", &["Device", "InstanceId", "VolumeId", "Force"], detach);
pub const MODIFY: Operation = write("ModifyVolume", &["VolumeId", "Size", "VolumeType", "Iops", "Throughput"], modify);
pub const DESCRIBE_MODIFICATIONS: Operation =
    read("DescribeVolumesModifications", &["VolumeId", "Filter", "MaxResults", "NextToken"], describe_modifications);

/// How long a modification is in its first state.
const MODIFYING: Duration = Duration::from_secs(10);
/// How long it takes in all.
const OPTIMIZING: Duration = Duration::from_secs(120);
/// How long a volume rests between modifications.
const RESTING: Duration = Duration::from_secs(6 * 3600);

/// A modification of a volume.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Modification {
    /// What the volume was.
    pub before: Spec,
    /// What it was to become.
    pub after: Spec,
    /// When it began.
    pub began: Timestamp,
}

impl Modification {
    fn state(&self, now: Timestamp) -> &'static str {
        match now.since(self.began) {
            since if since < MODIFYING => "modifying",
            since if since < OPTIMIZING => "optimizing",
            _ => "completed",
        }
    }

    fn shown(&self, id: &str, now: Timestamp) -> Tree {
        let (before, after, state) = (&self.before, &self.after, self.state(now));
        tree! {
            "volumeId": id,
            "modificationState": state,
            "targetSize": after.size,
            "targetIops": after.iops,
            "targetVolumeType": after.kind.as_str(),
            "targetThroughput": after.throughput,
            "originalSize": before.size,
            "originalIops": before.iops,
            "originalVolumeType": before.kind.as_str(),
            "originalThroughput": before.throughput,
            "progress": if state == "completed" { 100 } else { 0 },
            "startTime": self.began,
            "endTime": (state == "completed").then(|| self.began + OPTIMIZING),
        }
    }
}

fn spec(scope: &Scope<'_>, input: &Tree) -> Result<Spec, Fault> {
    let kind = input.text("VolumeType")?.unwrap_or("gp2").to_owned();
    let size = input
        .int("Size")?
        .ok_or_else(|| Fault::new("MissingParameter", "The request must contain the parameter size/snapshot"))?;
    let is_encrypted = input.bool("Encrypted")?.unwrap_or_default();
    let kms_key_id = is_encrypted.then_some(()).and_then(|()| input.at("KmsKeyId")?.as_text());
    let kms_key_id = is_encrypted.then(|| key_arn(scope, kms_key_id));
    let mut spec =
        Spec { kind, size, iops: input.int("Iops")?, throughput: input.int("Throughput")?, is_encrypted, kms_key_id };
    check(&spec)?;
    spec.fill_in();
    Ok(spec)
}

fn check(spec: &Spec) -> Result<(), Fault> {
    let ebs = tree! {
        "VolumeType": spec.kind.as_str(),
        "VolumeSize": spec.size,
        "Iops": spec.iops,
        "Throughput": spec.throughput,
    };
    check_volume(&tree! { "Ebs": ebs })
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateVolume", input, "ClientToken", token::ec2_mismatch, |scope| {
        let zone = input.need("AvailabilityZone")?;
        if !facts::zones(scope.region).any(|(name, _)| name == zone) {
            let message = format!("The zone '{zone}' does not exist.");
            return Err(Fault::new("InvalidZone.NotFound", message));
        }
        let spec = spec(scope, input)?;
        let tags = tags::specified(input, "volume")?;
        let id = scope.ids().ec2("vol");
        let volume = Volume {
            zone: zone.to_owned(),
            spec,
            snapshot_id: None,
            created: scope.now,
            attachment: None,
            modification: None,
        };
        let store = scope.ec2_mut();
        store.volumes.insert(id.clone(), volume);
        store.tag_new(&id, tags);
        list::one::<Volume>(scope, &id)
    })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("VolumeId")?;
    if let Some(own) = &scope.ec2().volume(id)?.attachment {
        let message = format!("Volume {id} is currently attached to {}", own.instance_id);
        return Err(Fault::new("VolumeInUse", message));
    }
    let store = scope.ec2_mut();
    store.volumes.remove(id);
    store.tags.remove(id);
    Ok(tree! { "return": true })
}

fn attach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, instance_id, device) = (input.need("VolumeId")?, input.need("InstanceId")?, input.need("Device")?);
    let store = scope.ec2();
    let (volume, instance) = (store.volume(id)?, store.instance(instance_id)?);
    if volume.zone != instance.zone {
        let message = format!("The volume '{id}' is not in the same availability zone as instance '{instance_id}'");
        return Err(Fault::new("InvalidVolume.ZoneMismatch", message));
    }
    if volume.attachment.is_some() {
        return Err(Fault::new("VolumeInUse", format!("{id} is already attached to an instance")));
    }
    if !["running", "stopped"].contains(&instance.state(scope.now)) {
        let message = format!("Instance '{instance_id}' is not 'running'.");
        return Err(Fault::new("IncorrectState", message));
    }
    let own = store.volumes_of(instance_id);
    if own.iter().any(|(_, own)| own.attachment.as_ref().is_some_and(|own| own.device == device)) {
        let message = format!("Invalid value '{device}' for unixDevice. Attachment point {device} is already in use");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let attachment = VolumeAttachment {
        instance_id: instance_id.to_owned(),
        device: device.to_owned(),
        is_deleted_with_it: false,
        at: scope.now,
    };
    let shown = attachment.shown(id, "attaching");
    if let Some(volume) = scope.ec2_mut().volumes.get_mut(id) {
        volume.attachment = Some(attachment);
    }
    Ok(shown)
}

fn detach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("VolumeId")?;
    let (instance_id, device) = (input.text("InstanceId")?, input.text("Device")?);
    let volume = scope.ec2().volume(id)?;
    let fits = |own: &&VolumeAttachment| {
        instance_id.is_none_or(|id| id == own.instance_id) && device.is_none_or(|device| device == own.device)
    };
    let Some(own) = volume.attachment.as_ref().filter(fits) else {
        return Err(Fault::new("IncorrectState", format!("Volume '{id}' is in the 'available' state.")));
    };
    let instance = scope.ec2().instance(&own.instance_id)?;
    let root = facts::image(scope.region, &instance.image_id).map(|image| image.root_device);
    if root == Some(own.device.as_str()) && instance.state(scope.now) != "stopped" {
        let message = format!("Unable to detach root volume '{id}' from instance '{}'", own.instance_id);
        return Err(Fault::new("OperationNotPermitted", message));
    }
    let shown = own.shown(id, "detaching");
    if let Some(volume) = scope.ec2_mut().volumes.get_mut(id) {
        volume.attachment = None;
    }
    Ok(shown)
}

fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("VolumeId")?;
    let volume = scope.ec2().volume(id)?;
    if let Some(last) = volume.modification.as_ref().filter(|last| scope.now.since(last.began) < RESTING) {
        let code = if last.state(scope.now) == "completed" {
            "VolumeModificationRateExceeded"
        } else {
            "IncorrectModificationState"
        };
        let message = format!(
            "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume: {id}"
        );
        return Err(Fault::new(code, message));
    }
    let before = volume.spec.clone();
    let mut after = before.clone();
    if let Some(kind) = input.text("VolumeType")?.filter(|kind| *kind != before.kind) {
        kind.clone_into(&mut after.kind);
        (after.iops, after.throughput) = (None, None);
    }
    after.size = input.int("Size")?.unwrap_or(before.size);
    let keeps_iops = after.kind == before.kind && after.kind != "gp2";
    after.iops = input.int("Iops")?.or(before.iops.filter(|_| keeps_iops));
    after.throughput = input.int("Throughput")?.or(after.throughput);
    if after.size < before.size {
        let message = "New size cannot be smaller than existing size";
        return Err(Fault::new("InvalidParameterValue", message));
    }
    check(&after)?;
    after.fill_in();
    let modification = Modification { before, after: after.clone(), began: scope.now };
    let shown = modification.shown(id, scope.now);
    if let Some(volume) = scope.ec2_mut().volumes.get_mut(id) {
        (volume.spec, volume.modification) = (after, Some(modification));
    }
    Ok(tree! { "volumeModification": shown })
}

fn describe_modifications(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let (named, filters) = (kinds::named(store, input, "VolumeId", "vol")?, Filters::read(input)?);
    let mut found = Vec::new();
    for (id, volume) in &store.volumes {
        if named.as_ref().is_some_and(|ids| !ids.contains(&id.as_str())) {
            continue;
        }
        let Some(modification) = &volume.modification else {
            if named.is_some() {
                let message = format!("Modification for volume '{id}' does not exist.");
                return Err(Fault::new("InvalidVolumeModification.NotFound", message));
            }
            continue;
        };
        let passes = filters.accept(|name| match name {
            "volume-id" => one(id),
            "modification-state" => one(modification.state(scope.now)),
            "target-size" => one(modification.after.size),
            "original-size" => one(modification.before.size),
            _ => None,
        })?;
        if passes {
            found.push(modification.shown(id, scope.now));
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "volumeModificationSet": page.items, "nextToken": page.next })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn volumes_are_made_modified_once_and_deleted() {
        let cloud = Cloud::new();
        let made =
            cloud.ec2("CreateVolume", tree! { "AvailabilityZone": "eu-central-1a", "Size": "8", "VolumeType": "gp3" });
        let made = made.unwrap();
        assert_eq!((made.need("status"), made.int("iops")), (Ok("creating"), Ok(Some(3000))));
        let id = made.need("volumeId").unwrap();
        let modify = |size: &str| cloud.ec2("ModifyVolume", tree! { "VolumeId": id, "Size": size });
        assert_eq!(code(modify("4")), "InvalidParameterValue");
        modify("16").unwrap();
        assert_eq!(code(modify("32")), "IncorrectModificationState");
        cloud.wait(OPTIMIZING);
        let state = cloud.ec2("DescribeVolumesModifications", tree! {}).unwrap();
        assert_eq!(state.list_at("volumeModificationSet")[0].need("modificationState"), Ok("completed"));
        let volumes = cloud.ec2("DescribeVolumes", tree! { "VolumeId": vec![id] }).unwrap();
        assert_eq!(volumes.list_at("volumeSet")[0].int("size"), Ok(Some(16)));
        cloud.ec2("DeleteVolume", tree! { "VolumeId": id }).unwrap();
        assert_eq!(code(cloud.ec2("DeleteVolume", tree! { "VolumeId": id })), "InvalidVolume.NotFound");
    }
}
