//! Machine images: those of the table, which nobody changes.

use super::PAGING;
use super::filters::{Filters, one};
use crate::facts::{Image, System, image, images};
use crate::families::page::page;
use crate::families::{Family, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[read(
        "DescribeImages",
        &[
            "ImageId",
            "Owner",
            "ExecutableBy",
            "Filter",
            "IncludeDeprecated",
            "IncludeDisabled",
            "MaxResults",
            "NextToken",
        ],
        describe,
    )],
    events: &[],
};

/// Returns the error for images that are not there.
pub fn missing(ids: &[&str]) -> Fault {
    let ids = ids.join(", ");
    match ids.strip_prefix("ami-") {
        Some(number) if number.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b',' || byte == b' ') => {
            Fault::new("InvalidAMIID.NotFound", format!("The image id '[{ids}]' does not exist"))
        }
        _ if ids.contains("ami-") && ids.contains(',') => {
            Fault::new("InvalidAMIID.NotFound", format!("The image ids '[{ids}]' do not exist"))
        }
        _ => Fault::new("InvalidAMIID.Malformed", format!("Invalid id: \"{ids}\" (expecting \"ami-...\")")),
    }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (ids, owners, filters) = (input.texts("ImageId"), input.texts("Owner"), Filters::read(input)?);
    let absent: Vec<&str> = ids.iter().copied().filter(|id| image(scope.region, id).is_none()).collect();
    if !absent.is_empty() {
        return Err(missing(&absent));
    }
    // All images are public, and nobody is allowed by name.
    let by_anybody = input.texts("ExecutableBy").iter().all(|who| *who == "all");
    let mut found = Vec::new();
    for image in images() {
        let id = image.id(scope.region);
        let is_of = |owner: &str| owner == image.owner || image.owner_alias == Some(owner);
        if by_anybody
            && (ids.is_empty() || ids.contains(&id.as_str()))
            && (owners.is_empty() || owners.iter().any(|owner| is_of(owner)))
            && filters.accept_tagged(scope.ec2(), &id, |name| filter_values(image, &id, scope.region, name))?
        {
            found.push(shown(scope, image, &id));
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "imagesSet": page.items, "nextToken": page.next })
}

fn platform_details(image: &Image) -> &'static str {
    if image.system == System::Windows { "Windows" } else { "Linux/UNIX" }
}

fn shown(scope: &Scope<'_>, image: &Image, id: &str) -> Tree {
    let is_windows = image.system == System::Windows;
    let volume = |(device, size): &(&str, u32)| {
        let ebs = tree! {
            "deleteOnTermination": true,
            "snapshotId": image.snapshot(scope.region, device),
            "volumeSize": *size,
            "volumeType": if is_windows { "gp2" } else { "gp3" },
            "iops": (!is_windows).then_some(3000),
            "throughput": (!is_windows).then_some(125),
            "encrypted": false,
        };
        tree! { "deviceName": *device, "ebs": ebs }
    };
    tree! {
        "imageId": id,
        "imageLocation": format!("{}/{}", image.owner_alias.unwrap_or(image.owner), image.name),
        "imageState": "available",
        "imageOwnerId": image.owner,
        "imageOwnerAlias": image.owner_alias,
        "creationDate": image.created,
        "deprecationTime": "2028-07-14T09:00:00.000Z",
        "isPublic": true,
        "architecture": image.architecture,
        "imageType": "machine",
        "platform": is_windows.then_some("windows"),
        "platformDetails": platform_details(image),
        "usageOperation": if is_windows { "RunInstances:0002" } else { "RunInstances" },
        "name": image.name.as_str(),
        "description": image.description.as_str(),
        "rootDeviceType": "ebs",
        "rootDeviceName": image.root_device,
        "blockDeviceMapping": Tree::list(image.volumes.iter().map(volume)),
        "virtualizationType": "hvm",
        "hypervisor": "xen",
        "enaSupport": true,
        "sriovNetSupport": "simple",
        "bootMode": if image.architecture == "arm64" { "uefi" } else { "uefi-preferred" },
        "imdsSupport": (image.system == System::Al2023).then_some("v2.0"),
        "tagSet": scope.ec2().tag_set(id),
    }
}

fn filter_values(image: &Image, id: &str, region: &str, name: &str) -> Option<Vec<String>> {
    let devices = || image.volumes.iter();
    match name {
        "image-id" => one(id),
        "name" => one(&image.name),
        "description" => one(&image.description),
        "architecture" => one(image.architecture),
        "owner-id" => one(image.owner),
        "owner-alias" => Some(image.owner_alias.into_iter().map(ToOwned::to_owned).collect()),
        "state" => one("available"),
        "image-type" => one("machine"),
        "is-public" => one("true"),
        "root-device-type" => one("ebs"),
        "root-device-name" => one(image.root_device),
        "virtualization-type" => one("hvm"),
        "hypervisor" => one("xen"),
        "ena-support" => one("true"),
        "creation-date" => one(image.created),
        "platform" => Some(if image.system == System::Windows { vec!["windows".to_owned()] } else { vec![] }),
        "platform-details" => one(platform_details(image)),
        "block-device-mapping.device-name" => Some(devices().map(|(device, _)| (*device).to_owned()).collect()),
        "block-device-mapping.volume-size" => Some(devices().map(|(_, size)| size.to_string()).collect()),
        "block-device-mapping.volume-type" => one(if image.system == System::Windows { "gp2" } else { "gp3" }),
        "block-device-mapping.encrypted" => one("false"),
        "block-device-mapping.delete-on-termination" => one("true"),
        "block-device-mapping.snapshot-id" => {
            Some(devices().map(|(device, _)| image.snapshot(region, device)).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, REGION, code};

    #[test]
    fn images_are_found_by_owner_name_and_architecture() {
        let cloud = Cloud::new();
        let filter = |name: &str, value: &str| tree! { "Name": name, "Value": vec![value] };
        let filters = vec![filter("name", "amazon-eks-node-al2023-*-standard-1.33-*"), filter("architecture", "arm64")];
        let input = tree! { "Owner": vec!["amazon"], "Filter": filters.clone() };
        let answer = cloud.ec2("DescribeImages", input).unwrap();
        let [image] = answer.list_at("imagesSet") else { panic!("{answer:?}") };
        let id = image.need("imageId").unwrap();
        assert_eq!(crate::facts::image(REGION, id).and_then(|image| image.kubernetes), Some("1.33"));
        let mine = cloud.ec2("DescribeImages", tree! { "Owner": vec!["self"], "Filter": filters }).unwrap();
        assert!(mine.list_at("imagesSet").is_empty());
        let absent = |id: &str| code(cloud.ec2("DescribeImages", tree! { "ImageId": vec![id] }));
        assert_eq!(absent("ami-0123456789abcdef0"), "InvalidAMIID.NotFound");
        assert_eq!(absent("image"), "InvalidAMIID.Malformed");
    }
}
