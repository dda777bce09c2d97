use super::*;
use crate::testing::{Cloud, code};

#[test]
fn interfaces_take_addresses_of_their_subnet() {
    let cloud = Cloud::new();
    let vpc = cloud.vpc("10.0.0.0/16");
    let subnet = cloud.subnet(&vpc, "10.0.0.0/28", "eu-central-1a");
    let create = |input: Tree| cloud.ec2("CreateNetworkInterface", input.with("SubnetId", subnet.as_str()));
    let made = create(tree! { "SecondaryPrivateIpAddressCount": "2" }).unwrap();
    assert_eq!(made.need("networkInterface.privateIpAddress"), Ok("10.0.0.4"));
    assert_eq!(made.list_at("networkInterface.privateIpAddressesSet").len(), 3);
    assert_eq!(made.need("networkInterface.privateDnsName"), Ok("ip-10-0-0-4.eu-central-1.compute.internal"));
    assert_eq!(code(create(tree! { "PrivateIpAddress": "10.0.0.5" })), "InvalidIPAddress.InUse");
    assert_eq!(code(create(tree! { "PrivateIpAddress": "10.0.9.5" })), "InvalidParameterValue");
    let too_many = create(tree! { "SecondaryPrivateIpAddressCount": "9" });
    assert_eq!(code(too_many), "InsufficientFreeAddressesInSubnet");
    let free = || {
        let answer = cloud.ec2("DescribeSubnets", tree! { "SubnetId": vec![subnet.as_str()] }).unwrap();
        answer.list_at("subnetSet")[0].int("availableIpAddressCount").unwrap().unwrap()
    };
    assert_eq!(free(), 8);
    assert_eq!(code(cloud.ec2("DeleteSubnet", tree! { "SubnetId": subnet.as_str() })), "DependencyViolation");
    let id = made.need("networkInterface.networkInterfaceId").unwrap();
    cloud.ec2("DeleteNetworkInterface", tree! { "NetworkInterfaceId": id }).unwrap();
    assert_eq!(free(), 11);
}

#[test]
fn addresses_of_version_6_are_named_and_one_is_primary() {
    let cloud = Cloud::new();
    let input = tree! { "CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": true };
    let made = cloud.ec2("CreateVpc", input).unwrap();
    let vpc = made.need("vpc.vpcId").unwrap();
    let block = made.list_at("vpc.ipv6CidrBlockAssociationSet")[0].need("ipv6CidrBlock").unwrap();
    let first = block.replace("/56", "/64");
    let input = tree! { "VpcId": vpc, "CidrBlock": "10.0.0.0/24", "Ipv6CidrBlock": first };
    let subnet = cloud.ec2("CreateSubnet", input).unwrap().need("subnet.subnetId").unwrap().to_owned();
    let id = cloud.interface(&subnet);
    let assign = |address: &str| {
        let input = tree! { "NetworkInterfaceId": id.as_str(), "Ipv6Addresses": vec![address] };
        cloud.ec2("AssignIpv6Addresses", input)
    };
    let primary = tree! { "NetworkInterfaceId": id.as_str(), "EnablePrimaryIpv6": true };
    assert_eq!(code(cloud.ec2("ModifyNetworkInterfaceAttribute", primary.clone())), "InvalidParameterValue");
    let address = block.replace("::/56", "::5");
    assert_eq!(assign(&address).unwrap().texts("assignedIpv6Addresses"), [address.as_str()]);
    assert_eq!(code(assign(&address)), "InvalidIPAddress.InUse");
    assert_eq!(code(assign("2001:db8::1")), "InvalidParameterValue");
    cloud.ec2("ModifyNetworkInterfaceAttribute", primary.clone()).unwrap();
    assert_eq!(
        code(cloud.ec2("ModifyNetworkInterfaceAttribute", primary.with("EnablePrimaryIpv6", false))),
        "InvalidParameterValue"
    );
    let shown = cloud.ec2("DescribeNetworkInterfaces", tree! { "NetworkInterfaceId": vec![id.as_str()] }).unwrap();
    let own = &shown.list_at("networkInterfaceSet")[0].list_at("ipv6AddressesSet")[0];
    assert_eq!((own.need("ipv6Address"), own.bool("isPrimaryIpv6")), (Ok(address.as_str()), Ok(Some(true))));
}

#[test]
fn a_token_makes_creation_safe_to_repeat() {
    let cloud = Cloud::new();
    let subnet = cloud.subnet(&cloud.vpc("10.0.0.0/16"), "10.0.0.0/24", "eu-central-1a");
    let create = |description: &str| {
        let input = tree! { "SubnetId": subnet.as_str(), "Description": description, "ClientToken": "t" };
        cloud.ec2("CreateNetworkInterface", input)
    };
    assert_eq!(create("a").unwrap(), create("a").unwrap());
    assert_eq!(code(create("b")), "IdempotentParameterMismatch");
}
