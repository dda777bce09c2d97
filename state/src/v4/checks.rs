//! Outcomes of conditions to and from their JSON form.

use super::wire;
use crate::{CheckKind, CheckObject, CheckResult, CheckStatus, StateError};

pub(super) fn from_wire(result: wire::CheckResult) -> Result<CheckResult, StateError> {
    let objects = result.objects.unwrap_or_default().into_iter().map(object_from_wire);
    Ok(CheckResult {
        kind: kind(&result.object_kind)?,
        status: status(&result.status)?,
        config_address: result.config_addr,
        objects: objects.collect::<Result<_, _>>()?,
    })
}

fn object_from_wire(object: wire::CheckObject) -> Result<CheckObject, StateError> {
    Ok(CheckObject {
        address: object.object_addr,
        status: status(&object.status)?,
        failure_messages: object.failure_messages,
    })
}

pub(super) fn to_wire(result: &CheckResult) -> wire::CheckResult {
    let objects = result.objects.iter().map(|object| wire::CheckObject {
        object_addr: object.address.clone(),
        status: status_name(object.status).to_owned(),
        failure_messages: object.failure_messages.clone(),
    });
    wire::CheckResult {
        object_kind: kind_name(result.kind).to_owned(),
        config_addr: result.config_address.clone(),
        status: status_name(result.status).to_owned(),
        objects: (!result.objects.is_empty()).then(|| objects.collect()),
    }
}

fn kind(name: &str) -> Result<CheckKind, StateError> {
    [CheckKind::Resource, CheckKind::Output, CheckKind::Check, CheckKind::Variable]
        .into_iter()
        .find(|kind| kind_name(*kind) == name)
        .ok_or_else(|| StateError::invalid("check_results", format!("object kind `{name}` is not known")))
}

fn kind_name(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Resource => "resource",
        CheckKind::Output => "output",
        CheckKind::Check => "check",
        CheckKind::Variable => "var",
    }
}

fn status(name: &str) -> Result<CheckStatus, StateError> {
    [CheckStatus::Pass, CheckStatus::Fail, CheckStatus::Error, CheckStatus::Unknown]
        .into_iter()
        .find(|status| status_name(*status) == name)
        .ok_or_else(|| StateError::invalid("check_results", format!("status `{name}` is not known")))
}

fn status_name(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Fail => "fail",
        CheckStatus::Error => "error",
        CheckStatus::Unknown => "unknown",
    }
}
