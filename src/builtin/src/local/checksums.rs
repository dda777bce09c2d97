//! Digests of a file's content.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use landfall_provider::Attrs;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// Digests of a content, as attributes.
#[derive(Clone, Attrs)]
#[attrs(framework)]
pub struct Checksums {
    /// MD5 of the content, in hexadecimal digits.
    pub content_md5: String,
    /// SHA-1 of the content, in hexadecimal digits.
    pub content_sha1: String,
    /// SHA-256 of the content, in hexadecimal digits.
    pub content_sha256: String,
    /// SHA-256 of the content, as base64.
    pub content_base64sha256: String,
    /// SHA-512 of the content, in hexadecimal digits.
    pub content_sha512: String,
    /// SHA-512 of the content, as base64.
    pub content_base64sha512: String,
}

impl Checksums {
    /// Returns the digests of a content.
    pub fn of(content: &[u8]) -> Self {
        let (sha256, sha512) = (Sha256::digest(content), Sha512::digest(content));
        Self {
            content_md5: hex(&Md5::digest(content)),
            content_sha1: hex(&Sha1::digest(content)),
            content_sha256: hex(&sha256),
            content_base64sha256: STANDARD.encode(sha256),
            content_sha512: hex(&sha512),
            content_base64sha512: STANDARD.encode(sha512),
        }
    }
}

/// Returns the SHA-1 of a content: the identifier of a file.
pub fn identifier(content: &[u8]) -> String {
    hex(&Sha1::digest(content))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
