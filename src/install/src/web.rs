//! HTTP: GET with redirects, retries and patience; TLS by rustls, proxies from the environment.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt;
use url::Url;

use crate::error::{FetchError, Fetched};

const USER_AGENT: &str = concat!("landfall/", env!("CARGO_PKG_VERSION"));
const MOST_REDIRECTS: usize = 10;
/// Documents that are read into memory.
const MOST_TEXT: usize = 16 << 20;
/// Waits before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(1000)];

/// Names and values of headers.
pub(crate) type Headers = Vec<(&'static str, String)>;

/// The client. Certificates are read when the first request is made.
pub(crate) struct Web {
    connector: OnceLock<Connector>,
    /// How long to wait for an answer, and for more of it.
    patience: Duration,
}

/// An answer, whose body is still on its way.
pub(crate) struct Answer {
    /// Where it came from in the end.
    pub url: Url,
    /// Status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: ByteStream,
    patience: Duration,
}

impl Web {
    pub fn new(patience: Duration) -> Self {
        Self { connector: OnceLock::new(), patience }
    }

    /// Returns a client for the AWS SDK.
    pub fn for_sdk() -> SharedHttpClient {
        Builder::new().build_with_connector_fn(|settings, _| connector(settings.cloned()))
    }

    /// Gets a document; answers 2xx and 304 only. Failures that may pass are tried again.
    pub async fn get(&self, url: &Url, headers: &Headers) -> Fetched<Answer> {
        let mut pauses = PAUSES.iter();
        loop {
            let failure = match self.get_once(url, headers).await {
                Ok(answer) if matches!(answer.status, 200..=299 | 304) => return Ok(answer),
                Ok(answer) => FetchError::Status { url: shown(&answer.url), status: answer.status },
                Err(failure) => failure,
            };
            match pauses.next() {
                Some(pause) if failure.is_passing() => tokio::time::sleep(*pause).await,
                _ => return Err(failure),
            }
        }
    }

    async fn get_once(&self, url: &Url, headers: &Headers) -> Fetched<Answer> {
        let mut url = url.clone();
        let origin = url.origin();
        for _ in 0..MOST_REDIRECTS {
            // Credentials are for the host that they were meant for.
            let trusted = url.origin() == origin;
            let given = headers.iter().filter(|(name, _)| trusted || !name.eq_ignore_ascii_case("authorization"));
            let answer = self.send(&url, given).await?;
            match (answer.status, answer.header("location")) {
                (301 | 302 | 303 | 307 | 308, Some(place)) => {
                    let next = url.join(place).map_err(|error| FetchError::Answer {
                        url: shown(&url),
                        why: format!("it redirects to an invalid address: {error}"),
                    })?;
                    if url.scheme() == "https" && next.scheme() != "https" {
                        let why = format!("it redirects to {}, which is not encrypted", shown(&next));
                        return Err(FetchError::Answer { url: shown(&url), why });
                    }
                    url = next;
                }
                _ => return Ok(answer),
            }
        }
        Err(FetchError::Answer { url: shown(&url), why: "there are too many redirects".to_owned() })
    }

    async fn send(&self, url: &Url, headers: impl Iterator<Item = &(&'static str, String)>) -> Fetched<Answer> {
        let failed = |why: String| FetchError::NoAnswer { url: shown(url), why };
        let mut bare = url.clone();
        // An address without a host cannot have them, and there is nothing to take away then.
        let _ = bare.set_username("").and_then(|()| bare.set_password(None));
        bare.set_fragment(None);
        let mut request = HttpRequest::get(bare.as_str()).map_err(|error| FetchError::Address(error.to_string()))?;
        let mut all = vec![("user-agent", USER_AGENT.to_owned()), ("accept", "*/*".to_owned())];
        if !url.username().is_empty() || url.password().is_some() {
            let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
            all.push(("authorization", format!("Basic {}", STANDARD.encode(pair))));
        }
        all.extend(headers.cloned());
        for (name, value) in all {
            request.headers_mut().try_insert(name, value).map_err(|error| FetchError::Address(error.to_string()))?;
        }
        let connector = self.connector.get_or_init(|| connector(None));
        let response = tokio::time::timeout(self.patience, connector.call(request))
            .await
            .map_err(|_| failed(format!("no answer came within {} s", self.patience.as_secs())))?
            .map_err(|error| failed(causes(&error)))?;
        let status = response.status().as_u16();
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let body = ByteStream::new(response.into_body());
        Ok(Answer { url: url.clone(), status, headers, body, patience: self.patience })
    }
}

impl Answer {
    /// Returns a header; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Returns the body as a text.
    pub async fn text(mut self) -> Fetched<String> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MOST_TEXT {
                let why = format!("the answer is larger than {} MiB", MOST_TEXT >> 20);
                return Err(FetchError::Answer { url: shown(&self.url), why });
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Writes the body to a file.
    pub async fn save(mut self, path: &Path) -> Fetched<()> {
        let mut file = tokio::fs::File::create(path).await.map_err(FetchError::at(path))?;
        while let Some(chunk) = self.chunk().await? {
            file.write_all(&chunk).await.map_err(FetchError::at(path))?;
        }
        file.flush().await.map_err(FetchError::at(path))
    }

    async fn chunk(&mut self) -> Fetched<Option<impl AsRef<[u8]> + std::ops::Deref<Target = [u8]> + use<>>> {
        let failed = |why: String| FetchError::NoAnswer { url: shown(&self.url), why };
        match tokio::time::timeout(self.patience, self.body.try_next()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(failed(causes(&error))),
            Err(_) => Err(failed(format!("nothing more came within {} s", self.patience.as_secs()))),
        }
    }
}

fn connector(settings: Option<HttpConnectorSettings>) -> Connector {
    let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env()).sleep_impl(TokioSleep::new());
    builder.set_connector_settings(settings);
    builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
}

/// Returns an address without what is secret in it.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    if url.password().is_some() {
        // As above: an address without a host has no password.
        let _ = url.set_password(Some("redacted"));
    }
    url.to_string()
}

fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Returns an error with the causes that it does not tell itself.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let url = Url::parse("https://me:s%2Bcret@example.com/a?x=1").unwrap();
        assert_eq!(shown(&url), "https://me:redacted@example.com/a?x=1");
        assert_eq!(decoded(url.password().unwrap()), "s+cret");
    }
}
