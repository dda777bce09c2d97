use super::*;
use crate::test_support::{Canned, check_plan, check_requests, fails, ok, read_args, tag_map};
use landfall_provider::value::Value;

const INSTANCES: &str = "ec2 DescribeInstances Filter.1.Name=instance-id Filter.1.Value.1=i-1";
const VOLUMES: &str = "ec2 DescribeVolumes Filter.1.Name=attachment.instance-id Filter.1.Value.1=i-1";
const STOP: &str = "ec2 DescribeInstanceAttribute InstanceId=i-1 Attribute=disableApiStop";
const TERMINATION: &str = "ec2 DescribeInstanceAttribute InstanceId=i-1 Attribute=disableApiTermination";
const SHUTDOWN: &str = "ec2 DescribeInstanceAttribute InstanceId=i-1 Attribute=instanceInitiatedShutdownBehavior";
const USER_DATA: &str = "ec2 DescribeInstanceAttribute InstanceId=i-1 Attribute=userData";
const WRITTEN: &str = r#"{"ami": "ami-1", "instance_type": "m5.large", "subnet_id": "subnet-1",
    "iam_instance_profile": "node", "vpc_security_group_ids": ["sg-1"], "user_data": "hello!",
    "metadata_options": [{"http_tokens": "required"}], "source_dest_check": false,
    "root_block_device": [{"volume_size": 20, "volume_type": "gp3", "encrypted": true, "tags": {"k": "v"}}],
    "tags": {"Name": "a"}}"#;

/// An instance with a driver's interface and volume beside its own.
fn instances(state: &str) -> String {
    format!(
        "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><imageId>ami-1</imageId>\
         <instanceState><name>{state}</name></instanceState><instanceType>m5.large</instanceType>\
         <subnetId>subnet-1</subnetId><privateIpAddress>10.0.0.5</privateIpAddress><ipAddress>1.2.3.4</ipAddress>\
         <placement><availabilityZone>eu-central-1a</availabilityZone><tenancy>default</tenancy></placement>\
         <iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/node</arn></iamInstanceProfile>\
         <stateReason><message>Client.VolumeLimitExceeded</message></stateReason>\
         <rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>\
         <item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1</volumeId>\
         <deleteOnTermination>true</deleteOnTermination></ebs></item>\
         <item><deviceName>/dev/xvdb</deviceName><ebs><volumeId>vol-2</volumeId></ebs></item></blockDeviceMapping>\
         <networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><sourceDestCheck>true\
         </sourceDestCheck><groupSet><item><groupId>sg-1</groupId></item></groupSet><attachment><deviceIndex>0\
         </deviceIndex><deleteOnTermination>true</deleteOnTermination></attachment></item>\
         <item><networkInterfaceId>eni-2</networkInterfaceId><attachment><deviceIndex>1</deviceIndex></attachment>\
         </item></networkInterfaceSet><metadataOptions><httpTokens>required</httpTokens><httpEndpoint>enabled\
         </httpEndpoint></metadataOptions><tagSet><item><key>Name</key><value>a</value></item></tagSet>\
         </item></instancesSet></item></reservationSet>"
    )
}

const VOLUME_SET: &str = "<volumeSet><item><volumeId>vol-1</volumeId><size>20</size><volumeType>gp3</volumeType>\
    <iops>3000</iops><throughput>125</throughput><encrypted>true</encrypted></item>\
    <item><volumeId>vol-2</volumeId><size>5</size></item></volumeSet>";

fn attributes(user_data: &str) -> Vec<(&'static str, Canned)> {
    vec![
        (STOP, ok("<disableApiStop><value>false</value></disableApiStop>")),
        (TERMINATION, ok("<disableApiTermination><value>true</value></disableApiTermination>")),
        (SHUTDOWN, ok("<instanceInitiatedShutdownBehavior><value>stop</value></instanceInitiatedShutdownBehavior>")),
        (USER_DATA, ok(format!("<userData><value>{user_data}</value></userData>"))),
    ]
}

fn observe(known: &Known<Instance>, state: &str) -> Observed<Instance> {
    let mut script = vec![(INSTANCES, ok(instances(state)))];
    if matches!(state, "running" | "stopped") {
        script.push((VOLUMES, ok(VOLUME_SET)));
        script.extend(attributes("aGVsbG8h"));
    }
    check_requests(&script, async |aws| Instance::observe(aws, known).await).unwrap()
}

