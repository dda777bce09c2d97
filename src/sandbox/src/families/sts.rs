//! STS: who calls, and how callers become roles.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::constraints::{Text, length, range};
use super::{Event, Family, iam, read, write};
use crate::protocol::fault::Fault;
use crate::sandbox::ACCOUNT;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;
use crate::world::World;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[&IDENTITY, &ROLES];

const IDENTITY: Family = Family {
    service: "sts",
    operations: &[
        read("GetCallerIdentity", &[], get_caller_identity),
        read("GetAccessKeyInfo", &["AccessKeyId"], get_access_key_info),
    ],
    events: &[],
};

const ROLES: Family = Family {
    service: "sts",
    operations: &[write("AssumeRole", &["RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId"], assume_role)],
    events: &[Event { name: "sts.session-forgotten", happen: forget }],
};

/// Name and unique id of the user whose key is not one that the sandbox has given out.
pub(crate) const USER: (&str, &str) = ("sandbox", "AIDASANDBOXUSER222222");
/// How long a session of a role that was itself assumed may be, at most.
const CHAINED_SECONDS: i64 = 3600;
/// How long a session that has ended is remembered: its key is answered by `ExpiredToken`.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);
const SESSION_NAME: Text = Text { least: 2, most: 64, pattern: r"[\w+=,.@-]*", accepts: is_name };
const EXTERNAL_ID: Text =
    Text { least: 2, most: 1224, pattern: r"[\w+=,.@:\/-]*", accepts: |text| is_name(&text.replace([':', '/'], "")) };

fn is_name(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character))
}

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
    /// ARN of the role that was assumed.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// When the session ends.
    #[serde(default)]
    pub expires: Option<Timestamp>,
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
            role_arn: None,
            expires: None,
        })
    }
}

fn get_caller_identity(scope: &Scope<'_>, _: &Tree) -> Result<Tree, Fault> {
    let Principal { arn, user_id, .. } = scope.caller();
    Ok(tree! { "Arn": arn, "UserId": user_id, "Account": scope.account })
}

fn get_access_key_info(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let key = length(16, 128).need(input, "AccessKeyId")?;
    Ok(tree! { "Account": account_of(scope.world, key) })
}

/// Also where the role is new or absent, the answer is that it may not be assumed.
fn assume_role(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = length(20, 2048).need(input, "RoleArn")?;
    let session = SESSION_NAME.need(input, "RoleSessionName")?;
    let seconds = range(input, "DurationSeconds", 900, 43200)?;
    let external_id = EXTERNAL_ID.optional(input, "ExternalId")?;
    if !arn.starts_with("arn:") || !arn.contains(":role/") {
        return Err(Fault::new("ValidationError", format!("{arn} is invalid")));
    }
    let caller = scope.caller();
    let denied = || {
        let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", caller.arn);
        Fault::with_status(403, "AccessDenied", message)
    };
    let (name, role) = scope.role_by_arn(arn).ok_or_else(denied)?;
    let mut context = vec![
        ("aws:PrincipalArn", caller.role_arn.as_deref().unwrap_or(&caller.arn)),
        ("aws:PrincipalAccount", scope.account),
        ("sts:RoleSessionName", session),
    ];
    context.extend(external_id.map(|id| ("sts:ExternalId", id)));
    if !iam::is_allowed(scope, &role.trust.document, "sts:AssumeRole", &context)? {
        return Err(denied());
    }
    let (seconds, is_chained) = (seconds.unwrap_or(3600), caller.role_arn.is_some());
    if is_chained && seconds > CHAINED_SECONDS {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(Fault::new("ValidationError", message));
    }
    if seconds > role.max_session_seconds {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Fault::new("ValidationError", message));
    }
    let (name, role_id) = (name.to_owned(), role.id.clone());
    Ok(begin(scope, &name, &role_id, arn, session, Duration::from_secs(seconds.unsigned_abs())))
}

