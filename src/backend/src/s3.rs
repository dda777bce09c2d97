//! The backend `s3`.

use std::sync::Arc;

use landfall_state::remote::{Bridge, Bucket, BucketLock};
use landfall_state::{Encryption, RemoteStore, StateError};
use url::Url;

use crate::access::{Access, Http};
use crate::aws_json::Service;
use crate::credentials::{self, Identity};
use crate::dynamodb::{TableDigest, TableLock};
use crate::{Problem, Settings, objects};

/// Where the states of other workspaces than the default one are, if not set.
const PREFIX: &str = "env:";
const DEFAULT: &str = "default";

/// States in a bucket.
#[derive(Clone)]
pub struct S3 {
    settings: Settings,
    bucket: Bucket,
    bridge: Arc<Bridge>,
    http: Http,
    identity: Identity,
    encryption: Encryption,
}

impl S3 {
    /// Finds region and credentials, and returns the backend. Nothing is asked of the bucket yet.
    ///
    /// # Errors
    /// All that is wrong with the settings, or with the credentials.
    pub fn open(settings: &Settings, access: &Access, encryption: Encryption) -> Result<Self, Vec<Problem>> {
        settings.check()?;
        let failed = |error: std::io::Error| Problem::new("Failed to start", format!("No thread: {error}."));
        let bridge = Bridge::start().map_err(|error| vec![failed(error)])?;
        let (found, for_access) = (settings.clone(), access.clone());
        let parts = bridge.wait(async move {
            let http = for_access.http(Some(&found))?;
            let identity = credentials::find(&found, &for_access, &http).await?;
            let objects = objects::open(&found, &identity, &http)?;
            Ok::<_, Problem>((http, identity, objects))
        });
        let (http, identity, objects) = parts.map_err(|problem| vec![problem])?;
        let name = format!("s3://{}", settings.text("bucket").unwrap_or_default());
        let bucket = Bucket::new(Arc::new(objects), name);
        Ok(Self { settings: settings.clone(), bucket, bridge, http, identity, encryption })
    }

    fn prefix(&self) -> &str {
        self.settings.text("workspace_key_prefix").unwrap_or(PREFIX)
    }

    /// Returns the key of a workspace's state.
    pub fn key(&self, workspace: &str) -> String {
        let key = self.settings.text("key").unwrap_or_default();
        if workspace == DEFAULT { key.to_owned() } else { format!("{}/{workspace}/{key}", self.prefix()) }
    }

    /// Returns the store of a workspace.
    ///
    /// # Errors
    /// When the table for locks cannot be reached as set.
    pub fn store(&self, workspace: &str) -> Result<RemoteStore, Problem> {
        let key = self.key(workspace);
        let path = format!("{}/{key}", self.settings.text("bucket").unwrap_or_default());
        let mut store = RemoteStore::new(self.bridge.clone(), self.bucket.clone(), &key, self.http.clock.clone())
            .with_encryption(self.encryption.clone());
        // Who says `false` has a table for locks, or wants none.
        if self.settings.flag("use_lockfile") != Some(false) {
            store = store.with_lock(Arc::new(BucketLock::new(self.bucket.clone(), &key, path.clone())));
        }
        if let Some(table) = self.settings.text("dynamodb_table") {
            let lock = || -> Result<TableLock, Problem> {
                Ok(TableLock { service: self.dynamodb()?, table: table.to_owned(), path: path.clone() })
            };
            store = store.with_lock(Arc::new(lock()?)).with_digest(Arc::new(TableDigest(lock()?)));
        }
        Ok(store)
    }

    fn dynamodb(&self) -> Result<Service, Problem> {
        let variables = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL"];
        let given = self.settings.endpoint("dynamodb", "dynamodb_endpoint", &variables);
        let region = &self.identity.region;
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let endpoint = given.unwrap_or_else(|| format!("https://dynamodb.{region}.{suffix}"));
        let endpoint = if endpoint.contains("://") { endpoint } else { format!("https://{endpoint}") };
        let endpoint = Url::parse(&endpoint).map_err(|error| {
            Problem::of("endpoints", "Invalid Value", format!("The endpoint `{endpoint}`: {error}."))
        })?;
        Ok(Service {
            http: self.http.clone(),
            identity: self.identity.clone(),
            name: "dynamodb",
            target: "DynamoDB_20120810",
            media: "application/x-amz-json-1.0",
            endpoint,
        })
    }

    /// Returns the names of all workspaces that have a state, the default one first.
    ///
    /// # Errors
    /// When the bucket does not tell.
    pub fn workspaces(&self) -> Result<Vec<String>, StateError> {
        let (bucket, prefix) = (self.bucket.clone(), self.prefix().to_owned());
        let keys = self.bridge.wait(async move { bucket.list(&prefix).await })?;
        let start = format!("{}/", self.prefix());
        let end = format!("/{}", self.settings.text("key").unwrap_or_default());
        let name = |key: &String| {
            let name = key.strip_prefix(&start)?.strip_suffix(&end)?;
            (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
        };
        let mut names: Vec<String> = keys.iter().filter_map(name).collect();
        names.sort();
        names.insert(0, DEFAULT.to_owned());
        Ok(names)
    }
}
