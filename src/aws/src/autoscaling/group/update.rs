//! Changes of a group that stays. Right after a creation: what its call cannot carry.

use aws_sdk_autoscaling::operation::update_auto_scaling_group::builders::UpdateAutoScalingGroupFluentBuilder;
use landfall_provider::{CallResult, Change, Filled, Object, Set};

use super::blocks::{
    AvailabilityZoneDistribution, CapacityReservation, InstanceLifecyclePolicy, InstanceMaintenancePolicy,
    TrafficSource,
};
use super::delete::remove_warm_pool;
use super::{Group, GroupArgs, LaunchTemplate, MixedInstancesPolicy, tags};
use crate::client::Aws;
use crate::convert::unless_zero;
use crate::error::Answer;

/// Load balancers that one call attaches or detaches.
const PER_CALL: usize = 10;

/// Makes the calls that are still to be made. Returns whether there were any.
///
/// # Errors
/// What the calls failed with.
pub async fn bring(aws: &Aws, change: &Change<'_, Group>, there: &Object<Group>) -> CallResult<bool> {
    let calls = [
        tags::retag(aws, change, there).await?,
        modify(aws, change, there).await?,
        move_traffic(aws, change, there).await?,
        move_metrics(aws, change, there).await?,
        move_processes(aws, change, there).await?,
        move_warm_pool(aws, change, there).await?,
    ];
    Ok(calls.contains(&true))
}

/// Changes what UpdateAutoScalingGroup changes, in one call.
async fn modify(aws: &Aws, change: &Change<'_, Group>, there: &Object<Group>) -> CallResult<bool> {
    if change.prior.is_none() {
        return Ok(false);
    }
    let empty = aws.autoscaling().update_auto_scaling_group().auto_scaling_group_name(&there.id);
    let request = with_launch(empty.clone(), change, there);
    let request = with_placement(request, change, there);
    let request = with_sizes(request, change, there);
    let request = with_policies(request, change, there);
    let differs = request.as_input() != empty.as_input();
    if differs {
        request.send().await.answer()?;
    }
    Ok(differs)
}

fn with_launch(
    request: UpdateAutoScalingGroupFluentBuilder,
    change: &Change<'_, Group>,
    there: &Object<Group>,
) -> UpdateAutoScalingGroupFluentBuilder {
    let planned = change.planned;
    let configuration = change.wants(there, |args| &args.launch_configuration);
    let template = change.wants(there, |args| &args.launch_template);
    let policy = change.wants(there, |args| &args.mixed_instances_policy);
    request
        .set_launch_configuration_name(planned.launch_configuration.clone().filter(|_| configuration))
        .set_launch_template(planned.launch_template.get().filter(|_| template).map(LaunchTemplate::request))
        .set_mixed_instances_policy(
            planned.mixed_instances_policy.get().filter(|_| policy).map(MixedInstancesPolicy::request),
        )
}

fn with_placement(
    request: UpdateAutoScalingGroupFluentBuilder,
    change: &Change<'_, Group>,
    there: &Object<Group>,
) -> UpdateAutoScalingGroupFluentBuilder {
    let planned = change.planned;
    let zones = change.wants(there, |args| &args.availability_zones);
    let subnets = change.wants(there, |args| &args.vpc_zone_identifier);
    let group = change.wants(there, |args| &args.placement_group);
    let spread = change.wants(there, |args| &args.availability_zone_distribution);
    let reservation = change.wants(there, |args| &args.capacity_reservation_specification);
    request
        .set_availability_zones(filled(&planned.availability_zones, zones).map(|zones| zones.to_vec()))
        .set_vpc_zone_identifier(filled(&planned.vpc_zone_identifier, subnets).map(|subnets| subnets.join(",")))
        .set_placement_group(group.then(|| planned.placement_group.clone().unwrap_or_default()))
        .set_availability_zone_distribution(
            filled(&planned.availability_zone_distribution, spread).map(AvailabilityZoneDistribution::request),
        )
        .set_capacity_reservation_specification(
            filled(&planned.capacity_reservation_specification, reservation).map(CapacityReservation::request),
        )
}

