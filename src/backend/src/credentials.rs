//! Credentials: of the settings, of environment and profiles, of an assumed role.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use aws_types::region::Region;
use landfall_state::with_causes;
use serde_json::{Map, Value as Json};
use tokio::sync::Mutex;

use crate::access::{Access, Http};
use crate::settings::texts;
use crate::{Problem, Settings};

/// Name of a session that the configuration does not name.
const SESSION: &str = "landfall";
/// Credentials are asked for anew this long before they end.
const MARGIN: Duration = Duration::from_secs(300);

/// Region and credentials.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub region: String,
    pub keys: Arc<Keys>,
}

/// Credentials, asked for when they are first needed and when they end.
#[derive(Debug)]
pub(crate) struct Keys {
    provider: SharedCredentialsProvider,
    known: Mutex<Option<Credentials>>,
}

impl Keys {
    pub fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, known: Mutex::new(None) }
    }

    pub async fn get(&self) -> Result<Credentials, CredentialsError> {
        let mut known = self.known.lock().await;
        let is_good = |keys: &Credentials| keys.expiry().is_none_or(|end| end > SystemTime::now() + MARGIN);
        if let Some(keys) = known.as_ref().filter(|keys| is_good(keys)) {
            return Ok(keys.clone());
        }
        let keys = self.provider.provide_credentials().await?;
        *known = Some(keys.clone());
        Ok(keys)
    }
}

/// Finds region and credentials.
pub(crate) async fn find(settings: &Settings, access: &Access, http: &Http) -> Result<Identity, Problem> {
    let files = profile_files(settings);
    let region = region_chain(settings, files.clone());
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.for_sdk()).region(region);
    if let Some(files) = files {
        loader = loader.profile_files(files);
    }
    if let Some(profile) = settings.text("profile") {
        loader = loader.profile_name(profile);
    }
    if let Some(keys) = access.credentials().or_else(|| own_keys(settings)) {
        loader = loader.credentials_provider(keys);
    }
    let config = loader.load().await;
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    if region.is_empty() {
        let detail = "The \"region\" attribute or the \"AWS_REGION\" or \"AWS_DEFAULT_REGION\" environment variables must \
                      be set.";
        return Err(Problem::of("region", "Missing region value", detail));
    }
    check_region(settings, &region)?;
    let provider = match access.credentials() {
        Some(keys) => Some(keys),
        None => with_roles(settings, &config),
    };
    let provider = provider.ok_or_else(|| Problem::new("No valid credential sources found", NO_CREDENTIALS))?;
    let identity = Identity { region, keys: Arc::new(Keys::new(provider)) };
    check_account(settings, &config, &identity).await?;
    Ok(identity)
}

/// The block, then the environment, then the profile. Instance metadata is not asked: off an instance that takes seconds.
fn region_chain(settings: &Settings, files: Option<EnvConfigFiles>) -> RegionProviderChain {
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(files) = files {
        profile = profile.profile_files(files);
    }
    if let Some(name) = settings.text("profile") {
        profile = profile.profile_name(name);
    }
    RegionProviderChain::first_try(settings.text("region").map(|region| Region::new(region.to_owned())))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
}

const NO_CREDENTIALS: &str =
    "Set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or sign in with\n\n    aws sso login";

fn check_region(settings: &Settings, region: &str) -> Result<(), Problem> {
    let parts: Vec<&str> = region.split('-').collect();
    let is_plausible = parts.len() >= 3 && parts.last().is_some_and(|number| number.parse::<u8>().is_ok());
    if is_plausible || settings.flag("skip_region_validation") == Some(true) {
        return Ok(());
    }
    let detail = format!("Invalid AWS Region: {region}. To use it all the same, set `skip_region_validation`.");
    Err(Problem::of("region", "Invalid region value", detail))
}