fn new() -> Known<Instance> {
    Known::New { args: read_args(WRITTEN), created: Created::with_id("i-1") }
}

fn object(state: &str) -> Object<Instance> {
    match observe(&new(), state) {
        Observed::There { object, .. } => object,
        Observed::Gone => panic!("gone"),
    }
}

fn update(
    there: &Object<Instance>,
    prior: &InstanceArgs,
    planned: &InstanceArgs,
    script: &[(&str, Canned)],
) -> CallResult<Step> {
    let change = Change { prior: Some(prior), planned };
    check_requests(script, async |aws| Instance::update(aws, &change, there).await)
}

#[test]
fn the_launch_carries_what_it_can() {
    let args = read_args(WRITTEN);
    let image =
        "<imagesSet><item><imageId>ami-1</imageId><rootDeviceName>/dev/xvda</rootDeviceName></item></imagesSet>";
    let request = "ec2 RunInstances BlockDeviceMapping.1.Ebs.DeleteOnTermination=true \
        BlockDeviceMapping.1.Ebs.VolumeSize=20 BlockDeviceMapping.1.Ebs.VolumeType=gp3 \
        BlockDeviceMapping.1.Ebs.Encrypted=true BlockDeviceMapping.1.DeviceName=/dev/xvda ImageId=ami-1 \
        InstanceType=m5.large MaxCount=1 MinCount=1 SecurityGroupId.1=sg-1 SubnetId=subnet-1 UserData=aGVsbG8h \
        TagSpecification.1.ResourceType=instance TagSpecification.1.Tag.1.Key=Name TagSpecification.1.Tag.1.Value=a \
        MetadataOptions.HttpTokens=required MetadataOptions.HttpEndpoint=enabled ClientToken=t-1 \
        IamInstanceProfile.Name=node";
    let script = [
        ("ec2 DescribeImages ImageId.1=ami-1", ok(image)),
        (request, ok("<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>")),
    ];
    let token = Token("t-1".to_owned());
    let created = check_requests(&script, async |aws| Instance::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("i-1")));
}

#[test]
fn an_interface_is_described_where_it_has_a_public_address() {
    let args = read_args(
        r#"{"ami": "ami-1", "instance_type": "m5.large", "subnet_id": "subnet-1", "private_ip": "10.0.0.5",
            "associate_public_ip_address": true, "vpc_security_group_ids": ["sg-1"]}"#,
    );
    let request = "ec2 RunInstances ImageId=ami-1 InstanceType=m5.large MaxCount=1 MinCount=1 ClientToken=t-1 \
        NetworkInterface.1.AssociatePublicIpAddress=true NetworkInterface.1.DeviceIndex=0 \
        NetworkInterface.1.SecurityGroupId.1=sg-1 NetworkInterface.1.PrivateIpAddress=10.0.0.5 \
        NetworkInterface.1.SubnetId=subnet-1";
    let answer = ok("<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>");
    let token = Token("t-1".to_owned());
    let created = check_requests(&[(request, answer)], async |aws| Instance::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("i-1")));
}

#[test]
fn an_instance_is_read_without_what_others_attached() {
    let object = object("running");
    let args = &object.args;
    assert_eq!(args.user_data.as_deref(), Some("hello!"));
    assert_eq!(args.iam_instance_profile.as_deref(), Some("node"));
    assert_eq!(args.disable_api_termination.get(), Some(&true));
    assert_eq!(args.root_block_device.get().unwrap().iops.get(), Some(&3000));
    assert_eq!(args.vpc_security_group_ids.get().map(|groups| groups.len()), Some(1));
    assert_eq!(args.network_interface.get().map(|all| all.len()), Some(0));
    assert_eq!(object.attrs.primary_network_interface_id, "eni-1");
    let known =
        Known::Prior(Object { args: InstanceArgs { ebs_block_device: Set::new().into(), ..args.clone() }, ..object });
    let Observed::There { object, .. } = observe(&known, "running") else { panic!("gone") };
    assert!(object.args.ebs_block_device.get().unwrap().is_empty());
}

