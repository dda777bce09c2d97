//! Scaling policies: kept and given back; one that is carried out changes the desired size.

use serde::{Deserialize, Serialize};

use super::balance::{SOON, wake};
use super::{Group, PAGING, validation};
use crate::families::page::page;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write(
            "PutScalingPolicy",
            &[
                "AutoScalingGroupName",
                "PolicyName",
                "PolicyType",
                "AdjustmentType",
                "MinAdjustmentStep",
                "MinAdjustmentMagnitude",
                "ScalingAdjustment",
                "Cooldown",
                "MetricAggregationType",
                "StepAdjustments",
                "EstimatedInstanceWarmup",
                "TargetTrackingConfiguration",
                "Enabled",
            ],
            put,
        ),
        read(
            "DescribePolicies",
            &["AutoScalingGroupName", "PolicyNames", "PolicyTypes", "MaxRecords", "NextToken"],
            describe,
        ),
        write("DeletePolicy", &["AutoScalingGroupName", "PolicyName"], delete),
        write(
            "ExecutePolicy",
            &["AutoScalingGroupName", "PolicyName", "HonorCooldown", "MetricValue", "BreachThreshold"],
            execute,
        ),
    ],
    events: &[],
};

/// How a policy changes the desired size.
pub const ADJUSTMENTS: [&str; 3] = ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"];

/// A policy of a group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// The unique part of its ARN.
    pub uuid: String,
    /// What it was told, with what is filled in.
    pub settings: Tree,
    /// The unique part of the names of its alarms.
    pub alarms: String,
}

fn arn(scope: &Scope<'_>, group: &str, name: &str, policy: &Policy) -> String {
    let resource = format!("scalingPolicy:{}:autoScalingGroupName/{group}:policyName/{name}", policy.uuid);
    scope.arn("autoscaling", &resource)
}

/// Returns the alarms that a policy has made: only those that follow a target have any.
fn alarms(scope: &Scope<'_>, group: &str, policy: &Policy) -> Tree {
    let follows = policy.settings.has("TargetTrackingConfiguration");
    let alarms = ["AlarmHigh", "AlarmLow"].into_iter().filter(|_| follows).map(|side| {
        let name = format!("TargetTracking-{group}-{side}-{}", policy.alarms);
        tree! { "AlarmARN": scope.arn("cloudwatch", &format!("alarm:{name}")), "AlarmName": name }
    });
    Tree::list(alarms)
}

fn checked(input: &Tree) -> Result<Tree, Fault> {
    let kind = input.text("PolicyType")?.unwrap_or("SimpleScaling");
    let adjustment = input.text("AdjustmentType")?;
    if let Some(other) = adjustment.filter(|own| !ADJUSTMENTS.contains(own)) {
        let message = format!("Invalid adjustment type: {other}. Valid types are [{}].", ADJUSTMENTS.join(", "));
        return Err(validation(message));
    }
    let needs = |member: &str| match input.has(member) {
        true => Ok(()),
        false => Err(validation(format!("{member} is required for policy type {kind}"))),
    };
    let mut settings = tree! { "PolicyType": kind, "Enabled": input.bool("Enabled")?.unwrap_or(true) };
    let kept: &[&str] = match kind {
        "SimpleScaling" => {
            needs("AdjustmentType")?;
            needs("ScalingAdjustment")?;
            &["AdjustmentType", "ScalingAdjustment", "Cooldown", "MinAdjustmentStep", "MinAdjustmentMagnitude"]
        }
        "StepScaling" => {
            needs("AdjustmentType")?;
            needs("StepAdjustments")?;
            settings.set("MetricAggregationType", "Average");
            &[
                "AdjustmentType",
                "StepAdjustments",
                "MinAdjustmentMagnitude",
                "MetricAggregationType",
                "EstimatedInstanceWarmup",
            ]
        }
        "TargetTrackingScaling" => {
            needs("TargetTrackingConfiguration")?;
            if input.number("TargetTrackingConfiguration.TargetValue")?.is_none() {
                return Err(Fault::missing("targetTrackingConfiguration.targetValue"));
            }
            &["TargetTrackingConfiguration", "EstimatedInstanceWarmup"]
        }
        "PredictiveScaling" => return Err(Fault::not_modelled("predictive scaling")),
        other => return Err(validation(format!("Invalid policy type: {other}"))),
    };
    for member in ["AdjustmentType", "ScalingAdjustment", "Cooldown", "StepAdjustments", "TargetTrackingConfiguration"]
    {
        if input.has(member) && !kept.contains(&member) {
            return Err(validation(format!("{member} is not valid for policy type {kind}")));
        }
    }
    for member in kept.iter().filter(|member| input.has(member)) {
        settings.set(member, input.at(member).cloned().unwrap_or_default());
    }
    if let Some(tracking) = settings.at("TargetTrackingConfiguration").filter(|own| !own.has("DisableScaleIn")) {
        let filled = tracking.clone().with("DisableScaleIn", false);
        settings.set("TargetTrackingConfiguration", filled);
    }
    Ok(settings)
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (group_name, name) = (input.need("AutoScalingGroupName")?, input.need("PolicyName")?);
    let prior = scope.autoscaling().group(group_name)?.policies.get(name).cloned();
    let settings = checked(input)?;
    let policy = match prior {
        Some(prior) => Policy { settings, ..prior },
        None => Policy { uuid: scope.ids().uuid(), settings, alarms: scope.ids().uuid() },
    };
    let answer =
        tree! { "PolicyARN": arn(scope, group_name, name, &policy), "Alarms": alarms(scope, group_name, &policy) };
    scope.autoscaling_mut().group_mut(group_name)?.policies.insert(name.to_owned(), policy);
    Ok(answer)
}

