use std::time::Duration;

use crate::testing::{Cloud, REGION, code};
use crate::{Fault, Faults, Tree, tree};

const FOLDER: &str = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended";
pub const MINUTE: Duration = Duration::from_secs(60);

pub struct Groups {
    pub cloud: Cloud,
    subnets: String,
}

impl Groups {
    pub fn new(cloud: Cloud) -> Self {
        let vpc = cloud.vpc("10.0.0.0/16");
        let subnets = [("10.0.1.0/24", "eu-central-1a"), ("10.0.2.0/24", "eu-central-1b")];
        let subnets = subnets.map(|(cidr, zone)| cloud.subnet(&vpc, cidr, zone)).join(",");
        let image = crate::facts::image_of_parameter(FOLDER).unwrap().id(REGION);
        let data = tree! { "ImageId": image, "InstanceType": "m5.large" };
        cloud.ec2("CreateLaunchTemplate", tree! { "LaunchTemplateName": "nodes", "LaunchTemplateData": data }).unwrap();
        Self { cloud, subnets }
    }

    pub fn call(&self, operation: &str, input: Tree) -> Result<Tree, Fault> {
        self.cloud.call("autoscaling", operation, input.with("AutoScalingGroupName", "g"))
    }

    pub fn input(&self, least: i64, most: i64, desired: i64) -> Tree {
        tree! {
            "MinSize": least,
            "MaxSize": most,
            "DesiredCapacity": desired,
            "VPCZoneIdentifier": &self.subnets,
            "LaunchTemplate": tree! { "LaunchTemplateName": "nodes", "Version": "$Latest" },
        }
    }

    pub fn shown(&self) -> Option<Tree> {
        let asked = tree! { "AutoScalingGroupNames": vec!["g"] };
        let answer = self.cloud.call("autoscaling", "DescribeAutoScalingGroups", asked).unwrap();
        answer.list_at("AutoScalingGroups").first().cloned()
    }

    pub fn states(&self) -> Vec<String> {
        let shown = self.shown().unwrap();
        shown.list_at("Instances").iter().map(|own| own.need("LifecycleState").unwrap().to_owned()).collect()
    }

    pub fn activities(&self) -> Vec<Tree> {
        self.call("DescribeScalingActivities", tree! {}).unwrap().list_at("Activities").to_vec()
    }
}

#[test]
fn a_group_grows_shrinks_replaces_and_goes() {
    let groups = Groups::new(Cloud::new());
    groups.call("CreateAutoScalingGroup", groups.input(1, 4, 3)).unwrap();
    assert!(groups.states().is_empty());
    groups.cloud.wait(MINUTE);
    assert_eq!(groups.states(), ["InService"; 3]);
    let shown = groups.shown().unwrap();
    assert_eq!(shown.texts("AvailabilityZones"), ["eu-central-1a", "eu-central-1b"]);
    let activity = &groups.activities()[0];
    assert_eq!(activity.need("StatusCode"), Ok("Successful"));
    assert!(activity.need("Cause").unwrap().contains("from 0 to 3"), "{activity:?}");
    groups.call("SetDesiredCapacity", tree! { "DesiredCapacity": 1 }).unwrap();
    groups.cloud.wait(MINUTE);
    assert_eq!(groups.states(), ["InService"]);
    let instance = groups.shown().unwrap().list_at("Instances")[0].need("InstanceId").unwrap().to_owned();
    groups.cloud.ec2("TerminateInstances", tree! { "InstanceId": vec![instance.as_str()] }).unwrap();
    groups.call("UpdateAutoScalingGroup", tree! { "MinSize": 1 }).unwrap();
    groups.cloud.wait(2 * MINUTE);
    assert_eq!(groups.states(), ["InService"]);
    assert_ne!(groups.shown().unwrap().list_at("Instances")[0].need("InstanceId"), Ok(instance.as_str()));
    assert_eq!(code(groups.call("DeleteAutoScalingGroup", tree! {})), "ResourceInUse");
    groups.call("DeleteAutoScalingGroup", tree! { "ForceDelete": "true" }).unwrap();
    assert_eq!(groups.shown().unwrap().need("Status"), Ok("Delete in progress"));
    assert_eq!(code(groups.call("CreateAutoScalingGroup", groups.input(0, 1, 0))), "AlreadyExists");
    groups.cloud.wait(2 * MINUTE);
    assert_eq!(groups.shown(), None);
}