fn own_keys(settings: &Settings) -> Option<SharedCredentialsProvider> {
    let (access, secret) = (settings.text("access_key")?, settings.text("secret_key")?);
    let token = settings.text("token").map(str::to_owned);
    Some(SharedCredentialsProvider::new(Credentials::new(access, secret, token, None, "backend block")))
}

fn profile_files(settings: &Settings) -> Option<EnvConfigFiles> {
    let config = settings.texts("shared_config_files");
    let one = settings.text("shared_credentials_file").map(|path| vec![path.to_owned()]);
    let credentials = settings.texts("shared_credentials_files").or(one);
    if config.is_none() && credentials.is_none() {
        return None;
    }
    let mut files = EnvConfigFiles::builder();
    for (paths, kind) in [(config, EnvConfigFileKind::Config), (credentials, EnvConfigFileKind::Credentials)] {
        files = match (paths, kind) {
            (Some(paths), kind) => paths.iter().fold(files, |files, path| files.with_file(kind, home(path))),
            (None, EnvConfigFileKind::Config) => files.include_default_config_file(true),
            (None, EnvConfigFileKind::Credentials) => files.include_default_credentials_file(true),
        };
    }
    Some(files.build())
}

/// Returns the path with `~` spelled out.
fn home(path: &str) -> String {
    match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => path.to_owned(),
    }
}

fn sts(settings: &Settings, config: &SdkConfig) -> aws_sdk_sts::config::Builder {
    let mut sts = aws_sdk_sts::config::Builder::from(config);
    if let Some(endpoint) = settings.endpoint("sts", "sts_endpoint", &["AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT"]) {
        sts.set_endpoint_url(Some(endpoint));
    }
    if let Some(region) = settings.text("sts_region") {
        sts.set_region(Some(Region::new(region.to_owned())));
    }
    sts
}

fn with_roles(settings: &Settings, config: &SdkConfig) -> Option<SharedCredentialsProvider> {
    let mut provider = config.credentials_provider();
    let roles = [("assume_role_with_web_identity", true), ("assume_role", false)];
    for (setting, by_token) in roles {
        let Some(role) = settings.object(setting).filter(|role| text(role, "role_arn").is_some()) else { continue };
        let mut sts = sts(settings, config);
        if !by_token {
            sts.set_credentials_provider(Some(provider?));
        }
        let client = aws_sdk_sts::Client::from_conf(sts.build());
        provider = Some(SharedCredentialsProvider::new(Assumed { client, role: role.clone(), by_token }));
    }
    provider
}

/// Checks that the account is one that the settings allow.
async fn check_account(settings: &Settings, config: &SdkConfig, identity: &Identity) -> Result<(), Problem> {
    let (allowed, forbidden) = (settings.texts("allowed_account_ids"), settings.texts("forbidden_account_ids"));
    if allowed.is_none() && forbidden.is_none() {
        return Ok(());
    }
    let sts = sts(settings, config).credentials_provider(identity.keys.provider.clone()).build();
    let answer = aws_sdk_sts::Client::from_conf(sts).get_caller_identity().send().await;
    let answer = answer.map_err(|error| {
        let detail = format!("Whose credentials these are cannot be told: {}.", with_causes(&error));
        Problem::new("Retrieving AWS account details", detail)
    })?;
    let account = answer.account.unwrap_or_default();
    let is_allowed = allowed.is_none_or(|allowed| allowed.contains(&account));
    if is_allowed && !forbidden.is_some_and(|forbidden| forbidden.contains(&account)) {
        return Ok(());
    }
    let detail = format!("AWS account ID not allowed: {account}");
    Err(Problem::new("Invalid account ID", detail))
}

/// Credentials of one role.
struct Assumed {
    client: aws_sdk_sts::Client,
    role: Map<String, Json>,
    by_token: bool,
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
            let keys = if self.by_token { self.by_token().await? } else { self.by_keys().await? };
            let keys = keys.ok_or_else(|| CredentialsError::unhandled("the answer has no credentials"))?;
            let expiry = SystemTime::try_from(keys.expiration).map_err(CredentialsError::provider_error)?;
            let token = Some(keys.session_token);
            Ok(Credentials::new(keys.access_key_id, keys.secret_access_key, token, Some(expiry), "assumed role"))
        })
    }
}

