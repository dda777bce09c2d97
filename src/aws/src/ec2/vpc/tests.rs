use landfall_provider::Operation;

use super::*;
use crate::test_support::{Canned, check_plan, check_requests, fails, ok, read_args};

const DESCRIBE: &str = "ec2 DescribeVpcs Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1";

fn vpc(ipv6: &str) -> String {
    format!(
        "<vpcSet><item><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><state>available</state>\
         <cidrBlock>10.0.0.0/16</cidrBlock><dhcpOptionsId>dopt-1</dhcpOptionsId>\
         <instanceTenancy>default</instanceTenancy><ipv6CidrBlockAssociationSet>{ipv6}</ipv6CidrBlockAssociationSet>\
         <tagSet><item><key>Name</key><value>a</value></item></tagSet></item></vpcSet>"
    )
}

/// Answers of the reads that follow DescribeVpcs, with host names switched off.
fn reads(vpc: String) -> Vec<(&'static str, Canned)> {
    vec![
        (DESCRIBE, ok(vpc)),
        (
            "ec2 DescribeVpcAttribute Attribute=enableDnsHostnames VpcId=vpc-1",
            ok("<enableDnsHostnames><value>false</value></enableDnsHostnames>"),
        ),
        (
            "ec2 DescribeVpcAttribute Attribute=enableDnsSupport VpcId=vpc-1",
            ok("<enableDnsSupport><value>true</value></enableDnsSupport>"),
        ),
        ("ec2 DescribeVpcAttribute Attribute=enableNetworkAddressUsageMetrics VpcId=vpc-1", ok("")),
        (
            "ec2 DescribeNetworkAcls Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 Filter.2.Name=default \
             Filter.2.Value.1=true",
            ok("<networkAclSet><item><networkAclId>acl-1</networkAclId></item></networkAclSet>"),
        ),
        (
            "ec2 DescribeRouteTables Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 Filter.2.Name=association.main \
             Filter.2.Value.1=true",
            ok("<routeTableSet><item><routeTableId>rtb-1</routeTableId></item></routeTableSet>"),
        ),
        (
            "ec2 DescribeSecurityGroups Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 Filter.2.Name=group-name \
             Filter.2.Value.1=default",
            ok("<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>"),
        ),
    ]
}

fn observe(ipv6: &str) -> (Phase, Object<Vpc>) {
    let known = Known::Import { id: "vpc-1".to_owned() };
    match check_requests(&reads(vpc(ipv6)), async |aws| Vpc::observe(aws, &known).await).unwrap() {
        Observed::There { phase, object } => (phase, object),
        Observed::Gone => panic!("gone"),
    }
}

fn there() -> Object<Vpc> {
    observe("").1
}

#[test]
fn a_vpc_is_created_with_its_intent() {
    let args = read_args(r#"{"cidr_block": "10.0.0.0/16", "enable_dns_hostnames": true}"#);
    let request = "ec2 CreateVpc CidrBlock=10.0.0.0/16 TagSpecification.1.ResourceType=vpc \
        TagSpecification.1.Tag.1.Key=landfall:intent TagSpecification.1.Tag.1.Value=t-1 InstanceTenancy=default";
    let script = [(request, ok("<vpc><vpcId>vpc-1</vpcId></vpc>"))];
    let token = Token("t-1".to_owned());
    let created = check_requests(&script, async |aws| Vpc::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("vpc-1")));
}

#[test]
fn what_comes_with_a_vpc_is_read() {
    let (phase, object) = observe("");
    assert_eq!(phase, Phase::Ready);
    assert_eq!(object.attrs.arn, "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1");
    assert_eq!(object.attrs.default_network_acl_id, "acl-1");
    assert_eq!(object.attrs.main_route_table_id, "rtb-1");
    assert_eq!(object.attrs.default_security_group_id, "sg-1");
    assert_eq!(object.args.enable_dns_hostnames.to_option(), Some(false));
    assert!(object.args.enable_dns_support);
}

