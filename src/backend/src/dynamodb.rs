//! Terraform's table of locks and checksums: items `bucket/key` and `bucket/key-md5`.

use bytes::Bytes;
use futures::future::BoxFuture;
use landfall_state::StateError;
use landfall_state::remote::{DigestPlace, LockPlace, LockText, Put};
use md5::{Digest as _, Md5};
use serde_json::{Value as Json, json};

use crate::aws_json::{Service, ServiceError};

/// The lock of one state in a table.
pub(crate) struct TableLock {
    pub service: Service,
    pub table: String,
    /// Bucket and key.
    pub path: String,
}

/// The checksum of one state in a table.
pub(crate) struct TableDigest(pub TableLock);

/// What the service calls a condition that does not hold.
const REFUSED: &str = "ConditionalCheckFailedException";

impl TableLock {
    fn failed(&self, action: &'static str) -> impl FnOnce(ServiceError) -> StateError {
        let place = format!("the item `{}` of the table `{}`", self.path, self.table);
        move |error| StateError::remote(action, place, error.to_string())
    }

    async fn get(&self, id: &str, attribute: &str) -> Result<Option<String>, StateError> {
        let input = json!({
            "TableName": self.table, "Key": {"LockID": {"S": id}}, "ConsistentRead": true,
        });
        let answer = self.service.call("GetItem", &input).await.map_err(self.failed("read"))?;
        Ok(answer["Item"][attribute]["S"].as_str().map(str::to_owned))
    }

    async fn delete(&self, id: &str) -> Result<(), StateError> {
        let input = json!({"TableName": self.table, "Key": {"LockID": {"S": id}}});
        self.service.call("DeleteItem", &input).await.map_err(self.failed("remove"))?;
        Ok(())
    }

    async fn put_item(&self, mut input: Json, item: Json) -> Result<bool, StateError> {
        input["TableName"] = self.table.as_str().into();
        input["Item"] = item;
        match self.service.call("PutItem", &input).await {
            Ok(_) => Ok(true),
            Err(error) if error.code == REFUSED => Ok(false),
            Err(error) => Err(self.failed("write")(error)),
        }
    }
}

impl LockPlace for TableLock {
    fn path(&self) -> String {
        self.path.clone()
    }

    fn read(&self) -> BoxFuture<'_, Result<Option<LockText>, StateError>> {
        Box::pin(async {
            let info = self.get(&self.path, "Info").await?;
            // The text, which every renewal changes, is its own version.
            Ok(info.map(|info| LockText { text: info.clone().into(), version: info }))
        })
    }

    fn put<'a>(&'a self, text: Bytes, seen: Option<&'a str>) -> BoxFuture<'a, Result<Put, StateError>> {
        Box::pin(async move {
            let info = String::from_utf8_lossy(&text).into_owned();
            let condition = match seen {
                None => json!({"ConditionExpression": "attribute_not_exists(LockID)"}),
                Some(seen) => json!({
                    "ConditionExpression": "Info = :seen", "ExpressionAttributeValues": {":seen": {"S": seen}},
                }),
            };
            let item = json!({"LockID": {"S": self.path}, "Info": {"S": info}});
            if self.put_item(condition, item).await? {
                return Ok(Put::Done(info));
            }
            // The answer of an earlier attempt may have been lost.
            let there = self.get(&self.path, "Info").await?;
            Ok(if there.as_deref() == Some(info.as_str()) { Put::Done(info) } else { Put::Refused })
        })
    }

    fn remove(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(self.delete(&self.path))
    }
}

impl TableDigest {
    fn id(&self) -> String {
        format!("{}-md5", self.0.path)
    }
}

impl DigestPlace for TableDigest {
    fn read(&self) -> BoxFuture<'_, Result<Option<String>, StateError>> {
        Box::pin(async { self.0.get(&self.id(), "Digest").await })
    }

    fn write<'a>(&'a self, content: Option<&'a [u8]>) -> BoxFuture<'a, Result<(), StateError>> {
        Box::pin(async move {
            let Some(content) = content else { return self.0.delete(&self.id()).await };
            let item = json!({"LockID": {"S": self.id()}, "Digest": {"S": self.of(content)}});
            self.0.put_item(json!({}), item).await.map(|_| ())
        })
    }

    fn of(&self, content: &[u8]) -> String {
        Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
