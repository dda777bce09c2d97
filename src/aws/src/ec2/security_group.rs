//! `aws_security_group`: who may reach an interface, and whom it may reach.

pub mod rule;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{ResourceType, SecurityGroup as Remote};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Goal, Known, Object, Observed, Operation,
    Overrides, Phase, Planned, Resource, Set, Settled, Step, Tags, Timing, Token, Traced, Within, usually, within,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, by_id, filter, only};
use crate::ec2::arn::arn;
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::lingering::remove_interfaces;
use crate::ec2::permission::{self, Direction, Permission};
use crate::ec2::tags::{forget_intent, retag, specification_with_intent, traced};
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::names::{drawn, prefix_of};
use crate::tags::from_service;
use rule::Rule;

const GONE: &[Fault] = &[fault("InvalidGroup.NotFound"), fault("InvalidSecurityGroupID.NotFound")];
const IN_USE: &[Fault] =
    &[fault("DependencyViolation").of("DeleteSecurityGroup"), fault("InvalidGroup.InUse").of("DeleteSecurityGroup")];
/// A group made a moment ago.
const NOT_VISIBLE: &[Fault] = &[fault("InvalidGroup.NotFound").of("RevokeSecurityGroupEgress")];
/// For how long reads may lag behind changes of rules.
const STALE: std::time::Duration = std::time::Duration::from_secs(60);

/// Who may reach an interface, and whom it may reach.
pub struct SecurityGroup;

/// What a user may write.
#[derive(Args, Clone)]
pub struct SecurityGroupArgs {
    /// What the group is for.
    #[arg(replace, default = "Managed by Terraform", max_len = 255)]
    description: String,
    /// What may go out. Unset, the rules are left alone.
    #[arg(as_block)]
    egress: Filled<Set<Rule>>,
    /// What may come in. Unset, the rules are left alone.
    #[arg(as_block)]
    ingress: Filled<Set<Rule>>,
    /// Name, unique in the VPC.
    #[arg(
        replace,
        conflicts("name_prefix"),
        max_len = 255,
        pattern("^($|[^s]|s$|s[^g]|sg$|sg[^-])", "must not begin with sg-")
    )]
    name: Filled<String>,
    /// Start of a name that is drawn.
    #[arg(replace, max_len = 229, pattern("^($|[^s]|s$|s[^g]|sg$|sg[^-])", "must not begin with sg-"))]
    name_prefix: Filled<String>,
    /// Whether rules that keep the group from being deleted are revoked then: its own, and those of other groups that
    /// name it.
    #[arg(default = false)]
    revoke_rules_on_delete: bool,
    /// Tags.
    tags: Tags,
    /// VPC; the default one if unset.
    #[arg(replace)]
    vpc_id: Filled<String>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct SecurityGroupAttrs {
    /// ARN.
    arn: String,
    /// Account that owns the group.
    owner_id: String,
}

impl Resource for SecurityGroup {
    type Args = SecurityGroupArgs;
    type Attrs = SecurityGroupAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_security_group";
    const VERSION: u64 = 1;
    const TIMING: Timing = Timing::new().create("10m", usually("2s")).delete("15m", usually("2s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        for name in ["ingress", "egress"] {
            let rules = planned.config.get(name).and_then(|rules| rules.as_slice()).unwrap_or_default();
            if let Some(problem) = rules.iter().find_map(rule::problem) {
                overrides.error(name, problem);
            }
        }
        overrides
    }

    async fn create(aws: &Aws, args: &SecurityGroupArgs, token: &Token) -> CallResult<Created> {
        let answer = aws
            .ec2()
            .create_security_group()
            .group_name(drawn(&args.name, &args.name_prefix, token))
            .description(&args.description)
            .set_vpc_id(args.vpc_id.to_option())
            .set_tag_specifications(specification_with_intent(ResourceType::SecurityGroup, &args.tags, token)?)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(answer.group_id.ok_or_else(|| incomplete("CreateSecurityGroup", "group id"))?))
    }

    async fn trace(aws: &Aws, _: &SecurityGroupArgs, token: &Token) -> CallResult<Traced> {
        traced(aws, token).await
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let describe = async |ids| {
            let request = aws.ec2().describe_security_groups().set_filters(Some(filter("group-id", ids)));
            request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()
        };
        by_id(known, describe, Remote::group_id, |known, remote| Ok(observed(aws, known, remote))).await
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        for direction in [Direction::Ingress, Direction::Egress] {
            let differs = change.wants(there, |args| args.rules(direction));
            if let Some(wanted) = wanted(change.planned, direction, change.prior.is_none(), &there.id)
                && differs
                && !bring(aws, direction, there, &wanted).await?
            {
                return Ok(Step::More);
            }
        }
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &change.planned.tags).await?;
        if change.prior.is_none() {
            forget_intent(aws, &there.id).await?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        if there.args.revoke_rules_on_delete {
            revoke_own_rules(aws, &there.id).await?;
        }
        let deleted = aws.ec2().delete_security_group().group_id(&there.id).send().await.answer().unless(GONE);
        if let Err(error) = &deleted
            && is_one_of(error, IN_USE)
        {
            remove_interfaces(aws, "group-id", &there.id).await?;
            if there.args.revoke_rules_on_delete {
                revoke_rules_of_others(aws, &there.id).await?;
            }
        }
        deleted.map(|_| Step::Done)
    }

    /// Reads of rules lag behind their creation.
    fn settled(goal: &Goal<'_, Self>, there: &Object<Self>) -> Settled {
        let shows = |direction| match wanted(goal.planned, direction, goal.operation == Operation::Create, &there.id) {
            Some(wanted) => there.args.permissions(direction, &there.id) == wanted,
            None => true,
        };
        match goal.elapsed > STALE || shows(Direction::Ingress) && shows(Direction::Egress) {
            true => Settled::Yes,
            false => Settled::Waiting("the rules to become visible".to_owned()),
        }
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, IN_USE) {
            return Some(Within::DEADLINE);
        }
        if is_one_of(error, NOT_VISIBLE) { Some(within("30s")) } else { not_visible_yet(error) }
    }
}

