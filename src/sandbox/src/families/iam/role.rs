//! Roles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::document::{self, Kind, encoded, malformed};
use super::principal::{allows_service, invalid_principal, role_ids, with_account_arns};
use super::tags::{self, Tags};
use super::{Store, already_exists, delete_conflict, listed, names, no_such_entity, over_quota, policy};
use crate::families::constraints::range;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write(
            "CreateRole",
            &[
                "RoleName",
                "AssumeRolePolicyDocument",
                "Path",
                "Description",
                "MaxSessionDuration",
                "PermissionsBoundary",
                "Tags",
            ],
            create,
        ),
        read("GetRole", &["RoleName"], get),
        read("ListRoles", &["PathPrefix", "Marker", "MaxItems"], list),
        write("UpdateRole", &["RoleName", "Description", "MaxSessionDuration"], update),
        write("UpdateRoleDescription", &["RoleName", "Description"], update_description),
        write("UpdateAssumeRolePolicy", &["RoleName", "PolicyDocument"], update_trust),
        write("PutRolePermissionsBoundary", &["RoleName", "PermissionsBoundary"], put_boundary),
        write("DeleteRolePermissionsBoundary", &["RoleName"], delete_boundary),
        write("DeleteRole", &["RoleName"], delete),
    ],
    events: &[],
};

/// How many roles an account may have.
const MOST: usize = 1000;
/// How large a trust policy may be.
const TRUST_SIZE: usize = 2048;
/// Path of the roles that belong to services.
pub const SERVICE_PATH: &str = "/aws-service-role/";

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Unique id, `AROA…`: another one when a role of that name is made again.
    pub id: String,
    /// Its path.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its description.
    pub description: Option<String>,
    /// How long a session may be, in seconds.
    pub max_session_seconds: i64,
    /// Who may become it.
    pub trust: Trust,
    /// ARN of the policy that bounds what it may do.
    pub boundary: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// Documents of its inline policies, by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of the policies that are attached to it.
    pub attached: Vec<String>,
    /// When and where it was last assumed.
    pub last_used: Option<(Timestamp, String)>,
}

/// A trust policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trust {
    /// The document as it was written.
    pub document: String,
    /// Unique ids of the roles that it names, by ARN.
    pub role_ids: Vec<(String, String)>,
}

impl Role {
    /// Returns the ARN.
    pub fn arn(&self, scope: &Scope<'_>, name: &str) -> String {
        scope.global_arn("iam", &format!("role{}{name}", self.path))
    }

    /// Returns whether a service, such as `eks.amazonaws.com`, may assume it.
    pub fn trusts(&self, service: &str) -> bool {
        allows_service(&self.trust.document, service, "sts:AssumeRole")
    }

    /// Returns whether a policy that AWS manages is attached, by its name.
    pub fn has_aws_policy(&self, name: &str) -> bool {
        self.attached.iter().any(|arn| arn.contains(":iam::aws:policy/") && arn.rsplit('/').next() == Some(name))
    }

    /// Returns whether the role belongs to a service.
    pub fn is_service_linked(&self) -> bool {
        self.path.starts_with(SERVICE_PATH)
    }
}

/// Returns the role that an input names.
///
/// # Errors
/// When it is not there.
pub fn existing<'a>(store: &'a Store, input: &Tree) -> Result<(&'a str, &'a Role), Fault> {
    let name = names::name(input, "RoleName", &names::ROLE)?;
    let found = store.roles.get_key_value(name).map(|(name, role)| (name.as_str(), role));
    found.ok_or_else(|| not_found(name))
}

/// Returns the role that an input names, also one that belongs to a service, to change it.
///
/// # Errors
/// When it is not there.
pub fn any_existing_mut<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut Role, Fault> {
    let name = names::name(input, "RoleName", &names::ROLE)?;
    store.roles.get_mut(name).ok_or_else(|| not_found(name))
}

/// Returns the role that an input names, to change it.
///
/// # Errors
/// When it is not there, or belongs to a service.
pub fn existing_mut<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut Role, Fault> {
    let (name, role) = existing(store, input)?;
    if role.is_service_linked() {
        let message = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        );
        return Err(Fault::new("UnmodifiableEntity", message));
    }
    any_existing_mut(store, input)
}

