//! `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule`: one rule of a security group, with one
//! source, by the id that the service gives it.

#[cfg(test)]
mod tests;

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRule as Remote,
    SecurityGroupRuleRequest, SecurityGroupRuleUpdate, UserIdGroupPair,
};
use landfall_provider::value::Value;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Known, Object, Observed, Overrides, Phase, Planned,
    Resource, Step, Tags, Token, Traced, Within,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, by_id, filter, only};
use crate::ec2::arn::arn;
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::permission::{self, ALL, Direction, GroupReference, Source, normalised};
use crate::ec2::tags::{forget_intent, retag, specification_with_intent, traced};
use crate::error::{Answer, Fault, Unless, fault, incomplete};
use crate::planning::text_at;
use crate::tags::from_service;

const GONE: &[Fault] = &[fault("InvalidSecurityGroupRuleId.NotFound"), fault("InvalidGroup.NotFound")];
const SOURCES: [&str; 4] = ["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];

/// A rule for traffic that comes in.
pub struct IngressRule;

/// A rule for traffic that goes out.
pub struct EgressRule;

/// What a user may write.
#[derive(Args, Clone)]
#[args(framework, exactly_one("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"))]
pub struct RuleArgs {
    /// IPv4 range.
    #[arg(format(ipv4_cidr))]
    cidr_ipv4: Option<String>,
    /// IPv6 range.
    #[arg(format(ipv6_cidr))]
    cidr_ipv6: Option<String>,
    /// Description.
    description: Option<String>,
    /// First port, or type of ICMP.
    #[arg(min = -1, max = 65535)]
    from_port: Option<i32>,
    /// Protocol by name or number; `-1` is all, which have no ports.
    ip_protocol: String,
    /// Prefix list.
    prefix_list_id: Option<String>,
    /// Security group; of another account as `ACCOUNT/ID`.
    referenced_security_group_id: Option<String>,
    /// Security group that has the rule.
    #[arg(replace)]
    security_group_id: String,
    /// Tags.
    tags: Tags,
    /// Last port, or code of ICMP.
    #[arg(min = -1, max = 65535)]
    to_port: Option<i32>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
#[attrs(framework)]
pub struct RuleAttrs {
    /// ARN.
    arn: String,
    /// Id, as `id`.
    security_group_rule_id: String,
}

/// The two directions differ in the calls that make and remove a rule.
macro_rules! rule_type {
    ($rule:ty, $name:literal, $direction:expr) => {
        impl Resource for $rule {
            type Args = RuleArgs;
            type Attrs = RuleAttrs;
            type Client = Aws;

            const TYPE: &'static str = $name;
            const READ_AT_ONCE: usize = VALUES_PER_FILTER;

            fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
                plan(planned)
            }

            async fn create(aws: &Aws, args: &RuleArgs, token: &Token) -> CallResult<Created> {
                create(aws, $direction, args, token).await
            }

            async fn trace(aws: &Aws, _: &RuleArgs, token: &Token) -> CallResult<Traced> {
                traced(aws, token).await
            }

            async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
                only(Self::observe_many(aws, std::slice::from_ref(known)).await)
            }

            async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
                let describe = async |ids| {
                    let filters = Some(filter("security-group-rule-id", ids));
                    let request = aws.ec2().describe_security_group_rules().set_filters(filters);
                    request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()
                };
                let observed = |known: &Known<Self>, remote: &Remote| {
                    Ok(match permission::direction(remote) == $direction {
                        true => Observed::There { phase: Phase::Ready, object: observed(aws, known, remote) },
                        false => Observed::Gone,
                    })
                };
                by_id(known, describe, Remote::security_group_rule_id, observed).await
            }

            async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
                if change.prior.is_some() && change.wants_unless(there, RuleArgs::is_like) {
                    modify(aws, &there.id, change.planned).await?;
                }
                retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &change.planned.tags).await?;
                if change.prior.is_none() {
                    forget_intent(aws, &there.id).await?;
                }
                Ok(Step::Done)
            }

            async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
                revoke(aws, $direction, &there.args.security_group_id, &there.id).await.unless(GONE)?;
                Ok(Step::Done)
            }

            fn retry(error: &CallError) -> Option<Within> {
                not_visible_yet(error)
            }
        }
    };
}

