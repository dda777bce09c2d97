//! What DescribeAutoScalingGroups says, as arguments and attributes.

use aws_sdk_autoscaling::types::{AutoScalingGroup as Remote, WarmPoolStatus};
use landfall_provider::{CallResult, Filled, Known, Object, Observed, Phase, Set};

use super::blocks::{
    AvailabilityZoneDistribution, CapacityReservation, InstanceLifecyclePolicy, InstanceMaintenancePolicy,
    TrafficSource, WarmPool,
};
use super::capacity::Health;
use super::tags::GroupTag;
use super::{Group, GroupArgs, GroupAttrs, LaunchTemplate, MixedInstancesPolicy};
use crate::client::Aws;
use crate::error::Answer;
use crate::names::prefix_of;

/// Activities that are looked at to tell why capacity is missing.
const LAST_ACTIVITIES: i32 = 10;

/// Returns one answer each. Of groups without their capacity the last activities are asked for.
pub async fn observed_many(
    aws: &Aws,
    known: &[Known<Group>],
    found: Vec<CallResult<Option<Remote>>>,
) -> Vec<CallResult<Observed<Group>>> {
    let each = known.iter().zip(found).map(async |(known, found)| match found? {
        Some(remote) => Ok(observed(aws, known, &remote, health(aws, &remote).await?)),
        None => Ok(Observed::Gone),
    });
    futures::future::join_all(each).await
}

async fn health(aws: &Aws, remote: &Remote) -> CallResult<Health> {
    let health = Health::of(remote, &[]);
    if health.in_service >= remote.desired_capacity.unwrap_or_default() {
        return Ok(health);
    }
    let request = aws.autoscaling().describe_scaling_activities().max_records(LAST_ACTIVITIES);
    let request = request.set_auto_scaling_group_name(remote.auto_scaling_group_name.clone());
    Ok(Health::of(remote, request.send().await.answer()?.activities()))
}

fn observed(aws: &Aws, known: &Known<Group>, remote: &Remote, health: Health) -> Observed<Group> {
    let attrs = GroupAttrs {
        arn: remote.auto_scaling_group_arn.clone().unwrap_or_default(),
        predicted_capacity: remote.predicted_capacity.unwrap_or_default(),
        warm_pool_size: remote.warm_pool_size.unwrap_or_default(),
    };
    let args = args(aws, known.args(), remote);
    let object = Object { id: known.id().to_owned(), args, attrs, private: Some(health.to_private()) };
    Observed::There { phase: phase(remote), object }
}

fn phase(remote: &Remote) -> Phase {
    let pool = remote.warm_pool_configuration.as_ref().and_then(|pool| pool.status.as_ref());
    match (&remote.status, pool) {
        (Some(status), _) => Phase::Pending(status.clone()),
        (None, Some(WarmPoolStatus::PendingDelete)) => Phase::Pending("warm pool PendingDelete".to_owned()),
        (None, _) => Phase::Ready,
    }
}

