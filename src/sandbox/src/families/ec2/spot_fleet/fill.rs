//! How a fleet comes to its capacity, and keeps it.

use std::time::Duration;

use super::pool::{Pool, in_order, pools};
use super::{Member, SpotFleet, State, TAG, cancel, history, wake};
use crate::families::ec2::Market;
use crate::families::ec2::instance::{Launch, Plan, STOPPING, terminate};
use crate::families::iam::permits;
use crate::protocol::fault::Fault;
use crate::scope::Scope;

/// After how long a fleet tries again what it could not launch.
const RETRY: Duration = Duration::from_secs(60);
/// After how long a fleet that is over tries again to end its instances, where its role has not let it.
const WITHOUT_ROLE: Duration = Duration::from_secs(300);

fn change(scope: &mut Scope<'_>, id: &str, change: impl FnOnce(&mut SpotFleet)) {
    if let Some(fleet) = scope.ec2_mut().spot_fleets.get_mut(id) {
        change(fleet);
    }
}

/// A fleet looks at itself: what has ended is no longer its own, what is missing is launched, what is too much goes.
pub fn look(scope: &mut Scope<'_>, id: &str) {
    let now = scope.now;
    let Some(fleet) = scope.ec2_mut().spot_fleets.get_mut(id).filter(|fleet| fleet.wakes == Some(now)) else { return };
    fleet.wakes = None;
    forget_ended(scope, id);
    let Some(fleet) = scope.ec2().spot_fleets.get(id).cloned() else { return };
    match fleet.state {
        State::Submitted => {
            if let Some(from) = fleet.config.time("ValidFrom").ok().flatten().filter(|from| *from > now) {
                return wake(scope, id, from.since(now));
            }
            change(scope, id, |fleet| fleet.state = State::Active);
            history::fleet_changed(scope, id, "active", "");
            work(scope, id);
        }
        State::Active | State::Modifying => work(scope, id),
        State::CancelledRunning | State::CancelledTerminating if fleet.members.is_empty() => cancel::over(scope, id),
        State::CancelledTerminating => {
            let after = if terminate_all(scope, id) { STOPPING } else { WITHOUT_ROLE };
            wake(scope, id, after);
        }
        State::CancelledRunning | State::Cancelled => {}
    }
}

fn forget_ended(scope: &mut Scope<'_>, id: &str) {
    let Some(fleet) = scope.ec2().spot_fleets.get(id) else { return };
    let waits = fleet.state == State::CancelledTerminating;
    let is_gone = |member: &&Member| {
        let instance = scope.ec2().instances.get(&member.instance_id);
        instance.is_none_or(|own| if waits { own.state(scope.now) == "terminated" } else { !own.is_up() })
    };
    let gone: Vec<String> = fleet.members.iter().filter(is_gone).map(|member| member.instance_id.clone()).collect();
    for instance in gone {
        change(scope, id, |fleet| fleet.members.retain(|member| member.instance_id != instance));
        history::instance_changed(scope, id, "terminated", "", &instance);
    }
}

/// Launches what is missing, or ends what is too much, and tells how it stands.
fn work(scope: &mut Scope<'_>, id: &str) {
    let now = scope.now;
    let Some(fleet) = scope.ec2().spot_fleets.get(id).cloned() else { return };
    let until = fleet.config.time("ValidUntil").ok().flatten();
    if until.is_some_and(|until| until <= now) {
        history::fleet_changed(scope, id, "expired", "");
        let terminates = fleet.config.bool("TerminateInstancesWithExpiration").ok().flatten() == Some(true);
        cancel::end(scope, id, terminates);
        return;
    }
    if fleet.is_maintained() || !fleet.was_fulfilled {
        if let Err(why) = role(scope, &fleet) {
            history::error(scope, id, "iamFleetRoleInvalid", &why);
            change(scope, id, |fleet| fleet.is_failing = true);
            return wake(scope, id, RETRY);
        }
        fill(scope, id);
        shrink(scope, id);
    }
    let Some(fleet) = scope.ec2().spot_fleets.get(id).cloned() else { return };
    let is_fulfilled = fleet.is_fulfilled();
    if is_fulfilled && fleet.state == State::Modifying {
        change(scope, id, |fleet| fleet.state = State::Active);
        history::fleet_changed(scope, id, "modify_succeeded", "");
    }
    if is_fulfilled {
        change(scope, id, |fleet| (fleet.was_fulfilled, fleet.is_failing) = (true, false));
        if let Some(until) = until {
            wake(scope, id, until.since(now));
        }
    } else {
        wake(scope, id, RETRY);
    }
}

