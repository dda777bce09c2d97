//! What a group may be called, launch, and where.

use super::super::catalogue::no_launch_configuration;
use super::super::launch::full_specification;
use super::super::validation;
use super::Group;
use crate::facts;
use crate::families::ec2::launch_template::data::merged;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// What is told where a request says not at all, or twice, what is launched.
pub const ONE_LAUNCH: &str = "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or \
                              MixedInstancesPolicy parameter.";

pub fn new_name<'a>(scope: &Scope<'_>, input: &'a Tree) -> Result<&'a str, Fault> {
    let name = input.need("AutoScalingGroupName")?;
    if name.chars().count() > 255 || name.contains(':') {
        return Err(Fault::invalid("autoScalingGroupName", name, "Group name is too long, or has a colon."));
    }
    match scope.autoscaling().groups.get(name) {
        None => Ok(name),
        Some(group) if group.is_deleting => {
            let message = "AutoScalingGroup by this name already exists and is pending delete";
            Err(Fault::new("AlreadyExists", message))
        }
        Some(_) => {
            let message =
                format!("AutoScalingGroup by this name already exists - A group with the name {name} already exists");
            Err(Fault::new("AlreadyExists", message))
        }
    }
}

pub fn not_deleting(name: &str, group: &Group) -> Result<(), Fault> {
    if group.is_deleting {
        return Err(Fault::new("ScalingActivityInProgress", format!("AutoScalingGroup '{name}' is pending delete")));
    }
    Ok(())
}

/// Returns what is launched, with what is filled in; nothing where nothing is said.
pub fn launch(scope: &Scope<'_>, input: &Tree) -> Result<Option<Tree>, Fault> {
    // There are no launch configurations here.
    if let Some(absent) = input.text("LaunchConfigurationName")?.filter(|name| !name.is_empty()) {
        return Err(no_launch_configuration(absent));
    }
    if let Some(named) = input.text("PlacementGroup")?.filter(|name| !name.is_empty()) {
        scope.ec2().placement_group(named).map_err(|fault| validation(fault.message("ec2")))?;
    }
    match (input.at("LaunchTemplate"), input.at("MixedInstancesPolicy")) {
        (Some(_), Some(_)) => Err(validation(ONE_LAUNCH)),
        (Some(named), None) => Ok(Some(tree! { "LaunchTemplate": full_specification(scope, named)? })),
        (None, Some(policy)) => Ok(Some(tree! { "MixedInstancesPolicy": mixed(scope, policy)? })),
        (None, None) => Ok(None),
    }
}

fn mixed(scope: &Scope<'_>, policy: &Tree) -> Result<Tree, Fault> {
    let specification = policy.at("LaunchTemplate.LaunchTemplateSpecification");
    let specification = specification.ok_or_else(|| validation("MixedInstancesPolicy must have a launch template."))?;
    let mut template = tree! { "LaunchTemplateSpecification": full_specification(scope, specification)? };
    let overrides = policy.list_at("LaunchTemplate.Overrides");
    let has_requirements = overrides.iter().any(|own| own.has("InstanceRequirements"));
    let mut filled = Vec::new();
    for own in overrides {
        if has_requirements && own.has("InstanceType") {
            let message = "You must specify either InstanceType or InstanceRequirements in the overrides, not both.";
            return Err(validation(message));
        }
        if let Some(name) = own.text("InstanceType")?.filter(|name| !facts::instance_types().contains_key(*name)) {
            let message = format!("The instance type '{name}' is not supported.");
            return Err(validation(message));
        }
        if let Some(weight) = own.int("WeightedCapacity")?.filter(|weight| !(1..=999).contains(weight)) {
            return Err(Fault::invalid("WeightedCapacity", weight, "Member must be between 1 and 999"));
        }
        let mut own = own.clone();
        if let Some(named) = own.at("LaunchTemplateSpecification") {
            let named = full_specification(scope, named)?;
            own.set("LaunchTemplateSpecification", named);
        }
        filled.push(own);
    }
    if !filled.is_empty() {
        template.set("Overrides", filled);
    }
    let nothing = Tree::object();
    let given = policy.at("InstancesDistribution").unwrap_or(&nothing);
    let usual = tree! {
        "OnDemandAllocationStrategy": if has_requirements { "lowest-price" } else { "prioritized" },
        "OnDemandBaseCapacity": 0,
        "OnDemandPercentageAboveBaseCapacity": 100,
        "SpotAllocationStrategy": "lowest-price",
    };
    let mut distribution = merged(&usual, given);
    check_distribution(&distribution, has_requirements)?;
    if distribution.text("SpotAllocationStrategy")? == Some("lowest-price") && !distribution.has("SpotInstancePools") {
        distribution.set("SpotInstancePools", 2);
    }
    Ok(tree! { "LaunchTemplate": template, "InstancesDistribution": distribution })
}

