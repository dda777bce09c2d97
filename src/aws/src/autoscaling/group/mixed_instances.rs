//! Several types of instances in one group, on demand and spot.

use aws_sdk_autoscaling::types as remote;
use landfall_provider::{Args, Filled};

use super::launch::LaunchTemplateSpecification;
use super::requirements::InstanceRequirements;

/// Several types of instances, on demand and spot.
#[derive(Args, Clone, PartialEq)]
pub struct MixedInstancesPolicy {
    /// How many of which kind.
    #[arg(block)]
    pub instances_distribution: Filled<InstancesDistribution>,
    /// What they are launched from.
    #[arg(block, min_items = 1)]
    pub launch_template: MixedLaunchTemplate,
}

/// How many instances of which kind.
#[derive(Args, Clone, PartialEq)]
pub struct InstancesDistribution {
    /// How types are chosen on demand.
    pub on_demand_allocation_strategy: Filled<String>,
    /// Capacity that is always on demand.
    #[arg(min = 0)]
    pub on_demand_base_capacity: Filled<i32>,
    /// Share on demand of what is above, in percent.
    #[arg(min = 0, max = 100)]
    pub on_demand_percentage_above_base_capacity: Filled<i32>,
    /// How spot pools are chosen.
    pub spot_allocation_strategy: Filled<String>,
    /// How many of the cheapest spot pools are used.
    #[arg(min = 0)]
    pub spot_instance_pools: Filled<i32>,
    /// Greatest price of a spot instance.
    pub spot_max_price: Option<String>,
}

/// What mixed instances are launched from.
#[derive(Args, Clone, PartialEq)]
pub struct MixedLaunchTemplate {
    /// The template.
    #[arg(block, min_items = 1)]
    pub launch_template_specification: LaunchTemplateSpecification,
    /// Types that take the template's place, in order of preference.
    #[arg(block)]
    pub r#override: Filled<Vec<Override>>,
}

/// A type of instance, or what types must have.
#[derive(Args, Clone, PartialEq)]
pub struct Override {
    /// The type.
    pub instance_type: Option<String>,
    /// What one instance counts.
    #[arg(pattern(r"^[1-9][0-9]{0,2}$", "must be a number from 1 to 999"))]
    pub weighted_capacity: Option<String>,
    /// Template of its own.
    #[arg(block)]
    pub launch_template_specification: Option<LaunchTemplateSpecification>,
    /// What types must have.
    #[arg(block)]
    pub instance_requirements: Option<InstanceRequirements>,
}

impl MixedInstancesPolicy {
    pub fn request(&self) -> remote::MixedInstancesPolicy {
        let overrides = self.launch_template.r#override.get().filter(|overrides| !overrides.is_empty());
        let template = remote::LaunchTemplate::builder()
            .launch_template_specification(self.launch_template.launch_template_specification.request())
            .set_overrides(overrides.map(|overrides| overrides.iter().map(Override::request).collect()))
            .build();
        remote::MixedInstancesPolicy::builder()
            .launch_template(template)
            .set_instances_distribution(self.instances_distribution.get().map(InstancesDistribution::request))
            .build()
    }

    pub fn observed(remote: &remote::MixedInstancesPolicy) -> Option<Self> {
        let template = remote.launch_template.as_ref()?;
        let overrides: Vec<_> = template.overrides().iter().map(Override::observed).collect();
        Some(Self {
            instances_distribution: remote.instances_distribution.as_ref().map(InstancesDistribution::observed).into(),
            launch_template: MixedLaunchTemplate {
                launch_template_specification: LaunchTemplateSpecification::observed(
                    template.launch_template_specification.as_ref()?,
                ),
                r#override: overrides.into(),
            },
        })
    }
}

impl InstancesDistribution {
    fn request(&self) -> remote::InstancesDistribution {
        remote::InstancesDistribution::builder()
            .set_on_demand_allocation_strategy(self.on_demand_allocation_strategy.to_option())
            .set_on_demand_base_capacity(self.on_demand_base_capacity.to_option())
            .set_on_demand_percentage_above_base_capacity(self.on_demand_percentage_above_base_capacity.to_option())
            .set_spot_allocation_strategy(self.spot_allocation_strategy.to_option())
            .set_spot_instance_pools(self.spot_instance_pools.to_option().filter(|pools| *pools != 0))
            // An empty price takes an older one away.
            .spot_max_price(self.spot_max_price.as_deref().unwrap_or_default())
            .build()
    }

    fn observed(remote: &remote::InstancesDistribution) -> Self {
        Self {
            on_demand_allocation_strategy: remote.on_demand_allocation_strategy.clone().into(),
            on_demand_base_capacity: remote.on_demand_base_capacity.into(),
            on_demand_percentage_above_base_capacity: remote.on_demand_percentage_above_base_capacity.into(),
            spot_allocation_strategy: remote.spot_allocation_strategy.clone().into(),
            spot_instance_pools: remote.spot_instance_pools.into(),
            spot_max_price: remote.spot_max_price.clone().filter(|price| !price.is_empty()),
        }
    }
}

impl Override {
    fn request(&self) -> remote::LaunchTemplateOverrides {
        remote::LaunchTemplateOverrides::builder()
            .set_instance_type(self.instance_type.clone())
            .set_weighted_capacity(self.weighted_capacity.clone())
            .set_launch_template_specification(
                self.launch_template_specification.as_ref().map(LaunchTemplateSpecification::request),
            )
            .set_instance_requirements(self.instance_requirements.as_ref().map(InstanceRequirements::request))
            .build()
    }

    fn observed(remote: &remote::LaunchTemplateOverrides) -> Self {
        Self {
            instance_type: remote.instance_type.clone(),
            weighted_capacity: remote.weighted_capacity.clone(),
            launch_template_specification: remote
                .launch_template_specification
                .as_ref()
                .map(LaunchTemplateSpecification::observed),
            instance_requirements: remote.instance_requirements.as_ref().map(InstanceRequirements::observed),
        }
    }
}