fn args(aws: &Aws, known: Option<&GroupArgs>, remote: &Remote) -> GroupArgs {
    let name = remote.auto_scaling_group_name.clone().unwrap_or_default();
    GroupArgs {
        name_prefix: prefix_of(&name),
        name: name.into(),
        min_size: remote.min_size.unwrap_or_default(),
        max_size: remote.max_size.unwrap_or_default(),
        desired_capacity: remote.desired_capacity.into(),
        desired_capacity_type: remote.desired_capacity_type.clone(),
        launch_configuration: remote.launch_configuration_name.clone(),
        launch_template: remote.launch_template.as_ref().map(LaunchTemplate::observed).into(),
        mixed_instances_policy: remote.mixed_instances_policy.as_ref().and_then(MixedInstancesPolicy::observed).into(),
        availability_zones: set(remote.availability_zones()),
        vpc_zone_identifier: subnets(remote),
        availability_zone_distribution: remote
            .availability_zone_distribution
            .as_ref()
            .and_then(AvailabilityZoneDistribution::observed)
            .into(),
        capacity_reservation_specification: remote
            .capacity_reservation_specification
            .as_ref()
            .map(CapacityReservation::observed)
            .into(),
        capacity_rebalance: remote.capacity_rebalance.unwrap_or_default(),
        context: remote.context.clone(),
        default_cooldown: remote.default_cooldown.into(),
        default_instance_warmup: remote.default_instance_warmup.unwrap_or_default(),
        enabled_metrics: remote.enabled_metrics().iter().filter_map(|metric| metric.metric.clone()).collect(),
        metrics_granularity: granularity(known, remote),
        health_check_grace_period: remote.health_check_grace_period.unwrap_or_default(),
        health_check_type: remote.health_check_type.clone().into(),
        instance_lifecycle_policy: remote
            .instance_lifecycle_policy
            .as_ref()
            .map(InstanceLifecyclePolicy::observed)
            .into(),
        instance_maintenance_policy: maintenance(known, remote),
        load_balancers: set(remote.load_balancer_names()),
        target_group_arns: set(remote.target_group_arns()),
        traffic_source: Filled::from(remote.traffic_sources().iter().map(TrafficSource::observed).collect::<Set<_>>()),
        max_instance_lifetime: remote.max_instance_lifetime.unwrap_or_default(),
        placement_group: remote.placement_group.clone(),
        protect_from_scale_in: remote.new_instances_protected_from_scale_in.unwrap_or_default(),
        service_linked_role_arn: remote.service_linked_role_arn.clone().into(),
        suspended_processes: remote.suspended_processes().iter().filter_map(|one| one.process_name.clone()).collect(),
        termination_policies: termination(known, remote),
        tag: tags(aws, remote),
        warm_pool: warm_pool(remote),
        // What follows is ours alone: the service knows nothing of it.
        force_delete: known.is_some_and(|args| args.force_delete),
        force_delete_warm_pool: known.is_some_and(|args| args.force_delete_warm_pool),
        ignore_failed_scaling_activities: known.is_some_and(|args| args.ignore_failed_scaling_activities),
        initial_lifecycle_hook: known.map(|args| args.initial_lifecycle_hook.clone()).unwrap_or_default(),
        instance_refresh: known.and_then(|args| args.instance_refresh.clone()),
        min_elb_capacity: known.map_or(0, |args| args.min_elb_capacity),
        wait_for_elb_capacity: known.map_or(0, |args| args.wait_for_elb_capacity),
        wait_for_capacity_timeout: known
            .map_or_else(|| "10m".to_owned(), |args| args.wait_for_capacity_timeout.clone()),
    }
}

fn set(texts: &[String]) -> Filled<Set<String>> {
    texts.iter().cloned().collect::<Set<_>>().into()
}

fn subnets(remote: &Remote) -> Filled<Set<String>> {
    let texts = remote.vpc_zone_identifier.iter().flat_map(|subnets| subnets.split(','));
    texts.filter(|text| !text.is_empty()).map(ToOwned::to_owned).collect::<Set<_>>().into()
}

fn granularity(known: Option<&GroupArgs>, remote: &Remote) -> String {
    let observed = remote.enabled_metrics().first().and_then(|metric| metric.granularity.clone());
    let known = || known.map(|args| args.metrics_granularity.clone());
    observed.or_else(known).unwrap_or_else(|| "1Minute".to_owned())
}

/// The policy that takes the policy away is none.
fn maintenance(known: Option<&GroupArgs>, remote: &Remote) -> Option<InstanceMaintenancePolicy> {
    let observed = remote.instance_maintenance_policy.as_ref().and_then(InstanceMaintenancePolicy::observed);
    let wrote_none = || known.and_then(|args| args.instance_maintenance_policy.clone());
    let wrote_none = || wrote_none().filter(|policy| *policy == InstanceMaintenancePolicy::NONE);
    observed.filter(|policy| *policy != InstanceMaintenancePolicy::NONE).or_else(wrote_none)
}

/// The service names its default where no one chose.
fn termination(known: Option<&GroupArgs>, remote: &Remote) -> Vec<String> {
    let has_chosen = known.is_some_and(|args| !args.termination_policies.is_empty());
    match remote.termination_policies() {
        [only] if only == "Default" && !has_chosen => Vec::new(),
        policies => policies.to_vec(),
    }
}

fn tags(aws: &Aws, remote: &Remote) -> Set<GroupTag> {
    let tags = remote.tags().iter().map(GroupTag::observed);
    tags.filter(|tag| aws.tag_rules().sees(&tag.key)).collect()
}

/// A pool on its way out is none.
fn warm_pool(remote: &Remote) -> Option<WarmPool> {
    let pool = remote.warm_pool_configuration.as_ref();
    pool.filter(|pool| pool.status != Some(WarmPoolStatus::PendingDelete)).map(WarmPool::observed)
}
