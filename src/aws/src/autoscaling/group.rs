//! `aws_autoscaling_group`: instances that are launched and ended to keep a capacity.

mod blocks;
mod capacity;
mod delete;
mod launch;
mod mixed_instances;
mod observe;
mod refresh;
mod requirements;
mod tags;
#[cfg(test)]
mod tests;
mod update;

use aws_sdk_autoscaling::types::AutoScalingGroup;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Goal, Known, Object, Observed, Overrides,
    Planned, Resource, Set, Settled, Step, Timing, Token, Traced, Within, usually, within,
};

use crate::client::Aws;
use crate::convert::unless_zero;
use crate::describe::{described, only};
use crate::error::{Answer, Fault, fault, is_one_of};
use crate::names::drawn;
use crate::planning::{at, promise, text_at};
use crate::tags::traced_by_tag;
use blocks::{
    AvailabilityZoneDistribution, CapacityReservation, InstanceLifecyclePolicy, InstanceMaintenancePolicy,
    LifecycleHook, TrafficSource, WarmPool,
};
use launch::LaunchTemplate;
use mixed_instances::MixedInstancesPolicy;
use refresh::InstanceRefresh;
use tags::GroupTag;

/// Names that one DescribeAutoScalingGroups takes.
const NAMES_PER_CALL: usize = 50;
/// The instance profile was made a moment ago.
const PROFILE_NOT_VISIBLE: &[Fault] = &[
    fault("ValidationError").of("CreateAutoScalingGroup").saying("Invalid IAM Instance Profile"),
    fault("ValidationError").of("UpdateAutoScalingGroup").saying("Invalid IAM Instance Profile"),
    fault("ValidationError").of("CreateAutoScalingGroup").saying("iamInstanceProfile.name is invalid"),
    fault("ValidationError").of("UpdateAutoScalingGroup").saying("iamInstanceProfile.name is invalid"),
];
/// The role of a lifecycle hook was made a moment ago.
const TARGET_NOT_VISIBLE: &[Fault] =
    &[fault("ValidationError").saying("Unable to publish test message to notification target")];
/// Instances or activities have to end first.
const BUSY: &[Fault] =
    &[fault("ResourceInUse"), fault("ScalingActivityInProgress"), fault("ResourceContention"), refresh::IN_PROGRESS];

/// Instances that are launched and ended to keep a capacity.
pub struct Group;