#[test]
fn host_names_are_switched_on_after_create_and_waited_for() {
    let there = there();
    let planned =
        read_args(r#"{"cidr_block": "10.0.0.0/16", "enable_dns_hostnames": true, "enable_dns_support": true}"#);
    let change = Change { prior: None, planned: &planned };
    let script = [
        ("ec2 ModifyVpcAttribute EnableDnsHostnames.Value=true VpcId=vpc-1", ok("<return>true</return>")),
        ("ec2 DeleteTags ResourceId.1=vpc-1 Tag.1.Key=landfall:intent", ok("<return>true</return>")),
    ];
    let step = check_requests(&script, async |aws| Vpc::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
    let goal =
        Goal { operation: Operation::Create, prior: None, planned: &planned, elapsed: std::time::Duration::ZERO };
    let waiting = Settled::Waiting("enable_dns_hostnames to become visible".to_owned());
    assert_eq!(Vpc::settled(&goal, &there), waiting);
}

#[test]
fn dns_is_on_before_host_names_are() {
    let mut there = there();
    there.args.enable_dns_support = false;
    let prior = there.args.clone();
    let planned = read_args(r#"{"enable_dns_support": true, "enable_dns_hostnames": true}"#);
    let change = Change { prior: Some(&prior), planned: &planned };
    let script = [("ec2 ModifyVpcAttribute EnableDnsSupport.Value=true VpcId=vpc-1", ok("<return>true</return>"))];
    let step = check_requests(&script, async |aws| Vpc::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::More));
}

#[test]
fn an_ipv6_range_of_amazons_is_taken_in_place() {
    let there = there();
    let prior = there.args.clone();
    let planned = VpcArgs { assign_generated_ipv6_cidr_block: true, ..prior.clone() };
    let change = Change { prior: Some(&prior), planned: &planned };
    let request = "ec2 AssociateVpcCidrBlock VpcId=vpc-1 AmazonProvidedIpv6CidrBlock=true";
    let step = check_requests(&[(request, ok(""))], async |aws| Vpc::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::More));

    let range = |state: &str| {
        format!(
            "<item><associationId>a-1</associationId><ipv6CidrBlock>2001:db8::/56</ipv6CidrBlock>\
             <ipv6Pool>Amazon</ipv6Pool><ipv6CidrBlockState><state>{state}</state></ipv6CidrBlockState></item>"
        )
    };
    assert_eq!(observe(&range("associating")).0, Phase::Pending("IPv6 range associating".to_owned()));
    let (phase, there) = observe(&range("associated"));
    assert_eq!(phase, Phase::Ready);
    assert!(there.args.assign_generated_ipv6_cidr_block);
    let script: [(&str, Canned); 0] = [];
    let step = check_requests(&script, async |aws| Vpc::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn only_a_dedicated_vpc_that_becomes_a_default_one_stays() {
    let plan = |prior: &str, proposed: &str| {
        let object = |tenancy: &str| format!(r#"{{"instance_tenancy": "{tenancy}"}}"#);
        check_plan::<Vpc>(Some(&object(prior)), &object(proposed)).replace.len()
    };
    assert_eq!(plan("dedicated", "default"), 0);
    assert_eq!(plan("default", "dedicated"), 1);
}

#[test]
fn a_vpc_in_use_sheds_what_guard_duty_left_and_is_tried_again() {
    let there = there();
    let script = [
        ("ec2 DeleteVpc VpcId=vpc-1", fails("DependencyViolation", "has dependencies")),
        (
            "ec2 DescribeVpcEndpoints Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 Filter.2.Name=tag:GuardDutyManaged \
             Filter.2.Value.1=true",
            ok("<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId></item></vpcEndpointSet>"),
        ),
        ("ec2 DeleteVpcEndpoints VpcEndpointId.1=vpce-1", ok("")),
        (
            "ec2 DescribeSecurityGroups Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 \
             Filter.2.Name=tag:GuardDutyManaged Filter.2.Value.1=true",
            ok("<securityGroupInfo><item><groupId>sg-9</groupId></item></securityGroupInfo>"),
        ),
        ("ec2 DeleteSecurityGroup GroupId=sg-9", fails("DependencyViolation", "resource sg-9 has a dependent object")),
    ];
    let error = check_requests(&script, async |aws| Vpc::delete(aws, &there).await).unwrap_err();
    assert_eq!(Vpc::retry(&error), Some(Within::DEADLINE));
}

#[test]
fn a_vpc_that_no_answer_names_is_gone() {
    let known = Known::Import { id: "vpc-1".to_owned() };
    let observed = check_requests(&[(DESCRIBE, ok("<vpcSet/>"))], async |aws| Vpc::observe(aws, &known).await);
    assert!(matches!(observed, Ok(Observed::Gone)));
}
