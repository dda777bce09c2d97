//! Policies of users: managed ones that are attached, and inline ones. They are kept; they decide nothing.

use super::document::encoded;
use super::{inline, listed, names, no_such_entity, policy, user};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("AttachUserPolicy", &["UserName", "PolicyArn"], attach),
        write("DetachUserPolicy", &["UserName", "PolicyArn"], detach),
        read("ListAttachedUserPolicies", &["UserName", "PathPrefix", "Marker", "MaxItems"], list_attached),
        write("PutUserPolicy", &["UserName", "PolicyName", "PolicyDocument"], put),
        read("GetUserPolicy", &["UserName", "PolicyName"], get),
        read("ListUserPolicies", &["UserName", "Marker", "MaxItems"], list),
        write("DeleteUserPolicy", &["UserName", "PolicyName"], delete),
    ],
    events: &[],
};

/// How many policies may be attached to a user.
const MOST: usize = 10;
/// How large all inline policies of a user may be.
const SIZE: usize = 2048;

fn attach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let (name, mut user) = user::existing(scope, input)?;
    policy::check_attachable(scope, arn)?;
    policy::attach(&mut user.attached, arn, "PoliciesPerUser", MOST)?;
    user::keep(scope, name, user);
    Ok(Tree::object())
}

fn detach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = names::ARN.need(input, "PolicyArn")?;
    let (name, mut user) = user::existing(scope, input)?;
    policy::detach(&mut user.attached, arn)?;
    user::keep(scope, name, user);
    Ok(Tree::object())
}

fn list_attached(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (_, user) = user::existing(scope, input)?;
    listed(input, "AttachedPolicies", policy::attached_rows(scope, input, &user.attached)?)
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let policy = names::name(input, "PolicyName", &names::LONG)?;
    let text = names::DOCUMENT.need(input, "PolicyDocument")?;
    let (name, mut user) = user::existing(scope, input)?;
    inline::put_into(&mut user.inline, policy, text, SIZE, &format!("user {name}"))?;
    user::keep(scope, name, user);
    Ok(Tree::object())
}

fn not_found(policy: &str) -> Fault {
    no_such_entity(format!("The user policy with name {policy} cannot be found."))
}

fn get(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let policy = names::name(input, "PolicyName", &names::LONG)?;
    let (name, user) = user::existing(scope, input)?;
    let document = user.inline.get(policy).ok_or_else(|| not_found(policy))?;
    Ok(tree! { "UserName": name, "PolicyName": policy, "PolicyDocument": encoded(document) })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (_, user) = user::existing(scope, input)?;
    listed(input, "PolicyNames", user.inline.keys().map(Tree::from))
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let policy = names::name(input, "PolicyName", &names::LONG)?;
    let (name, mut user) = user::existing(scope, input)?;
    user.inline.remove(policy).ok_or_else(|| not_found(policy))?;
    user::keep(scope, name, user);
    Ok(Tree::object())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::iam::policy::tests::policy;
    use crate::testing::{Cloud, code};

    #[test]
    fn policies_keep_their_user_and_users_keep_policies() {
        let cloud = Cloud::new();
        let call = |operation: &str, input: Tree| cloud.http("iam", operation, input);
        let ci = tree! { "UserName": "ci" };
        call("CreateUser", ci.clone()).unwrap();
        let arn = policy(&cloud, "p");
        let attached = ci.clone().with("PolicyArn", arn.as_str());
        call("AttachUserPolicy", attached.clone()).unwrap();
        let list = call("ListAttachedUserPolicies", ci.clone()).unwrap();
        assert_eq!(list.list_at("AttachedPolicies")[0].need("PolicyName"), Ok("p"));
        let entities = call("ListEntitiesForPolicy", tree! { "PolicyArn": arn.as_str() }).unwrap();
        assert_eq!(entities.list_at("PolicyUsers")[0].need("UserName"), Ok("ci"));
        let found = call("GetPolicy", tree! { "PolicyArn": arn.as_str() }).unwrap();
        assert_eq!(found.need("Policy.AttachmentCount"), Ok("1"));
        assert_eq!(code(call("DeletePolicy", tree! { "PolicyArn": arn.as_str() })), "DeleteConflict");
        assert_eq!(code(call("DeleteUser", ci.clone())), "DeleteConflict");
        call("DetachUserPolicy", attached.clone()).unwrap();
        assert_eq!(code(call("DetachUserPolicy", attached)), "NoSuchEntity");

        let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let inline = ci.clone().with("PolicyName", "own");
        call("PutUserPolicy", inline.clone().with("PolicyDocument", document)).unwrap();
        let shown = call("GetUserPolicy", inline.clone()).unwrap();
        assert_eq!(shown.need("PolicyDocument"), Ok(encoded(document).as_str()));
        assert_eq!(call("ListUserPolicies", ci.clone()).unwrap().texts("PolicyNames"), ["own"]);
        assert_eq!(code(call("DeleteUser", ci.clone())), "DeleteConflict");
        call("DeleteUserPolicy", inline.clone()).unwrap();
        assert_eq!(code(call("GetUserPolicy", inline)), "NoSuchEntity");
        call("DeleteUser", ci).unwrap();
    }
}
