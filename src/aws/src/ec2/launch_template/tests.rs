use super::*;
use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

const TEMPLATES: &str = "ec2 DescribeLaunchTemplates LaunchTemplateId.1=lt-1";
const VERSIONS: &str = "ec2 DescribeLaunchTemplateVersions LaunchTemplateId=lt-1 LaunchTemplateVersion.1=3";
const TEMPLATE: &str = "<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId>\
    <launchTemplateName>nodes-20260131120000000100000001</launchTemplateName>\
    <defaultVersionNumber>1</defaultVersionNumber><latestVersionNumber>3</latestVersionNumber>\
    <tagSet><item><key>Name</key><value>a</value></item></tagSet></item></launchTemplates>";
const VERSION: &str = "<launchTemplateVersionSet><item><versionNumber>3</versionNumber><launchTemplateData>\
    <imageId>ami-1</imageId><userData>YQ==</userData><ebsOptimized>true</ebsOptimized>\
    <instanceRequirements><vCpuCount><min>2</min></vCpuCount><memoryMiB><min>4096</min><max>8192</max></memoryMiB>\
    <cpuManufacturerSet><item>intel</item></cpuManufacturerSet></instanceRequirements>\
    <blockDeviceMappingSet><item><deviceName>/dev/xvda</deviceName><ebs><volumeSize>20</volumeSize>\
    <encrypted>true</encrypted></ebs></item></blockDeviceMappingSet>\
    <networkInterfaceSet><item><deviceIndex>0</deviceIndex><groupSet><groupId>sg-1</groupId></groupSet></item>\
    </networkInterfaceSet><metadataOptions><httpTokens>required</httpTokens>\
    <httpPutResponseHopLimit>2</httpPutResponseHopLimit></metadataOptions>\
    <tagSpecificationSet><item><resourceType>instance</resourceType><tagSet><item><key>k</key><value>v</value></item>\
    </tagSet></item><item><resourceType>launch-template</resourceType></item></tagSpecificationSet>\
    </launchTemplateData></item></launchTemplateVersionSet>";
const WRITTEN: &str = r#"{"name_prefix": "nodes-", "image_id": "ami-1", "user_data": "YQ==", "ebs_optimized": "true",
    "description": "first", "instance_requirements": [{"vcpu_count": [{"min": 2}],
    "memory_mib": [{"min": 4096, "max": 8192}], "cpu_manufacturers": ["intel"]}],
    "block_device_mappings": [{"device_name": "/dev/xvda", "ebs": [{"volume_size": 20, "encrypted": "true"}]}],
    "network_interfaces": [{"security_groups": ["sg-1"], "associate_public_ip_address": "false"}],
    "metadata_options": [{"http_tokens": "required", "http_put_response_hop_limit": 2}],
    "tag_specifications": [{"resource_type": "instance", "tags": {"k": "v"}}], "tags": {"Name": "a"}}"#;

fn there() -> Object<LaunchTemplate> {
    let known = Known::Import { id: "lt-1".to_owned() };
    let script = [(TEMPLATES, ok(TEMPLATE)), (VERSIONS, ok(VERSION))];
    match check_requests(&script, async |aws| LaunchTemplate::observe(aws, &known).await).unwrap() {
        Observed::There { phase: Phase::Ready, object } => object,
        _ => panic!("not ready"),
    }
}

