//! What DescribeSpotFleetRequests tells.

use aws_sdk_ec2::types::{
    ActivityStatus, BatchState, EventType, SpotFleetRequestConfig as Remote, SpotFleetRequestConfigData,
    SpotMaintenanceStrategies,
};
use landfall_provider::{CallResult, Filled, Known, Object, Observed, Phase, Set};

use super::launch_specification::LaunchSpecification;
use super::launch_template_config::LaunchTemplateConfig;
use super::{CapacityRebalance, MaintenanceStrategies, SpotFleetRequest, SpotFleetRequestArgs, SpotFleetRequestAttrs};
use crate::client::Aws;
use crate::convert::text;
use crate::error::Answer;
use crate::tags::from_service;
use crate::time;

/// Returns the fleet as an object. A cancelled one is gone, even while its instances go on.
///
/// # Errors
/// What DescribeSpotFleetRequestHistory failed with.
pub async fn observed(
    aws: &Aws,
    known: &Known<SpotFleetRequest>,
    remote: &Remote,
) -> CallResult<Observed<SpotFleetRequest>> {
    let state = remote.spot_fleet_request_state.as_ref();
    let is_cancelled = [BatchState::Cancelled, BatchState::CancelledRunning, BatchState::CancelledTerminatingInstances];
    if state.is_some_and(|state| is_cancelled.contains(state)) {
        return Ok(Observed::Gone);
    }
    let phase = phase(aws, known, remote).await?;
    let empty = SpotFleetRequestConfigData::builder().build();
    let config = remote.spot_fleet_request_config.as_ref().unwrap_or(&empty);
    let carried = known.args();
    let mut args = args(config, carried);
    args.tags = aws.tag_rules().observed(from_service(remote.tags()), carried.map(|args| &args.tags));
    let attrs = SpotFleetRequestAttrs {
        client_token: config.client_token.clone().unwrap_or_default(),
        spot_request_state: text(state).unwrap_or_default(),
    };
    Ok(Observed::There { phase, object: Object { id: known.id().to_owned(), args, attrs, private: None } })
}

