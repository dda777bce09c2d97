//! What an account may have, and lists of what the sandbox has none of.

use super::filters::Filters;
use crate::families::{Family, Operation, read};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        read("DescribeAccountAttributes", &["AttributeName"], describe_attributes),
        none("DescribeCapacityReservations", |_, input| nothing(input, "capacityReservationSet")),
        none("DescribeCarrierGateways", |_, input| nothing(input, "carrierGatewaySet")),
        none("DescribeCustomerGateways", |_, input| nothing(input, "customerGatewaySet")),
        none("DescribeFlowLogs", |_, input| nothing(input, "flowLogSet")),
        none("DescribeHosts", |_, input| nothing(input, "hostSet")),
        none("DescribeInstanceConnectEndpoints", |_, input| nothing(input, "instanceConnectEndpointSet")),
        none("DescribeReservedInstances", |_, input| nothing(input, "reservedInstancesSet")),
        none("DescribeSecurityGroupVpcAssociations", |_, input| nothing(input, "securityGroupVpcAssociationSet")),
        none("DescribeSnapshots", |_, input| nothing(input, "snapshotSet")),
        none("DescribeTransitGateways", |_, input| nothing(input, "transitGatewaySet")),
        none("DescribeVpcPeeringConnections", |_, input| nothing(input, "vpcPeeringConnectionSet")),
        none("DescribeVpnConnections", |_, input| nothing(input, "vpnConnectionSet")),
        none("DescribeVpnGateways", |_, input| nothing(input, "vpnGatewaySet")),
        read("GetEbsEncryptionByDefault", &[], |_, _| Ok(tree! { "ebsEncryptionByDefault": false })),
        read("GetEbsDefaultKmsKeyId", &[], |_, _| Ok(tree! { "kmsKeyId": "alias/aws/ebs" })),
    ],
    events: &[],
};

/// A list of what cannot be made here. One that is asked for by its id is a gap, not an empty list.
const fn none(name: &'static str, handler: fn(&Scope<'_>, &Tree) -> Result<Tree, Fault>) -> Operation {
    read(name, &["Filter", "MaxResults", "NextToken", "Owner"], handler)
}

fn nothing(input: &Tree, set: &str) -> Result<Tree, Fault> {
    Filters::read(input)?;
    Ok(Tree::object().with(set, Tree::List(vec![])))
}

fn describe_attributes(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let default_vpc = scope.ec2().default_vpc().unwrap_or("none");
    let all = [
        ("supported-platforms", "VPC"),
        ("default-vpc", default_vpc),
        ("max-instances", "20"),
        ("vpc-max-security-groups-per-interface", "5"),
        ("max-elastic-ips", "5"),
        ("vpc-max-elastic-ips", "5"),
    ];
    let names = input.texts("AttributeName");
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|(own, _)| own == *name)) {
        return Err(Fault::invalid("attributeName", *unknown, "Unknown attribute."));
    }
    let wanted = all.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    let set = wanted.map(|(name, value)| {
        tree! { "attributeName": *name, "attributeValueSet": vec![tree! { "attributeValue": *value }] }
    });
    Ok(tree! { "accountAttributeSet": Tree::list(set) })
}
