//! Kinds of images of managed nodes: which instance types and versions they are for.

use super::super::versions::Minor;
use crate::facts::{self, Image, InstanceType, System};

/// Kinds of images.
pub const TYPES: [&str; 23] = [
    "AL2_x86_64",
    "AL2_x86_64_GPU",
    "AL2_ARM_64",
    "CUSTOM",
    "BOTTLEROCKET_ARM_64",
    "BOTTLEROCKET_x86_64",
    "BOTTLEROCKET_ARM_64_FIPS",
    "BOTTLEROCKET_x86_64_FIPS",
    "BOTTLEROCKET_ARM_64_NVIDIA",
    "BOTTLEROCKET_x86_64_NVIDIA",
    "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
    "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
    "WINDOWS_CORE_2019_x86_64",
    "WINDOWS_FULL_2019_x86_64",
    "WINDOWS_CORE_2022_x86_64",
    "WINDOWS_FULL_2022_x86_64",
    "WINDOWS_CORE_2025_x86_64",
    "WINDOWS_FULL_2025_x86_64",
    "AL2023_x86_64_STANDARD",
    "AL2023_ARM_64_STANDARD",
    "AL2023_x86_64_NEURON",
    "AL2023_x86_64_NVIDIA",
    "AL2023_ARM_64_NVIDIA",
];

/// The last version with Amazon Linux 2.
const LAST_AL2: Minor = Minor(32);
/// The first version with Amazon Linux 2023 as the usual image.
const FIRST_AL2023: Minor = Minor(30);

fn facts_of(instance_type: &str) -> Option<&'static InstanceType> {
    facts::instance_types().get(instance_type)
}

/// Returns whether a kind of image runs on an instance type. Types that are not known run anything.
pub fn runs_on(ami_type: &str, instance_type: &str) -> bool {
    let Some(facts) = facts_of(instance_type) else { return true };
    let architecture = match ami_type {
        "CUSTOM" => return true,
        arm if arm.contains("ARM_64") => "arm64",
        _ => "x86_64",
    };
    facts.architectures.iter().any(|own| own == architecture)
}

/// Returns whether a kind of image is made for a version.
pub fn is_made_for(ami_type: &str, version: Minor) -> bool {
    !ami_type.starts_with("AL2_") || version <= LAST_AL2
}

/// Returns the kind of image of groups that ask for none.
pub fn usual(version: Minor, instance_types: &[String]) -> &'static str {
    let first = instance_types.first().and_then(|name| facts_of(name));
    let is_arm = first.is_some_and(|facts| facts.architectures.iter().all(|own| own == "arm64"));
    let has_gpu = first.is_some_and(|facts| facts.gpus > 0);
    let has_neuron = first.is_some_and(|facts| facts.neuron_devices > 0);
    match (version >= FIRST_AL2023, is_arm) {
        (true, true) if has_gpu => "AL2023_ARM_64_NVIDIA",
        (true, true) => "AL2023_ARM_64_STANDARD",
        (true, false) if has_gpu => "AL2023_x86_64_NVIDIA",
        (true, false) if has_neuron => "AL2023_x86_64_NEURON",
        (true, false) => "AL2023_x86_64_STANDARD",
        (false, true) => "AL2_ARM_64",
        (false, false) if has_gpu || has_neuron => "AL2_x86_64_GPU",
        (false, false) => "AL2_x86_64",
    }
}

/// Returns the image of a kind for a version; where there is none, that for the newest version before it.
pub fn newest(ami_type: &str, version: Minor) -> Option<&'static Image> {
    let kind = ami_type.to_lowercase();
    let system = match kind.split('_').next() {
        Some("al2023") => System::Al2023,
        Some("al2") => System::Al2,
        Some("bottlerocket") => System::Bottlerocket,
        Some("windows") => System::Windows,
        _ => return None,
    };
    let architecture = if kind.contains("arm_64") { "arm64" } else { "x86_64" };
    let words: Vec<&str> = match system {
        System::Windows => kind.split('_').skip(1).take(2).collect(),
        _ if kind.contains("neuron") => vec!["neuron"],
        _ if kind.contains("nvidia") => vec!["nvidia"],
        _ if kind.contains("gpu") => vec!["-gpu-"],
        _ => vec![],
    };
    let is_special = |name: &str| ["nvidia", "neuron", "-gpu-"].iter().any(|word| name.contains(word));
    let fits = |image: &&Image| {
        let name = image.name.to_lowercase();
        image.system == system
            && image.architecture == architecture
            && (!words.is_empty() || !is_special(&name))
            && words.iter().all(|word| name.contains(word))
    };
    let minor = |image: &&Image| image.kubernetes.and_then(|text| text.parse::<Minor>().ok());
    let images = facts::images().iter().filter(fits).filter(|image| minor(image).is_some_and(|own| own <= version));
    images.max_by_key(minor)
}

/// Returns the size of the root volume of groups that ask for none.
pub fn usual_disk_gib(ami_type: &str) -> i64 {
    if ami_type.starts_with("WINDOWS") { 50 } else { 20 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_follow_the_instance_types() {
        let usual = |name: &str| usual(Minor(34), &[name.to_owned()]);
        assert_eq!((usual("m5.large"), usual("m6g.large")), ("AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD"));
        assert_eq!(usual("g4dn.xlarge"), "AL2023_x86_64_NVIDIA");
        assert!(!runs_on("AL2023_x86_64_STANDARD", "m6g.large") && runs_on("BOTTLEROCKET_ARM_64", "m6g.large"));
        let newest = |kind: &str| newest(kind, Minor(34)).map(|image| image.name.as_str()).unwrap();
        assert_eq!(newest("AL2023_ARM_64_NVIDIA"), "amazon-eks-node-al2023-arm64-nvidia-1.34-v20260714");
        assert_eq!(newest("AL2_x86_64"), "amazon-eks-node-1.32-v20260714");
        assert!(newest("BOTTLEROCKET_x86_64").starts_with("bottlerocket-aws-k8s-1.34-x86_64-v"));
        assert!(newest("WINDOWS_FULL_2022_x86_64").contains("2022-English-Full"));
        assert!(!is_made_for("AL2_x86_64", Minor(33)) && is_made_for("AL2_x86_64", Minor(32)));
    }
}
