//! Keys made from a passphrase.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::key::random;
use super::{EncryptionError, Key, KeySource};

/// A passphrase, and how a key is made from it.
pub struct Passphrase {
    name: String,
    passphrase: Zeroizing<String>,
    derivation: Derivation,
}

/// How a key is made from a passphrase. What was used is written down, so that it may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// Argon2id.
    Argon2(Argon2),
    /// PBKDF2, as OpenTofu has it.
    Pbkdf2(Pbkdf2),
}

/// Cost of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argon2 {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// Cost of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pbkdf2 {
    /// Rounds.
    pub iterations: u32,
    /// Hash function.
    pub hash: Pbkdf2Hash,
}

/// Hash function of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pbkdf2Hash {
    /// SHA-256
    Sha256,
    /// SHA-512
    Sha512,
}

impl Default for Argon2 {
    /// The second choice of RFC 9106: 64 MiB, three passes.
    fn default() -> Self {
        Self { memory_kib: 1 << 16, iterations: 3, parallelism: 4 }
    }
}

impl Default for Pbkdf2 {
    fn default() -> Self {
        Self { iterations: 600_000, hash: Pbkdf2Hash::Sha512 }
    }
}

const SALT: usize = 32;

#[derive(Serialize, Deserialize)]
struct Argon2Meta {
    salt: String,
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

#[derive(Serialize, Deserialize)]
struct Pbkdf2Meta {
    salt: String,
    iterations: u32,
    hash_function: Pbkdf2Hash,
    key_length: usize,
}

impl Passphrase {
    /// Fewest characters.
    pub const SHORTEST: usize = 16;

    /// Returns the source of keys of a provider with this address.
    ///
    /// # Errors
    /// When the passphrase is too short, or the cost is out of bounds.
    pub fn new(name: &str, passphrase: String, derivation: Derivation) -> Result<Self, EncryptionError> {
        let source = Self { name: name.to_owned(), passphrase: Zeroizing::new(passphrase), derivation };
        if source.passphrase.chars().count() < Self::SHORTEST {
            return Err(source.no_key(format!("the passphrase has fewer than {} characters", Self::SHORTEST)));
        }
        match derivation {
            Derivation::Argon2(cost) => _ = source.params(cost)?,
            Derivation::Pbkdf2(cost) if cost.iterations < 200_000 => {
                return Err(source.no_key("`iterations` is less than 200000"));
            }
            Derivation::Pbkdf2(_) => {}
        }
        Ok(source)
    }

    fn no_key(&self, reason: impl ToString) -> EncryptionError {
        EncryptionError::NoKey { provider: self.name.clone(), reason: reason.to_string() }
    }

    fn params(&self, cost: Argon2) -> Result<argon2::Params, EncryptionError> {
        argon2::Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(Key::LENGTH))
            .map_err(|error| self.no_key(error))
    }

    fn derive(&self, derivation: Derivation, salt: &[u8]) -> Result<Key, EncryptionError> {
        match derivation {
            Derivation::Argon2(cost) => {
                let algorithm =
                    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, self.params(cost)?);
                let fill = |key: &mut [u8]| {
                    let done = algorithm.hash_password_into(self.passphrase.as_bytes(), salt, key);
                    done.map_err(|error| self.no_key(error))
                };
                Key::filled(fill)
            }
            Derivation::Pbkdf2(cost) => {
                let rounds = NonZeroU32::new(cost.iterations).ok_or_else(|| self.no_key("`iterations` is 0"))?;
                let algorithm = match cost.hash {
                    Pbkdf2Hash::Sha256 => ring::pbkdf2::PBKDF2_HMAC_SHA256,
                    Pbkdf2Hash::Sha512 => ring::pbkdf2::PBKDF2_HMAC_SHA512,
                };
                Key::filled(|key| {
                    ring::pbkdf2::derive(algorithm, rounds, salt, self.passphrase.as_bytes(), key);
                    Ok(())
                })
            }
        }
    }
}

impl KeySource for Passphrase {
    fn name(&self) -> &str {
        &self.name
    }

    fn new_key(&self) -> Result<(Key, Vec<u8>), EncryptionError> {
        let salt = random::<SALT>()?;
        let encoded = STANDARD.encode(salt);
        let meta = match self.derivation {
            Derivation::Argon2(cost) => serde_json::to_vec(&Argon2Meta {
                salt: encoded,
                memory_kib: cost.memory_kib,
                iterations: cost.iterations,
                parallelism: cost.parallelism,
            }),
            Derivation::Pbkdf2(cost) => serde_json::to_vec(&Pbkdf2Meta {
                salt: encoded,
                iterations: cost.iterations,
                hash_function: cost.hash,
                key_length: Key::LENGTH,
            }),
        };
        Ok((self.derive(self.derivation, &salt)?, meta.expect("texts and numbers can be written as JSON")))
    }

    fn key_of(&self, meta: &[u8]) -> Result<Key, EncryptionError> {
        let damaged = |error: &dyn ToString| EncryptionError::Damaged(error.to_string());
        let (derivation, salt) = match self.derivation {
            Derivation::Argon2(_) => {
                let meta: Argon2Meta = serde_json::from_slice(meta).map_err(|error| damaged(&error))?;
                let Argon2Meta { salt, memory_kib, iterations, parallelism } = meta;
                (Derivation::Argon2(Argon2 { memory_kib, iterations, parallelism }), salt)
            }
            Derivation::Pbkdf2(_) => {
                let meta: Pbkdf2Meta = serde_json::from_slice(meta).map_err(|error| damaged(&error))?;
                if meta.key_length != Key::LENGTH {
                    return Err(self.no_key("the data is encrypted with a key of another length than 32 bytes"));
                }
                (Derivation::Pbkdf2(Pbkdf2 { iterations: meta.iterations, hash: meta.hash_function }), meta.salt)
            }
        };
        self.derive(derivation, &STANDARD.decode(salt).map_err(|error| damaged(&error))?)
    }
}
