//! The bucket as an object store: endpoint, encryption and retries of the settings, HTTP of the AWS SDKs.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use landfall_state::with_causes;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{BackoffConfig, CredentialProvider, RetryConfig};
use url::Url;

use crate::access::{CallFailure, FailureKind, Http};
use crate::credentials::{Identity, Keys};
use crate::{Problem, Settings};

/// How often a call is tried, if not set.
const RETRIES: u64 = 5;
/// How long a call is tried.
const PATIENCE: Duration = Duration::from_secs(120);

/// Returns the bucket of the settings.
pub(crate) fn open(settings: &Settings, identity: &Identity, http: &Http) -> Result<AmazonS3, Problem> {
    let name = settings.text("bucket").unwrap_or_default();
    let (endpoint, is_virtual) = endpoint(settings, &identity.region, name)?;
    let retries = settings.number("max_retries").unwrap_or(RETRIES);
    let retry = RetryConfig {
        max_retries: usize::try_from(retries).unwrap_or(usize::MAX),
        retry_timeout: PATIENCE,
        backoff: BackoffConfig::default(),
    };
    let mut options = ClientOptions::new().with_allow_http(endpoint.starts_with("http://"));
    if let Some(acl) = settings.text("acl") {
        let value = acl.parse().map_err(|_| Problem::of("acl", "Invalid Value", format!("`{acl}` is no ACL.")))?;
        options =
            options.with_default_headers([(http::HeaderName::from_static("x-amz-acl"), value)].into_iter().collect());
    }
    let builder = AmazonS3Builder::new()
        .with_bucket_name(name)
        .with_region(&identity.region)
        .with_endpoint(endpoint)
        .with_virtual_hosted_style_request(is_virtual)
        .with_credentials(Arc::new(ForObjects(identity.keys.clone())))
        .with_retry(retry)
        .with_disable_bulk_delete(true)
        .with_client_options(options)
        .with_http_connector(Seam(http.clone()));
    let builder = encrypted(builder, settings)?;
    builder.build().map_err(|error| Problem::new("Error configuring S3 Backend", format!("{}.", with_causes(&error))))
}

fn encrypted(builder: AmazonS3Builder, settings: &Settings) -> Result<AmazonS3Builder, Problem> {
    let from_environment = std::env::var("AWS_SSE_CUSTOMER_KEY").ok().filter(|key| !key.is_empty());
    let customer_key = settings.text("sse_customer_key").map(str::to_owned).or(from_environment);
    let is_on = settings.flag("encrypt") == Some(true);
    if let Some(key) = customer_key {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(&key);
        if !bytes.is_ok_and(|bytes| bytes.len() == 32) {
            let detail = "The value of `sse_customer_key` must be 32 bytes, encoded in base64.";
            return Err(Problem::of("sse_customer_key", "Invalid Value", detail));
        }
        return Ok(if is_on { builder.with_ssec_encryption(key) } else { builder });
    }
    Ok(match settings.text("kms_key_id") {
        Some(key) if is_on => builder.with_sse_kms_encryption(key),
        None if is_on => {
            let kind = "aws_server_side_encryption".parse().expect("the object store knows this key");
            builder.with_config(kind, "AES256")
        }
        Some(_) | None => builder,
    })
}

