//! What is said of events, in Terraform's words.

use std::time::Duration;

use landfall_addr::ResourceInstance;
use landfall_engine::{EphemeralWork, Event, Work};
use landfall_provider::Progress;
use serde_json::{Value as Json, json};

use super::json::{Line, resource, seconds};

/// Returns a duration as people read it: `2m10s`.
pub(crate) fn took(elapsed: Duration) -> String {
    let total = elapsed.as_secs();
    match (total / 3600, total / 60 % 60, total % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

fn id_text(id: Option<&str>) -> String {
    id.map(|id| format!(" [id={id}]")).unwrap_or_default()
}

struct Words {
    action: &'static str,
    doing: &'static str,
    done: &'static str,
}

fn words(work: Work) -> Words {
    match work {
        Work::Create => Words { action: "create", doing: "Creating", done: "Creation" },
        Work::Read => Words { action: "read", doing: "Reading", done: "Read" },
        Work::Update => Words { action: "update", doing: "Modifying", done: "Modifications" },
        Work::Delete => Words { action: "delete", doing: "Destroying", done: "Destruction" },
        Work::Forget => Words { action: "remove", doing: "Removing from the state", done: "Removal from the state" },
    }
}

fn ephemeral_words(work: EphemeralWork) -> Words {
    match work {
        EphemeralWork::Open => Words { action: "open", doing: "Opening", done: "Opening" },
        EphemeralWork::Close => Words { action: "close", doing: "Closing", done: "Closing" },
    }
}

fn ephemeral_hook(address: &ResourceInstance, work: EphemeralWork, elapsed: Duration) -> Json {
    json!({
        "resource": resource(address),
        "action": ephemeral_words(work).action,
        "elapsed_seconds": seconds(elapsed),
    })
}

/// Returns what an operation is doing, in a few words.
pub(crate) fn short(work: Work) -> &'static str {
    words(work).doing
}

/// Returns what an operation waits for.
pub(super) fn reason(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Accepted { .. } => None,
        Progress::Waiting { reason } => Some(reason.clone()),
        Progress::Retrying { error, after } => Some(format!("trying again in {}: {error}", took(*after))),
    }
}

/// Returns a line for people; `None` for what is not worth one.
pub(super) fn human(event: &Event) -> Option<String> {
    Some(match event {
        Event::RefreshStarted { object, id } => format!("{object}: Refreshing state...{}", id_text(id.as_deref())),
        Event::RefreshCompleted { .. } | Event::ApplyProgress { .. } => return None,
        Event::Refreshed { objects, reads } => format!("Refreshed {objects} objects by {reads} reads."),
        Event::ReadStarted { address } => format!("{address}: Reading..."),
        Event::ReadCompleted { address, id, elapsed } => {
            format!("{address}: Read complete after {}{}", took(*elapsed), id_text(id.as_deref()))
        }
        Event::EphemeralStarted { address, work } => format!("{address}: {}...", ephemeral_words(*work).doing),
        Event::EphemeralCompleted { address, work, elapsed } => {
            format!("{address}: {} complete after {}", ephemeral_words(*work).done, took(*elapsed))
        }
        Event::EphemeralFailed { address, work, elapsed } => {
            format!("{address}: {} errored after {}", ephemeral_words(*work).done, took(*elapsed))
        }
        Event::ApplyStarted { object, work, id, .. } => {
            format!("{object}: {}...{}", words(*work).doing, id_text(id.as_deref()))
        }
        Event::ApplyCompleted { object, work, id, elapsed } => {
            let id = if *work == Work::Delete { String::new() } else { id_text(id.as_deref()) };
            format!("{object}: {} complete after {}{id}", words(*work).done, took(*elapsed))
        }
        Event::ApplyFailed { object, work, elapsed } => {
            format!("{object}: {} failed after {}", words(*work).done, took(*elapsed))
        }
        Event::ProvisionerStarted { address, provisioner } => {
            format!("{address}: Provisioning with '{provisioner}'...")
        }
        Event::ProvisionerOutput { address, provisioner, line } => format!("{address} ({provisioner}): {line}"),
        Event::ProvisionerCompleted { address, provisioner, failed: true } => {
            format!("{address} ({provisioner}): failed")
        }
        Event::ProvisionerCompleted { failed: false, .. } => return None,
        Event::Interrupted { running } => format!(
            "\nInterrupt received: no new operation is begun. Waiting for {running} running; interrupt again to stop \
             waiting.\n"
        ),
    })
}

/// Returns the line for an operation that goes on.
pub(super) fn still(object: &str, work: Work, elapsed: Duration, reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!(", {reason}")).unwrap_or_default();
    format!("{object}: Still {}... [{} elapsed{reason}]", words(work).doing.to_lowercase(), took(elapsed))
}

