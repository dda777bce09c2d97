//! How services are reached: over the network, or inside the process.

use landfall_state::with_causes;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use landfall_state::remote::ServerClock;

use crate::{Problem, Settings};

/// Time to reach an endpoint.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for more of an answer.
const READ: Duration = Duration::from_secs(60);

/// Where calls go.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Answers every request, in place of the network.
    connector: Option<SharedHttpConnector>,
    /// Signs them, in place of what settings and environment say.
    credentials: Option<SharedCredentialsProvider>,
}

/// Makes HTTP calls.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    connector: SharedHttpConnector,
    /// What the services say what time it is.
    pub clock: ServerClock,
    /// Whether answers tell the time: inside the process it may pass faster.
    tells_time: bool,
}

impl Access {
    /// Returns the access over the network, with the credentials that settings and environment name.
    pub fn of_environment() -> Self {
        Self::default()
    }

    /// Returns the access to an account inside the process, whose requests are signed with fixed keys.
    pub fn over(connector: impl HttpConnector + 'static, access_key: &str, secret_key: &str) -> Self {
        let keys = Credentials::new(access_key, secret_key, None, None, "access");
        let credentials = Some(SharedCredentialsProvider::new(keys));
        Self { connector: Some(SharedHttpConnector::new(connector)), credentials }
    }

    pub(crate) fn credentials(&self) -> Option<SharedCredentialsProvider> {
        self.credentials.clone()
    }

    pub(crate) fn http(&self, settings: Option<&Settings>) -> Result<Http, Problem> {
        let connector = match &self.connector {
            Some(connector) => connector.clone(),
            None => SharedHttpConnector::new(network(settings)?),
        };
        Ok(Http { connector, clock: ServerClock::default(), tells_time: self.connector.is_none() })
    }
}

impl Http {
    /// Returns the client for the AWS SDK.
    pub fn for_sdk(&self) -> SharedHttpClient {
        let connector = self.connector.clone();
        http_client_fn(move |_, _| connector.clone())
    }

    /// Makes a call and reads the whole answer.
    pub async fn call(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, CallFailure> {
        let malformed =
            |error: &dyn std::error::Error| CallFailure { kind: FailureKind::Other, reason: with_causes(error) };
        let request = request.map(SdkBody::from).try_into().map_err(|error| malformed(&error))?;
        let answer = self.connector.call(request).await.map_err(|error| CallFailure {
            kind: match () {
                () if error.is_timeout() => FailureKind::Timeout,
                () if error.is_io() => FailureKind::Connection,
                () => FailureKind::Other,
            },
            reason: with_causes(&error),
        })?;
        let answer = answer.try_into_http1x().map_err(|error| malformed(&error))?;
        let (parts, body) = answer.into_parts();
        let time = parts.headers.get(http::header::DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
        if let (true, Some(time)) = (self.tells_time, time) {
            self.clock.told(time);
        }
        let body = ByteStream::new(body).collect().await;
        let body = body.map_err(|error| CallFailure { kind: FailureKind::Interrupted, reason: with_causes(&error) })?;
        Ok(http::Response::from_parts(parts, body.into_bytes()))
    }
}

/// A call without an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct CallFailure {
    pub kind: FailureKind,
    pub reason: String,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    Connection,
    Timeout,
    Interrupted,
    Other,
}

fn http_date(text: &str) -> Option<SystemTime> {
    let time = aws_smithy_types::DateTime::from_str(text, aws_smithy_types::date_time::Format::HttpDate).ok()?;
    SystemTime::try_from(time).ok()
}

fn network(settings: Option<&Settings>) -> Result<Connector, Problem> {
    let patience = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(READ).build();
    let mut connector = Connector::builder().proxy_config(proxy(settings)?);
    connector.set_connector_settings(Some(patience));
    connector.set_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep::new())));
    Ok(connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls(settings)?).build())
}

fn proxy(settings: Option<&Settings>) -> Result<ProxyConfig, Problem> {
    let text = |name: &str| settings.and_then(|settings| settings.text(name));
    let config = match (text("http_proxy"), text("https_proxy")) {
        (None, None) => return Ok(ProxyConfig::from_env()),
        (Some(http), Some(https)) if http == https => ProxyConfig::all(http),
        (Some(http), None) => ProxyConfig::http(http),
        (None, Some(https)) => ProxyConfig::https(https),
        (Some(_), Some(_)) => {
            let detail = "`http_proxy` and `https_proxy` name different proxies. Set both to one proxy, or set them in \
                          the environment as `HTTP_PROXY` and `HTTPS_PROXY`.";
            return Err(Problem::of("https_proxy", "Unsupported proxies", detail));
        }
    };
    let config = config.map_err(|error| Problem::new("Invalid proxy", format!("The proxy's address: {error}.")))?;
    Ok(match text("no_proxy") {
        Some(rules) => config.no_proxy(rules),
        None => config,
    })
}

fn tls(settings: Option<&Settings>) -> Result<TlsContext, Problem> {
    let given = settings.and_then(|settings| settings.text("custom_ca_bundle")).map(str::to_owned);
    let from_environment = || std::env::var("AWS_CA_BUNDLE").ok().filter(|path| !path.is_empty());
    let Some(path) = given.or_else(from_environment) else { return Ok(TlsContext::default()) };
    let invalid = |why: String| {
        let detail = format!("The certificates in `{path}` cannot be used: {why}.");
        Problem::of("custom_ca_bundle", "Invalid certificates", detail)
    };
    let pem = std::fs::read(&path).map_err(|error| invalid(error.to_string()))?;
    let trust = TrustStore::default().with_pem_certificate(pem);
    TlsContext::builder().with_trust_store(trust).build().map_err(|error| invalid(error.to_string()))
}
