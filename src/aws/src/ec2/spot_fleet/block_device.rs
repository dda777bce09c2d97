//! Devices of the instances of a launch specification.

use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice as RemoteVolume};
use landfall_provider::{Args, Filled};

use crate::convert::{given, text};

/// A volume beside the root volume.
#[derive(Args, Clone, PartialEq)]
pub struct EbsBlockDevice {
    /// Whether it goes with the instance.
    #[arg(default = true)]
    delete_on_termination: bool,
    /// Name of the device.
    device_name: String,
    /// Whether it is encrypted.
    encrypted: Filled<bool>,
    /// Operations a second.
    iops: Filled<i32>,
    /// Key of the encryption.
    kms_key_id: Filled<String>,
    /// Snapshot that it starts as.
    snapshot_id: Filled<String>,
    /// MiB a second.
    throughput: Filled<i32>,
    /// GiB.
    volume_size: Filled<i32>,
    /// Kind.
    #[arg(one_of("standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"))]
    volume_type: Filled<String>,
}

/// A disk of the machine.
#[derive(Args, Clone, PartialEq)]
pub struct EphemeralBlockDevice {
    /// Name of the device.
    device_name: String,
    /// The disk, such as `ephemeral0`.
    virtual_name: String,
}

/// The root volume.
#[derive(Args, Clone, PartialEq)]
pub struct RootBlockDevice {
    /// Whether it goes with the instance.
    #[arg(default = true)]
    delete_on_termination: bool,
    /// Whether it is encrypted.
    encrypted: Filled<bool>,
    /// Operations a second.
    iops: Filled<i32>,
    /// Key of the encryption.
    kms_key_id: Filled<String>,
    /// MiB a second.
    throughput: Filled<i32>,
    /// GiB.
    volume_size: Filled<i32>,
    /// Kind.
    #[arg(one_of("standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"))]
    volume_type: Filled<String>,
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

    /// Returns what is there; nothing of a device that is no volume.
    pub fn observed(remote: &BlockDeviceMapping) -> Option<Self> {
        let volume = remote.ebs.as_ref()?;
        Some(Self {
            delete_on_termination: volume.delete_on_termination.unwrap_or(true),
            device_name: remote.device_name.clone().unwrap_or_default(),
            encrypted: volume.encrypted.into(),
            iops: volume.iops.into(),
            kms_key_id: text(volume.kms_key_id.as_ref()).into(),
            snapshot_id: text(volume.snapshot_id.as_ref()).into(),
            throughput: volume.throughput.into(),
            volume_size: volume.volume_size.into(),
            volume_type: text(volume.volume_type.as_ref()).into(),
        })
    }
}

impl EphemeralBlockDevice {
    /// Returns the request.
    pub fn request(&self) -> BlockDeviceMapping {
        BlockDeviceMapping::builder().device_name(&self.device_name).virtual_name(&self.virtual_name).build()
    }

    /// Returns what is there; nothing of a device that is no disk of the machine.
    pub fn observed(remote: &BlockDeviceMapping) -> Option<Self> {
        let virtual_name = text(remote.virtual_name.as_ref())?;
        Some(Self { device_name: remote.device_name.clone().unwrap_or_default(), virtual_name })
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