/// Returns an object of the JSON stream; `None` for what has none.
pub(super) fn json(event: &Event) -> Option<Line> {
    let id = |form: &mut Json, id: Option<&str>| {
        if let Some(id) = id {
            form["id_key"] = "id".into();
            form["id_value"] = id.into();
        }
    };
    let message = human(event);
    Some(match event {
        Event::RefreshStarted { object, id: value } | Event::RefreshCompleted { object, id: value } => {
            let mut hook = json!({ "resource": resource(&object.address) });
            id(&mut hook, value.as_deref());
            match message {
                Some(message) => Line::new("refresh_start", message).with("hook", hook),
                None => {
                    let message = format!("{object}: Refresh complete{}", id_text(value.as_deref()));
                    Line::new("refresh_complete", message).with("hook", hook)
                }
            }
        }
        Event::ReadStarted { address } => {
            let hook = json!({ "resource": resource(address), "action": "read" });
            Line::new("apply_start", message?).with("hook", hook)
        }
        Event::ReadCompleted { address, id: value, elapsed } => {
            let mut hook = json!({ "resource": resource(address), "action": "read" });
            id(&mut hook, value.as_deref());
            hook["elapsed_seconds"] = seconds(*elapsed).into();
            Line::new("apply_complete", message?).with("hook", hook)
        }
        Event::EphemeralStarted { address, work } => {
            let hook = json!({ "resource": resource(address), "action": ephemeral_words(*work).action });
            Line::new("ephemeral_op_start", message?).with("hook", hook)
        }
        Event::EphemeralCompleted { address, work, elapsed } => {
            Line::new("ephemeral_op_complete", message?).with("hook", ephemeral_hook(address, *work, *elapsed))
        }
        Event::EphemeralFailed { address, work, elapsed } => {
            Line::new("ephemeral_op_errored", message?).with("hook", ephemeral_hook(address, *work, *elapsed))
        }
        Event::ApplyStarted { object, work, id: value, .. } => {
            let mut hook = json!({ "resource": resource(&object.address), "action": words(*work).action });
            id(&mut hook, value.as_deref());
            Line::new("apply_start", message?).with("hook", hook)
        }
        Event::ApplyProgress { object, work, elapsed, progress } => {
            let message = still(&object.to_string(), *work, *elapsed, reason(progress).as_deref());
            progress_line(object, *work, *elapsed, message)
        }
        Event::ApplyCompleted { object, work, id: value, elapsed } => {
            let mut hook = json!({ "resource": resource(&object.address), "action": words(*work).action });
            id(&mut hook, value.as_deref());
            hook["elapsed_seconds"] = seconds(*elapsed).into();
            Line::new("apply_complete", message?).with("hook", hook)
        }
        Event::ApplyFailed { object, work, elapsed } => {
            let hook = json!({
                "resource": resource(&object.address),
                "action": words(*work).action,
                "elapsed_seconds": seconds(*elapsed),
            });
            Line::new("apply_errored", message?).with("hook", hook)
        }
        Event::ProvisionerStarted { address, provisioner } => {
            let hook = json!({ "resource": resource(address), "provisioner": **provisioner });
            Line::new("provision_start", message?).with("hook", hook)
        }
        Event::ProvisionerOutput { address, provisioner, line } => {
            let hook = json!({ "resource": resource(address), "provisioner": **provisioner, "output": line });
            Line::new("provision_progress", message?).with("hook", hook)
        }
        Event::ProvisionerCompleted { address, provisioner, failed } => {
            let hook = json!({ "resource": resource(address), "provisioner": **provisioner });
            let (kind, word) =
                if *failed { ("provision_errored", "failed") } else { ("provision_complete", "complete") };
            Line::new(kind, format!("{address}: ({provisioner}) Provisioning {word}")).with("hook", hook)
        }
        Event::Refreshed { .. } | Event::Interrupted { .. } => Line::new("log", message?.trim()),
    })
}

/// Returns the object for an operation that goes on.
pub(super) fn progress_line(object: &landfall_state::ObjectId, work: Work, elapsed: Duration, message: String) -> Line {
    let hook = json!({
        "resource": resource(&object.address),
        "action": words(work).action,
        "elapsed_seconds": seconds(elapsed),
    });
    Line::new("apply_progress", message).with("hook", hook)
}

#[cfg(test)]
mod tests {
    use super::*;
    use landfall_state::ObjectId;

    #[test]
    fn durations_are_short() {
        let text: Vec<String> = [0, 59, 60, 3725].map(|seconds| took(Duration::from_secs(seconds))).into();
        assert_eq!(text, ["0s", "59s", "1m0s", "1h2m5s"]);
    }

    #[test]
    fn events_read_as_terraform_says_them() {
        let object = ObjectId::current("module.a.aws_vpc.b[0]".parse().unwrap());
        let started = Event::ApplyStarted {
            object: object.clone(),
            work: Work::Update,
            id: Some("vpc-1".into()),
            usual: Duration::ZERO,
        };
        assert_eq!(human(&started).unwrap(), "module.a.aws_vpc.b[0]: Modifying... [id=vpc-1]");
        let ended = Event::ApplyCompleted {
            object,
            work: Work::Delete,
            id: Some("vpc-1".into()),
            elapsed: Duration::from_secs(61),
        };
        assert_eq!(human(&ended).unwrap(), "module.a.aws_vpc.b[0]: Destruction complete after 1m1s");
        let line: Json = serde_json::from_str(&json(&ended).unwrap().to_text()).unwrap();
        assert_eq!(line["type"], "apply_complete");
        assert_eq!(line["hook"]["resource"]["resource_key"], 0);
        assert_eq!(line["hook"]["elapsed_seconds"], 61);
    }
}
