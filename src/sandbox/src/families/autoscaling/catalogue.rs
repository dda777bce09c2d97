//! What there is to choose from, and how much of it an account may have.

use super::{Group, hooks, validation};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "autoscaling",
    operations: &[
        read("DescribeAccountLimits", &[], limits),
        read("DescribeAdjustmentTypes", &[], |_, _| {
            let types = super::policy::ADJUSTMENTS.iter().map(|name| tree! { "AdjustmentType": *name });
            Ok(tree! { "AdjustmentTypes": Tree::list(types) })
        }),
        read("DescribeAutoScalingNotificationTypes", &[], |_, _| {
            Ok(tree! { "AutoScalingNotificationTypes": Tree::list(NOTIFICATIONS) })
        }),
        read("DescribeLifecycleHookTypes", &[], |_, _| {
            Ok(tree! { "LifecycleHookTypes": vec![hooks::LAUNCHING, hooks::TERMINATING] })
        }),
        read("DescribeMetricCollectionTypes", &[], metrics),
        read("DescribeTerminationPolicyTypes", &[], |_, _| {
            Ok(tree! { "TerminationPolicyTypes": Tree::list(super::group::TERMINATION_POLICIES.iter().copied()) })
        }),
        read("DescribeNotificationConfigurations", &["AutoScalingGroupNames", "MaxRecords", "NextToken"], notified),
        read("DescribeLaunchConfigurations", &["LaunchConfigurationNames", "MaxRecords", "NextToken"], |_, _| {
            Ok(tree! { "LaunchConfigurations": Tree::List(Vec::new()) })
        }),
        write("CreateLaunchConfiguration", LAUNCH_CONFIGURATION, |_, _| {
            let message = "The Launch Configuration creation operation is not available in your account. Use launch \
                           templates to create configuration templates for your Auto Scaling groups.";
            Err(Fault::new("UnsupportedOperation", message))
        }),
        write("DeleteLaunchConfiguration", &["LaunchConfigurationName"], |_, input| {
            Err(no_launch_configuration(input.need("LaunchConfigurationName")?))
        }),
    ],
    events: &[],
};

/// Members of a launch configuration. Accounts that came after October 2024 cannot make any, and this is such a one.
const LAUNCH_CONFIGURATION: &[&str] = &[
    "LaunchConfigurationName",
    "ImageId",
    "KeyName",
    "SecurityGroups",
    "ClassicLinkVPCId",
    "ClassicLinkVPCSecurityGroups",
    "UserData",
    "InstanceId",
    "InstanceType",
    "KernelId",
    "RamdiskId",
    "BlockDeviceMappings",
    "InstanceMonitoring",
    "SpotPrice",
    "IamInstanceProfile",
    "EbsOptimized",
    "AssociatePublicIpAddress",
    "PlacementTenancy",
    "MetadataOptions",
];

/// How many groups a region may have.
pub const MOST_GROUPS: usize = 500;
/// How many launch configurations a region may have.
const MOST_LAUNCH_CONFIGURATIONS: usize = 200;

/// What a group can tell about.
const NOTIFICATIONS: [&str; 5] = [
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
    "autoscaling:TEST_NOTIFICATION",
];

/// Returns the error for a launch configuration: nobody has any, as nobody who came lately can make one.
pub fn no_launch_configuration(name: &str) -> Fault {
    validation(format!("Launch configuration name not found - Launch configuration {name} not found"))
}

fn limits(scope: &Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    Ok(tree! {
        "MaxNumberOfAutoScalingGroups": MOST_GROUPS,
        "MaxNumberOfLaunchConfigurations": MOST_LAUNCH_CONFIGURATIONS,
        "NumberOfAutoScalingGroups": scope.autoscaling().groups.len(),
        "NumberOfLaunchConfigurations": 0,
    })
}

fn metrics(_: &Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    let metrics = super::processes::METRICS.iter().map(|name| tree! { "Metric": *name });
    Ok(tree! {
        "Metrics": Tree::list(metrics),
        "Granularities": vec![tree! { "Granularity": "1Minute" }],
    })
}

/// There are no topics that a group could write to.
fn notified(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    for name in input.texts("AutoScalingGroupNames") {
        let _: &Group = scope.autoscaling().group(name)?;
    }
    Ok(tree! { "NotificationConfigurations": Tree::List(Vec::new()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn lists_of_types_hold_what_groups_take() {
        let cloud = Cloud::new();
        let list = |operation: &str, member: &str| {
            let answer = cloud.call("autoscaling", operation, tree! {}).unwrap();
            answer.list_at(member).len()
        };
        assert_eq!(list("DescribeAdjustmentTypes", "AdjustmentTypes"), 3);
        assert_eq!(list("DescribeLifecycleHookTypes", "LifecycleHookTypes"), 2);
        assert_eq!(list("DescribeTerminationPolicyTypes", "TerminationPolicyTypes"), 7);
        assert_eq!(list("DescribeMetricCollectionTypes", "Granularities"), 1);
        let limits = cloud.call("autoscaling", "DescribeAccountLimits", tree! {}).unwrap();
        assert_eq!(limits.int("NumberOfAutoScalingGroups"), Ok(Some(0)));
        let absent = tree! { "LaunchConfigurationName": "l" };
        let made = cloud.call("autoscaling", "CreateLaunchConfiguration", absent.clone());
        assert_eq!(code(made), "UnsupportedOperation");
        assert_eq!(code(cloud.call("autoscaling", "DeleteLaunchConfiguration", absent)), "ValidationError");
    }
}
