use super::*;
use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

const DESCRIBE: &str = "ec2 DescribeSecurityGroupRules Filter.1.Name=security-group-rule-id Filter.1.Value.1=sgr-1";

fn remote(inner: &str) -> String {
    format!(
        "<securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId>\
         <groupOwnerId>1</groupOwnerId>{inner}</item></securityGroupRuleSet>"
    )
}

const HTTPS: &str = "<isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort>\
    <toPort>443</toPort><cidrIpv4>10.0.0.0/8</cidrIpv4>";

fn https(protocol: &str) -> RuleArgs {
    read_args(&format!(
        r#"{{"security_group_id": "sg-1", "ip_protocol": "{protocol}", "from_port": 443, "to_port": 443,
            "cidr_ipv4": "10.0.0.0/8"}}"#
    ))
}

fn observe<R: Resource<Client = Aws>>(known: &Known<R>, answer: String) -> Option<Object<R>> {
    match check_requests(&[(DESCRIBE, ok(answer))], async |aws| R::observe(aws, known).await).unwrap() {
        Observed::There { phase: Phase::Ready, object } => Some(object),
        _ => None,
    }
}

fn new<R: Resource<Args = RuleArgs>>(args: RuleArgs) -> Known<R> {
    Known::New { args, created: Created::with_id("sgr-1") }
}

#[test]
fn a_rule_is_created_with_its_intent() {
    let request = "ec2 AuthorizeSecurityGroupIngress GroupId=sg-1 IpPermissions.1.IpProtocol=tcp \
        IpPermissions.1.FromPort=443 IpPermissions.1.ToPort=443 IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8 \
        TagSpecification.1.ResourceType=security-group-rule TagSpecification.1.Tag.1.Key=landfall:intent \
        TagSpecification.1.Tag.1.Value=t-1";
    let answer = "<securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId></item>\
        </securityGroupRuleSet>";
    let (script, token) = ([(request, ok(answer))], Token("t-1".to_owned()));
    let args = https("6");
    let created = check_requests(&script, async |aws| IngressRule::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("sgr-1")));
}

#[test]
fn a_rule_is_read_in_the_spelling_in_which_it_is_known() {
    let object = observe(&new::<IngressRule>(https("6")), remote(HTTPS)).unwrap();
    assert_eq!(object.args.ip_protocol, "6");
    assert_eq!(object.args.from_port, Some(443));
    assert_eq!(object.attrs.arn, "arn:aws:ec2:eu-central-1:1:security-group-rule/sgr-1");
}

#[test]
fn all_protocols_have_no_ports() {
    let inner = "<isEgress>true</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort>\
        <referencedGroupInfo><groupId>sg-2</groupId><userId>2</userId></referencedGroupInfo>";
    let known: Known<EgressRule> = Known::Import { id: "sgr-1".to_owned() };
    let args = observe(&known, remote(inner)).unwrap().args;
    assert_eq!((args.from_port, args.to_port), (None, None));
    assert_eq!(args.referenced_security_group_id.as_deref(), Some("2/sg-2"));

    let all = r#"{"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0", "from_port": 0}"#;
    assert_eq!(check_plan::<EgressRule>(None, all).errors.len(), 1);
}

#[test]
fn a_rule_of_the_other_direction_is_not_there() {
    assert!(observe(&new::<EgressRule>(https("tcp")), remote(HTTPS)).is_none());
}

#[test]
fn a_rule_changes_in_place() {
    let there = observe(&new::<IngressRule>(https("tcp")), remote(HTTPS)).unwrap();
    let planned = RuleArgs { cidr_ipv4: Some("172.16.0.0/12".to_owned()), ..there.args.clone() };
    let change = Change { prior: Some(&there.args), planned: &planned };
    let rule = "SecurityGroupRule.1.SecurityGroupRule";
    let request = format!(
        "ec2 ModifySecurityGroupRules GroupId=sg-1 {rule}Id=sgr-1 {rule}.IpProtocol=tcp {rule}.FromPort=443 \
         {rule}.ToPort=443 {rule}.CidrIpv4=172.16.0.0/12"
    );
    let script = [(&*request, ok("<return>true</return>"))];
    let step = check_requests(&script, async |aws| IngressRule::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::Done));
}

#[test]
fn another_kind_of_source_is_another_rule() {
    let replaced = |prior: &str, proposed: &str| check_plan::<IngressRule>(Some(prior), proposed).replace.len();
    assert_eq!(replaced(r#"{"cidr_ipv4": "10.0.0.0/8"}"#, r#"{"cidr_ipv4": "10.0.0.0/9"}"#), 0);
    assert_eq!(replaced(r#"{"cidr_ipv4": "10.0.0.0/8"}"#, r#"{"prefix_list_id": "pl-1"}"#), 2);
}

#[test]
fn deleting_a_rule_that_is_gone_succeeds() {
    let there = observe(&new::<IngressRule>(https("tcp")), remote(HTTPS)).unwrap();
    let request = "ec2 RevokeSecurityGroupIngress GroupId=sg-1 SecurityGroupRuleId.1=sgr-1";
    let script = [(request, fails("InvalidSecurityGroupRuleId.NotFound", "does not exist"))];
    let step = check_requests(&script, async |aws| IngressRule::delete(aws, &there).await);
    assert_eq!(step, Ok(Step::Done));
}
