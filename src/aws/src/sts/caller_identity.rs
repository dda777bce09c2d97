//! Data source `aws_caller_identity`: whose credentials are in use.

use landfall_provider::{Args, Attrs, CallResult, DataSource, Filled, Read};

use crate::client::Aws;
use crate::error::Answer;

/// Whose credentials are in use.
pub struct CallerIdentity;

/// What a user may write.
#[derive(Args, Clone)]
#[args(framework)]
pub struct CallerIdentityArgs {
    /// The account's number.
    id: Filled<String>,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct CallerIdentityAttrs {
    /// Number of the account.
    account_id: String,
    /// ARN of the identity.
    arn: String,
    /// Id that no other identity will ever have.
    user_id: String,
}

impl DataSource for CallerIdentity {
    type Args = CallerIdentityArgs;
    type Attrs = CallerIdentityAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_caller_identity";

    async fn read(aws: &Aws, _: &CallerIdentityArgs) -> CallResult<Read<Self>> {
        let identity = aws.sts().get_caller_identity().send().await.answer()?;
        let attrs = CallerIdentityAttrs {
            account_id: identity.account.unwrap_or_default(),
            arn: identity.arn.unwrap_or_default(),
            user_id: identity.user_id.unwrap_or_default(),
        };
        let id = attrs.account_id.clone();
        Ok(Read { args: CallerIdentityArgs { id: id.clone().into() }, id, attrs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    #[test]
    fn the_account_is_the_id() {
        let answer = "<Arn>arn:aws:sts::1:assumed-role/a/b</Arn><UserId>AROA1:b</UserId><Account>1</Account>";
        let script = [("sts GetCallerIdentity", ok(answer))];
        let args = read_args("{}");
        let read = check_requests(&script, async |aws| CallerIdentity::read(aws, &args).await).unwrap();
        assert_eq!((read.id.as_str(), read.args.id.as_deref()), ("1", Some("1")));
        assert_eq!(read.attrs.arn, "arn:aws:sts::1:assumed-role/a/b");
        assert_eq!(read.attrs.user_id, "AROA1:b");
    }
}
