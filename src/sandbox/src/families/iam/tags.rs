//! Tags of roles, users, policies, instance profiles and OIDC providers. Keys that differ only in case are the same.

use std::collections::BTreeMap;

use super::{Store, instance_profile, invalid_input, limit_exceeded, listed, names, oidc, policy, role, user};
use crate::families::constraints::length;
use crate::families::{Family, Operation, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Tags of one object.
pub type Tags = BTreeMap<String, String>;

const fn tagging(operations: &'static [Operation]) -> Family {
    Family { service: "iam", operations, events: &[] }
}

pub const ROLES: Family = tagging(&[
    write("TagRole", &["RoleName", "Tags"], |scope, input| tag(scope, input, role_tags)),
    write("UntagRole", &["RoleName", "TagKeys"], |scope, input| untag(scope, input, role_tags)),
    read("ListRoleTags", &["RoleName", "Marker", "MaxItems"], |scope, input| {
        list(input, &role::existing(scope.iam(), input)?.1.tags)
    }),
]);
pub const USERS: Family = tagging(&[
    write("TagUser", &["UserName", "Tags"], |scope, input| tag(scope, input, user::tags_mut)),
    write("UntagUser", &["UserName", "TagKeys"], |scope, input| untag(scope, input, user::tags_mut)),
    read("ListUserTags", &["UserName", "Marker", "MaxItems"], |scope, input| {
        list(input, &user::existing(scope, input)?.1.tags)
    }),
]);
pub const POLICIES: Family = tagging(&[
    write("TagPolicy", &["PolicyArn", "Tags"], |scope, input| tag(scope, input, policy_tags)),
    write("UntagPolicy", &["PolicyArn", "TagKeys"], |scope, input| untag(scope, input, policy_tags)),
    read("ListPolicyTags", &["PolicyArn", "Marker", "MaxItems"], |scope, input| {
        list(input, &policy::existing(scope.iam(), names::ARN.need(input, "PolicyArn")?)?.tags)
    }),
]);
pub const INSTANCE_PROFILES: Family = tagging(&[
    write("TagInstanceProfile", &["InstanceProfileName", "Tags"], |scope, input| tag(scope, input, profile_tags)),
    write("UntagInstanceProfile", &["InstanceProfileName", "TagKeys"], |scope, input| {
        untag(scope, input, profile_tags)
    }),
    read("ListInstanceProfileTags", &["InstanceProfileName", "Marker", "MaxItems"], |scope, input| {
        list(input, &instance_profile::existing(scope.iam(), input)?.1.tags)
    }),
]);
pub const PROVIDERS: Family = tagging(&[
    write("TagOpenIDConnectProvider", &["OpenIDConnectProviderArn", "Tags"], |scope, input| {
        tag(scope, input, provider_tags)
    }),
    write("UntagOpenIDConnectProvider", &["OpenIDConnectProviderArn", "TagKeys"], |scope, input| {
        untag(scope, input, provider_tags)
    }),
    read("ListOpenIDConnectProviderTags", &["OpenIDConnectProviderArn", "Marker", "MaxItems"], |scope, input| {
        list(input, &oidc::existing(scope.iam(), input)?.1.tags)
    }),
]);

/// How many tags an object may have.
const MOST: usize = 50;

type TagsOf = for<'a> fn(&'a mut Store, &Tree) -> Result<&'a mut Tags, Fault>;

fn role_tags<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut Tags, Fault> {
    role::any_existing_mut(store, input).map(|role| &mut role.tags)
}

fn policy_tags<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut Tags, Fault> {
    policy::existing_mut(store, names::ARN.need(input, "PolicyArn")?).map(|policy| &mut policy.tags)
}

fn profile_tags<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut Tags, Fault> {
    instance_profile::existing_mut(store, input).map(|profile| &mut profile.tags)
}

fn provider_tags<'a>(store: &'a mut Store, input: &Tree) -> Result<&'a mut Tags, Fault> {
    oidc::existing_mut(store, input).map(|provider| &mut provider.tags)
}

