//! Templates of a fleet's instances.

use aws_sdk_ec2::types::{
    FleetLaunchTemplateSpecification, LaunchTemplateConfig as Remote, LaunchTemplateOverrides as RemoteOverride,
};
use landfall_provider::{Args, Filled, Set};

use crate::convert::{each, text};
use crate::ec2::instance_requirements::InstanceRequirements;

/// A template, and in what instances differ from it.
#[derive(Args, Clone, PartialEq)]
pub struct LaunchTemplateConfig {
    /// The template.
    #[arg(block)]
    launch_template_specification: Template,
    /// In what instances differ from it.
    #[arg(block)]
    overrides: Set<Override>,
}

/// A version of a template.
#[derive(Args, Clone, PartialEq)]
pub struct Template {
    /// Id.
    #[arg(
        min_len = 1,
        max_len = 255,
        pattern(r"^lt\-[0-9a-z]+$", "must be the id of a launch template"),
        exactly_one("name")
    )]
    id: Option<String>,
    /// Name.
    #[arg(min_len = 3, max_len = 99, pattern(r"^[0-9A-Za-z()./_\-]+$", "must be the name of a launch template"))]
    name: Option<String>,
    /// Number of the version.
    #[arg(min_len = 1, max_len = 255)]
    version: Option<String>,
}

/// In what instances differ from a template.
#[derive(Args, Clone, PartialEq)]
pub struct Override {
    /// Zone.
    availability_zone: Option<String>,
    /// Type.
    instance_type: Option<String>,
    /// Rank among the overrides; 0 is first.
    priority: Filled<f64>,
    /// Highest price for an hour.
    spot_price: Filled<String>,
    /// Subnet.
    subnet_id: Filled<String>,
    /// What an instance counts for.
    weighted_capacity: Filled<f64>,
    /// What types must have.
    #[arg(block)]
    instance_requirements: Option<InstanceRequirements>,
}

impl LaunchTemplateConfig {
    /// Returns the request.
    pub fn request(&self) -> Remote {
        let template = &self.launch_template_specification;
        let specification = FleetLaunchTemplateSpecification::builder()
            .set_launch_template_id(template.id.clone())
            .set_launch_template_name(template.name.clone())
            .set_version(template.version.clone())
            .build();
        Remote::builder()
            .launch_template_specification(specification)
            .set_overrides(each(&self.overrides, Override::request))
            .build()
    }

    /// Returns what is there.
    pub fn observed(remote: &Remote) -> Self {
        let template = remote.launch_template_specification.as_ref();
        let id = template.and_then(|template| text(template.launch_template_id.as_ref()));
        let name = template.and_then(|template| text(template.launch_template_name.as_ref()));
        Self {
            launch_template_specification: Template {
                name: name.filter(|_| id.is_none()),
                id,
                version: template.and_then(|template| text(template.version.as_ref())),
            },
            overrides: remote.overrides().iter().map(Override::observed).collect(),
        }
    }
}

impl Override {
    fn request(&self) -> RemoteOverride {
        RemoteOverride::builder()
            .set_availability_zone(self.availability_zone.clone())
            .set_instance_type(self.instance_type.as_deref().map(Into::into))
            .set_priority(self.priority.to_option())
            .set_spot_price(self.spot_price.to_option())
            .set_subnet_id(self.subnet_id.to_option())
            .set_weighted_capacity(self.weighted_capacity.to_option())
            .set_instance_requirements(self.instance_requirements.as_ref().map(Into::into))
            .build()
    }

    fn observed(remote: &RemoteOverride) -> Self {
        Self {
            availability_zone: text(remote.availability_zone.as_ref()),
            instance_type: text(remote.instance_type.as_ref()),
            priority: remote.priority.into(),
            spot_price: text(remote.spot_price.as_ref()).into(),
            subnet_id: text(remote.subnet_id.as_ref()).into(),
            weighted_capacity: remote.weighted_capacity.into(),
            instance_requirements: remote.instance_requirements.as_ref().map(InstanceRequirements::observed),
        }
    }
}