#[test]
fn a_pending_instance_is_not_asked_for_more() {
    let Observed::There { phase, object } = observe(&new(), "pending") else { panic!("gone") };
    assert_eq!(phase, Phase::Pending("pending".to_owned()));
    assert_eq!(object.args.user_data.as_deref(), Some("hello!"));
}

#[test]
fn a_new_instance_is_waited_for_until_its_volumes_are_shown() {
    let mut script = vec![(INSTANCES, ok(instances("running"))), (VOLUMES, ok("<volumeSet></volumeSet>"))];
    script.extend(attributes("aGVsbG8h"));
    let Ok(Observed::There { phase, .. }) = check_requests(&script, async |aws| Instance::observe(aws, &new()).await)
    else {
        panic!("gone")
    };
    assert_eq!(phase, Phase::Pending("waiting for its volumes to be shown".to_owned()));
}

#[test]
fn an_instance_that_ends_at_launch_says_why_and_an_old_one_is_gone() {
    let Observed::There { phase, object } = observe(&new(), "terminated") else { panic!("gone") };
    let why = "the instance ended while it was launched: Client.VolumeLimitExceeded";
    assert_eq!(phase, Phase::Failed(why.to_owned()));
    assert!(matches!(observe(&Known::Prior(object), "terminated"), Observed::Gone));
}

