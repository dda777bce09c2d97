use super::*;
use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

const DESCRIBE: &str = "ec2 DescribeNatGateways Filter.1.Name=nat-gateway-id Filter.1.Value.1=nat-1";
const PRIMARY: &str = "<item><allocationId>eipalloc-1</allocationId><associationId>eipassoc-1</associationId>\
    <networkInterfaceId>eni-1</networkInterfaceId><privateIp>10.0.0.5</privateIp><publicIp>203.0.113.7</publicIp>\
    <isPrimary>true</isPrimary><status>succeeded</status></item>";

fn further(id: &str, status: &str) -> String {
    format!(
        "<item><allocationId>eipalloc-{id}</allocationId><associationId>eipassoc-{id}</associationId>\
         <privateIp>10.0.0.{id}</privateIp><isPrimary>false</isPrimary><status>{status}</status></item>"
    )
}

fn gateway(state: &str, further: &str) -> String {
    format!(
        "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId>\
         <state>{state}</state><failureCode>Gateway.NotAttached</failureCode>\
         <failureMessage>Network vpc-1 has no Internet gateway attached</failureMessage>\
         <connectivityType>public</connectivityType><natGatewayAddressSet>{PRIMARY}{further}</natGatewayAddressSet>\
         </item></natGatewaySet>"
    )
}

fn observe(answer: String) -> Observed<NatGateway> {
    let known = Known::Import { id: "nat-1".to_owned() };
    check_requests(&[(DESCRIBE, ok(answer))], async |aws| NatGateway::observe(aws, &known).await).unwrap()
}

fn there(further: &str) -> Object<NatGateway> {
    match observe(gateway("available", further)) {
        Observed::There { phase: Phase::Ready, object } => object,
        _ => panic!("not ready"),
    }
}

fn with_further(ids: &[&str]) -> NatGatewayArgs {
    let ids: Set<_> = ids.iter().map(|id| format!("eipalloc-{id}")).collect();
    NatGatewayArgs {
        secondary_allocation_ids: ids.into(),
        secondary_private_ip_addresses: Filled::unset(),
        ..there("").args
    }
}

#[test]
fn a_gateway_is_created_with_a_token() {
    let args = read_args(r#"{"allocation_id": "eipalloc-1", "subnet_id": "subnet-1"}"#);
    let request = "ec2 CreateNatGateway AllocationId=eipalloc-1 ClientToken=t-1 SubnetId=subnet-1 \
        ConnectivityType=public";
    let script = [(request, ok("<natGateway><natGatewayId>nat-1</natGatewayId></natGateway>"))];
    let token = Token("t-1".to_owned());
    let created = check_requests(&script, async |aws| NatGateway::create(aws, &args, &token).await);
    assert_eq!(created, Ok(Created::with_id("nat-1")));
}

#[test]
fn the_first_address_is_told_from_others() {
    let object = there(&further("6", "succeeded"));
    assert_eq!(object.args.allocation_id.as_deref(), Some("eipalloc-1"));
    assert_eq!(object.attrs.public_ip, "203.0.113.7");
    assert_eq!(object.args.secondary_allocation_ids.get().unwrap()[..], ["eipalloc-6"]);
    assert_eq!(object.args.secondary_private_ip_address_count.get(), Some(&1));
}

#[test]
fn a_gateway_that_fails_says_why_and_one_that_was_deleted_is_gone() {
    let why = "Gateway.NotAttached: Network vpc-1 has no Internet gateway attached";
    let failed = Phase::Failed(why.to_owned());
    assert!(matches!(observe(gateway("failed", "")), Observed::There { phase, .. } if phase == failed));
    assert!(matches!(observe(gateway("deleted", "")), Observed::Gone));
    let deleting = Phase::Pending("deleting".to_owned());
    assert!(matches!(observe(gateway("deleting", "")), Observed::There { phase, .. } if phase == deleting));
    let moving = Phase::Pending("address associating".to_owned());
    let observed = observe(gateway("available", &further("6", "associating")));
    assert!(matches!(observed, Observed::There { phase, .. } if phase == moving));
}

#[test]
fn further_addresses_come_before_old_ones_go() {
    let prior = there(&further("6", "succeeded"));
    let planned = with_further(&["7"]);
    let change = Change { prior: Some(&prior.args), planned: &planned };
    let request = "ec2 AssociateNatGatewayAddress NatGatewayId=nat-1 AllocationId.1=eipalloc-7";
    let script = [(request, ok(""))];
    let step = check_requests(&script, async |aws| NatGateway::update(aws, &change, &prior).await);
    assert_eq!(step, Ok(Step::More));

    let both = format!("{}{}", further("6", "succeeded"), further("7", "succeeded"));
    let there = there(&both);
    let script = [
        (DESCRIBE, ok(gateway("available", &both))),
        ("ec2 DisassociateNatGatewayAddress NatGatewayId=nat-1 AssociationId.1=eipassoc-6", ok("")),
    ];
    let step = check_requests(&script, async |aws| NatGateway::update(aws, &change, &there).await);
    assert_eq!(step, Ok(Step::More));
}

#[test]
fn a_private_gateway_has_no_public_address() {
    let errors = |args: &str| check_plan::<NatGateway>(None, args).errors.len();
    assert_eq!(errors(r#"{"connectivity_type": "private", "allocation_id": "eipalloc-1"}"#), 1);
    assert_eq!(errors(r#"{"connectivity_type": "public", "secondary_private_ip_address_count": 1}"#), 1);
    assert_eq!(errors(r#"{"connectivity_type": "public", "allocation_id": "eipalloc-1"}"#), 0);
}

#[test]
fn zones_of_a_regional_gateway_are_written_as_they_are_known() {
    let addresses = "<item><allocationId>eipalloc-1</allocationId><availabilityZone>eu-central-1a</availabilityZone>\
        <availabilityZoneId>euc1-az2</availabilityZoneId></item>";
    let answer = format!(
        "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><state>available</state>\
         <availabilityMode>regional</availabilityMode><autoProvisionZones>disabled</autoProvisionZones>\
         <natGatewayAddressSet>{addresses}</natGatewayAddressSet></item></natGatewaySet>"
    );
    let args: NatGatewayArgs = read_args(
        r#"{"vpc_id": "vpc-1", "availability_mode": "regional", "availability_zone_address": [
            {"availability_zone_id": "euc1-az2", "allocation_ids": ["eipalloc-1"]}]}"#,
    );
    let known = Known::New { args: args.clone(), created: Created::with_id("nat-1") };
    let observed = check_requests(&[(DESCRIBE, ok(answer))], async |aws| NatGateway::observe(aws, &known).await);
    let Ok(Observed::There { object, .. }) = observed else { panic!("gone") };
    assert!(object.args.availability_zone_address == args.availability_zone_address);
    assert_eq!(object.attrs.regional_nat_gateway_auto_mode, "disabled");
    assert_eq!(object.args.allocation_id, None);
}

#[test]
fn deleting_a_gateway_that_is_gone_succeeds() {
    let there = there("");
    let script = [("ec2 DeleteNatGateway NatGatewayId=nat-1", fails("NatGatewayNotFound", "not found"))];
    let step = check_requests(&script, async |aws| NatGateway::delete(aws, &there).await);
    assert_eq!(step, Ok(Step::Done));
}
