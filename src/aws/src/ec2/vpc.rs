//! `aws_vpc`: a network of its own.

mod attributes;
mod ipv6;
#[cfg(test)]
mod tests;

use aws_sdk_ec2::types::{ResourceType, Tenancy, Vpc as Remote, VpcState, VpcTenancy};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Goal, Known, Object, Observed, Overrides,
    Phase, Planned, Resource, Settled, Step, Tags, Timing, Token, Traced, Within, usually, within,
};

use crate::client::Aws;
use crate::describe::filter;
use crate::ec2::arn::arn;
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::lingering::remove_guard_duty;
use crate::ec2::tags::{forget_intent, retag, specification_with_intent, traced};
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::planning::{is_unknown_at, text_at};
use crate::tags::from_service;

const GONE: &[Fault] = &[fault("InvalidVpcID.NotFound")];
const IN_USE: &[Fault] = &[fault("DependencyViolation").of("DeleteVpc")];
const POOL_NOT_READY: &[Fault] = &[fault("UnsupportedOperation").saying("is not monitored by IPAM")];

/// A network of its own.
pub struct Vpc;

/// What a user may write.
#[derive(Args, Clone)]
pub struct VpcArgs {
    /// IPv4 range.
    #[arg(replace, format(cidr), conflicts("ipv4_netmask_length"))]
    cidr_block: Filled<String>,
    /// Takes an IPv6 range of Amazon's.
    #[arg(optional, conflicts("ipv6_ipam_pool_id"))]
    assign_generated_ipv6_cidr_block: bool,
    /// Gives instances with a public address a public name.
    enable_dns_hostnames: Filled<bool>,
    /// Answers DNS queries in the VPC.
    #[arg(default = true)]
    enable_dns_support: bool,
    /// Counts the addresses in use.
    enable_network_address_usage_metrics: Filled<bool>,
    /// Hardware that instances run on.
    #[arg(default = "default", one_of("default", "dedicated"))]
    instance_tenancy: String,
    /// IPAM pool that the IPv4 range is taken from.
    #[arg(replace)]
    ipv4_ipam_pool_id: Option<String>,
    /// Size of that range.
    #[arg(replace, optional, min = 16, max = 28, requires("ipv4_ipam_pool_id"))]
    ipv4_netmask_length: i32,
    /// IPv6 range.
    #[arg(
        format(ipv6_cidr),
        conflicts("ipv6_netmask_length", "assign_generated_ipv6_cidr_block"),
        requires("ipv6_ipam_pool_id")
    )]
    ipv6_cidr_block: Filled<String>,
    /// Locations that announce the IPv6 range.
    #[arg(requires("assign_generated_ipv6_cidr_block"))]
    ipv6_cidr_block_network_border_group: Filled<String>,
    /// IPAM pool that the IPv6 range is taken from.
    ipv6_ipam_pool_id: Option<String>,
    /// Size of that range.
    #[arg(optional, one_of("44", "48", "52", "56", "60"), requires("ipv6_ipam_pool_id"))]
    ipv6_netmask_length: i32,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct VpcAttrs {
    /// ARN.
    arn: String,
    /// Network ACL of subnets that name none.
    default_network_acl_id: String,
    /// Route table that came with the VPC.
    default_route_table_id: String,
    /// Security group of interfaces that name none.
    default_security_group_id: String,
    /// DHCP options.
    dhcp_options_id: String,
    /// Id of the association of the IPv6 range.
    ipv6_association_id: String,
    /// Route table of subnets that are associated with none.
    main_route_table_id: String,
    /// Account that owns the VPC.
    owner_id: String,
}

