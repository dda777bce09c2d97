//! Credentials of assumed roles.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use landfall_provider::{CallResult, Sensitive, Set, parse_duration};

use super::arguments::{AssumeRole, AssumeRoleWithWebIdentity, ProviderArgs};
use crate::error::{Answer, incomplete};

/// Name of a session that the configuration does not name.
const SESSION: &str = "landfall";

/// Returns the configuration's own keys, if it has some.
pub fn own_keys(args: &ProviderArgs) -> Option<SharedCredentialsProvider> {
    let (access, secret) = (args.access_key.as_ref()?, args.secret_key.as_ref()?);
    let token = args.token.as_ref().map(|token| token.expose().clone());
    let keys = Credentials::new(access.clone(), secret.expose().clone(), token, None, "provider block");
    Some(SharedCredentialsProvider::new(keys))
}

/// Returns the provider of the credentials that the roles give, one after the other; `config` has those to start with.
pub fn assumed(
    args: &ProviderArgs,
    config: &SdkConfig,
    sts: &aws_sdk_sts::Config,
) -> Option<SharedCredentialsProvider> {
    let mut provider = config.credentials_provider();
    let mut any = false;
    if let Some(identity) = args.assume_role_with_web_identity.clone().filter(|identity| identity.role_arn.is_some()) {
        let client = aws_sdk_sts::Client::from_conf(sts.clone());
        provider = Some(SharedCredentialsProvider::new(Assumed { client, role: Role::ByToken(identity) }));
        any = true;
    }
    for role in args.assume_role.iter().filter(|role| role.role_arn.is_some()) {
        let sts = sts.to_builder().credentials_provider(provider?).build();
        let client = aws_sdk_sts::Client::from_conf(sts);
        provider = Some(SharedCredentialsProvider::new(Assumed { client, role: Role::ByKeys(role.clone()) }));
        any = true;
    }
    provider.filter(|_| any)
}

enum Role {
    ByKeys(AssumeRole),
    ByToken(AssumeRoleWithWebIdentity),
}

/// Credentials of one role. The SDK's cache asks anew shortly before they expire.
struct Assumed {
    client: aws_sdk_sts::Client,
    role: Role,
}

impl std::fmt::Debug for Assumed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Assumed")
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let answer = match &self.role {
                Role::ByKeys(role) => self.by_keys(role).await,
                Role::ByToken(role) => self.by_token(role).await,
            };
            let keys = answer.map_err(CredentialsError::provider_error)?;
            let expiry = SystemTime::try_from(keys.expiration).map_err(CredentialsError::provider_error)?;
            Ok(Credentials::new(
                keys.access_key_id,
                keys.secret_access_key,
                Some(keys.session_token),
                Some(expiry),
                "assumed role",
            ))
        })
    }
}

impl Assumed {
    async fn by_keys(&self, role: &AssumeRole) -> CallResult<aws_sdk_sts::types::Credentials> {
        let tags = role.tags.as_ref().map(|tags| {
            tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build().answer()).collect()
        });
        let answer = self
            .client
            .assume_role()
            .set_role_arn(role.role_arn.clone())
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION))
            .set_duration_seconds(seconds(role.duration.as_deref()))
            .set_external_id(role.external_id.clone())
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(role.policy_arns.as_ref()))
            .set_source_identity(role.source_identity.clone())
            .set_tags(tags.transpose()?)
            .set_transitive_tag_keys(role.transitive_tag_keys.clone().map(Set::into_vec))
            .send()
            .await
            .answer()?;
        answer.credentials.ok_or_else(|| incomplete("AssumeRole", "credentials"))
    }

    async fn by_token(&self, role: &AssumeRoleWithWebIdentity) -> CallResult<aws_sdk_sts::types::Credentials> {
        let answer = self
            .client
            .assume_role_with_web_identity()
            .set_role_arn(role.role_arn.clone())
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION))
            .web_identity_token(token(role)?)
            .set_duration_seconds(seconds(role.duration.as_deref()))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(role.policy_arns.as_ref()))
            .send()
            .await
            .answer()?;
        answer.credentials.ok_or_else(|| incomplete("AssumeRoleWithWebIdentity", "credentials"))
    }
}

fn token(role: &AssumeRoleWithWebIdentity) -> CallResult<String> {
    use landfall_provider::CallError;
    match (&role.web_identity_token, &role.web_identity_token_file) {
        (Some(token), _) => Ok(Sensitive::expose(token).clone()),
        (None, Some(path)) => std::fs::read_to_string(path)
            .map(|token| token.trim().to_owned())
            .map_err(|error| CallError::local("web_identity_token_file", format!("cannot read `{path}`: {error}"))),
        (None, None) => Err(CallError::local("web_identity_token", "neither a token nor a file with one is set")),
    }
}

fn seconds(duration: Option<&str>) -> Option<i32> {
    let seconds = parse_duration(duration?).as_ref().map(Duration::as_secs)?;
    i32::try_from(seconds).ok()
}

fn policies(arns: Option<&Set<String>>) -> Option<Vec<PolicyDescriptorType>> {
    arns.map(|arns| arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect())
}
