//! Users, as far as policies name them, and what an account tells about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::access_key::AccessKey;
use super::tags::{self, Tags};
use super::{Store, already_exists, delete_conflict, listed, names, no_such_entity};
use crate::families::{Family, read, sts, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("CreateUser", &["UserName", "Path", "Tags"], create),
        read("GetUser", &["UserName"], get),
        read("ListUsers", &["PathPrefix", "Marker", "MaxItems"], list),
        write("DeleteUser", &["UserName"], delete),
        read("GetAccountPasswordPolicy", &[], |scope, _| {
            let message = format!("The Password Policy with domain name {} cannot be found.", scope.account);
            Err(no_such_entity(message))
        }),
        read("GetAccountSummary", &[], summary),
        read("ListAccountAliases", &["Marker", "MaxItems"], |_, input| listed(input, "AccountAliases", [])),
        read("ListGroups", &["PathPrefix", "Marker", "MaxItems"], |_, input| listed(input, "Groups", [])),
        read("ListSAMLProviders", &[], |_, _| Ok(tree! { "SAMLProviderList": Tree::List(vec![]) })),
        read("ListServerCertificates", &["PathPrefix", "Marker", "MaxItems"], |_, input| {
            listed(input, "ServerCertificateMetadataList", [])
        }),
    ],
    events: &[],
};

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Unique id, `AIDA…`.
    pub id: String,
    /// Its path.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its tags.
    pub tags: Tags,
    /// Documents of its inline policies, by name.
    #[serde(default)]
    pub inline: BTreeMap<String, String>,
    /// ARNs of the policies that are attached to it.
    #[serde(default)]
    pub attached: Vec<String>,
    /// Its access keys by id.
    #[serde(default)]
    pub keys: BTreeMap<String, AccessKey>,
}

impl User {
    fn new(id: String, path: &str, created: Timestamp, tags: Tags) -> Self {
        let (inline, attached, keys) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { id, path: path.to_owned(), created, tags, inline, attached, keys }
    }

    /// Returns the ARN.
    pub fn arn(&self, scope: &Scope<'_>, name: &str) -> String {
        scope.global_arn("iam", &format!("user{}{name}", self.path))
    }

    /// Returns the user as answers have it that tell one: only they have its tags.
    fn told(&self, scope: &Scope<'_>, name: &str) -> Tree {
        let shown = self.shown(scope, name);
        if self.tags.is_empty() { shown } else { shown.with("Tags", tags::shown(&self.tags)) }
    }

    fn shown(&self, scope: &Scope<'_>, name: &str) -> Tree {
        tree! {
            "Path": self.path.as_str(),
            "UserName": name,
            "UserId": self.id.as_str(),
            "Arn": self.arn(scope, name),
            "CreateDate": self.created,
        }
    }
}

/// When the first user was made: at the start of 2020.
const FIRST_MADE: Timestamp = Timestamp::from_millis(1_577_836_800_000);

/// Returns the user whom calls are made by that are signed with any key.
fn first(scope: &Scope<'_>) -> User {
    let kept = scope.iam().users.get(sts::USER.0).cloned();
    kept.unwrap_or_else(|| User::new(sts::USER.1.to_owned(), "/", FIRST_MADE, Tags::new()))
}

fn absent(name: &str) -> Fault {
    no_such_entity(format!("The user with name {name} cannot be found."))
}

/// Returns the name of the user that an input names, and the user.
///
/// # Errors
/// When it is not there.
pub fn existing<'a>(scope: &Scope<'_>, input: &'a Tree) -> Result<(&'a str, User), Fault> {
    let name = names::name(input, "UserName", &names::ROLE)?;
    named(scope, name).map(|user| (name, user))
}

/// Returns a user by name.
///
/// # Errors
/// When it is not there.
pub fn named(scope: &Scope<'_>, name: &str) -> Result<User, Fault> {
    if name == sts::USER.0 {
        return Ok(first(scope));
    }
    scope.iam().users.get(name).cloned().ok_or_else(|| absent(name))
}

/// Keeps a user that was changed.
pub fn keep(scope: &mut Scope<'_>, name: &str, user: User) {
    scope.iam_mut().users.insert(name.to_owned(), user);
}

