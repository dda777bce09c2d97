//! Keys, and where they come from.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::EncryptionError;

/// A key of AES-256-GCM. Its bytes are wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; Key::LENGTH]>);

/// Gives keys: a new one for what is written, the old one for what is read.
pub trait KeySource: Send + Sync {
    /// Returns the provider's address: `key_provider.argon2.mine`.
    fn name(&self) -> &str;

    /// Returns a key, and what is needed to find it again; nothing in that is secret.
    ///
    /// # Errors
    /// When there is none.
    fn new_key(&self) -> Result<(Key, Vec<u8>), EncryptionError>;

    /// Returns the key that belongs to such a description.
    ///
    /// # Errors
    /// When it cannot be found.
    fn key_of(&self, meta: &[u8]) -> Result<Key, EncryptionError>;
}

impl Key {
    /// How many bytes a key has.
    pub const LENGTH: usize = 32;

    /// Returns the key with these bytes.
    pub fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Returns a key that `fill` writes.
    pub(super) fn filled(fill: impl FnOnce(&mut [u8]) -> Result<(), EncryptionError>) -> Result<Self, EncryptionError> {
        let mut bytes = Zeroizing::new([0; Self::LENGTH]);
        fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*self.0).expect("the key has the cipher's length"))
    }

    /// Returns a random nonce and the sealed data.
    pub(super) fn seal(&self, plain: &[u8], associated: &[u8]) -> Result<Vec<u8>, EncryptionError> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend(plain);
        self.cipher()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut sealed)
            .map_err(|_| EncryptionError::Damaged("there is too much of it for the cipher".to_owned()))?;
        sealed.splice(..0, nonce);
        Ok(sealed)
    }

    pub(super) fn open(&self, sealed: &[u8], associated: &[u8]) -> Result<Vec<u8>, EncryptionError> {
        let Some((nonce, data)) = sealed.split_first_chunk::<NONCE_LEN>() else {
            return Err(EncryptionError::Damaged("it is too short".to_owned()));
        };
        let mut data = data.to_vec();
        let plain = self.cipher().open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(associated), &mut data);
        let length = plain.map_err(|_| EncryptionError::WrongKey)?.len();
        data.truncate(length);
        Ok(data)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], EncryptionError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| EncryptionError::NoKey {
        provider: "the operating system".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(bytes)
}