/// Returns where the bucket is, and whether its name is part of the host's.
fn endpoint(settings: &Settings, region: &str, bucket: &str) -> Result<(String, bool), Problem> {
    let path_style = settings.flag("use_path_style").or_else(|| settings.flag("force_path_style")) == Some(true);
    let variables = ["AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL"];
    let given = settings.endpoint("s3", "endpoint", &variables);
    let is_given = given.is_some();
    let text = given.unwrap_or_else(|| of_aws(settings, region));
    let text = if text.contains("://") { text } else { format!("https://{text}") };
    let text = text.trim_end_matches('/').to_owned();
    let invalid = |why: String| Problem::of("endpoints", "Invalid Value", format!("The endpoint `{text}`: {why}."));
    let url = Url::parse(&text).map_err(|error| invalid(error.to_string()))?;
    let Some(host) = url.host() else { return Err(invalid("it has no host".to_owned())) };
    let is_name = matches!(host, url::Host::Domain(_));
    // The certificates of AWS are for one label before the service's name.
    if path_style || !is_name || (!is_given && bucket.contains('.')) {
        return Ok((text, false));
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", &text));
    Ok((format!("{scheme}://{bucket}.{rest}"), true))
}

fn of_aws(settings: &Settings, region: &str) -> String {
    let suffix = match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        _ => "amazonaws.com",
    };
    let on = |name| settings.flag(name) == Some(true);
    let service = if on("use_fips_endpoint") { "s3-fips" } else { "s3" };
    let dual = if on("use_dualstack_endpoint") { "dualstack." } else { "" };
    format!("https://{service}.{dual}{region}.{suffix}")
}

/// Calls of the object store, made by the SDK's client.
#[derive(Clone, Debug)]
struct Seam(Http);

impl HttpConnector for Seam {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

type Called<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for Seam {
    fn call<'life, 'async_trait>(&'life self, request: HttpRequest) -> Called<'async_trait>
    where
        'life: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body: Bytes = body.collect().await?.to_bytes();
            let answer = self.0.call(http::Request::from_parts(parts, body)).await.map_err(failed)?;
            Ok(answer.map(Into::into))
        })
    }
}

fn failed(failure: CallFailure) -> HttpError {
    let kind = match failure.kind {
        FailureKind::Connection => HttpErrorKind::Interrupted,
        FailureKind::Timeout => HttpErrorKind::Timeout,
        FailureKind::Interrupted => HttpErrorKind::Interrupted,
        FailureKind::Other => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, failure)
}

/// Credentials in the object store's form.
#[derive(Debug)]
struct ForObjects(Arc<Keys>);

type Provided<'a> = Pin<Box<dyn Future<Output = object_store::Result<Arc<AwsCredential>>> + Send + 'a>>;

impl CredentialProvider for ForObjects {
    type Credential = AwsCredential;

    fn get_credential<'life, 'async_trait>(&'life self) -> Provided<'async_trait>
    where
        'life: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let keys = self.0.get().await.map_err(|error| object_store::Error::Generic {
                store: "S3",
                source: format!("no valid credentials were found: {}", with_causes(&error)).into(),
            })?;
            Ok(Arc::new(AwsCredential {
                key_id: keys.access_key_id().to_owned(),
                secret_key: keys.secret_access_key().to_owned(),
                token: keys.session_token().map(str::to_owned),
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(settings: serde_json::Value, region: &str, expected: &str) {
        let given = settings.as_object().expect("an object").clone().into_iter().collect();
        let settings = Settings::of(&given).expect("valid settings");
        assert_eq!(endpoint(&settings, region, "states").expect("an endpoint").0, expected);
    }

    #[test]
    fn endpoints_are_those_of_the_sdk() {
        use serde_json::json;
        check(json!({}), "eu-west-1", "https://states.s3.eu-west-1.amazonaws.com");
        check(json!({}), "cn-north-1", "https://states.s3.cn-north-1.amazonaws.com.cn");
        check(json!({"use_path_style": true}), "eu-west-1", "https://s3.eu-west-1.amazonaws.com");
        check(
            json!({"use_dualstack_endpoint": true}),
            "eu-west-1",
            "https://states.s3.dualstack.eu-west-1.amazonaws.com",
        );
        check(json!({"endpoints": {"s3": "http://127.0.0.1:9000/"}}), "eu-west-1", "http://127.0.0.1:9000");
        check(json!({"endpoint": "minio.local:9000"}), "eu-west-1", "https://states.minio.local:9000");
    }
}