fn shown(scope: &Scope<'_>, group: &str, name: &str, policy: &Policy) -> Tree {
    let mut shown = tree! {
        "AutoScalingGroupName": group,
        "PolicyName": name,
        "PolicyARN": arn(scope, group, name, policy),
        "StepAdjustments": Tree::List(Vec::new()),
        "Alarms": alarms(scope, group, policy),
    };
    policy.settings.members().for_each(|(name, value)| shown.set(name, value));
    shown
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (wanted, names) = (input.text("AutoScalingGroupName")?, input.texts("PolicyNames"));
    let types = input.texts("PolicyTypes");
    if let Some(group) = wanted {
        scope.autoscaling().group(group)?;
    }
    let mut found = Vec::new();
    for (group_name, group) in &scope.autoscaling().groups {
        for (name, policy) in &group.policies {
            let kind = policy.settings.need("PolicyType")?;
            let arn = arn(scope, group_name, name, policy);
            if wanted.is_none_or(|wanted| wanted == group_name)
                && (names.is_empty() || names.contains(&name.as_str()) || names.contains(&arn.as_str()))
                && (types.is_empty() || types.contains(&kind))
            {
                found.push(shown(scope, group_name, name, policy));
            }
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "ScalingPolicies": page.items, "NextToken": page.next })
}

/// Returns group and name of the policy that an input names, by name or ARN.
fn named(scope: &Scope<'_>, input: &Tree) -> Result<(String, String), Fault> {
    let (group_name, wanted) = (input.text("AutoScalingGroupName")?, input.need("PolicyName")?);
    if let Some(group) = group_name {
        scope.autoscaling().group(group)?;
    }
    for (own_name, group) in &scope.autoscaling().groups {
        for (name, policy) in &group.policies {
            let is_named = group_name == Some(own_name) && name == wanted;
            if is_named || arn(scope, own_name, name, policy) == wanted {
                return Ok((own_name.clone(), name.clone()));
            }
        }
    }
    Err(validation(format!("PolicyName not found - Policy {wanted} not found")))
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (group, name) = named(scope, input)?;
    scope.autoscaling_mut().group_mut(&group)?.policies.remove(&name);
    Ok(Tree::object())
}

/// Returns the desired size after an adjustment.
fn adjusted(desired: i64, kind: &str, adjustment: i64, least_step: i64) -> i64 {
    match kind {
        "ExactCapacity" => adjustment,
        "PercentChangeInCapacity" => {
            // What is more than one is cut off, what is less is one.
            let change = desired * adjustment / 100;
            let change = if change == 0 { adjustment.signum() } else { change };
            desired + if change.abs() < least_step { least_step * adjustment.signum() } else { change }
        }
        _ => desired + adjustment,
    }
}

