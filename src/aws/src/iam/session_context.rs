//! Data source `aws_iam_session_context`: the role behind a session.

use landfall_provider::{Args, Attrs, CallResult, DataSource, Read};

use crate::arn::Arn;
use crate::client::Aws;
use crate::error::{Answer, incomplete};

/// The role behind a session.
pub struct SessionContext;

/// What a user may write.
#[derive(Args, Clone)]
pub struct SessionContextArgs {
    /// ARN of a session, or of anything else, which is its own issuer.
    #[arg(format(arn))]
    arn: String,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct SessionContextAttrs {
    /// ARN of the role.
    issuer_arn: String,
    /// Id of the role that no other role will ever have.
    issuer_id: String,
    /// Name of the role.
    issuer_name: String,
    /// Name of the session.
    session_name: String,
}

impl DataSource for SessionContext {
    type Args = SessionContextArgs;
    type Attrs = SessionContextAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_iam_session_context";

    async fn read(aws: &Aws, args: &SessionContextArgs) -> CallResult<Read<Self>> {
        let attrs = match role_and_session(&args.arn) {
            Some((name, session)) => {
                let answer = aws.iam().get_role().role_name(&name).send().await.answer()?;
                let role = answer.role.ok_or_else(|| incomplete("GetRole", "role"))?;
                SessionContextAttrs {
                    issuer_arn: role.arn,
                    issuer_id: role.role_id,
                    issuer_name: name,
                    session_name: session,
                }
            }
            None => SessionContextAttrs {
                issuer_arn: args.arn.clone(),
                issuer_id: String::new(),
                issuer_name: String::new(),
                session_name: String::new(),
            },
        };
        Ok(Read { id: args.arn.clone(), args: args.clone(), attrs })
    }
}

/// Returns role and session of `arn:aws:sts::1:assumed-role/ROLE/SESSION`. A session's name has two characters or more.
fn role_and_session(arn: &str) -> Option<(String, String)> {
    let arn: Arn = arn.parse().ok().filter(|arn: &Arn| arn.service == "sts")?;
    let (role, session) = arn.resource.strip_prefix("assumed-role/")?.rsplit_once('/')?;
    let role = role.rsplit('/').next().filter(|role| !role.is_empty())?;
    (session.len() >= 2).then(|| (role.to_owned(), session.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    #[test]
    fn a_session_leads_to_its_role() {
        let role = "<Role><Path>/ci/</Path><RoleName>deploy</RoleName><RoleId>AROA1</RoleId>\
            <Arn>arn:aws:iam::1:role/ci/deploy</Arn><CreateDate>2026-01-31T12:00:00Z</CreateDate></Role>";
        let script = [("iam GetRole RoleName=deploy", ok(role))];
        let args = read_args(r#"{"arn": "arn:aws:sts::1:assumed-role/deploy/me@example.org"}"#);
        let read = check_requests(&script, async |aws| SessionContext::read(aws, &args).await).unwrap();
        assert_eq!(read.attrs.issuer_arn, "arn:aws:iam::1:role/ci/deploy");
        assert_eq!((read.attrs.issuer_name.as_str(), read.attrs.session_name.as_str()), ("deploy", "me@example.org"));
    }

    #[test]
    fn what_is_no_session_is_its_own_issuer() {
        for arn in ["arn:aws:iam::1:user/me", "arn:aws:iam::1:role/assumed-role/a/b", "arn:aws:sts::1:assumed-role/a"] {
            let args = read_args(&format!(r#"{{"arn": "{arn}"}}"#));
            let read = check_requests(&[], async |aws| SessionContext::read(aws, &args).await).unwrap();
            assert_eq!((read.attrs.issuer_arn.as_str(), read.attrs.session_name.as_str()), (arn, ""));
        }
    }
}
