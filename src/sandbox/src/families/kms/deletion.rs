//! Deletion of keys, which takes days and can be called off.

use super::{DAY, existing, existing_mut, invalid_state, lasting};
use crate::families::constraints::range;
use crate::families::{Event, Family, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write("ScheduleKeyDeletion", &["KeyId", "PendingWindowInDays"], schedule),
        write("CancelKeyDeletion", &["KeyId"], cancel),
    ],
    events: &[Event { name: "kms.key-deleted", happen: deleted }],
};

fn schedule(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let days = range(input, "PendingWindowInDays", 7, 30)?.unwrap_or(30);
    let id = lasting(scope, input, "KeyId")?.0.to_owned();
    let window = DAY * u32::try_from(days).unwrap_or(30);
    let date = scope.now + window;
    existing_mut(scope, input)?.deletion = Some(date);
    scope.later(window, "kms.key-deleted", &id);
    Ok(tree! {
        "KeyId": scope.kms_key_arn(&id),
        "DeletionDate": date,
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    })
}

/// The key is disabled afterwards.
fn cancel(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, key) = existing(scope, input, "KeyId")?;
    if key.deletion.is_none() {
        return Err(invalid_state(scope, id, "is not pending deletion."));
    }
    let id = id.to_owned();
    let key = existing_mut(scope, input)?;
    key.deletion = None;
    key.is_enabled = false;
    scope.world.agenda.cancel("kms.key-deleted", &id);
    Ok(tree! { "KeyId": scope.kms_key_arn(&id) })
}

/// Aliases go with their key.
fn deleted(scope: &mut Scope<'_>, id: &str) {
    let now = scope.now;
    let store = scope.kms_mut();
    if store.keys.get(id).and_then(|key| key.deletion).is_some_and(|date| date <= now) {
        store.keys.remove(id);
        store.aliases.retain(|_, alias| alias.target != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::kms::key::tests::key;
    use crate::testing::{Cloud, code};

    #[test]
    fn keys_go_after_their_window_and_can_do_nothing_until_then() {
        let cloud = Cloud::new();
        let named = tree! { "KeyId": key(&cloud) };
        let call = |operation: &str| cloud.call("kms", operation, named.clone());
        let early = cloud.call("kms", "ScheduleKeyDeletion", named.clone().with("PendingWindowInDays", 6));
        assert_eq!(code(early), "ValidationException");
        cloud
            .call("kms", "CreateAlias", tree! { "AliasName": "alias/a", "TargetKeyId": named.need("KeyId").unwrap() })
            .unwrap();
        cloud.call("kms", "ScheduleKeyDeletion", named.clone().with("PendingWindowInDays", 7)).unwrap();
        assert_eq!(call("DescribeKey").unwrap().need("KeyMetadata.KeyState"), Ok("PendingDeletion"));
        for operation in ["ScheduleKeyDeletion", "EnableKey", "EnableKeyRotation"] {
            assert_eq!(code(call(operation)), "KMSInvalidStateException", "{operation}");
        }
        cloud.wait(DAY * 7);
        assert_eq!(code(call("DescribeKey")), "NotFoundException");
        assert_eq!(cloud.call("kms", "ListKeys", tree! {}).unwrap().list_at("Keys").len(), 0);
    }

    #[test]
    fn a_cancelled_deletion_leaves_a_disabled_key() {
        let cloud = Cloud::new();
        let named = tree! { "KeyId": key(&cloud) };
        let call = |operation: &str| cloud.call("kms", operation, named.clone());
        assert_eq!(code(call("CancelKeyDeletion")), "KMSInvalidStateException");
        call("ScheduleKeyDeletion").unwrap();
        call("CancelKeyDeletion").unwrap();
        cloud.wait(DAY * 31);
        assert_eq!(call("DescribeKey").unwrap().need("KeyMetadata.KeyState"), Ok("Disabled"));
    }
}