/// What a user may write.
#[derive(Args, Clone)]
#[args(exactly_one("launch_configuration", "launch_template", "mixed_instances_policy"))]
pub struct GroupArgs {
    /// Name of the group, unique in account and region.
    #[arg(replace, max_len = 255, conflicts("name_prefix"))]
    name: Filled<String>,
    /// Start of a name that is drawn.
    #[arg(replace, max_len = 229)]
    name_prefix: Filled<String>,
    /// Least capacity.
    min_size: i32,
    /// Greatest capacity.
    max_size: i32,
    /// Capacity to keep; left to scaling policies where it is not set.
    desired_capacity: Filled<i32>,
    /// What capacity counts.
    #[arg(one_of("memory-mib", "units", "vcpu"))]
    desired_capacity_type: Option<String>,
    /// What instances are launched from, the older way.
    launch_configuration: Option<String>,
    /// What instances are launched from.
    #[arg(block)]
    launch_template: Filled<LaunchTemplate>,
    /// Several types of instances, on demand and spot.
    #[arg(block)]
    mixed_instances_policy: Filled<MixedInstancesPolicy>,
    /// Zones, for subnets of the default VPC.
    #[arg(conflicts("vpc_zone_identifier"))]
    availability_zones: Filled<Set<String>>,
    /// Subnets.
    vpc_zone_identifier: Filled<Set<String>>,
    /// How capacity is spread over zones.
    #[arg(block)]
    availability_zone_distribution: Filled<AvailabilityZoneDistribution>,
    /// Which capacity reservations are used.
    #[arg(block)]
    capacity_reservation_specification: Filled<CapacityReservation>,
    /// Replaces spot instances that are likely to be taken away.
    #[arg(optional)]
    capacity_rebalance: bool,
    /// Reserved.
    context: Option<String>,
    /// Seconds between two scaling activities.
    default_cooldown: Filled<i32>,
    /// Seconds until a new instance counts in metrics.
    #[arg(optional)]
    default_instance_warmup: i32,
    /// Metrics that are collected.
    #[arg(optional)]
    enabled_metrics: Set<String>,
    /// How fine they are.
    #[arg(default = "1Minute")]
    metrics_granularity: String,
    /// Deletes the group without waiting for its instances.
    #[arg(default = false)]
    force_delete: bool,
    /// Deletes the warm pool without waiting for its instances.
    #[arg(default = false)]
    force_delete_warm_pool: bool,
    /// Seconds until the health of a new instance counts.
    #[arg(default = 300)]
    health_check_grace_period: i32,
    /// What tells health.
    health_check_type: Filled<String>,
    /// Waits on where launches fail.
    #[arg(default = false)]
    ignore_failed_scaling_activities: bool,
    /// Hooks that are there before the first instance.
    #[arg(block, replace)]
    initial_lifecycle_hook: Set<LifecycleHook>,
    /// What happens to instances whose hooks fail.
    #[arg(block)]
    instance_lifecycle_policy: Filled<InstanceLifecyclePolicy>,
    /// How much capacity may be missing or too much while instances are replaced.
    #[arg(block)]
    instance_maintenance_policy: Option<InstanceMaintenancePolicy>,
    /// Replaces instances when what they are launched from changes.
    #[arg(block)]
    instance_refresh: Option<InstanceRefresh>,
    /// Classic load balancers.
    #[arg(conflicts("traffic_source"))]
    load_balancers: Filled<Set<String>>,
    /// Target groups of load balancers.
    #[arg(conflicts("traffic_source"))]
    target_group_arns: Filled<Set<String>>,
    /// Load balancers of any kind.
    #[arg(block)]
    traffic_source: Filled<Set<TrafficSource>>,
    /// Greatest age of an instance in seconds.
    #[arg(optional)]
    max_instance_lifetime: i32,
    /// Instances that load balancers must find healthy. Refused.
    #[arg(optional)]
    min_elb_capacity: i32,
    /// Instances that load balancers must find healthy. Refused.
    #[arg(optional)]
    wait_for_elb_capacity: i32,
    /// How long to wait for capacity; `0` not at all.
    #[arg(default = "10m", format(duration))]
    wait_for_capacity_timeout: String,
    /// Placement group.
    placement_group: Option<String>,
    /// Keeps new instances from being ended when the group shrinks.
    #[arg(default = false)]
    protect_from_scale_in: bool,
    /// Role that the group acts as.
    service_linked_role_arn: Filled<String>,
    /// Processes that rest.
    #[arg(optional)]
    suspended_processes: Set<String>,
    /// Which instances are ended first.
    #[arg(optional)]
    termination_policies: Vec<String>,
    /// Tags of the group; the provider's default tags do not apply.
    #[arg(block)]
    tag: Set<GroupTag>,
    /// Instances that wait, ready to serve.
    #[arg(block)]
    warm_pool: Option<WarmPool>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct GroupAttrs {
    /// ARN.
    arn: String,
    /// Capacity that predictive scaling foresees.
    predicted_capacity: i32,
    /// Instances in the warm pool.
    warm_pool_size: i32,
}

impl Resource for Group {
    type Args = GroupArgs;
    type Attrs = GroupAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_autoscaling_group";
    const VERSION: u64 = 1;
    const TIMING: Timing = Timing::new().update("10m", usually("5s")).delete("10m", usually("2m"));
    const PATIENCE: Option<&'static str> = Some("wait_for_capacity_timeout");
    const READ_AT_ONCE: usize = NAMES_PER_CALL;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        promise(&mut overrides, planned, text_at(planned.proposed, "name"), None);
        launch::forget_stale_names(&mut overrides, planned);
        for name in ["min_elb_capacity", "wait_for_elb_capacity"] {
            let count = at(planned.proposed, name).and_then(landfall_provider::value::Value::as_number);
            if count.is_some_and(|count| count.to_usize() != Some(0)) {
                overrides.error(
                    name,
                    format!(
                        "`{name}` is not supported: load balancers are not asked for health; set \
                         `health_check_type = \"ELB\"` and wait for capacity"
                    ),
                );
            }
        }
        overrides
    }

