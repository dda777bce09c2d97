//! What a launch template may say. EC2 checks the form when a template is made, hardly whether what is named is there:
//! a template with an image or a group that does not exist fails when something is launched from it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::facts;
use crate::families::ec2::{shape, tags};
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// How long user data may be, before base64.
const MOST_USER_DATA: usize = 16 * 1024;

/// Types of tags that what is launched can get.
const TAGGED: &[&str] = &["instance", "volume", "spot-instances-request", "network-interface", "elastic-gpu"];

/// Checks the data of a template.
///
/// # Errors
/// When EC2 refuses it.
pub fn check(data: &Tree) -> Result<(), Fault> {
    if data.members().next().is_none() {
        return Err(Fault::missing("LaunchTemplateData"));
    }
    shape::check(shape::TEMPLATE_DATA, data)?;
    check_machine(data)?;
    check_user_data(data)?;
    check_network(data)?;
    for mapping in data.list_at("BlockDeviceMapping") {
        check_volume(mapping)?;
    }
    check_metadata(data)?;
    for specification in data.list_at("TagSpecification") {
        let kind = specification.need("ResourceType")?;
        if !TAGGED.contains(&kind) {
            let why = format!("'{kind}' is not a valid taggable resource type for this operation.");
            return Err(Fault::new("InvalidParameterValue", why));
        }
        tags::pairs(specification.list_at("Tag"))?;
    }
    Ok(())
}

