//! The machine images that there are: those of EKS for each Kubernetes version, and a few plain ones. Their ids follow
//! from region and name, so that parameters of Systems Manager, DescribeImages and launches agree.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::world::ids::mixed;

/// What kind of system an image has, as far as nodes care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Amazon Linux 2023: nodeadm reads `NodeConfig` parts of the user data.
    Al2023,
    /// Amazon Linux 2: user data calls `/etc/eks/bootstrap.sh`.
    Al2,
    /// Bottlerocket: user data is TOML.
    Bottlerocket,
    /// Windows: user data calls `Start-EKSBootstrap.ps1`.
    Windows,
    /// Any other: nothing in it makes a node.
    Plain,
}

/// An image.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its name, such as `amazon-eks-node-al2023-x86_64-standard-1.33-v20260714`.
    pub name: String,
    /// What it is, in words.
    pub description: String,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// Account of its owner.
    pub owner: &'static str,
    /// Name of its owner, such as `amazon`.
    pub owner_alias: Option<&'static str>,
    /// When it was made, as EC2 writes it.
    pub created: &'static str,
    /// Name of the root volume's device.
    pub root_device: &'static str,
    /// Devices, and the GiB of their volumes.
    pub volumes: &'static [(&'static str, u32)],
    /// Its system.
    pub system: System,
    /// The Kubernetes version that it is for, such as `1.33`.
    pub kubernetes: Option<&'static str>,
    /// Version of the release, such as `1.33.13-20260714`.
    pub release: Option<String>,
    /// Folders of Systems Manager whose `image_id` it is, such as `/aws/service/eks/optimized-ami/…/recommended`.
    pub parameters: Vec<String>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "node_release_version_20260714")]
    release: Option<String>,
}

/// Day of the releases in the table of versions.
const DAY: &str = "20260714";
const CREATED: &str = "2026-07-14T09:00:00.000Z";

static IMAGES: LazyLock<Vec<Image>> = LazyLock::new(|| {
    let text = include_str!("../../facts/eks_versions.json");
    let versions: BTreeMap<String, Version> = serde_json::from_str(text).expect("the table is part of the program");
    let mut images = plain();
    for (version, facts) in versions {
        let version: &'static str = version.leak();
        if let Some(release) = facts.release {
            images.extend(linux(version, &release));
            images.extend(bottlerocket(version));
            images.extend(windows(version));
        }
    }
    images
});

fn eks(name: String, description: String, architecture: &'static str, system: System, version: &'static str) -> Image {
    Image {
        name,
        description,
        architecture,
        owner: "602401143452",
        owner_alias: Some("amazon"),
        created: CREATED,
        root_device: "/dev/xvda",
        volumes: &[("/dev/xvda", 20)],
        system,
        kubernetes: Some(version),
        release: None,
        parameters: Vec::new(),
    }
}

fn linux(version: &'static str, release: &str) -> Vec<Image> {
    let base = format!("/aws/service/eks/optimized-ami/{version}");
    let mut images = Vec::new();
    for (architecture, variants) in
        [("x86_64", &["standard", "nvidia", "neuron"][..]), ("arm64", &["standard", "nvidia"])]
    {
        for variant in variants {
            let name = format!("amazon-eks-node-al2023-{architecture}-{variant}-{version}-v{DAY}");
            let description = format!(
                "EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: {version}, containerd: 2.1.*)"
            );
            let folder = format!("{base}/amazon-linux-2023/{architecture}/{variant}");
            let parameters = vec![format!("{folder}/recommended"), format!("{folder}/{name}")];
            let image = eks(name, description, architecture, System::Al2023, version);
            images.push(Image { release: Some(release.to_owned()), parameters, ..image });
        }
    }
    // Images of Amazon Linux 2 end with Kubernetes 1.32.
    if ["1.30", "1.31", "1.32"].contains(&version) {
        for (architecture, infix, folder) in [
            ("x86_64", "", "amazon-linux-2"),
            ("arm64", "-arm64", "amazon-linux-2-arm64"),
            ("x86_64", "-gpu", "amazon-linux-2-gpu"),
        ] {
            let name = format!("amazon-eks{infix}-node-{version}-v{DAY}");
            let description =
                format!("EKS Kubernetes Worker AMI with AmazonLinux2 image, (k8s: {version}, containerd: 1.7.*)");
            let image = eks(name, description, architecture, System::Al2, version);
            images.push(Image {
                release: Some(release.to_owned()),
                parameters: vec![format!("{base}/{folder}/recommended")],
                ..image
            });
        }
    }
    images
}

fn bottlerocket(version: &'static str) -> Vec<Image> {
    const RELEASE: &str = "1.64.0-7f1c2d9e";
    let mut images = Vec::new();
    for (architecture, suffix) in [("x86_64", ""), ("arm64", ""), ("x86_64", "-nvidia"), ("arm64", "-nvidia")] {
        let variant = format!("aws-k8s-{version}{suffix}");
        let name = format!("bottlerocket-{variant}-{architecture}-v{RELEASE}");
        let folder = format!("/aws/service/bottlerocket/{variant}/{architecture}");
        let image = eks(name.clone(), name, architecture, System::Bottlerocket, version);
        images.push(Image {
            owner: "092701018921",
            volumes: &[("/dev/xvda", 2), ("/dev/xvdb", 20)],
            release: Some(RELEASE.to_owned()),
            parameters: vec![format!("{folder}/latest"), format!("{folder}/1.64.0")],
            ..image
        });
    }
    images
}

