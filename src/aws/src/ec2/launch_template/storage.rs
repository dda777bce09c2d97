//! Volumes of the instances.

use aws_sdk_ec2::types::{
    LaunchTemplateBlockDeviceMapping, LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDevice,
    LaunchTemplateEbsBlockDeviceRequest,
};
use landfall_provider::{Args, Filled};

use crate::convert::{given, text, truth, truth_text};

/// A device of the instance.
#[derive(Args, Clone, PartialEq)]
pub struct BlockDeviceMapping {
    /// Name of the device.
    device_name: Option<String>,
    /// Takes a device of the image away.
    no_device: Option<String>,
    /// Disk of the machine.
    virtual_name: Option<String>,
    /// Volume.
    #[arg(block)]
    ebs: Option<Volume>,
}

/// A volume.
#[derive(Args, Clone, PartialEq)]
pub struct Volume {
    /// Whether it goes with the instance.
    #[arg(format(nullable_bool), equivalent(scalar))]
    delete_on_termination: Option<String>,
    /// Whether it is encrypted.
    #[arg(format(nullable_bool), equivalent(scalar))]
    encrypted: Option<String>,
    /// Operations a second.
    iops: Filled<i32>,
    /// Key of the encryption.
    kms_key_id: Option<String>,
    /// Snapshot that it starts as.
    snapshot_id: Option<String>,
    /// MiB a second.
    #[arg(min = 125, max = 2000)]
    throughput: Filled<i32>,
    /// MiB a second at which it is filled from the snapshot.
    #[arg(min = 100, max = 300)]
    volume_initialization_rate: Filled<i32>,
    /// GiB.
    volume_size: Filled<i32>,
    /// Kind.
    #[arg(one_of("standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"))]
    volume_type: Filled<String>,
}

impl BlockDeviceMapping {
    /// Returns the request.
    pub fn request(&self) -> LaunchTemplateBlockDeviceMappingRequest {
        LaunchTemplateBlockDeviceMappingRequest::builder()
            .set_device_name(self.device_name.clone())
            .set_no_device(self.no_device.clone())
            .set_virtual_name(self.virtual_name.clone())
            .set_ebs(self.ebs.as_ref().map(Volume::request))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &LaunchTemplateBlockDeviceMapping) -> Self {
        Self {
            device_name: text(remote.device_name.as_ref()),
            no_device: text(remote.no_device.as_ref()),
            virtual_name: text(remote.virtual_name.as_ref()),
            ebs: remote.ebs.as_ref().map(Volume::observed),
        }
    }
}

impl Volume {
    fn request(&self) -> LaunchTemplateEbsBlockDeviceRequest {
        LaunchTemplateEbsBlockDeviceRequest::builder()
            .set_delete_on_termination(truth(self.delete_on_termination.as_ref()))
            .set_encrypted(truth(self.encrypted.as_ref()))
            .set_iops(given(&self.iops))
            .set_kms_key_id(self.kms_key_id.clone())
            .set_snapshot_id(self.snapshot_id.clone())
            .set_throughput(given(&self.throughput))
            .set_volume_initialization_rate(given(&self.volume_initialization_rate))
            .set_volume_size(given(&self.volume_size))
            .set_volume_type(self.volume_type.as_deref().map(Into::into))
            .build()
    }

    fn observed(remote: &LaunchTemplateEbsBlockDevice) -> Self {
        Self {
            delete_on_termination: truth_text(remote.delete_on_termination),
            encrypted: truth_text(remote.encrypted),
            iops: remote.iops.into(),
            kms_key_id: text(remote.kms_key_id.as_ref()),
            snapshot_id: text(remote.snapshot_id.as_ref()),
            throughput: remote.throughput.into(),
            volume_initialization_rate: remote.volume_initialization_rate.into(),
            volume_size: remote.volume_size.into(),
            volume_type: text(remote.volume_type.as_ref()).into(),
        }
    }
}
