//! From the `provider` block to a client.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use landfall_diag::{Diagnostic, Diagnostics};
use landfall_provider::value::Value;
use landfall_provider::{CallError, Caller, Facts, Fields, Within};

use super::arguments::ProviderArgs;
use super::{Transport, credentials, http};
use crate::client::{Aws, Setup};
use crate::error::{Answer, DISPATCH, TIMEOUT};
use crate::tags::TagRules;

/// Time to reach an endpoint.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for one answer.
const ATTEMPT: Duration = Duration::from_secs(60);
/// For how long an endpoint is tried that is not reached: long enough for a network that has just come up.
const UNREACHED: Duration = Duration::from_secs(3);
/// Start of environment variables that add default tags.
const DEFAULT_TAG_VARIABLES: &str = "TF_AWS_DEFAULT_TAGS_";

/// Returns the client of a configuration, and what planning may know.
///
/// # Errors
/// When something in the block is refused, no region is known, or the credentials do not work.
pub async fn configure(
    config: &Value,
    transport: Option<&Transport>,
    caller: Caller<'_>,
) -> Result<(Aws, Facts), Diagnostics> {
    let args = ProviderArgs::read(config).map_err(|error| {
        Diagnostic::error("Provider configuration cannot be read", format!("{error}. This is a bug in landfall."))
    })?;
    refuse_unsupported(&args)?;
    let config = sdk_config(&args, transport).await?;
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    check_region(&args, &region)?;
    let setup = Setup {
        endpoints: endpoints(&args),
        sts_region: args.sts_region.clone(),
        account: None,
        tags: tag_rules(&args),
        config: with_roles(&args, config, transport),
    };
    let account = account(&args, &setup, caller).await?;
    let aws = Aws::new(Setup { account: account.clone(), ..setup });
    let partition = aws.partition();
    let facts = Facts {
        account,
        partition: Some(partition.name.to_owned()),
        region: Some(region),
        dns_suffix: Some(partition.dns_suffix.to_owned()),
        default_tags: aws.tag_rules().defaults.clone(),
    };
    Ok((aws, facts))
}