fn windows(version: &'static str) -> Vec<Image> {
    let years: &[&str] = if version < "1.35" { &["2019", "2022"] } else { &["2019", "2022", "2025"] };
    let mut images = Vec::new();
    for year in years {
        for kind in ["Core", "Full"] {
            let base = format!("Windows_Server-{year}-English-{kind}-EKS_Optimized-{version}");
            let description = format!(
                "Microsoft Windows Server {year} {kind} for EKS-Optimized {version} Base License AMI provided by Amazon"
            );
            let image = eks(format!("{base}-2026.07.14"), description, "x86_64", System::Windows, version);
            images.push(Image {
                owner: "801119661308",
                root_device: "/dev/sda1",
                volumes: &[("/dev/sda1", 50)],
                parameters: vec![format!("/aws/service/ami-windows-latest/{base}")],
                ..image
            });
        }
    }
    images
}

fn plain() -> Vec<Image> {
    let image = |name: String, description: &str, architecture, owner, root_device, volumes, parameters| Image {
        name,
        description: description.to_owned(),
        architecture,
        owner,
        owner_alias: (owner == "137112412989").then_some("amazon"),
        created: CREATED,
        root_device,
        volumes,
        system: System::Plain,
        kubernetes: None,
        release: None,
        parameters,
    };
    let mut images = Vec::new();
    for (architecture, canonical) in [("x86_64", "amd64"), ("arm64", "arm64")] {
        let name = format!("al2023-ami-2023.12.20260714.0-kernel-6.1-{architecture}");
        let folder = format!("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}");
        let words = "Amazon Linux 2023 AMI 2023.12.20260714.0 HVM kernel-6.1";
        images.push(image(name, words, architecture, "137112412989", "/dev/xvda", &[("/dev/xvda", 8)], vec![folder]));
        let name = format!("amzn2-ami-hvm-2.0.20260709.1-{architecture}-gp2");
        let folder = format!("/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-{architecture}-gp2");
        let words = "Amazon Linux 2 AMI 2.0.20260709.1 HVM gp2";
        images.push(image(name, words, architecture, "137112412989", "/dev/xvda", &[("/dev/xvda", 8)], vec![folder]));
        for (word, number) in [("jammy", "22.04"), ("noble", "24.04")] {
            let drive = if number == "22.04" { "hvm-ssd" } else { "hvm-ssd-gp3" };
            let name = format!("ubuntu/images/{drive}/ubuntu-{word}-{number}-{canonical}-server-20260712");
            let words = format!("Canonical, Ubuntu, {number} LTS, {canonical} {word} image build on 2026-07-12");
            images.push(image(name, &words, architecture, "099720109477", "/dev/sda1", &[("/dev/sda1", 8)], vec![]));
        }
    }
    images
}

/// Returns all images.
pub fn images() -> &'static [Image] {
    &IMAGES
}

/// Returns an image by its id in a region.
pub fn image(region: &str, id: &str) -> Option<&'static Image> {
    IMAGES.iter().find(|image| image.id(region) == id)
}

/// Returns the image that a folder of Systems Manager is about, such as `/aws/service/bottlerocket/aws-k8s-1.33/arm64/latest`.
pub fn image_of_parameter(folder: &str) -> Option<&'static Image> {
    IMAGES.iter().find(|image| image.parameters.iter().any(|own| own == folder))
}

impl Image {
    /// Returns the id in a region.
    pub fn id(&self, region: &str) -> String {
        format!("ami-0{:016x}", hash(region, &self.name))
    }

    /// Returns the id of a volume's snapshot in a region.
    pub fn snapshot(&self, region: &str, device: &str) -> String {
        format!("snap-0{:016x}", hash(region, &format!("{} {device}", self.name)))
    }
}

/// FNV-1a, mixed.
fn hash(region: &str, text: &str) -> u64 {
    let bytes = region.bytes().chain([0]).chain(text.bytes());
    mixed(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn images_have_ids_and_names_of_their_own_and_parameters_find_them() {
        let ids: BTreeSet<_> = images().iter().map(|image| image.id("eu-central-1")).collect();
        let names: BTreeSet<_> = images().iter().map(|image| image.name.as_str()).collect();
        assert_eq!((ids.len(), names.len()), (images().len(), images().len()));
        let folder = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/arm64/standard/recommended";
        let image = image_of_parameter(folder).unwrap();
        assert_eq!((image.architecture, image.kubernetes), ("arm64", Some("1.33")));
        assert_eq!(super::image("us-east-1", &image.id("us-east-1")).map(|image| &image.name), Some(&image.name));
        assert!(super::image("us-east-1", &image.id("eu-central-1")).is_none());
    }
}
