//! Inline policies of roles.

use std::collections::BTreeMap;

use super::document::{self, Kind, encoded};
use super::{limit_exceeded, listed, names, no_such_entity, role};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("PutRolePolicy", &["RoleName", "PolicyName", "PolicyDocument"], put),
        read("GetRolePolicy", &["RoleName", "PolicyName"], get),
        read("ListRolePolicies", &["RoleName", "Marker", "MaxItems"], list),
        write("DeleteRolePolicy", &["RoleName", "PolicyName"], delete),
    ],
    events: &[],
};

/// How large all inline policies of a role may be.
const SIZE: usize = 10_240;

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = names::name(input, "PolicyName", &names::LONG)?;
    let text = names::DOCUMENT.need(input, "PolicyDocument")?;
    let role = role::existing_mut(scope.iam_mut(), input)?;
    put_into(&mut role.inline, name, text, SIZE, &format!("role {}", input.need("RoleName")?))?;
    Ok(Tree::object())
}

/// Puts a policy among the inline policies of a role or user, which `owner` names.
///
/// # Errors
/// When the document is refused, or all together are larger than `most` bytes.
pub fn put_into(
    inline: &mut BTreeMap<String, String>,
    name: &str,
    text: &str,
    most: usize,
    owner: &str,
) -> Result<(), Fault> {
    document::read(text, Kind::Identity)?;
    let others = inline.iter().filter(|(other, _)| *other != name);
    let size: usize = others.map(|(_, document)| document::size(document)).sum();
    if size + document::size(text) > most {
        return Err(limit_exceeded(format!("Maximum policy size of {most} bytes exceeded for {owner}")));
    }
    inline.insert(name.to_owned(), text.to_owned());
    Ok(())
}

fn not_found(name: &str) -> Fault {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = names::name(input, "PolicyName", &names::LONG)?;
    let (role_name, role) = role::existing(scope.iam(), input)?;
    let document = role.inline.get(name).ok_or_else(|| not_found(name))?;
    Ok(tree! { "RoleName": role_name, "PolicyName": name, "PolicyDocument": encoded(document) })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (_, role) = role::existing(scope.iam(), input)?;
    listed(input, "PolicyNames", role.inline.keys().map(Tree::from))
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = names::name(input, "PolicyName", &names::LONG)?;
    let role = role::existing_mut(scope.iam_mut(), input)?;
    role.inline.remove(name).map(|_| Tree::object()).ok_or_else(|| not_found(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::iam::role::tests::role;
    use crate::testing::{Cloud, code};

    #[test]
    fn inline_policies_are_kept_and_keep_the_role() {
        let cloud = Cloud::new();
        role(&cloud, "r");
        let document =
            r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }"#;
        let named = |name: &str| tree! { "RoleName": "r", "PolicyName": name };
        let put = |name: &str, document: &str| {
            cloud.http("iam", "PutRolePolicy", named(name).with("PolicyDocument", document))
        };
        put("p", document).unwrap();
        let shown = cloud.http("iam", "GetRolePolicy", named("p")).unwrap();
        assert_eq!(shown.need("PolicyDocument"), Ok(encoded(document).as_str()));
        let list = cloud.http("iam", "ListRolePolicies", tree! { "RoleName": "r" }).unwrap();
        assert_eq!((list.texts("PolicyNames"), list.bool("IsTruncated")), (vec!["p"], Ok(Some(false))));
        assert_eq!(code(cloud.http("iam", "DeleteRole", tree! { "RoleName": "r" })), "DeleteConflict");
        let large = document.replace("\"*\"", &format!("\"s3:{}\"", "x".repeat(SIZE)));
        assert_eq!(code(put("q", &large.replacen("Resource\": \"s3:", "Resource\": \"*:", 1))), "LimitExceeded");
        cloud.http("iam", "DeleteRolePolicy", named("p")).unwrap();
        assert_eq!(code(cloud.http("iam", "DeleteRolePolicy", named("p"))), "NoSuchEntity");
        cloud.http("iam", "DeleteRole", tree! { "RoleName": "r" }).unwrap();
    }
}