fn refuse_unsupported(args: &ProviderArgs) -> Result<(), Diagnostics> {
    let refused = [
        (
            args.insecure == Some(true),
            "insecure",
            "Name the authority that signed the certificates in `custom_ca_bundle`.",
        ),
        (
            args.ec2_metadata_service_endpoint.is_some(),
            "ec2_metadata_service_endpoint",
            "Set the environment variable `AWS_EC2_METADATA_SERVICE_ENDPOINT`.",
        ),
        (
            args.ec2_metadata_service_endpoint_mode.is_some(),
            "ec2_metadata_service_endpoint_mode",
            "Set the environment variable `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`.",
        ),
        (
            args.tag_policy_compliance.as_deref().is_some_and(|compliance| compliance != "disabled"),
            "tag_policy_compliance",
            "Check tags in the organization, or by variable validation.",
        ),
    ];
    let mut diagnostics: Diagnostics = refused
        .iter()
        .filter(|(is_set, ..)| *is_set)
        .map(|(_, name, instead)| {
            Diagnostic::error("Unsupported provider argument", format!("`{name}` is not supported. {instead}"))
        })
        .collect();
    if args.access_key.is_some() != args.secret_key.is_some() {
        let detail = "Of `access_key` and `secret_key` only one is set. Set both, or none.";
        diagnostics.push(Diagnostic::error("Incomplete credentials", detail));
    }
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

async fn sdk_config(args: &ProviderArgs, transport: Option<&Transport>) -> Result<SdkConfig, Diagnostics> {
    let http = match transport {
        Some(transport) => transport.http.clone(),
        None => http::client(args)?,
    };
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
    let files = profile_files(args);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .region(region_chain(args, files.clone()));
    if let Some(files) = files {
        loader = loader.profile_files(files);
    }
    if let Some(profile) = &args.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(is_used) = args.use_fips_endpoint {
        loader = loader.use_fips(is_used);
    }
    if let Some(is_used) = args.use_dualstack_endpoint {
        loader = loader.use_dual_stack(is_used);
    }
    let keys = transport.map(|transport| transport.credentials.clone()).or_else(|| credentials::own_keys(args));
    if let Some(keys) = keys {
        loader = loader.credentials_provider(keys);
    }
    Ok(loader.load().await)
}

/// The block, then the environment, then the profile. Instance metadata is not asked: off an instance that takes
/// seconds, and a configuration should not mean another region elsewhere.
fn region_chain(args: &ProviderArgs, files: Option<EnvConfigFiles>) -> RegionProviderChain {
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(files) = files {
        profile = profile.profile_files(files);
    }
    if let Some(name) = &args.profile {
        profile = profile.profile_name(name);
    }
    RegionProviderChain::first_try(args.region.clone().map(Region::new))
        .or_else(aws_config::environment::EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
}

fn profile_files(args: &ProviderArgs) -> Option<EnvConfigFiles> {
    if args.shared_config_files.is_none() && args.shared_credentials_files.is_none() {
        return None;
    }
    let mut files = EnvConfigFiles::builder();
    let kinds = [
        (&args.shared_config_files, EnvConfigFileKind::Config),
        (&args.shared_credentials_files, EnvConfigFileKind::Credentials),
    ];
    for (paths, kind) in kinds {
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

fn check_region(args: &ProviderArgs, region: &str) -> Result<(), Diagnostics> {
    if region.is_empty() {
        let detail = "No AWS region is configured. Set `region` in the provider block, or the environment variable \
                      `AWS_REGION`, or `region` in the profile.";
        return Err(Diagnostic::error("Missing region", detail).into());
    }
    let parts: Vec<&str> = region.split('-').collect();
    let is_plausible = parts.len() >= 3 && parts.last().is_some_and(|number| number.parse::<u8>().is_ok());
    if is_plausible || args.skip_region_validation == Some(true) {
        return Ok(());
    }
    let detail = format!("`{region}` does not look like an AWS region, such as `eu-central-1`.");
    Err(Diagnostic::error("Invalid region", detail).into())
}

fn with_roles(args: &ProviderArgs, config: SdkConfig, transport: Option<&Transport>) -> SdkConfig {
    if transport.is_some() {
        return config;
    }
    let mut sts = aws_sdk_sts::config::Builder::from(&config).retry_config(RetryConfig::standard());
    if let Some(endpoint) = endpoints(args).remove("sts") {
        sts.set_endpoint_url(Some(endpoint));
    }
    if let Some(region) = &args.sts_region {
        sts.set_region(Some(Region::new(region.clone())));
    }
    match credentials::assumed(args, &config, &sts.build()) {
        Some(provider) => config.into_builder().credentials_provider(provider).build(),
        None => config,
    }
}

fn endpoints(args: &ProviderArgs) -> BTreeMap<String, String> {
    let each = args.endpoints.iter().flat_map(|endpoints| endpoints.by_service());
    each.map(|(service, endpoint)| (service.to_owned(), endpoint.to_owned())).collect()
}

fn tag_rules(args: &ProviderArgs) -> TagRules {
    let variables = std::env::vars()
        .filter_map(|(name, value)| Some((name.strip_prefix(DEFAULT_TAG_VARIABLES)?.to_owned(), value)));
    let mut defaults: BTreeMap<String, String> = variables.collect();
    defaults.extend(args.default_tags.clone().and_then(|block| block.tags).unwrap_or_default());
    let ignored = args.ignore_tags.as_ref();
    let keys = ignored.and_then(|block| block.keys.as_ref()).into_iter().flatten();
    let prefixes = ignored.and_then(|block| block.key_prefixes.as_ref()).into_iter().flatten();
    TagRules { defaults, ignored_keys: keys.cloned().collect(), ignored_prefixes: prefixes.cloned().collect() }
}

/// Asks whose credentials these are, which also tells whether they work.
async fn account(args: &ProviderArgs, setup: &Setup, caller: Caller<'_>) -> Result<Option<String>, Diagnostics> {
    if args.skip_requesting_account_id == Some(true) {
        return Ok(None);
    }
    let aws = Aws::new(setup.clone());
    let sts = aws.sts();
    let ask = || async { sts.get_caller_identity().send().await.answer() };
    let identity = caller.read("sts", &patience, ask).await;
    let identity = identity.map_err(|error| why_not(&error, &sts_endpoint(setup, &aws)))?;
    let account = identity.account.unwrap_or_default();
    let is_allowed = args.allowed_account_ids.as_ref().is_none_or(|allowed| allowed.contains(&account));
    let is_forbidden = args.forbidden_account_ids.as_ref().is_some_and(|forbidden| forbidden.contains(&account));
    if !is_allowed || is_forbidden {
        let detail = format!(
            "The credentials are of account `{account}`, which `allowed_account_ids` or `forbidden_account_ids` of the \
             provider block excludes. Nothing was changed."
        );
        return Err(Diagnostic::error("AWS account not allowed", detail).into());
    }
    Ok(Some(account))
}

/// Returns for how long it is worth asking again: not at all without credentials, shortly where nothing is reached.
fn patience(error: &CallError) -> Option<Within> {
    let unreached = (error.code == DISPATCH).then_some(UNREACHED)?;
    Some(Within(if lacks_credentials(error) { Duration::ZERO } else { unreached }))
}

fn lacks_credentials(error: &CallError) -> bool {
    error.code == DISPATCH && ["credential", "identity"].iter().any(|word| error.message.contains(word))
}

/// Returns where STS is asked, as far as the configuration tells.
fn sts_endpoint(setup: &Setup, aws: &Aws) -> String {
    let own = setup.endpoints.get("sts").cloned().or_else(|| std::env::var("AWS_ENDPOINT_URL_STS").ok());
    own.or_else(|| setup.config.endpoint_url().map(ToOwned::to_owned)).unwrap_or_else(|| {
        let region = setup.sts_region.as_deref().unwrap_or(aws.region());
        format!("https://sts.{region}.{}", aws.partition().dns_suffix)
    })
}

/// Returns what to tell a user whose credentials could not be checked.
fn why_not(error: &CallError, endpoint: &str) -> Diagnostics {
    let (summary, advice) = match error.code.as_str() {
        _ if lacks_credentials(error) => (
            "No valid AWS credentials found",
            "Set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or sign in with\n\n    aws sso login",
        ),
        DISPATCH | TIMEOUT => (
            "AWS endpoint cannot be reached",
            "Check the network, the proxy and the endpoints in the provider block or in `AWS_ENDPOINT_URL`.",
        ),
        "ExpiredToken" | "ExpiredTokenException" => {
            ("AWS credentials have expired", "Sign in anew, or renew the session token.")
        }
        _ => ("AWS credentials do not work", "Check the keys, the profile and the role that is assumed."),
    };
    let error = error.to_string();
    let error = sentence(&error);
    let detail = if summary.ends_with("reached") { format!("{endpoint}: {error}") } else { error.to_owned() };
    Diagnostic::error(summary, format!("{detail}. {advice}")).into()
}

fn sentence(text: &str) -> &str {
    text.trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::SharedHttpClient;
    use landfall_provider::{Budgets, Cancellation, Runtime, VirtualClock};

    use super::*;
    use crate::test_support::{Canned, check_requests_over, conformed, fails, ok, tag_map};

    const WHO: &str = "sts GetCallerIdentity";

    fn check_configure(config: &str, script: &[(&str, Canned)]) -> Result<(Aws, Facts), Vec<String>> {
        let config = conformed(&ProviderArgs::block(), config);
        let outcome = check_requests_over(script, async |replay| {
            let credentials = SharedCredentialsProvider::new(Credentials::for_tests());
            let transport = Transport { http: SharedHttpClient::new(replay), credentials };
            let runtime = Runtime::new(Arc::new(VirtualClock::new()), Arc::new(Budgets::new()));
            configure(&config, Some(&transport), runtime.caller(&Cancellation::new())).await
        });
        outcome.map_err(|diagnostics| diagnostics.into_iter().map(|diagnostic| diagnostic.summary).collect())
    }

    fn account() -> Canned {
        ok("<Account>123456789012</Account>")
    }

    #[test]
    fn the_account_and_what_follows_from_the_region_are_facts() {
        let config = r#"{"region": "cn-north-1", "default_tags": [{"tags": {"team": "a"}}]}"#;
        let (aws, facts) = check_configure(config, &[(WHO, account())]).unwrap();
        assert_eq!(facts.account.as_deref(), Some("123456789012"));
        assert_eq!(
            (facts.partition.as_deref(), facts.dns_suffix.as_deref()),
            (Some("aws-cn"), Some("amazonaws.com.cn"))
        );
        assert_eq!(facts.default_tags, tag_map(&[("team", "a")]));
        assert_eq!(aws.arn("eks", "cluster/c"), "arn:aws-cn:eks:cn-north-1:123456789012:cluster/c");
        assert_eq!(aws.for_region("cn-northwest-1").region(), "cn-northwest-1");
    }

    #[test]
    fn the_account_is_not_asked_for_where_that_is_skipped() {
        let config = r#"{"region": "eu-central-1", "skip_requesting_account_id": true}"#;
        assert_eq!(check_configure(config, &[]).unwrap().1.account, None);
    }

    #[test]
    fn accounts_that_are_excluded_are_refused() {
        for rule in ["\"allowed_account_ids\": [\"1\"]", "\"forbidden_account_ids\": [\"123456789012\"]"] {
            let config = format!(r#"{{"region": "eu-central-1", {rule}}}"#);
            let refused = check_configure(&config, &[(WHO, account())]).err();
            assert_eq!(refused, Some(vec!["AWS account not allowed".to_owned()]));
        }
    }

    #[test]
    fn a_service_that_is_busy_is_asked_again() {
        let config = r#"{"region": "eu-central-1"}"#;
        let script =
            [(WHO, fails("Throttling", "Rate exceeded")), (WHO, fails("InternalFailure", "")), (WHO, account())];
        assert!(check_configure(config, &script).is_ok());
    }

    #[test]
    fn an_endpoint_that_is_not_reached_is_tried_for_seconds_and_lacking_credentials_are_told_at_once() {
        let error = |message: &str| patience(&CallError::local(DISPATCH, message)).map(|Within(limit)| limit);
        assert_eq!(error("connection refused"), Some(UNREACHED));
        assert_eq!(error("the credential provider was not enabled"), Some(Duration::ZERO));
        assert!(patience(&CallError::local("ExpiredToken", "")).is_none());
    }

    #[test]
    fn bad_credentials_are_told_from_expired_ones() {
        let config = r#"{"region": "eu-central-1"}"#;
        let summary = |code| check_configure(config, &[(WHO, fails(code, "no"))]).err().unwrap().remove(0);
        assert_eq!(summary("InvalidClientTokenId"), "AWS credentials do not work");
        assert_eq!(summary("ExpiredToken"), "AWS credentials have expired");
    }

    #[test]
    fn what_is_not_supported_is_refused_all_at_once() {
        let config =
            r#"{"region": "eu-central-1", "insecure": true, "tag_policy_compliance": "error", "access_key": "a"}"#;
        let refused = check_configure(config, &[]).err().unwrap();
        let unsupported = "Unsupported provider argument";
        assert_eq!(refused, [unsupported, unsupported, "Incomplete credentials"]);
        assert_eq!(check_configure(r#"{"region": "nowhere"}"#, &[]).err().unwrap(), ["Invalid region"]);
    }
}
