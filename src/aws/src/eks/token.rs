//! Tokens for the Kubernetes API of a cluster: a presigned call of STS, which the control plane makes to learn who asks.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use landfall_provider::{CallError, CallResult};

use crate::client::Aws;

const PREFIX: &str = "k8s-aws-v1.";
/// The header that ties a token to one cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";
/// How long the signature itself says that it is valid; the control plane takes a token for longer.
const SIGNED_FOR: Duration = Duration::from_secs(60);
/// How long the control plane takes a token, less a minute for clocks that differ.
const ACCEPTED_FOR: Duration = Duration::from_secs(14 * 60);

/// A token; never shown by `Debug`.
pub struct ClusterToken {
    /// The bearer token.
    pub text: String,
    /// Until when to use it.
    pub expires: SystemTime,
}

/// Returns a token for a cluster, signed with the configured credentials. Makes no call.
///
/// # Errors
/// When there are no credentials.
pub async fn token(aws: &Aws, cluster: &str) -> CallResult<ClusterToken> {
    let provider = aws.credentials().ok_or_else(|| CallError::local("credentials", "there are no AWS credentials"))?;
    let credentials = provider.provide_credentials().await;
    let credentials = credentials.map_err(|error| CallError::local("credentials", error.to_string()))?;
    token_at(cluster, aws.region(), aws.partition().dns_suffix, credentials, SystemTime::now())
}

fn token_at(
    cluster: &str,
    region: &str,
    dns_suffix: &str,
    credentials: Credentials,
    now: SystemTime,
) -> CallResult<ClusterToken> {
    let internal = |error: &dyn std::error::Error| CallError::local("signing", error.to_string());
    let host = format!("sts.{region}.{dns_suffix}");
    // The query string is part of what is signed, and STS counts X-Amz-Expires among it.
    let url = format!("https://{host}/?Action=GetCallerIdentity&Version=2011-06-15");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(SIGNED_FOR);
    let identity = Identity::from(credentials);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| internal(&error))?;
    let headers = [("host", host.as_str()), (CLUSTER_HEADER, cluster)];
    let request = SignableRequest::new("GET", url.as_str(), headers.into_iter(), SignableBody::Bytes(&[]))
        .map_err(|error| internal(&error))?;
    let signed = sign(request, &parameters.into()).map_err(|error| internal(&error))?;
    let (instructions, _) = signed.into_parts();
    let mut request = http::Request::get(url.as_str()).body(()).map_err(|error| internal(&error))?;
    instructions.apply_to_request_http1x(&mut request);
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(request.uri().to_string()));
    Ok(ClusterToken { text, expires: now + ACCEPTED_FOR })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_presigned_url_of_sts() {
        let credentials = Credentials::new("AKID", "secret", Some("session".to_owned()), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let token = token_at("demo", "eu-central-1", "amazonaws.com", credentials, now).unwrap();
        let url = URL_SAFE_NO_PAD.decode(token.text.strip_prefix(PREFIX).unwrap()).unwrap();
        let url = String::from_utf8(url).unwrap();
        let start = "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&";
        assert!(url.starts_with(start), "{url}");
        for part in [
            "X-Amz-Expires=60",
            "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
            "X-Amz-Credential=AKID%2F20231114%2Feu-central-1%2Fsts%2Faws4_request",
            "X-Amz-Security-Token=session",
            "X-Amz-Signature=",
        ] {
            assert!(url.contains(part), "`{part}` is not in {url}");
        }
        assert_eq!(token.expires.duration_since(now).unwrap(), ACCEPTED_FOR);
    }
}
