//! Which services a host offers: `/.well-known/terraform.json`, or what the CLI configuration says instead.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use crate::cli_config::CliConfig;
use crate::error::{FetchError, Fetched};
use crate::web::{Headers, Web, shown};

/// The service for modules.
const MODULES: &str = "modules.v1";

/// Hosts that were asked, each once.
pub(crate) struct Hosts {
    config: CliConfig,
    asked: Mutex<BTreeMap<String, Arc<OnceCell<Url>>>>,
}

impl Hosts {
    pub fn new(config: CliConfig) -> Self {
        Self { config, asked: Mutex::default() }
    }

    /// Returns the headers that requests to a host's services bear.
    pub fn headers(&self, host: &str) -> Headers {
        let version = ("x-terraform-version", landfall_lang::config::SPOKEN_VERSION.to_owned());
        let bearer = self.config.token(host).map(|token| ("authorization", format!("Bearer {token}")));
        std::iter::once(version).chain(bearer).collect()
    }

    /// Returns where the module registry of a host is; the address ends with a slash.
    pub async fn module_registry(&self, web: &Web, host: &str) -> Fetched<Url> {
        let cell = Arc::clone(self.asked.lock().await.entry(host.to_owned()).or_default());
        cell.get_or_try_init(|| self.discover(web, host)).await.cloned()
    }

    async fn discover(&self, web: &Web, host: &str) -> Fetched<Url> {
        let document = Url::parse(&format!("https://{host}/.well-known/terraform.json"))
            .map_err(|error| FetchError::Address(format!("`{host}` is not a host: {error}")))?;
        let (place, address) = match self.config.services(host) {
            Some(services) => (document, services.get(MODULES).cloned()),
            None => {
                let answer = match web.get(&document, &self.headers(host)).await {
                    Err(FetchError::Status { status: 404, .. }) => return Err(none(host)),
                    answer => answer?,
                };
                let place = answer.url.clone();
                let text = answer.text().await?;
                let json: Json = serde_json::from_str(&text).map_err(|error| FetchError::Answer {
                    url: shown(&place),
                    why: format!("the discovery document is not valid JSON: {error}"),
                })?;
                let address = json.get(MODULES).and_then(Json::as_str).map(str::to_owned);
                (place, address)
            }
        };
        let Some(address) = address else { return Err(none(host)) };
        let invalid = |why: String| FetchError::Answer { url: shown(&place), why };
        let mut url = place.join(&address).map_err(|error| {
            invalid(format!("the address of the service {MODULES}, `{address}`, is not valid: {error}"))
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid(format!("the service {MODULES} is neither at http nor at https: `{address}`")));
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(url)
    }
}

fn none(host: &str) -> FetchError {
    FetchError::Address(format!("host {host} does not provide a modules service"))
}
