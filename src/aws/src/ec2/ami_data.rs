//! Data source `aws_ami`: an image.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{BlockDeviceMapping, EbsBlockDevice, Image, ProductCode};
use landfall_provider::{Args, Attrs, CallError, CallResult, DataSource, Filled, Read, Set};
use regex::Regex;

use crate::arn::Arn;
use crate::client::Aws;
use crate::convert::{text, words};
use crate::ec2::filters::FilterBlock;
use crate::error::{Answer, CONSTRUCTION};
use crate::tags::{TagMap, from_service};

/// Filters that say whose image is meant.
const SAFE_FILTERS: &[&str] = &["image-id", "owner-id"];
/// What Terraform writes for a reason that there is not.
const UNSET: &str = "UNSET";

/// An image.
pub struct Ami;

/// What a user may write.
#[derive(Args, Clone)]
pub struct AmiArgs {
    /// Takes the newest image whoever made it.
    #[arg(optional)]
    allow_unsafe_filter: bool,
    /// Accounts that may launch the image.
    #[arg(optional)]
    executable_users: Vec<String>,
    /// Filters of DescribeImages.
    #[arg(block)]
    filter: Set<FilterBlock>,
    /// Also deprecated images.
    #[arg(default = false)]
    include_deprecated: bool,
    /// Takes the newest where there are many.
    #[arg(default = false)]
    most_recent: bool,
    /// What the name is like.
    name_regex: Option<String>,
    /// Accounts that own the image, or their aliases.
    #[arg(optional, min_items = 1, each(format(non_empty)))]
    owners: Vec<String>,
    /// Tags.
    tags: Filled<TagMap>,
    /// Not used by EC2.
    uefi_data: Option<String>,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct AmiAttrs {
    /// Architecture.
    architecture: String,
    /// ARN.
    arn: String,
    /// Devices.
    block_device_mappings: Set<Device>,
    /// How it boots.
    boot_mode: String,
    /// Time of its making.
    creation_date: String,
    /// Time from which it is not to be used.
    deprecation_time: String,
    /// Description.
    description: String,
    /// Enhanced networking.
    ena_support: bool,
    /// Hypervisor.
    hypervisor: String,
    /// Id.
    image_id: String,
    /// Place of an image in a bucket.
    image_location: String,
    /// Alias of the owner.
    image_owner_alias: String,
    /// Kind.
    image_type: String,
    /// What its metadata service wants.
    imds_support: String,
    /// Kernel.
    kernel_id: String,
    /// Time of its last launch.
    last_launched_time: String,
    /// Name.
    name: String,
    /// Owner.
    owner_id: String,
    /// `windows`, or empty.
    platform: String,
    /// Platform for the bill.
    platform_details: String,
    /// Codes of the marketplace.
    product_codes: Set<Code>,
    /// Whether anyone may launch it.
    public: bool,
    /// RAM disk.
    ramdisk_id: String,
    /// Device of the root volume.
    root_device_name: String,
    /// Kind of that device.
    root_device_type: String,
    /// Snapshot of the root volume.
    root_snapshot_id: String,
    /// Older enhanced networking.
    sriov_net_support: String,
    /// What it is doing.
    state: String,
    /// Why.
    state_reason: BTreeMap<String, String>,
    /// Trusted platform module.
    tpm_support: String,
    /// Operation for the bill.
    usage_operation: String,
    /// Kind of virtualization.
    virtualization_type: String,
}

/// A device.
#[derive(Attrs, Clone, PartialEq)]
pub struct Device {
    /// Name.
    device_name: String,
    /// Volume.
    ebs: BTreeMap<String, String>,
    /// Takes a device away.
    no_device: String,
    /// Disk of the machine.
    virtual_name: String,
}

/// A code of the marketplace.
#[derive(Attrs, Clone, PartialEq)]
pub struct Code {
    /// The code.
    product_code_id: String,
    /// Its kind.
    product_code_type: String,
}

impl DataSource for Ami {
    type Args = AmiArgs;
    type Attrs = AmiAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_ami";

