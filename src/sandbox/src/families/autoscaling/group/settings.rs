//! What a group is told beside its sizes, templates and places.

use super::super::validation;
use crate::protocol::fault::Fault;
use crate::tree;
use crate::tree::Tree;

/// Members that are kept as they come.
const KEPT: &[&str] = &[
    "DefaultCooldown",
    "HealthCheckType",
    "HealthCheckGracePeriod",
    "NewInstancesProtectedFromScaleIn",
    "CapacityRebalance",
    "DeletionProtection",
    "ServiceLinkedRoleARN",
    "MaxInstanceLifetime",
    "Context",
    "DesiredCapacityType",
    "DefaultInstanceWarmup",
    "InstanceMaintenancePolicy",
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
    "CapacityReservationSpecification",
    "InstanceLifecyclePolicy",
    "PlacementGroup",
];

/// Ways to choose what goes first.
pub const POLICIES: &[&str] = &[
    "Default",
    "OldestInstance",
    "NewestInstance",
    "OldestLaunchConfiguration",
    "OldestLaunchTemplate",
    "ClosestToNextInstanceHour",
    "AllocationStrategy",
];

/// Returns what a group has that was told nothing.
pub fn usual() -> Tree {
    let impairment = tree! { "ZonalShiftEnabled": false, "ImpairedZoneHealthCheckBehavior": "ReplaceUnhealthy" };
    tree! {
        "DefaultCooldown": 300,
        "HealthCheckType": "EC2",
        "HealthCheckGracePeriod": 0,
        "TerminationPolicies": vec!["Default"],
        "NewInstancesProtectedFromScaleIn": false,
        "DeletionProtection": "none",
        "AvailabilityZoneDistribution": tree! { "CapacityDistributionStrategy": "balanced-best-effort" },
        "AvailabilityZoneImpairmentPolicy": impairment,
        "CapacityReservationSpecification": tree! { "CapacityReservationPreference": "default" },
    }
}

/// Returns settings with what an input changes.
///
/// # Errors
/// When it is refused.
pub fn asked(prior: &Tree, input: &Tree) -> Result<Tree, Fault> {
    let mut all = prior.clone();
    for name in KEPT {
        if let Some(value) = input.at(name) {
            all.set(name, value);
        }
    }
    if input.has("TerminationPolicies") {
        let policies = input.texts("TerminationPolicies");
        if let Some(other) = policies.iter().find(|policy| !POLICIES.contains(policy) && !policy.starts_with("arn:")) {
            return Err(validation(format!("Invalid termination policies specified: [{other}]")));
        }
        all.set("TerminationPolicies", if policies.is_empty() { vec!["Default"] } else { policies });
    }
    for name in ["DefaultCooldown", "HealthCheckGracePeriod"] {
        if let Some(value) = input.int(name)?.filter(|value| *value < 0) {
            return Err(Fault::invalid(name, value, "Member must have value greater than or equal to 0"));
        }
    }
    match input.text("InstanceLifecyclePolicy.RetentionTriggers.TerminateHookAbandon")? {
        None | Some("terminate") => {}
        Some("retain") => return Err(Fault::not_modelled("instances that stay when their end is abandoned")),
        Some(other) => return Err(Fault::invalid("terminateHookAbandon", other, "Valid values are retain, terminate")),
    }
    // 0 takes the limit away, -1 the warmup.
    if let Some(lifetime) = input.int("MaxInstanceLifetime")? {
        if lifetime != 0 && !(86_400..=31_536_000).contains(&lifetime) {
            return Err(validation("MaxInstanceLifetime must be 0, or between 86400 and 31536000 seconds."));
        }
        all.set("MaxInstanceLifetime", Some(lifetime).filter(|lifetime| *lifetime != 0));
    }
    if let Some(warmup) = input.int("DefaultInstanceWarmup")? {
        all.set("DefaultInstanceWarmup", Some(warmup).filter(|warmup| *warmup >= 0));
    }
    let one_of = |name: &str, values: &[&str]| match input.text(name)? {
        Some(other) if !values.contains(&other) => {
            Err(Fault::invalid(name, other, &format!("Valid values are {}", values.join(", "))))
        }
        _ => Ok(()),
    };
    one_of("DesiredCapacityType", &["units", "vcpu", "memory-mib"])?;
    one_of("DeletionProtection", &["none", "prevent-force-deletion", "prevent-all-deletion"])?;
    for kind in input.text("HealthCheckType")?.unwrap_or("EC2").split(',') {
        if !["EC2", "ELB", "EBS", "VPC_LATTICE"].contains(&kind.trim()) {
            return Err(validation(format!(
                "Invalid Health Check Type: {kind}. Valid types are EC2, ELB, EBS, VPC_LATTICE."
            )));
        }
    }
    Ok(all)
}
