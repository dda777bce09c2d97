use std::time::Duration;

use landfall_provider::{Operation, Phase};

use super::*;
use crate::test_support::{Canned, check_plan, check_requests, fails, ok, read_args};

const DESCRIBE: &str = "autoscaling DescribeAutoScalingGroups AutoScalingGroupNames.member.1=g";
const ACTIVITIES: &str = "autoscaling DescribeScalingActivities AutoScalingGroupName=g MaxRecords=10";
const MINIMAL: &str = r#"{"name": "g", "min_size": 1, "max_size": 3, "launch_template": [{"id": "lt-1", "version": "1"}],
    "vpc_zone_identifier": ["subnet-1", "subnet-2"],
    "tag": [{"key": "Name", "value": "n", "propagate_at_launch": true}]}"#;

/// A group of one instance in service, with `rest` beside it.
fn group(rest: &str) -> Canned {
    ok(format!(
        "<AutoScalingGroups><member><AutoScalingGroupName>g</AutoScalingGroupName>\
         <AutoScalingGroupARN>arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:u:autoScalingGroupName/g\
         </AutoScalingGroupARN><MinSize>1</MinSize><MaxSize>3</MaxSize><DefaultCooldown>300</DefaultCooldown>\
         <LaunchTemplate><LaunchTemplateId>lt-1</LaunchTemplateId><LaunchTemplateName>t</LaunchTemplateName>\
         <Version>1</Version></LaunchTemplate><VPCZoneIdentifier>subnet-1,subnet-2</VPCZoneIdentifier>\
         <HealthCheckGracePeriod>300</HealthCheckGracePeriod><HealthCheckType>EC2</HealthCheckType>\
         <TerminationPolicies><member>Default</member></TerminationPolicies>\
         <Instances><member><InstanceId>i-1</InstanceId><LifecycleState>InService</LifecycleState>\
         <HealthStatus>Healthy</HealthStatus><ProtectedFromScaleIn>true</ProtectedFromScaleIn></member></Instances>\
         <Tags><member><Key>Name</Key><Value>n</Value><PropagateAtLaunch>true</PropagateAtLaunch></member></Tags>{rest}\
         </member></AutoScalingGroups>"
    ))
}

fn observe(script: &[(&str, Canned)]) -> (Phase, Object<Group>) {
    let known = Known::Import { id: "g".to_owned() };
    match check_requests(script, async |aws| Group::observe(aws, &known).await).unwrap() {
        Observed::There { phase, object } => (phase, object),
        Observed::Gone => panic!("gone"),
    }
}

fn there() -> Object<Group> {
    observe(&[(DESCRIBE, group("<DesiredCapacity>1</DesiredCapacity>"))]).1
}

fn check_update(prior: Option<&GroupArgs>, planned: &GroupArgs, script: &[(&str, Canned)]) -> Step {
    let there = there();
    let change = Change { prior, planned };
    check_requests(script, async |aws| Group::update(aws, &change, &there).await).unwrap()
}

#[test]
fn one_call_creates_the_group_with_subnets_tags_and_hooks() {
    let hooks = r#"{"initial_lifecycle_hook": [{"name": "h", "lifecycle_transition": "autoscaling:EC2_INSTANCE_LAUNCHING"}], "name""#;
    let args: GroupArgs = read_args(&MINIMAL.replace("{\"name\"", hooks));
    let request = "autoscaling CreateAutoScalingGroup AutoScalingGroupName=g \
        LaunchTemplate.LaunchTemplateId=lt-1 LaunchTemplate.Version=1 MinSize=1 MaxSize=3 \
        HealthCheckGracePeriod=300 VPCZoneIdentifier=subnet-1,subnet-2 NewInstancesProtectedFromScaleIn=false \
        LifecycleHookSpecificationList.member.1.LifecycleHookName=h \
        LifecycleHookSpecificationList.member.1.LifecycleTransition=autoscaling:EC2_INSTANCE_LAUNCHING \
        Tags.member.1.ResourceId=g Tags.member.1.ResourceType=auto-scaling-group Tags.member.1.Key=Name \
        Tags.member.1.Value=n Tags.member.1.PropagateAtLaunch=true \
        Tags.member.2.ResourceId=g Tags.member.2.ResourceType=auto-scaling-group \
        Tags.member.2.Key=landfall:intent Tags.member.2.Value=t-1 Tags.member.2.PropagateAtLaunch=false";
    let token = Token("t-1".to_owned());
    let created = check_requests(&[(request, ok(""))], async |aws| Group::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("g")));
}