#[test]
fn after_the_launch_the_volume_is_tagged_and_the_check_switched() {
    let there = object("running");
    let planned: InstanceArgs = read_args(WRITTEN);
    let script = [
        ("ec2 ModifyNetworkInterfaceAttribute NetworkInterfaceId=eni-1 SourceDestCheck.Value=false", ok("")),
        ("ec2 CreateTags ResourceId.1=vol-1 Tag.1.Key=k Tag.1.Value=v", ok("")),
    ];
    let change = Change { prior: None, planned: &planned };
    let step = check_requests(&script, async |aws| Instance::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn another_type_stops_changes_and_starts() {
    let running = object("running");
    let prior = running.args.clone();
    let planned = InstanceArgs { instance_type: "m5.xlarge".to_owned().into(), ..prior.clone() };
    let step = update(&running, &prior, &planned, &[("ec2 StopInstances InstanceId.1=i-1", ok(""))]);
    assert_eq!(step, Ok(Step::More));
    let script = [
        ("ec2 ModifyInstanceAttribute InstanceId=i-1 InstanceType.Value=m5.xlarge", ok("")),
        ("ec2 StartInstances InstanceId.1=i-1", ok("")),
    ];
    assert_eq!(update(&object("stopped"), &prior, &planned, &script), Ok(Step::More));
    let mut started = running;
    started.args.instance_type = "m5.xlarge".to_owned().into();
    assert_eq!(update(&started, &prior, &planned, &[]), Ok(Step::Done));
}

#[test]
fn groups_and_profile_change_in_place() {
    let there = object("running");
    let prior = there.args.clone();
    let planned = InstanceArgs {
        iam_instance_profile: "other".to_owned().into(),
        vpc_security_group_ids: Set::from(vec!["sg-2".to_owned()]).into(),
        ..prior.clone()
    };
    let association = "<iamInstanceProfileAssociationSet><item><associationId>a-1</associationId>\
        <state>associated</state></item></iamInstanceProfileAssociationSet>";
    let script = [
        ("ec2 DescribeIamInstanceProfileAssociations Filter.1.Name=instance-id Filter.1.Value.1=i-1", ok(association)),
        ("ec2 ReplaceIamInstanceProfileAssociation IamInstanceProfile.Name=other AssociationId=a-1", ok("")),
        ("ec2 ModifyNetworkInterfaceAttribute NetworkInterfaceId=eni-1 SecurityGroupId.1=sg-2", ok("")),
    ];
    assert_eq!(update(&there, &prior, &planned, &script), Ok(Step::Done));
}

#[test]
fn the_root_volume_grows_in_place() {
    let there = object("running");
    let prior = there.args.clone();
    let mut planned = prior.clone();
    let mut root = planned.root_block_device.get().cloned().unwrap();
    root.volume_size = 30.into();
    planned.root_block_device = root.into();
    let script = [("ec2 ModifyVolume VolumeId=vol-1 Size=30", ok(""))];
    assert_eq!(update(&there, &prior, &planned, &script), Ok(Step::Running("vol-1".to_owned())));
    let modification = |state: &str| {
        ok(format!(
            "<volumeModificationSet><item><modificationState>{state}</modificationState></item></volumeModificationSet>"
        ))
    };
    let ask = "ec2 DescribeVolumesModifications VolumeId.1=vol-1";
    for (state, phase) in [("modifying", Phase::Pending("volume modifying".to_owned())), ("optimizing", Phase::Ready)] {
        let script = [(ask, modification(state))];
        let told = check_requests(&script, async |aws| Instance::operation(aws, &there, "vol-1").await);
        assert_eq!(told, Ok(phase));
    }
}

#[test]
fn force_destroy_lifts_protection_before_the_end() {
    let mut there = object("running");
    there.args.force_destroy = true;
    let script = [
        ("ec2 ModifyInstanceAttribute InstanceId=i-1 DisableApiTermination.Value=false", ok("")),
        (
            "ec2 ModifyInstanceAttribute DisableApiStop.Value=false InstanceId=i-1",
            fails("UnsupportedOperation", "spot"),
        ),
        ("ec2 TerminateInstances InstanceId.1=i-1", fails("InvalidInstanceID.NotFound", "gone")),
    ];
    let step = check_requests(&script, async |aws| Instance::delete(aws, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn a_profile_that_is_not_spread_yet_is_tried_again() {
    let error = CallError::local(
        "InvalidParameterValue",
        "Value (n) for parameter x is invalid. Invalid IAM Instance Profile name",
    );
    assert_eq!(Instance::retry(&error), Some(within("2m")));
}

#[test]
fn plans_replace_for_another_architecture_and_for_user_data_if_asked() {
    let plan = |prior: &str, proposed: &str| check_plan::<Instance>(Some(prior), proposed);
    let x86 = r#"{"instance_type": "m5.large", "user_data": "a"}"#;
    assert!(plan(x86, x86).values.is_empty());
    assert_eq!(plan(x86, r#"{"instance_type": "m6g.large", "user_data": "a"}"#).replace.len(), 1);
    let in_place = plan(x86, r#"{"instance_type": "m5.large", "user_data": "b"}"#);
    assert!(in_place.replace.is_empty());
    assert_eq!(in_place.values.len(), 3);
    let replaced = plan(x86, r#"{"instance_type": "m5.large", "user_data": "b", "user_data_replace_on_change": true}"#);
    assert_eq!(replaced.replace.len(), 1);
}

#[test]
fn user_data_that_terraform_hashed_are_no_change() {
    let plan = check_plan::<Instance>(
        Some(r#"{"user_data": "a9993e364706816aba3e25717850c26c9cd0d89d"}"#),
        r#"{"user_data": "abc"}"#,
    );
    let values: Vec<_> = plan.values.iter().map(|(_, value)| value.clone()).collect();
    assert_eq!(values, [Value::from("a9993e364706816aba3e25717850c26c9cd0d89d")]);
}

#[test]
fn other_tags_of_a_volume_replace_nothing() {
    let volume = |size: i32, tag: &str| {
        format!(
            r#"{{"ebs_block_device": [{{"device_name": "/dev/xvdb", "volume_size": {size}, "tags": {{"k": "{tag}"}}}}]}}"#
        )
    };
    let plan = |proposed: &str| check_plan::<Instance>(Some(&volume(5, "a")), proposed);
    assert_eq!(plan(&volume(5, "b")).keep.len(), 1);
    assert!(plan(&volume(6, "a")).keep.is_empty());
}

#[test]
fn default_tags_go_along_with_a_volumes_own() {
    let rules = crate::tags::TagRules { defaults: tag_map(&[("team", "x")]), ..Default::default() };
    let there = object("running");
    let planned: InstanceArgs = InstanceArgs { source_dest_check: true, ..read_args(WRITTEN) };
    let change = Change { prior: None, planned: &planned };
    let request = "ec2 CreateTags ResourceId.1=vol-1 Tag.1.Key=k Tag.1.Value=v Tag.2.Key=team Tag.2.Value=x";
    let script = [(request, ok(""))];
    let run = async |aws: &Aws| Instance::update(aws, &change, &there).await;
    assert_eq!(crate::test_support::check_requests_with(rules, &script, run), Ok(Step::Done));
}
