//! Rotation of key material.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{DAY, Key, disabled, existing, existing_mut, lasting, listed};
use crate::families::constraints::range;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write("EnableKeyRotation", &["KeyId", "RotationPeriodInDays"], enable),
        write("DisableKeyRotation", &["KeyId"], disable),
        read("GetKeyRotationStatus", &["KeyId"], status),
        write("RotateKeyOnDemand", &["KeyId"], rotate),
        read("ListKeyRotations", &["KeyId", "Limit", "Marker"], list),
    ],
    events: &[],
};

const USUAL_DAYS: i64 = 365;
/// How often a key can be rotated on demand.
const MOST_ON_DEMAND: usize = 25;

/// How the material of a key changes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rotation {
    /// Since when it changes by itself, and how often, in days.
    pub automatic: Option<(Timestamp, i64)>,
    /// When it was changed by hand.
    pub on_demand: Vec<Timestamp>,
}

/// Checks that a key's material can change.
fn check_supported(key: &Key) -> Result<(), Fault> {
    if key.is_symmetric() {
        return Ok(());
    }
    Err(Fault::new("UnsupportedOperationException", "Rotation is supported only for symmetric encryption KMS keys."))
}

fn check_changeable(scope: &Scope<'_>, input: &Tree) -> Result<(), Fault> {
    let (id, key) = lasting(scope, input, "KeyId")?;
    check_supported(key)?;
    if key.is_enabled {
        return Ok(());
    }
    Err(disabled(scope, id))
}

fn enable(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let days = range(input, "RotationPeriodInDays", 90, 2560)?;
    check_changeable(scope, input)?;
    let now = scope.now;
    let rotation = &mut existing_mut(scope, input)?.rotation;
    rotation.automatic = match (rotation.automatic, days) {
        (Some(same), None) => Some(same),
        (_, days) => Some((now, days.unwrap_or(USUAL_DAYS))),
    };
    Ok(Tree::object())
}

fn disable(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    check_changeable(scope, input)?;
    existing_mut(scope, input)?.rotation.automatic = None;
    Ok(Tree::object())
}

fn days(count: i64) -> Duration {
    DAY * u32::try_from(count).unwrap_or(u32::MAX)
}

/// A key that is about to be deleted does not change.
fn status(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, key) = existing(scope, input, "KeyId")?;
    if !key.is_symmetric() {
        return Ok(tree! { "KeyId": id, "KeyRotationEnabled": false });
    }
    let automatic = key.rotation.automatic.filter(|_| key.deletion.is_none());
    let next = automatic.map(|(since, period)| {
        let period = days(period);
        let passed = scope.now.since(since).as_secs() / period.as_secs().max(1);
        since + period * u32::try_from(passed + 1).unwrap_or(u32::MAX)
    });
    Ok(tree! {
        "KeyId": id,
        "KeyRotationEnabled": automatic.is_some(),
        "RotationPeriodInDays": automatic.map(|(_, period)| period),
        "NextRotationDate": next,
    })
}

fn rotate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    check_changeable(scope, input)?;
    let now = scope.now;
    let key = existing_mut(scope, input)?;
    if key.rotation.on_demand.len() >= MOST_ON_DEMAND {
        return Err(Fault::new("LimitExceededException", "The limit of on-demand rotations has been reached."));
    }
    key.rotation.on_demand.push(now);
    Ok(tree! { "KeyId": existing(scope, input, "KeyId")?.0 })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, key) = existing(scope, input, "KeyId")?;
    check_supported(key)?;
    let mut rotations: Vec<(Timestamp, &str)> = key.rotation.on_demand.iter().map(|at| (*at, "ON_DEMAND")).collect();
    if let Some((since, period)) = key.rotation.automatic {
        let mut at = since + days(period);
        while at <= scope.now {
            rotations.push((at, "AUTOMATIC"));
            at = at + days(period);
        }
    }
    rotations.sort();
    let rows = rotations.into_iter().map(|(at, kind)| tree! { "KeyId": id, "RotationDate": at, "RotationType": kind });
    listed(input, 100, "Rotations", rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::kms::key::tests::key;
    use crate::testing::{Cloud, code};

    #[test]
    fn rotation_has_a_period_and_happens() {
        let cloud = Cloud::new();
        let named = tree! { "KeyId": key(&cloud) };
        let call = |operation: &str| cloud.call("kms", operation, named.clone());
        assert_eq!(call("GetKeyRotationStatus").unwrap().bool("KeyRotationEnabled"), Ok(Some(false)));
        cloud.call("kms", "EnableKeyRotation", named.clone().with("RotationPeriodInDays", 90)).unwrap();
        let status = call("GetKeyRotationStatus").unwrap();
        assert_eq!(
            (status.bool("KeyRotationEnabled"), status.int("RotationPeriodInDays")),
            (Ok(Some(true)), Ok(Some(90)))
        );
        call("RotateKeyOnDemand").unwrap();
        cloud.wait(DAY * 200);
        assert_eq!(call("ListKeyRotations").unwrap().list_at("Rotations").len(), 3);
        call("DisableKey").unwrap();
        assert_eq!(code(call("DisableKeyRotation")), "DisabledException");
    }

    #[test]
    fn only_symmetric_keys_rotate() {
        let cloud = Cloud::new();
        let made = cloud.call("kms", "CreateKey", tree! { "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" });
        let named = tree! { "KeyId": made.unwrap().need("KeyMetadata.KeyId").unwrap() };
        assert_eq!(code(cloud.call("kms", "EnableKeyRotation", named)), "UnsupportedOperationException");
    }
}