fn begin(scope: &mut Scope<'_>, role: &str, role_id: &str, role_arn: &str, session: &str, lasts: Duration) -> Tree {
    let principal = Principal {
        arn: scope.global_arn("sts", &format!("assumed-role/{role}/{session}")),
        user_id: format!("{role_id}:{session}"),
        role_arn: Some(role_arn.to_owned()),
        expires: Some(scope.now + lasts),
    };
    let mut key = scope.ids().iam("ASIA");
    key.truncate(20);
    let secret = scope.ids().lower(40);
    let token = format!("IQoJb3JpZ2luX2Vj{}", scope.ids().lower(200));
    let (now, region) = (scope.now, scope.region.to_owned());
    if let Some(role) = scope.iam_mut().roles.get_mut(role) {
        role.last_used = Some((now, region));
    }
    let answer = tree! {
        "Credentials": tree! {
            "AccessKeyId": key.as_str(),
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": now + lasts,
        },
        "AssumedRoleUser": tree! { "AssumedRoleId": principal.user_id.as_str(), "Arn": principal.arn.as_str() },
    };
    scope.later(lasts + REMEMBERED, "sts.session-forgotten", &key);
    scope.sts_mut().sessions.insert(key, principal);
    answer
}

fn forget(scope: &mut Scope<'_>, key: &str) {
    scope.sts_mut().sessions.remove(key);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Call;
    use crate::testing::{Cloud, REGION, code};

    #[test]
    fn unknown_keys_are_of_the_one_user() {
        let identity = Cloud::new().http("sts", "GetCallerIdentity", tree! {}).unwrap();
        assert_eq!(identity.need("Account"), Ok(ACCOUNT));
        assert_eq!(identity.need("Arn"), Ok("arn:aws:iam::111122223333:user/sandbox"));
    }

    fn role(cloud: &Cloud, name: &str, condition: &str) -> String {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Condition":{{{condition}}}}}]}}"#
        );
        let input = tree! { "RoleName": name, "AssumeRolePolicyDocument": document };
        cloud.call("iam", "CreateRole", input).unwrap().need("Role.Arn").unwrap().to_owned()
    }

    #[test]
    fn sessions_are_who_calls_with_their_keys() {
        let cloud = Cloud::new();
        let arn = role(&cloud, "deployer", "");
        let assume = || cloud.http("sts", "AssumeRole", tree! { "RoleArn": arn.as_str(), "RoleSessionName": "ci" });
        assert_eq!(code(assume()), "AccessDenied", "the role has not reached STS yet");
        cloud.wait(Duration::from_secs(10));
        let answer = assume().unwrap();
        let key = answer.need("Credentials.AccessKeyId").unwrap();
        assert_eq!(key.len(), 20);
        let call = Call {
            service: "sts".to_owned(),
            region: REGION.to_owned(),
            access_key: key.to_owned(),
            operation: "GetCallerIdentity".to_owned(),
            input: tree! {},
        };
        let identity = cloud.0.call(&call).unwrap();
        assert_eq!(identity.need("Arn"), Ok("arn:aws:sts::111122223333:assumed-role/deployer/ci"));
        assert!(identity.need("UserId").unwrap().ends_with(":ci"));
    }

    #[test]
    fn trust_and_durations_are_checked() {
        let cloud = Cloud::new();
        let arn = role(&cloud, "r", r#""StringEquals":{"sts:ExternalId":"secret"}"#);
        cloud.wait(Duration::from_secs(10));
        let assume = |more: Tree| {
            let mut input = tree! { "RoleArn": arn.as_str(), "RoleSessionName": "s-1" };
            more.members().for_each(|(name, value)| input.set(name, value));
            cloud.call("sts", "AssumeRole", input)
        };
        assert_eq!(code(assume(tree! {})), "AccessDenied");
        assert_eq!(code(assume(tree! { "ExternalId": "other" })), "AccessDenied");
        assert!(assume(tree! { "ExternalId": "secret" }).is_ok());
        assert_eq!(code(assume(tree! { "ExternalId": "secret", "DurationSeconds": 7200 })), "ValidationError");
        assert_eq!(code(assume(tree! { "DurationSeconds": 60 })), "ValidationError");
    }
}
