//! The ephemeral resource `test_secret`: a text that is there while it is open.

use landfall_provider::{Args, Attrs, CallResult, Ephemeral, Opened, Sensitive};

use crate::cloud::{Call, TestCloud};

pub struct Secret;

/// Which secret.
#[derive(Clone, Args)]
pub struct SecretArgs {
    /// Name of the secret.
    name: String,
}

/// What is there while it is open.
#[derive(Clone, Attrs)]
pub struct SecretAttrs {
    /// The text: `secret of NAME`.
    text: Sensitive<String>,
}

impl Ephemeral for Secret {
    type Args = SecretArgs;
    type Attrs = SecretAttrs;
    type Client = TestCloud;
    const TYPE: &'static str = "test_secret";

    async fn open(cloud: &TestCloud, args: &SecretArgs) -> CallResult<Opened<Self>> {
        cloud.call(Call::Open, Self::TYPE, &args.name).await?;
        let attrs = SecretAttrs { text: format!("secret of {}", args.name).into() };
        Ok(Opened { args: args.clone(), attrs, private: Some(args.name.clone().into_bytes()) })
    }

    async fn close(cloud: &TestCloud, private: Option<&[u8]>) -> CallResult<()> {
        let name = String::from_utf8_lossy(private.unwrap_or_default());
        cloud.call(Call::Close, Self::TYPE, &name).await
    }
}