#[test]
fn what_cannot_be_a_group_is_refused_at_once() {
    let groups = Groups::new(Cloud::new());
    let create =
        |name: &str, value: Tree| groups.call("CreateAutoScalingGroup", groups.input(0, 2, 1).with(name, value));
    assert_eq!(code(create("DesiredCapacity", 3.into())), "ValidationError");
    assert_eq!(code(create("LaunchTemplate", Tree::Null)), "ValidationError");
    assert_eq!(code(create("VPCZoneIdentifier", "".into())), "ValidationError");
    assert_eq!(code(create("LaunchConfigurationName", "old".into())), "ValidationError");
    assert_eq!(code(create("TargetGroupARNs", Tree::list(["arn"]))), "ValidationError");
    let data = tree! { "ImageId": "ami-0123456789abcdef0", "InstanceType": "m5.large" };
    let bad = tree! { "LaunchTemplateName": "nodes", "LaunchTemplateData": data };
    groups.cloud.ec2("CreateLaunchTemplateVersion", bad).unwrap();
    let Err(Fault::Coded { message, .. }) = create("MinSize", 0.into()) else { panic!("it was made") };
    let expected =
        "You must use a valid fully-formed launch template. The image id '[ami-0123456789abcdef0]' does not exist";
    assert_eq!(message, expected);
    assert_eq!(groups.shown(), None);
}

#[test]
fn tags_reach_instances_where_they_are_to() {
    let groups = Groups::new(Cloud::new());
    let tag = |key: &str, propagates: bool| tree! { "Key": key, "Value": "v", "PropagateAtLaunch": propagates };
    let input = groups.input(1, 1, 1).with("Tags", vec![tag("a", true), tag("b", false)]);
    groups.cloud.http("autoscaling", "CreateAutoScalingGroup", input.with("AutoScalingGroupName", "g")).unwrap();
    groups.cloud.wait(MINUTE);
    let filter = tree! { "Name": "tag:a", "Value": vec!["v"] };
    let answer = groups.cloud.ec2("DescribeInstances", tree! { "Filter": vec![filter] }).unwrap();
    let instance = &answer.list_at("reservationSet")[0].list_at("instancesSet")[0];
    let keys: Vec<_> = instance.list_at("tagSet").iter().map(|tag| tag.need("key").unwrap()).collect();
    assert_eq!(keys, ["a", "aws:autoscaling:groupName", "aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version"]);
}

#[test]
fn lack_of_capacity_is_told_by_activities_and_tried_again() {
    let rules = Faults::parse_rules("* * no-capacity count=2").unwrap();
    let groups = Groups::new(Cloud::with(Faults::new(0, rules)));
    groups.call("CreateAutoScalingGroup", groups.input(1, 1, 1)).unwrap();
    groups.cloud.wait(Duration::from_secs(5));
    let activity = &groups.activities()[0];
    assert_eq!(activity.need("StatusCode"), Ok("Failed"));
    assert!(activity.need("StatusMessage").unwrap().ends_with("Launching EC2 instance failed."));
    groups.cloud.wait(2 * MINUTE);
    assert_eq!(groups.states(), ["InService"]);
}

#[test]
fn a_failed_launch_beside_another_one_is_tried_again() {
    let rules = Faults::parse_rules("* * no-capacity after=1 count=2").unwrap();
    let groups = Groups::new(Cloud::with(Faults::new(0, rules)));
    groups.call("CreateAutoScalingGroup", groups.input(2, 2, 2)).unwrap();
    groups.cloud.wait(Duration::from_secs(5));
    assert_eq!(groups.states().len(), 1);
    assert!(groups.activities().iter().any(|activity| activity.need("StatusCode") == Ok("Failed")));
    groups.cloud.wait(MINUTE);
    assert_eq!(groups.states(), ["InService"; 2]);
}