fn with_sizes(
    request: UpdateAutoScalingGroupFluentBuilder,
    change: &Change<'_, Group>,
    there: &Object<Group>,
) -> UpdateAutoScalingGroupFluentBuilder {
    let planned = change.planned;
    let wants = |part: fn(&GroupArgs) -> &i32| change.wants(there, part);
    let desired = change.wants(there, |args| &args.desired_capacity);
    let kind = change.wants(there, |args| &args.desired_capacity_type);
    let cooldown = change.wants(there, |args| &args.default_cooldown);
    request
        .set_min_size(wants(|args| &args.min_size).then_some(planned.min_size))
        .set_max_size(wants(|args| &args.max_size).then_some(planned.max_size))
        .set_desired_capacity(filled(&planned.desired_capacity, desired).copied())
        .set_desired_capacity_type(planned.desired_capacity_type.clone().filter(|_| kind))
        .set_default_cooldown(filled(&planned.default_cooldown, cooldown).copied())
        // -1 takes the warm-up away.
        .set_default_instance_warmup(
            wants(|args| &args.default_instance_warmup)
                .then(|| unless_zero(planned.default_instance_warmup).unwrap_or(-1)),
        )
        .set_health_check_grace_period(
            wants(|args| &args.health_check_grace_period).then_some(planned.health_check_grace_period),
        )
        .set_max_instance_lifetime(wants(|args| &args.max_instance_lifetime).then_some(planned.max_instance_lifetime))
}

fn with_policies(
    request: UpdateAutoScalingGroupFluentBuilder,
    change: &Change<'_, Group>,
    there: &Object<Group>,
) -> UpdateAutoScalingGroupFluentBuilder {
    let planned = change.planned;
    let health = change.wants(there, |args| &args.health_check_type);
    let role = change.wants(there, |args| &args.service_linked_role_arn);
    let lifecycle = change.wants(there, |args| &args.instance_lifecycle_policy);
    let maintenance = change.wants(there, |args| &args.instance_maintenance_policy);
    let order = change.wants(there, |args| &args.termination_policies);
    let default_order = || vec!["Default".to_owned()];
    let policies = Some(planned.termination_policies.clone()).filter(|policies| !policies.is_empty());
    request
        .set_health_check_type(filled(&planned.health_check_type, health).cloned())
        .set_service_linked_role_arn(filled(&planned.service_linked_role_arn, role).cloned())
        .set_context(planned.context.clone().filter(|_| change.wants(there, |args| &args.context)))
        .set_capacity_rebalance(
            change.wants(there, |args| &args.capacity_rebalance).then_some(planned.capacity_rebalance),
        )
        .set_new_instances_protected_from_scale_in(
            change.wants(there, |args| &args.protect_from_scale_in).then_some(planned.protect_from_scale_in),
        )
        .set_instance_lifecycle_policy(
            filled(&planned.instance_lifecycle_policy, lifecycle).map(InstanceLifecyclePolicy::request),
        )
        .set_instance_maintenance_policy(maintenance.then(|| {
            planned.instance_maintenance_policy.as_ref().unwrap_or(&InstanceMaintenancePolicy::NONE).request()
        }))
        .set_termination_policies(order.then(|| policies.unwrap_or_else(default_order)))
}

fn filled<T>(value: &Filled<T>, is_wanted: bool) -> Option<&T> {
    value.get().filter(|_| is_wanted)
}

/// What goes and what comes, between the object as it is and as it is to be.
fn difference<T: PartialEq + Clone>(there: &Set<T>, planned: &Set<T>) -> (Vec<T>, Vec<T>) {
    (there.minus(planned).cloned().collect(), planned.minus(there).cloned().collect())
}

