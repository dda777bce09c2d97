//! Calls of services that speak JSON, signed by hand: the few that are needed do not pay for an SDK.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity as SigningIdentity;
use bytes::Bytes;
use landfall_state::with_causes;
use serde_json::Value as Json;
use url::Url;

use crate::access::{FailureKind, Http};
use crate::credentials::Identity;

/// A service that is called.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub http: Http,
    pub identity: Identity,
    /// As it is signed: `dynamodb`.
    pub name: &'static str,
    /// Version before the operation: `DynamoDB_20120810`.
    pub target: &'static str,
    /// Media type.
    pub media: &'static str,
    pub endpoint: Url,
}

/// Why a call failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct ServiceError {
    /// The service's code; empty where there was no answer.
    pub code: String,
    pub message: String,
    /// It may pass.
    is_passing: bool,
}

const ATTEMPTS: u32 = 5;

impl Service {
    /// Makes a call; failures that may pass are tried again.
    pub async fn call(&self, operation: &str, input: &Json) -> Result<Json, ServiceError> {
        let mut attempt = 1;
        loop {
            match self.call_once(operation, input).await {
                Err(error) if error.is_passing && attempt < ATTEMPTS => {
                    tokio::time::sleep(std::time::Duration::from_millis(100) * (1 << attempt)).await;
                    attempt += 1;
                }
                ended => return ended,
            }
        }
    }

    async fn call_once(&self, operation: &str, input: &Json) -> Result<Json, ServiceError> {
        let body = Bytes::from(input.to_string());
        let target = format!("{}.{operation}", self.target);
        let mut request = http::Request::builder()
            .method("POST")
            .uri(self.endpoint.as_str())
            .header("content-type", self.media)
            .header("x-amz-target", target.as_str());
        for (name, value) in self.signature(&target, &body).await? {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(|error| unsent(with_causes(&error)))?;
        let answer = self.http.call(request).await.map_err(|failure| ServiceError {
            is_passing: failure.kind != FailureKind::Other,
            ..unsent(failure.reason)
        })?;
        let status = answer.status();
        let read: Json = serde_json::from_slice(answer.body()).unwrap_or_default();
        if status.is_success() {
            return Ok(read);
        }
        let text = |name: &str| read.get(name).and_then(Json::as_str);
        let code = text("__type").and_then(|code| code.rsplit('#').next()).unwrap_or(status.as_str()).to_owned();
        let message = text("message").or_else(|| text("Message")).unwrap_or_default().to_owned();
        let is_throttled = code.contains("Throttl") || code == "ProvisionedThroughputExceededException";
        Err(ServiceError { is_passing: status.is_server_error() || is_throttled, code, message })
    }

    async fn signature(&self, target: &str, body: &[u8]) -> Result<Vec<(&'static str, String)>, ServiceError> {
        let keys = self.identity.keys.get().await;
        let keys = keys.map_err(|error| unsent(format!("no valid credentials were found: {}", with_causes(&error))))?;
        let identity = SigningIdentity::from(keys);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.identity.region)
            .name(self.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsent(with_causes(&error)))?;
        let host = match (self.endpoint.host_str().unwrap_or_default(), self.endpoint.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let headers = [("host", host.as_str()), ("content-type", self.media), ("x-amz-target", target)];
        let request =
            SignableRequest::new("POST", self.endpoint.as_str(), headers.into_iter(), SignableBody::Bytes(body))
                .map_err(|error| unsent(with_causes(&error)))?;
        let signed = sign(request, &parameters.into()).map_err(|error| unsent(with_causes(&error)))?;
        let (headers, _) = signed.into_parts().0.into_parts();
        Ok(headers.into_iter().map(|header| (header.name(), header.value().to_owned())).collect())
    }
}

fn unsent(message: String) -> ServiceError {
    ServiceError { code: "no answer".to_owned(), message, is_passing: false }
}
