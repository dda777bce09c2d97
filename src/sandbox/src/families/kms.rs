//! KMS: keys, what is done with them, and aliases.

mod alias;
mod crypto;
mod deletion;
mod grant;
mod key;
mod policy;
mod rotation;
mod spec;
mod state;
mod tags;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use alias::Alias;
pub use grant::Grant;
pub use key::{Key, arn_of_service};

use super::Family;
use super::constraints::{length, range};
use super::page::{Paging, page};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[
    &alias::FAMILY,
    &crypto::FAMILY,
    &deletion::FAMILY,
    &grant::FAMILY,
    &key::FAMILY,
    &policy::FAMILY,
    &rotation::FAMILY,
    &state::FAMILY,
    &tags::FAMILY,
];

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Keys by id.
    pub keys: BTreeMap<String, Key>,
    /// Aliases by name, `alias/` included.
    pub aliases: BTreeMap<String, Alias>,
}

impl Scope<'_> {
    /// Returns a key and its id, by id, ARN, alias or ARN of an alias.
    ///
    /// # Errors
    /// As KMS refuses what is not there.
    pub fn kms_key(&self, name: &str) -> Result<(&str, &Key), Fault> {
        let resource = resource_of(self, name)?;
        let (id, shown) = match resource.strip_prefix("alias/") {
            Some(_) => {
                let arn = self.arn("kms", resource);
                let alias = self.kms().aliases.get(resource);
                (alias.ok_or_else(|| not_found(format!("Alias {arn} is not found.")))?.target.as_str(), arn)
            }
            None => (resource, self.kms_key_arn(resource)),
        };
        let found = self.kms().keys.get_key_value(id).map(|(id, key)| (id.as_str(), key));
        found.ok_or_else(|| not_found(format!("Key '{shown}' does not exist")))
    }

    /// Returns the ARN of a key, by its id.
    pub fn kms_key_arn(&self, id: &str) -> String {
        self.arn("kms", &format!("key/{id}"))
    }
}

/// Returns what follows `key/` in an ARN, an alias with its `alias/`, or the id as it came.
fn resource_of<'a>(scope: &Scope<'_>, name: &'a str) -> Result<&'a str, Fault> {
    let resource = if name.starts_with("arn:") {
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        match parts[..] {
            [_, _, "kms", region, _, resource] if region == scope.region => {
                resource.strip_prefix("key/").unwrap_or(resource)
            }
            [_, _, "kms", region, _, _] => return Err(not_found(format!("Invalid arn {region}"))),
            _ => return Err(Fault::new("InvalidArnException", format!("Invalid arn {name}"))),
        }
    } else {
        name
    };
    let is_id = resource.starts_with("mrk-") || (resource.len() == 36 && resource.matches('-').count() == 4);
    if is_id || resource.starts_with("alias/") {
        Ok(resource)
    } else {
        Err(not_found(format!("Invalid keyId '{resource}'")))
    }
}

/// Returns the key that an input names by id or ARN. Only a few operations take aliases.
fn existing<'a>(scope: &'a Scope<'_>, input: &'a Tree, member: &str) -> Result<(&'a str, &'a Key), Fault> {
    let name = length(1, 2048).need(input, member)?;
    if resource_of(scope, name)?.starts_with("alias/") {
        return Err(not_found(format!("Invalid keyId '{name}'")));
    }
    scope.kms_key(name)
}

/// Returns the key that an input names by id or ARN, to change it.
fn existing_mut<'a>(scope: &'a mut Scope<'_>, input: &Tree) -> Result<&'a mut Key, Fault> {
    let id = existing(scope, input, "KeyId")?.0.to_owned();
    scope.kms_mut().keys.get_mut(&id).ok_or_else(|| not_found(format!("Key '{id}' does not exist")))
}

/// Returns the key that an input names by id or ARN, where it is not about to be deleted, with its id.
fn lasting<'a>(scope: &'a Scope<'_>, input: &'a Tree, member: &str) -> Result<(&'a str, &'a Key), Fault> {
    let (id, key) = existing(scope, input, member)?;
    if key.deletion.is_some() {
        return Err(invalid_state(scope, id, "is pending deletion."));
    }
    Ok((id, key))
}

fn not_found(message: impl Into<String>) -> Fault {
    Fault::new("NotFoundException", message)
}

fn invalid_state(scope: &Scope<'_>, id: &str, how: &str) -> Fault {
    Fault::new("KMSInvalidStateException", format!("{} {how}", scope.kms_key_arn(id)))
}

fn disabled(scope: &Scope<'_>, id: &str) -> Fault {
    Fault::new("DisabledException", format!("{} is disabled.", scope.kms_key_arn(id)))
}

/// How lists are paged; some are shorter where no size is asked for.
const fn paging(usual: i64) -> Paging {
    Paging {
        size: "Limit",
        token: "Marker",
        least: 1,
        most: 1000,
        usual,
        bad_token: |token| Fault::new("InvalidMarkerException", format!("Could not deserialize marker '{token}'")),
    }
}

/// Returns a page of a list in KMS's form.
fn listed(input: &Tree, usual: i64, name: &str, items: impl IntoIterator<Item = Tree>) -> Result<Tree, Fault> {
    let paging = paging(usual);
    range(input, paging.size, paging.least, paging.most)?;
    let page = page(&paging, input, items)?;
    Ok(tree! { "Truncated": page.next.is_some(), "NextMarker": page.next }.with(name, page.items))
}
