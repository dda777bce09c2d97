//! Changes that an instance only takes while it is stopped.

use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::{AttributeValue, InstanceStateName, SecureBlobAttributeValue};
use landfall_provider::{CallResult, Change, Object, Step};

use super::{Instance, InstanceArgs};
use crate::client::Aws;
use crate::convert::given;
use crate::error::Answer;

/// Stops the instance, changes and starts it, one step at each call; nothing where nothing needs it.
///
/// # Errors
/// What the call failed with.
pub async fn next(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<Option<Step>> {
    if !is_changed(change) {
        return Ok(None);
    }
    let is_stopped = there.attrs.instance_state == InstanceStateName::Stopped.as_str();
    if !is_stopped && is_wanted(change, there) {
        aws.ec2().stop_instances().instance_ids(&there.id).send().await.answer()?;
        return Ok(Some(Step::More));
    }
    if is_stopped {
        modify(aws, change, there).await?;
        aws.ec2().start_instances().instance_ids(&there.id).send().await.answer()?;
        return Ok(Some(Step::More));
    }
    Ok(None)
}

fn same_user_data(one: &InstanceArgs, other: &InstanceArgs) -> bool {
    one.user_data_content() == other.user_data_content()
}

fn is_changed(change: &Change<'_, Instance>) -> bool {
    change.of(|args| &args.instance_type)
        || change.of(|args| &args.cpu_options)
        || change.of(|args| &args.capacity_reservation_specification)
        || change.prior.is_some_and(|prior| !same_user_data(prior, change.planned))
}

fn is_wanted(change: &Change<'_, Instance>, there: &Object<Instance>) -> bool {
    change.wants(there, |args| &args.instance_type)
        || change.wants(there, |args| &args.cpu_options)
        || change.wants(there, |args| &args.capacity_reservation_specification)
        || change.wants_unless(there, same_user_data)
}

async fn modify(aws: &Aws, change: &Change<'_, Instance>, there: &Object<Instance>) -> CallResult<()> {
    let planned = change.planned;
    if change.wants(there, |args| &args.instance_type)
        && let Some(name) = planned.instance_type.get()
    {
        let value = AttributeValue::builder().value(name).build();
        aws.ec2().modify_instance_attribute().instance_id(&there.id).instance_type(value).send().await.answer()?;
    }
    if change.wants_unless(there, same_user_data) {
        let content = Blob::new(planned.user_data_content().unwrap_or_default());
        let value = SecureBlobAttributeValue::builder().value(content).build();
        aws.ec2().modify_instance_attribute().instance_id(&there.id).user_data(value).send().await.answer()?;
    }
    if change.wants(there, |args| &args.cpu_options)
        && let Some(options) = planned.cpu_options.get()
    {
        aws.ec2()
            .modify_instance_cpu_options()
            .instance_id(&there.id)
            .set_core_count(given(&options.core_count))
            .set_threads_per_core(given(&options.threads_per_core))
            .set_nested_virtualization(options.nested_virtualization.as_deref().map(Into::into))
            .send()
            .await
            .answer()?;
    }
    if change.wants(there, |args| &args.capacity_reservation_specification)
        && let Some(reservation) = planned.capacity_reservation_specification.get()
    {
        let request = aws.ec2().modify_instance_capacity_reservation_attributes().instance_id(&there.id);
        request.capacity_reservation_specification(reservation.request()).send().await.answer()?;
    }
    Ok(())
}