/// Load balancers come with the creation; later they are detached and attached ten at a time.
async fn move_traffic(aws: &Aws, change: &Change<'_, Group>, there: &Object<Group>) -> CallResult<bool> {
    if change.prior.is_none() {
        return Ok(false);
    }
    let (planned, name, mut moved) = (change.planned, &there.id, false);
    let group = || aws.autoscaling().clone();
    let was = |set: &Filled<Set<String>>| set.to_option().unwrap_or_default();
    if change.wants(there, |args| &args.traffic_source)
        && let Some(sources) = planned.traffic_source.get()
    {
        let before = there.args.traffic_source.to_option().unwrap_or_default();
        let (go, come) = difference(&before, sources);
        for go in go.chunks(PER_CALL) {
            let sources = Some(go.iter().map(TrafficSource::request).collect());
            let request = group().detach_traffic_sources().auto_scaling_group_name(name).set_traffic_sources(sources);
            request.send().await.answer()?;
        }
        for come in come.chunks(PER_CALL) {
            let sources = Some(come.iter().map(TrafficSource::request).collect());
            let request = group().attach_traffic_sources().auto_scaling_group_name(name).set_traffic_sources(sources);
            request.send().await.answer()?;
        }
        moved = true;
    }
    if change.wants(there, |args| &args.load_balancers)
        && let Some(balancers) = planned.load_balancers.get()
    {
        let (go, come) = difference(&was(&there.args.load_balancers), balancers);
        for go in go.chunks(PER_CALL) {
            let request = group().detach_load_balancers().auto_scaling_group_name(name);
            request.set_load_balancer_names(Some(go.to_vec())).send().await.answer()?;
        }
        for come in come.chunks(PER_CALL) {
            let request = group().attach_load_balancers().auto_scaling_group_name(name);
            request.set_load_balancer_names(Some(come.to_vec())).send().await.answer()?;
        }
        moved = true;
    }
    if change.wants(there, |args| &args.target_group_arns)
        && let Some(targets) = planned.target_group_arns.get()
    {
        let (go, come) = difference(&was(&there.args.target_group_arns), targets);
        for go in go.chunks(PER_CALL) {
            let request = group().detach_load_balancer_target_groups().auto_scaling_group_name(name);
            request.set_target_group_arns(Some(go.to_vec())).send().await.answer()?;
        }
        for come in come.chunks(PER_CALL) {
            let request = group().attach_load_balancer_target_groups().auto_scaling_group_name(name);
            request.set_target_group_arns(Some(come.to_vec())).send().await.answer()?;
        }
        moved = true;
    }
    Ok(moved)
}

async fn move_metrics(aws: &Aws, change: &Change<'_, Group>, there: &Object<Group>) -> CallResult<bool> {
    if !change.wants(there, |args| &args.enabled_metrics) {
        return Ok(false);
    }
    let (go, come) = difference(&there.args.enabled_metrics, &change.planned.enabled_metrics);
    if !go.is_empty() {
        let request = aws.autoscaling().disable_metrics_collection().auto_scaling_group_name(&there.id);
        request.set_metrics(Some(go)).send().await.answer()?;
    }
    if !come.is_empty() {
        let request = aws.autoscaling().enable_metrics_collection().auto_scaling_group_name(&there.id);
        let request = request.set_metrics(Some(come)).granularity(&change.planned.metrics_granularity);
        request.send().await.answer()?;
    }
    Ok(true)
}

async fn move_processes(aws: &Aws, change: &Change<'_, Group>, there: &Object<Group>) -> CallResult<bool> {
    if !change.wants(there, |args| &args.suspended_processes) {
        return Ok(false);
    }
    let (go, come) = difference(&there.args.suspended_processes, &change.planned.suspended_processes);
    if !go.is_empty() {
        let request = aws.autoscaling().resume_processes().auto_scaling_group_name(&there.id);
        request.set_scaling_processes(Some(go)).send().await.answer()?;
    }
    if !come.is_empty() {
        let request = aws.autoscaling().suspend_processes().auto_scaling_group_name(&there.id);
        request.set_scaling_processes(Some(come)).send().await.answer()?;
    }
    Ok(true)
}

async fn move_warm_pool(aws: &Aws, change: &Change<'_, Group>, there: &Object<Group>) -> CallResult<bool> {
    if !change.wants(there, |args| &args.warm_pool) {
        return Ok(false);
    }
    match &change.planned.warm_pool {
        Some(pool) => {
            let request = aws.autoscaling().put_warm_pool().auto_scaling_group_name(&there.id);
            pool.request(request).send().await.answer()?;
        }
        None => remove_warm_pool(aws, there).await?,
    }
    Ok(true)
}