fn check_distribution(distribution: &Tree, has_requirements: bool) -> Result<(), Fault> {
    let one_of = |name: &str, values: &[&str]| match distribution.text(name)? {
        Some(other) if !values.contains(&other) => {
            Err(validation(format!("{name} must be one of {}; it is {other}.", values.join(", "))))
        }
        _ => Ok(()),
    };
    let on_demand: &[&str] = if has_requirements { &["lowest-price"] } else { &["lowest-price", "prioritized"] };
    one_of("OnDemandAllocationStrategy", on_demand)?;
    let spot = [
        "lowest-price",
        "capacity-optimized",
        "capacity-optimized-prioritized",
        "price-capacity-optimized",
        "diversified",
    ];
    one_of("SpotAllocationStrategy", &spot)?;
    for (name, least, most) in [
        ("OnDemandBaseCapacity", 0, i64::MAX),
        ("OnDemandPercentageAboveBaseCapacity", 0, 100),
        ("SpotInstancePools", 1, 20),
    ] {
        if let Some(value) = distribution.int(name)?.filter(|value| !(least..=most).contains(value)) {
            return Err(Fault::invalid(name, value, &format!("Member must be between {least} and {most}")));
        }
    }
    if distribution.has("SpotInstancePools") && distribution.text("SpotAllocationStrategy")? != Some("lowest-price") {
        let message = "SpotInstancePools option is only available with the lowest-price allocation strategy.";
        return Err(validation(message));
    }
    Ok(())
}

/// Ids of subnets, and names of zones.
type Places = (Vec<String>, Vec<String>);

/// Returns subnets and zones; nothing where nothing is said.
pub fn places(scope: &Scope<'_>, input: &Tree) -> Result<Option<Places>, Fault> {
    let named = input.text("VPCZoneIdentifier")?.unwrap_or_default();
    let subnets: Vec<String> =
        named.split(',').map(str::trim).filter(|id| !id.is_empty()).map(ToOwned::to_owned).collect();
    let zones: Vec<String> = input.texts("AvailabilityZones").into_iter().map(ToOwned::to_owned).collect();
    if let Some(absent) = zones.iter().find(|zone| !facts::zones(scope.region).any(|(name, _)| name == *zone)) {
        return Err(validation(format!("Invalid availability zone: [{absent}]")));
    }
    let mut of_subnets: Vec<String> = Vec::new();
    for id in &subnets {
        let subnet = scope.ec2().subnet(id).map_err(|_| validation(format!("The subnet ID '{id}' does not exist")))?;
        if !of_subnets.contains(&subnet.zone) {
            of_subnets.push(subnet.zone.clone());
        }
    }
    if subnets.is_empty() {
        return Ok((!zones.is_empty()).then_some((subnets, zones)));
    }
    if !zones.is_empty() && (zones.iter().any(|zone| !of_subnets.contains(zone)) || zones.len() != of_subnets.len()) {
        return Err(validation(
            "The availability zones of the specified subnets and the Auto Scaling group do not match",
        ));
    }
    of_subnets.sort();
    Ok(Some((subnets, of_subnets)))
}
