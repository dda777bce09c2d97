//! Objects of a bucket, written on conditions.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion,
};

use crate::{StateError, with_causes};

/// A bucket, and how it is called in messages.
#[derive(Clone)]
pub struct Bucket {
    objects: Arc<dyn ObjectStore>,
    name: Arc<str>,
}

/// How a conditional write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there, in this version.
    Done(String),
    /// Something else is there.
    Refused,
}

/// An object that was read.
pub(crate) struct Found {
    pub bytes: Bytes,
    pub version: String,
}

impl Bucket {
    /// Returns a bucket; `name` is what messages put before a key, such as `s3://states`.
    pub fn new(objects: Arc<dyn ObjectStore>, name: impl Into<Arc<str>>) -> Self {
        Self { objects, name: name.into() }
    }

    /// Returns how an object is called in messages.
    pub fn name_of(&self, key: &str) -> String {
        format!("{}/{key}", self.name)
    }

    fn path(&self, key: &str) -> Result<Path, StateError> {
        Path::parse(key).map_err(|error| StateError::remote("use", self.name_of(key), error.to_string()))
    }

    fn failed(&self, action: &'static str, key: &str) -> impl FnOnce(Error) -> StateError {
        let name = self.name_of(key);
        move |error| StateError::remote(action, name, reason(&error))
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Found>, StateError> {
        match self.objects.get_opts(&self.path(key)?, GetOptions::default()).await {
            Ok(found) => {
                let version = found.meta.e_tag.clone().unwrap_or_default();
                let bytes = found.bytes().await.map_err(self.failed("read", key))?;
                Ok(Some(Found { bytes, version }))
            }
            Err(error) if is_missing_object(&error) => Ok(None),
            Err(error) => Err(self.failed("read", key)(error)),
        }
    }

    /// Writes an object that is not there yet.
    pub(crate) async fn create(&self, key: &str, bytes: Bytes) -> Result<Put, StateError> {
        self.put(key, bytes, PutMode::Create).await
    }

    /// Writes an object over the version that was seen.
    pub(crate) async fn replace(&self, key: &str, bytes: Bytes, version: &str) -> Result<Put, StateError> {
        let seen = UpdateVersion { e_tag: Some(version.to_owned()), version: None };
        self.put(key, bytes, PutMode::Update(seen)).await
    }

    async fn put(&self, key: &str, bytes: Bytes, mode: PutMode) -> Result<Put, StateError> {
        let attributes = Attributes::from_iter([(Attribute::ContentType, "application/json")]);
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        let path = self.path(key)?;
        let refused = match self.objects.put_opts(&path, bytes.clone().into(), options).await {
            Ok(put) => return Ok(Put::Done(put.e_tag.unwrap_or_default())),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. }) => None,
            Err(error) => Some(error),
        };
        // The answer of an earlier attempt may have been lost: what was to be written is there then.
        match (self.get(key).await, refused) {
            (Ok(Some(found)), _) if found.bytes == bytes => Ok(Put::Done(found.version)),
            (_, None) => Ok(Put::Refused),
            (_, Some(error)) => Err(self.failed("write", key)(error)),
        }
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), StateError> {
        match self.objects.delete(&self.path(key)?).await {
            Ok(()) => Ok(()),
            Err(error) if is_missing_object(&error) => Ok(()),
            Err(error) => Err(self.failed("remove", key)(error)),
        }
    }

    /// Returns the keys of all objects in a directory and below it.
    ///
    /// # Errors
    /// When the bucket does not tell.
    pub async fn list(&self, directory: &str) -> Result<Vec<String>, StateError> {
        let path = self.path(directory)?;
        let objects = self.objects.list(Some(&path)).map_ok(|object| object.location.to_string());
        objects.try_collect().await.map_err(self.failed("list", directory))
    }

    /// Reads several objects, some at a time, in their order.
    pub(crate) async fn get_all(&self, keys: Vec<String>) -> Result<Vec<(String, Option<Found>)>, StateError> {
        let reads = keys.into_iter().map(|key| async move {
            let found = self.get(&key).await?;
            Ok((key, found))
        });
        futures::stream::iter(reads).buffered(8).try_collect().await
    }

    /// Removes several objects, some at a time.
    pub(crate) async fn delete_all(&self, keys: Vec<String>) -> Result<(), StateError> {
        let removals = keys.into_iter().map(|key| async move { self.delete(&key).await });
        futures::stream::iter(removals).buffer_unordered(8).try_collect().await
    }
}

/// Returns whether the object, and not its bucket, is not there.
fn is_missing_object(error: &Error) -> bool {
    matches!(error, Error::NotFound { source, .. } if !format!("{source:?}").contains("NoSuchBucket"))
}

/// Returns what went wrong in a few words: the code and message of the service where it gave some.
fn reason(error: &Error) -> String {
    let text = with_causes(error);
    match (element(&text, "Code"), element(&text, "Message")) {
        (Some(code), Some(message)) => format!("{code}: {}", message.trim_end_matches('.')),
        (Some(code), None) => code.to_owned(),
        _ => text.trim_end_matches('.').to_owned(),
    }
}

fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once("</")?.0)
}
