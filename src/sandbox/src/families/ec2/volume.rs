//! Volumes.

mod change;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use change::Modification;

use super::filters::{Filters, one};
use super::list::{self, Listed};
use super::{PAGING, Store, kinds};
use crate::families::page::page;
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        read("DescribeVolumes", list::members!("VolumeId"), list::describe::<Volume>),
        read("DescribeVolumeStatus", list::members!("VolumeId"), statuses),
        change::CREATE,
        change::DELETE,
        change::ATTACH,
        change::DETACH,
        change::MODIFY,
        change::DESCRIBE_MODIFICATIONS,
    ],
    events: &[],
};

fn statuses(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let (named, filters) = (kinds::named(store, input, "VolumeId", "vol")?, Filters::read(input)?);
    let mut found = Vec::new();
    for (id, volume) in &store.volumes {
        let passes = filters.accept(|name| match name {
            "availability-zone" => one(&volume.zone),
            "volume-status.status" => one("ok"),
            "volume-status.details-name" => one("io-enabled"),
            "volume-status.details-status" => one("passed"),
            _ => None,
        })?;
        if passes && named.as_ref().is_none_or(|ids| ids.contains(&id.as_str())) {
            let detail = |name: &str, status: &str| tree! { "name": name, "status": status };
            let details = vec![detail("io-enabled", "passed"), detail("io-performance", "not-applicable")];
            found.push(tree! {
                "volumeId": id,
                "availabilityZone": &volume.zone,
                "volumeStatus": tree! { "status": "ok", "details": details },
                "eventsSet": Tree::List(Vec::new()),
                "actionsSet": Tree::List(Vec::new()),
            });
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "volumeStatusSet": page.items, "nextToken": page.next })
}

/// How long a new volume is being made.
const CREATING: Duration = Duration::from_secs(3);

/// A volume.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Volume {
    /// Name of its zone.
    pub zone: String,
    /// What it is.
    pub spec: Spec,
    /// The snapshot that it was made from.
    pub snapshot_id: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Where it is attached.
    pub attachment: Option<VolumeAttachment>,
    /// Its last modification.
    pub modification: Option<Modification>,
}

/// Type, size and rates of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its type, such as `gp3`.
    pub kind: String,
    /// Its size in GiB.
    pub size: i64,
    /// Operations a second.
    pub iops: Option<i64>,
    /// MiB a second.
    pub throughput: Option<i64>,
    /// Whether it is encrypted.
    pub is_encrypted: bool,
    /// ARN of the key that it is encrypted with.
    pub kms_key_id: Option<String>,
}

/// Where a volume is attached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VolumeAttachment {
    /// The instance.
    pub instance_id: String,
    /// Name of the device.
    pub device: String,
    /// Whether the volume goes with the instance.
    pub is_deleted_with_it: bool,
    /// When it was attached.
    pub at: Timestamp,
}

/// A volume of a launch.
#[derive(Clone, Debug)]
pub struct NewVolume {
    device: String,
    snapshot_id: Option<String>,
    /// Its size in GiB; 0 where none is known.
    pub size: i64,
    kind: String,
    iops: Option<i64>,
    throughput: Option<i64>,
    is_encrypted: bool,
    kms_key_id: Option<String>,
    is_deleted_with_it: bool,
}

impl NewVolume {
    /// Returns a volume of an image.
    pub fn of_image(device: &str, size: u32, snapshot: &str) -> Self {
        let volume = Self::empty(device);
        Self { snapshot_id: Some(snapshot.to_owned()), size: size.into(), kind: "gp3".to_owned(), ..volume }
    }

    /// Returns a volume of which nothing is known but its device.
    pub fn empty(device: &str) -> Self {
        Self {
            device: device.to_owned(),
            snapshot_id: None,
            size: 0,
            kind: "gp2".to_owned(),
            iops: None,
            throughput: None,
            is_encrypted: false,
            kms_key_id: None,
            is_deleted_with_it: true,
        }
    }

    /// Takes over what a block device mapping says.
    ///
    /// # Errors
    /// When it has something of a wrong type.
    pub fn change(&mut self, mapping: &Tree) -> Result<(), Fault> {
        let text = |path: &str| mapping.text(path).map(|text| text.map(ToOwned::to_owned));
        self.size = mapping.int("Ebs.VolumeSize")?.unwrap_or(self.size);
        self.kind = text("Ebs.VolumeType")?.unwrap_or_else(|| self.kind.clone());
        self.iops = mapping.int("Ebs.Iops")?;
        self.throughput = mapping.int("Ebs.Throughput")?;
        self.is_encrypted = mapping.bool("Ebs.Encrypted")?.unwrap_or(self.is_encrypted);
        self.kms_key_id = text("Ebs.KmsKeyId")?;
        self.snapshot_id = text("Ebs.SnapshotId")?.or_else(|| self.snapshot_id.clone());
        self.is_deleted_with_it = mapping.bool("Ebs.DeleteOnTermination")?.unwrap_or(self.is_deleted_with_it);
        Ok(())
    }

    /// Makes the volume, attached to an instance; returns its id.
    pub fn attach(&self, scope: &mut Scope<'_>, instance_id: &str, zone: &str) -> String {
        let id = scope.ids().ec2("vol");
        let mut spec = Spec {
            kind: self.kind.clone(),
            size: self.size,
            iops: self.iops,
            throughput: self.throughput,
            is_encrypted: self.is_encrypted,
            kms_key_id: None,
        };
        spec.kms_key_id = self.is_encrypted.then(|| key_arn(scope, self.kms_key_id.as_deref()));
        spec.fill_in();
        let attachment = VolumeAttachment {
            instance_id: instance_id.to_owned(),
            device: self.device.clone(),
            is_deleted_with_it: self.is_deleted_with_it,
            at: scope.now,
        };
        let volume = Volume {
            zone: zone.to_owned(),
            spec,
            snapshot_id: self.snapshot_id.clone(),
            created: scope.now,
            attachment: Some(attachment),
            modification: None,
        };
        scope.ec2_mut().volumes.insert(id.clone(), volume);
        id
    }
}

