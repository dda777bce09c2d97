//! `aws_security_group_rule`: one rule of a security group, with any number of sources. Known by what it says, not by an
//! id: [`super::vpc_security_group_rule`] is the better type.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::SecurityGroupRule as Remote;
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Filled, Known, Object, Observed, Phase, Resource, Step,
    Timing, Token, Traced, Within, usually,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, filter, only};
use crate::ec2::checksum::crc32;
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::permission::{self, ALL, Direction, Permission, Source, normalised};
use crate::ec2::security_group::rule::Rule;
use crate::error::{Answer, Fault, Unless, fault};

const GONE: &[Fault] = &[fault("InvalidGroup.NotFound"), fault("InvalidSecurityGroupID.NotFound")];

/// One rule of a security group.
pub struct SecurityGroupRule;

/// What a user may write.
#[derive(Args, Clone)]
#[args(at_least_one("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "self", "source_security_group_id"))]
pub struct SecurityGroupRuleArgs {
    /// IPv4 ranges.
    #[arg(replace, optional, each(format(ipv4_cidr)), conflicts("source_security_group_id", "self"))]
    cidr_blocks: Vec<String>,
    /// Description of each source.
    #[arg(max_len = 255)]
    description: Option<String>,
    /// First port, or type of ICMP.
    #[arg(replace)]
    from_port: i32,
    /// IPv6 ranges.
    #[arg(replace, optional, each(format(ipv6_cidr)), conflicts("source_security_group_id", "self"))]
    ipv6_cidr_blocks: Vec<String>,
    /// Prefix lists.
    #[arg(replace, optional, each(format(non_empty)))]
    prefix_list_ids: Vec<String>,
    /// Protocol by name or number; `-1` is all.
    #[arg(replace)]
    protocol: String,
    /// Security group that has the rule.
    #[arg(replace)]
    security_group_id: String,
    /// The group itself.
    #[arg(
        replace,
        rename = "self",
        default = false,
        conflicts("cidr_blocks", "ipv6_cidr_blocks", "source_security_group_id")
    )]
    itself: bool,
    /// Another security group; of another account as `ACCOUNT/ID`.
    #[arg(replace, conflicts("cidr_blocks", "ipv6_cidr_blocks", "self"))]
    source_security_group_id: Filled<String>,
    /// Last port, or code of ICMP.
    #[arg(replace)]
    to_port: i32,
    /// In or out.
    #[arg(replace, one_of("egress", "ingress"))]
    r#type: String,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct SecurityGroupRuleAttrs {
    /// Id of the service's own rule, if there is only one source.
    security_group_rule_id: Option<String>,
}

