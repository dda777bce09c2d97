use std::time::Duration;

use super::*;
use crate::test_support::{Canned, check_plan, check_requests, fails, ok, read_args};

const DESCRIBE: &str = "ec2 DescribeSecurityGroups Filter.1.Name=group-id Filter.1.Value.1=sg-1";
const ALL_OUT: &str = "<item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges>\
    </item>";
const IN: &str = "<item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>\
    <ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item><item><cidrIp>192.168.0.0/16</cidrIp>\
    <description>b</description></item></ipRanges>\
    <groups><item><groupId>sg-1</groupId><userId>1</userId></item>\
    <item><groupId>sg-2</groupId><userId>2</userId></item></groups></item>";

fn group(ingress: &str, egress: &str) -> String {
    format!(
        "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>web</groupName><ownerId>1</ownerId>\
         <groupDescription>d</groupDescription><vpcId>vpc-1</vpcId><ipPermissions>{ingress}</ipPermissions>\
         <ipPermissionsEgress>{egress}</ipPermissionsEgress></item></securityGroupInfo>"
    )
}

fn observe(known: &Known<SecurityGroup>, answer: String) -> Object<SecurityGroup> {
    match check_requests(&[(DESCRIBE, ok(answer))], async |aws| SecurityGroup::observe(aws, known).await).unwrap() {
        Observed::There { phase: Phase::Ready, object } => object,
        _ => panic!("not ready"),
    }
}

fn there(ingress: &str, egress: &str) -> Object<SecurityGroup> {
    observe(&Known::Import { id: "sg-1".to_owned() }, group(ingress, egress))
}

fn args() -> SecurityGroupArgs {
    read_args(r#"{"name": "web", "description": "d", "vpc_id": "vpc-1"}"#)
}

fn https(ranges: &[&str]) -> Rule {
    let cidr_blocks = ranges.iter().map(|range| (*range).to_owned()).collect();
    Rule { cidr_blocks, protocol: "TCP".to_owned(), from_port: 443, to_port: 443, ..Rule::default() }
}

fn with(ingress: Vec<Rule>) -> SecurityGroupArgs {
    SecurityGroupArgs { ingress: Set::from(ingress).into(), ..args() }
}

fn done() -> Canned {
    ok("<return>true</return>")
}

#[test]
fn a_group_is_created_with_its_intent() {
    let request = "ec2 CreateSecurityGroup GroupDescription=d GroupName=web VpcId=vpc-1 \
        TagSpecification.1.ResourceType=security-group TagSpecification.1.Tag.1.Key=landfall:intent \
        TagSpecification.1.Tag.1.Value=t-1";
    let script = [(request, ok("<groupId>sg-1</groupId>"))];
    let token = Token("t-1".to_owned());
    let created = check_requests(&script, async |aws| SecurityGroup::create(aws, &args(), &token).await);
    assert_eq!(created, Ok(Created::with_id("sg-1")));
}

#[test]
fn rules_nobody_wrote_are_gathered() {
    let object = there(IN, "");
    let rules = object.args.ingress.get().unwrap();
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].cidr_blocks, ["10.0.0.0/8"]);
    assert_eq!(rules[0].security_groups[..], ["2/sg-2"]);
    assert!(rules[0].itself && !rules[1].itself);
    assert_eq!(rules[1].description.as_deref(), Some("b"));
}

#[test]
fn rules_that_are_known_stay_as_they_are_written() {
    let written = vec![
        Rule { itself: true, ..https(&["10.0.0.0/8"]) },
        Rule { description: Some("b".to_owned()), ..https(&["192.168.0.0/16"]) },
        Rule { security_groups: vec!["2/sg-2".to_owned()].into(), ..https(&[]) },
    ];
    let known = Known::New { args: with(written.clone()), created: Created::with_id("sg-1") };
    let object = observe(&known, group(IN, ""));
    assert_eq!(object.args.ingress.get(), Some(&Set::from(written)));
}

#[test]
fn a_new_group_lets_nothing_out_unless_asked_to() {
    let there = there("", ALL_OUT);
    let planned = with(vec![https(&["10.0.0.0/8"])]);
    let change = Change { prior: None, planned: &planned };
    let script = [
        (
            "ec2 AuthorizeSecurityGroupIngress GroupId=sg-1 IpPermissions.1.IpProtocol=tcp IpPermissions.1.FromPort=443 \
             IpPermissions.1.ToPort=443 IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8",
            done(),
        ),
        (
            "ec2 RevokeSecurityGroupEgress GroupId=sg-1 IpPermissions.1.IpProtocol=-1 \
             IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
            done(),
        ),
        ("ec2 DeleteTags ResourceId.1=sg-1 Tag.1.Key=landfall:intent", done()),
    ];
    let step = check_requests(&script, async |aws| SecurityGroup::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));

    let goal = Goal { operation: Operation::Create, prior: None, planned: &planned, elapsed: Duration::ZERO };
    assert!(matches!(SecurityGroup::settled(&goal, &there), Settled::Waiting(_)));
}

