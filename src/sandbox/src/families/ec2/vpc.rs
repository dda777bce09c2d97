//! VPCs.

mod attributes;
mod cidrs;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use attributes::Attributes;
pub use cidrs::{Association, Ipv6Association};

use super::cidr::Cidr;
use super::filters::one;
use super::list::{self, Listed};
use super::{Store, companions, kinds, tags};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write(
            "CreateVpc",
            &["CidrBlock", "AmazonProvidedIpv6CidrBlock", "InstanceTenancy", "TagSpecification"],
            create,
        ),
        read("DescribeVpcs", list::members!("VpcId"), list::describe::<Vpc>),
        write("DeleteVpc", &["VpcId"], delete),
        write("ModifyVpcTenancy", &["VpcId", "InstanceTenancy"], modify_tenancy),
        attributes::MODIFY,
        attributes::DESCRIBE,
        cidrs::ASSOCIATE,
        cidrs::DISASSOCIATE,
    ],
    events: &[],
};

/// How many VPCs a region may have.
const MOST: usize = 5;
/// How long a new VPC is pending.
const PENDING: Duration = Duration::from_secs(1);

/// A VPC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vpc {
    /// When it was made.
    pub created: Timestamp,
    /// Its blocks, the primary one first.
    pub cidrs: Vec<Association>,
    /// Its IPv6 blocks.
    pub ipv6: Vec<Ipv6Association>,
    /// `default` or `dedicated`.
    pub tenancy: String,
    /// Whether it came with the region.
    pub is_default: bool,
    /// What is set by ModifyVpcAttribute.
    pub attributes: Attributes,
    /// Its DHCP options.
    pub dhcp_options_id: String,
}

/// What keeps a VPC from being deleted, by family. What came with it does not.
const DEPENDENTS: &[fn(&Store, &str) -> bool] = &[
    |store, vpc| store.subnets.values().any(|subnet| subnet.vpc_id == vpc),
    |store, vpc| store.interfaces.values().any(|interface| interface.vpc_id == vpc),
    |store, vpc| store.internet_gateways.values().any(|gateway| gateway.vpc_id.as_deref() == Some(vpc)),
    |store, vpc| store.egress_only_gateways.values().any(|gateway| gateway.vpc_id == vpc),
    |store, vpc| store.route_tables.values().any(|table| table.vpc_id == vpc && !table.is_main()),
    |store, vpc| store.network_acls.values().any(|acl| acl.vpc_id == vpc && !acl.is_default),
    |store, vpc| store.security_groups.values().any(|group| group.vpc_id == vpc && !group.is_default()),
    |store, vpc| store.vpc_endpoints.values().any(|endpoint| endpoint.vpc_id == vpc),
    |store, vpc| store.nat_gateways.values().any(|gateway| gateway.vpc_id == vpc && gateway.is_live()),
];

impl Store {
    /// Returns a VPC.
    ///
    /// # Errors
    /// When it is not there.
    pub fn vpc(&self, id: &str) -> Result<&Vpc, Fault> {
        kinds::check(self, id, "vpc").map(|()| &self.vpcs[id])
    }

    /// Returns the id of the default VPC.
    pub fn default_vpc(&self) -> Option<&str> {
        self.vpcs.iter().find(|(_, vpc)| vpc.is_default).map(|(id, _)| id.as_str())
    }

    /// Returns a VPC, to change it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn vpc_mut(&mut self, id: &str) -> Result<&mut Vpc, Fault> {
        kinds::check(self, id, "vpc")?;
        self.vpcs.get_mut(id).ok_or_else(|| kinds::missing(id))
    }
}

impl Vpc {
    /// Returns the primary block.
    pub fn cidr(&self) -> Cidr {
        self.cidrs.first().expect("the primary block cannot be taken away").cidr
    }

    /// Returns whether a block is within one of the VPC's.
    pub fn contains(&self, cidr: Cidr) -> bool {
        self.cidrs.iter().any(|association| association.cidr.contains(cidr))
    }