impl Resource for Vpc {
    type Args = VpcArgs;
    type Attrs = VpcAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_vpc";
    const VERSION: u64 = 1;
    const TIMING: Timing =
        Timing::new().create("10m", usually("2s")).update("10m", usually("2s")).delete("35m", usually("2s")).fixed();

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        if planned.is_create() {
            return overrides;
        }
        let tenancy = |object| text_at(object, "instance_tenancy");
        let is_eased = tenancy(planned.prior) == Some("dedicated") && tenancy(planned.proposed) == Some("default");
        let is_unknown = is_unknown_at(planned.proposed, "instance_tenancy");
        if planned.changes("instance_tenancy") && !is_eased && !is_unknown {
            overrides.replaces("instance_tenancy");
        }
        ipv6::plan(planned, &mut overrides);
        overrides
    }

    async fn create(aws: &Aws, args: &VpcArgs, token: &Token) -> CallResult<Created> {
        let answer = aws
            .ec2()
            .create_vpc()
            .set_cidr_block(args.cidr_block.to_option())
            .set_amazon_provided_ipv6_cidr_block(args.assign_generated_ipv6_cidr_block.then_some(true))
            .instance_tenancy(Tenancy::from(args.instance_tenancy.as_str()))
            .set_ipv4_ipam_pool_id(args.ipv4_ipam_pool_id.clone())
            .set_ipv4_netmask_length((args.ipv4_netmask_length != 0).then_some(args.ipv4_netmask_length))
            .set_ipv6_cidr_block(args.ipv6_cidr_block.to_option())
            .set_ipv6_cidr_block_network_border_group(args.ipv6_cidr_block_network_border_group.to_option())
            .set_ipv6_ipam_pool_id(args.ipv6_ipam_pool_id.clone())
            .set_ipv6_netmask_length((args.ipv6_netmask_length != 0).then_some(args.ipv6_netmask_length))
            .set_tag_specifications(specification_with_intent(ResourceType::Vpc, &args.tags, token)?)
            .send()
            .await
            .answer()?;
        let id = answer.vpc.and_then(|vpc| vpc.vpc_id);
        Ok(Created::with_id(id.ok_or_else(|| incomplete("CreateVpc", "VPC id"))?))
    }

    async fn trace(aws: &Aws, _: &VpcArgs, token: &Token) -> CallResult<Traced> {
        traced(aws, token).await
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        let id = known.id();
        let request = aws.ec2().describe_vpcs().set_filters(Some(filter("vpc-id", vec![id.to_owned()])));
        let answer = request.send().await.answer()?;
        let Some(remote) = answer.vpcs().iter().find(|vpc| vpc.vpc_id() == Some(id)) else {
            return Ok(Observed::Gone);
        };
        let (switches, defaults) = futures::join!(attributes::read(aws, id), Defaults::read(aws, id));
        let Some(switches) = switches.unless(GONE)? else { return Ok(Observed::Gone) };
        let defaults = defaults?;
        Ok(observed(aws, known, remote, switches, defaults))
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if attributes::modify_next(aws, change, there).await? || ipv6::moves_range(aws, change, there).await? {
            return Ok(Step::More);
        }
        if change.prior.is_some() && change.wants(there, |args| &args.instance_tenancy) {
            let request = aws.ec2().modify_vpc_tenancy().vpc_id(&there.id).instance_tenancy(VpcTenancy::Default);
            request.send().await.answer()?;
        }
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &change.planned.tags).await?;
        if change.prior.is_none() {
            forget_intent(aws, &there.id).await?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let deleted = aws.ec2().delete_vpc().vpc_id(&there.id).send().await.answer().unless(GONE);
        if let Err(error) = &deleted
            && is_one_of(error, IN_USE)
        {
            remove_guard_duty(aws, &there.id).await?;
        }
        deleted.map(|_| Step::Done)
    }

    /// Reads of DNS attributes lag behind their modification.
    fn settled(goal: &Goal<'_, Self>, there: &Object<Self>) -> Settled {
        attributes::settled(goal, there)
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, IN_USE) {
            return Some(Within::DEADLINE);
        }
        if is_one_of(error, POOL_NOT_READY) { Some(within("5m")) } else { not_visible_yet(error) }
    }
}

/// What comes with a VPC.
struct Defaults {
    network_acl: String,
    route_table: String,
    security_group: String,
}

