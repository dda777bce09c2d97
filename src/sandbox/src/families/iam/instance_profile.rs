//! Instance profiles: how instances get a role.

use serde::{Deserialize, Serialize};

use super::tags::{self, Tags};
use super::{Store, already_exists, delete_conflict, listed, names, no_such_entity, over_quota, role};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("CreateInstanceProfile", &["InstanceProfileName", "Path", "Tags"], create),
        read("GetInstanceProfile", &["InstanceProfileName"], get),
        read("ListInstanceProfiles", &["PathPrefix", "Marker", "MaxItems"], list),
        read("ListInstanceProfilesForRole", &["RoleName", "Marker", "MaxItems"], list_for_role),
        write("AddRoleToInstanceProfile", &["InstanceProfileName", "RoleName"], add_role),
        write("RemoveRoleFromInstanceProfile", &["InstanceProfileName", "RoleName"], remove_role),
        write("DeleteInstanceProfile", &["InstanceProfileName"], delete),
    ],
    events: &[],
};

/// How many profiles an account may have.
const MOST: usize = 1000;

/// An instance profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// Unique id, `AIPA…`.
    pub id: String,
    /// Its path.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// Name of its role; it has one at most.
    pub role: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

impl InstanceProfile {
    /// Returns the ARN.
    pub fn arn(&self, scope: &Scope<'_>, name: &str) -> String {
        scope.global_arn("iam", &format!("instance-profile{}{name}", self.path))
    }
}

/// Returns the profile that an input names.
///
/// # Errors
/// When it is not there.
pub fn existing<'a>(store: &'a Store, input: &Tree) -> Result<(&'a str, &'a InstanceProfile), Fault> {
    let name = names::name(input, "InstanceProfileName", &names::LONG)?;
    let found = store.instance_profiles.get_key_value(name).map(|(name, profile)| (name.as_str(), profile));
    found.ok_or_else(|| not_found(name))
}

/// Returns the profile that an input names, to change it.
///
/// # Errors
/// When it is not there.
pub fn existing_mut<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut InstanceProfile, Fault> {
    let name = names::name(input, "InstanceProfileName", &names::LONG)?;
    store.instance_profiles.get_mut(name).ok_or_else(|| not_found(name))
}

fn not_found(name: &str) -> Fault {
    no_such_entity(format!("Instance Profile {name} cannot be found."))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = names::name(input, "InstanceProfileName", &names::LONG)?;
    let path = names::path(input)?;
    let tags = tags::given(input)?;
    let profiles = &scope.iam().instance_profiles;
    if names::is_taken(profiles.keys(), name) {
        return Err(already_exists(format!("Instance Profile {name} already exists.")));
    }
    let most = scope.limit("instance-profiles", MOST);
    if profiles.len() >= most {
        return Err(over_quota("InstanceProfilesPerAccount", most));
    }
    let id = scope.ids().iam("AIPA");
    let profile = InstanceProfile { id, path: path.to_owned(), created: scope.now, role: None, tags };
    scope.iam_mut().instance_profiles.insert(name.to_owned(), profile);
    get(scope, input)
}

fn shown(scope: &Scope<'_>, name: &str, profile: &InstanceProfile) -> Tree {
    let role = profile.role.as_deref().and_then(|role| scope.iam().roles.get_key_value(role));
    tree! {
        "Path": profile.path.as_str(),
        "InstanceProfileName": name,
        "InstanceProfileId": profile.id.as_str(),
        "Arn": profile.arn(scope, name),
        "CreateDate": profile.created,
        "Roles": Tree::list(role.map(|(name, role)| role::shown_in_list(scope, name, role))),
    }
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, profile) = existing(scope.iam(), input)?;
    let tags = tags::shown(&profile.tags);
    Ok(tree! { "InstanceProfile": shown(scope, name, profile).with("Tags", tags) })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let prefix = names::PREFIX.optional(input, "PathPrefix")?.unwrap_or("/");
    let profiles = scope.iam().instance_profiles.iter().filter(|(_, profile)| profile.path.starts_with(prefix));
    listed(input, "InstanceProfiles", profiles.map(|(name, profile)| shown(scope, name, profile)))
}

fn list_for_role(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (role, _) = role::existing(scope.iam(), input)?;
    let profiles = scope.iam().instance_profiles.iter().filter(|(_, profile)| profile.role.as_deref() == Some(role));
    listed(input, "InstanceProfiles", profiles.map(|(name, profile)| shown(scope, name, profile)))
}

fn add_role(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    existing(scope.iam(), input)?;
    let role = role::existing_mut(scope.iam_mut(), input).map(|_| input.need("RoleName"))??.to_owned();
    let profile = existing_mut(scope.iam_mut(), input)?;
    if profile.role.is_some() {
        return Err(over_quota("InstanceSessionsPerInstanceProfile", 1));
    }
    profile.role = Some(role);
    Ok(Tree::object())
}

fn remove_role(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    existing(scope.iam(), input)?;
    let (role, _) = role::existing(scope.iam(), input)?;
    let role = role.to_owned();
    let profile = existing_mut(scope.iam_mut(), input)?;
    if profile.role.as_ref() != Some(&role) {
        return Err(no_such_entity(format!("The role with name {role} cannot be found.")));
    }
    profile.role = None;
    Ok(Tree::object())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, profile) = existing(scope.iam(), input)?;
    if profile.role.is_some() {
        return Err(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    let name = name.to_owned();
    scope.iam_mut().instance_profiles.remove(&name);
    Ok(Tree::object())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::iam::role::tests::role;
    use crate::testing::{Cloud, code};

    #[test]
    fn profiles_hold_one_role_and_keep_it() {
        let cloud = Cloud::new();
        role(&cloud, "r");
        role(&cloud, "other");
        let call = |operation: &str, input: Tree| cloud.http("iam", operation, input.with("InstanceProfileName", "p"));
        call("CreateInstanceProfile", tree! { "Path": "/x/" }).unwrap();
        assert_eq!(code(call("CreateInstanceProfile", tree! {})), "EntityAlreadyExists");
        assert_eq!(code(call("AddRoleToInstanceProfile", tree! { "RoleName": "absent" })), "NoSuchEntity");
        call("AddRoleToInstanceProfile", tree! { "RoleName": "r" }).unwrap();
        assert_eq!(code(call("AddRoleToInstanceProfile", tree! { "RoleName": "other" })), "LimitExceeded");
        let shown = call("GetInstanceProfile", tree! {}).unwrap();
        assert_eq!(shown.need("InstanceProfile.Arn"), Ok("arn:aws:iam::111122223333:instance-profile/x/p"));
        assert_eq!(shown.list_at("InstanceProfile.Roles")[0].need("RoleName"), Ok("r"));
        assert_eq!(code(cloud.http("iam", "DeleteRole", tree! { "RoleName": "r" })), "DeleteConflict");
        assert_eq!(code(call("DeleteInstanceProfile", tree! {})), "DeleteConflict");
        assert_eq!(code(call("RemoveRoleFromInstanceProfile", tree! { "RoleName": "other" })), "NoSuchEntity");
        call("RemoveRoleFromInstanceProfile", tree! { "RoleName": "r" }).unwrap();
        let list = cloud.http("iam", "ListInstanceProfilesForRole", tree! { "RoleName": "r" }).unwrap();
        assert_eq!(list.list_at("InstanceProfiles").len(), 0);
        call("DeleteInstanceProfile", tree! {}).unwrap();
        assert_eq!(code(call("GetInstanceProfile", tree! {})), "NoSuchEntity");
    }
}