    fn state(&self, now: Timestamp) -> &'static str {
        if now.since(self.created) < PENDING { "pending" } else { "available" }
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let cidr = cidrs::checked("CidrBlock", input.need("CidrBlock")?)?;
    let tenancy = tenancy(input)?.unwrap_or("default").to_owned();
    let has_ipv6 = input.bool("AmazonProvidedIpv6CidrBlock")?.unwrap_or_default();
    let tags = tags::specified(input, "vpc")?;
    check_count(scope)?;
    let id = companions::make_vpc(scope, cidr, &tenancy);
    if has_ipv6 {
        let association = Ipv6Association::new(scope);
        scope.ec2_mut().vpc_mut(&id)?.ipv6.push(association);
        scope.ec2_mut().let_ipv6_pass(&id);
    }
    scope.ec2_mut().tag_new(&id, tags);
    Ok(tree! { "vpc": list::one::<Vpc>(scope, &id)? })
}

/// Checks that the region may have one more.
///
/// # Errors
/// When it may not.
pub fn check_count(scope: &Scope<'_>) -> Result<(), Fault> {
    if scope.ec2().vpcs.len() < scope.limit("vpcs", MOST) {
        return Ok(());
    }
    Err(Fault::new("VpcLimitExceeded", "The maximum number of VPCs has been reached."))
}

fn tenancy(input: &Tree) -> Result<Option<&str>, Fault> {
    match input.text("InstanceTenancy")? {
        Some(other) if !["default", "dedicated"].contains(&other) => {
            Err(Fault::invalid("instanceTenancy", other, "Valid values are default and dedicated."))
        }
        tenancy => Ok(tenancy),
    }
}

impl Listed for Vpc {
    const IDS: &'static str = "VpcId";
    const SET: &'static str = "vpcSet";
    const PREFIX: &'static str = "vpc";

    fn all(store: &Store) -> &BTreeMap<String, Self> {
        &store.vpcs
    }

    fn shown(&self, scope: &Scope<'_>, id: &str) -> Tree {
        tree! {
            "vpcId": id,
            "ownerId": scope.account,
            "state": self.state(scope.now),
            "cidrBlock": self.cidr().to_string(),
            "cidrBlockAssociationSet": Tree::list(self.cidrs.iter().map(Association::shown)),
            "ipv6CidrBlockAssociationSet": Tree::list(self.ipv6.iter().map(Ipv6Association::shown)),
            "dhcpOptionsId": self.dhcp_options_id.as_str(),
            "instanceTenancy": self.tenancy.as_str(),
            "isDefault": self.is_default,
            "tagSet": scope.ec2().tag_set(id),
        }
    }

    fn filter(&self, scope: &Scope<'_>, id: &str, name: &str) -> Option<Vec<String>> {
        let of_cidrs = |value: fn(&Association) -> String| Some(self.cidrs.iter().map(value).collect());
        let of_ipv6 = |value: fn(&Ipv6Association) -> String| Some(self.ipv6.iter().map(value).collect());
        match name {
            "vpc-id" => one(id),
            "owner-id" => one(scope.account),
            "state" => one(self.state(scope.now)),
            "cidr" | "cidr-block" => one(self.cidr()),
            "cidr-block-association.cidr-block" => of_cidrs(|association| association.cidr.to_string()),
            "cidr-block-association.association-id" => of_cidrs(|association| association.id.clone()),
            "cidr-block-association.state" => of_cidrs(|_| "associated".to_owned()),
            "ipv6-cidr-block-association.ipv6-cidr-block" => of_ipv6(|association| association.cidr.clone()),
            "ipv6-cidr-block-association.ipv6-pool" => of_ipv6(|_| "Amazon".to_owned()),
            "ipv6-cidr-block-association.association-id" => of_ipv6(|association| association.id.clone()),
            "ipv6-cidr-block-association.state" => of_ipv6(|_| "associated".to_owned()),
            "dhcp-options-id" => one(&self.dhcp_options_id),
            "is-default" | "isDefault" => one(self.is_default),
            _ => None,
        }
    }
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("VpcId")?;
    let store = scope.ec2_mut();
    kinds::check(store, id, "vpc")?;
    if DEPENDENTS.iter().any(|has_dependent| has_dependent(store, id)) {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", message));
    }
    companions::remove_vpc(store, id);
    Ok(tree! { "return": true })
}