/// Checks that the role still lets the fleet launch and end instances.
fn role(scope: &Scope<'_>, fleet: &SpotFleet) -> Result<(), String> {
    let arn = fleet.config.text("IamFleetRole").ok().flatten().unwrap_or_default();
    let found = scope.role_by_arn(arn).filter(|(_, role)| role.trusts("spotfleet.amazonaws.com"));
    let (name, role) = found.ok_or_else(|| format!("The role {arn} cannot be assumed by the spot fleet."))?;
    for action in ["ec2:RequestSpotInstances", "ec2:TerminateInstances", "ec2:CreateTags"] {
        if !permits(scope, role, action) {
            return Err(format!("The role {name} is not allowed to perform {action}."));
        }
    }
    Ok(())
}

fn fill(scope: &mut Scope<'_>, id: &str) {
    for is_spot in [false, true] {
        fill_from(scope, id, is_spot);
    }
}

/// Launches what is missing of the capacity of one market.
fn fill_from(scope: &mut Scope<'_>, id: &str, is_spot: bool) {
    let Some(fleet) = scope.ec2().spot_fleets.get(id).filter(|fleet| fleet.lacks(is_spot)) else { return };
    let pools = match pools(scope, &fleet.config) {
        Ok(pools) => pools,
        Err(fault) => {
            history::error(scope, id, "spotFleetRequestConfigurationInvalid", &fault.message("ec2"));
            return change(scope, id, |fleet| fleet.is_failing = true);
        }
    };
    let lacks = |scope: &Scope<'_>| scope.ec2().spot_fleets.get(id).is_some_and(|fleet| fleet.lacks(is_spot));
    while lacks(scope) && launch_one(scope, id, &pools, is_spot) {}
}

/// Launches an instance from the first pool that has one; returns whether there was any.
fn launch_one(scope: &mut Scope<'_>, id: &str, pools: &[Pool], is_spot: bool) -> bool {
    let Some(fleet) = scope.ec2().spot_fleets.get(id) else { return false };
    let strategy = if is_spot { "AllocationStrategy" } else { "OnDemandAllocationStrategy" };
    let strategy = fleet.config.text(strategy).ok().flatten().unwrap_or("lowestPrice");
    let count =
        fleet.config.int("InstancePoolsToUseCount").ok().flatten().and_then(|count| usize::try_from(count).ok());
    let held = |pool: &Pool| {
        let own = fleet.members.iter().filter(|member| member.is_spot == is_spot && member.pool == pool.name());
        own.map(|member| member.weight).sum()
    };
    for index in in_order(pools, strategy, count.unwrap_or(1), is_spot, &held) {
        match launch(scope, id, &pools[index], is_spot) {
            Ok(()) => return true,
            Err(fault) => tell(scope, id, &pools[index], &fault),
        }
    }
    let code = "allLaunchSpecsTemporarilyBlacklisted";
    let why = "Several attempts to launch instances have failed. All launch specifications are out for a while.";
    history::error(scope, id, code, why);
    change(scope, id, |fleet| fleet.is_failing = true);
    false
}

/// Notes why nothing came from a pool.
fn tell(scope: &mut Scope<'_>, id: &str, pool: &Pool, fault: &Fault) {
    let image = pool.data.text("ImageId").ok().flatten().unwrap_or("no image").to_owned();
    let (kind, zone, why) = (&pool.instance_type, &pool.zone, fault.message("ec2"));
    let text = format!("{kind}, {image}, Linux/UNIX, {zone}");
    match fault.code("ec2").as_str() {
        "InsufficientInstanceCapacity" | "InsufficientFreeAddressesInSubnet" | "SpotMaxPriceTooLow" => {
            let text = format!("{text}. It will not be retried for at least 1 minute. Error message: {why}");
            history::information(scope, id, "launchSpecTemporarilyBlacklisted", &text);
        }
        _ => history::information(scope, id, "launchSpecUnusable", &format!("{text}, {why}")),
    }
}

