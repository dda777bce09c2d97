//! The kinds of EC2's objects: what an id's prefix tells, and how each kind says that an object is not there.

use super::Store;
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// A kind of object.
pub struct Kind {
    /// Prefix of the ids, such as `vpc`.
    pub prefix: &'static str,
    /// Type as tags name it.
    pub resource_type: &'static str,
    /// Error code for an object that is not there.
    pub not_found: &'static str,
    /// The object in that error's message, such as `vpc ID`.
    pub noun: &'static str,
    /// Returns whether an object is there.
    pub exists: fn(&Store, &str) -> bool,
}

const fn kind(
    prefix: &'static str,
    resource_type: &'static str,
    not_found: &'static str,
    noun: &'static str,
    exists: fn(&Store, &str) -> bool,
) -> Kind {
    Kind { prefix, resource_type, not_found, noun, exists }
}

/// All kinds that can be tagged.
pub const KINDS: &[Kind] = &[
    kind("key", "key-pair", "InvalidKeyPair.NotFound", "key pair ID", |store, id| store.key_pairs.contains_key(id)),
    kind("subnet", "subnet", "InvalidSubnetID.NotFound", "subnet ID", |store, id| store.subnets.contains_key(id)),
    kind("vpc", "vpc", "InvalidVpcID.NotFound", "vpc ID", |store, id| store.vpcs.contains_key(id)),
];

/// Returns the kind of an id.
pub fn of_id(id: &str) -> Option<&'static Kind> {
    let (prefix, _) = id.rsplit_once('-')?;
    KINDS.iter().find(|kind| kind.prefix == prefix)
}

impl Kind {
    /// Returns the error for an object of this kind that is not there.
    pub fn missing(&self, id: &str) -> Fault {
        Fault::new(self.not_found, format!("The {} '{id}' does not exist", self.noun))
    }
}

/// Returns the error for an object that is not there, by its id's kind.
///
/// # Errors
/// Always.
pub fn missing(id: &str) -> Fault {
    match of_id(id) {
        Some(kind) => kind.missing(id),
        None => Fault::new("InvalidID", format!("The ID '{id}' is not valid")),
    }
}

/// Returns the ids that a list names, all of them there; nothing where it names none.
///
/// # Errors
/// When one is not there, is of another kind, or pages are asked for as well.
pub fn named<'a>(store: &Store, input: &'a Tree, member: &str, prefix: &str) -> Result<Option<Vec<&'a str>>, Fault> {
    let ids = input.texts(member);
    if ids.is_empty() {
        return Ok(None);
    }
    if input.has("MaxResults") {
        let message = format!("The parameter {member} cannot be used with the parameter maxResults");
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    for id in &ids {
        check(store, id, prefix)?;
    }
    Ok(Some(ids))
}

/// Checks that an id is of a kind and its object there.
///
/// # Errors
/// When it is not.
pub fn check(store: &Store, id: &str, prefix: &str) -> Result<(), Fault> {
    let kind = KINDS.iter().find(|kind| kind.prefix == prefix).expect("families name kinds of the table");
    let number = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    if number.is_none_or(|number| number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        let code = kind.not_found.replace(".NotFound", ".Malformed");
        return Err(Fault::new(&code, format!("Invalid id: \"{id}\" (expecting \"{prefix}-...\")")));
    }
    if (kind.exists)(store, id) { Ok(()) } else { Err(kind.missing(id)) }
}
