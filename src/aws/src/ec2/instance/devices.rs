//! Volumes and disks of an instance.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice as RemoteVolume, Instance as Remote, Volume};
use landfall_provider::{Args, Filled, Set, Tags};

use crate::client::Aws;
use crate::convert::{given, text};
use crate::tags::{TagMap, from_service};

/// Volumes by id.
pub type Volumes = BTreeMap<String, Volume>;

/// A volume beside the root volume.
#[derive(Args, Clone, PartialEq)]
pub struct EbsBlockDevice {
    /// Whether it goes with the instance.
    #[arg(replace, default = true)]
    delete_on_termination: bool,
    /// Name of the device.
    #[arg(replace)]
    pub device_name: String,
    /// Whether it is encrypted.
    #[arg(replace)]
    encrypted: Filled<bool>,
    /// Operations a second.
    #[arg(replace)]
    iops: Filled<i32>,
    /// Key of the encryption.
    #[arg(replace)]
    kms_key_id: Filled<String>,
    /// Snapshot that it starts as.
    #[arg(replace)]
    snapshot_id: Filled<String>,
    /// Tags.
    pub tags: Option<TagMap>,
    /// Tags with the provider's default tags.
    pub tags_all: Filled<TagMap>,
    /// MiB a second.
    #[arg(replace)]
    throughput: Filled<i32>,
    /// Id.
    #[arg(output)]
    pub volume_id: Option<String>,
    /// GiB.
    #[arg(replace)]
    volume_size: Filled<i32>,
    /// Kind.
    #[arg(replace, one_of("standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"))]
    volume_type: Filled<String>,
}

/// A disk of the machine.
#[derive(Args, Clone, PartialEq)]
pub struct EphemeralBlockDevice {
    /// Name of the device.
    device_name: String,
    /// Takes a device of the image away.
    #[arg(optional)]
    no_device: bool,
    /// The disk, such as `ephemeral0`.
    virtual_name: Option<String>,
}

/// The root volume.
#[derive(Args, Clone, PartialEq)]
pub struct RootBlockDevice {
    /// Whether it goes with the instance.
    #[arg(default = true)]
    pub delete_on_termination: bool,
    /// Name of the device.
    #[arg(output)]
    pub device_name: Option<String>,
    /// Whether it is encrypted.
    #[arg(replace)]
    encrypted: Filled<bool>,
    /// Operations a second.
    pub iops: Filled<i32>,
    /// Key of the encryption.
    #[arg(replace)]
    kms_key_id: Filled<String>,
    /// Tags.
    pub tags: Option<TagMap>,
    /// Tags with the provider's default tags.
    pub tags_all: Filled<TagMap>,
    /// MiB a second.
    pub throughput: Filled<i32>,
    /// Id.
    #[arg(output)]
    pub volume_id: Option<String>,
    /// GiB.
    pub volume_size: Filled<i32>,
    /// Kind.
    #[arg(one_of("standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"))]
    pub volume_type: Filled<String>,
}

impl EbsBlockDevice {
    /// Returns the request.
    pub fn request(&self) -> BlockDeviceMapping {
        let volume = RemoteVolume::builder()
            .delete_on_termination(self.delete_on_termination)
            .set_encrypted(self.encrypted.to_option().filter(|encrypted| *encrypted))
            .set_iops(given(&self.iops))
            .set_kms_key_id(self.kms_key_id.to_option())
            .set_snapshot_id(self.snapshot_id.to_option())
            .set_throughput(given(&self.throughput))
            .set_volume_size(given(&self.volume_size))
            .set_volume_type(self.volume_type.as_deref().map(Into::into))
            .build();
        BlockDeviceMapping::builder().device_name(&self.device_name).ebs(volume).build()
    }
}

impl EphemeralBlockDevice {
    /// Returns the request.
    pub fn request(&self) -> BlockDeviceMapping {
        BlockDeviceMapping::builder()
            .device_name(&self.device_name)
            .set_no_device(self.no_device.then(String::new))
            .set_virtual_name(self.virtual_name.clone())
            .build()
    }
}

impl RootBlockDevice {
    /// Returns the request, under the name that the image gives its root volume.
    pub fn request(&self, device_name: &str) -> BlockDeviceMapping {
        let volume = RemoteVolume::builder()
            .delete_on_termination(self.delete_on_termination)
            .set_encrypted(self.encrypted.to_option().filter(|encrypted| *encrypted))
            .set_iops(given(&self.iops))
            .set_kms_key_id(self.kms_key_id.to_option())
            .set_throughput(given(&self.throughput))
            .set_volume_size(given(&self.volume_size))
            .set_volume_type(self.volume_type.as_deref().map(Into::into))
            .build();
        BlockDeviceMapping::builder().device_name(device_name).ebs(volume).build()
    }
}

/// What is known of a device before its volume is read.
struct Attached<'a> {
    name: String,
    delete_on_termination: bool,
    volume_id: String,
    volume: Option<&'a Volume>,
}

