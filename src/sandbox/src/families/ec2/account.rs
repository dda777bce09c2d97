//! What an account may have, and lists of what the sandbox has none of.

use super::filters::Filters;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        read("DescribeAccountAttributes", &["AttributeName"], describe_attributes),
        write("DeleteVpcEndpoints", &["VpcEndpointId"], delete_endpoints),
        read("DescribeVpcEndpoints", &["VpcEndpointId", "Filter", "MaxResults", "NextToken"], describe_endpoints),
    ],
    events: &[],
};

fn describe_attributes(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let default_vpc = scope.ec2().vpcs.iter().find(|(_, vpc)| vpc.is_default).map_or("none", |(id, _)| id.as_str());
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

/// No endpoint can be made here, so there is none.
fn describe_endpoints(_: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    Filters::read(input)?;
    if let Some(absent) = input.texts("VpcEndpointId").first() {
        let message = format!("The Vpc Endpoint Id '{absent}' does not exist");
        return Err(Fault::new("InvalidVpcEndpointId.NotFound", message));
    }
    Ok(tree! { "vpcEndpointSet": Tree::List(vec![]) })
}

fn delete_endpoints(_: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = input.texts("VpcEndpointId");
    if ids.is_empty() {
        return Err(Fault::missing("VpcEndpointId"));
    }
    let unsuccessful = ids.iter().map(|id| {
        let message = format!("The Vpc Endpoint Id '{id}' does not exist");
        let error = tree! { "code": "InvalidVpcEndpoint.NotFound", "message": message };
        tree! { "resourceId": *id, "error": error }
    });
    Ok(tree! { "unsuccessful": Tree::list(unsuccessful) })
}
