//! Keys that KMS makes and unlocks.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use landfall_state::EncryptionError;
use landfall_state::encryption::{Key, KeySource};
use landfall_state::remote::Bridge;
use serde_json::{Value as Json, json};
use url::Url;
use zeroize::Zeroizing;

use crate::access::Access;
use crate::aws_json::Service;
use crate::credentials;
use crate::{Problem, Settings};

/// Settings of a key provider `aws_kms`.
#[derive(Clone, Debug)]
pub struct KmsSettings {
    /// The key: ARN, id or alias.
    pub key_id: String,
    /// Encryption context.
    pub context: BTreeMap<String, String>,
    /// Endpoint, if not the usual one.
    pub endpoint: Option<String>,
    /// Region, credentials and the like, as a backend has them.
    pub settings: Settings,
}

/// A source of keys that KMS keeps locked: what is written down is useless without KMS.
pub struct KmsKey {
    name: String,
    settings: KmsSettings,
    access: Access,
    bridge: Arc<Bridge>,
    /// Found when it is first needed.
    service: OnceLock<Service>,
}

impl KmsKey {
    /// Returns the source of keys of a provider with this address.
    pub fn new(name: &str, settings: KmsSettings, access: Access, bridge: Arc<Bridge>) -> Self {
        Self { name: name.to_owned(), settings, access, bridge, service: OnceLock::new() }
    }

    fn no_key(&self, reason: impl ToString) -> EncryptionError {
        EncryptionError::NoKey { provider: self.name.clone(), reason: reason.to_string() }
    }

    fn service(&self) -> Result<Service, EncryptionError> {
        if let Some(service) = self.service.get() {
            return Ok(service.clone());
        }
        let (settings, access) = (self.settings.clone(), self.access.clone());
        let found = self.bridge.wait(async move { find(&settings, &access).await });
        let service = found.map_err(|problem| self.no_key(problem.detail.trim_end_matches('.')))?;
        Ok(self.service.get_or_init(|| service).clone())
    }

    fn call(&self, operation: &'static str, mut input: Json) -> Result<Json, EncryptionError> {
        if !self.settings.context.is_empty() {
            input["EncryptionContext"] = json!(self.settings.context);
        }
        let service = self.service()?;
        let answer = self.bridge.wait(async move { service.call(operation, &input).await });
        answer.map_err(|error| self.no_key(format!("{operation}: {}", error.to_string().trim_end_matches('.'))))
    }

    fn plaintext(&self, answer: &Json) -> Result<Key, EncryptionError> {
        let bytes = answer["Plaintext"].as_str().and_then(|text| STANDARD.decode(text).ok()).map(Zeroizing::new);
        let bytes = bytes.and_then(|bytes| <[u8; Key::LENGTH]>::try_from(bytes.as_slice()).ok());
        bytes.map(Key::new).ok_or_else(|| self.no_key("the answer has no key of 32 bytes"))
    }
}

async fn find(settings: &KmsSettings, access: &Access) -> Result<Service, Problem> {
    let http = access.http(Some(&settings.settings))?;
    let identity = credentials::find(&settings.settings, access, &http).await?;
    let variables = ["AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL"];
    let from_environment = || variables.iter().find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()));
    let suffix = if identity.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let endpoint = settings.endpoint.clone().or_else(from_environment);
    let endpoint = endpoint.unwrap_or_else(|| format!("https://kms.{}.{suffix}", identity.region));
    let endpoint = Url::parse(&endpoint)
        .map_err(|error| Problem::new("Invalid Value", format!("The endpoint `{endpoint}`: {error}.")))?;
    Ok(Service { http, identity, name: "kms", target: "TrentService", media: "application/x-amz-json-1.1", endpoint })
}

impl KeySource for KmsKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn new_key(&self) -> Result<(Key, Vec<u8>), EncryptionError> {
        let input = json!({"KeyId": self.settings.key_id, "KeySpec": "AES_256"});
        let answer = self.call("GenerateDataKey", input)?;
        let locked = answer["CiphertextBlob"].as_str().ok_or_else(|| self.no_key("the answer has no locked key"))?;
        Ok((self.plaintext(&answer)?, json!({"ciphertext_blob": locked}).to_string().into_bytes()))
    }

    fn key_of(&self, meta: &[u8]) -> Result<Key, EncryptionError> {
        let meta: Json = serde_json::from_slice(meta).map_err(|error| EncryptionError::Damaged(error.to_string()))?;
        let input = json!({"KeyId": self.settings.key_id, "CiphertextBlob": meta["ciphertext_blob"]});
        let answer = self.call("Decrypt", input)?;
        self.plaintext(&answer)
    }
}
