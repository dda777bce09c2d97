//! IPv6 blocks of subnets.

use std::net::Ipv6Addr;

use serde::{Deserialize, Serialize};

use super::super::kinds;
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const ASSOCIATE: Operation = write("AssociateSubnetCidrBlock", &["SubnetId", "Ipv6CidrBlock"], associate);
pub const DISASSOCIATE: Operation = write("DisassociateSubnetCidrBlock", &["AssociationId"], disassociate);

/// The IPv6 block of a subnet: a /64 of its VPC's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ipv6Block {
    /// Its id, `subnet-cidr-assoc-…`.
    pub id: String,
    /// The block.
    pub cidr: String,
}

impl Ipv6Block {
    /// Returns the block, where a VPC has it and no other subnet.
    pub fn new(scope: &mut Scope<'_>, vpc_id: &str, block: &str) -> Result<Self, Fault> {
        let invalid = || Fault::new("InvalidSubnet.Range", format!("The CIDR '{block}' is invalid."));
        let address = parse(block, 64).ok_or_else(invalid)?;
        let within = |own: &str| own.split_once('/').and_then(|(first, _)| first.parse::<Ipv6Addr>().ok());
        let vpc = scope.ec2().vpc(vpc_id)?;
        let mut blocks = vpc.ipv6.iter().filter_map(|own| within(&own.cidr));
        if !blocks.any(|first| (first.to_bits() ^ address.to_bits()) >> 72 == 0) {
            return Err(invalid());
        }
        let cidr = format!("{address}/64");
        if scope.ec2().subnets.values().any(|subnet| subnet.ipv6.iter().any(|own| own.cidr == cidr)) {
            let message = format!("The CIDR '{cidr}' conflicts with another subnet");
            return Err(Fault::new("InvalidSubnet.Conflict", message));
        }
        Ok(Self { id: scope.ids().ec2("subnet-cidr-assoc"), cidr })
    }

    pub fn shown(&self) -> Tree {
        self.in_state("associated")
    }

    fn in_state(&self, state: &str) -> Tree {
        tree! {
            "associationId": self.id.as_str(),
            "ipv6CidrBlock": self.cidr.as_str(),
            "ipv6CidrBlockState": tree! { "state": state },
        }
    }
}

/// Returns the first address of a block of this length.
fn parse(block: &str, length: u32) -> Option<Ipv6Addr> {
    let (address, own) = block.split_once('/')?;
    let address: Ipv6Addr = address.parse().ok()?;
    let has_form = own.parse() == Ok(length) && address.to_bits().trailing_zeros() >= 128 - length;
    has_form.then_some(address)
}

fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, block) = (input.need("SubnetId")?, input.need("Ipv6CidrBlock")?);
    let subnet = scope.ec2().subnet(id)?;
    if !subnet.ipv6.is_empty() {
        let message = format!("The subnet '{id}' has an IPv6 CIDR block already.");
        return Err(Fault::new("InvalidSubnet.Conflict", message));
    }
    let vpc_id = subnet.vpc_id.clone();
    let block = Ipv6Block::new(scope, &vpc_id, block)?;
    let shown = block.in_state("associating");
    scope.ec2_mut().subnet_mut(id)?.ipv6.push(block);
    Ok(tree! { "subnetId": id, "ipv6CidrBlockAssociation": shown })
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("AssociationId")?;
    let store = scope.ec2_mut();
    let found = store.subnets.iter().find(|(_, subnet)| subnet.ipv6.iter().any(|own| own.id == id));
    let missing = || {
        let message = format!("The subnet CIDR block association ID '{id}' does not exist");
        Fault::new("InvalidSubnetCidrBlockAssociationID.NotFound", message)
    };
    let subnet_id = found.map(|(subnet_id, _)| subnet_id.clone()).ok_or_else(missing)?;
    if store.subnet(&subnet_id)?.is_native() {
        let message = format!("The IPv6 CIDR block of the IPv6 only subnet '{subnet_id}' cannot be disassociated.");
        return Err(Fault::new("OperationNotPermitted", message));
    }
    let has_addresses =
        store.interfaces.values().any(|interface| interface.subnet_id == subnet_id && !interface.ipv6.is_empty());
    if has_addresses {
        let message = format!("The subnet '{subnet_id}' has IPv6 addresses in use.");
        return Err(Fault::new("DependencyViolation", message));
    }
    let subnet = store.subnets.get_mut(&subnet_id).ok_or_else(|| kinds::missing(&subnet_id))?;
    let block = subnet.ipv6.pop().ok_or_else(missing)?;
    Ok(tree! { "subnetId": subnet_id, "ipv6CidrBlockAssociation": block.in_state("disassociating") })
}