type Answered = Result<Option<aws_sdk_sts::types::Credentials>, CredentialsError>;

impl Assumed {
    async fn by_keys(&self) -> Answered {
        let tags = self.role.get("tags").and_then(Json::as_object).map(|tags| {
            let tag = |(key, value): (&String, &Json)| {
                Tag::builder().key(key).value(value.as_str().unwrap_or_default()).build()
            };
            tags.iter().map(tag).collect::<Result<Vec<_>, _>>()
        });
        let tags = tags.transpose().map_err(CredentialsError::invalid_configuration)?;
        let answer = self
            .client
            .assume_role()
            .set_role_arn(text(&self.role, "role_arn"))
            .role_session_name(text(&self.role, "session_name").unwrap_or_else(|| SESSION.to_owned()))
            .set_duration_seconds(seconds(&self.role)?)
            .set_external_id(text(&self.role, "external_id"))
            .set_policy(text(&self.role, "policy"))
            .set_policy_arns(policies(&self.role))
            .set_source_identity(text(&self.role, "source_identity"))
            .set_tags(tags)
            .set_transitive_tag_keys(self.role.get("transitive_tag_keys").and_then(texts))
            .send()
            .await;
        Ok(answer.map_err(CredentialsError::provider_error)?.credentials)
    }

    async fn by_token(&self) -> Answered {
        let token = match (text(&self.role, "web_identity_token"), text(&self.role, "web_identity_token_file")) {
            (Some(token), _) => token,
            (None, Some(path)) => {
                std::fs::read_to_string(path).map_err(CredentialsError::invalid_configuration)?.trim().to_owned()
            }
            (None, None) => {
                let missing = "neither `web_identity_token` nor `web_identity_token_file` is set";
                return Err(CredentialsError::invalid_configuration(missing));
            }
        };
        let answer = self
            .client
            .assume_role_with_web_identity()
            .set_role_arn(text(&self.role, "role_arn"))
            .role_session_name(text(&self.role, "session_name").unwrap_or_else(|| SESSION.to_owned()))
            .web_identity_token(token)
            .set_duration_seconds(seconds(&self.role)?)
            .set_policy(text(&self.role, "policy"))
            .set_policy_arns(policies(&self.role))
            .send()
            .await;
        Ok(answer.map_err(CredentialsError::provider_error)?.credentials)
    }
}

fn text(role: &Map<String, Json>, name: &str) -> Option<String> {
    Some(role.get(name)?.as_str().filter(|text| !text.is_empty())?.to_owned())
}

/// Returns the duration of a session, which is written as `1h30m`.
fn seconds(role: &Map<String, Json>) -> Result<Option<i32>, CredentialsError> {
    let Some(duration) = text(role, "duration") else { return Ok(None) };
    let invalid =
        || CredentialsError::invalid_configuration(format!("`duration` is `{duration}`, not one like `1h30m`"));
    let mut total = 0;
    let mut rest = duration.as_str();
    while !rest.is_empty() {
        let unit = rest.find(|character: char| !character.is_ascii_digit()).ok_or_else(invalid)?;
        let number: i32 = rest[..unit].parse().map_err(|_| invalid())?;
        total += match rest.as_bytes()[unit] {
            b'h' => number.saturating_mul(3600),
            b'm' => number.saturating_mul(60),
            b's' => number,
            _ => return Err(invalid()),
        };
        rest = &rest[unit + 1..];
    }
    Ok(Some(total))
}

fn policies(role: &Map<String, Json>) -> Option<Vec<PolicyDescriptorType>> {
    let arns = role.get("policy_arns").and_then(texts)?;
    Some(arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect())
}
