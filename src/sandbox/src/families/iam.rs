//! IAM: roles, policies, instance profiles, OIDC providers. It is one for all regions of an account.

mod access_key;
mod attachment;
mod document;
mod inline;
mod instance_profile;
mod managed;
mod names;
mod oidc;
mod permits;
mod policy;
mod principal;
mod role;
mod service_linked;
mod tags;
mod user;
mod user_policy;
mod version;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use document::{statements, texts};
pub use instance_profile::InstanceProfile;
pub use oidc::Provider;
pub(crate) use permits::permits;
pub use policy::Policy;
pub use principal::allows_service;
pub(crate) use principal::{fits, invalid_principal, is_allowed, lets_in};
pub use role::{Role, Trust};
pub use service_linked::ensure as ensure_service_linked_role;
pub use tags::Tags;

use super::Family;
use super::constraints::range;
use super::page::{Paging, page};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[
    &access_key::FAMILY,
    &attachment::FAMILY,
    &inline::FAMILY,
    &instance_profile::FAMILY,
    &oidc::FAMILY,
    &policy::FAMILY,
    &role::FAMILY,
    &service_linked::FAMILY,
    &tags::INSTANCE_PROFILES,
    &tags::POLICIES,
    &tags::PROVIDERS,
    &tags::ROLES,
    &tags::USERS,
    &user::FAMILY,
    &user_policy::FAMILY,
    &version::FAMILY,
];

/// How long it takes until the other services know of something new.
const REACHES_SERVICES: Duration = Duration::from_secs(6);

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// The account's own policies by ARN.
    pub policies: BTreeMap<String, Policy>,
    /// Instance profiles by name.
    pub instance_profiles: BTreeMap<String, InstanceProfile>,
    /// OIDC providers by ARN.
    pub providers: BTreeMap<String, Provider>,
    /// Users by name.
    pub users: BTreeMap<String, user::User>,
    /// When service-linked roles were asked to go, by task.
    pub deletions: BTreeMap<String, service_linked::Deletion>,
}

impl Scope<'_> {
    /// Returns a role of the account by ARN, with its name, as the other services see it: some seconds after its
    /// creation, and only by its full ARN, path included.
    pub fn role_by_arn(&self, arn: &str) -> Option<(&str, &Role)> {
        let name = arn.rsplit('/').next()?;
        let (name, role) = self.iam().roles.get_key_value(name)?;
        let is_it = role.arn(self, name) == arn && self.has_reached_services(role.created);
        is_it.then_some((name.as_str(), role))
    }

    /// Returns an instance profile of the account by name or ARN, with its name, as the other services see it.
    pub fn instance_profile(&self, name_or_arn: &str) -> Option<(&str, &InstanceProfile)> {
        let name = name_or_arn.rsplit('/').next()?;
        let (name, profile) = self.iam().instance_profiles.get_key_value(name)?;
        let is_it = !name_or_arn.starts_with("arn:") || profile.arn(self, name) == name_or_arn;
        (is_it && self.has_reached_services(profile.created)).then_some((name.as_str(), profile))
    }

    fn has_reached_services(&self, created: Timestamp) -> bool {
        self.now.since(created) >= REACHES_SERVICES
    }
}

const PAGING: Paging = Paging {
    size: "MaxItems",
    token: "Marker",
    least: 1,
    most: 1000,
    usual: 100,
    bad_token: |token| Fault::new("ValidationError", format!("Invalid Marker: {token}")),
};

/// Returns a page of a list in IAM's form.
fn listed(input: &Tree, name: &str, items: impl IntoIterator<Item = Tree>) -> Result<Tree, Fault> {
    range(input, PAGING.size, PAGING.least, PAGING.most)?;
    let page = page(&PAGING, input, items)?;
    Ok(tree! { "IsTruncated": page.next.is_some(), "Marker": page.next }.with(name, page.items))
}

fn no_such_entity(message: impl Into<String>) -> Fault {
    Fault::with_status(404, "NoSuchEntity", message)
}

fn already_exists(message: impl Into<String>) -> Fault {
    Fault::with_status(409, "EntityAlreadyExists", message)
}

fn delete_conflict(message: impl Into<String>) -> Fault {
    Fault::with_status(409, "DeleteConflict", message)
}

fn limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::with_status(409, "LimitExceeded", message)
}

fn over_quota(quota: &str, most: usize) -> Fault {
    limit_exceeded(format!("Cannot exceed quota for {quota}: {most}"))
}

fn invalid_input(message: impl Into<String>) -> Fault {
    Fault::new("InvalidInput", message)
}