    async fn create(aws: &Aws, args: &GroupArgs, token: &Token) -> CallResult<Created> {
        let name = drawn(&args.name, &args.name_prefix, token);
        let sources = args.traffic_source.get().filter(|sources| !sources.is_empty());
        let subnets = args.vpc_zone_identifier.get().filter(|subnets| !subnets.is_empty());
        aws.autoscaling()
            .create_auto_scaling_group()
            .auto_scaling_group_name(&name)
            .min_size(args.min_size)
            .max_size(args.max_size)
            .set_desired_capacity(args.desired_capacity.to_option())
            .set_desired_capacity_type(args.desired_capacity_type.clone())
            .set_launch_configuration_name(args.launch_configuration.clone())
            .set_launch_template(args.launch_template.get().map(LaunchTemplate::request))
            .set_mixed_instances_policy(args.mixed_instances_policy.get().map(MixedInstancesPolicy::request))
            .set_availability_zones(args.availability_zones.to_option().map(Set::into_vec))
            .set_vpc_zone_identifier(subnets.map(|subnets| subnets.join(",")))
            .set_availability_zone_distribution(
                args.availability_zone_distribution.get().map(AvailabilityZoneDistribution::request),
            )
            .set_capacity_reservation_specification(
                args.capacity_reservation_specification.get().map(CapacityReservation::request),
            )
            .set_capacity_rebalance(args.capacity_rebalance.then_some(true))
            .set_context(args.context.clone())
            .set_default_cooldown(args.default_cooldown.to_option())
            .set_default_instance_warmup(unless_zero(args.default_instance_warmup))
            .health_check_grace_period(args.health_check_grace_period)
            .set_health_check_type(args.health_check_type.to_option())
            .set_lifecycle_hook_specification_list(
                (!args.initial_lifecycle_hook.is_empty())
                    .then(|| args.initial_lifecycle_hook.iter().map(LifecycleHook::request).collect()),
            )
            .set_instance_lifecycle_policy(args.instance_lifecycle_policy.get().map(InstanceLifecyclePolicy::request))
            .set_instance_maintenance_policy(
                args.instance_maintenance_policy.as_ref().map(InstanceMaintenancePolicy::request),
            )
            .set_load_balancer_names(unless_empty(&args.load_balancers))
            .set_target_group_arns(unless_empty(&args.target_group_arns))
            .set_traffic_sources(sources.map(|sources| sources.iter().map(TrafficSource::request).collect()))
            .set_max_instance_lifetime(unless_zero(args.max_instance_lifetime))
            .set_placement_group(args.placement_group.clone())
            .new_instances_protected_from_scale_in(args.protect_from_scale_in)
            .set_service_linked_role_arn(args.service_linked_role_arn.to_option())
            .set_termination_policies(Some(args.termination_policies.clone()).filter(|policies| !policies.is_empty()))
            .set_tags(Some(tags::of_new(&args.tag, &name, token)))
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(name))
    }

    async fn trace(aws: &Aws, args: &GroupArgs, token: &Token) -> CallResult<Traced> {
        let name = drawn(&args.name, &args.name_prefix, token);
        let request = aws.autoscaling().describe_auto_scaling_groups().auto_scaling_group_names(&name);
        let answer = request.send().await.answer()?;
        let group = answer.auto_scaling_groups().first();
        Ok(group.map_or(Traced::Nothing, |group| traced_by_tag(name, group.tags(), token)))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let describe = async |names| {
            let request = aws.autoscaling().describe_auto_scaling_groups().set_auto_scaling_group_names(Some(names));
            request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()
        };
        let name = |remote: &AutoScalingGroup| remote.auto_scaling_group_name.clone();
        let found = described(known, describe, name).await;
        observe::observed_many(aws, known, found).await
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let has_called = update::bring(aws, change, there).await?;
        let Some(refresh) = refresh::wanted(change) else { return Ok(Step::Done) };
        // The refresh is a step of its own, since it is tried again until another one has ended.
        if has_called {
            return Ok(Step::More);
        }
        refresh::start(aws, &there.id, refresh, change.planned).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        delete::step(aws, there).await
    }

    fn settled(goal: &Goal<'_, Self>, there: &Object<Self>) -> Settled {
        capacity::settled(goal, there)
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, PROFILE_NOT_VISIBLE) {
            Some(within("2m"))
        } else if is_one_of(error, TARGET_NOT_VISIBLE) {
            Some(within("5m"))
        } else {
            is_one_of(error, BUSY).then_some(Within::DEADLINE)
        }
    }
}

fn unless_empty(names: &Filled<Set<String>>) -> Option<Vec<String>> {
    names.to_option().filter(|names| !names.is_empty()).map(Set::into_vec)
}
