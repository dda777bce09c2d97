use super::*;
use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

const DESCRIBE: &str = "ec2 DescribeSpotFleetRequests SpotFleetRequestId.1=sfr-1";
const ROLE: &str = "arn:aws:iam::123456789012:role/fleet";
const WRITTEN: &str = r#"{"iam_fleet_role": "arn:aws:iam::123456789012:role/fleet", "target_capacity": 2,
    "allocation_strategy": "priceCapacityOptimized", "replace_unhealthy_instances": true, "wait_for_fulfillment": true,
    "terminate_instances_on_delete": "true", "tags": {"Name": "a"},
    "launch_template_config": [{"launch_template_specification": [{"id": "lt-1", "version": "1"}],
        "overrides": [{"instance_type": "m5.large", "subnet_id": "subnet-1"}]}]}"#;

/// An answer like that of an emulator that does not return what it was asked for.
fn there(state: &str, activity: &str) -> String {
    format!(
        "<spotFleetRequestConfigSet><item><spotFleetRequestId>sfr-1</spotFleetRequestId>{activity}\
         <spotFleetRequestState>{state}</spotFleetRequestState><spotFleetRequestConfig><iamFleetRole>{ROLE}\
         </iamFleetRole><targetCapacity>2</targetCapacity><allocationStrategy>priceCapacityOptimized\
         </allocationStrategy><launchSpecifications><item><imageId>ami-1</imageId></item></launchSpecifications>\
         </spotFleetRequestConfig><tagSet><item><key>Name</key><value>a</value></item></tagSet></item>\
         </spotFleetRequestConfigSet>"
    )
}

fn new() -> Known<SpotFleetRequest> {
    Known::New { args: read_args(WRITTEN), created: Created::with_id("sfr-1") }
}

fn observe(answer: &str) -> Observed<SpotFleetRequest> {
    check_requests(&[(DESCRIBE, ok(answer))], async |aws| SpotFleetRequest::observe(aws, &new()).await).unwrap()
}

fn object() -> Object<SpotFleetRequest> {
    match observe(&there("active", "")) {
        Observed::There { phase: Phase::Ready, object } => object,
        _ => panic!("not ready"),
    }
}

#[test]
fn the_create_call_carries_templates_and_tags() {
    let args = read_args(WRITTEN);
    let request = format!(
        "ec2 RequestSpotFleet SpotFleetRequestConfig.AllocationStrategy=priceCapacityOptimized \
         SpotFleetRequestConfig.OnDemandAllocationStrategy=lowestPrice SpotFleetRequestConfig.ClientToken=t-1 \
         SpotFleetRequestConfig.ExcessCapacityTerminationPolicy=Default SpotFleetRequestConfig.IamFleetRole={ROLE} \
         SpotFleetRequestConfig.LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateId=lt-1 \
         SpotFleetRequestConfig.LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version=1 \
         SpotFleetRequestConfig.LaunchTemplateConfigs.1.Overrides.1.InstanceType=m5.large \
         SpotFleetRequestConfig.LaunchTemplateConfigs.1.Overrides.1.SubnetId=subnet-1 \
         SpotFleetRequestConfig.TargetCapacity=2 SpotFleetRequestConfig.TerminateInstancesWithExpiration=false \
         SpotFleetRequestConfig.Type=maintain SpotFleetRequestConfig.ReplaceUnhealthyInstances=true \
         SpotFleetRequestConfig.InstanceInterruptionBehavior=terminate \
         SpotFleetRequestConfig.TagSpecification.1.ResourceType=spot-fleet-request \
         SpotFleetRequestConfig.TagSpecification.1.Tag.1.Key=Name SpotFleetRequestConfig.TagSpecification.1.Tag.1.Value=a"
    );
    let answer = ok("<spotFleetRequestId>sfr-1</spotFleetRequestId>");
    let token = Token("t-1".to_owned());
    let script = [(request.as_str(), answer)];
    let created = check_requests(&script, async |aws| SpotFleetRequest::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("sfr-1")));
}