#[test]
fn weights_that_count_for_nothing_are_refused() {
    let groups = Groups::new(Cloud::new());
    let create = |weight: i64| {
        let named = tree! { "LaunchTemplateName": "nodes", "Version": "1" };
        let over = tree! { "InstanceType": "m5.large", "WeightedCapacity": weight };
        let template = tree! { "LaunchTemplateSpecification": named, "Overrides": Tree::list([over]) };
        let policy = tree! { "LaunchTemplate": template };
        let input = groups.input(0, 2, 1).with("LaunchTemplate", Tree::Null).with("MixedInstancesPolicy", policy);
        groups.call("CreateAutoScalingGroup", input)
    };
    for weight in [-1, 0, 1000] {
        assert_eq!(code(create(weight)), "ValidationError");
    }
    create(999).unwrap();
}

#[test]
fn mixed_groups_have_both_markets() {
    let groups = Groups::new(Cloud::new());
    let overrides = ["m5.large", "m5a.large"].map(|name| tree! { "InstanceType": name });
    let named = tree! { "LaunchTemplateName": "nodes", "Version": "1" };
    let policy = tree! {
        "LaunchTemplate": tree! { "LaunchTemplateSpecification": named, "Overrides": Tree::list(overrides) },
        "InstancesDistribution": tree! { "OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 0 },
    };
    let input = groups.input(3, 3, 3).with("LaunchTemplate", Tree::Null).with("MixedInstancesPolicy", policy);
    groups.call("CreateAutoScalingGroup", input).unwrap();
    groups.cloud.wait(MINUTE);
    let spot = groups.cloud.ec2("DescribeSpotInstanceRequests", tree! {}).unwrap();
    assert_eq!((groups.states().len(), spot.list_at("spotInstanceRequestSet").len()), (3, 2));
    let distribution = groups.shown().unwrap().at("MixedInstancesPolicy.InstancesDistribution").unwrap().clone();
    assert_eq!(distribution.need("SpotAllocationStrategy"), Ok("lowest-price"));
    assert_eq!(distribution.int("SpotInstancePools"), Ok(Some(2)));
}

#[test]
fn schedules_fire_again_and_again_or_once() {
    let groups = Groups::new(Cloud::new());
    groups.call("CreateAutoScalingGroup", groups.input(0, 2, 0)).unwrap();
    let put =
        |name: &str, input: Tree| groups.call("PutScheduledUpdateGroupAction", input.with("ScheduledActionName", name));
    put("morning", tree! { "Recurrence": "0 10 * * *", "DesiredCapacity": 2 }).unwrap();
    put("evening", tree! { "Recurrence": "0 18 * * *", "DesiredCapacity": 0 }).unwrap();
    put("once", tree! { "StartTime": "2026-11-02T12:00:00Z", "MinSize": 1 }).unwrap();
    assert_eq!(code(put("never", tree! { "Recurrence": "0 25 * * *", "MinSize": 1 })), "ValidationError");
    assert_eq!(code(put("past", tree! { "StartTime": "2026-11-02T08:00:00Z", "MinSize": 1 })), "ValidationError");
    groups.cloud.wait(62 * MINUTE);
    assert_eq!(groups.states(), ["InService"; 2]);
    groups.cloud.wait(2 * 60 * MINUTE);
    let names =
        || groups.call("DescribeScheduledActions", tree! {}).unwrap().list_at("ScheduledUpdateGroupActions").len();
    assert_eq!(names(), 2);
    groups.cloud.wait(6 * 60 * MINUTE);
    assert_eq!(groups.states(), ["InService"], "the action that ran once has raised the least size");
}

#[test]
fn hooks_hold_instances_until_somebody_speaks() {
    let groups = Groups::new(Cloud::new());
    let hook = tree! {
        "LifecycleHookName": "h",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "HeartbeatTimeout": 300,
    };
    let input = groups.input(1, 1, 1).with("LifecycleHookSpecificationList", vec![hook]);
    groups.call("CreateAutoScalingGroup", input).unwrap();
    groups.cloud.wait(MINUTE);
    assert_eq!(groups.states(), ["Pending:Wait"]);
    let instance = groups.shown().unwrap().list_at("Instances")[0].need("InstanceId").unwrap().to_owned();
    let complete = tree! { "LifecycleHookName": "h", "InstanceId": instance, "LifecycleActionResult": "CONTINUE" };
    groups.call("CompleteLifecycleAction", complete.clone()).unwrap();
    assert_eq!(groups.states(), ["InService"]);
    assert_eq!(code(groups.call("CompleteLifecycleAction", complete)), "ValidationError");
}

#[test]
fn all_hooks_have_to_let_an_instance_go_on() {
    let groups = Groups::new(Cloud::new());
    groups.call("CreateAutoScalingGroup", groups.input(0, 1, 1)).unwrap();
    let hook = |name: &str| tree! { "LifecycleHookName": name };
    for name in ["a", "b"] {
        let input = hook(name).with("LifecycleTransition", "autoscaling:EC2_INSTANCE_TERMINATING");
        groups.call("PutLifecycleHook", input).unwrap();
    }
    groups.cloud.wait(MINUTE);
    groups.call("SetDesiredCapacity", tree! { "DesiredCapacity": 0 }).unwrap();
    groups.cloud.wait(MINUTE);
    assert_eq!(groups.states(), ["Terminating:Wait"]);
    let instance = groups.shown().unwrap().list_at("Instances")[0].need("InstanceId").unwrap().to_owned();
    let complete = hook("a").with("InstanceId", instance).with("LifecycleActionResult", "CONTINUE");
    groups.call("CompleteLifecycleAction", complete.clone()).unwrap();
    assert_eq!(code(groups.call("CompleteLifecycleAction", complete)), "ValidationError");
    assert_eq!(groups.states(), ["Terminating:Wait"]);
    groups.call("DeleteLifecycleHook", hook("b")).unwrap();
    assert_eq!(groups.states(), ["Terminating"]);
}

#[test]
fn force_waits_for_no_hook() {
    let groups = Groups::new(Cloud::new());
    groups.call("CreateAutoScalingGroup", groups.input(0, 1, 1)).unwrap();
    let hook = tree! { "LifecycleHookName": "h", "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING" };
    groups.call("PutLifecycleHook", hook).unwrap();
    groups.cloud.wait(MINUTE);
    groups.call("SetDesiredCapacity", tree! { "DesiredCapacity": 0 }).unwrap();
    groups.cloud.wait(MINUTE);
    assert_eq!(groups.states(), ["Terminating:Wait"]);
    groups.call("DeleteAutoScalingGroup", tree! { "ForceDelete": "true" }).unwrap();
    groups.cloud.wait(2 * MINUTE);
    assert_eq!(groups.shown(), None);
}

#[test]
fn a_refresh_replaces_all_instances() {
    let groups = Groups::new(Cloud::new());
    groups.call("CreateAutoScalingGroup", groups.input(2, 2, 2)).unwrap();
    groups.cloud.wait(MINUTE);
    let ids = || -> Vec<String> {
        let shown = groups.shown().unwrap();
        shown.list_at("Instances").iter().map(|own| own.need("InstanceId").unwrap().to_owned()).collect()
    };
    let before = ids();
    groups.call("StartInstanceRefresh", tree! {}).unwrap();
    assert_eq!(code(groups.call("StartInstanceRefresh", tree! {})), "InstanceRefreshInProgress");
    groups.cloud.wait(5 * MINUTE);
    let answer = groups.call("DescribeInstanceRefreshes", tree! {}).unwrap();
    assert_eq!(answer.list_at("InstanceRefreshes")[0].need("Status"), Ok("Successful"));
    assert!(ids().len() == 2 && ids().iter().all(|id| !before.contains(id)));
    assert_eq!(code(groups.call("CancelInstanceRefresh", tree! {})), "ActiveInstanceRefreshNotFound");
}
