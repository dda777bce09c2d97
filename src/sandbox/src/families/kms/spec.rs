//! What kinds of keys there are, what they are for, and their algorithms.

use crate::tree::Tree;

/// A kind of key.
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// What it can be used for; the first is the usual use of symmetric keys alone.
    pub usages: &'static [&'static str],
    /// Algorithms for encryption, signatures or authentication codes.
    algorithms: &'static [&'static str],
}

const SIGN: &[&str] = &["SIGN_VERIFY", "KEY_AGREEMENT"];
const RSA_USE: &[&str] = &["ENCRYPT_DECRYPT", "SIGN_VERIFY"];
const MAC: &[&str] = &["GENERATE_VERIFY_MAC"];
const RSA: &[&str] = &[
    "RSAES_OAEP_SHA_1",
    "RSAES_OAEP_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
];

const fn spec(name: &'static str, usages: &'static [&'static str], algorithms: &'static [&'static str]) -> Spec {
    Spec { name, usages, algorithms }
}

/// The kinds of keys; Chinese regions have one more.
pub const SPECS: &[Spec] = &[
    spec("SYMMETRIC_DEFAULT", &["ENCRYPT_DECRYPT"], &["SYMMETRIC_DEFAULT"]),
    spec("RSA_2048", RSA_USE, RSA),
    spec("RSA_3072", RSA_USE, RSA),
    spec("RSA_4096", RSA_USE, RSA),
    spec("ECC_NIST_P256", SIGN, &["ECDSA_SHA_256"]),
    spec("ECC_NIST_P384", SIGN, &["ECDSA_SHA_384"]),
    spec("ECC_NIST_P521", SIGN, &["ECDSA_SHA_512"]),
    spec("ECC_SECG_P256K1", &["SIGN_VERIFY"], &["ECDSA_SHA_256"]),
    spec("HMAC_224", MAC, &["HMAC_SHA_224"]),
    spec("HMAC_256", MAC, &["HMAC_SHA_256"]),
    spec("HMAC_384", MAC, &["HMAC_SHA_384"]),
    spec("HMAC_512", MAC, &["HMAC_SHA_512"]),
];

/// Returns the member and the algorithms that describe a key.
pub fn algorithms(name: &str, usage: &str) -> (&'static str, Tree) {
    let spec = SPECS.iter().find(|spec| spec.name == name);
    let all = spec.map_or(&[][..], |spec| spec.algorithms);
    let (member, is_one): (_, fn(&str) -> bool) = match usage {
        "SIGN_VERIFY" => ("SigningAlgorithms", |name| name.starts_with("RSASSA") || name.starts_with("ECDSA")),
        "GENERATE_VERIFY_MAC" => ("MacAlgorithms", |_| true),
        "KEY_AGREEMENT" => return ("KeyAgreementAlgorithms", Tree::list(["ECDH"])),
        _ => ("EncryptionAlgorithms", |name| !name.starts_with("RSASSA")),
    };
    (member, Tree::list(all.iter().copied().filter(|name| is_one(name))))
}