/// A VPC can only be made less dedicated.
fn modify_tenancy(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let tenancy = tenancy(input)?.ok_or_else(|| Fault::missing("instanceTenancy"))?;
    if tenancy != "default" {
        return Err(Fault::invalid("instanceTenancy", tenancy, "The only supported value is default."));
    }
    tenancy.clone_into(&mut scope.ec2_mut().vpc_mut(input.need("VpcId")?)?.tenancy);
    Ok(tree! { "return": true })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn vpcs_are_pending_then_available_then_gone() {
        let cloud = Cloud::new();
        let answer = cloud.ec2("CreateVpc", tree! { "CidrBlock": "10.0.7.0/16" }).unwrap();
        assert_eq!(answer.need("vpc.state"), Ok("pending"));
        let id = answer.need("vpc.vpcId").unwrap();
        cloud.wait(Duration::from_secs(1));
        let vpcs = cloud.ec2("DescribeVpcs", tree! { "VpcId": vec![id] }).unwrap();
        let vpc = &vpcs.list_at("vpcSet")[0];
        assert_eq!((vpc.need("state"), vpc.need("cidrBlock")), (Ok("available"), Ok("10.0.0.0/16")));
        cloud.ec2("DeleteVpc", tree! { "VpcId": id }).unwrap();
        assert_eq!(code(cloud.ec2("DeleteVpc", tree! { "VpcId": id })), "InvalidVpcID.NotFound");
    }

    #[test]
    fn what_a_vpc_cannot_be_is_refused() {
        let cloud = Cloud::new();
        let create = |block: &str| code(cloud.ec2("CreateVpc", tree! { "CidrBlock": block }));
        assert_eq!(create("10.0.0.0/8"), "InvalidVpc.Range");
        assert_eq!(create("ten"), "InvalidParameterValue");
        assert_eq!(code(cloud.ec2("CreateVpc", tree! {})), "MissingParameter");
        assert_eq!(code(cloud.ec2("DeleteVpc", tree! { "VpcId": "vpc-x" })), "InvalidVpcID.Malformed");
        assert_eq!(code(cloud.ec2("CreateVpc", tree! { "Surprise": "x" })), "NotImplemented");
        let dry = cloud.ec2("CreateVpc", tree! { "CidrBlock": "10.0.0.0/16", "DryRun": "true" });
        assert_eq!(code(dry), "DryRunOperation");
    }

    #[test]
    fn lists_are_filtered_and_paged() {
        let cloud = Cloud::new();
        let own: Vec<_> = ["10.1.0.0/16", "10.2.0.0/16"].map(|block| cloud.vpc(block)).into();
        cloud
            .ec2(
                "CreateTags",
                tree! { "ResourceId": vec![own[1].as_str()], "Tag": vec![tree! { "Key": "a", "Value": "b" }] },
            )
            .unwrap();
        let found = |name: &str, value: &str| {
            let filter = tree! { "Name": name, "Value": vec![value] };
            cloud.ec2("DescribeVpcs", tree! { "Filter": vec![filter] }).map(|answer| answer.list_at("vpcSet").len())
        };
        assert_eq!(found("cidr", "10.?.0.0/16"), Ok(2));
        assert_eq!((found("tag:a", "*"), found("tag-key", "a"), found("tag:a", "c")), (Ok(1), Ok(1), Ok(0)));
        assert!(found("colour", "red").is_err());
        assert_eq!(code(cloud.ec2("DescribeVpcs", tree! { "MaxResults": "4" })), "InvalidParameterValue");
        assert_eq!(code(cloud.ec2("DescribeVpcs", tree! { "NextToken": "?" })), "InvalidNextToken");
    }
}
