//! Ids that EC2 gave out a moment ago and does not know everywhere yet.

use landfall_provider::{CallError, Within, within};

/// Returns for how long a call is repeated that names an object made a moment ago: `Invalid….NotFound` as answer to
/// CreateX, AssociateX, AttachX, ModifyX and the like, never to a read or a deletion.
pub fn not_visible_yet(error: &CallError) -> Option<Within> {
    let is_missing = error.code.starts_with("Invalid") && error.code.ends_with(".NotFound");
    let reads_or_removes = ["Describe", "Get", "Delete", "Detach", "Disassociate", "Release", "Revoke", "Terminate"];
    let uses_it = !reads_or_removes.iter().any(|verb| error.operation.starts_with(verb));
    (is_missing && uses_it).then(|| within("30s"))
}