#[test]
fn a_launch_specification_names_the_root_device_of_its_image() {
    let args = read_args(
        r#"{"iam_fleet_role": "arn:aws:iam::123456789012:role/fleet", "target_capacity": 1, "fleet_type": "request",
            "launch_specification": [{"ami": "ami-1", "instance_type": "m5.large", "user_data": "hello!",
            "subnet_id": "subnet-1", "vpc_security_group_ids": ["sg-1"], "associate_public_ip_address": true,
            "root_block_device": [{"volume_size": 20}], "tags": {"k": "v"}}]}"#,
    );
    let request = format!(
        "ec2 RequestSpotFleet SpotFleetRequestConfig.AllocationStrategy=lowestPrice \
         SpotFleetRequestConfig.OnDemandAllocationStrategy=lowestPrice SpotFleetRequestConfig.ClientToken=t-1 \
         SpotFleetRequestConfig.ExcessCapacityTerminationPolicy=Default SpotFleetRequestConfig.IamFleetRole={ROLE} \
         SpotFleetRequestConfig.LaunchSpecifications.1.BlockDeviceMapping.1.Ebs.DeleteOnTermination=true \
         SpotFleetRequestConfig.LaunchSpecifications.1.BlockDeviceMapping.1.Ebs.VolumeSize=20 \
         SpotFleetRequestConfig.LaunchSpecifications.1.BlockDeviceMapping.1.DeviceName=/dev/xvda \
         SpotFleetRequestConfig.LaunchSpecifications.1.EbsOptimized=false \
         SpotFleetRequestConfig.LaunchSpecifications.1.ImageId=ami-1 \
         SpotFleetRequestConfig.LaunchSpecifications.1.InstanceType=m5.large \
         SpotFleetRequestConfig.LaunchSpecifications.1.Monitoring.Enabled=false \
         SpotFleetRequestConfig.LaunchSpecifications.1.NetworkInterfaceSet.1.AssociatePublicIpAddress=true \
         SpotFleetRequestConfig.LaunchSpecifications.1.NetworkInterfaceSet.1.DeleteOnTermination=true \
         SpotFleetRequestConfig.LaunchSpecifications.1.NetworkInterfaceSet.1.DeviceIndex=0 \
         SpotFleetRequestConfig.LaunchSpecifications.1.NetworkInterfaceSet.1.SecurityGroupId.1=sg-1 \
         SpotFleetRequestConfig.LaunchSpecifications.1.NetworkInterfaceSet.1.SubnetId=subnet-1 \
         SpotFleetRequestConfig.LaunchSpecifications.1.UserData=aGVsbG8h \
         SpotFleetRequestConfig.LaunchSpecifications.1.TagSpecificationSet.1.ResourceType=instance \
         SpotFleetRequestConfig.LaunchSpecifications.1.TagSpecificationSet.1.Tag.1.Key=k \
         SpotFleetRequestConfig.LaunchSpecifications.1.TagSpecificationSet.1.Tag.1.Value=v \
         SpotFleetRequestConfig.TargetCapacity=1 SpotFleetRequestConfig.TerminateInstancesWithExpiration=false \
         SpotFleetRequestConfig.Type=request SpotFleetRequestConfig.InstanceInterruptionBehavior=terminate \
         SpotFleetRequestConfig.InstancePoolsToUseCount=1"
    );
    let image =
        "<imagesSet><item><imageId>ami-1</imageId><rootDeviceName>/dev/xvda</rootDeviceName></item></imagesSet>";
    let script = [
        ("ec2 DescribeImages ImageId.1=ami-1", ok(image)),
        (request.as_str(), ok("<spotFleetRequestId>sfr-1</spotFleetRequestId>")),
    ];
    let token = Token("t-1".to_owned());
    let created = check_requests(&script, async |aws| SpotFleetRequest::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("sfr-1")));
}

#[test]
fn what_is_not_returned_is_carried() {
    let object = object();
    let written: SpotFleetRequestArgs = read_args(WRITTEN);
    assert!(object.args.launch_template_config == written.launch_template_config);
    assert!(object.args.launch_specification.is_empty());
    assert!(object.args.replace_unhealthy_instances && object.args.wait_for_fulfillment);
    assert_eq!(object.attrs.spot_request_state, "active");
}

#[test]
fn a_new_fleet_waits_for_its_instances() {
    let phase = |activity: &str| match observe(&there("active", activity)) {
        Observed::There { phase, .. } => phase,
        Observed::Gone => panic!("gone"),
    };
    let pending = "<activityStatus>pending_fulfillment</activityStatus>";
    assert_eq!(phase(pending), Phase::Pending("pending_fulfillment".to_owned()));
    assert_eq!(phase("<activityStatus>fulfilled</activityStatus>"), Phase::Ready);
}

#[test]
fn a_fleet_that_cannot_be_fulfilled_says_why() {
    let history = "<historyRecordSet><item><eventType>error</eventType><eventInformation><eventSubType>\
        spotInstanceCountLimitExceeded</eventSubType><eventDescription>too many</eventDescription></eventInformation>\
        </item></historyRecordSet>";
    let script = [
        (DESCRIBE, ok(there("active", "<activityStatus>error</activityStatus>"))),
        ("ec2 DescribeSpotFleetRequestHistory SpotFleetRequestId=sfr-1", ok(history)),
    ];
    let observed = check_requests(&script, async |aws| SpotFleetRequest::observe(aws, &new()).await);
    let Ok(Observed::There { phase, .. }) = observed else { panic!("not there") };
    let why = "the fleet cannot be fulfilled: spotInstanceCountLimitExceeded: too many";
    assert_eq!(phase, Phase::Failed(why.to_owned()));
}

