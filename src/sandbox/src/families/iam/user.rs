//! Users, as far as policies name them, and what an account tells about itself.

use serde::{Deserialize, Serialize};

use super::tags::{self, Tags};
use super::{Store, already_exists, listed, names, no_such_entity};
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
}

impl User {
    fn shown(&self, scope: &Scope<'_>, name: &str) -> Tree {
        tree! {
            "Path": self.path.as_str(),
            "UserName": name,
            "UserId": self.id.as_str(),
            "Arn": scope.global_arn("iam", &format!("user{}{name}", self.path)),
            "CreateDate": self.created,
        }
    }
}

/// Returns the user whom calls are made by that are signed with any key.
fn first(scope: &Scope<'_>) -> User {
    let (id, path) = (sts::USER.1.to_owned(), "/".to_owned());
    User { id, path, created: scope.now, tags: Tags::new() }
}

fn existing<'a>(store: &'a Store, name: &str) -> Result<&'a User, Fault> {
    let absent = || no_such_entity(format!("The user with name {name} cannot be found."));
    store.users.get(name).ok_or_else(absent)
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, path) = (names::name(input, "UserName", &names::ROLE)?, names::path(input)?.to_owned());
    let tags = tags::given(input)?;
    if name == sts::USER.0 || names::is_taken(scope.iam().users.keys(), name) {
        return Err(already_exists(format!("User with name {name} already exists.")));
    }
    let user = User { id: scope.ids().iam("AIDA"), path, created: scope.now, tags };
    let shown = user.shown(scope, name);
    scope.iam_mut().users.insert(name.to_owned(), user);
    Ok(tree! { "User": shown })
}

/// Without a name, it is the caller.
fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    match input.text("UserName")? {
        None if scope.caller().role_arn.is_some() => {
            let message = "Must specify userName when calling with non-User credentials";
            Err(Fault::new("ValidationError", message))
        }
        None | Some("sandbox") => Ok(tree! { "User": first(scope).shown(scope, sts::USER.0) }),
        Some(name) => Ok(tree! { "User": existing(scope.iam(), name)?.shown(scope, name) }),
    }
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let prefix = names::PREFIX.optional(input, "PathPrefix")?.unwrap_or("/");
    let own = first(scope);
    let users = scope.iam().users.iter().map(|(name, user)| (name.as_str(), user)).chain([(sts::USER.0, &own)]);
    let mut users: Vec<_> = users.filter(|(_, user)| user.path.starts_with(prefix)).collect();
    users.sort_by_key(|(name, _)| *name);
    listed(input, "Users", users.into_iter().map(|(name, user)| user.shown(scope, name)).collect::<Vec<_>>())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = names::name(input, "UserName", &names::ROLE)?;
    if name == sts::USER.0 {
        let message = "Cannot delete entity, must delete access keys first.";
        return Err(super::delete_conflict(message));
    }
    existing(scope.iam(), name)?;
    scope.iam_mut().users.remove(name);
    Ok(Tree::object())
}

fn summary(scope: &Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    let store = scope.iam();
    let counts = [
        ("Users", store.users.len() + 1),
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