#[test]
fn mixed_instances_are_sent_and_read_back() {
    let policy = r#"{"name": "g", "min_size": 0, "max_size": 3, "mixed_instances_policy": [{
        "instances_distribution": [{"on_demand_base_capacity": 0, "spot_allocation_strategy": "price-capacity-optimized"}],
        "launch_template": [{
            "launch_template_specification": [{"launch_template_id": "lt-1", "version": "$Latest"}],
            "override": [{"instance_type": "m5.large", "weighted_capacity": "2"},
                {"instance_requirements": [{"vcpu_count": [{"min": 2}], "accelerator_count": [{"max": 0}]}]}]}]}]}"#;
    let args: GroupArgs = read_args(policy);
    let request = args.mixed_instances_policy.get().unwrap().request();
    let overrides = request.launch_template.as_ref().unwrap().overrides().to_vec();
    assert_eq!(overrides[0].weighted_capacity(), Some("2"));
    let requirements = overrides[1].instance_requirements.as_ref().unwrap();
    assert_eq!(requirements.accelerator_count.as_ref().unwrap().max, Some(0));
    assert!(MixedInstancesPolicy::observed(&request) == args.mixed_instances_policy.into_option());
}

#[test]
fn defaults_of_the_service_are_no_choice_of_the_user() {
    let object = there();
    assert!(object.args.termination_policies.is_empty());
    assert_eq!(object.args.vpc_zone_identifier.get().map(|subnets| subnets.len()), Some(2));
    assert_eq!(object.args.wait_for_capacity_timeout, "10m");
}

#[test]
fn a_group_on_its_way_out_is_pending_and_one_that_no_answer_names_is_gone() {
    let status = "<DesiredCapacity>1</DesiredCapacity><Status>Delete in progress</Status>";
    assert_eq!(observe(&[(DESCRIBE, group(status))]).0, Phase::Pending("Delete in progress".to_owned()));
    let known = Known::Import { id: "g".to_owned() };
    let script = [(DESCRIBE, ok("<AutoScalingGroups/>"))];
    let observed = check_requests(&script, async |aws| Group::observe(aws, &known).await);
    assert!(matches!(observed, Ok(Observed::Gone)));
}

fn settled(operation: Operation, prior: Option<&GroupArgs>, seconds: u64, there: &Object<Group>) -> Settled {
    let planned = there.args.clone();
    Group::settled(&Goal { operation, prior, planned: &planned, elapsed: Duration::from_secs(seconds) }, there)
}

#[test]
fn creation_waits_for_capacity_up_to_its_own_limit() {
    let failed = "<Activities><member><StatusCode>Failed</StatusCode><StatusMessage>no capacity</StatusMessage>\
        </member></Activities>";
    let short = group("<DesiredCapacity>2</DesiredCapacity>");
    let (_, waits) = observe(&[(DESCRIBE, short.clone()), (ACTIVITIES, ok("<Activities/>"))]);
    let waiting = Settled::Waiting("1 of 2 instances in service".to_owned());
    assert_eq!(settled(Operation::Create, None, 60, &waits), waiting);
    let failure = Settled::Failed("1 of 2 instances in service".to_owned());
    assert_eq!(settled(Operation::Create, None, 600, &waits), failure);
    assert_eq!(settled(Operation::Create, None, 0, &there()), Settled::Yes);

    let (_, fails) = observe(&[(DESCRIBE, short), (ACTIVITIES, ok(failed))]);
    let why = "1 of 2 instances in service; a launch failed: no capacity";
    assert_eq!(settled(Operation::Create, None, 5, &fails), Settled::Failed(why.to_owned()));
    let patient = Object { args: GroupArgs { ignore_failed_scaling_activities: true, ..fails.args.clone() }, ..fails };
    assert!(matches!(settled(Operation::Create, None, 5, &patient), Settled::Waiting(_)));
}