/// Returns the tags of a request.
///
/// # Errors
/// When they are refused.
pub fn given(input: &Tree) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    let list = input.list_at("Tags");
    if list.len() > MOST {
        let why = format!("Member must have length less than or equal to {MOST}");
        return Err(Fault::invalid("tags", list.len(), &why));
    }
    for tag in list {
        let (key, value) = (tag.need("Key")?, tag.text("Value")?.unwrap_or_default());
        length(1, 128).check("tags.member.key", key)?;
        length(0, 256).check("tags.member.value", value)?;
        for (member, text) in [("tags.member.key", key), ("tags.member.value", value)] {
            check_characters(member, text)?;
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid_input("Tag keys starting with 'aws:' are reserved for system use"));
        }
        if names::is_taken(tags.keys(), key) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(invalid_input(message));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    Ok(tags)
}

fn check_characters(member: &str, text: &str) -> Result<(), Fault> {
    let is_fine =
        |character: char| character.is_alphanumeric() || character.is_whitespace() || "_.:/=+-@".contains(character);
    if text.chars().all(is_fine) {
        return Ok(());
    }
    let why = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+";
    Err(Fault::invalid(member, text, why))
}

/// Returns tags as answers have them.
pub fn shown(tags: &Tags) -> Tree {
    Tree::list(tags.iter().map(|(key, value)| tree! { "Key": key, "Value": value }))
}

fn tag(scope: &mut Scope<'_>, input: &Tree, of: TagsOf) -> Result<Tree, Fault> {
    let new = given(input)?;
    if new.is_empty() {
        return Err(Fault::missing("Tags"));
    }
    let own = of(scope.iam_mut(), input)?;
    let mut all = own.clone();
    all.retain(|key, _| !names::is_taken(new.keys(), key));
    all.extend(new);
    if all.len() > MOST {
        return Err(limit_exceeded(format!("The number of tags has reached the maximum limit of {MOST}.")));
    }
    *own = all;
    Ok(Tree::object())
}

fn untag(scope: &mut Scope<'_>, input: &Tree, of: TagsOf) -> Result<Tree, Fault> {
    let keys = input.texts("TagKeys");
    if keys.is_empty() {
        return Err(Fault::missing("TagKeys"));
    }
    of(scope.iam_mut(), input)?.retain(|key, _| !keys.iter().any(|gone| gone.eq_ignore_ascii_case(key)));
    Ok(Tree::object())
}

fn list(input: &Tree, tags: &Tags) -> Result<Tree, Fault> {
    listed(input, "Tags", tags.iter().map(|(key, value)| tree! { "Key": key, "Value": value }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::iam::role::tests::role;
    use crate::testing::{Cloud, code};

    #[test]
    fn keys_differ_in_more_than_case() {
        let cloud = Cloud::new();
        role(&cloud, "r");
        let tag = |key: &str| tree! { "Key": key, "Value": "v" };
        let tags = |keys: &[&str]| tree! { "RoleName": "r", "Tags": Tree::list(keys.iter().map(|key| tag(key))) };
        cloud.call("iam", "TagRole", tags(&["Team", "b"])).unwrap();
        cloud.call("iam", "TagRole", tags(&["team"])).unwrap();
        cloud.call("iam", "UntagRole", tree! { "RoleName": "r", "TagKeys": vec!["B"] }).unwrap();
        let list = cloud.http("iam", "ListRoleTags", tree! { "RoleName": "r" }).unwrap();
        let keys: Vec<_> = list.list_at("Tags").iter().map(|tag| tag.need("Key").unwrap()).collect();
        assert_eq!(keys, ["team"]);
        assert_eq!(code(cloud.call("iam", "TagRole", tags(&["a", "A"]))), "InvalidInput");
        assert_eq!(code(cloud.call("iam", "TagRole", tags(&["aws:a"]))), "InvalidInput");
        assert_eq!(code(cloud.call("iam", "TagRole", tags(&["a#"]))), "ValidationError");
    }
}
