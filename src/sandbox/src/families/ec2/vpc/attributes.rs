//! What ModifyVpcAttribute sets.

use serde::{Deserialize, Serialize};

use crate::families::{Operation, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const MODIFY: Operation = write(
    "ModifyVpcAttribute",
    &["VpcId", "EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"],
    modify,
);
pub const DESCRIBE: Operation = read("DescribeVpcAttribute", &["VpcId", "Attribute"], describe);

/// The attributes of a VPC.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Attributes {
    /// Whether the resolver of the VPC answers.
    pub dns_support: bool,
    /// Whether instances have names.
    pub dns_hostnames: bool,
    /// Whether address usage is counted.
    pub usage_metrics: bool,
}

impl Default for Attributes {
    fn default() -> Self {
        Self { dns_support: true, dns_hostnames: false, usage_metrics: false }
    }
}

fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let attributes = &mut scope.ec2_mut().vpc_mut(input.need("VpcId")?)?.attributes;
    let given = [
        (input.bool("EnableDnsSupport.Value")?, &mut attributes.dns_support),
        (input.bool("EnableDnsHostnames.Value")?, &mut attributes.dns_hostnames),
        (input.bool("EnableNetworkAddressUsageMetrics.Value")?, &mut attributes.usage_metrics),
    ];
    if given.iter().filter(|(value, _)| value.is_some()).count() != 1 {
        let message = "Exactly one attribute may be modified by a call.";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    for (value, attribute) in given {
        *attribute = value.unwrap_or(*attribute);
    }
    Ok(tree! { "return": true })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, name) = (input.need("VpcId")?, input.need("Attribute")?);
    let attributes = scope.ec2().vpc(id)?.attributes;
    let value = match name {
        "enableDnsSupport" => attributes.dns_support,
        "enableDnsHostnames" => attributes.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => attributes.usage_metrics,
        other => return Err(Fault::invalid("attribute", other, "Unknown attribute.")),
    };
    Ok(tree! { "vpcId": id }.with(name, tree! { "value": value }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn one_attribute_is_set_by_a_call() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let on = tree! { "Value": "true" };
        let modify = |input: Tree| cloud.ec2("ModifyVpcAttribute", input.with("VpcId", &vpc));
        assert!(modify(tree! { "EnableDnsHostnames": &on }).is_ok());
        let both = tree! { "EnableDnsHostnames": &on, "EnableDnsSupport": &on };
        assert_eq!(code(modify(both)), "InvalidParameterCombination");
        let asked = tree! { "VpcId": &vpc, "Attribute": "enableDnsHostnames" };
        let answer = cloud.ec2("DescribeVpcAttribute", asked).unwrap();
        assert_eq!(answer.bool("enableDnsHostnames.value"), Ok(Some(true)));
    }
}
