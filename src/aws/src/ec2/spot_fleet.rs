//! `aws_spot_fleet_request`: spot instances, and on-demand ones beside them, that EC2 launches until there are enough.

mod block_device;
mod launch_specification;
mod launch_template_config;
mod observe;
#[cfg(test)]
mod tests;

use aws_sdk_ec2::types::{
    CancelBatchErrorCode, ClassicLoadBalancer, ClassicLoadBalancersConfig, LoadBalancersConfig, ResourceType,
    SpotCapacityRebalance, SpotFleetRequestConfigData, SpotMaintenanceStrategies, TargetGroup, TargetGroupsConfig,
};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Set, Step, Tags, Timing, Token, Within, usually, within,
};

use crate::client::Aws;
use crate::convert::{each, truth, unless_zero};
use crate::ec2::tags::{retag, specification};
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::planning::{is_true_at, text_at};
use crate::time;
use launch_specification::LaunchSpecification;
use launch_template_config::LaunchTemplateConfig;

const GONE: &[Fault] = &[fault("InvalidSpotFleetRequestId.NotFound")];
/// A role that IAM has not spread yet.
const ROLE_NOT_READY: &[Fault] =
    &[fault("InvalidSpotFleetRequestConfig").of("RequestSpotFleet").saying("SpotFleetRequestConfig.IamFleetRole")];

/// Instances that EC2 launches until there are enough.
pub struct SpotFleetRequest;

/// What a user may write.
#[derive(Args, Clone)]
pub struct SpotFleetRequestArgs {
    /// Which pools spot instances come from.
    #[arg(
        replace,
        default = "lowestPrice",
        one_of(
            "lowestPrice",
            "diversified",
            "capacityOptimized",
            "capacityOptimizedPrioritized",
            "priceCapacityOptimized"
        )
    )]
    allocation_strategy: String,
    /// Not used by EC2.
    #[arg(replace, format(non_empty))]
    context: Option<String>,
    /// Whether instances end when the target falls below what there is.
    #[arg(default = "Default", one_of("Default", "NoTermination"))]
    excess_capacity_termination_policy: String,
    /// Whether lost instances are replaced.
    #[arg(replace, default = "maintain", one_of("request", "maintain", "instant"))]
    fleet_type: String,
    /// Role with which the fleet launches, tags and ends instances.
    #[arg(replace, format(arn))]
    iam_fleet_role: String,
    /// What an interruption does.
    #[arg(replace, default = "terminate", one_of("hibernate", "stop", "terminate"))]
    instance_interruption_behaviour: String,
    /// Pools among which `lowestPrice` spreads.
    #[arg(replace, default = 1)]
    instance_pools_to_use_count: i32,
    /// Classic load balancers that instances are registered with.
    #[arg(replace)]
    load_balancers: Filled<Set<String>>,
    /// Which types on-demand instances are of.
    #[arg(replace, default = "lowestPrice", one_of("lowestPrice", "prioritized"))]
    on_demand_allocation_strategy: String,
    /// Highest price of all on-demand instances for an hour.
    #[arg(replace)]
    on_demand_max_total_price: Option<String>,
    /// How much of the target is on-demand.
    #[arg(optional)]
    on_demand_target_capacity: i32,
    /// Replaces instances that are ill.
    #[arg(replace, default = false)]
    replace_unhealthy_instances: bool,
    /// Highest price of an instance for an hour; the on-demand price if unset.
    #[arg(replace)]
    spot_price: Option<String>,
    /// How much capacity there is to be.
    target_capacity: i32,
    /// Unit of the target.
    #[arg(replace, one_of("vcpu", "memory-mib", "units"))]
    target_capacity_unit_type: Option<String>,
    /// Target groups that instances are registered with.
    #[arg(replace, each(format(arn)))]
    target_group_arns: Filled<Set<String>>,
    /// Whether instances end with the request; else as they do when it expires.
    #[arg(format(nullable_bool))]
    terminate_instances_on_delete: Option<String>,
    /// Whether instances end when the request expires.
    #[arg(replace, optional)]
    terminate_instances_with_expiration: bool,
    /// Start of the request.
    #[arg(replace, format(rfc3339))]
    valid_from: Option<String>,
    /// End of the request.
    #[arg(replace, format(rfc3339))]
    valid_until: Option<String>,
    /// Waits for all instances when the fleet is made.
    #[arg(default = false)]
    wait_for_fulfillment: bool,
    /// What is launched.
    #[arg(block, replace, exactly_one("launch_template_config"))]
    launch_specification: Set<LaunchSpecification>,
    /// Templates of what is launched.
    #[arg(block, replace)]
    launch_template_config: Set<LaunchTemplateConfig>,
    /// What is done before instances are lost.
    #[arg(block)]
    spot_maintenance_strategies: Option<MaintenanceStrategies>,
    /// Tags of the request.
    tags: Tags,
}