fn check_update(change: impl FnOnce(&mut LaunchTemplateArgs), script: &[(&str, crate::test_support::Canned)]) {
    let there = there();
    let mut planned = there.args.clone();
    change(&mut planned);
    let change = Change { prior: Some(&there.args), planned: &planned };
    let step = check_requests(script, async |aws| LaunchTemplate::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn the_create_call_carries_everything() {
    let args = read_args(WRITTEN);
    let token = Token("t-1".to_owned());
    let name = drawn(&Filled::unset(), &"nodes-".to_owned().into(), &token);
    let request = format!(
        "ec2 CreateLaunchTemplate ClientToken=t-1 LaunchTemplateName={name} VersionDescription=first \
         LaunchTemplateData.EbsOptimized=true LaunchTemplateData.BlockDeviceMapping.1.DeviceName=/dev/xvda \
         LaunchTemplateData.BlockDeviceMapping.1.Ebs.Encrypted=true \
         LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize=20 \
         LaunchTemplateData.NetworkInterface.1.AssociatePublicIpAddress=false \
         LaunchTemplateData.NetworkInterface.1.DeviceIndex=0 \
         LaunchTemplateData.NetworkInterface.1.SecurityGroupId.1=sg-1 \
         LaunchTemplateData.NetworkInterface.1.NetworkCardIndex=0 LaunchTemplateData.ImageId=ami-1 \
         LaunchTemplateData.UserData=YQ== LaunchTemplateData.TagSpecification.1.ResourceType=instance \
         LaunchTemplateData.TagSpecification.1.Tag.1.Key=k LaunchTemplateData.TagSpecification.1.Tag.1.Value=v \
         LaunchTemplateData.MetadataOptions.HttpTokens=required \
         LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit=2 \
         LaunchTemplateData.InstanceRequirements.VCpuCount.Min=2 \
         LaunchTemplateData.InstanceRequirements.MemoryMiB.Min=4096 \
         LaunchTemplateData.InstanceRequirements.MemoryMiB.Max=8192 \
         LaunchTemplateData.InstanceRequirements.CpuManufacturer.1=intel \
         TagSpecification.1.ResourceType=launch-template TagSpecification.1.Tag.1.Key=Name \
         TagSpecification.1.Tag.1.Value=a"
    );
    let answer = ok("<launchTemplate><launchTemplateId>lt-1</launchTemplateId></launchTemplate>");
    let script = [(request.as_str(), answer)];
    let created = check_requests(&script, async |aws| LaunchTemplate::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("lt-1")));
}

#[test]
fn the_newest_version_is_read() {
    let there = there();
    assert_eq!(there.attrs.latest_version, 3);
    assert_eq!(there.args.default_version.get(), Some(&1));
    assert_eq!(there.args.name_prefix.as_deref(), Some("nodes-"));
    let written: LaunchTemplateArgs = read_args(WRITTEN);
    assert!(there.args.instance_requirements == written.instance_requirements);
    assert!(there.args.metadata_options == written.metadata_options);
    assert!(there.args.block_device_mappings == written.block_device_mappings);
    assert!(there.args.tag_specifications == written.tag_specifications);
}

#[test]
fn a_template_that_is_gone_is_gone() {
    let known = Known::Import { id: "lt-1".to_owned() };
    let script = [(TEMPLATES, fails("InvalidLaunchTemplateId.NotFound", "does not exist"))];
    let observed = check_requests(&script, async |aws| LaunchTemplate::observe(aws, &known).await);
    assert!(matches!(observed, Ok(Observed::Gone)));
}

#[test]
fn a_change_makes_a_version_and_moves_the_default_along_if_asked() {
    const CREATE: &str = "ec2 CreateLaunchTemplateVersion ClientToken=TOKEN LaunchTemplateId=lt-1 \
        LaunchTemplateData.ImageId=ami-2";
    let only_image = |args: &mut LaunchTemplateArgs| {
        let names = LaunchTemplateArgs { image_id: Some("ami-2".to_owned()), ..LaunchTemplateArgs::default() };
        *args = LaunchTemplateArgs { tags: args.tags.clone(), default_version: args.default_version.clone(), ..names };
    };
    let made = || ok("<launchTemplateVersion><versionNumber>4</versionNumber></launchTemplateVersion>");
    check_update(only_image, &[(CREATE, made())]);
    check_update(
        |args| {
            only_image(args);
            args.update_default_version = true;
        },
        &[
            (CREATE, made()),
            ("ec2 ModifyLaunchTemplate ClientToken=TOKEN LaunchTemplateId=lt-1 SetDefaultVersion=4", ok("")),
        ],
    );
}

#[test]
fn the_default_version_and_tags_make_no_version() {
    check_update(
        |args| {
            args.default_version = 2.into();
            args.tags = Tags::default();
        },
        &[
            ("ec2 ModifyLaunchTemplate ClientToken=TOKEN LaunchTemplateId=lt-1 SetDefaultVersion=2", ok("")),
            ("ec2 DeleteTags ResourceId.1=lt-1 Tag.1.Key=Name", ok("")),
        ],
    );
}

#[test]
fn plans_promise_the_first_version_and_no_later_one() {
    let plan = |prior, proposed| check_plan::<LaunchTemplate>(prior, proposed).values;
    let value = |values: &[(_, Value)]| values.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
    assert_eq!(value(&plan(None, r#"{"image_id": "ami-1"}"#)), [Value::from(1), Value::from(1)]);
    let prior = Some(r#"{"image_id": "ami-1", "name": "abc"}"#);
    assert!(plan(prior, r#"{"image_id": "ami-1", "name": "abc", "tags": {"a": "b"}}"#).is_empty());
    assert_eq!(plan(prior, r#"{"image_id": "ami-2", "name": "abc"}"#).len(), 1);
    assert_eq!(plan(prior, r#"{"image_id": "ami-2", "name": "abc", "update_default_version": true}"#).len(), 2);
    assert_eq!(check_plan::<LaunchTemplate>(None, r#"{"default_version": 2}"#).errors.len(), 1);
}