#[test]
fn only_what_differs_is_revoked_described_and_let_through() {
    let prior = there(IN, ALL_OUT);
    let planned = with(vec![
        Rule { itself: true, ..https(&["10.0.0.0/8", "172.16.0.0/12"]) },
        Rule { description: Some("c".to_owned()), ..https(&["192.168.0.0/16"]) },
    ]);
    let change = Change { prior: Some(&prior.args), planned: &planned };
    let ports = "IpPermissions.1.IpProtocol=tcp IpPermissions.1.FromPort=443 IpPermissions.1.ToPort=443";
    let revoke = format!(
        "ec2 RevokeSecurityGroupIngress GroupId=sg-1 {ports} IpPermissions.1.Groups.1.UserId=2 \
         IpPermissions.1.Groups.1.GroupId=sg-2"
    );
    let describe = format!(
        "ec2 UpdateSecurityGroupRuleDescriptionsIngress GroupId=sg-1 {ports} \
         IpPermissions.1.IpRanges.1.Description=c IpPermissions.1.IpRanges.1.CidrIp=192.168.0.0/16"
    );
    let authorize = format!(
        "ec2 AuthorizeSecurityGroupIngress GroupId=sg-1 {ports} IpPermissions.1.IpRanges.1.CidrIp=172.16.0.0/12"
    );
    let script = [(&*revoke, done()), (&*describe, done()), (&*authorize, done())];
    let step = check_requests(&script, async |aws| SecurityGroup::update(aws, &change, &prior).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn a_rule_that_is_there_already_is_looked_at_again() {
    let prior = there("", "");
    let planned = with(vec![https(&["10.0.0.0/8"])]);
    let change = Change { prior: Some(&prior.args), planned: &planned };
    let request = "ec2 AuthorizeSecurityGroupIngress GroupId=sg-1 IpPermissions.1.IpProtocol=tcp \
        IpPermissions.1.FromPort=443 IpPermissions.1.ToPort=443 IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8";
    let script = [(request, fails("InvalidPermission.Duplicate", "already exists"))];
    let step = check_requests(&script, async |aws| SecurityGroup::update(aws, &change, &prior).await);
    assert_eq!(step, Ok(Step::More));
}

#[test]
fn a_group_in_use_sheds_interfaces_and_rules_that_name_it() {
    let mut there = there("", "");
    there.args.revoke_rules_on_delete = true;
    let other = "<securityGroupInfo><item><groupId>sg-9</groupId><ownerId>1</ownerId><ipPermissions>\
        <item><ipProtocol>-1</ipProtocol><groups><item><groupId>sg-1</groupId><userId>1</userId></item>\
        <item><groupId>sg-8</groupId><userId>1</userId></item></groups></item></ipPermissions></item>\
        </securityGroupInfo>";
    let script = [
        (DESCRIBE, ok(group("", ALL_OUT))),
        (
            "ec2 RevokeSecurityGroupEgress GroupId=sg-1 IpPermissions.1.IpProtocol=-1 \
             IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
            done(),
        ),
        ("ec2 DeleteSecurityGroup GroupId=sg-1", fails("DependencyViolation", "resource sg-1 has a dependent object")),
        (
            "ec2 DescribeNetworkInterfaces Filter.1.Name=group-id Filter.1.Value.1=sg-1 Filter.2.Name=status \
             Filter.2.Value.1=available",
            ok("<networkInterfaceSet/>"),
        ),
        ("ec2 DescribeSecurityGroups Filter.1.Name=ip-permission.group-id Filter.1.Value.1=sg-1", ok(other)),
        (
            "ec2 RevokeSecurityGroupIngress GroupId=sg-9 IpPermissions.1.IpProtocol=-1 \
             IpPermissions.1.Groups.1.GroupId=sg-1",
            done(),
        ),
        ("ec2 DescribeSecurityGroups Filter.1.Name=egress.ip-permission.group-id Filter.1.Value.1=sg-1", ok("")),
    ];
    let error = check_requests(&script, async |aws| SecurityGroup::delete(aws, &there).await).unwrap_err();
    assert_eq!(SecurityGroup::retry(&error), Some(Within::DEADLINE));
}

#[test]
fn deleting_a_group_that_is_gone_succeeds() {
    let there = there("", "");
    let script = [("ec2 DeleteSecurityGroup GroupId=sg-1", fails("InvalidGroup.NotFound", "does not exist"))];
    let step = check_requests(&script, async |aws| SecurityGroup::delete(aws, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn rules_without_sources_and_ports_of_all_protocols_are_refused() {
    let errors = |protocol: &str, port: u32, ranges: &str| {
        let rule = format!(
            r#"{{"cidr_blocks": {ranges}, "description": null, "from_port": {port}, "ipv6_cidr_blocks": null,
                "prefix_list_ids": null, "protocol": "{protocol}", "security_groups": null, "self": null,
                "to_port": {port}}}"#
        );
        check_plan::<SecurityGroup>(None, &format!(r#"{{"ingress": [{rule}]}}"#)).errors.len()
    };
    assert_eq!(errors("-1", 0, r#"["10.0.0.0/8"]"#), 0);
    assert_eq!(errors("-1", 80, r#"["10.0.0.0/8"]"#), 1);
    assert_eq!(errors("tcp", 80, "[]"), 1);
}