/// Returns the adjustment of the step that a metric has reached.
fn step(policy: &Tree, input: &Tree) -> Result<i64, Fault> {
    let (value, threshold) = (input.number("MetricValue")?, input.number("BreachThreshold")?);
    let (Some(value), Some(threshold)) = (value, threshold) else {
        return Err(validation("MetricValue and BreachThreshold are required for step scaling policies"));
    };
    for step in policy.list_at("StepAdjustments") {
        let lower = step.number("MetricIntervalLowerBound")?.is_none_or(|bound| value - threshold >= bound);
        let upper = step.number("MetricIntervalUpperBound")?.is_none_or(|bound| value - threshold < bound);
        if lower && upper {
            return step.int("ScalingAdjustment")?.ok_or_else(|| Fault::missing("ScalingAdjustment"));
        }
    }
    Err(validation("No step adjustment found for the metric value and the breach threshold"))
}

fn execute(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (group_name, name) = named(scope, input)?;
    let group: &Group = scope.autoscaling().group(&group_name)?;
    let policy = &group.policies[&name].settings;
    let adjustment = match policy.need("PolicyType")? {
        "SimpleScaling" => policy.int("ScalingAdjustment")?.unwrap_or(0),
        "StepScaling" => step(policy, input)?,
        other => return Err(validation(format!("Policies of type {other} cannot be executed"))),
    };
    let kind = policy.text("AdjustmentType")?.unwrap_or("ChangeInCapacity");
    let least_step = policy.int("MinAdjustmentMagnitude")?.or(policy.int("MinAdjustmentStep")?).unwrap_or(0);
    let before = group.sizes.desired;
    let desired = adjusted(before, kind, adjustment, least_step).max(group.sizes.least).min(group.sizes.most);
    let now = scope.now;
    let group = scope.autoscaling_mut().group_mut(&group_name)?;
    group.sizes.desired = desired;
    if desired != before {
        group.reason = format!(
            "At {now} a user request executed policy {name} changing the desired capacity from {before} to {desired}.  "
        );
    }
    wake(scope, &group_name, SOON);
    Ok(Tree::object())
}

#[cfg(test)]
mod tests {
    use super::super::group::tests::Groups;
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn adjustments_count_from_the_desired_size() {
        assert_eq!(adjusted(4, "ChangeInCapacity", -1, 0), 3);
        assert_eq!(adjusted(4, "ExactCapacity", 7, 0), 7);
        assert_eq!(adjusted(4, "PercentChangeInCapacity", 60, 0), 6);
        assert_eq!(adjusted(4, "PercentChangeInCapacity", 10, 0), 5);
        assert_eq!(adjusted(4, "PercentChangeInCapacity", -10, 2), 2);
    }

    #[test]
    fn policies_are_kept_carried_out_and_go() {
        let groups = Groups::new(Cloud::new());
        groups.call("CreateAutoScalingGroup", groups.input(0, 5, 1)).unwrap();
        let simple = tree! { "PolicyName": "up", "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 2 };
        let made = groups.call("PutScalingPolicy", simple.clone()).unwrap();
        let again = groups.call("PutScalingPolicy", simple.with("Cooldown", 60)).unwrap();
        assert_eq!(made.need("PolicyARN"), again.need("PolicyARN"));
        let metric = tree! { "PredefinedMetricType": "ASGAverageCPUUtilization" };
        let tracking = tree! { "TargetValue": 50, "PredefinedMetricSpecification": metric };
        let tracked = tree! { "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling" };
        assert_eq!(code(groups.call("PutScalingPolicy", tracked.clone())), "ValidationError");
        let made = groups.call("PutScalingPolicy", tracked.with("TargetTrackingConfiguration", tracking)).unwrap();
        assert_eq!(made.list_at("Alarms").len(), 2);
        let shown = groups.call("DescribePolicies", tree! { "PolicyTypes": vec!["SimpleScaling"] }).unwrap();
        assert_eq!(shown.list_at("ScalingPolicies")[0].int("Cooldown"), Ok(Some(60)));
        groups.call("ExecutePolicy", tree! { "PolicyName": "up" }).unwrap();
        assert_eq!(groups.shown().unwrap().int("DesiredCapacity"), Ok(Some(3)));
        groups.call("DeletePolicy", tree! { "PolicyName": "up" }).unwrap();
        assert_eq!(code(groups.call("DeletePolicy", tree! { "PolicyName": "up" })), "ValidationError");
    }
}
