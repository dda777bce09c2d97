//! Objects of S3: a GET, signed with the credentials that the AWS command line would use.

use std::time::SystemTime;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use url::Url;

use crate::error::{FetchError, Fetched};
use crate::web::{Headers, Web};

/// Returns the headers that sign a GET.
pub(crate) async fn signed_headers(url: &Url, region: &str) -> Fetched<Headers> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Web::for_sdk())
        .region(Region::new(region.to_owned()))
        .load()
        .await;
    let provider = config.credentials_provider();
    let provider = provider.ok_or_else(|| FetchError::Signing("there are no AWS credentials".to_owned()))?;
    let credentials = provider.provide_credentials().await;
    let credentials =
        credentials.map_err(|error| FetchError::Signing(format!("no AWS credentials were found: {error}")))?;
    headers_at(url, region, credentials, SystemTime::now())
}

fn headers_at(url: &Url, region: &str, credentials: Credentials, now: SystemTime) -> Fetched<Headers> {
    let failed = |error: &dyn std::error::Error| FetchError::Signing(error.to_string());
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = Identity::from(credentials);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| failed(&error))?;
    let host = match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let request =
        SignableRequest::new("GET", url.as_str(), [("host", host.as_str())].into_iter(), SignableBody::Bytes(&[]))
            .map_err(|error| failed(&error))?;
    let (instructions, _) = sign(request, &parameters.into()).map_err(|error| failed(&error))?.into_parts();
    let (headers, _) = instructions.into_parts();
    Ok(headers.into_iter().map(|header| (header.name(), header.value().to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn the_signature_is_that_of_the_object() {
        let url = Url::parse("https://examplebucket.s3.amazonaws.com/test.zip").unwrap();
        let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", Some("token".to_owned()), None, "test");
        let headers = headers_at(&url, "us-east-1", keys, UNIX_EPOCH + Duration::from_secs(1_369_353_600)).unwrap();
        let header = |name: &str| headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str());
        assert_eq!(header("x-amz-date"), Some("20130524T000000Z"));
        assert_eq!(header("x-amz-security-token"), Some("token"));
        let authorization = header("authorization").unwrap();
        let scope = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
                     SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
        assert!(authorization.contains(scope), "{authorization}");
    }
}
