//! Processes that can be suspended, metrics, and protection of instances.

use super::balance::{SOON, wake};
use super::validation;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        write("SuspendProcesses", &["AutoScalingGroupName", "ScalingProcesses"], suspend),
        write("ResumeProcesses", &["AutoScalingGroupName", "ScalingProcesses"], resume),
        read("DescribeScalingProcessTypes", &[], describe),
        write("EnableMetricsCollection", &["AutoScalingGroupName", "Metrics", "Granularity"], enable_metrics),
        write("DisableMetricsCollection", &["AutoScalingGroupName", "Metrics"], disable_metrics),
        write("SetInstanceProtection", &["AutoScalingGroupName", "InstanceIds", "ProtectedFromScaleIn"], protect),
    ],
    events: &[],
};

const PROCESSES: &[&str] = &[
    "AZRebalance",
    "AddToLoadBalancer",
    "AlarmNotification",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

pub const METRICS: &[&str] = &[
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupInServiceCapacity",
    "GroupPendingInstances",
    "GroupPendingCapacity",
    "GroupTerminatingInstances",
    "GroupTerminatingCapacity",
    "GroupStandbyInstances",
    "GroupStandbyCapacity",
    "GroupTotalInstances",
    "GroupTotalCapacity",
    "WarmPoolMinSize",
    "WarmPoolDesiredCapacity",
    "WarmPoolWarmedCapacity",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
];

/// Returns the words that a list names, all of them known ones; all where it names none.
fn named<'a>(input: &'a Tree, member: &str, known: &[&'a str]) -> Result<Vec<&'a str>, Fault> {
    let named = input.texts(member);
    match named.iter().find(|name| !known.contains(name)) {
        Some(other) => Err(validation(format!("The value '{other}' of {member} is not valid."))),
        None if named.is_empty() => Ok(known.to_vec()),
        None => Ok(named),
    }
}

fn suspend(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let processes = named(input, "ScalingProcesses", PROCESSES)?;
    let reason = format!("User suspended at {}", scope.now);
    let group = scope.autoscaling_mut().group_mut(input.need("AutoScalingGroupName")?)?;
    group.suspended.extend(processes.into_iter().map(|process| (process.to_owned(), reason.clone())));
    Ok(Tree::object())
}

fn resume(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let processes = named(input, "ScalingProcesses", PROCESSES)?;
    let name = input.need("AutoScalingGroupName")?;
    let group = scope.autoscaling_mut().group_mut(name)?;
    group.suspended.retain(|process, _| !processes.contains(&process.as_str()));
    wake(scope, name, SOON);
    Ok(Tree::object())
}

fn describe(_: &Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    Ok(tree! { "Processes": Tree::list(PROCESSES.iter().map(|process| tree! { "ProcessName": *process })) })
}

/// Lets metrics be collected, as EnableMetricsCollection does.
///
/// # Errors
/// When it is refused.
pub(crate) fn enable_metrics(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let granularity = input.need("Granularity")?;
    if granularity != "1Minute" {
        return Err(validation("Valid metrics granularity type is: [1Minute]."));
    }
    let metrics = named(input, "Metrics", METRICS)?;
    let group = scope.autoscaling_mut().group_mut(input.need("AutoScalingGroupName")?)?;
    group.metrics.extend(metrics.into_iter().map(ToOwned::to_owned));
    Ok(Tree::object())
}

fn disable_metrics(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let metrics = named(input, "Metrics", METRICS)?;
    let group = scope.autoscaling_mut().group_mut(input.need("AutoScalingGroupName")?)?;
    group.metrics.retain(|metric| !metrics.contains(&metric.as_str()));
    Ok(Tree::object())
}

fn protect(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, ids) = (input.need("AutoScalingGroupName")?, input.texts("InstanceIds"));
    let is_protected = input.bool("ProtectedFromScaleIn")?.ok_or_else(|| Fault::missing("ProtectedFromScaleIn"))?;
    let group = scope.autoscaling_mut().group_mut(name)?;
    let has = |id: &str| group.members.iter().any(|member| member.instance_id == id);
    if let Some(absent) = ids.iter().find(|id| !has(id)) {
        return Err(validation(format!("The instance {absent} is not part of Auto Scaling group {name}.")));
    }
    for member in group.members.iter_mut().filter(|member| ids.contains(&member.instance_id.as_str())) {
        member.is_protected = is_protected;
    }
    Ok(Tree::object())
}
