//! What has happened to a fleet.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::families::ec2::PAGING;
use crate::families::page::{Paging, page};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

/// How long records are kept.
const KEPT: Duration = Duration::from_secs(48 * 3600);
/// How many of them.
const MOST: usize = 1000;

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When it happened.
    pub at: Timestamp,
    /// `instanceChange`, `fleetRequestChange`, `error` or `information`.
    pub kind: String,
    /// What it was, such as `launched`.
    pub sub_type: String,
    /// In words.
    pub description: String,
    /// The instance.
    pub instance_id: Option<String>,
}

fn add(scope: &mut Scope<'_>, fleet: &str, kind: &str, sub_type: &str, description: &str, instance: Option<&str>) {
    let now = scope.now;
    let Some(fleet) = scope.ec2_mut().spot_fleets.get_mut(fleet) else { return };
    fleet.history.retain(|record| now.since(record.at) < KEPT);
    if fleet.history.len() >= MOST {
        fleet.history.remove(0);
    }
    fleet.history.push(Record {
        at: now,
        kind: kind.to_owned(),
        sub_type: sub_type.to_owned(),
        description: description.to_owned(),
        instance_id: instance.map(str::to_owned),
    });
}

/// The request has changed.
pub fn fleet_changed(scope: &mut Scope<'_>, fleet: &str, sub_type: &str, description: &str) {
    add(scope, fleet, "fleetRequestChange", sub_type, description, None);
}

/// An instance has come or gone.
pub fn instance_changed(scope: &mut Scope<'_>, fleet: &str, sub_type: &str, description: &str, instance: &str) {
    add(scope, fleet, "instanceChange", sub_type, description, Some(instance));
}

/// Something is wrong with the request.
pub fn error(scope: &mut Scope<'_>, fleet: &str, sub_type: &str, description: &str) {
    add(scope, fleet, "error", sub_type, description, None);
}

/// Something did not work out.
pub fn information(scope: &mut Scope<'_>, fleet: &str, sub_type: &str, description: &str) {
    add(scope, fleet, "information", sub_type, description, None);
}

pub fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("SpotFleetRequestId")?;
    let fleet = scope.ec2().spot_fleet(id)?;
    let start = input.time("StartTime")?.ok_or_else(|| Fault::missing("StartTime"))?;
    let kind = input.text("EventType")?;
    let wanted = fleet.history.iter().filter(|record| {
        record.at >= start && kind.is_none_or(|kind| kind == record.kind) && scope.now.since(record.at) < KEPT
    });
    let paging = Paging { least: 1, ..PAGING };
    let page = page(&paging, input, wanted)?;
    let set = page.items.into_iter().map(|record| {
        let information = tree! {
            "eventDescription": (!record.description.is_empty()).then_some(&record.description),
            "eventSubType": &record.sub_type,
            "instanceId": record.instance_id.as_ref(),
        };
        tree! { "eventInformation": information, "eventType": &record.kind, "timestamp": record.at }
    });
    Ok(tree! {
        "spotFleetRequestId": id,
        "startTime": start,
        "historyRecordSet": Tree::list(set),
        "lastEvaluatedTime": page.next.is_none().then_some(scope.now),
        "nextToken": page.next,
    })
}
