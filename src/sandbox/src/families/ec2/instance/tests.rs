use std::time::Duration;

use super::*;
use crate::testing::{Cloud, REGION, code};

const FOLDER: &str = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended";

/// A launch of one instance in a subnet of its own.
pub fn network(cloud: &Cloud) -> (String, String) {
    let vpc = cloud.vpc("10.0.0.0/16");
    let subnet = cloud.subnet(&vpc, "10.0.1.0/28", "eu-central-1a");
    (vpc, subnet)
}

pub fn request(subnet: &str) -> Tree {
    let image = crate::facts::image_of_parameter(FOLDER).unwrap().id(REGION);
    tree! { "ImageId": image, "InstanceType": "m5.large", "SubnetId": subnet, "MinCount": "1", "MaxCount": "1" }
}

pub fn run(cloud: &Cloud, input: Tree) -> Result<Tree, Fault> {
    cloud.ec2("RunInstances", input).map(|answer| answer.list_at("instancesSet")[0].clone())
}

fn shown(cloud: &Cloud, id: &str) -> Tree {
    let answer = cloud.ec2("DescribeInstances", tree! { "InstanceId": vec![id] }).unwrap();
    answer.list_at("reservationSet")[0].list_at("instancesSet")[0].clone()
}

fn free(cloud: &Cloud, subnet: &str) -> i64 {
    let answer = cloud.ec2("DescribeSubnets", tree! { "SubnetId": vec![subnet] }).unwrap();
    answer.list_at("subnetSet")[0].int("availableIpAddressCount").unwrap().unwrap()
}

#[test]
fn instances_start_run_end_and_are_forgotten() {
    let cloud = Cloud::new();
    let (_, subnet) = network(&cloud);
    let instance = run(&cloud, request(&subnet)).unwrap();
    let id = instance.need("instanceId").unwrap();
    assert_eq!(instance.need("instanceState.name"), Ok("pending"));
    assert_eq!(free(&cloud, &subnet), 10);
    cloud.wait(PENDING);
    let running = shown(&cloud, id);
    assert_eq!(running.need("instanceState.name"), Ok("running"));
    assert_eq!(running.need("metadataOptions.httpTokens"), Ok("required"));
    assert_eq!(running.list_at("blockDeviceMapping").len(), 1);
    assert_eq!(code(cloud.ec2("DeleteSubnet", tree! { "SubnetId": &subnet })), "DependencyViolation");
    let ended = cloud.ec2("TerminateInstances", tree! { "InstanceId": vec![id] }).unwrap();
    assert_eq!(ended.list_at("instancesSet")[0].need("currentState.name"), Ok("shutting-down"));
    cloud.wait(STOPPING);
    let gone = shown(&cloud, id);
    assert_eq!(gone.need("instanceState.name"), Ok("terminated"));
    assert!(
        gone.need("reason").unwrap().starts_with("User initiated (20")
            && gone.need("reason").unwrap().ends_with(" GMT)")
    );
    assert_eq!(free(&cloud, &subnet), 11);
    assert!(cloud.ec2("DescribeVolumes", tree! {}).unwrap().list_at("volumeSet").is_empty());
    cloud.wait(Duration::from_secs(3600));
    assert_eq!(code(cloud.ec2("DescribeInstances", tree! { "InstanceId": vec![id] })), "InvalidInstanceID.NotFound");
}

#[test]
fn what_cannot_be_launched_is_refused() {
    let cloud = Cloud::new();
    let (vpc, subnet) = network(&cloud);
    let with = |name: &str, value: Tree| code(run(&cloud, request(&subnet).with(name, value)));
    assert_eq!(with("ImageId", "ami-0123456789abcdef0".into()), "InvalidAMIID.NotFound");
    assert_eq!(with("InstanceType", "m6g.large".into()), "InvalidParameterValue");
    assert_eq!(with("KeyName", "absent".into()), "InvalidKeyPair.NotFound");
    assert_eq!(with("SubnetId", "subnet-0123456789abcdef0".into()), "InvalidSubnetID.NotFound");
    assert_eq!(with("IamInstanceProfile", tree! { "Name": "absent" }), "InvalidParameterValue");
    assert_eq!(with("MaxCount", "12".into()), "InsufficientFreeAddressesInSubnet");
    let other = cloud.vpc("10.1.0.0/16");
    let group = tree! { "GroupName": "g", "GroupDescription": "g", "VpcId": other };
    let group = cloud.ec2("CreateSecurityGroup", group).unwrap().need("groupId").unwrap().to_owned();
    assert_eq!(with("SecurityGroupId", vec![group].into()), "InvalidParameter");
    let small = tree! { "DeviceName": "/dev/xvda", "Ebs": tree! { "VolumeSize": "10" } };
    assert_eq!(with("BlockDeviceMapping", vec![small].into()), "InvalidBlockDeviceMapping");
    assert_eq!(free(&cloud, &subnet), 11);
    let _ = vpc;
}

#[test]
fn options_and_places_are_checked_and_all_absent_instances_named() {
    let cloud = Cloud::new();
    let (_, subnet) = network(&cloud);
    let refused = |name: &str, value: Tree| code(run(&cloud, request(&subnet).with(name, value)));
    assert_eq!(refused("MetadataOptions", tree! { "HttpTokens": "maybe" }), "InvalidParameterValue");
    assert_eq!(refused("InstanceInitiatedShutdownBehavior", "explode".into()), "InvalidParameterValue");
    assert_eq!(refused("Placement", tree! { "AvailabilityZone": "eu-central-1z" }), "InvalidParameterValue");
    let absent = vec!["i-0123456789abcdef0", "i-0123456789abcdef1"];
    let message = cloud.ec2("DescribeInstances", tree! { "InstanceId": absent }).unwrap_err().message("ec2");
    assert_eq!(message, "The instance IDs 'i-0123456789abcdef0, i-0123456789abcdef1' do not exist");
}

