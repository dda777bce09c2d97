//! RequestSpotFleet: what may be asked for, and what is filled in.

use super::{SOON, SpotFleet, State, history, pool, wake};
use crate::families::ec2::launch_template::data::merged;
use crate::families::ec2::{shape, tags};
use crate::families::iam::ensure_service_linked_role;
use crate::families::token;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

const CONFIG: &str = "SpotFleetRequestConfig";

/// Returns the refusal of a config.
pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("InvalidSpotFleetRequestConfig", message)
}

fn invalid_member(name: &str) -> Fault {
    invalid(format!("Parameter: {CONFIG}.{name} is invalid."))
}

pub fn request(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let mismatch = token::ec2_mismatch;
    token::once(scope, "RequestSpotFleet", input, "SpotFleetRequestConfig.ClientToken", mismatch, |scope| {
        let given = input.at(CONFIG).ok_or_else(|| Fault::missing(CONFIG))?;
        let config = filled(given);
        shape::check(shape::SPOT_FLEET, &config)?;
        check(scope, &config)?;
        pool::pools(scope, &config)?;
        let tags = tags::specified(given, "spot-fleet-request")?;
        for service in ["spot.amazonaws.com", "spotfleet.amazonaws.com"] {
            ensure_service_linked_role(scope, service);
        }
        let id = format!("sfr-{}", scope.ids().uuid());
        let fleet = SpotFleet {
            created: scope.now,
            config,
            state: State::Submitted,
            members: Vec::new(),
            history: Vec::new(),
            was_fulfilled: false,
            is_failing: false,
            wakes: None,
        };
        let store = scope.ec2_mut();
        store.spot_fleets.insert(id.clone(), fleet);
        store.tag_new(&id, tags);
        history::fleet_changed(scope, &id, "submitted", "");
        wake(scope, &id, SOON);
        Ok(tree! { "spotFleetRequestId": id })
    })
}

/// Returns a config with what EC2 fills in.
fn filled(given: &Tree) -> Tree {
    let usual = tree! {
        "AllocationStrategy": "lowestPrice",
        "OnDemandAllocationStrategy": "lowestPrice",
        "ExcessCapacityTerminationPolicy": "default",
        "Type": "maintain",
        "InstanceInterruptionBehavior": "terminate",
        "OnDemandTargetCapacity": 0,
        "ReplaceUnhealthyInstances": false,
        "TerminateInstancesWithExpiration": false,
    };
    let mut config = merged(&usual, given);
    // EC2 takes the words of this one in any case.
    let policy = config.text("ExcessCapacityTerminationPolicy").ok().flatten().and_then(excess_policy);
    if let Some(policy) = policy {
        config.set("ExcessCapacityTerminationPolicy", policy);
    }
    config
}

/// Returns what happens to excess capacity, as EC2 writes it.
pub fn excess_policy(text: &str) -> Option<&'static str> {
    ["default", "noTermination"].into_iter().find(|known| known.eq_ignore_ascii_case(text))
}

fn check(scope: &Scope<'_>, config: &Tree) -> Result<(), Fault> {
    let target = config.int("TargetCapacity")?.ok_or_else(|| Fault::missing("TargetCapacity"))?;
    let kind = config.text("Type")?.unwrap_or("maintain");
    let on_demand = config.int("OnDemandTargetCapacity")?.unwrap_or(0);
    if kind == "instant" {
        return Err(invalid_member("Type"));
    }
    if target < 0 || (target == 0 && kind == "request") {
        return Err(invalid_member("TargetCapacity"));
    }
    if !(0..=target).contains(&on_demand) {
        return Err(invalid_member("OnDemandTargetCapacity"));
    }
    let (specifications, templates) = (config.list_at("LaunchSpecifications"), config.list_at("LaunchTemplateConfigs"));
    match (specifications.is_empty(), templates.is_empty()) {
        (true, true) => return Err(invalid_member("LaunchSpecifications")),
        (false, false) => {
            return Err(invalid("LaunchSpecifications and LaunchTemplateConfigs cannot be used together."));
        }
        (false, true) if on_demand > 0 => {
            return Err(invalid("On-demand capacity needs LaunchTemplateConfigs."));
        }
        _ => {}
    }
    if config.has("InstancePoolsToUseCount") && config.text("AllocationStrategy")? != Some("lowestPrice") {
        return Err(invalid_member("InstancePoolsToUseCount"));
    }
    if config.int("InstancePoolsToUseCount")?.is_some_and(|count| count < 1) {
        return Err(invalid_member("InstancePoolsToUseCount"));
    }
    if kind == "request" && config.bool("ReplaceUnhealthyInstances")? == Some(true) {
        return Err(invalid("ReplaceUnhealthyInstances can only be used with fleets of type maintain."));
    }
    if kind == "request" && config.has("SpotMaintenanceStrategies") {
        return Err(invalid("SpotMaintenanceStrategies can only be used with fleets of type maintain."));
    }
    if config.time("ValidUntil")?.is_some_and(|until| until <= scope.now) {
        return Err(invalid_member("ValidUntil"));
    }
    let role = config.need("IamFleetRole")?;
    let found = scope.role_by_arn(role).filter(|(_, role)| role.trusts("spotfleet.amazonaws.com"));
    found.map(drop).ok_or_else(|| invalid_member("IamFleetRole"))
}
