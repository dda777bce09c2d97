//! Updates of EKS: operations of their own, one at a time, that DescribeUpdate follows.

use aws_sdk_eks::operation::describe_update::builders::DescribeUpdateFluentBuilder;
use aws_sdk_eks::types::{ErrorDetail, Update, UpdateStatus};
use landfall_provider::{CallResult, Phase, Step};

use crate::error::{Answer, incomplete};

/// Returns the step of an update that EKS accepted; the handle is its id.
///
/// # Errors
/// When the answer has no id.
pub fn running(update: Option<Update>) -> CallResult<Step> {
    let id = update.and_then(|update| update.id);
    id.map(Step::Running).ok_or_else(|| incomplete("the update call", "update id"))
}

/// Tells how far an update is. `request` names the object; the handle is what [`running`] returned.
///
/// # Errors
/// What DescribeUpdate failed with.
pub async fn progress(request: DescribeUpdateFluentBuilder, handle: &str) -> CallResult<Phase> {
    let answer = request.update_id(handle).send().await.answer()?;
    Ok(answer.update.as_ref().map_or(Phase::Ready, phase))
}

fn phase(update: &Update) -> Phase {
    let kind = update.r#type.as_ref().map_or("update", |kind| kind.as_str());
    match &update.status {
        Some(UpdateStatus::Successful) => Phase::Ready,
        Some(status @ (UpdateStatus::Failed | UpdateStatus::Cancelled)) => {
            let reasons: Vec<String> = update.errors().iter().map(reason).collect();
            Phase::Failed(format!("{kind} {status}: {}", reasons.join("; ")))
        }
        Some(status) => Phase::Pending(format!("{kind} {status}")),
        None => Phase::Pending(kind.to_owned()),
    }
}

fn reason(error: &ErrorDetail) -> String {
    let code = error.error_code.as_ref().map_or("", |code| code.as_str());
    let message = error.error_message.as_deref().unwrap_or_default();
    match error.resource_ids() {
        [] => format!("{code}: {message}"),
        resources => format!("{code}: {message} ({})", resources.join(", ")),
    }
}
