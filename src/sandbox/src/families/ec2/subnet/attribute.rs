//! What ModifySubnetAttribute sets, one attribute a call.

use super::Subnet;
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const MODIFY: Operation = write(
    "ModifySubnetAttribute",
    &[
        "SubnetId",
        "AssignIpv6AddressOnCreation",
        "MapPublicIpOnLaunch",
        "EnableDns64",
        "EnableResourceNameDnsARecordOnLaunch",
        "EnableResourceNameDnsAAAARecordOnLaunch",
        "PrivateDnsHostnameTypeOnLaunch",
    ],
    modify,
);

/// An attribute that is on or off.
struct Switch {
    member: &'static str,
    /// Its name in messages.
    word: &'static str,
    place: fn(&mut Subnet) -> &mut bool,
    /// The value that needs an IPv6 block, and the one that a subnet of IPv6 alone cannot have.
    needs_ipv6: Option<bool>,
    never_native: Option<bool>,
}

const SWITCHES: &[Switch] = &[
    Switch {
        member: "AssignIpv6AddressOnCreation",
        word: "assign-ipv6-address-on-creation",
        place: |subnet| &mut subnet.assigns_ipv6,
        needs_ipv6: Some(true),
        never_native: Some(false),
    },
    Switch {
        member: "MapPublicIpOnLaunch",
        word: "map-public-ip-on-launch",
        place: |subnet| &mut subnet.maps_public_ip,
        needs_ipv6: None,
        never_native: Some(true),
    },
    Switch {
        member: "EnableDns64",
        word: "enable-dns64",
        place: |subnet| &mut subnet.dns64,
        needs_ipv6: Some(true),
        never_native: None,
    },
    Switch {
        member: "EnableResourceNameDnsARecordOnLaunch",
        word: "enable-resource-name-dns-a-record-on-launch",
        place: |subnet| &mut subnet.a_records,
        needs_ipv6: None,
        never_native: Some(true),
    },
    Switch {
        member: "EnableResourceNameDnsAAAARecordOnLaunch",
        word: "enable-resource-name-dns-aaaa-record-on-launch",
        place: |subnet| &mut subnet.aaaa_records,
        needs_ipv6: None,
        never_native: None,
    },
];

/// Returns the error for a value that a subnet cannot have.
fn cannot(word: &str, value: &str, why: &str) -> Fault {
    let message = format!("Invalid value '{value}' for {word}. Cannot set {word} to {value} {why}");
    Fault::new("InvalidParameterValue", message)
}

fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("SubnetId")?;
    let subnet = scope.ec2_mut().subnet_mut(id)?;
    let hostname_type = input.text("PrivateDnsHostnameTypeOnLaunch")?;
    let mut switched = Vec::new();
    for switch in SWITCHES {
        if let Some(value) = input.bool(&format!("{}.Value", switch.member))? {
            switched.push((switch, value));
        }
    }
    if switched.len() + usize::from(hostname_type.is_some()) != 1 {
        let message = "Exactly one attribute may be modified by a call.";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    for (switch, value) in switched {
        check(subnet, id, switch, value)?;
        *(switch.place)(subnet) = value;
    }
    match hostname_type {
        None => {}
        Some("ip-name") if subnet.is_native() => {
            let why = format!("for the IPv6 only subnet ({id}).");
            return Err(cannot("private-dns-hostname-type-on-launch", "ip-name", &why));
        }
        Some(name @ ("ip-name" | "resource-name")) => name.clone_into(&mut subnet.hostname_type),
        Some(other) => {
            let why = "Valid values are ip-name and resource-name.";
            return Err(Fault::invalid("privateDnsHostnameTypeOnLaunch", other, why));
        }
    }
    Ok(tree! { "return": true })
}

fn check(subnet: &Subnet, id: &str, switch: &Switch, value: bool) -> Result<(), Fault> {
    if switch.needs_ipv6 == Some(value) && subnet.ipv6.is_empty() {
        let why = format!("unless the subnet ({id}) has an IPv6 CIDR block associated with it.");
        return Err(cannot(switch.word, &value.to_string(), &why));
    }
    if switch.never_native == Some(value) && subnet.is_native() {
        let why = format!("for the IPv6 only subnet ({id}).");
        return Err(cannot(switch.word, &value.to_string(), &why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    fn set(cloud: &Cloud, subnet: &str, member: &str, value: bool) -> Result<Tree, Fault> {
        let input = tree! { "SubnetId": subnet }.with(member, tree! { "Value": value });
        cloud.ec2("ModifySubnetAttribute", input)
    }

    #[test]
    fn one_attribute_a_call() {
        let cloud = Cloud::new();
        let subnet = cloud.subnet(&cloud.vpc("10.0.0.0/16"), "10.0.0.0/24", "eu-central-1a");
        set(&cloud, &subnet, "MapPublicIpOnLaunch", true).unwrap();
        let on = tree! { "Value": true };
        let both = tree! { "SubnetId": &subnet, "MapPublicIpOnLaunch": on.clone(), "EnableDns64": on };
        assert_eq!(code(cloud.ec2("ModifySubnetAttribute", both)), "InvalidParameterCombination");
        for member in ["AssignIpv6AddressOnCreation", "EnableDns64"] {
            assert_eq!(code(set(&cloud, &subnet, member, true)), "InvalidParameterValue");
            set(&cloud, &subnet, member, false).unwrap();
        }
    }

    #[test]
    fn a_subnet_of_ipv6_alone_stays_one() {
        let cloud = Cloud::new();
        let input = tree! { "CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": true };
        let made = cloud.ec2("CreateVpc", input).unwrap();
        let block = made.list_at("vpc.ipv6CidrBlockAssociationSet")[0].need("ipv6CidrBlock").unwrap();
        let block = block.replace("/56", "/64");
        let input = tree! { "VpcId": made.need("vpc.vpcId").unwrap(), "Ipv6CidrBlock": block, "Ipv6Native": true };
        let made = cloud.ec2("CreateSubnet", input).unwrap();
        let subnet = made.need("subnet.subnetId").unwrap();
        for (member, value) in [
            ("AssignIpv6AddressOnCreation", false),
            ("MapPublicIpOnLaunch", true),
            ("EnableResourceNameDnsARecordOnLaunch", true),
        ] {
            assert_eq!(code(set(&cloud, subnet, member, value)), "InvalidParameterValue", "{member}");
            set(&cloud, subnet, member, !value).unwrap();
        }
        set(&cloud, subnet, "EnableDns64", false).unwrap();
        let name = tree! { "SubnetId": subnet, "PrivateDnsHostnameTypeOnLaunch": "ip-name" };
        assert_eq!(code(cloud.ec2("ModifySubnetAttribute", name)), "InvalidParameterValue");
        let association = made.list_at("subnet.ipv6CidrBlockAssociationSet")[0].need("associationId").unwrap();
        let input = tree! { "AssociationId": association };
        assert_eq!(code(cloud.ec2("DisassociateSubnetCidrBlock", input)), "OperationNotPermitted");
    }
}
