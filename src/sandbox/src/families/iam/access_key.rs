//! Access keys of users. Calls that are signed with one are made by its user.

use serde::{Deserialize, Serialize};

use super::{limit_exceeded, listed, no_such_entity, user};
use crate::families::constraints::{length, one_of};
use crate::families::{Family, read, sts, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "iam",
    operations: &[
        write("CreateAccessKey", &["UserName"], create),
        read("ListAccessKeys", &["UserName", "Marker", "MaxItems"], list),
        read("GetAccessKeyLastUsed", &["AccessKeyId"], last_used),
        write("UpdateAccessKey", &["UserName", "AccessKeyId", "Status"], update),
        write("DeleteAccessKey", &["UserName", "AccessKeyId"], delete),
    ],
    events: &[],
};

/// How many keys a user may have.
const MOST: usize = 2;

/// An access key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessKey {
    /// `Active` or `Inactive`.
    pub status: String,
    /// When it was made.
    pub created: Timestamp,
}

impl AccessKey {
    fn shown(&self, user_name: &str, id: &str) -> Tree {
        tree! {
            "UserName": user_name,
            "AccessKeyId": id,
            "Status": self.status.as_str(),
            "CreateDate": self.created,
        }
    }
}

/// Without a name, it is the caller.
fn of_input(scope: &Scope<'_>, input: &Tree) -> Result<(String, user::User), Fault> {
    if input.has("UserName") {
        return user::existing(scope, input).map(|(name, user)| (name.to_owned(), user));
    }
    let name = user::own_name(scope);
    user::named(scope, name).map(|user| (name.to_owned(), user))
}

fn absent(id: &str) -> Fault {
    no_such_entity(format!("The Access Key with id {id} cannot be found."))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, mut user) = of_input(scope, input)?;
    if user.keys.len() >= MOST {
        return Err(limit_exceeded(format!("Cannot exceed quota for AccessKeysPerUser: {MOST}")));
    }
    let mut id = scope.ids().iam("AKIA");
    id.truncate(20);
    let key = AccessKey { status: "Active".to_owned(), created: scope.now };
    let shown = key.shown(&name, &id).with("SecretAccessKey", scope.ids().lower(40));
    let (arn, user_id) = (user.arn(scope, &name), user.id.clone());
    let principal = sts::Principal { arn, user_id, role_arn: None, expires: None };
    scope.sts_mut().sessions.insert(id.clone(), principal);
    user.keys.insert(id, key);
    user::keep(scope, &name, user);
    Ok(tree! { "AccessKey": shown })
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, user) = of_input(scope, input)?;
    let keys = user.keys.iter().map(|(id, key)| key.shown(&name, id));
    Ok(listed(input, "AccessKeyMetadata", keys)?.with("UserName", name.as_str()))
}

/// The sandbox does not keep when a key was used.
fn last_used(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = length(16, 128).need(input, "AccessKeyId")?;
    let holder = scope.iam().users.iter().find(|(_, user)| user.keys.contains_key(id));
    let (name, _) = holder.ok_or_else(|| absent(id))?;
    let last = tree! { "Region": "N/A", "ServiceName": "N/A" };
    Ok(tree! { "UserName": name, "AccessKeyLastUsed": last })
}

fn update(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = length(16, 128).need(input, "AccessKeyId")?;
    let status = one_of(input, "Status", &["Active", "Inactive"])?.ok_or_else(|| Fault::missing("Status"))?;
    let (name, mut user) = of_input(scope, input)?;
    status.clone_into(&mut user.keys.get_mut(id).ok_or_else(|| absent(id))?.status);
    user::keep(scope, &name, user);
    Ok(Tree::object())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = length(16, 128).need(input, "AccessKeyId")?;
    let (name, mut user) = of_input(scope, input)?;
    user.keys.remove(id).ok_or_else(|| absent(id))?;
    scope.sts_mut().sessions.remove(id);
    user::keep(scope, &name, user);
    Ok(Tree::object())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn keys_are_two_and_keep_their_user() {
        let cloud = Cloud::new();
        let call = |operation: &str, input: Tree| cloud.http("iam", operation, input);
        let ci = tree! { "UserName": "ci" };
        assert_eq!(code(call("CreateAccessKey", ci.clone())), "NoSuchEntity");
        call("CreateUser", ci.clone()).unwrap();
        let made = call("CreateAccessKey", ci.clone()).unwrap();
        let id = made.need("AccessKey.AccessKeyId").unwrap();
        assert!(id.starts_with("AKIA") && id.len() == 20, "{id}");
        call("CreateAccessKey", ci.clone()).unwrap();
        assert_eq!(code(call("CreateAccessKey", ci.clone())), "LimitExceeded");
        assert_eq!(code(call("DeleteUser", ci.clone())), "DeleteConflict");
        let key = ci.clone().with("AccessKeyId", id);
        call("UpdateAccessKey", key.clone().with("Status", "Inactive")).unwrap();
        let list = call("ListAccessKeys", ci).unwrap();
        let of_id = |key: &&Tree| key.need("AccessKeyId") == Ok(id);
        let shown = list.list_at("AccessKeyMetadata").iter().find(of_id).unwrap();
        assert_eq!(shown.need("Status"), Ok("Inactive"));
        call("DeleteAccessKey", key.clone()).unwrap();
        assert_eq!(code(call("DeleteAccessKey", key)), "NoSuchEntity");
    }
}