fn not_found(name: &str) -> Fault {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

/// Reads a trust policy.
fn trust(scope: &Scope<'_>, text: &str) -> Result<Trust, Fault> {
    let document = document::read(text, Kind::Trust)?;
    if let Some(principal) = invalid_principal(scope, &document) {
        return Err(malformed(format!("Invalid principal in policy: {principal}")));
    }
    if document::size(text) > TRUST_SIZE {
        return Err(over_quota("ACLSizePerRole", TRUST_SIZE));
    }
    let role_ids = role_ids(scope, &document);
    Ok(Trust { document: with_account_arns(scope, text, document), role_ids })
}

fn boundary(scope: &Scope<'_>, input: &Tree) -> Result<Option<String>, Fault> {
    let Some(arn) = names::ARN.optional(input, "PermissionsBoundary")? else { return Ok(None) };
    policy::check_attachable(scope, arn)?;
    Ok(Some(arn.to_owned()))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = names::name(input, "RoleName", &names::ROLE)?;
    let document = names::DOCUMENT.need(input, "AssumeRolePolicyDocument")?;
    let path = names::path(input)?;
    let description = names::DESCRIPTION.optional(input, "Description")?;
    let max_session_seconds = range(input, "MaxSessionDuration", 3600, 43200)?.unwrap_or(3600);
    let tags = tags::given(input)?;
    let roles = &scope.iam().roles;
    if names::is_taken(roles.keys(), name) {
        return Err(already_exists(format!("Role with name {name} already exists.")));
    }
    if path.starts_with(SERVICE_PATH) {
        let message = "Roles with the path /aws-service-role/ can only be made by CreateServiceLinkedRole";
        return Err(super::invalid_input(message));
    }
    let most = scope.limit("roles", MOST);
    if roles.len() >= most {
        return Err(over_quota("RolesPerAccount", most));
    }
    let role = Role {
        trust: trust(scope, document)?,
        boundary: boundary(scope, input)?,
        id: scope.ids().iam("AROA"),
        path: path.to_owned(),
        created: scope.now,
        description: description.map(str::to_owned),
        max_session_seconds,
        tags,
        inline: BTreeMap::new(),
        attached: Vec::new(),
        last_used: None,
    };
    scope.iam_mut().roles.insert(name.to_owned(), role);
    Ok(tree! { "Role": shown(scope, name, &scope.iam().roles[name]) })
}

/// Returns a role as most answers have it.
pub fn shown(scope: &Scope<'_>, name: &str, role: &Role) -> Tree {
    let boundary = role.boundary.as_ref();
    let mut tree = shown_in_list(scope, name, role);
    tree.set(
        "PermissionsBoundary",
        boundary.map(|arn| tree! { "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn }),
    );
    if !role.tags.is_empty() {
        tree.set("Tags", tags::shown(&role.tags));
    }
    tree
}

/// Lists leave out tags, boundary and last use.
pub fn shown_in_list(scope: &Scope<'_>, name: &str, role: &Role) -> Tree {
    tree! {
        "Path": role.path.as_str(),
        "RoleName": name,
        "RoleId": role.id.as_str(),
        "Arn": role.arn(scope, name),
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": encoded(&trust_now(scope, &role.trust)),
        "Description": role.description.as_ref(),
        "MaxSessionDuration": role.max_session_seconds,
    }
}

/// A role that is gone, or was made anew, is named by its old unique id.
fn trust_now(scope: &Scope<'_>, trust: &Trust) -> String {
    let mut document = trust.document.clone();
    for (arn, id) in &trust.role_ids {
        let is_there = scope.world.accounts().any(|(_, account)| account.iam.roles.values().any(|role| role.id == *id));
        if !is_there {
            document = document.replace(&format!("\"{arn}\""), &format!("\"{id}\""));
        }
    }
    document
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, role) = existing(scope.iam(), input)?;
    let used = role.last_used.as_ref();
    let used = used.map_or_else(Tree::object, |(at, region)| tree! { "LastUsedDate": *at, "Region": region });
    Ok(tree! { "Role": shown(scope, name, role).with("RoleLastUsed", used) })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let prefix = names::PREFIX.optional(input, "PathPrefix")?.unwrap_or("/");
    let roles = scope.iam().roles.iter().filter(|(_, role)| role.path.starts_with(prefix));
    listed(input, "Roles", roles.map(|(name, role)| shown_in_list(scope, name, role)))
}

/// An update without description takes it away; one without duration sets the default.
fn update(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let description = names::DESCRIPTION.optional(input, "Description")?.map(str::to_owned);
    let max_session_seconds = range(input, "MaxSessionDuration", 3600, 43200)?;
    let (_, role) = existing(scope.iam(), input)?;
    // The description is all that can be changed of a role that belongs to a service.
    let role = if role.is_service_linked() && max_session_seconds.is_none() {
        any_existing_mut(scope.iam_mut(), input)?
    } else {
        existing_mut(scope.iam_mut(), input)?
    };
    role.description = description;
    role.max_session_seconds = max_session_seconds.unwrap_or(3600);
    Ok(Tree::object())
}

fn update_description(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let description = names::DESCRIPTION.need(input, "Description")?.to_owned();
    any_existing_mut(scope.iam_mut(), input)?.description = Some(description);
    let (name, role) = existing(scope.iam(), input)?;
    Ok(tree! { "Role": shown(scope, name, role) })
}

fn update_trust(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let document = names::DOCUMENT.need(input, "PolicyDocument")?;
    existing(scope.iam(), input)?;
    let trust = trust(scope, document)?;
    existing_mut(scope.iam_mut(), input)?.trust = trust;
    Ok(Tree::object())
}

fn put_boundary(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    existing(scope.iam(), input)?;
    let boundary = boundary(scope, input)?.ok_or_else(|| Fault::missing("PermissionsBoundary"))?;
    existing_mut(scope.iam_mut(), input)?.boundary = Some(boundary);
    Ok(Tree::object())
}

fn delete_boundary(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let role = existing_mut(scope.iam_mut(), input)?;
    if role.boundary.take().is_none() {
        let name = input.need("RoleName")?;
        return Err(no_such_entity(format!("The role with name {name} does not have a permissions boundary.")));
    }
    Ok(Tree::object())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.iam_mut();
    let role = existing_mut(store, input)?;
    if !role.inline.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    if !role.attached.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    let name = input.need("RoleName")?;
    if store.instance_profiles.values().any(|profile| profile.role.as_deref() == Some(name)) {
        return Err(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    store.roles.remove(name);
    Ok(Tree::object())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    /// A trust policy for a service.
    pub fn trust_of(service: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
        )
    }

    /// Makes a role that EC2 may assume, and returns its ARN.
    pub fn role(cloud: &Cloud, name: &str) -> String {
        let input = tree! { "RoleName": name, "AssumeRolePolicyDocument": trust_of("ec2.amazonaws.com") };
        cloud.call("iam", "CreateRole", input).unwrap().need("Role.Arn").unwrap().to_owned()
    }

    #[test]
    fn what_is_written_is_given_back() {
        let cloud = Cloud::new();
        let document = trust_of("eks.amazonaws.com");
        let input = tree! {
            "RoleName": "Cluster", "Path": "/team/", "AssumeRolePolicyDocument": document.as_str(), "Description": "a & b",
            "MaxSessionDuration": 7200, "Tags": vec![tree! { "Key": "a", "Value": "b" }],
            "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
        };
        cloud.http("iam", "CreateRole", input.clone()).unwrap();
        let role = cloud.http("iam", "GetRole", tree! { "RoleName": "Cluster" }).unwrap();
        assert_eq!(role.need("Role.Arn"), Ok("arn:aws:iam::111122223333:role/team/Cluster"));
        assert_eq!(role.need("Role.AssumeRolePolicyDocument"), Ok(encoded(&document).as_str()));
        assert_eq!((role.need("Role.Description"), role.int("Role.MaxSessionDuration")), (Ok("a & b"), Ok(Some(7200))));
        assert_eq!(role.list_at("Role.Tags")[0].need("Value"), Ok("b"));
        assert!(role.need("Role.PermissionsBoundary.PermissionsBoundaryArn").unwrap().ends_with("PowerUserAccess"));
        let again = input.with("RoleName", "CLUSTER");
        assert_eq!(code(cloud.call("iam", "CreateRole", again)), "EntityAlreadyExists");
    }

    #[test]
    fn trust_names_who_is_there_and_keeps_the_id_of_who_is_gone() {
        let cloud = Cloud::new();
        let trust = |arn: &str| {
            let principal = format!(r#"{{"AWS":"{arn}"}}"#);
            trust_of("x").replace(r#"{"Service":"x"}"#, &principal)
        };
        let create = |name: &str, arn: &str| {
            cloud.call("iam", "CreateRole", tree! { "RoleName": name, "AssumeRolePolicyDocument": trust(arn) })
        };
        let absent = "arn:aws:iam::111122223333:role/first";
        let Err(Fault::Coded { code: refusal, message, .. }) = create("second", absent) else { panic!("accepted") };
        assert_eq!(refusal, "MalformedPolicyDocument");
        assert_eq!(message, format!("Invalid principal in policy: \"AWS\":\"{absent}\""));
        role(&cloud, "first");
        create("second", absent).unwrap();
        create("third", "arn:aws:iam::999999999999:role/elsewhere").unwrap();
        cloud.call("iam", "DeleteRole", tree! { "RoleName": "first" }).unwrap();
        let shown = cloud.call("iam", "GetRole", tree! { "RoleName": "second" }).unwrap();
        assert!(shown.need("Role.AssumeRolePolicyDocument").unwrap().contains("%22AROA"));
    }

    #[test]
    fn mistakes_have_their_codes() {
        let cloud = Cloud::new();
        let create = |name: &str, document: &str| {
            code(cloud.call("iam", "CreateRole", tree! { "RoleName": name, "AssumeRolePolicyDocument": document }))
        };
        assert_eq!(create("a b", &trust_of("ec2.amazonaws.com")), "ValidationError");
        assert_eq!(create(&"a".repeat(65), &trust_of("ec2.amazonaws.com")), "ValidationError");
        assert_eq!(create("a", "{"), "MalformedPolicyDocument");
        assert_eq!(create("a", &trust_of("nobody")), "MalformedPolicyDocument");
        let long = trust_of(&format!("{}.amazonaws.com", "x".repeat(2048)));
        assert_eq!(create("a", &long), "LimitExceeded");
        assert_eq!(code(cloud.call("iam", "GetRole", tree! { "RoleName": "a" })), "NoSuchEntity");
        assert_eq!(code(cloud.call("iam", "GetRole", tree! {})), "ValidationError");
    }
}
