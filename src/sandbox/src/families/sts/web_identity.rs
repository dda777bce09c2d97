//! Holders of tokens of OIDC providers that become roles, as pods do.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::SESSION_NAME;
use super::assume::{packed, session_of};
use crate::families::constraints::{length, range};
use crate::families::{Family, iam, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "sts",
    operations: &[write(
        "AssumeRoleWithWebIdentity",
        &["RoleArn", "RoleSessionName", "WebIdentityToken", "DurationSeconds", "Policy", "PolicyArns", "ProviderId"],
        assume,
    )],
    events: &[],
};

/// What a token says. Its signature is not checked: the sandbox's issuers have no keys.
struct Claims {
    /// Host and path of the issuer.
    issuer: String,
    subject: String,
    audiences: Vec<String>,
    expires: Option<i64>,
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("InvalidIdentityToken", message)
}

fn claims(token: &str) -> Result<Claims, Fault> {
    let malformed =
        || invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(malformed());
    };
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).map_err(|_| malformed())?;
    let payload: Value = serde_json::from_slice(&payload).map_err(|_| malformed())?;
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let (issuer, subject) = (text("iss").ok_or_else(malformed)?, text("sub").ok_or_else(malformed)?);
    Ok(Claims {
        issuer: issuer.trim_start_matches("https://").trim_end_matches('/').to_owned(),
        subject: subject.to_owned(),
        audiences: iam::texts(payload.get("aud")).into_iter().map(str::to_owned).collect(),
        expires: payload.get("exp").and_then(Value::as_i64),
    })
}

fn assume(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let arn = length(20, 2048).need(input, "RoleArn")?;
    let session = SESSION_NAME.need(input, "RoleSessionName")?;
    let seconds = range(input, "DurationSeconds", 900, 43200)?.unwrap_or(3600);
    let claims = claims(length(4, 20000).need(input, "WebIdentityToken")?)?;
    packed(input)?;
    let now = scope.now.millis() / 1000;
    if let Some(expires) = claims.expires.filter(|expires| *expires <= now) {
        let message =
            format!("Token expired: current date/time {now} must be before the expiration date/time {expires}");
        return Err(Fault::new("ExpiredTokenException", message));
    }
    let provider_arn = scope.global_arn("iam", &format!("oidc-provider/{}", claims.issuer));
    let provider = scope.iam().providers.get(&provider_arn);
    let unknown = || invalid(format!("No OpenIDConnect provider found in your account for https://{}", claims.issuer));
    let provider = provider.ok_or_else(unknown)?;
    let audience = claims.audiences.iter().find(|audience| provider.client_ids.contains(audience));
    let audience = audience.ok_or_else(|| invalid("Incorrect token audience"))?.clone();
    let denied = || Fault::with_status(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let (name, role) = scope.role_by_arn(arn).ok_or_else(denied)?;
    let (subject_key, audience_key) = (format!("{}:sub", claims.issuer), format!("{}:aud", claims.issuer));
    let context = [
        (subject_key.as_str(), claims.subject.as_str()),
        (audience_key.as_str(), audience.as_str()),
        ("sts:RoleSessionName", session),
    ];
    let names = [provider_arn.clone()];
    let action = "sts:AssumeRoleWithWebIdentity";
    if !iam::lets_in(&role.trust.document, "Federated", &names, action, &context)? {
        return Err(denied());
    }
    let role = (name.to_owned(), role.id.clone(), role.max_session_seconds);
    let (user, credentials) = session_of(scope, role, arn, session, seconds)?;
    Ok(tree! {
        "Credentials": credentials,
        "SubjectFromWebIdentityToken": claims.subject,
        "AssumedRoleUser": user,
        "Provider": provider_arn,
        "Audience": audience,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::{Cloud, code};

    const ISSUER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";

    fn token(subject: &str, audience: &str, expires: i64) -> String {
        let payload = format!(r#"{{"iss":"https://{ISSUER}","sub":"{subject}","aud":["{audience}"],"exp":{expires}}}"#);
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn tokens_of_known_issuers_are_exchanged() {
        let cloud = Cloud::new();
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
            "Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"}},
            "Condition":{{"StringEquals":{{"{ISSUER}:sub":"system:serviceaccount:ns:sa"}}}}}}]}}"#
        );
        let role = tree! { "RoleName": "pod", "AssumeRolePolicyDocument": document };
        let arn = cloud.call("iam", "CreateRole", role).unwrap().need("Role.Arn").unwrap().to_owned();
        cloud.wait(Duration::from_secs(10));
        let assume = |token: String| {
            let input = tree! { "RoleArn": arn.as_str(), "RoleSessionName": "pod", "WebIdentityToken": token };
            cloud.call("sts", "AssumeRoleWithWebIdentity", input)
        };
        let (sub, aud, late) = ("system:serviceaccount:ns:sa", "sts.amazonaws.com", 4_000_000_000);
        assert_eq!(code(assume("token".to_owned())), "InvalidIdentityToken");
        assert_eq!(code(assume(token(sub, aud, late))), "InvalidIdentityToken");
        let provider = tree! { "Url": format!("https://{ISSUER}"), "ClientIDList": vec![aud] };
        cloud.call("iam", "CreateOpenIDConnectProvider", provider).unwrap();
        assert_eq!(code(assume(token(sub, "other", late))), "InvalidIdentityToken");
        assert_eq!(code(assume(token("system:serviceaccount:ns:other", aud, late))), "AccessDenied");
        assert_eq!(code(assume(token(sub, aud, 1))), "ExpiredTokenException");
        let answer = assume(token(sub, aud, late)).unwrap();
        assert_eq!(answer.need("Audience"), Ok(aud));
        assert!(answer.need("AssumedRoleUser.Arn").unwrap().ends_with(":assumed-role/pod/pod"));
    }
}