/// What is done before instances are lost.
#[derive(Args, Clone, PartialEq)]
pub struct MaintenanceStrategies {
    /// When EC2 expects to take an instance back.
    #[arg(block)]
    capacity_rebalance: Option<CapacityRebalance>,
}

/// What is done when EC2 expects to take an instance back.
#[derive(Args, Clone, PartialEq)]
pub struct CapacityRebalance {
    /// Whether the old instance ends once the new one is there.
    #[arg(replace, one_of("launch", "launch-before-terminate"))]
    replacement_strategy: Option<String>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct SpotFleetRequestAttrs {
    /// Token of the creation.
    client_token: String,
    /// What the request is doing.
    spot_request_state: String,
}

impl Resource for SpotFleetRequest {
    type Args = SpotFleetRequestArgs;
    type Attrs = SpotFleetRequestAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_spot_fleet_request";
    const CREATE_REPEATS: bool = true;
    const VERSION: u64 = 1;
    const TIMING: Timing =
        Timing::new().create("10m", usually("45s")).update("10m", usually("20s")).delete("15m", usually("60s"));
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let kind = text_at(planned.proposed, "fleet_type");
        if is_true_at(planned.proposed, "replace_unhealthy_instances") && kind.is_some_and(|kind| kind != "maintain") {
            overrides.error("replace_unhealthy_instances", "only a fleet of type `maintain` replaces instances");
        }
        let resizes = ["target_capacity", "on_demand_target_capacity", "excess_capacity_termination_policy"];
        if !planned.is_create() && kind.is_some_and(|kind| kind != "maintain") {
            for name in resizes.into_iter().filter(|name| planned.changes(name)) {
                overrides.replaces(name);
            }
        }
        overrides
    }

    async fn create(aws: &Aws, args: &SpotFleetRequestArgs, token: &Token) -> CallResult<Created> {
        let specifications = launch_specification::requests(aws, &args.launch_specification).await?;
        let config = config(args)?
            .client_token(token)
            .set_launch_specifications((!specifications.is_empty()).then_some(specifications))
            .build();
        let request = aws.ec2().request_spot_fleet().spot_fleet_request_config(config);
        let id = request.send().await.answer()?.spot_fleet_request_id;
        Ok(Created::with_id(id.ok_or_else(|| incomplete("RequestSpotFleet", "id of the request"))?))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let request = aws.ec2().describe_spot_fleet_requests().spot_fleet_request_ids(known.id());
        let answer = request.send().await.answer().unless(GONE)?;
        match answer.as_ref().and_then(|answer| answer.spot_fleet_request_configs().first()) {
            Some(remote) => observe::observed(aws, known, remote).await,
            None => Ok(Observed::Gone),
        }
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        let resizes = change.wants(there, |args| &args.target_capacity);
        let resizes_on_demand = change.wants(there, |args| &args.on_demand_target_capacity);
        let changes_policy = change.wants(there, |args| &args.excess_capacity_termination_policy);
        if resizes || resizes_on_demand || changes_policy {
            // The target always goes along; unless it is to change, it is the one that the fleet has.
            let target = if resizes { planned.target_capacity } else { there.args.target_capacity };
            let policy = planned.excess_capacity_termination_policy.as_str();
            aws.ec2()
                .modify_spot_fleet_request()
                .spot_fleet_request_id(&there.id)
                .target_capacity(target)
                .set_on_demand_target_capacity(resizes_on_demand.then_some(planned.on_demand_target_capacity))
                .excess_capacity_termination_policy(policy.into())
                .send()
                .await
                .answer()?;
        }
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let on_delete = truth(there.args.terminate_instances_on_delete.as_ref());
        let ends_instances = on_delete.unwrap_or(there.args.terminate_instances_with_expiration);
        let request = aws.ec2().cancel_spot_fleet_requests().spot_fleet_request_ids(&there.id);
        let answer = request.terminate_instances(ends_instances).send().await.answer().unless(GONE)?;
        let refusals = answer.iter().flat_map(|answer| answer.unsuccessful_fleet_requests());
        for error in refusals.filter_map(|refusal| refusal.error.as_ref()) {
            let code = error.code.as_ref().map_or("", CancelBatchErrorCode::as_str);
            if error.code != Some(CancelBatchErrorCode::FleetRequestIdDoesNotExist) {
                let message = error.message.clone().unwrap_or_default();
                return Err(CallError {
                    service: "ec2".to_owned(),
                    operation: "CancelSpotFleetRequests".to_owned(),
                    ..CallError::local(code, message)
                });
            }
        }
        Ok(if ends_instances { Step::Running(ENDS_INSTANCES.to_owned()) } else { Step::Done })
    }

