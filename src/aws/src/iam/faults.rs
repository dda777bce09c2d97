//! Errors that IAM is known to answer with. It is eventually consistent: what was made a moment ago is not seen everywhere.

use landfall_provider::{CallError, Within, within};

use crate::error::{Fault, fault, is_one_of};

/// There is no such thing.
pub const GONE: &[Fault] = &[fault("NoSuchEntity")];

/// Another call changes the same thing, or what was detached a moment ago still counts.
const SETTLING: &[Fault] = &[
    fault("ConcurrentModification"),
    fault("DeleteConflict"),
    // A role or user that a policy names was made a moment ago.
    fault("MalformedPolicyDocument").saying("Invalid principal in policy"),
];

/// Returns for how long a call of any type is repeated.
pub fn settles_soon(error: &CallError) -> Option<Within> {
    is_one_of(error, SETTLING).then(|| within("2m"))
}

/// Returns for how long a call of this operation is repeated that names a role or policy made a moment ago. Policies of
/// AWS are always there: one that is not found is misspelt.
pub fn not_visible_yet(error: &CallError, operation: &str) -> Option<Within> {
    let is_missing = error.is(operation, "NoSuchEntity", "") && !error.message.contains(":iam::aws:policy/");
    is_missing.then(|| within("30s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_visible_yet_is_asked_for_again() {
        let error = |message: &str| CallError {
            operation: "AttachRolePolicy".to_owned(),
            ..CallError::local("NoSuchEntity", message)
        };
        let role = error("The role with name a cannot be found.");
        assert_eq!(not_visible_yet(&role, "AttachRolePolicy"), Some(within("30s")));
        assert_eq!(not_visible_yet(&role, "DetachRolePolicy"), None);
        let misspelt = error("Policy arn:aws:iam::aws:policy/Nothing does not exist or is not attachable.");
        assert_eq!(not_visible_yet(&misspelt, "AttachRolePolicy"), None);
    }
}
