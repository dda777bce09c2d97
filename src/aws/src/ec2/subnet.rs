//! `aws_subnet`: a range of a VPC's addresses in one availability zone.

use aws_sdk_ec2::types::{
    AttributeBooleanValue, ResourceType, Subnet as Remote, SubnetCidrBlockStateCode, SubnetIpv6CidrBlockAssociation,
    SubnetState,
};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Step, Tags, Timing, Token, Traced, Within, usually,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, by_id, filter, only};
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::lingering::remove_interfaces;
use crate::ec2::tags::{forget_intent, retag, specification_with_intent, traced};
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::tags::from_service;

const GONE: &[Fault] = &[fault("InvalidSubnetID.NotFound")];
const IN_USE: &[Fault] = &[fault("DependencyViolation").of("DeleteSubnet")];

/// A range of a VPC's addresses in one availability zone.
pub struct Subnet;

/// What a user may write.
#[derive(Args, Clone)]
pub struct SubnetArgs {
    /// VPC that the subnet is a part of.
    #[arg(replace)]
    vpc_id: String,
    /// IPv4 range.
    #[arg(replace, format(ipv4_cidr))]
    cidr_block: Filled<String>,
    /// IPv6 range of 64 bits; changed in place.
    #[arg(format(ipv6_cidr))]
    ipv6_cidr_block: Filled<String>,
    /// Zone by name.
    #[arg(replace, conflicts("availability_zone_id"))]
    availability_zone: Filled<String>,
    /// Zone by id, the same in every account.
    #[arg(replace)]
    availability_zone_id: Filled<String>,
    /// Gives instances an IPv6 address.
    #[arg(default = false)]
    assign_ipv6_address_on_creation: bool,
    /// Gives instances a public IPv4 address.
    #[arg(default = false)]
    map_public_ip_on_launch: bool,
    /// Pool of customer-owned addresses.
    #[arg(requires("map_customer_owned_ip_on_launch", "outpost_arn"))]
    customer_owned_ipv4_pool: Option<String>,
    /// Gives instances an address of that pool.
    #[arg(optional, requires("customer_owned_ipv4_pool", "outpost_arn"))]
    map_customer_owned_ip_on_launch: bool,
    /// Answers DNS queries for IPv4-only names with synthetic IPv6 addresses.
    #[arg(default = false)]
    enable_dns64: bool,
    /// Device index of local network interfaces of an Outpost.
    #[arg(optional)]
    enable_lni_at_device_index: i32,
    /// Answers DNS queries for instance names with A records.
    #[arg(default = false)]
    enable_resource_name_dns_a_record_on_launch: bool,
    /// Answers DNS queries for instance names with AAAA records.
    #[arg(default = false)]
    enable_resource_name_dns_aaaa_record_on_launch: bool,
    /// How host names of instances are made.
    #[arg(one_of("ip-name", "resource-name"))]
    private_dns_hostname_type_on_launch: Filled<String>,
    /// IPAM pool that the IPv4 range is taken from.
    #[arg(replace, conflicts("customer_owned_ipv4_pool"))]
    ipv4_ipam_pool_id: Option<String>,
    /// Size of that range.
    #[arg(
        replace,
        optional,
        min = 16,
        max = 28,
        conflicts("cidr_block", "customer_owned_ipv4_pool"),
        requires("ipv4_ipam_pool_id")
    )]
    ipv4_netmask_length: i32,
    /// IPAM pool that the IPv6 range is taken from.
    #[arg(replace)]
    ipv6_ipam_pool_id: Option<String>,
    /// Size of that range.
    #[arg(
        replace,
        optional,
        one_of("44", "48", "52", "56", "60", "64"),
        conflicts("ipv6_cidr_block"),
        requires("ipv6_ipam_pool_id")
    )]
    ipv6_netmask_length: i32,
    /// Has no IPv4 range.
    #[arg(replace, default = false)]
    ipv6_native: bool,
    /// Outpost that the subnet is on.
    #[arg(replace, format(arn))]
    outpost_arn: Option<String>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct SubnetAttrs {
    /// ARN.
    arn: String,
    /// Id of the association of the IPv6 range.
    ipv6_cidr_block_association_id: String,
    /// Account that owns the subnet.
    owner_id: String,
}