    async fn operation(aws: &Aws, there: &Object<Self>, _handle: &str) -> CallResult<Phase> {
        let request = aws.ec2().describe_spot_fleet_instances().spot_fleet_request_id(&there.id);
        let answer = request.send().await.answer().unless(GONE)?;
        let left = answer.map_or(0, |answer| answer.active_instances().len());
        Ok(if left == 0 { Phase::Ready } else { Phase::Pending(format!("{left} instances to end")) })
    }

    fn retry(error: &CallError) -> Option<Within> {
        is_one_of(error, ROLE_NOT_READY).then(|| within("2m"))
    }
}

/// Handle of the only operation that is polled: the end of a cancelled fleet's instances.
const ENDS_INSTANCES: &str = "end of the instances";

/// Returns the request but for its specifications.
fn config(args: &SpotFleetRequestArgs) -> CallResult<aws_sdk_ec2::types::builders::SpotFleetRequestConfigDataBuilder> {
    let is_maintained = args.fleet_type == "maintain";
    let spreads = args.allocation_strategy == "lowestPrice";
    let unit = args.target_capacity_unit_type.as_deref();
    Ok(SpotFleetRequestConfigData::builder()
        .allocation_strategy(args.allocation_strategy.as_str().into())
        .set_context(args.context.clone())
        .excess_capacity_termination_policy(args.excess_capacity_termination_policy.as_str().into())
        .r#type(args.fleet_type.as_str().into())
        .iam_fleet_role(&args.iam_fleet_role)
        .instance_interruption_behavior(args.instance_interruption_behaviour.as_str().into())
        .set_instance_pools_to_use_count(spreads.then_some(args.instance_pools_to_use_count))
        .set_launch_template_configs(each(&args.launch_template_config, LaunchTemplateConfig::request))
        .set_load_balancers_config(load_balancers(args))
        .on_demand_allocation_strategy(args.on_demand_allocation_strategy.as_str().into())
        .set_on_demand_max_total_price(args.on_demand_max_total_price.clone())
        .set_on_demand_target_capacity(unless_zero(args.on_demand_target_capacity))
        .set_replace_unhealthy_instances(is_maintained.then_some(args.replace_unhealthy_instances))
        .set_spot_maintenance_strategies(args.spot_maintenance_strategies.as_ref().map(MaintenanceStrategies::request))
        .set_spot_price(args.spot_price.clone())
        .set_tag_specifications(specification(ResourceType::SpotFleetRequest, &args.tags.all)?)
        .target_capacity(args.target_capacity)
        .set_target_capacity_unit_type(unit.map(Into::into))
        .terminate_instances_with_expiration(args.terminate_instances_with_expiration)
        .set_valid_from(args.valid_from.as_deref().map(time::parse).transpose()?)
        .set_valid_until(args.valid_until.as_deref().map(time::parse).transpose()?))
}

fn load_balancers(args: &SpotFleetRequestArgs) -> Option<LoadBalancersConfig> {
    let classic = |name| ClassicLoadBalancer::builder().name(name).build();
    let group = |arn| TargetGroup::builder().arn(arn).build();
    let classic = args.load_balancers.get().and_then(|names| each(names, classic));
    let groups = args.target_group_arns.get().and_then(|arns| each(arns, group));
    if classic.is_none() && groups.is_none() {
        return None;
    }
    let classic =
        classic.map(|all| ClassicLoadBalancersConfig::builder().set_classic_load_balancers(Some(all)).build());
    let groups = groups.map(|all| TargetGroupsConfig::builder().set_target_groups(Some(all)).build());
    let config = LoadBalancersConfig::builder();
    Some(config.set_classic_load_balancers_config(classic).set_target_groups_config(groups).build())
}

impl MaintenanceStrategies {
    fn request(&self) -> SpotMaintenanceStrategies {
        let rebalance = |rebalance: &CapacityRebalance| {
            let strategy = rebalance.replacement_strategy.as_deref().map(Into::into);
            SpotCapacityRebalance::builder().set_replacement_strategy(strategy).build()
        };
        let rebalance = self.capacity_rebalance.as_ref().map(rebalance);
        SpotMaintenanceStrategies::builder().set_capacity_rebalance(rebalance).build()
    }
}