#[test]
fn an_update_waits_for_capacity_only_where_it_changed_it() {
    let script = [(DESCRIBE, group("<DesiredCapacity>2</DesiredCapacity>")), (ACTIVITIES, ok("<Activities/>"))];
    let (_, short) = observe(&script);
    let same = short.args.clone();
    assert_eq!(settled(Operation::Update, Some(&same), 5, &short), Settled::Yes);
    let other = GroupArgs { desired_capacity: 1.into(), ..same };
    assert!(matches!(settled(Operation::Update, Some(&other), 5, &short), Settled::Waiting(_)));
}

#[test]
fn what_the_create_call_cannot_carry_follows() {
    let more = r#"{"suspended_processes": ["AZRebalance"], "enabled_metrics": ["GroupMinSize"],
        "warm_pool": [{"min_size": 1}], "name""#;
    let planned: GroupArgs = read_args(&MINIMAL.replace("{\"name\"", more));
    let script = [
        (
            "autoscaling DeleteTags Tags.member.1.ResourceId=g Tags.member.1.ResourceType=auto-scaling-group \
             Tags.member.1.Key=landfall:intent Tags.member.1.PropagateAtLaunch=false",
            ok(""),
        ),
        (
            "autoscaling EnableMetricsCollection AutoScalingGroupName=g Metrics.member.1=GroupMinSize \
             Granularity=1Minute",
            ok(""),
        ),
        ("autoscaling SuspendProcesses AutoScalingGroupName=g ScalingProcesses.member.1=AZRebalance", ok("")),
        (
            "autoscaling PutWarmPool AutoScalingGroupName=g MaxGroupPreparedCapacity=-1 MinSize=1 PoolState=Stopped",
            ok(""),
        ),
    ];
    assert_eq!(check_update(None, &planned, &script), Step::Done);
}

#[test]
fn only_what_changed_is_sent_and_a_moved_capacity_stays() {
    let mut prior = there().args;
    prior.desired_capacity = 3.into();
    let planned = GroupArgs { max_size: 5, ..prior.clone() };
    let script = [("autoscaling UpdateAutoScalingGroup AutoScalingGroupName=g MaxSize=5", ok(""))];
    assert_eq!(check_update(Some(&prior), &planned, &script), Step::Done);
}