    async fn read(aws: &Aws, args: &AmiArgs) -> CallResult<Read<Self>> {
        let names_owner = !args.owners.is_empty() || args.filter.iter().any(|filter| filter.is_one_of(SAFE_FILTERS));
        if args.most_recent && !names_owner && !args.allow_unsafe_filter {
            let text = "the newest image of any owner may be anyone's: set `owners`, filter by `owner-id` or `image-id`, \
                        or set `allow_unsafe_filter`";
            return Err(CallError::local(CONSTRUCTION, text));
        }
        let image = find(aws, args).await?;
        let tags = from_service(image.tags()).into_iter().filter(|(key, _)| aws.tag_rules().sees(key));
        let args = AmiArgs { tags: tags.collect::<TagMap>().into(), ..args.clone() };
        Ok(Read { id: image.image_id.clone().unwrap_or_default(), args, attrs: attrs(aws, &image) })
    }
}

/// Returns the only image that is meant, or the newest.
async fn find(aws: &Aws, args: &AmiArgs) -> CallResult<Image> {
    let filters: Vec<_> = args.filter.iter().map(FilterBlock::request).collect();
    let request = aws
        .ec2()
        .describe_images()
        .set_executable_users(words(&args.executable_users))
        .set_filters(Some(filters).filter(|filters| !filters.is_empty()))
        .set_include_deprecated(args.include_deprecated.then_some(true))
        .set_owners(words(&args.owners));
    let mut images = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()?;
    if let Some(pattern) = &args.name_regex {
        let error = |error| CallError::local(CONSTRUCTION, format!("`name_regex`: {error}"));
        let pattern = Regex::new(pattern).map_err(error)?;
        images.retain(|image| pattern.is_match(image.name().unwrap_or_default()));
    }
    if images.len() > 1 && !args.most_recent {
        let text = format!("{} images are meant: search for less, or set `most_recent`", images.len());
        return Err(CallError::local(CONSTRUCTION, text));
    }
    let newest = images.into_iter().max_by(|one, other| one.creation_date.cmp(&other.creation_date));
    newest.ok_or_else(|| {
        CallError::local(CONSTRUCTION, "the query returned no results: change the search criteria and try again")
    })
}

fn attrs(aws: &Aws, image: &Image) -> AmiAttrs {
    let id = image.image_id.clone().unwrap_or_default();
    let root = image.root_device_name.as_deref();
    let root = image.block_device_mappings().iter().find(|device| device.device_name.as_deref() == root);
    let snapshot = root.and_then(|root| root.ebs.as_ref()?.snapshot_id.clone());
    AmiAttrs {
        architecture: word(image.architecture.as_ref()),
        arn: Arn {
            partition: aws.partition().name.to_owned(),
            service: "ec2".to_owned(),
            region: aws.region().to_owned(),
            account: String::new(),
            resource: format!("image/{id}"),
        }
        .to_string(),
        block_device_mappings: image.block_device_mappings().iter().map(Device::observed).collect(),
        boot_mode: word(image.boot_mode.as_ref()),
        creation_date: word(image.creation_date.as_ref()),
        deprecation_time: word(image.deprecation_time.as_ref()),
        description: word(image.description.as_ref()),
        ena_support: image.ena_support.unwrap_or_default(),
        hypervisor: word(image.hypervisor.as_ref()),
        image_id: id,
        image_location: word(image.image_location.as_ref()),
        image_owner_alias: word(image.image_owner_alias.as_ref()),
        image_type: word(image.image_type.as_ref()),
        imds_support: word(image.imds_support.as_ref()),
        kernel_id: word(image.kernel_id.as_ref()),
        last_launched_time: word(image.last_launched_time.as_ref()),
        name: word(image.name.as_ref()),
        owner_id: word(image.owner_id.as_ref()),
        platform: word(image.platform.as_ref()),
        platform_details: word(image.platform_details.as_ref()),
        product_codes: image.product_codes().iter().map(Code::observed).collect(),
        public: image.public.unwrap_or_default(),
        ramdisk_id: word(image.ramdisk_id.as_ref()),
        root_device_name: word(image.root_device_name.as_ref()),
        root_device_type: word(image.root_device_type.as_ref()),
        root_snapshot_id: snapshot.unwrap_or_default(),
        sriov_net_support: word(image.sriov_net_support.as_ref()),
        state: word(image.state.as_ref()),
        state_reason: reason(image),
        tpm_support: word(image.tpm_support.as_ref()),
        usage_operation: word(image.usage_operation.as_ref()),
        virtualization_type: word(image.virtualization_type.as_ref()),
    }
}

fn word<T: AsRef<str>>(word: Option<&T>) -> String {
    text(word).unwrap_or_default()
}

fn reason(image: &Image) -> BTreeMap<String, String> {
    let part = |part: fn(&aws_sdk_ec2::types::StateReason) -> Option<&String>| match &image.state_reason {
        Some(reason) => word(part(reason)),
        None => UNSET.to_owned(),
    };
    BTreeMap::from([
        ("code".to_owned(), part(|reason| reason.code.as_ref())),
        ("message".to_owned(), part(|reason| reason.message.as_ref())),
    ])
}

impl Device {
    fn observed(remote: &BlockDeviceMapping) -> Self {
        Self {
            device_name: word(remote.device_name.as_ref()),
            ebs: remote.ebs.as_ref().map(volume).unwrap_or_default(),
            no_device: word(remote.no_device.as_ref()),
            virtual_name: word(remote.virtual_name.as_ref()),
        }
    }
}

fn volume(ebs: &EbsBlockDevice) -> BTreeMap<String, String> {
    let number = |number: Option<i32>| number.unwrap_or_default().to_string();
    let flag = |flag: Option<bool>| flag.unwrap_or_default().to_string();
    BTreeMap::from([
        ("delete_on_termination".to_owned(), flag(ebs.delete_on_termination)),
        ("encrypted".to_owned(), flag(ebs.encrypted)),
        ("iops".to_owned(), number(ebs.iops)),
        ("snapshot_id".to_owned(), word(ebs.snapshot_id.as_ref())),
        ("throughput".to_owned(), number(ebs.throughput)),
        ("volume_initialization_rate".to_owned(), number(ebs.volume_initialization_rate)),
        ("volume_size".to_owned(), number(ebs.volume_size)),
        ("volume_type".to_owned(), word(ebs.volume_type.as_ref())),
    ])
}

impl Code {
    fn observed(remote: &ProductCode) -> Self {
        Self {
            product_code_id: word(remote.product_code_id.as_ref()),
            product_code_type: word(remote.product_code_type.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    fn read(args: &str, images: &str) -> CallResult<Read<Ami>> {
        let request = "ec2 DescribeImages Owner.1=amazon Filter.1.Name=architecture Filter.1.Value.1=arm64";
        let script = [(request, ok(format!("<imagesSet>{images}</imagesSet>")))];
        check_requests(&script, async |aws| Ami::read(aws, &read_args(args)).await)
    }

    const TWO: &str = "<item><imageId>ami-1</imageId><name>al2023-1</name><creationDate>2026-01-01</creationDate></item>\
        <item><imageId>ami-2</imageId><name>al2023-2</name><creationDate>2026-02-01</creationDate>\
        <rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs>\
        <snapshotId>snap-1</snapshotId><volumeSize>8</volumeSize></ebs></item></blockDeviceMapping></item>\
        <item><imageId>ami-3</imageId><name>other</name><creationDate>2026-03-01</creationDate></item>";

    #[test]
    fn the_newest_image_of_the_name_is_taken() {
        let args = r#"{"owners": ["amazon"], "most_recent": true, "name_regex": "^al2023-",
            "filter": [{"name": "architecture", "values": ["arm64"]}]}"#;
        let found = read(args, TWO).unwrap();
        assert_eq!(found.id, "ami-2");
        assert_eq!(found.attrs.root_snapshot_id, "snap-1");
        assert_eq!(found.attrs.arn, "arn:aws:ec2:eu-central-1::image/ami-2");
        assert_eq!(found.attrs.state_reason["code"], UNSET);
    }

    #[test]
    fn none_and_many_are_errors() {
        let args = r#"{"owners": ["amazon"], "filter": [{"name": "architecture", "values": ["arm64"]}]}"#;
        assert!(read(args, "").is_err_and(|error| error.message.contains("no results")));
        assert!(read(args, TWO).is_err_and(|error| error.message.contains("3 images")));
    }

    #[test]
    fn the_newest_image_of_anyone_is_refused() {
        let args = read_args(r#"{"most_recent": true}"#);
        assert!(check_requests(&[], async |aws| Ami::read(aws, &args).await).is_err());
    }
}