fn attached<'a>(remote: &'a Remote, volumes: &'a Volumes) -> impl Iterator<Item = Attached<'a>> {
    remote.block_device_mappings().iter().filter_map(|mapping| {
        let ebs = mapping.ebs.as_ref()?;
        let volume_id = ebs.volume_id.clone()?;
        Some(Attached {
            name: mapping.device_name.clone()?,
            delete_on_termination: ebs.delete_on_termination.unwrap_or_default(),
            volume: volumes.get(&volume_id),
            volume_id,
        })
    })
}

/// Returns whether every volume of an instance is among `volumes`.
pub fn all_seen(remote: &Remote, volumes: &Volumes) -> bool {
    attached(remote, volumes).all(|device| device.volume.is_some())
}

impl Attached<'_> {
    fn is_root(&self, remote: &Remote) -> bool {
        remote.root_device_name.as_deref() == Some(self.name.as_str())
    }

    /// Returns the tags of the volume: what a user wrote, unless `volume_tags` speak for all volumes, and all.
    fn tags(&self, aws: &Aws, known: Known<'_>) -> (Option<TagMap>, Filled<TagMap>) {
        let Some(volume) = self.volume else {
            return known.tags.map_or_else(Default::default, |(own, all)| (own.clone(), all.clone()));
        };
        let known_tags =
            known.tags.map(|(own, all)| Tags { own: own.clone(), all: all.to_option().unwrap_or_default() });
        let tags = aws.tag_rules().observed(from_service(volume.tags()), known_tags.as_ref());
        (if known.has_volume_tags { None } else { tags.own }, tags.all.into())
    }
}

/// What is known of a device.
#[derive(Clone, Copy)]
struct Known<'a> {
    tags: Option<(&'a Option<TagMap>, &'a Filled<TagMap>)>,
    has_volume_tags: bool,
}

/// Returns the root volume.
pub fn root(
    aws: &Aws,
    remote: &Remote,
    volumes: &Volumes,
    known: Option<&RootBlockDevice>,
    has_volume_tags: bool,
) -> Filled<RootBlockDevice> {
    let found = attached(remote, volumes).find(|device| device.is_root(remote)).map(|device| {
        let tags = known.map(|root| (&root.tags, &root.tags_all));
        let (tags, tags_all) = device.tags(aws, Known { tags, has_volume_tags });
        let volume = device.volume;
        RootBlockDevice {
            delete_on_termination: device.delete_on_termination,
            device_name: Some(device.name),
            encrypted: volume.and_then(|volume| volume.encrypted).into(),
            iops: volume.and_then(|volume| volume.iops).into(),
            kms_key_id: volume.and_then(|volume| text(volume.kms_key_id.as_ref())).into(),
            tags,
            tags_all,
            throughput: volume.and_then(|volume| volume.throughput).into(),
            volume_id: Some(device.volume_id),
            volume_size: volume.and_then(|volume| volume.size).into(),
            volume_type: volume.and_then(|volume| text(volume.volume_type.as_ref())).into(),
        }
    });
    found.into()
}

/// Returns the volumes beside the root volume: those that are known by their device, or all where nothing is known.
/// Others attach volumes of their own, such as the drivers of Kubernetes.
pub fn others(
    aws: &Aws,
    remote: &Remote,
    volumes: &Volumes,
    known: Option<&Set<EbsBlockDevice>>,
    has_volume_tags: bool,
) -> Set<EbsBlockDevice> {
    let found = attached(remote, volumes).filter(|device| !device.is_root(remote)).filter_map(|device| {
        let before = known.and_then(|known| known.iter().find(|known| known.device_name == device.name));
        if known.is_some() && before.is_none() {
            return None;
        }
        let tags = before.map(|before| (&before.tags, &before.tags_all));
        let (tags, tags_all) = device.tags(aws, Known { tags, has_volume_tags });
        let volume = device.volume;
        Some(EbsBlockDevice {
            delete_on_termination: device.delete_on_termination,
            device_name: device.name,
            encrypted: volume.and_then(|volume| volume.encrypted).into(),
            iops: volume.and_then(|volume| volume.iops).into(),
            kms_key_id: volume.and_then(|volume| text(volume.kms_key_id.as_ref())).into(),
            snapshot_id: volume.and_then(|volume| text(volume.snapshot_id.as_ref())).into(),
            tags,
            tags_all,
            throughput: volume.and_then(|volume| volume.throughput).into(),
            volume_id: Some(device.volume_id),
            volume_size: volume.and_then(|volume| volume.size).into(),
            volume_type: volume.and_then(|volume| text(volume.volume_type.as_ref())).into(),
        })
    });
    found.collect()
}

/// Returns the tags of all volumes that the object holds, without those that are not ours to see.
pub fn volume_tags(
    aws: &Aws,
    volumes: &Volumes,
    root: &Filled<RootBlockDevice>,
    others: &Set<EbsBlockDevice>,
) -> TagMap {
    let ids = root.get().and_then(|root| root.volume_id.as_ref()).into_iter();
    let ids = ids.chain(others.iter().filter_map(|other| other.volume_id.as_ref()));
    let tags = ids.filter_map(|id| volumes.get(id)).flat_map(|volume| from_service(volume.tags()));
    tags.filter(|(key, _)| aws.tag_rules().sees(key)).collect()
}