impl Resource for SecurityGroupRule {
    type Args = SecurityGroupRuleArgs;
    type Attrs = SecurityGroupRuleAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_security_group_rule";
    const VERSION: u64 = 2;
    const TIMING: Timing = Timing::new().create("5m", usually("1s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;
    const CREATE_IS_WHOLE: bool = true;

    async fn create(aws: &Aws, args: &SecurityGroupRuleArgs, _: &Token) -> CallResult<Created> {
        let request = permission::request(&args.permissions());
        permission::authorize(aws, &args.security_group_id, args.direction(), request).await?;
        Ok(Created::with_id(args.id()))
    }

    /// A rule is nothing but what it allows.
    async fn trace(aws: &Aws, args: &SecurityGroupRuleArgs, _: &Token) -> CallResult<Traced> {
        let created = Created::with_id(args.id());
        let known = Known::New { args: args.clone(), created: created.clone() };
        Ok(match Self::observe(aws, &known).await? {
            Observed::There { .. } => Traced::Made(created),
            _ => Traced::Nothing,
        })
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        if let Known::Import { id } = known {
            let args = imported(id)?;
            let created = Created::with_id(args.id());
            return only(Self::observe_many(aws, &[Known::New { args, created }]).await);
        }
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    /// Rules are parts of their groups: those of each group are read once.
    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let group_of =
            |known: &Known<Self>| known.args().map(|args| args.security_group_id.clone()).unwrap_or_default();
        let groups: BTreeSet<String> = known.iter().map(group_of).collect();
        let filters = Some(filter("group-id", groups.into_iter().collect()));
        let request = aws.ec2().describe_security_group_rules().set_filters(filters);
        let rules = match request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer() {
            Ok(rules) => rules,
            Err(error) => return known.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut by_group: BTreeMap<String, Vec<Remote>> = BTreeMap::new();
        for rule in rules {
            by_group.entry(rule.group_id.clone().unwrap_or_default()).or_default().push(rule);
        }
        let of_group = |known| by_group.get(&group_of(known)).map_or(&[][..], Vec::as_slice);
        known.iter().map(|known| Ok(observed(known, of_group(known)))).collect()
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if change.wants(there, |args| &args.description) {
            let request = permission::request(&change.planned.permissions());
            permission::describe(aws, &there.args.security_group_id, there.args.direction(), request).await?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let request = permission::request(&there.args.permissions());
        let group = &there.args.security_group_id;
        permission::revoke(aws, group, there.args.direction(), request).await.unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        not_visible_yet(error)
    }
}

impl SecurityGroupRuleArgs {
    fn direction(&self) -> Direction {
        if self.r#type == "egress" { Direction::Egress } else { Direction::Ingress }
    }

    fn permissions(&self) -> Vec<Permission> {
        let rule = Rule {
            cidr_blocks: self.cidr_blocks.clone(),
            description: self.description.clone(),
            from_port: self.from_port,
            ipv6_cidr_blocks: self.ipv6_cidr_blocks.clone(),
            prefix_list_ids: self.prefix_list_ids.clone(),
            protocol: self.protocol.clone(),
            security_groups: self.source_security_group_id.to_option().into_iter().collect(),
            itself: self.itself,
            to_port: self.to_port,
        };
        rule.permissions(&self.security_group_id)
    }

    /// Returns the id that the rule has in Terraform's states.
    fn id(&self) -> String {
        let mut parts = vec![self.security_group_id.clone()];
        parts.extend([self.from_port, self.to_port].iter().filter(|port| **port > 0).map(ToString::to_string));
        parts.extend([normalised(&self.protocol), self.r#type.clone()]);
        for list in [&self.cidr_blocks, &self.ipv6_cidr_blocks, &self.prefix_list_ids] {
            let mut sorted = list.clone();
            sorted.sort();
            parts.extend(sorted);
        }
        let groups = self.permissions().into_iter().filter_map(|permission| match permission.source {
            Source::Group(group) => Some(group.id),
            Source::Ipv4(_) | Source::Ipv6(_) | Source::PrefixList(_) => None,
        });
        // A group is followed by its name, of which it has none in a VPC.
        parts.extend(groups.map(|group| format!("{group}-")));
        format!("sgrule-{}", crc32(&format!("{}-", parts.join("-"))))
    }
}

/// Reads an import id: `GROUP_TYPE_PROTOCOL_FROM_TO_SOURCE`, with any number of sources.
fn imported(id: &str) -> CallResult<SecurityGroupRuleArgs> {
    let invalid = || {
        let message = "the id of a security group rule has the form GROUP_TYPE_PROTOCOL_FROM_TO_SOURCE[_SOURCE…], as in \
                       sg-1_ingress_tcp_443_443_10.0.0.0/8";
        CallError::local("import", message)
    };
    let parts: Vec<&str> = id.split('_').collect();
    let [group, kind @ ("ingress" | "egress"), protocol, from, to, sources @ ..] = parts.as_slice() else {
        return Err(invalid());
    };
    let port = |text: &str| text.parse().map_err(|_| invalid());
    if sources.is_empty() || !group.starts_with("sg-") {
        return Err(invalid());
    }
    let mut args = SecurityGroupRuleArgs {
        cidr_blocks: Vec::new(),
        description: None,
        from_port: port(from)?,
        ipv6_cidr_blocks: Vec::new(),
        prefix_list_ids: Vec::new(),
        protocol: normalised(protocol),
        security_group_id: (*group).to_owned(),
        itself: false,
        source_security_group_id: Filled::unset(),
        to_port: port(to)?,
        r#type: (*kind).to_owned(),
    };
    for source in sources {
        let text = (*source).to_owned();
        match *source {
            "self" => args.itself = true,
            list if list.starts_with("pl-") => args.prefix_list_ids.push(text),
            group if group.contains("sg-") => args.source_security_group_id = text.into(),
            range if range.contains(':') => args.ipv6_cidr_blocks.push(text),
            _ => args.cidr_blocks.push(text),
        }
    }
    if args.protocol == ALL {
        (args.from_port, args.to_port) = (0, 0);
    }
    Ok(args)
}

/// The rule is there if all of it is; it is kept as it is written.
fn observed(known: &Known<SecurityGroupRule>, remote: &[Remote]) -> Observed<SecurityGroupRule> {
    let Some(args) = known.args() else { return Observed::Gone };
    let find = |wanted: &Permission| {
        let is_it =
            |rule: &&Remote| permission::direction(rule) == args.direction() && permission::part(rule).is_like(wanted);
        remote.iter().find(is_it)
    };
    let found: Option<Vec<_>> = args.permissions().iter().map(find).collect();
    let Some(found) = found.filter(|found| !found.is_empty()) else { return Observed::Gone };
    let description = found[0].description.clone().filter(|text| !text.is_empty());
    let security_group_rule_id = found[0].security_group_rule_id.clone().filter(|_| found.len() == 1);
    let args = SecurityGroupRuleArgs { description, ..args.clone() };
    let attrs = SecurityGroupRuleAttrs { security_group_rule_id };
    Observed::There { phase: Phase::Ready, object: Object { id: known.id().to_owned(), args, attrs, private: None } }
}
