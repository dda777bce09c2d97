//! Policies of a role: those within it, and those attached to it.

use std::collections::BTreeMap;

use landfall_provider::value::Value;
use landfall_provider::{CallResult, Change, Object, Overrides, Planned, Set};

use super::{InlinePolicy, Role, RoleArgs};
use crate::client::Aws;
use crate::error::{Answer, Unless};
use crate::iam::document::decoded;
use crate::iam::faults::GONE;
use crate::planning::text_at;
use crate::policy::same_policy;

/// Reads the policies within a role.
pub async fn inline(aws: &Aws, role: &str) -> CallResult<Set<InlinePolicy>> {
    let mut policies = Vec::new();
    for name in inline_names(aws, role).await? {
        let answer =
            aws.iam().get_role_policy().role_name(role).policy_name(&name).send().await.answer().unless(GONE)?;
        let policy = answer.map(|answer| decoded(answer.policy_document()));
        policies.extend(policy.map(|policy| InlinePolicy { name: Some(name), policy: Some(policy) }));
    }
    Ok(policies.into())
}

async fn inline_names(aws: &Aws, role: &str) -> CallResult<Vec<String>> {
    let pages = aws.iam().list_role_policies().role_name(role).into_paginator().items().send();
    pages.collect::<Result<Vec<_>, _>>().await.answer()
}

/// Reads the ARNs of the policies attached to a role.
pub async fn attached(aws: &Aws, role: &str) -> CallResult<Set<String>> {
    let pages = aws.iam().list_attached_role_policies().role_name(role).into_paginator().items().send();
    let attached = pages.collect::<Result<Vec<_>, _>>().await.answer()?;
    Ok(attached.into_iter().filter_map(|policy| policy.policy_arn).collect())
}

/// Returns the policies within a role as they are known, where that means the same.
pub fn keep_form(known: Option<&RoleArgs>, there: Set<InlinePolicy>) -> Set<InlinePolicy> {
    match known.and_then(|known| known.inline_policy.get()) {
        Some(known) if same(&by_name(known), &by_name(&there)) => known.clone(),
        _ => there,
    }
}

/// An empty block says that there is to be none; where there is none it means nothing.
pub fn plan(overrides: &mut Overrides, planned: &Planned<'_>) {
    let same = match (planned_by_name(planned.prior), planned_by_name(planned.proposed)) {
        (Some(prior), Some(proposed)) => same(&prior, &proposed),
        _ => false,
    };
    if let Some(prior) = planned.prior.get("inline_policy").filter(|_| same) {
        overrides.set("inline_policy", prior.clone());
    }
}

fn planned_by_name(object: &Value) -> Option<BTreeMap<&str, &str>> {
    let policies = object.get("inline_policy").filter(|policies| policies.is_wholly_known())?.as_slice()?;
    Some(policies.iter().filter_map(|policy| text_at(policy, "name").zip(text_at(policy, "policy"))).collect())
}

/// Brings policies within the role and attachments to what is planned, where they are ours to manage.
pub async fn update(aws: &Aws, change: &Change<'_, Role>, there: &Object<Role>) -> CallResult<()> {
    // No block at all leaves alone what is there; none is asked for by an empty block.
    if let Some(planned) = change.planned.inline_policy.get().filter(|blocks| !blocks.is_empty())
        && change.wants_unless(there, |a, b| same(&inline_by_name(a), &inline_by_name(b)))
    {
        put_inline(aws, &there.id, &inline_by_name(&there.args), &by_name(planned)).await?;
    }
    if let Some(planned) = change.planned.managed_policy_arns.get()
        && change.wants(there, |args| &args.managed_policy_arns)
    {
        let attached = there.args.managed_policy_arns.get().cloned().unwrap_or_default();
        for arn in attached.minus(planned) {
            detach(aws, &there.id, arn).await?;
        }
        for arn in planned.minus(&attached) {
            aws.iam().attach_role_policy().role_name(&there.id).policy_arn(arn).send().await.answer()?;
        }
    }
    Ok(())
}

async fn put_inline(
    aws: &Aws,
    role: &str,
    there: &BTreeMap<&str, &str>,
    planned: &BTreeMap<&str, &str>,
) -> CallResult<()> {
    for name in there.keys().filter(|name| !planned.contains_key(*name)) {
        delete_inline(aws, role, name).await?;
    }
    for (name, policy) in planned {
        if there.get(name).is_none_or(|there| !same_policy(there, policy)) {
            let request = aws.iam().put_role_policy().role_name(role).policy_name(*name).policy_document(*policy);
            request.send().await.answer()?;
        }
    }
    Ok(())
}

/// Removes what keeps a role from being deleted: all policies if forced, else those of the kinds that it manages.
pub async fn remove(aws: &Aws, there: &Object<Role>) -> CallResult<()> {
    let (role, is_forced) = (&there.id, there.args.force_detach_policies);
    if is_forced || there.args.managed_policy_arns.get().is_some_and(|arns| !arns.is_empty()) {
        for arn in &attached(aws, role).await? {
            detach(aws, role, arn).await?;
        }
    }
    if is_forced || there.args.inline_policy.get().is_some_and(|policies| !policies.is_empty()) {
        for name in inline_names(aws, role).await? {
            delete_inline(aws, role, &name).await?;
        }
    }
    Ok(())
}

async fn detach(aws: &Aws, role: &str, arn: &str) -> CallResult<()> {
    aws.iam().detach_role_policy().role_name(role).policy_arn(arn).send().await.answer().unless(GONE)?;
    Ok(())
}

async fn delete_inline(aws: &Aws, role: &str, name: &str) -> CallResult<()> {
    aws.iam().delete_role_policy().role_name(role).policy_name(name).send().await.answer().unless(GONE)?;
    Ok(())
}

fn inline_by_name(args: &RoleArgs) -> BTreeMap<&str, &str> {
    args.inline_policy.get().map(by_name).unwrap_or_default()
}

/// Returns names and documents; a block without either stands for no policy.
fn by_name(policies: &Set<InlinePolicy>) -> BTreeMap<&str, &str> {
    policies.iter().filter_map(|policy| Some((policy.name.as_deref()?, policy.policy.as_deref()?))).collect()
}

fn same(a: &BTreeMap<&str, &str>, b: &BTreeMap<&str, &str>) -> bool {
    a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_policy(a, b)))
}