impl Defaults {
    async fn read(aws: &Aws, id: &str) -> CallResult<Self> {
        let of_vpc = |name: &str, value: &str| {
            Some([filter("vpc-id", vec![id.to_owned()]), filter(name, vec![value.to_owned()])].concat())
        };
        let network_acls = aws.ec2().describe_network_acls().set_filters(of_vpc("default", "true"));
        let route_tables = aws.ec2().describe_route_tables().set_filters(of_vpc("association.main", "true"));
        let groups = aws.ec2().describe_security_groups().set_filters(of_vpc("group-name", "default"));
        let (network_acls, route_tables, groups) =
            futures::join!(network_acls.send(), route_tables.send(), groups.send());
        let (network_acls, route_tables, groups) = (network_acls.answer()?, route_tables.answer()?, groups.answer()?);
        let network_acl = network_acls.network_acls().first().and_then(|acl| acl.network_acl_id());
        let route_table = route_tables.route_tables().first().and_then(|table| table.route_table_id());
        let security_group = groups.security_groups().first().and_then(|group| group.group_id());
        Ok(Self {
            network_acl: network_acl.unwrap_or_default().to_owned(),
            route_table: route_table.unwrap_or_default().to_owned(),
            security_group: security_group.unwrap_or_default().to_owned(),
        })
    }
}

fn observed(
    aws: &Aws,
    known: &Known<Vpc>,
    remote: &Remote,
    switches: attributes::Switches,
    defaults: Defaults,
) -> Observed<Vpc> {
    let args = known.args();
    let ipv6 = ipv6::association(remote, known.attrs().map(|attrs| attrs.ipv6_association_id.as_str()));
    let generated = ipv6.is_some_and(|ipv6| ipv6::is_generated(ipv6, args));
    let owner = remote.owner_id.clone().unwrap_or_default();
    let object = Object {
        id: known.id().to_owned(),
        attrs: VpcAttrs {
            arn: arn(aws, &owner, format!("vpc/{}", known.id())),
            default_network_acl_id: defaults.network_acl,
            default_route_table_id: defaults.route_table.clone(),
            default_security_group_id: defaults.security_group,
            dhcp_options_id: remote.dhcp_options_id.clone().unwrap_or_default(),
            ipv6_association_id: ipv6.and_then(|ipv6| ipv6.association_id.clone()).unwrap_or_default(),
            main_route_table_id: defaults.route_table,
            owner_id: owner,
        },
        args: VpcArgs {
            cidr_block: remote.cidr_block.clone().into(),
            assign_generated_ipv6_cidr_block: generated,
            enable_dns_hostnames: switches.dns_hostnames.into(),
            enable_dns_support: switches.dns_support,
            enable_network_address_usage_metrics: switches.usage_metrics.into(),
            instance_tenancy: remote.instance_tenancy.as_ref().map_or("default", |tenancy| tenancy.as_str()).to_owned(),
            ipv4_ipam_pool_id: args.and_then(|args| args.ipv4_ipam_pool_id.clone()),
            ipv4_netmask_length: args.map_or(0, |args| args.ipv4_netmask_length),
            ipv6_cidr_block: ipv6.and_then(|ipv6| ipv6.ipv6_cidr_block.clone()).into(),
            ipv6_cidr_block_network_border_group: ipv6.and_then(|ipv6| ipv6.network_border_group.clone()).into(),
            ipv6_ipam_pool_id: ipv6.filter(|_| !generated).and_then(|ipv6| ipv6::pool(ipv6, args)),
            ipv6_netmask_length: args.map_or(0, |args| args.ipv6_netmask_length),
            tags: aws.tag_rules().observed(from_service(remote.tags()), args.map(|args| &args.tags)),
        },
        private: None,
    };
    let phase = match &remote.state {
        Some(VpcState::Available) | None => ipv6::phase(remote),
        Some(state) => Phase::Pending(state.to_string()),
    };
    Observed::There { phase, object }
}