/// Returns the tags of the user that an input names, to change them.
///
/// # Errors
/// When it is not there.
pub fn tags_mut<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut Tags, Fault> {
    let name = names::name(input, "UserName", &names::ROLE)?;
    store.users.get_mut(name).map(|user| &mut user.tags).ok_or_else(|| absent(name))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, path) = (names::name(input, "UserName", &names::ROLE)?, names::path(input)?.to_owned());
    let tags = tags::given(input)?;
    if name == sts::USER.0 || names::is_taken(scope.iam().users.keys(), name) {
        return Err(already_exists(format!("User with name {name} already exists.")));
    }
    let user = User::new(scope.ids().iam("AIDA"), &path, scope.now, tags);
    let shown = user.told(scope, name);
    scope.iam_mut().users.insert(name.to_owned(), user);
    Ok(tree! { "User": shown })
}

/// Returns the name of the user whom the call is made by.
pub fn own_name<'a>(scope: &'a Scope<'_>) -> &'a str {
    let holder = scope.iam().users.iter().find(|(_, user)| user.keys.contains_key(scope.access_key));
    holder.map_or(sts::USER.0, |(name, _)| name)
}

/// Without a name, it is the caller.
fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    match input.text("UserName")? {
        None if scope.caller().role_arn.is_some() => {
            let message = "Must specify userName when calling with non-User credentials";
            Err(Fault::new("ValidationError", message))
        }
        name => {
            let name = name.unwrap_or_else(|| own_name(scope));
            Ok(tree! { "User": named(scope, name)?.told(scope, name) })
        }
    }
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let prefix = names::PREFIX.optional(input, "PathPrefix")?.unwrap_or("/");
    let own = first(scope);
    let users = scope.iam().users.iter().map(|(name, user)| (name.as_str(), user));
    let users: BTreeMap<_, _> = users.chain([(sts::USER.0, &own)]).collect();
    let users = users.into_iter().filter(|(_, user)| user.path.starts_with(prefix));
    listed(input, "Users", users.map(|(name, user)| user.shown(scope, name)).collect::<Vec<_>>())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, user) = existing(scope, input)?;
    let holds = [
        (!user.inline.is_empty(), "must delete policies first."),
        (!user.attached.is_empty(), "must detach all policies first."),
        (name == sts::USER.0 || !user.keys.is_empty(), "must delete access keys first."),
    ];
    if let Some((_, what)) = holds.iter().find(|(holds, _)| *holds) {
        return Err(delete_conflict(format!("Cannot delete entity, {what}")));
    }
    scope.iam_mut().users.remove(name);
    Ok(Tree::object())
}

fn summary(scope: &Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    let store = scope.iam();
    let counts = [
        ("Users", store.users.len() + usize::from(!store.users.contains_key(sts::USER.0))),
        ("UsersQuota", 5000),
        ("Roles", store.roles.len()),
        ("RolesQuota", 1000),
        ("Policies", store.policies.len()),
        ("PoliciesQuota", 1500),
        ("InstanceProfiles", store.instance_profiles.len()),
        ("InstanceProfilesQuota", 1000),
        ("Providers", store.providers.len()),
        ("PolicySizeQuota", 6144),
        ("AssumeRolePolicySizeQuota", 2048),
        ("VersionsPerPolicyQuota", 5),
        ("AttachedPoliciesPerRoleQuota", 10),
    ];
    let entries = counts.iter().map(|(key, value)| tree! { "key": *key, "value": *value });
    Ok(tree! { "SummaryMap": Tree::list(entries) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn users_can_be_named_in_trust_policies() {
        let cloud = Cloud::new();
        let call = |operation: &str, input: Tree| cloud.call("iam", operation, input);
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"AWS":"arn:aws:iam::111122223333:user/ci"}}]}"#;
        let role = || call("CreateRole", tree! { "RoleName": "r", "AssumeRolePolicyDocument": trust });
        assert_eq!(code(role()), "MalformedPolicyDocument");
        call("CreateUser", tree! { "UserName": "ci" }).unwrap();
        role().unwrap();
        assert_eq!(call("GetUser", tree! {}).unwrap().need("User.UserName"), Ok("sandbox"));
        assert_eq!(call("ListUsers", tree! {}).unwrap().list_at("Users").len(), 2);
        call("DeleteUser", tree! { "UserName": "ci" }).unwrap();
        assert_eq!(code(call("GetUser", tree! { "UserName": "ci" })), "NoSuchEntity");
    }
}