fn check_machine(data: &Tree) -> Result<(), Fault> {
    if let Some(name) = data.text("InstanceType")? {
        if data.has("InstanceRequirements") {
            let message = "InstanceType and InstanceRequirements cannot be specified together.";
            return Err(Fault::new("InvalidParameterCombination", message));
        }
        if !facts::instance_types().contains_key(name) {
            let message = format!("The following supplied instance types do not exist: [{name}]");
            return Err(Fault::new("InvalidInstanceType", message));
        }
    }
    if data.has("InstanceRequirements") {
        for range in ["VCpuCount", "MemoryMiB"] {
            if data.int(&format!("InstanceRequirements.{range}.Min"))?.is_none() {
                return Err(Fault::missing(&format!("InstanceRequirements.{range}.Min")));
            }
        }
    }
    if let Some(id) = data.text("ImageId")?.filter(|id| !id.starts_with("ami-") && !id.starts_with("resolve:ssm:")) {
        return Err(Fault::new("InvalidAMIID.Malformed", format!("Invalid id: \"{id}\" (expecting \"ami-...\")")));
    }
    if data.has("IamInstanceProfile.Arn") && data.has("IamInstanceProfile.Name") {
        let message =
            "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    let credits = data.text("CreditSpecification.CpuCredits")?;
    match credits.filter(|credits| !["standard", "unlimited"].contains(credits)) {
        Some(other) => Err(Fault::invalid("CpuCredits", other, "Valid values are standard and unlimited.")),
        None => Ok(()),
    }
}

/// Checks user data, also that of RunInstances.
pub fn check_user_data(data: &Tree) -> Result<(), Fault> {
    let Some(text) = data.text("UserData")? else { return Ok(()) };
    let clean: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    match STANDARD.decode(clean) {
        Err(_) => Err(Fault::new("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")),
        Ok(bytes) if bytes.len() > MOST_USER_DATA => {
            let message = format!("User data is limited to {MOST_USER_DATA} bytes");
            Err(Fault::new("InvalidParameterValue", message))
        }
        Ok(_) => Ok(()),
    }
}

/// Checks the interfaces, also those of RunInstances.
pub fn check_network(data: &Tree) -> Result<(), Fault> {
    let interfaces = data.list_at("NetworkInterface");
    if interfaces.is_empty() {
        return Ok(());
    }
    if data.has("SecurityGroupId") || data.has("SecurityGroup") {
        let message =
            "Network interfaces and an instance-level security groups may not be specified on the same request";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    if data.has("SubnetId") {
        let message = "Network interfaces and an instance-level subnet ID may not be specified on the same request";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    let mut seen = Vec::new();
    for interface in interfaces {
        let slot = (interface.int("NetworkCardIndex")?.unwrap_or(0), interface.int("DeviceIndex")?);
        let Some(device) = slot.1 else {
            return Err(Fault::new("MissingParameter", "Each network interface requires a device index."));
        };
        if seen.contains(&slot) {
            let message = "A network interface may not specify the same device index twice.";
            return Err(Fault::new("InvalidParameterValue", message));
        }
        seen.push(slot);
        let is_public = interface.bool("AssociatePublicIpAddress")? == Some(true);
        if is_public && (device != 0 || interfaces.len() > 1) {
            let message = "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.";
            return Err(Fault::new("InvalidParameterCombination", message));
        }
    }
    Ok(())
}

/// Checks a block device, also that of RunInstances.
pub fn check_volume(mapping: &Tree) -> Result<(), Fault> {
    let Some(ebs) = mapping.at("Ebs") else { return Ok(()) };
    let kind = ebs.text("VolumeType")?.unwrap_or("gp2");
    let Some((sizes, rates)) = limits(kind) else {
        let message = format!("Invalid value '{kind}' for volumeType.");
        return Err(Fault::new("InvalidParameterValue", message));
    };
    if let Some(size) = ebs.int("VolumeSize")?.filter(|size| !(sizes.0..=sizes.1).contains(size)) {
        let message = format!(
            "Volume of {size}GiB is too {} for volume type {kind}; {} is {}GiB",
            if size < sizes.0 { "small" } else { "large" },
            if size < sizes.0 { "minimum" } else { "maximum" },
            if size < sizes.0 { sizes.0 } else { sizes.1 }
        );
        return Err(Fault::new("InvalidParameterValue", message));
    }
    match (ebs.int("Iops")?, rates) {
        (Some(_), None) => {
            let message = format!("The parameter iops is not supported for {kind} volumes.");
            Err(Fault::new("InvalidParameterCombination", message))
        }
        (Some(iops), Some(rates)) if !(rates.0..=rates.1).contains(&iops) => {
            let message =
                format!("Volume iops of {iops} is out of range; it must be between {} and {}.", rates.0, rates.1);
            Err(Fault::new("InvalidParameterValue", message))
        }
        (None, Some(_)) if kind.starts_with("io") => {
            let message = format!("The parameter iops must be specified for {kind} volumes.");
            Err(Fault::new("MissingParameter", message))
        }
        _ if ebs.has("Throughput") && kind != "gp3" => {
            let message = format!("The parameter throughput is not supported for {kind} volumes.");
            Err(Fault::new("InvalidParameterCombination", message))
        }
        _ if ebs.has("KmsKeyId") && ebs.bool("Encrypted")? != Some(true) => {
            let message = "The parameter KmsKeyId requires the parameter Encrypted to be set.";
            Err(Fault::new("InvalidParameterDependency", message))
        }
        _ => Ok(()),
    }
}

/// Sizes in GiB, and operations a second where they can be chosen.
type Limits = ((i64, i64), Option<(i64, i64)>);

/// Returns the limits of a volume type, where there is such a type.
fn limits(kind: &str) -> Option<Limits> {
    Some(match kind {
        "gp2" => ((1, 16_384), None),
        "gp3" => ((1, 65_536), Some((3000, 80_000))),
        "io1" => ((4, 16_384), Some((100, 64_000))),
        "io2" => ((4, 65_536), Some((100, 256_000))),
        "st1" | "sc1" => ((125, 16_384), None),
        "standard" => ((1, 1024), None),
        _ => return None,
    })
}

/// Checks the metadata options, also those of RunInstances.
pub fn check_metadata(data: &Tree) -> Result<(), Fault> {
    match data.int("MetadataOptions.HttpPutResponseHopLimit")? {
        Some(limit) if !(1..=64).contains(&limit) => {
            Err(Fault::invalid("httpPutResponseHopLimit", limit, "Expecting a value between 1 and 64."))
        }
        _ => Ok(()),
    }
}

/// Returns data with the members of other data over its own.
pub fn merged(under: &Tree, over: &Tree) -> Tree {
    let mut all = under.clone();
    over.members().for_each(|(name, value)| all.set(name, value));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    fn refused(data: Tree) -> String {
        check(&data).unwrap_err().code("ec2")
    }

    #[test]
    fn form_is_checked_and_existence_is_not() {
        assert_eq!(check(&tree! { "ImageId": "ami-0000", "KeyName": "absent", "UserData": "YQ==" }), Ok(()));
        assert_eq!(refused(tree! {}), "MissingParameter");
        assert_eq!(refused(tree! { "InstanceType": "m5.huge" }), "InvalidInstanceType");
        assert_eq!(refused(tree! { "UserData": "#!" }), "InvalidUserData.Malformed");
        let interface = tree! { "DeviceIndex": "0" };
        let both = tree! { "SecurityGroupId": vec!["sg-1"], "NetworkInterface": vec![interface] };
        assert_eq!(refused(both), "InvalidParameterCombination");
        let volume = |ebs: Tree| tree! { "BlockDeviceMapping": vec![tree! { "DeviceName": "/dev/xvda", "Ebs": ebs }] };
        assert_eq!(refused(volume(tree! { "VolumeType": "gp4" })), "InvalidParameterValue");
        assert_eq!(refused(volume(tree! { "VolumeType": "gp2", "Iops": "3000" })), "InvalidParameterCombination");
        assert_eq!(refused(volume(tree! { "VolumeType": "io1" })), "MissingParameter");
        let hops = tree! { "HttpPutResponseHopLimit": "65" };
        assert_eq!(refused(tree! { "MetadataOptions": hops }), "InvalidParameterValue");
    }
}