#[test]
fn cancelled_fleets_are_gone() {
    for state in ["cancelled", "cancelled_running", "cancelled_terminating"] {
        assert!(matches!(observe(&there(state, "")), Observed::Gone), "{state}");
    }
}

#[test]
fn the_target_changes_in_place() {
    let there = object();
    let planned = SpotFleetRequestArgs { on_demand_target_capacity: 1, ..there.args.clone() };
    let change = Change { prior: Some(&there.args), planned: &planned };
    let request = "ec2 ModifySpotFleetRequest OnDemandTargetCapacity=1 SpotFleetRequestId=sfr-1 TargetCapacity=2 \
        ExcessCapacityTerminationPolicy=Default";
    let step = check_requests(&[(request, ok(""))], async |aws| SpotFleetRequest::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn deletion_waits_for_the_end_of_the_instances() {
    let there = object();
    let cancel = "ec2 CancelSpotFleetRequests SpotFleetRequestId.1=sfr-1 TerminateInstances=true";
    let step = check_requests(&[(cancel, ok(""))], async |aws| SpotFleetRequest::delete(aws, &there).await).unwrap();
    let Step::Running(handle) = step else { panic!("not running") };
    let instances = "ec2 DescribeSpotFleetInstances SpotFleetRequestId=sfr-1";
    let one = "<activeInstanceSet><item><instanceId>i-1</instanceId></item></activeInstanceSet>";
    let script = [(instances, ok(one)), (instances, ok(""))];
    let phases = check_requests(&script, async |aws| {
        [
            SpotFleetRequest::operation(aws, &there, &handle).await.unwrap(),
            SpotFleetRequest::operation(aws, &there, &handle).await.unwrap(),
        ]
    });
    assert_eq!(phases, [Phase::Pending("1 instances to end".to_owned()), Phase::Ready]);
}

#[test]
fn refusals_to_cancel_are_errors() {
    let there = object();
    let cancel = "ec2 CancelSpotFleetRequests SpotFleetRequestId.1=sfr-1 TerminateInstances=true";
    let refused = |code: &str| {
        ok(format!(
            "<unsuccessfulFleetRequestSet><item><error><code>{code}</code><message>no</message></error></item>\
             </unsuccessfulFleetRequestSet>"
        ))
    };
    let delete =
        |code| check_requests(&[(cancel, refused(code))], async |aws| SpotFleetRequest::delete(aws, &there).await);
    assert!(delete("fleetRequestIdDoesNotExist").is_ok());
    assert_eq!(delete("unexpectedError").unwrap_err().operation, "CancelSpotFleetRequests");
}

#[test]
fn a_fresh_role_is_tried_again() {
    let args = read_args(r#"{"iam_fleet_role": "arn:aws:iam::123456789012:role/fleet", "target_capacity": 0}"#);
    let request = format!(
        "ec2 RequestSpotFleet SpotFleetRequestConfig.AllocationStrategy=lowestPrice \
         SpotFleetRequestConfig.OnDemandAllocationStrategy=lowestPrice SpotFleetRequestConfig.ClientToken=t-1 \
         SpotFleetRequestConfig.ExcessCapacityTerminationPolicy=Default SpotFleetRequestConfig.IamFleetRole={ROLE} \
         SpotFleetRequestConfig.TargetCapacity=0 SpotFleetRequestConfig.TerminateInstancesWithExpiration=false \
         SpotFleetRequestConfig.Type=maintain SpotFleetRequestConfig.ReplaceUnhealthyInstances=false \
         SpotFleetRequestConfig.InstanceInterruptionBehavior=terminate SpotFleetRequestConfig.InstancePoolsToUseCount=1"
    );
    let answer = fails("InvalidSpotFleetRequestConfig", "Parameter: SpotFleetRequestConfig.IamFleetRole is invalid.");
    let token = Token("t-1".to_owned());
    let script = [(request.as_str(), answer)];
    let error = check_requests(&script, async |aws| SpotFleetRequest::create(aws, &args, &token).await).unwrap_err();
    assert_eq!(SpotFleetRequest::retry(&error), Some(within("2m")));
}

#[test]
fn only_maintained_fleets_replace_and_resize() {
    let fleet = r#"{"fleet_type": "request", "target_capacity": 1, "replace_unhealthy_instances": true}"#;
    assert_eq!(check_plan::<SpotFleetRequest>(None, fleet).errors.len(), 1);
    let plan = check_plan::<SpotFleetRequest>(
        Some(r#"{"fleet_type": "request", "target_capacity": 1}"#),
        r#"{"fleet_type": "request", "target_capacity": 2}"#,
    );
    assert_eq!(plan.replace.len(), 1);
}
