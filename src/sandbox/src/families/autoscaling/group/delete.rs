//! Deleting groups.

use super::super::balance::{self, SOON, wake};
use super::super::validation;
use super::checks;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// With force, the instances go along; their hooks do not hold them.
pub fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = input.need("AutoScalingGroupName")?;
    let is_forced = input.bool("ForceDelete")? == Some(true);
    let group = scope.autoscaling().group(name)?;
    checks::not_deleting(name, group)?;
    let protection = group.settings.text("DeletionProtection")?.unwrap_or("none");
    if protection == "prevent-all-deletion" || (protection == "prevent-force-deletion" && is_forced) {
        return Err(validation(format!("AutoScalingGroup '{name}' has deletion protection '{protection}'.")));
    }
    if !group.members.is_empty() && !is_forced {
        let message = "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) \
                       still in the group.";
        return Err(Fault::new("ResourceInUse", message));
    }
    if group.warm_pool.is_some() && !is_forced {
        let message = "You cannot delete an AutoScalingGroup while there is still a warm pool.";
        return Err(Fault::new("ResourceInUse", message));
    }
    let ids: Vec<String> = group.members.iter().map(|member| member.instance_id.clone()).collect();
    scope.autoscaling_mut().group_mut(name)?.is_deleting = true;
    let cause =
        format!("At {} a user request force deleted AutoScalingGroup changing the desired capacity to 0.", scope.now);
    for id in ids {
        balance::end_at_once(scope, name, &id);
        balance::end(scope, name, &id, &cause);
    }
    wake(scope, name, SOON);
    Ok(Tree::object())
}