#[test]
fn a_new_template_is_rolled_out_in_a_step_of_its_own() {
    let prior = GroupArgs {
        instance_refresh: read_args::<GroupArgs>(
            r#"{"min_size": 1, "max_size": 1, "instance_refresh": [{"strategy": "Rolling"}]}"#,
        )
        .instance_refresh,
        ..there().args
    };
    let mut template = prior.launch_template.clone().into_option().unwrap();
    template.version = "2".to_owned().into();
    let planned = GroupArgs { launch_template: template.into(), ..prior.clone() };
    let update = "autoscaling UpdateAutoScalingGroup AutoScalingGroupName=g LaunchTemplate.LaunchTemplateId=lt-1 \
        LaunchTemplate.Version=2";
    assert_eq!(check_update(Some(&prior), &planned, &[(update, ok(""))]), Step::More);

    let there = Object { args: planned.clone(), ..there() };
    let script = [
        ("autoscaling CancelInstanceRefresh AutoScalingGroupName=g", fails("ActiveInstanceRefreshNotFound", "none")),
        ("autoscaling StartInstanceRefresh AutoScalingGroupName=g Strategy=Rolling", ok("")),
    ];
    let change = Change { prior: Some(&prior), planned: &planned };
    let step = check_requests(&script, async |aws| Group::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn load_balancers_and_tags_are_exchanged() {
    let mut prior = there().args;
    prior.target_group_arns = Filled::from(Set::default());
    let mut planned = prior.clone();
    planned.target_group_arns = Filled::from(Set::from(vec!["tg-1".to_owned()]));
    planned.tag = read_args::<GroupArgs>(
        r#"{"min_size": 1, "max_size": 1, "tag": [{"key": "new", "value": "v", "propagate_at_launch": false}]}"#,
    )
    .tag;
    let tag = |operation: &str, key: &str, value: &str, propagate: bool| {
        format!(
            "autoscaling {operation} Tags.member.1.ResourceId=g Tags.member.1.ResourceType=auto-scaling-group \
             Tags.member.1.Key={key} Tags.member.1.Value={value} Tags.member.1.PropagateAtLaunch={propagate}"
        )
    };
    let (removed, set) = (tag("DeleteTags", "Name", "n", true), tag("CreateOrUpdateTags", "new", "v", false));
    let attach = "autoscaling AttachLoadBalancerTargetGroups AutoScalingGroupName=g TargetGroupARNs.member.1=tg-1";
    let script = [(removed.as_str(), ok("")), (set.as_str(), ok("")), (attach, ok(""))];
    assert_eq!(check_update(Some(&prior), &planned, &script), Step::Done);
}

#[test]
fn a_group_is_drained_before_it_is_deleted() {
    let mut there = there();
    let drain = [
        ("autoscaling UpdateAutoScalingGroup AutoScalingGroupName=g MinSize=0 MaxSize=0 DesiredCapacity=0", ok("")),
        (DESCRIBE, group("")),
        (
            "autoscaling SetInstanceProtection InstanceIds.member.1=i-1 AutoScalingGroupName=g \
             ProtectedFromScaleIn=false",
            ok(""),
        ),
    ];
    let step = check_requests(&drain, async |aws| Group::delete(aws, &there).await);
    assert_eq!(step, Ok(Step::More));

    there.args.max_size = 0;
    let delete = "autoscaling DeleteAutoScalingGroup AutoScalingGroupName=g";
    let busy = [(delete, fails("ResourceInUse", "instances still in the group"))];
    let error = check_requests(&busy, async |aws| Group::delete(aws, &there).await).unwrap_err();
    assert_eq!(Group::retry(&error), Some(Within::DEADLINE));
    let gone = [(delete, fails("ValidationError", "AutoScalingGroup name not found - g"))];
    assert_eq!(check_requests(&gone, async |aws| Group::delete(aws, &there).await), Ok(Step::Done));
}

#[test]
fn force_deletes_at_once() {
    let mut there = there();
    there.args.force_delete = true;
    let script = [("autoscaling DeleteAutoScalingGroup AutoScalingGroupName=g ForceDelete=true", ok(""))];
    assert_eq!(check_requests(&script, async |aws| Group::delete(aws, &there).await), Ok(Step::Done));
}

#[test]
fn the_id_of_another_template_is_not_known_yet() {
    let by_name = |name: &str, id: &str| {
        format!(r#"{{"name": "g", "min_size": 1, "max_size": 1, "launch_template": [{{"name": "{name}"{id}}}]}}"#)
    };
    let prior = by_name("one", r#", "id": "lt-1""#);
    let overrides = check_plan::<Group>(Some(&prior), &by_name("other", ""));
    let paths: Vec<_> = overrides.values.iter().map(|(path, value)| (path.to_string(), value.is_known())).collect();
    assert_eq!(paths, [("launch_template[0].id".to_owned(), false)]);
}

#[test]
fn counting_by_load_balancers_is_refused() {
    let args = r#"{"name": "g", "min_size": 1, "max_size": 1, "min_elb_capacity": 1}"#;
    assert_eq!(check_plan::<Group>(None, args).errors.len(), 1);
}