#[test]
fn a_token_launches_once() {
    let cloud = Cloud::new();
    let (_, subnet) = network(&cloud);
    let input = || request(&subnet).with("ClientToken", "t");
    let first = run(&cloud, input()).unwrap();
    assert_eq!(first.need("instanceId"), run(&cloud, input()).unwrap().need("instanceId"));
    assert_eq!(code(run(&cloud, input().with("InstanceType", "m5.xlarge"))), "IdempotentParameterMismatch");
}

#[test]
fn launch_templates_are_the_ground_that_requests_change() {
    let cloud = Cloud::new();
    let (_, subnet) = network(&cloud);
    let tags = tree! { "ResourceType": "instance", "Tag": vec![tree! { "Key": "Name", "Value": "node" }] };
    let ebs = tree! { "VolumeSize": "50", "VolumeType": "gp3", "Encrypted": "true" };
    let data = request(&subnet)
        .with("MinCount", Tree::Null)
        .with("MaxCount", Tree::Null)
        .with("SubnetId", Tree::Null)
        .with("BlockDeviceMapping", vec![tree! { "DeviceName": "/dev/xvda", "Ebs": ebs }])
        .with("TagSpecification", vec![tags]);
    let made = tree! { "LaunchTemplateName": "nodes", "LaunchTemplateData": data };
    cloud.http("ec2", "CreateLaunchTemplate", made).unwrap();
    let template = tree! { "LaunchTemplateName": "nodes", "Version": "$Latest" };
    let input = tree! {
        "LaunchTemplate": template,
        "InstanceType": "m5.xlarge",
        "SubnetId": &subnet,
        "MinCount": "1",
        "MaxCount": "1",
    };
    let instance = run(&cloud, input.clone()).unwrap();
    assert_eq!(instance.need("instanceType"), Ok("m5.xlarge"));
    let keys: Vec<_> = instance.list_at("tagSet").iter().map(|tag| tag.need("key").unwrap()).collect();
    assert_eq!(keys, ["Name", "aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version"]);
    let volumes = cloud.ec2("DescribeVolumes", tree! {}).unwrap();
    assert_eq!(volumes.list_at("volumeSet")[0].int("size"), Ok(Some(50)));
    let absent = input.with("LaunchTemplate", tree! { "LaunchTemplateName": "nodes", "Version": "2" });
    assert_eq!(code(run(&cloud, absent)), "InvalidLaunchTemplateId.VersionNotFound");
}

#[test]
fn attributes_are_set_and_guard_the_instance() {
    let cloud = Cloud::new();
    let (_, subnet) = network(&cloud);
    let instance = run(&cloud, request(&subnet)).unwrap();
    let id = instance.need("instanceId").unwrap();
    cloud.wait(PENDING);
    let modify = |name: &str, value: &str| {
        cloud.ec2("ModifyInstanceAttribute", tree! { "InstanceId": id }.with(name, tree! { "Value": value }))
    };
    modify("DisableApiTermination", "true").unwrap();
    let terminate = || cloud.ec2("TerminateInstances", tree! { "InstanceId": vec![id] });
    assert_eq!(code(terminate()), "OperationNotPermitted");
    modify("DisableApiTermination", "false").unwrap();
    assert_eq!(code(modify("InstanceType", "m5.xlarge")), "IncorrectInstanceState");
    cloud.ec2("StopInstances", tree! { "InstanceId": vec![id] }).unwrap();
    cloud.wait(STOPPING);
    modify("InstanceType", "m5.xlarge").unwrap();
    cloud.ec2("StartInstances", tree! { "InstanceId": vec![id] }).unwrap();
    assert_eq!(shown(&cloud, id).need("instanceType"), Ok("m5.xlarge"));
    terminate().unwrap();
}

#[test]
fn spot_requests_get_their_instance_or_say_why_not() {
    let rules = crate::Faults::parse_rules("* * no-spot-capacity count=1").unwrap();
    let cloud = Cloud::with(crate::Faults::new(0, rules));
    let (_, subnet) = network(&cloud);
    let data = request(&subnet).with("MinCount", Tree::Null).with("MaxCount", Tree::Null);
    cloud.ec2("RequestSpotInstances", tree! { "LaunchSpecification": data }).unwrap();
    let status = || {
        let answer = cloud.ec2("DescribeSpotInstanceRequests", tree! {}).unwrap();
        answer.list_at("spotInstanceRequestSet")[0].clone()
    };
    assert_eq!(status().need("status.code"), Ok("pending-evaluation"));
    cloud.wait(Duration::from_secs(10));
    assert_eq!(status().need("status.code"), Ok("capacity-not-available"));
    cloud.wait(Duration::from_secs(60));
    assert_eq!((status().need("state"), status().need("status.code")), (Ok("active"), Ok("fulfilled")));
    let id = status().need("instanceId").unwrap().to_owned();
    assert_eq!(shown(&cloud, &id).need("instanceLifecycle"), Ok("spot"));
    cloud.ec2("TerminateInstances", tree! { "InstanceId": vec![id] }).unwrap();
    assert_eq!(status().need("state"), Ok("closed"));
}
