//! STS: who calls.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Family, read};
use crate::protocol::fault::Fault;
use crate::sandbox::ACCOUNT;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;
use crate::world::World;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[&IDENTITY];

const IDENTITY: Family =
    Family { service: "sts", operations: &[read("GetCallerIdentity", &[], get_caller_identity)], events: &[] };

/// Name and unique id of the user whose key is not one that the sandbox has given out.
const USER: (&str, &str) = ("sandbox", "AIDASANDBOXUSER222222");

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Whom access keys that were given out stand for.
    pub sessions: BTreeMap<String, Principal>,
}

/// Whom calls are made by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// ARN, such as `arn:aws:sts::1:assumed-role/r/s`.
    pub arn: String,
    /// Unique id, such as `AROA…:s`.
    pub user_id: String,
}

/// Returns the account of an access key.
pub fn account_of<'a>(world: &'a World, access_key: &str) -> &'a str {
    let mut holders = world.accounts().filter(|(_, account)| account.sts.sessions.contains_key(access_key));
    holders.next().map_or(ACCOUNT, |(number, _)| number)
}

impl Scope<'_> {
    /// Returns whom the call is made by.
    pub fn caller(&self) -> Principal {
        self.sts().sessions.get(self.access_key).cloned().unwrap_or_else(|| Principal {
            arn: self.global_arn("iam", &format!("user/{}", USER.0)),
            user_id: USER.1.to_owned(),
        })
    }
}

fn get_caller_identity(scope: &Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    let Principal { arn, user_id } = scope.caller();
    Ok(tree! { "Arn": arn, "UserId": user_id, "Account": scope.account })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Cloud;

    #[test]
    fn unknown_keys_are_of_the_one_user() {
        let identity = Cloud::new().http("sts", "GetCallerIdentity", tree! {}).unwrap();
        assert_eq!(identity.need("Account"), Ok(ACCOUNT));
        assert_eq!(identity.need("Arn"), Ok("arn:aws:iam::111122223333:user/sandbox"));
    }
}
