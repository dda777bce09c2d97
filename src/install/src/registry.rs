//! The module registry protocol: versions of a module, and where each is.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_lang::config::Version;
use serde_json::Value as Json;
use tokio::sync::{Mutex, OnceCell};

use crate::error::{FetchError, Fetched};
use crate::hosts::Hosts;
use crate::web::{Web, shown};

/// Versions that a registry lists.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    pub versions: Vec<Version>,
    /// Texts that are no versions.
    pub invalid: Vec<String>,
}

/// Versions that are asked for, or were.
type Asked = Arc<OnceCell<Versions>>;

/// A client of all registries; each is asked once for the versions of a module.
pub(crate) struct Registry {
    hosts: Hosts,
    asked: Mutex<BTreeMap<(String, String), Asked>>,
}

impl Registry {
    pub fn new(hosts: Hosts) -> Self {
        Self { hosts, asked: Mutex::default() }
    }

    /// Returns the versions of a module; a status of 404 says that there is no such module.
    pub async fn versions<T>(
        &self,
        web: &Web,
        host: &str,
        package: &str,
        take: impl FnOnce(&Versions) -> T,
    ) -> Fetched<T> {
        let key = (host.to_owned(), package.to_owned());
        let cell = Arc::clone(self.asked.lock().await.entry(key).or_default());
        let versions = cell.get_or_try_init(|| self.ask(web, host, package)).await?;
        Ok(take(versions))
    }

    async fn ask(&self, web: &Web, host: &str, package: &str) -> Fetched<Versions> {
        let base = self.hosts.module_registry(web, host).await?;
        let url = joined(&base, &format!("{package}/versions"))?;
        let text = web.get(&url, &self.hosts.headers(host)).await?.text().await?;
        let invalid = |why: String| FetchError::Answer { url: shown(&url), why };
        let json: Json = serde_json::from_str(&text)
            .map_err(|error| invalid(format!("the list of versions is not valid JSON: {error}")))?;
        let list = json.pointer("/modules/0/versions").and_then(Json::as_array);
        let list = list.ok_or_else(|| invalid("the answer has no list of versions".to_owned()))?;
        let mut versions = Versions::default();
        for text in list.iter().filter_map(|entry| entry.get("version")).filter_map(Json::as_str) {
            match text.parse() {
                Ok(version) => versions.versions.push(version),
                Err(_) => versions.invalid.push(text.to_owned()),
            }
        }
        Ok(versions)
    }

    /// Returns the address of the package of a version.
    pub async fn location(&self, web: &Web, host: &str, package: &str, version: &Version) -> Fetched<String> {
        let base = self.hosts.module_registry(web, host).await?;
        let url = joined(&base, &format!("{package}/{version}/download"))?;
        let answer = web.get(&url, &self.hosts.headers(host)).await?;
        let header = answer.header("x-terraform-get").map(str::to_owned).filter(|text| !text.is_empty());
        let body = if answer.status == 200 { answer.text().await? } else { String::new() };
        let location = serde_json::from_str::<Json>(&body)
            .ok()
            .and_then(|json| json.get("location").and_then(Json::as_str).map(str::to_owned))
            .filter(|text| !text.is_empty())
            .or(header);
        let invalid = |why: &str| FetchError::Answer { url: shown(&url), why: why.to_owned() };
        let location = location.ok_or_else(|| invalid("the answer names no location of the package"))?;
        if !["/", "./", "../"].iter().any(|prefix| location.starts_with(prefix)) {
            return Ok(location);
        }
        Ok(joined(&url, &location)?.to_string())
    }
}

fn joined(base: &url::Url, path: &str) -> Fetched<url::Url> {
    base.join(path).map_err(|error| FetchError::Address(format!("`{path}` at {}: {error}", shown(base))))
}
