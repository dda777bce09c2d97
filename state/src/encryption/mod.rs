//! Encryption of states, plans and journals before they leave the process.
//!
//! The form is OpenTofu's: a JSON object with the data, sealed by AES-256-GCM, and what the key provider needs to find
//! the key again. What is read is tried with the method and with each fallback; what is written is sealed by the method.

mod key;
mod passphrase;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

pub use key::{Key, KeySource};
pub use passphrase::{Argon2, Derivation, Passphrase, Pbkdf2, Pbkdf2Hash};

/// Why something cannot be encrypted or decrypted. Never holds what is secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionError {
    /// It is encrypted, and there is no key.
    #[error("it is encrypted, but no encryption is configured")]
    NotConfigured,
    /// It is not encrypted, and that is not allowed.
    #[error(
        "it is not encrypted, but encryption is configured; to encrypt what is there, add a `fallback` block with a method \
         `unencrypted`"
    )]
    NotEncrypted,
    /// No key fits.
    #[error(
        "it cannot be decrypted: the passphrase or key is not the one that it was encrypted with, or it was changed"
    )]
    WrongKey,
    /// It was encrypted with a key of another key provider.
    #[error("it was encrypted with a key of {found}, which is not configured; {hint}")]
    OtherProvider {
        /// The providers that it names.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// It is written in an unknown form.
    #[error("it is encrypted in a form that landfall does not know (version `{0}`)")]
    UnknownVersion(String),
    /// A key provider has no key.
    #[error("{provider} gives no key: {reason}")]
    NoKey {
        /// Which.
        provider: String,
        /// Why.
        reason: String,
    },
    /// The form is right, its contents are not.
    #[error("what is encrypted is damaged: {0}")]
    Damaged(String),
}

/// How something is kept.
#[derive(Clone)]
pub enum Method {
    /// As it is.
    Unencrypted,
    /// Sealed by AES-256-GCM.
    AesGcm {
        /// Where the key comes from.
        key: Arc<dyn KeySource>,
        /// What is authenticated with it.
        associated: Vec<u8>,
    },
}

/// How states, or plans, are kept: the method for what is written, and those that what is read may have.
#[derive(Clone)]
pub struct Encryption {
    methods: Vec<Method>,
    new: Arc<OnceLock<(Key, Vec<u8>)>>,
    found: Arc<Mutex<BTreeMap<Vec<u8>, Key>>>,
}

impl Default for Encryption {
    fn default() -> Self {
        Self::none()
    }
}

/// OpenTofu's form.
#[derive(Serialize, Deserialize)]
struct Envelope {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    serial: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lineage: Option<String>,
    meta: BTreeMap<String, String>,
    encrypted_data: String,
    encryption_version: String,
}

const VERSION: &str = "v0";

/// Which state something is: told beside the sealed data, so that others can tell versions apart.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Its lineage.
    pub lineage: &'a str,
    /// Its serial.
    pub serial: u64,
}

impl Encryption {
    /// Returns no encryption.
    pub fn none() -> Self {
        Self::new(Method::Unencrypted, Vec::new())
    }

    /// Returns the encryption that writes by one method and also reads by others.
    pub fn new(method: Method, fallbacks: Vec<Method>) -> Self {
        let methods = std::iter::once(method).chain(fallbacks).collect();
        Self { methods, new: Arc::default(), found: Arc::default() }
    }

    /// Returns whether what is written is encrypted.
    pub fn is_on(&self) -> bool {
        matches!(self.methods[0], Method::AesGcm { .. })
    }

    /// Returns what is to be written.
    ///
    /// # Errors
    /// When there is no key.
    pub fn seal<'a>(&self, plain: &'a [u8], about: Option<About<'_>>) -> Result<Cow<'a, [u8]>, EncryptionError> {
        let Method::AesGcm { key: source, associated } = &self.methods[0] else { return Ok(Cow::Borrowed(plain)) };
        let (key, meta) = match self.new.get() {
            Some(known) => known,
            None => {
                let made = source.new_key()?;
                self.new.get_or_init(|| made)
            }
        };
        let envelope = Envelope {
            serial: about.map(|about| about.serial),
            lineage: about.map(|about| about.lineage.to_owned()),
            meta: BTreeMap::from([(source.name().to_owned(), STANDARD.encode(meta))]),
            encrypted_data: STANDARD.encode(key.seal(plain, associated)?),
            encryption_version: VERSION.to_owned(),
        };
        Ok(serde_json::to_vec(&envelope).expect("texts and numbers can be written as JSON").into())
    }