/// What EC2 does not return is carried; times and prices of a request never change and stay in the form that is known.
fn args(config: &SpotFleetRequestConfigData, carried: Option<&SpotFleetRequestArgs>) -> SpotFleetRequestArgs {
    let or = |found: Option<String>, known: fn(&SpotFleetRequestArgs) -> &String, default: &str| {
        found.unwrap_or_else(|| carried.map_or_else(|| default.to_owned(), |args| known(args).clone()))
    };
    let fixed = |known: fn(&SpotFleetRequestArgs) -> &Option<String>, found: Option<String>| {
        carried.map_or(found, |args| known(args).clone())
    };
    let found: Set<_> = config.launch_template_configs().iter().map(LaunchTemplateConfig::observed).collect();
    let known_templates = carried.map(|args| &args.launch_template_config).filter(|_| found.is_empty());
    let launch_template_config = known_templates.cloned().unwrap_or(found);
    SpotFleetRequestArgs {
        allocation_strategy: or(
            text(config.allocation_strategy.as_ref()),
            |args| &args.allocation_strategy,
            "lowestPrice",
        ),
        context: text(config.context.as_ref()).or_else(|| carried.and_then(|args| args.context.clone())),
        excess_capacity_termination_policy: or(
            policy(config),
            |args| &args.excess_capacity_termination_policy,
            "Default",
        ),
        fleet_type: or(text(config.r#type.as_ref()), |args| &args.fleet_type, "maintain"),
        iam_fleet_role: config.iam_fleet_role.clone().unwrap_or_default(),
        instance_interruption_behaviour: or(
            text(config.instance_interruption_behavior.as_ref()),
            |args| &args.instance_interruption_behaviour,
            "terminate",
        ),
        instance_pools_to_use_count: carried
            .map_or_else(|| config.instance_pools_to_use_count.unwrap_or(1), |args| args.instance_pools_to_use_count),
        load_balancers: load_balancers(config, carried),
        on_demand_allocation_strategy: or(
            text(config.on_demand_allocation_strategy.as_ref()),
            |args| &args.on_demand_allocation_strategy,
            "lowestPrice",
        ),
        on_demand_max_total_price: fixed(
            |args| &args.on_demand_max_total_price,
            config.on_demand_max_total_price.clone(),
        ),
        on_demand_target_capacity: config
            .on_demand_target_capacity
            .or(carried.map(|args| args.on_demand_target_capacity))
            .unwrap_or_default(),
        replace_unhealthy_instances: config
            .replace_unhealthy_instances
            .or(carried.map(|args| args.replace_unhealthy_instances))
            .unwrap_or_default(),
        spot_price: fixed(|args| &args.spot_price, config.spot_price.clone()),
        target_capacity: config.target_capacity.unwrap_or_default(),
        target_capacity_unit_type: fixed(
            |args| &args.target_capacity_unit_type,
            text(config.target_capacity_unit_type.as_ref()),
        ),
        target_group_arns: target_groups(config, carried),
        terminate_instances_on_delete: carried.and_then(|args| args.terminate_instances_on_delete.clone()),
        terminate_instances_with_expiration: config
            .terminate_instances_with_expiration
            .or(carried.map(|args| args.terminate_instances_with_expiration))
            .unwrap_or_default(),
        valid_from: fixed(|args| &args.valid_from, config.valid_from.as_ref().map(time::rfc3339)),
        valid_until: fixed(|args| &args.valid_until, config.valid_until.as_ref().map(time::rfc3339)),
        wait_for_fulfillment: carried.is_some_and(|args| args.wait_for_fulfillment),
        launch_specification: specifications(config, carried, &launch_template_config),
        launch_template_config,
        spot_maintenance_strategies: config
            .spot_maintenance_strategies
            .as_ref()
            .map(MaintenanceStrategies::observed)
            .or_else(|| carried.and_then(|args| args.spot_maintenance_strategies.clone())),
        tags: Default::default(),
    }
}

/// Specifications never change: those that are known stay as they were written, user data and all.
fn specifications(
    config: &SpotFleetRequestConfigData,
    carried: Option<&SpotFleetRequestArgs>,
    templates: &Set<LaunchTemplateConfig>,
) -> Set<LaunchSpecification> {
    match carried {
        Some(args) => args.launch_specification.clone(),
        None if templates.is_empty() => {
            config.launch_specifications().iter().map(LaunchSpecification::observed).collect()
        }
        None => Set::new(),
    }
}

/// EC2 writes the words in more than one way.
fn policy(config: &SpotFleetRequestConfigData) -> Option<String> {
    let word = config.excess_capacity_termination_policy.as_ref()?.as_str();
    let ours = ["Default", "NoTermination"].into_iter().find(|ours| ours.eq_ignore_ascii_case(word));
    Some(ours.unwrap_or(word).to_owned())
}

fn load_balancers(config: &SpotFleetRequestConfigData, carried: Option<&SpotFleetRequestArgs>) -> Filled<Set<String>> {
    let classic =
        config.load_balancers_config.as_ref().and_then(|config| config.classic_load_balancers_config.as_ref());
    match classic {
        Some(config) => {
            config.classic_load_balancers().iter().filter_map(|one| one.name.clone()).collect::<Set<_>>().into()
        }
        None => carried.map_or_else(Filled::unset, |args| args.load_balancers.clone()),
    }
}

fn target_groups(config: &SpotFleetRequestConfigData, carried: Option<&SpotFleetRequestArgs>) -> Filled<Set<String>> {
    let groups = config.load_balancers_config.as_ref().and_then(|config| config.target_groups_config.as_ref());
    match groups {
        Some(config) => config.target_groups().iter().filter_map(|one| one.arn.clone()).collect::<Set<_>>().into(),
        None => carried.map_or_else(Filled::unset, |args| args.target_group_arns.clone()),
    }
}

impl MaintenanceStrategies {
    fn observed(remote: &SpotMaintenanceStrategies) -> Self {
        let rebalance = remote.capacity_rebalance.as_ref();
        let strategy = |rebalance: &aws_sdk_ec2::types::SpotCapacityRebalance| CapacityRebalance {
            replacement_strategy: text(rebalance.replacement_strategy.as_ref()),
        };
        Self { capacity_rebalance: rebalance.map(strategy) }
    }
}

/// A new fleet whose instances are waited for is ready once they are there; later it is so whatever it is doing.
async fn phase(aws: &Aws, known: &Known<SpotFleetRequest>, remote: &Remote) -> CallResult<Phase> {
    match remote.spot_fleet_request_state.as_ref() {
        Some(state @ (BatchState::Submitted | BatchState::Modifying)) => return Ok(Phase::Pending(state.to_string())),
        Some(BatchState::Failed) => {
            return Ok(Phase::Failed(format!("the request failed{}", events(aws, remote).await?)));
        }
        Some(_) | None => {}
    }
    let waits = matches!(known, Known::New { args, .. } if args.wait_for_fulfillment);
    Ok(match remote.activity_status.as_ref() {
        Some(ActivityStatus::Error) if waits => {
            Phase::Failed(format!("the fleet cannot be fulfilled{}", events(aws, remote).await?))
        }
        Some(status) if waits && *status != ActivityStatus::Fulfilled => Phase::Pending(status.to_string()),
        Some(_) | None => Phase::Ready,
    })
}

/// Returns what the fleet's history says about errors, for the end of a sentence.
async fn events(aws: &Aws, remote: &Remote) -> CallResult<String> {
    let request = aws
        .ec2()
        .describe_spot_fleet_request_history()
        .set_spot_fleet_request_id(remote.spot_fleet_request_id.clone())
        .set_start_time(remote.create_time);
    let answer = request.send().await.answer()?;
    let mut texts: Vec<String> = Vec::new();
    for record in answer.history_records().iter().filter(|record| record.event_type != Some(EventType::InstanceChange))
    {
        let Some(event) = &record.event_information else { continue };
        let Some(description) = event.event_description.as_ref().filter(|text| !text.is_empty()) else { continue };
        let text = format!("{}: {description}", event.event_sub_type.as_deref().unwrap_or_default());
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    Ok(if texts.is_empty() { String::new() } else { format!(": {}", texts.join("; ")) })
}
