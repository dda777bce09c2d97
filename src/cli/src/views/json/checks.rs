//! Outcomes of conditions.

use std::sync::Arc;

use landfall_addr::{InstanceKey, ResourceInstance};
use landfall_state::{CheckKind, CheckObject, CheckResult, CheckStatus};
use serde::Serialize;

use super::change::{KeyJson, mode};

/// An entry of `checks`.
#[derive(Serialize)]
pub(super) struct CheckJson<'a> {
    address: BlockAddress<'a>,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    instances: Vec<InstanceJson<'a>>,
}

#[derive(Serialize)]
struct BlockAddress<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    module: &'a str,
    name: &'a str,
    to_display: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<Arc<str>>,
}

#[derive(Serialize)]
struct InstanceJson<'a> {
    address: InstanceAddress<'a>,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct InstanceAddress<'a> {
    #[serde(skip_serializing_if = "KeyJson::is_none")]
    instance_key: KeyJson,
    #[serde(skip_serializing_if = "String::is_empty")]
    module: String,
    to_display: &'a str,
}

#[derive(Serialize)]
struct Problem<'a> {
    message: &'a str,
}

/// Returns the entries in order of address.
pub(super) fn checks(results: &[CheckResult]) -> Vec<CheckJson<'_>> {
    let mut sorted: Vec<&CheckResult> = results.iter().collect();
    sorted.sort_by(|a, b| a.config_address.cmp(&b.config_address));
    sorted.into_iter().map(check).collect()
}

fn check(result: &CheckResult) -> CheckJson<'_> {
    let (module, block) = split_module(&result.config_address);
    let resource = match result.kind {
        CheckKind::Resource => result.config_address.parse::<ResourceInstance>().ok().map(|address| address.resource),
        CheckKind::Output | CheckKind::Check | CheckKind::Variable => None,
    };
    CheckJson {
        address: BlockAddress {
            kind: match result.kind {
                CheckKind::Resource => "resource",
                CheckKind::Output => "output_value",
                CheckKind::Check => "check",
                CheckKind::Variable => "var",
            },
            mode: resource.as_ref().map(|resource| mode(resource.mode)),
            module,
            name: block.rsplit_once('.').map_or(block, |(_, name)| name),
            to_display: &result.config_address,
            r#type: resource.map(|resource| resource.r#type),
        },
        status: status(result.status),
        instances: result.objects.iter().map(|object| instance(result.kind, object, block)).collect(),
    }
}

fn instance<'a>(kind: CheckKind, object: &'a CheckObject, block: &str) -> InstanceJson<'a> {
    let (module, key) = match (kind, object.address.parse::<ResourceInstance>()) {
        (CheckKind::Resource, Ok(address)) => (address.module.to_string(), address.key),
        (_, _) => {
            let module = object.address.strip_suffix(block).unwrap_or_default();
            (module.trim_end_matches('.').to_owned(), InstanceKey::None)
        }
    };
    InstanceJson {
        address: InstanceAddress { instance_key: KeyJson(key), module, to_display: &object.address },
        status: status(object.status),
        problems: object.failure_messages.iter().map(|message| Problem { message }).collect(),
    }
}

/// Splits an address without keys into the module and the rest.
fn split_module(address: &str) -> (&str, &str) {
    let mut start = 0;
    while let Some(rest) = address[start..].strip_prefix("module.") {
        let Some(dot) = rest.find('.') else { break };
        start = address.len() - rest.len() + dot + 1;
    }
    (address[..start].trim_end_matches('.'), &address[start..])
}

fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Fail => "fail",
        CheckStatus::Error => "error",
        CheckStatus::Unknown => "unknown",
    }
}