fn launch(scope: &mut Scope<'_>, id: &str, pool: &Pool, is_spot: bool) -> Result<(), Fault> {
    let mut plan = Plan::new(scope, &pool.data, 1)?;
    plan.tag_instances([(TAG.to_owned(), id.to_owned())]);
    if let Some((template, version)) = &pool.template {
        plan.tag_instances([
            ("aws:ec2launchtemplate:id".to_owned(), template.clone()),
            ("aws:ec2launchtemplate:version".to_owned(), version.clone()),
        ]);
    }
    let price = pool.price(true);
    let max = pool.max_price.as_ref().and_then(|text| text.parse::<f64>().ok());
    if is_spot && max.is_some_and(|max| max < price) {
        let message = format!("Spot bid price is less than Spot market price ${price:.4}");
        return Err(Fault::new("SpotMaxPriceTooLow", message));
    }
    let market = if is_spot { Market::spot(pool.max_price.clone()) } else { Market::default() };
    let requester = Some("spotfleet.amazonaws.com".to_owned());
    let client_token = format!("{id}-{}", scope.ids().lower(8));
    let mut ids = plan.launch(scope, Launch { count: 1, requester, client_token, market })?;
    let instance_id = ids.remove(0);
    let member = Member {
        instance_id: instance_id.clone(),
        instance_type: pool.instance_type.clone(),
        pool: pool.name(),
        weight: pool.weight,
        is_spot,
    };
    change(scope, id, |fleet| fleet.members.push(member));
    let market = if is_spot { "Spot" } else { "OnDemand" };
    let description = format!(
        "{{\"instanceType\":\"{}\",\"availabilityZone\":\"{}\",\"lifecycle\":\"{market}\"}}",
        pool.instance_type, pool.zone
    );
    history::instance_changed(scope, id, "launched", &description, &instance_id);
    Ok(())
}

/// Ends what is too much, unless the fleet keeps it: the dearest first, those of the fullest pool with `diversified`.
fn shrink(scope: &mut Scope<'_>, id: &str) {
    let Some(fleet) = scope.ec2().spot_fleets.get(id).cloned() else { return };
    if !fleet.is_maintained() || fleet.config.text("ExcessCapacityTerminationPolicy") == Ok(Some("noTermination")) {
        return;
    }
    let (spot, on_demand) = fleet.targets();
    for (is_spot, target) in [(true, spot), (false, on_demand)] {
        while let Some(victim) = scope.ec2().spot_fleets.get(id).and_then(|fleet| victim(fleet, is_spot, target)) {
            change(scope, id, |fleet| fleet.members.retain(|member| member.instance_id != victim));
            history::instance_changed(scope, id, "terminated", "", &victim);
            terminate(scope, &victim);
        }
    }
}

fn victim(fleet: &SpotFleet, is_spot: bool, target: f64) -> Option<String> {
    let capacity = fleet.capacity(is_spot);
    let may_go = |member: &&Member| member.is_spot == is_spot && capacity - member.weight >= target;
    let of_pool = |member: &&Member| fleet.members.iter().filter(|other| other.pool == member.pool).count();
    fleet.members.iter().filter(may_go).max_by_key(of_pool).map(|member| member.instance_id.clone())
}

/// Ends all instances of a fleet, if its role allows it; returns whether it does.
pub fn terminate_all(scope: &mut Scope<'_>, id: &str) -> bool {
    let Some(fleet) = scope.ec2().spot_fleets.get(id).cloned() else { return true };
    if let Err(why) = role(scope, &fleet) {
        history::error(scope, id, "iamFleetRoleInvalid", &why);
        return false;
    }
    for member in &fleet.members {
        terminate(scope, &member.instance_id);
    }
    true
}