impl Resource for Subnet {
    type Args = SubnetArgs;
    type Attrs = SubnetAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_subnet";
    const VERSION: u64 = 1;
    const TIMING: Timing = Timing::new().create("10m", usually("2s")).delete("20m", usually("2s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;

    /// The only range of a subnet without IPv4 cannot be taken away.
    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let is_native = planned.proposed.get("ipv6_native").is_some_and(|native| native.as_bool() == Some(true));
        if !planned.is_create() && is_native && planned.changes("ipv6_cidr_block") {
            overrides.replaces("ipv6_cidr_block");
        }
        overrides
    }

    async fn create(aws: &Aws, args: &SubnetArgs, token: &Token) -> CallResult<Created> {
        let answer = aws
            .ec2()
            .create_subnet()
            .vpc_id(&args.vpc_id)
            .set_cidr_block(args.cidr_block.to_option())
            .set_ipv6_cidr_block(args.ipv6_cidr_block.to_option())
            .set_availability_zone(args.availability_zone.to_option())
            .set_availability_zone_id(args.availability_zone_id.to_option())
            .set_ipv4_ipam_pool_id(args.ipv4_ipam_pool_id.clone())
            .set_ipv4_netmask_length((args.ipv4_netmask_length != 0).then_some(args.ipv4_netmask_length))
            .set_ipv6_ipam_pool_id(args.ipv6_ipam_pool_id.clone())
            .set_ipv6_netmask_length((args.ipv6_netmask_length != 0).then_some(args.ipv6_netmask_length))
            .set_ipv6_native(args.ipv6_native.then_some(true))
            .set_outpost_arn(args.outpost_arn.clone())
            .set_tag_specifications(specification_with_intent(ResourceType::Subnet, &args.tags, token)?)
            .send()
            .await
            .answer()?;
        let id = answer.subnet.and_then(|subnet| subnet.subnet_id);
        Ok(Created::with_id(id.ok_or_else(|| incomplete("CreateSubnet", "subnet id"))?))
    }

    async fn trace(aws: &Aws, _: &SubnetArgs, token: &Token) -> CallResult<Traced> {
        traced(aws, token).await
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let describe = async |ids| {
            let request = aws.ec2().describe_subnets().set_filters(Some(filter("subnet-id", ids)));
            request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()
        };
        by_id(known, describe, Remote::subnet_id, |known, remote| Ok(observed(aws, known, remote))).await
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        // An address range cannot go while addresses are assigned from it, nor be assigned from before it is there.
        let (assigns, is_to) = (there.args.assign_ipv6_address_on_creation, planned.assign_ipv6_address_on_creation);
        let loses_range = there.args.ipv6_cidr_block.is_set()
            && change.prior.is_some()
            && change.wants(there, |args| &args.ipv6_cidr_block);
        if assigns && (loses_range || change.wants(there, |args| &args.assign_ipv6_address_on_creation)) {
            modify(aws, there).assign_ipv6_address_on_creation(boolean(false)).send().await.answer()?;
        }
        if moves_ipv6_range(aws, change, there).await? {
            return Ok(Step::More);
        }
        if is_to && !assigns {
            modify(aws, there).assign_ipv6_address_on_creation(boolean(true)).send().await.answer()?;
        }
        modify_addresses(aws, change, there).await?;
        modify_names(aws, change, there).await?;
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        if change.prior.is_none() {
            forget_intent(aws, &there.id).await?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let deleted = aws.ec2().delete_subnet().subnet_id(&there.id).send().await.answer().unless(GONE);
        if let Err(error) = &deleted
            && is_one_of(error, IN_USE)
        {
            remove_interfaces(aws, "subnet-id", &there.id).await?;
        }
        deleted.map(|_| Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, IN_USE) { Some(Within::DEADLINE) } else { not_visible_yet(error) }
    }
}

/// ModifySubnetAttribute takes one attribute a call.
fn modify(
    aws: &Aws,
    there: &Object<Subnet>,
) -> aws_sdk_ec2::operation::modify_subnet_attribute::builders::ModifySubnetAttributeFluentBuilder {
    aws.ec2().modify_subnet_attribute().subnet_id(&there.id)
}

fn boolean(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

/// Takes the old IPv6 range away, or the new one in. Returns whether a call was made whose end must be seen first.
async fn moves_ipv6_range(aws: &Aws, change: &Change<'_, Subnet>, there: &Object<Subnet>) -> CallResult<bool> {
    if change.prior.is_none() || !change.wants(there, |args| &args.ipv6_cidr_block) {
        return Ok(false);
    }
    if there.args.ipv6_cidr_block.is_set() {
        let association = &there.attrs.ipv6_cidr_block_association_id;
        aws.ec2().disassociate_subnet_cidr_block().association_id(association).send().await.answer()?;
    } else {
        let range = change.planned.ipv6_cidr_block.to_option();
        let request = aws.ec2().associate_subnet_cidr_block().subnet_id(&there.id).set_ipv6_cidr_block(range);
        request.send().await.answer()?;
    }
    Ok(true)
}

async fn modify_addresses(aws: &Aws, change: &Change<'_, Subnet>, there: &Object<Subnet>) -> CallResult<()> {
    let planned = change.planned;
    if change.wants(there, |args| &args.customer_owned_ipv4_pool)
        || change.wants(there, |args| &args.map_customer_owned_ip_on_launch)
    {
        modify(aws, there)
            .set_customer_owned_ipv4_pool(planned.customer_owned_ipv4_pool.clone())
            .map_customer_owned_ip_on_launch(boolean(planned.map_customer_owned_ip_on_launch))
            .send()
            .await
            .answer()?;
    }
    if change.wants(there, |args| &args.map_public_ip_on_launch) {
        let value = boolean(planned.map_public_ip_on_launch);
        modify(aws, there).map_public_ip_on_launch(value).send().await.answer()?;
    }
    if change.wants(there, |args| &args.enable_lni_at_device_index) {
        let request = match planned.enable_lni_at_device_index {
            0 => modify(aws, there).disable_lni_at_device_index(boolean(true)),
            index => modify(aws, there).enable_lni_at_device_index(index),
        };
        request.send().await.answer()?;
    }
    Ok(())
}

async fn modify_names(aws: &Aws, change: &Change<'_, Subnet>, there: &Object<Subnet>) -> CallResult<()> {
    let planned = change.planned;
    if change.wants(there, |args| &args.enable_dns64) {
        modify(aws, there).enable_dns64(boolean(planned.enable_dns64)).send().await.answer()?;
    }
    if change.wants(there, |args| &args.private_dns_hostname_type_on_launch)
        && let Some(kind) = planned.private_dns_hostname_type_on_launch.as_deref()
    {
        modify(aws, there).private_dns_hostname_type_on_launch(kind.into()).send().await.answer()?;
    }
    if change.wants(there, |args| &args.enable_resource_name_dns_a_record_on_launch) {
        let value = boolean(planned.enable_resource_name_dns_a_record_on_launch);
        modify(aws, there).enable_resource_name_dns_a_record_on_launch(value).send().await.answer()?;
    }
    if change.wants(there, |args| &args.enable_resource_name_dns_aaaa_record_on_launch) {
        let value = boolean(planned.enable_resource_name_dns_aaaa_record_on_launch);
        modify(aws, there).enable_resource_name_dns_aaaa_record_on_launch(value).send().await.answer()?;
    }
    Ok(())
}

fn observed(aws: &Aws, known: &Known<Subnet>, remote: &Remote) -> Observed<Subnet> {
    let args = known.args();
    let ipv6 = remote.ipv6_cidr_block_association_set().iter().find(|association| holds_range(association));
    let launch = remote.private_dns_name_options_on_launch.as_ref();
    let args = SubnetArgs {
        vpc_id: remote.vpc_id.clone().unwrap_or_default(),
        cidr_block: remote.cidr_block.clone().filter(|range| !range.is_empty()).into(),
        ipv6_cidr_block: ipv6.and_then(|association| association.ipv6_cidr_block.clone()).into(),
        availability_zone: remote.availability_zone.clone().into(),
        availability_zone_id: remote.availability_zone_id.clone().into(),
        assign_ipv6_address_on_creation: remote.assign_ipv6_address_on_creation.unwrap_or_default(),
        map_public_ip_on_launch: remote.map_public_ip_on_launch.unwrap_or_default(),
        customer_owned_ipv4_pool: remote.customer_owned_ipv4_pool.clone(),
        map_customer_owned_ip_on_launch: remote.map_customer_owned_ip_on_launch.unwrap_or_default(),
        enable_dns64: remote.enable_dns64.unwrap_or_default(),
        enable_lni_at_device_index: remote.enable_lni_at_device_index.unwrap_or_default(),
        enable_resource_name_dns_a_record_on_launch: launch
            .and_then(|launch| launch.enable_resource_name_dns_a_record)
            .unwrap_or_default(),
        enable_resource_name_dns_aaaa_record_on_launch: launch
            .and_then(|launch| launch.enable_resource_name_dns_aaaa_record)
            .unwrap_or_default(),
        private_dns_hostname_type_on_launch: launch
            .and_then(|launch| launch.hostname_type.as_ref())
            .map(|kind| kind.as_str().to_owned())
            .into(),
        ipv4_ipam_pool_id: args.and_then(|args| args.ipv4_ipam_pool_id.clone()),
        ipv4_netmask_length: args.map_or(0, |args| args.ipv4_netmask_length),
        ipv6_ipam_pool_id: args.and_then(|args| args.ipv6_ipam_pool_id.clone()),
        ipv6_netmask_length: args.map_or(0, |args| args.ipv6_netmask_length),
        ipv6_native: remote.ipv6_native.unwrap_or_default(),
        outpost_arn: remote.outpost_arn.clone(),
        tags: aws.tag_rules().observed(from_service(remote.tags()), args.map(|args| &args.tags)),
    };
    let attrs = SubnetAttrs {
        arn: remote.subnet_arn.clone().unwrap_or_default(),
        ipv6_cidr_block_association_id: ipv6.and_then(|ipv6| ipv6.association_id.clone()).unwrap_or_default(),
        owner_id: remote.owner_id.clone().unwrap_or_default(),
    };
    let object = Object { id: known.id().to_owned(), args, attrs, private: None };
    Observed::There { phase: phase(remote), object }
}

fn phase(remote: &Remote) -> Phase {
    let moving =
        remote.ipv6_cidr_block_association_set().iter().find_map(|association| match range_state(association)? {
            state @ (SubnetCidrBlockStateCode::Associating | SubnetCidrBlockStateCode::Disassociating) => Some(state),
            _ => None,
        });
    match (&remote.state, moving) {
        (Some(SubnetState::Available) | None, None) => Phase::Ready,
        (Some(SubnetState::Available) | None, Some(state)) => Phase::Pending(format!("IPv6 range {state}")),
        (Some(SubnetState::Pending), _) => Phase::Pending("pending".to_owned()),
        (Some(state), _) => Phase::Failed(state.to_string()),
    }
}

fn range_state(association: &SubnetIpv6CidrBlockAssociation) -> Option<&SubnetCidrBlockStateCode> {
    association.ipv6_cidr_block_state.as_ref()?.state.as_ref()
}

/// A range that is on its way out, or was never let in, is not the subnet's.
fn holds_range(association: &SubnetIpv6CidrBlockAssociation) -> bool {
    matches!(
        range_state(association),
        Some(SubnetCidrBlockStateCode::Associated | SubnetCidrBlockStateCode::Associating) | None
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, fails, ok, read_args};

    const THERE: &str = "<subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><state>available</state>\
        <cidrBlock>10.0.1.0/24</cidrBlock><availabilityZone>eu-central-1a</availabilityZone>\
        <subnetArn>arn:aws:ec2:eu-central-1:123456789012:subnet/subnet-1</subnetArn><ownerId>123456789012</ownerId>\
        <mapPublicIpOnLaunch>false</mapPublicIpOnLaunch><tagSet><item><key>Name</key><value>a</value></item>\
        <item><key>landfall:intent</key><value>t-1</value></item></tagSet></item></subnetSet>";
    const DESCRIBE: &str = "ec2 DescribeSubnets Filter.1.Name=subnet-id Filter.1.Value.1=subnet-1";

    fn args(text: &str) -> SubnetArgs {
        read_args(text)
    }

    fn there() -> Object<Subnet> {
        let known = Known::Import { id: "subnet-1".to_owned() };
        let observed = check_requests(&[(DESCRIBE, ok(THERE))], async |aws| Subnet::observe(aws, &known).await);
        match observed.unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    #[test]
    fn the_create_call_ties_the_subnet_to_its_intent() {
        let args = args(r#"{"vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24", "tags": {"Name": "a"}}"#);
        let request = "ec2 CreateSubnet TagSpecification.1.ResourceType=subnet TagSpecification.1.Tag.1.Key=Name \
            TagSpecification.1.Tag.1.Value=a TagSpecification.1.Tag.2.Key=landfall:intent \
            TagSpecification.1.Tag.2.Value=t-1 CidrBlock=10.0.1.0/24 VpcId=vpc-1";
        let answer = ok("<subnet><subnetId>subnet-1</subnetId></subnet>");
        let token = Token("t-1".to_owned());
        let created = check_requests(&[(request, answer)], async |aws| Subnet::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("subnet-1")));
    }

    #[test]
    fn what_is_there_is_read_without_our_own_tag() {
        let object = there();
        assert_eq!(object.args.availability_zone.as_deref(), Some("eu-central-1a"));
        assert_eq!(object.args.tags.all.len(), 1);
        assert!(!object.args.ipv6_cidr_block.is_set());
    }

    #[test]
    fn a_subnet_that_no_answer_names_is_gone() {
        let known = Known::Import { id: "subnet-1".to_owned() };
        let script = [(DESCRIBE, ok("<subnetSet/>"))];
        let observed = check_requests(&script, async |aws| Subnet::observe(aws, &known).await);
        assert!(matches!(observed, Ok(Observed::Gone)));
    }

    #[test]
    fn only_what_differs_is_modified_after_create() {
        let planned = args(
            r#"{"vpc_id": "vpc-1", "map_public_ip_on_launch": true, "enable_dns64": false, "tags": {"Name": "a"}}"#,
        );
        let script = [
            ("ec2 ModifySubnetAttribute MapPublicIpOnLaunch.Value=true SubnetId=subnet-1", ok("<return>true</return>")),
            ("ec2 DeleteTags ResourceId.1=subnet-1 Tag.1.Key=landfall:intent", ok("<return>true</return>")),
        ];
        let there = there();
        let change = Change { prior: None, planned: &planned };
        let step = check_requests(&script, async |aws| Subnet::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn an_ipv6_range_is_moved_in_two_steps() {
        let mut there = there();
        there.args.ipv6_cidr_block = "2001:db8::/64".to_owned().into();
        there.attrs.ipv6_cidr_block_association_id = "assoc-1".to_owned();
        let prior = there.args.clone();
        let planned = SubnetArgs { ipv6_cidr_block: "2001:db8:1::/64".to_owned().into(), ..prior.clone() };
        let change = Change { prior: Some(&prior), planned: &planned };
        let request = "ec2 DisassociateSubnetCidrBlock AssociationId=assoc-1";
        let step = check_requests(&[(request, ok(""))], async |aws| Subnet::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::More));

        there.args.ipv6_cidr_block = Filled::unset();
        let request = "ec2 AssociateSubnetCidrBlock SubnetId=subnet-1 Ipv6CidrBlock=2001:db8:1::/64";
        let step = check_requests(&[(request, ok(""))], async |aws| Subnet::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::More));
    }

    #[test]
    fn no_addresses_are_assigned_from_an_ipv6_range_while_it_moves() {
        let mut there = there();
        there.args.ipv6_cidr_block = "2001:db8::/64".to_owned().into();
        there.args.assign_ipv6_address_on_creation = true;
        there.attrs.ipv6_cidr_block_association_id = "assoc-1".to_owned();
        let prior = there.args.clone();
        let planned = SubnetArgs { ipv6_cidr_block: "2001:db8:1::/64".to_owned().into(), ..prior.clone() };
        let change = Change { prior: Some(&prior), planned: &planned };
        let assign = |on| format!("ec2 ModifySubnetAttribute AssignIpv6AddressOnCreation.Value={on} SubnetId=subnet-1");
        let (off, on) = (assign(false), assign(true));
        let script = [(&*off, ok("")), ("ec2 DisassociateSubnetCidrBlock AssociationId=assoc-1", ok(""))];
        let step = check_requests(&script, async |aws| Subnet::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::More));

        there.args.ipv6_cidr_block = planned.ipv6_cidr_block.clone();
        there.args.assign_ipv6_address_on_creation = false;
        let step = check_requests(&[(&*on, ok(""))], async |aws| Subnet::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn a_subnet_in_use_sheds_interfaces_left_behind_and_is_tried_again() {
        let there = there();
        let interfaces = "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
            <description>aws-K8S-i-1</description></item><item><networkInterfaceId>eni-2</networkInterfaceId>\
            <description>mine</description></item></networkInterfaceSet>";
        let script = [
            ("ec2 DeleteSubnet SubnetId=subnet-1", fails("DependencyViolation", "has dependencies")),
            (
                "ec2 DescribeNetworkInterfaces Filter.1.Name=subnet-id Filter.1.Value.1=subnet-1 Filter.2.Name=status \
                 Filter.2.Value.1=available",
                ok(interfaces),
            ),
            ("ec2 DeleteNetworkInterface NetworkInterfaceId=eni-1", ok("<return>true</return>")),
        ];
        let error = check_requests(&script, async |aws| Subnet::delete(aws, &there).await).unwrap_err();
        assert_eq!(Subnet::retry(&error), Some(Within::DEADLINE));
    }

    #[test]
    fn a_subnet_that_is_gone_is_deleted() {
        let there = there();
        let script = [("ec2 DeleteSubnet SubnetId=subnet-1", fails("InvalidSubnetID.NotFound", "does not exist"))];
        let step = check_requests(&script, async |aws| Subnet::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