/// Returns the ARN of a key, that of the service's own key where none is named.
fn key_arn(scope: &Scope<'_>, key: Option<&str>) -> String {
    match key {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(alias) if alias.starts_with("alias/") => scope.arn("kms", alias),
        Some(id) => scope.kms_key_arn(id),
        None => scope.arn("kms", "key/0eb50000-0000-4000-8000-0000000000eb"),
    }
}

impl Spec {
    /// Fills in the rates that a type has where none are asked for.
    pub fn fill_in(&mut self) {
        match self.kind.as_str() {
            "gp3" => {
                self.iops.get_or_insert(3000);
                self.throughput.get_or_insert(125);
            }
            "gp2" => {
                self.iops = Some((self.size * 3).clamp(100, 16_000));
                self.throughput = None;
            }
            "io1" | "io2" => self.throughput = None,
            _ => (self.iops, self.throughput) = (None, None),
        }
    }
}

impl Volume {
    /// Returns the state as EC2 names it.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.attachment {
            Some(_) => "in-use",
            None if now.since(self.created) < CREATING => "creating",
            None => "available",
        }
    }

    /// Returns the volume as its instance shows it.
    pub fn shown_at_instance(&self, id: &str) -> Tree {
        let own = self.attachment.as_ref();
        let ebs = own.map(|own| {
            tree! {
                "volumeId": id,
                "status": "attached",
                "attachTime": own.at,
                "deleteOnTermination": own.is_deleted_with_it,
            }
        });
        tree! { "deviceName": own.map(|own| own.device.as_str()), "ebs": ebs }
    }
}

impl VolumeAttachment {
    fn shown(&self, volume_id: &str, status: &str) -> Tree {
        tree! {
            "volumeId": volume_id,
            "instanceId": self.instance_id.as_str(),
            "device": self.device.as_str(),
            "status": status,
            "attachTime": self.at,
            "deleteOnTermination": self.is_deleted_with_it,
        }
    }
}

impl Store {
    /// Returns a volume.
    ///
    /// # Errors
    /// When it is not there.
    pub fn volume(&self, id: &str) -> Result<&Volume, Fault> {
        kinds::check(self, id, "vol").map(|()| &self.volumes[id])
    }

    /// Returns the volumes of an instance, by device.
    pub fn volumes_of(&self, instance_id: &str) -> Vec<(&str, &Volume)> {
        let is_its = |volume: &Volume| volume.attachment.as_ref().is_some_and(|own| own.instance_id == instance_id);
        let mut own: Vec<_> = self.volumes.iter().filter(|(_, volume)| is_its(volume)).collect();
        own.sort_by_key(|(_, volume)| volume.attachment.as_ref().map(|own| own.device.clone()));
        own.into_iter().map(|(id, volume)| (id.as_str(), volume)).collect()
    }

    /// Lets go of the volumes of an instance that has ended; those that go with it are gone.
    pub fn release_volumes(&mut self, instance_id: &str) {
        let own: Vec<String> = self.volumes_of(instance_id).into_iter().map(|(id, _)| id.to_owned()).collect();
        for id in own {
            let goes = |volume: &Volume| volume.attachment.as_ref().is_some_and(|own| own.is_deleted_with_it);
            if self.volumes.get(&id).is_some_and(goes) {
                self.volumes.remove(&id);
                self.tags.remove(&id);
            } else if let Some(volume) = self.volumes.get_mut(&id) {
                volume.attachment = None;
            }
        }
    }
}

impl Listed for Volume {
    const IDS: &'static str = "VolumeId";
    const SET: &'static str = "volumeSet";
    const PREFIX: &'static str = "vol";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.volumes
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        let of =
            |value: fn(&VolumeAttachment) -> String| Some(self.attachment.as_ref().map(value).into_iter().collect());
        match name {
            "volume-id" => one(id),
            "volume-type" => one(&self.spec.kind),
            "size" => one(self.spec.size),
            "status" => one(self.state(scope.now)),
            "encrypted" => one(self.spec.is_encrypted),
            "availability-zone" => one(&self.zone),
            "create-time" => one(self.created),
            "snapshot-id" => Some(self.snapshot_id.iter().cloned().collect()),
            "attachment.instance-id" => of(|own| own.instance_id.clone()),
            "attachment.device" => of(|own| own.device.clone()),
            "attachment.status" => of(|_| "attached".to_owned()),
            "attachment.delete-on-termination" => of(|own| own.is_deleted_with_it.to_string()),
            "attachment.attach-time" => of(|own| own.at.to_string()),
            _ => None,
        }
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        tree! {
            "volumeId": id,
            "size": self.spec.size,
            "snapshotId": self.snapshot_id.as_deref().unwrap_or_default(),
            "availabilityZone": self.zone.as_str(),
            "availabilityZoneId": crate::facts::zones(scope.region).find(|(name, _)| *name == self.zone).map(|(_, id)| id),
            "status": self.state(scope.now),
            "createTime": self.created,
            "attachmentSet": Tree::list(self.attachment.as_ref().map(|own| own.shown(id, "attached"))),
            "volumeType": self.spec.kind.as_str(),
            "iops": self.spec.iops,
            "throughput": self.spec.throughput,
            "encrypted": self.spec.is_encrypted,
            "kmsKeyId": self.spec.kms_key_id.as_deref(),
            "multiAttachEnabled": false,
            "tagSet": scope.ec2().tag_set(id),
        }
    }
}