rule_type!(IngressRule, "aws_vpc_security_group_ingress_rule", Direction::Ingress);
rule_type!(EgressRule, "aws_vpc_security_group_egress_rule", Direction::Egress);

impl RuleArgs {
    /// Returns whether both say the same, tags aside.
    fn is_like(&self, other: &Self) -> bool {
        normalised(&self.ip_protocol) == normalised(&other.ip_protocol)
            && (self.from_port, self.to_port) == (other.from_port, other.to_port)
            && self.description.as_deref().unwrap_or_default() == other.description.as_deref().unwrap_or_default()
            && self.source() == other.source()
    }

    fn source(&self) -> Option<Source> {
        let source = self.cidr_ipv4.as_deref().map(Source::ipv4);
        let source = source.or_else(|| self.cidr_ipv6.as_deref().map(Source::ipv6));
        let source = source.or_else(|| self.prefix_list_id.clone().map(Source::PrefixList));
        source.or_else(|| self.referenced_security_group_id.as_deref().map(Source::group))
    }

    fn permission(&self) -> IpPermission {
        let request = IpPermission::builder()
            .ip_protocol(normalised(&self.ip_protocol))
            .set_from_port(self.from_port)
            .set_to_port(self.to_port);
        let description = self.description.clone();
        let request = match self.source() {
            Some(Source::Ipv4(range)) => {
                request.ip_ranges(IpRange::builder().cidr_ip(range).set_description(description).build())
            }
            Some(Source::Ipv6(range)) => {
                request.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).set_description(description).build())
            }
            Some(Source::PrefixList(id)) => {
                let list = PrefixListId::builder().prefix_list_id(id).set_description(description);
                request.prefix_list_ids(list.build())
            }
            Some(Source::Group(group)) => {
                let pair = UserIdGroupPair::builder().group_id(group.id).set_user_id(group.account);
                request.user_id_group_pairs(pair.set_description(description).build())
            }
            None => request,
        };
        request.build()
    }
}

/// Another kind of source is another rule; all protocols have no ports.
fn plan(planned: &Planned<'_>) -> Overrides {
    let mut overrides = Overrides::none();
    let port = |name: &str| planned.config.get(name).and_then(Value::as_number).map(ToString::to_string);
    let is_all = text_at(planned.proposed, "ip_protocol").is_some_and(|protocol| normalised(protocol) == ALL);
    for name in ["from_port", "to_port"] {
        if is_all && port(name).is_some_and(|port| port != "-1") {
            overrides.error(name, "all protocols (`ip_protocol` is `-1`) have no ports: leave it out");
        }
    }
    if !planned.is_create() {
        let is_set = |object: &Value, name: &str| object.get(name).is_some_and(|value| !value.is_null());
        let moved = SOURCES.iter().filter(|name| is_set(planned.prior, name) != is_set(planned.proposed, name));
        moved.for_each(|name| overrides.replaces(name));
    }
    overrides
}

async fn create(aws: &Aws, direction: Direction, args: &RuleArgs, token: &Token) -> CallResult<Created> {
    let tags = specification_with_intent(ResourceType::SecurityGroupRule, &args.tags, token)?;
    let (permission, group) = (args.permission(), &args.security_group_id);
    let rules = match direction {
        Direction::Ingress => {
            let request = aws.ec2().authorize_security_group_ingress().group_id(group).ip_permissions(permission);
            request.set_tag_specifications(tags).send().await.answer()?.security_group_rules
        }
        Direction::Egress => {
            let request = aws.ec2().authorize_security_group_egress().group_id(group).ip_permissions(permission);
            request.set_tag_specifications(tags).send().await.answer()?.security_group_rules
        }
    };
    let id = rules.and_then(|rules| rules.into_iter().next()).and_then(|rule| rule.security_group_rule_id);
    Ok(Created::with_id(id.ok_or_else(|| incomplete("AuthorizeSecurityGroup", "security group rule id"))?))
}

