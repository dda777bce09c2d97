//! CancelSpotFleetRequests, and the end of a fleet.

use std::time::Duration;

use super::{FORGOTTEN, SOON, State, fill, history, wake};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// How many fleets a request may name.
const MOST: usize = 100;
/// How long a fleet is listed after its end.
const REMEMBERED: Duration = Duration::from_secs(48 * 3600);

pub fn cancel(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = input.texts("SpotFleetRequestId");
    let terminates = input.bool("TerminateInstances")?.ok_or_else(|| Fault::missing("TerminateInstances"))?;
    if ids.is_empty() {
        return Err(Fault::missing("SpotFleetRequestId"));
    }
    if ids.len() > MOST {
        let message = format!("You can cancel at most {MOST} spot fleet requests at once.");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for id in ids {
        let (code, message) = match scope.ec2().spot_fleets.get(id).map(|fleet| fleet.state) {
            Some(prior) if prior.is_open() => {
                let current = end(scope, id, terminates);
                done.push(tree! {
                    "spotFleetRequestId": id,
                    "currentSpotFleetRequestState": current.name(),
                    "previousSpotFleetRequestState": prior.name(),
                });
                continue;
            }
            Some(_) => ("fleetRequestNotInCancellableState", format!("The fleet {id} has been cancelled.")),
            None if is_formed(id) => {
                ("fleetRequestIdDoesNotExist", format!("The spot fleet request ID '{id}' does not exist."))
            }
            None => ("fleetRequestIdMalformed", format!("The spot fleet request ID '{id}' is malformed.")),
        };
        let error = tree! { "code": code, "message": message };
        refused.push(tree! { "spotFleetRequestId": id, "error": error });
    }
    Ok(tree! { "successfulFleetRequestSet": done, "unsuccessfulFleetRequestSet": refused })
}

fn is_formed(id: &str) -> bool {
    id.strip_prefix("sfr-")
        .is_some_and(|uuid| uuid.len() == 36 && uuid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
}

/// Ends a fleet; its instances go along or not. Returns its state then.
pub fn end(scope: &mut Scope<'_>, id: &str, terminates: bool) -> State {
    let state = if terminates { State::CancelledTerminating } else { State::CancelledRunning };
    if let Some(fleet) = scope.ec2_mut().spot_fleets.get_mut(id) {
        fleet.state = state;
    }
    history::fleet_changed(scope, id, state.name(), "");
    if terminates {
        fill::terminate_all(scope, id);
    }
    wake(scope, id, SOON);
    state
}

/// Nothing of a fleet is left.
pub fn over(scope: &mut Scope<'_>, id: &str) {
    if let Some(fleet) = scope.ec2_mut().spot_fleets.get_mut(id) {
        fleet.state = State::Cancelled;
    }
    history::fleet_changed(scope, id, "cancelled", "");
    scope.later(REMEMBERED, FORGOTTEN, id);
}

pub fn forgotten(scope: &mut Scope<'_>, id: &str) {
    let store = scope.ec2_mut();
    store.spot_fleets.remove(id);
    store.tags.remove(id);
}
