//! Changes of volumes: size and kind of the root volume, and tags of all.

use aws_sdk_ec2::types::{
    EbsInstanceBlockDeviceSpecification, InstanceBlockDeviceMappingSpecification, VolumeModificationState,
};
use landfall_provider::{CallResult, Change, Filled, Object, Phase, Tags};

use super::devices::RootBlockDevice;
use super::{Instance, InstanceArgs};
use crate::client::Aws;
use crate::ec2::tags::retag;
use crate::error::{Answer, Fault, Unless, fault};
use crate::tags::TagMap;

/// EC2 forgets old modifications.
const NEVER_MODIFIED: &[Fault] = &[fault("InvalidVolumeModification.NotFound")];

/// Changes size, kind, operations and throughput of the root volume where they are to be others. Returns the volume
/// whose modification is under way.
///
/// # Errors
/// What ModifyVolume failed with.
pub async fn modify_root(
    aws: &Aws,
    change: &Change<'_, Instance>,
    there: &Object<Instance>,
) -> CallResult<Option<String>> {
    let (Some(planned), Some(before)) = (change.planned.root_block_device.get(), there.args.root_block_device.get())
    else {
        return Ok(None);
    };
    let Some(volume) = before.volume_id.as_ref() else { return Ok(None) };
    let size = wanted(change, there, |root| &root.volume_size);
    let kind = wanted(change, there, |root| &root.volume_type);
    let iops = wanted(change, there, |root| &root.iops);
    let throughput = wanted(change, there, |root| &root.throughput);
    if size.is_none() && kind.is_none() && iops.is_none() && throughput.is_none() {
        return Ok(None);
    }
    let kind_after = planned.volume_type.as_deref().unwrap_or_default();
    let has_iops = matches!(kind_after, "gp3" | "io1" | "io2");
    aws.ec2()
        .modify_volume()
        .volume_id(volume)
        .set_size(size)
        .set_volume_type(kind.as_deref().map(Into::into))
        .set_iops(iops.filter(|_| has_iops))
        .set_throughput(throughput.filter(|_| kind_after == "gp3"))
        .send()
        .await
        .answer()?;
    Ok(Some(volume.clone()))
}

/// Returns a setting of the root volume that is to be another, and is not yet.
fn wanted<T: PartialEq + Clone>(
    change: &Change<'_, Instance>,
    there: &Object<Instance>,
    part: fn(&RootBlockDevice) -> &Filled<T>,
) -> Option<T> {
    let of = |args: &InstanceArgs| args.root_block_device.get().and_then(|root| part(root).to_option());
    let planned = of(change.planned)?;
    let is_wanted = change.wants_unless(there, |one, other| of(one) == of(other));
    is_wanted.then_some(planned)
}

/// Tells how far the modification of a volume is.
///
/// # Errors
/// What DescribeVolumesModifications failed with.
pub async fn modification(aws: &Aws, volume: &str) -> CallResult<Phase> {
    let request = aws.ec2().describe_volumes_modifications().volume_ids(volume);
    let answer = request.send().await.answer().unless(NEVER_MODIFIED)?;
    let modification = answer.as_ref().and_then(|answer| answer.volumes_modifications().last());
    Ok(match modification.and_then(|modification| modification.modification_state.as_ref()) {
        Some(VolumeModificationState::Modifying) => Phase::Pending("volume modifying".to_owned()),
        Some(VolumeModificationState::Failed) => {
            let message = modification.and_then(|modification| modification.status_message.clone());
            Phase::Failed(format!("the volume {volume} was not changed: {}", message.unwrap_or_default()))
        }
        Some(_) | None => Phase::Ready,
    })
}

/// Says whether the root volume goes with the instance.
///
/// # Errors
/// What ModifyInstanceAttribute failed with.
pub async fn keep_root(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    let of = |args: &InstanceArgs| args.root_block_device.get().map(|root| root.delete_on_termination);
    let (Some(goes), Some(root)) = (of(change.planned), there.args.root_block_device.get()) else { return Ok(()) };
    if !change.wants_unless(there, |one, other| of(one) == of(other)) {
        return Ok(());
    }
    let volume = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(goes).build();
    let mapping = InstanceBlockDeviceMappingSpecification::builder()
        .set_device_name(root.device_name.clone())
        .ebs(volume)
        .build();
    let request = aws.ec2().modify_instance_attribute().instance_id(&there.id).block_device_mappings(mapping);
    request.send().await.answer()?;
    Ok(())
}

/// Brings the tags of all volumes to what is planned: those of single volumes with the provider's default tags, and
/// `volume_tags` as they are written.
///
/// # Errors
/// What CreateTags and DeleteTags failed with.
pub async fn tag(aws: &Aws, planned: &InstanceArgs, there: &Object<Instance>) -> CallResult<()> {
    if let Some(planned) = &planned.volume_tags {
        let before = there.args.volume_tags.clone().unwrap_or_default();
        for volume in volumes(&there.args) {
            retag(aws, volume, Some(&all(before.clone())), &all(planned.clone())).await?;
        }
        return Ok(());
    }
    let root = planned.root_block_device.get().zip(there.args.root_block_device.get());
    if let Some((planned, before)) = root
        && let Some(volume) = &before.volume_id
    {
        tag_one(aws, volume, planned.tags.as_ref(), before.tags.as_ref()).await?;
    }
    for planned in planned.ebs_block_device.get().into_iter().flatten() {
        let mut volumes = there.args.ebs_block_device.get().into_iter().flatten();
        if let Some(before) = volumes.find(|before| before.device_name == planned.device_name)
            && let Some(volume) = &before.volume_id
        {
            tag_one(aws, volume, planned.tags.as_ref(), before.tags.as_ref()).await?;
        }
    }
    Ok(())
}

/// The provider's default tags come with a volume's own tags, and only with them.
async fn tag_one(aws: &Aws, volume: &str, planned: Option<&TagMap>, before: Option<&TagMap>) -> CallResult<()> {
    let Some(planned) = planned.filter(|planned| !planned.is_empty() && Some(*planned) != before) else {
        let before = before.filter(|_| planned != before).cloned();
        return retag(aws, volume, Some(&all(before.unwrap_or_default())), &Tags::default()).await;
    };
    let mut target = aws.tag_rules().defaults.clone();
    target.extend(planned.clone());
    retag(aws, volume, Some(&all(before.cloned().unwrap_or_default())), &all(target)).await
}

fn all(tags: TagMap) -> Tags {
    Tags { own: None, all: tags }
}

/// Returns the ids of the volumes.
fn volumes(args: &InstanceArgs) -> impl Iterator<Item = &String> {
    let root = args.root_block_device.get().and_then(|root| root.volume_id.as_ref());
    let others = args.ebs_block_device.get().into_iter().flatten();
    root.into_iter().chain(others.filter_map(|other| other.volume_id.as_ref()))
}