async fn modify(aws: &Aws, id: &str, args: &RuleArgs) -> CallResult<()> {
    let request = SecurityGroupRuleRequest::builder()
        .ip_protocol(normalised(&args.ip_protocol))
        .set_from_port(args.from_port)
        .set_to_port(args.to_port)
        .set_cidr_ipv4(args.cidr_ipv4.clone())
        .set_cidr_ipv6(args.cidr_ipv6.clone())
        .set_prefix_list_id(args.prefix_list_id.clone())
        .set_description(args.description.clone());
    let group = match args.source() {
        Some(Source::Group(group)) => Some(group.id),
        _ => None,
    };
    let request = request.set_referenced_group_id(group).build();
    let update = SecurityGroupRuleUpdate::builder().security_group_rule_id(id).security_group_rule(request).build();
    let modify = aws.ec2().modify_security_group_rules().group_id(&args.security_group_id);
    modify.security_group_rules(update).send().await.answer()?;
    Ok(())
}

async fn revoke(aws: &Aws, direction: Direction, group: &str, id: &str) -> CallResult<()> {
    match direction {
        Direction::Ingress => {
            let request = aws.ec2().revoke_security_group_ingress().group_id(group).security_group_rule_ids(id);
            request.send().await.answer()?;
        }
        Direction::Egress => {
            let request = aws.ec2().revoke_security_group_egress().group_id(group).security_group_rule_ids(id);
            request.send().await.answer()?;
        }
    }
    Ok(())
}

/// Returns the rule in the spelling in which it is known.
fn observed<R>(aws: &Aws, known: &Known<R>, remote: &Remote) -> Object<R>
where
    R: Resource<Args = RuleArgs, Attrs = RuleAttrs>,
{
    let written = known.args();
    let protocol = remote.ip_protocol().unwrap_or_default();
    let known_protocol = written.map(|args| args.ip_protocol.as_str()).filter(|known| normalised(known) == protocol);
    // The service writes -1 for ports where there are none.
    let port = |remote: Option<i32>, known: Option<i32>| match remote {
        _ if protocol == ALL => known,
        Some(-1) if known.is_none() => None,
        port => port,
    };
    let owner = remote.group_owner_id().unwrap_or(aws.account());
    let group = remote
        .referenced_group_info
        .as_ref()
        .map(|group| GroupReference::of(group.group_id().unwrap_or_default(), group.user_id(), Some(owner)).text());
    let description = remote.description.clone().filter(|text| !text.is_empty());
    let nothing = || written.and_then(|args| args.description.clone()).filter(String::is_empty);
    let mut args = RuleArgs {
        cidr_ipv4: remote.cidr_ipv4.clone(),
        cidr_ipv6: remote.cidr_ipv6.clone(),
        description: description.or_else(nothing),
        from_port: port(remote.from_port, written.and_then(|args| args.from_port)),
        ip_protocol: known_protocol.unwrap_or(protocol).to_owned(),
        prefix_list_id: remote.prefix_list_id.clone(),
        referenced_security_group_id: group,
        security_group_id: remote.group_id.clone().unwrap_or_default(),
        tags: aws.tag_rules().observed(from_service(remote.tags()), written.map(|args| &args.tags)),
        to_port: port(remote.to_port, written.and_then(|args| args.to_port)),
    };
    if let Some(written) = written.filter(|written| written.source() == args.source()) {
        args.cidr_ipv6.clone_from(&written.cidr_ipv6);
        args.referenced_security_group_id.clone_from(&written.referenced_security_group_id);
    }
    let attrs = RuleAttrs {
        arn: arn(aws, owner, format!("security-group-rule/{}", known.id())),
        security_group_rule_id: known.id().to_owned(),
    };
    Object { id: known.id().to_owned(), args, attrs, private: None }
}
