//! Removal of a group: the warm pool, then the instances, then the group.

use landfall_provider::{CallResult, Object, Step};

use super::{Group, NAMES_PER_CALL};
use crate::client::Aws;
use crate::error::{Answer, Fault, Unless, fault};

const GONE: &[Fault] = &[fault("ValidationError").saying("not found")];
const NO_WARM_POOL: &[Fault] = &[fault("ValidationError").saying("No warm pool found")];
/// The instance was ended in the meantime.
const NOT_A_MEMBER: &[Fault] = &[fault("ValidationError").saying("not part of Auto Scaling group")];

/// Makes the next call. A group whose instances have not ended yet is tried again: `retry` names those errors.
///
/// # Errors
/// What the calls failed with.
pub async fn step(aws: &Aws, there: &Object<Group>) -> CallResult<Step> {
    let (name, args) = (&there.id, &there.args);
    if args.force_delete {
        let request = aws.autoscaling().delete_auto_scaling_group().auto_scaling_group_name(name).force_delete(true);
        request.send().await.answer().unless(GONE)?;
        return Ok(Step::Done);
    }
    if args.warm_pool.is_some() {
        remove_warm_pool(aws, there).await?;
        return Ok(Step::More);
    }
    if args.max_size != 0 {
        return drain(aws, there).await;
    }
    let request = aws.autoscaling().delete_auto_scaling_group().auto_scaling_group_name(name);
    request.send().await.answer().unless(GONE)?;
    Ok(Step::Done)
}

/// Removes the warm pool.
///
/// # Errors
/// What DeleteWarmPool failed with.
pub async fn remove_warm_pool(aws: &Aws, there: &Object<Group>) -> CallResult<()> {
    let request = aws.autoscaling().delete_warm_pool().auto_scaling_group_name(&there.id);
    let request = request.force_delete(there.args.force_delete_warm_pool || there.args.force_delete);
    request.send().await.answer().unless(&[NO_WARM_POOL, GONE].concat())?;
    Ok(())
}

/// Ends all instances, protected ones too.
async fn drain(aws: &Aws, there: &Object<Group>) -> CallResult<Step> {
    let name = &there.id;
    let update = aws.autoscaling().update_auto_scaling_group().auto_scaling_group_name(name);
    let drained = update.min_size(0).max_size(0).desired_capacity(0).send().await.answer().unless(GONE)?;
    if drained.is_none() {
        return Ok(Step::Done);
    }
    let describe = aws.autoscaling().describe_auto_scaling_groups().auto_scaling_group_names(name);
    let answer = describe.send().await.answer()?;
    let instances = answer.auto_scaling_groups().iter().flat_map(|group| group.instances());
    let is_protected = instances.filter(|instance| instance.protected_from_scale_in == Some(true));
    let ids: Vec<String> = is_protected.filter_map(|instance| instance.instance_id.clone()).collect();
    for ids in ids.chunks(NAMES_PER_CALL) {
        let lift = aws.autoscaling().set_instance_protection().auto_scaling_group_name(name);
        let lift = lift.protected_from_scale_in(false).set_instance_ids(Some(ids.to_vec()));
        lift.send().await.answer().unless(&[NOT_A_MEMBER, GONE].concat())?;
    }
    Ok(Step::More)
}