impl SecurityGroupArgs {
    fn rules(&self, direction: Direction) -> &Filled<Set<Rule>> {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    fn permissions(&self, direction: Direction, group: &str) -> BTreeSet<Permission> {
        let rules = self.rules(direction).get().into_iter().flatten();
        rules.flat_map(|rule| rule.permissions(group)).collect()
    }
}

/// Returns what a group is to let through, if that is ours to say. A new group lets all out, which it is not to do
/// unless asked for.
fn wanted(
    planned: &SecurityGroupArgs,
    direction: Direction,
    is_new: bool,
    group: &str,
) -> Option<BTreeSet<Permission>> {
    let is_ours = planned.rules(direction).is_set() || is_new;
    is_ours.then(|| planned.permissions(direction, group))
}

/// Brings the rules of one direction to what is wanted. Returns false if they turn out to be others than they seemed.
async fn bring(
    aws: &Aws,
    direction: Direction,
    there: &Object<SecurityGroup>,
    wanted: &BTreeSet<Permission>,
) -> CallResult<bool> {
    const DUPLICATE: &[Fault] = &[fault("InvalidPermission.Duplicate")];
    let has = there.args.permissions(direction, &there.id);
    let like = |set: &BTreeSet<Permission>, one: &Permission| set.iter().any(|other| other.is_like(one));
    let old = permission::request(has.iter().filter(|one| !like(wanted, one)));
    let described = permission::request(wanted.iter().filter(|one| !has.contains(*one) && like(&has, one)));
    let new = permission::request(wanted.iter().filter(|one| !like(&has, one)));
    if !old.is_empty() {
        permission::revoke(aws, &there.id, direction, old).await?;
    }
    if !described.is_empty() {
        permission::describe(aws, &there.id, direction, described).await?;
    }
    if new.is_empty() {
        return Ok(true);
    }
    Ok(permission::authorize(aws, &there.id, direction, new).await.unless(DUPLICATE)?.is_some())
}

/// Revokes all rules of a group.
async fn revoke_own_rules(aws: &Aws, id: &str) -> CallResult<()> {
    for group in describe(aws, "group-id", id).await? {
        for (direction, rules) in
            [(Direction::Ingress, group.ip_permissions()), (Direction::Egress, group.ip_permissions_egress())]
        {
            if !rules.is_empty() {
                permission::revoke(aws, id, direction, rules.to_vec()).await?;
            }
        }
    }
    Ok(())
}

/// Revokes rules of other groups that name this one.
async fn revoke_rules_of_others(aws: &Aws, id: &str) -> CallResult<()> {
    for (direction, name) in
        [(Direction::Ingress, "ip-permission.group-id"), (Direction::Egress, "egress.ip-permission.group-id")]
    {
        for group in describe(aws, name, id).await? {
            let rules = match direction {
                Direction::Ingress => group.ip_permissions(),
                Direction::Egress => group.ip_permissions_egress(),
            };
            let parts = permission::parts(rules, group.owner_id());
            let rules = permission::request(parts.iter().filter(|part| part.source.is_group(id)));
            if let (Some(other), false) = (group.group_id(), rules.is_empty()) {
                permission::revoke(aws, other, direction, rules).await?;
            }
        }
    }
    Ok(())
}

async fn describe(aws: &Aws, name: &str, value: &str) -> CallResult<Vec<Remote>> {
    let request = aws.ec2().describe_security_groups().set_filters(Some(filter(name, vec![value.to_owned()])));
    request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()
}

fn observed(aws: &Aws, known: &Known<SecurityGroup>, remote: &Remote) -> Observed<SecurityGroup> {
    let (id, args) = (known.id(), known.args());
    let rules = |remote_rules, direction| {
        let parts = permission::parts(remote_rules, remote.owner_id()).into_iter().collect();
        Filled::from(rule::written(parts, args.and_then(|args| args.rules(direction).get()), id))
    };
    let name = remote.group_name().unwrap_or_default();
    let owner_id = remote.owner_id.clone().unwrap_or_default();
    let args = SecurityGroupArgs {
        description: remote.description.clone().unwrap_or_default(),
        egress: rules(remote.ip_permissions_egress(), Direction::Egress),
        ingress: rules(remote.ip_permissions(), Direction::Ingress),
        name: name.to_owned().into(),
        name_prefix: prefix_of(name),
        revoke_rules_on_delete: args.is_some_and(|args| args.revoke_rules_on_delete),
        tags: aws.tag_rules().observed(from_service(remote.tags()), args.map(|args| &args.tags)),
        vpc_id: remote.vpc_id.clone().into(),
    };
    let attrs = SecurityGroupAttrs { arn: arn(aws, &owner_id, format!("security-group/{id}")), owner_id };
    let object = Object { id: id.to_owned(), args, attrs, private: None };
    Observed::There { phase: Phase::Ready, object }
}
