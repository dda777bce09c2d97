use super::*;
use crate::test_support::{check_requests, fails, ok, read_args};

const RULES: &str = "ec2 DescribeSecurityGroupRules Filter.1.Name=group-id Filter.1.Value.1=sg-1";
const REMOTE: &str = "<securityGroupRuleSet>\
    <item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>\
    <fromPort>443</fromPort><toPort>443</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4><description>d</description></item>\
    <item><securityGroupRuleId>sgr-2</securityGroupRuleId><groupId>sg-1</groupId><isEgress>true</isEgress><ipProtocol>-1</ipProtocol>\
    <fromPort>-1</fromPort><toPort>-1</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4></item>\
    <item><securityGroupRuleId>sgr-3</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>\
    <fromPort>443</fromPort><toPort>443</toPort>\
    <referencedGroupInfo><groupId>sg-1</groupId></referencedGroupInfo></item></securityGroupRuleSet>";

fn args(ranges: &str) -> SecurityGroupRuleArgs {
    read_args(&format!(
        r#"{{"type": "ingress", "security_group_id": "sg-1", "protocol": "TCP", "from_port": 443, "to_port": 443,
            "cidr_blocks": {ranges}, "description": "d"}}"#
    ))
}

fn observe(known: Known<SecurityGroupRule>) -> Option<Object<SecurityGroupRule>> {
    let script = [(RULES, ok(REMOTE))];
    match check_requests(&script, async |aws| SecurityGroupRule::observe(aws, &known).await).unwrap() {
        Observed::There { phase: Phase::Ready, object } => Some(object),
        _ => None,
    }
}

fn import(id: &str) -> Option<Object<SecurityGroupRule>> {
    observe(Known::Import { id: id.to_owned() })
}

#[test]
fn a_rule_lets_traffic_through() {
    let args = args(r#"["10.0.0.0/8"]"#);
    let request = "ec2 AuthorizeSecurityGroupIngress GroupId=sg-1 IpPermissions.1.IpProtocol=tcp \
        IpPermissions.1.FromPort=443 IpPermissions.1.ToPort=443 IpPermissions.1.IpRanges.1.Description=d \
        IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8";
    let script = [(request, ok("<return>true</return>"))];
    let token = Token("t-1".to_owned());
    let created = check_requests(&script, async |aws| SecurityGroupRule::create(aws, &args, &token).await);
    let expected = format!("sgrule-{}", crc32("sg-1-443-443-tcp-ingress-10.0.0.0/8-"));
    assert_eq!(created, Ok(Created::with_id(expected)));
}

#[test]
fn the_id_of_a_rule_with_a_group_has_its_missing_name() {
    let args = imported("sg-1_egress_-1_0_0_self").unwrap();
    assert_eq!(args.id(), format!("sgrule-{}", crc32("sg-1--1-egress-sg-1--")));
}

#[test]
fn a_rule_is_there_if_all_of_it_is() {
    let known = |ranges| Known::New { args: args(ranges), created: Created::with_id("sgrule-1") };
    let object = observe(known(r#"["10.0.0.0/8"]"#)).unwrap();
    assert_eq!(object.args.protocol, "TCP");
    assert_eq!(object.attrs.security_group_rule_id.as_deref(), Some("sgr-1"));
    assert!(observe(known(r#"["10.0.0.0/8", "172.16.0.0/12"]"#)).is_none());
}

#[test]
fn rules_are_imported_by_what_they_say() {
    assert_eq!(import("sg-1_ingress_tcp_443_443_10.0.0.0/8").unwrap().args.description.as_deref(), Some("d"));
    assert!(import("sg-1_ingress_tcp_443_443_self").unwrap().args.itself);
    assert!(import("sg-1_egress_all_0_65535_0.0.0.0/0").is_some());
    assert!(import("sg-1_ingress_tcp_443_443_sg-2").is_none());
    assert!(imported("sg-1_ingress_tcp_443").is_err());
}

#[test]
fn a_description_changes_in_place() {
    let there = import("sg-1_ingress_tcp_443_443_10.0.0.0/8").unwrap();
    let planned = SecurityGroupRuleArgs { description: Some("e".to_owned()), ..there.args.clone() };
    let change = Change { prior: Some(&there.args), planned: &planned };
    let request = "ec2 UpdateSecurityGroupRuleDescriptionsIngress GroupId=sg-1 IpPermissions.1.IpProtocol=tcp \
        IpPermissions.1.FromPort=443 IpPermissions.1.ToPort=443 IpPermissions.1.IpRanges.1.Description=e \
        IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8";
    let script = [(request, ok("<return>true</return>"))];
    let step = check_requests(&script, async |aws| SecurityGroupRule::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn a_rule_whose_group_is_gone_is_revoked() {
    let there = import("sg-1_egress_-1_0_0_0.0.0.0/0").unwrap();
    let request = "ec2 RevokeSecurityGroupEgress GroupId=sg-1 IpPermissions.1.IpProtocol=-1 \
        IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0";
    for code in ["InvalidPermission.NotFound", "InvalidGroup.NotFound"] {
        let script = [(request, fails(code, "does not exist"))];
        let step = check_requests(&script, async |aws| SecurityGroupRule::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
