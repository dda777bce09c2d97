//! STS: who calls, and how callers become roles.

mod assume;
mod web_identity;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::constraints::{Text, length, range};
use super::{Event, Family, read, write};
use crate::protocol::Call;
use crate::protocol::fault::Fault;
use crate::sandbox::ACCOUNT;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;
use crate::world::World;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[&IDENTITY, &assume::FAMILY, &web_identity::FAMILY];

const IDENTITY: Family = Family {
    service: "sts",
    operations: &[
        read("GetCallerIdentity", &[], get_caller_identity),
        read("GetAccessKeyInfo", &["AccessKeyId"], get_access_key_info),
        write("GetFederationToken", &["Name", "Policy", "PolicyArns", "DurationSeconds", "Tags"], get_federation_token),
        write("GetSessionToken", &["DurationSeconds", "SerialNumber", "TokenCode"], get_session_token),
        read("DecodeAuthorizationMessage", &["EncodedMessage"], decode_message),
    ],
    events: &[Event { name: "sts.session-forgotten", happen: forget }],
};

/// Name and unique id of the user whose key is not one that the sandbox has given out.
pub(crate) const USER: (&str, &str) = ("sandbox", "AIDASANDBOXUSER222222");
/// How long a session that has ended is remembered, so that its key is answered by `ExpiredToken`. After that, the key is
/// like any other that the sandbox has not given out.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);
const SESSION_NAME: Text = Text { least: 2, most: 64, pattern: r"[\w+=,.@-]*", accepts: is_name };

/// Names of federated users.
const FEDERATED_NAME: Text = Text { least: 2, most: 32, pattern: r"[\w+=,.@-]*", accepts: is_name };

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

/// The sandbox encodes no messages: none can be decoded.
fn decode_message(_: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    length(1, 10240).need(input, "EncodedMessage")?;
    Err(Fault::new("InvalidAuthorizationMessageException", "Message is not valid"))
}

fn get_session_token(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let lasts = check_lasting(scope, input, "GetSessionToken")?;
    let caller = scope.caller();
    let credentials = begin(scope, caller, lasts);
    Ok(tree! { "Credentials": credentials })
}

/// Returns how long the session of a user is to last. Sessions cannot begin one of these.
fn check_lasting(scope: &Scope<'_>, input: &Tree, operation: &str) -> Result<Duration, Fault> {
    let seconds = range(input, "DurationSeconds", 900, 129_600)?.unwrap_or(43200);
    if scope.caller().expires.is_some() {
        let message = format!("Cannot call {operation} with session credentials");
        return Err(Fault::with_status(403, "AccessDenied", message));
    }
    Ok(Duration::from_secs(seconds.unsigned_abs()))
}

fn get_federation_token(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = FEDERATED_NAME.need(input, "Name")?;
    let lasts = check_lasting(scope, input, "GetFederationToken")?;
    let arn = format!("arn:{}:sts::{}:federated-user/{name}", scope.partition(), scope.account);
    let user_id = format!("{}:{name}", scope.account);
    let user = tree! { "FederatedUserId": user_id.as_str(), "Arn": arn.as_str() };
    let principal = Principal { arn, user_id, role_arn: None, expires: None };
    let credentials = begin(scope, principal, lasts);
    // What policies take of their place.
    let packed = input.has("Policy").then_some(1);
    Ok(tree! { "Credentials": credentials, "FederatedUser": user, "PackedPolicySize": packed })
}

/// Gives out credentials that stand for a principal.
fn begin(scope: &mut Scope<'_>, principal: Principal, lasts: Duration) -> Tree {
    let mut key = scope.ids().iam("ASIA");
    key.truncate(20);
    let secret = scope.ids().lower(40);
    let token = format!("IQoJb3JpZ2luX2Vj{}", scope.ids().lower(200));
    let ends = scope.now + lasts;
    let answer = tree! {
        "AccessKeyId": key.as_str(),
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": ends,
    };
    scope.later(lasts + REMEMBERED, "sts.session-forgotten", &key);
    scope.sts_mut().sessions.insert(key, Principal { expires: Some(ends), ..principal });
    answer
}

fn forget(scope: &mut Scope<'_>, key: &str) {
    scope.sts_mut().sessions.remove(key);
}

/// Returns how a service refuses a call of a session that has ended.
pub(crate) fn ended(world: &World, account: &str, call: &Call, now: Timestamp) -> Option<Fault> {
    let session = world.account(account)?.sts.sessions.get(&call.access_key)?;
    session.expires.filter(|ends| *ends <= now)?;
    let message = "The security token included in the request is expired";
    Some(match call.service.as_str() {
        "ec2" => Fault::new("RequestExpired", "Request has expired."),
        "s3" => Fault::new("ExpiredToken", "The provided token has expired."),
        "iam" | "sts" | "autoscaling" => Fault::with_status(403, "ExpiredToken", message),
        "eks" => Fault::with_status(403, "ExpiredTokenException", message),
        _ => Fault::new("ExpiredTokenException", message),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let tags: Vec<_> = (0..51).map(|number| tree! { "Key": number.to_string(), "Value": "" }).collect();
        let input = tree! { "RoleArn": arn.as_str(), "RoleSessionName": "ci", "Tags": tags };
        assert_eq!(code(cloud.http("sts", "AssumeRole", input)), "ValidationError");
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
        cloud.wait(Duration::from_secs(3600));
        assert_eq!(code(cloud.0.call(&call)), "ExpiredToken");
        let (service, operation) = ("ec2".to_owned(), "DescribeVpcs".to_owned());
        assert_eq!(code(cloud.0.call(&Call { service, operation, ..call })), "RequestExpired");
    }

    #[test]
    fn users_get_sessions_and_sessions_do_not() {
        let cloud = Cloud::new();
        let answer = cloud.http("sts", "GetSessionToken", tree! { "DurationSeconds": 900 }).unwrap();
        let call = |operation: &str| {
            let access_key = answer.need("Credentials.AccessKeyId").unwrap().to_owned();
            let (service, operation) = ("sts".to_owned(), operation.to_owned());
            cloud.0.call(&Call { service, region: REGION.to_owned(), access_key, operation, input: tree! {} })
        };
        assert_eq!(call("GetCallerIdentity").unwrap().need("Arn"), Ok("arn:aws:iam::111122223333:user/sandbox"));
        assert_eq!(code(call("GetSessionToken")), "AccessDenied");
        assert_eq!(code(call("GetFederationToken")), "ValidationError");
        let answer = cloud.http("sts", "GetFederationToken", tree! { "Name": "bob" }).unwrap();
        assert_eq!(answer.need("FederatedUser.Arn"), Ok("arn:aws:sts::111122223333:federated-user/bob"));
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
