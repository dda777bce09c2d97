//! The blocks of a VPC.

use serde::{Deserialize, Serialize};

use super::super::cidr::Cidr;
use super::super::{Store, kinds};
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const ASSOCIATE: Operation =
    write("AssociateVpcCidrBlock", &["VpcId", "CidrBlock", "AmazonProvidedIpv6CidrBlock"], associate);
pub const DISASSOCIATE: Operation = write("DisassociateVpcCidrBlock", &["AssociationId"], disassociate);

/// How many blocks a VPC may have, of each kind.
const MOST: usize = 5;

/// Ranges of private addresses: a VPC has blocks of one of them only.
const PRIVATE: &[&str] = &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16"];

/// Ranges that no VPC can have: this network, loopback, link-local, multicast.
const SPECIAL: &[&str] = &["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"];

/// A block of a VPC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Association {
    /// Its id, `vpc-cidr-assoc-…`.
    pub id: String,
    /// The block.
    pub cidr: Cidr,
}

/// An IPv6 block of a VPC, given by Amazon.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ipv6Association {
    /// Its id, `vpc-cidr-assoc-…`.
    pub id: String,
    /// The block, a /56.
    pub cidr: String,
    /// The group of zones that announces it.
    pub border_group: String,
}

impl Association {
    pub fn new(scope: &mut Scope<'_>, cidr: Cidr) -> Self {
        Self { id: scope.ids().ec2("vpc-cidr-assoc"), cidr }
    }

    pub fn shown(&self) -> Tree {
        tree! {
            "associationId": self.id.as_str(),
            "cidrBlock": self.cidr.to_string(),
            "cidrBlockState": tree! { "state": "associated" },
        }
    }
}

impl Ipv6Association {
    pub fn new(scope: &mut Scope<'_>) -> Self {
        let digits = scope.ids().hex(6);
        Self {
            id: scope.ids().ec2("vpc-cidr-assoc"),
            cidr: format!("2a05:d01c:{}:{}00::/56", &digits[..4], &digits[4..]),
            border_group: scope.region.to_owned(),
        }
    }

    pub fn shown(&self) -> Tree {
        tree! {
            "associationId": self.id.as_str(),
            "ipv6CidrBlock": self.cidr.as_str(),
            "ipv6CidrBlockState": tree! { "state": "associated" },
            "networkBorderGroup": self.border_group.as_str(),
            "ipv6Pool": "Amazon",
        }
    }
}

/// Reads a block that a VPC may have.
pub fn checked(member: &str, text: &str) -> Result<Cidr, Fault> {
    let cidr: Cidr = text.parse().map_err(|_| Fault::invalid(member, text, "This is not a valid CIDR block."))?;
    let is_special = |range: &str| range.parse::<Cidr>().is_ok_and(|range| range.contains(cidr));
    if (16..=28).contains(&cidr.length()) && !SPECIAL.iter().any(|range| is_special(range)) {
        Ok(cidr)
    } else {
        Err(Fault::new("InvalidVpc.Range", format!("The CIDR '{text}' is invalid.")))
    }
}

fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("VpcId")?;
    let vpc = scope.ec2().vpc(id)?;
    let too_many = |count| {
        let message = format!("This network {id} has met its maximum number of allowed CIDRs: {MOST}");
        if count < MOST { Ok(()) } else { Err(Fault::new("CidrLimitExceeded", message)) }
    };
    if input.bool("AmazonProvidedIpv6CidrBlock")? == Some(true) {
        too_many(vpc.ipv6.len())?;
        let association = Ipv6Association::new(scope);
        let answer =
            tree! { "vpcId": id, "ipv6CidrBlockAssociation": associating(association.shown(), "ipv6CidrBlockState") };
        scope.ec2_mut().vpc_mut(id)?.ipv6.push(association);
        scope.ec2_mut().let_ipv6_pass(id);
        return Ok(answer);
    }
    let cidr = checked("CidrBlock", input.need("CidrBlock")?)?;
    too_many(vpc.cidrs.len())?;
    if vpc.cidrs.iter().any(|own| own.cidr.overlaps(cidr)) {
        return Err(Fault::new(
            "InvalidVpc.Range",
            format!("The CIDR '{cidr}' conflicts with another CIDR of the VPC"),
        ));
    }
    if vpc.cidrs.first().is_some_and(|primary| is_restricted(primary.cidr, cidr)) {
        let message = format!(
            "The CIDR '{cidr}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, \
             or use a publicly-routable CIDR. For additional restrictions, see \
             https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Subnets.html"
        );
        return Err(Fault::new("InvalidVpc.Range", message));
    }
    let association = Association::new(scope, cidr);
    let answer = tree! { "vpcId": id, "cidrBlockAssociation": associating(association.shown(), "cidrBlockState") };
    scope.ec2_mut().vpc_mut(id)?.cidrs.push(association);
    Ok(answer)
}

