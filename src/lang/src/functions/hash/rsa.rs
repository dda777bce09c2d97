//! Decryption with an RSA private key in PEM form (PKCS #1 or PKCS #8), padding of PKCS #1 v1.5.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;

pub(super) struct PrivateKey {
    modulus: BigUint,
    exponent: BigUint,
}

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

impl PrivateKey {
    pub(super) fn from_pem(text: &str) -> Result<Self, String> {
        let (label, body) = pem(text).ok_or("failed to parse key: no key found")?;
        let key = match label {
            "RSA PRIVATE KEY" => Self::from_pkcs1(&body),
            "PRIVATE KEY" => Self::from_pkcs8(&body),
            _ => return Err(format!("failed to parse key: unsupported key type {label:?}")),
        };
        key.ok_or_else(|| "failed to parse key: no RSA private key".into())
    }

    fn from_pkcs8(body: &[u8]) -> Option<Self> {
        let (fields, _) = element(body, SEQUENCE)?;
        let (_, fields) = element(fields, INTEGER)?;
        let (_, fields) = element(fields, SEQUENCE)?;
        Self::from_pkcs1(element(fields, OCTETS)?.0)
    }

    fn from_pkcs1(body: &[u8]) -> Option<Self> {
        let (fields, _) = element(body, SEQUENCE)?;
        let (_version, fields) = element(fields, INTEGER)?;
        let (modulus, fields) = element(fields, INTEGER)?;
        let (_public, fields) = element(fields, INTEGER)?;
        let (exponent, _) = element(fields, INTEGER)?;
        Some(Self { modulus: BigUint::from_bytes_be(modulus), exponent: BigUint::from_bytes_be(exponent) })
    }

    pub(super) fn decrypt(&self, encrypted: &[u8]) -> Option<Vec<u8>> {
        let encrypted = BigUint::from_bytes_be(encrypted);
        if encrypted >= self.modulus || self.modulus.bits() == 0 {
            return None;
        }
        let padded = encrypted.modpow(&self.exponent, &self.modulus).to_bytes_be();
        // 00 02, at least eight bytes that are not zero, 00, the text; the first zero byte is lost in the number.
        let expected = self.modulus.bits().div_ceil(8) as usize - 1;
        let rest = padded.strip_prefix(&[2]).filter(|_| padded.len() == expected)?;
        let zero = rest.iter().position(|&byte| byte == 0).filter(|&zero| zero >= 8)?;
        Some(rest[zero + 1..].to_vec())
    }
}

fn pem(text: &str) -> Option<(&str, Vec<u8>)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let encoded: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    Some((label, STANDARD.decode(encoded).ok()?))
}

/// Reads one DER element of a kind; returns its contents and what follows.
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        let length = digits.iter().try_fold(0usize, |sum, &byte| Some(sum.checked_mul(256)? + usize::from(byte)))?;
        (length, rest)
    };
    (found == kind).then(|| rest.split_at_checked(length)).flatten()
}
