//! Lists of groups and of their instances.

use super::{Group, PAGING};
use crate::families::page::page;
use crate::faults::matches;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// A name that is not there is no error.
pub fn groups(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let names = input.texts("AutoScalingGroupNames");
    let mut found = Vec::new();
    for (name, group) in &scope.autoscaling().groups {
        if (names.is_empty() || names.contains(&name.as_str())) && passes(group, input.list_at("Filters"))? {
            found.push((name, group));
        }
    }
    let page = page(&PAGING, input, found)?;
    let shows_instances = input.bool("IncludeInstances")?.unwrap_or(true);
    let shown = page.items.into_iter().map(|(name, group)| {
        let shown = group.shown(scope, name);
        if shows_instances { shown } else { shown.with("Instances", Tree::List(Vec::new())) }
    });
    Ok(tree! { "AutoScalingGroups": Tree::list(shown), "NextToken": page.next })
}

fn passes(group: &Group, filters: &[Tree]) -> Result<bool, Fault> {
    for filter in filters {
        let (name, values) = (filter.need("Name")?, filter.texts("Values"));
        let own: Vec<&str> = match name {
            "tag-key" => group.tags.keys().map(String::as_str).collect(),
            "tag-value" => group.tags.values().map(|tag| tag.value.as_str()).collect(),
            _ => match name.strip_prefix("tag:") {
                Some(key) => group.tags.get(key).map(|tag| tag.value.as_str()).into_iter().collect(),
                None => return Err(super::validation(format!("Filter type {name} is not correct."))),
            },
        };
        if !own.iter().any(|own| values.iter().any(|value| matches(value, own))) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub fn instances(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = input.texts("InstanceIds");
    let mut found = Vec::new();
    for (name, group) in &scope.autoscaling().groups {
        for member in &group.members {
            if ids.is_empty() || ids.contains(&member.instance_id.as_str()) {
                let health = if member.is_unhealthy { "UNHEALTHY" } else { "HEALTHY" };
                found.push(member.shown(scope).with("AutoScalingGroupName", name).with("HealthStatus", health));
            }
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "AutoScalingInstances": page.items, "NextToken": page.next })
}
