//! ModifySpotFleetRequest.

use super::config::{excess_policy, invalid};
use super::{SOON, State, history, pool, wake};
use crate::families::ec2::shape;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("SpotFleetRequestId")?;
    let fleet = scope.ec2().spot_fleet(id)?;
    if fleet.state != State::Active || !fleet.is_maintained() {
        let message = "Fleet Request is not in a modifiable state";
        return Err(Fault::new("FleetNotInModifiableState", message));
    }
    let mut config = fleet.config.clone();
    for name in ["TargetCapacity", "OnDemandTargetCapacity"] {
        if let Some(value) = input.int(name)? {
            config.set(name, value);
        }
    }
    if let Some(policy) = input.text("ExcessCapacityTerminationPolicy")? {
        let unknown = || Fault::invalid("excessCapacityTerminationPolicy", policy, "Unknown policy.");
        let known = excess_policy(policy).ok_or_else(unknown)?;
        config.set("ExcessCapacityTerminationPolicy", known);
    }
    if let Some(context) = input.at("Context") {
        config.set("Context", context);
    }
    let templates = input.list_at("LaunchTemplateConfig");
    if !templates.is_empty() {
        if config.list_at("LaunchTemplateConfigs").is_empty() {
            return Err(invalid("LaunchTemplateConfigs can only be modified where the fleet was made with them."));
        }
        shape::check(shape::SPOT_FLEET, &tree! { "LaunchTemplateConfigs": templates.to_vec() })?;
        config.set("LaunchTemplateConfigs", templates.to_vec());
    }
    let (target, on_demand) = (config.int("TargetCapacity")?, config.int("OnDemandTargetCapacity")?);
    if target.is_some_and(|target| target < 0 || on_demand.is_some_and(|own| own < 0 || own > target)) {
        return Err(invalid("Parameter: SpotFleetRequestConfig.TargetCapacity is invalid."));
    }
    if on_demand.is_some_and(|own| own > 0) && config.list_at("LaunchTemplateConfigs").is_empty() {
        return Err(invalid("On-demand capacity needs LaunchTemplateConfigs."));
    }
    pool::pools(scope, &config)?;
    if let Some(fleet) = scope.ec2_mut().spot_fleets.get_mut(id) {
        fleet.config = config;
        fleet.state = State::Modifying;
    }
    let description = format!("Target capacity: {}", target.unwrap_or_default());
    history::fleet_changed(scope, id, "modify_in_progress", &description);
    wake(scope, id, SOON);
    Ok(tree! { "return": true })
}