    /// Returns what was sealed, or the text itself where it was not and need not be.
    ///
    /// # Errors
    /// When it cannot be decrypted, or is not encrypted and has to be.
    pub fn open<'a>(&self, text: &'a [u8]) -> Result<Cow<'a, [u8]>, EncryptionError> {
        let Some(envelope) = envelope(text) else {
            let allowed = self.methods.iter().any(|method| matches!(method, Method::Unencrypted));
            return if allowed { Ok(Cow::Borrowed(text)) } else { Err(EncryptionError::NotEncrypted) };
        };
        if envelope.encryption_version != VERSION {
            return Err(EncryptionError::UnknownVersion(envelope.encryption_version));
        }
        let data = decode(&envelope.encrypted_data)?;
        let mut problem = None;
        for method in &self.methods {
            let Method::AesGcm { key, associated } = method else { continue };
            let Some(meta) = envelope.meta.get(key.name()) else { continue };
            match self.key_of(key.as_ref(), &decode(meta)?).and_then(|key| key.open(&data, associated)) {
                Ok(plain) => return Ok(plain.into()),
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        Err(problem.unwrap_or_else(|| self.not_opened(&envelope)))
    }

    /// Returns whether a text is kept otherwise than it would be written now, so that it is to be written anew.
    pub fn is_outdated(&self, text: &[u8]) -> bool {
        match (envelope(text), &self.methods[0]) {
            (None, Method::Unencrypted) => false,
            (Some(envelope), Method::AesGcm { key, .. }) => !envelope.meta.contains_key(key.name()),
            (None, Method::AesGcm { .. }) | (Some(_), Method::Unencrypted) => true,
        }
    }

    /// Returns the key that goes with a description; each is made once, since that is meant to be slow.
    fn key_of(&self, source: &dyn KeySource, meta: &[u8]) -> Result<Key, EncryptionError> {
        let name = [source.name().as_bytes(), &[0], meta].concat();
        let found = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = found().get(&name) {
            return Ok(key.clone());
        }
        if let (Method::AesGcm { key: own, .. }, Some((key, described))) = (&self.methods[0], self.new.get())
            && own.name() == source.name()
            && described == meta
        {
            return Ok(key.clone());
        }
        let key = source.key_of(meta)?;
        found().insert(name, key.clone());
        Ok(key)
    }

    fn not_opened(&self, envelope: &Envelope) -> EncryptionError {
        if self.methods.iter().all(|method| matches!(method, Method::Unencrypted)) {
            return EncryptionError::NotConfigured;
        }
        let found: Vec<String> = envelope.meta.keys().map(|name| format!("`{name}`")).collect();
        let hint = "name that key provider in a `fallback` block";
        EncryptionError::OtherProvider { found: found.join(", "), hint }
    }
}

impl std::fmt::Debug for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encryption({})", if self.is_on() { "on" } else { "off" })
    }
}

/// Returns the envelope that a text is, if it is one.
fn envelope(text: &[u8]) -> Option<Envelope> {
    // A large state is not read twice for nothing: it says what it is near its end or its beginning.
    let mark = b"\"encryption_version\"";
    let is_near = |part: &[u8]| part.windows(mark.len()).any(|window| window == mark);
    let near = 4096.min(text.len());
    if !is_near(&text[..near]) && !is_near(&text[text.len() - near..]) {
        return None;
    }
    serde_json::from_slice(text).ok()
}

fn decode(text: &str) -> Result<Vec<u8>, EncryptionError> {
    STANDARD.decode(text).map_err(|error| EncryptionError::Damaged(error.to_string()))
}

#[cfg(test)]
mod tests;