/// Returns whether a block is of a private range that is not the primary block's.
fn is_restricted(primary: Cidr, new: Cidr) -> bool {
    let range = |cidr: Cidr| {
        let is_of = |range: &&str| range.parse::<Cidr>().is_ok_and(|range| range.contains(cidr));
        PRIVATE.iter().find(|range| is_of(range))
    };
    range(new).is_some_and(|new| range(primary) != Some(new))
}

fn associating(shown: Tree, state: &str) -> Tree {
    shown.with(state, tree! { "state": "associating" })
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("AssociationId")?;
    let missing = || {
        let message = format!("The vpc CIDR block association ID '{id}' does not exist");
        Fault::new("InvalidVpcCidrBlockAssociationID.NotFound", message)
    };
    let store = scope.ec2_mut();
    let of_vpc = |vpc: &super::Vpc| vpc.cidrs.iter().any(|own| own.id == id) || vpc.ipv6.iter().any(|own| own.id == id);
    let vpc_id = store.vpcs.iter().find(|(_, vpc)| of_vpc(vpc)).map(|(id, _)| id.clone()).ok_or_else(missing)?;
    check_unused(store, &vpc_id, id)?;
    let vpc = store.vpc_mut(&vpc_id)?;
    let gone = |shown: Tree, state: &str| shown.with(state, tree! { "state": "disassociating" });
    if let Some(index) = vpc.ipv6.iter().position(|own| own.id == id) {
        let association = vpc.ipv6.remove(index).shown();
        return Ok(tree! { "vpcId": vpc_id, "ipv6CidrBlockAssociation": gone(association, "ipv6CidrBlockState") });
    }
    let index = vpc.cidrs.iter().position(|own| own.id == id).ok_or_else(missing)?;
    let association = vpc.cidrs.remove(index).shown();
    Ok(tree! { "vpcId": vpc_id, "cidrBlockAssociation": gone(association, "cidrBlockState") })
}

fn check_unused(store: &Store, vpc_id: &str, association_id: &str) -> Result<(), Fault> {
    let vpc = store.vpcs.get(vpc_id).ok_or_else(|| kinds::missing(vpc_id))?;
    if vpc.cidrs.first().is_some_and(|primary| primary.id == association_id) {
        let message = format!(
            "The vpc CIDR block with association ID {association_id} may not be disassociated. It is the primary IPv4 \
             CIDR block of the VPC"
        );
        return Err(Fault::new("OperationNotPermitted", message));
    }
    let Some(block) = vpc.cidrs.iter().find(|own| own.id == association_id) else { return Ok(()) };
    let mut subnets = store.subnets.values().filter(|subnet| subnet.vpc_id == vpc_id);
    if subnets.any(|subnet| subnet.cidr.is_some_and(|own| block.cidr.contains(own))) {
        let message = format!(
            "The vpc CIDR block with association ID {association_id} has dependencies and cannot be disassociated."
        );
        return Err(Fault::new("DependencyViolation", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn blocks_come_and_go_but_the_primary_one() {
        let cloud = Cloud::new();
        let vpc = cloud.vpc("10.0.0.0/16");
        let add = |block: &str| {
            let answer = cloud.ec2("AssociateVpcCidrBlock", tree! { "VpcId": vpc.as_str(), "CidrBlock": block });
            answer.map(|answer| answer.need("cidrBlockAssociation.associationId").unwrap().to_owned())
        };
        let drop = |id: &str| cloud.ec2("DisassociateVpcCidrBlock", tree! { "AssociationId": id });
        let second = add("100.64.0.0/16").unwrap();
        assert!(add("10.0.1.0/24").is_err(), "overlaps");
        assert_eq!(code(add("169.254.0.0/16")), "InvalidVpc.Range", "link-local");
        assert_eq!(code(add("192.168.0.0/16")), "InvalidVpc.Range", "of another private range");
        let subnet = cloud.subnet(&vpc, "100.64.1.0/24", "eu-central-1a");
        assert_eq!(code(drop(&second)), "DependencyViolation");
        cloud.ec2("DeleteSubnet", tree! { "SubnetId": subnet }).unwrap();
        drop(&second).unwrap();
        let vpcs = cloud.ec2("DescribeVpcs", tree! {}).unwrap();
        let shown = vpcs.list_at("vpcSet").iter().find(|shown| shown.need("vpcId") == Ok(&vpc)).unwrap();
        let primary = shown.list_at("cidrBlockAssociationSet")[0].need("associationId").unwrap();
        assert_eq!(code(drop(primary)), "OperationNotPermitted");
    }
}
