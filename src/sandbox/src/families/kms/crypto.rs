//! What keys encrypt. Nothing is secret here: a ciphertext only holds together like one, and opens only with its key, its
//! context and the state of the key that AWS asks for.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{disabled, invalid_state};
use crate::families::constraints::{length, one_of, range};
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write("Encrypt", &["KeyId", "Plaintext", "EncryptionContext", "EncryptionAlgorithm", "GrantTokens"], encrypt),
        write(
            "Decrypt",
            &["CiphertextBlob", "KeyId", "EncryptionContext", "EncryptionAlgorithm", "GrantTokens"],
            decrypt,
        ),
        write(
            "ReEncrypt",
            &[
                "CiphertextBlob",
                "SourceKeyId",
                "SourceEncryptionContext",
                "SourceEncryptionAlgorithm",
                "DestinationKeyId",
                "DestinationEncryptionContext",
                "DestinationEncryptionAlgorithm",
                "GrantTokens",
            ],
            encrypt_again,
        ),
        write("GenerateDataKey", DATA_KEY, |scope, input| data_key(scope, input, true)),
        write("GenerateDataKeyWithoutPlaintext", DATA_KEY, |scope, input| data_key(scope, input, false)),
        write("GenerateRandom", &["NumberOfBytes"], random),
    ],
    events: &[],
};

const DATA_KEY: &[&str] = &["KeyId", "KeySpec", "NumberOfBytes", "EncryptionContext", "GrantTokens"];
/// The most that one call encrypts, in bytes.
const MOST: usize = 4096;
/// What ciphertexts begin with.
const MAGIC: &[u8] = b"\x01\x02\x02\x00";
const ALGORITHM: &str = "SYMMETRIC_DEFAULT";
/// Lengths of what follows: the key, the number used once, the check.
const PARTS_ID: usize = 36;
const PARTS_ONCE: usize = 16;
const PARTS_CHECK: usize = 16;

/// Returns id and ARN of a key that can be used now.
fn usable(scope: &Scope<'_>, name: &str) -> Result<(String, String), Fault> {
    let (id, key) = scope.kms_key(name)?;
    let arn = scope.kms_key_arn(id);
    match key.state() {
        "Disabled" => return Err(disabled(scope, id)),
        "PendingDeletion" => return Err(invalid_state(scope, id, "is pending deletion.")),
        _ => {}
    }
    if !key.is_symmetric() {
        let message = format!("{arn} key usage is {} which is not valid for this operation.", key.usage);
        return Err(Fault::new("InvalidKeyUsageException", message));
    }
    Ok((id.to_owned(), arn))
}

fn context(input: &Tree, member: &str) -> BTreeMap<String, String> {
    input.text_map(member).into_iter().collect()
}

fn check_algorithm(input: &Tree, member: &str) -> Result<(), Fault> {
    match one_of(input, member, &[ALGORITHM, "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"])? {
        None | Some(ALGORITHM) => Ok(()),
        Some(other) => {
            let message = format!("Algorithm {other} is incompatible with key spec SYMMETRIC_DEFAULT.");
            Err(Fault::new("InvalidKeyUsageException", message))
        }
    }
}

fn blob(input: &Tree, member: &str, most: usize) -> Result<Vec<u8>, Fault> {
    let text = input.need(member)?;
    let invalid = || Fault::new("SerializationException", format!("{member} is not base64"));
    let bytes = STANDARD.decode(text).map_err(|_| invalid())?;
    if bytes.len() > most {
        let why = format!("Member must have length less than or equal to {most}");
        return Err(Fault::invalid(member, text, &why));
    }
    Ok(bytes)
}

/// Mixes bytes with a stream that follows from key and number.
fn mixed(id: &str, once: &[u8], bytes: &[u8]) -> Vec<u8> {
    let stream = (0u64..).flat_map(|block| {
        let digest = Sha256::new().chain_update(id).chain_update(once).chain_update(block.to_be_bytes()).finalize();
        digest.to_vec()
    });
    bytes.iter().zip(stream).map(|(byte, with)| byte ^ with).collect()
}

fn checked(id: &str, once: &[u8], context: &BTreeMap<String, String>, sealed: &[u8]) -> Vec<u8> {
    let mut digest = Sha256::new().chain_update(id).chain_update(once);
    for (name, value) in context {
        digest.update(name);
        digest.update([0]);
        digest.update(value);
        digest.update([0]);
    }
    digest.chain_update(sealed).finalize().iter().copied().take(PARTS_CHECK).collect()
}

fn sealed(scope: &mut Scope<'_>, id: &str, context: &BTreeMap<String, String>, plain: &[u8]) -> String {
    let once = scope.ids().hex(PARTS_ONCE).into_bytes();
    let sealed = mixed(id, &once, plain);
    let check = checked(id, &once, context, &sealed);
    let padded = format!("{id:<PARTS_ID$}");
    STANDARD.encode([MAGIC, padded.as_bytes(), &once, &check, &sealed].concat())
}

/// Returns id of the key and the bytes, where the ciphertext is one and was made with this context.
fn opened(blob: &[u8], context: &BTreeMap<String, String>) -> Result<(String, Vec<u8>), Fault> {
    let invalid = || Fault::new("InvalidCiphertextException", "");
    let rest = blob.strip_prefix(MAGIC).ok_or_else(invalid)?;
    let (id, rest) = rest.split_at_checked(PARTS_ID).ok_or_else(invalid)?;
    let (once, rest) = rest.split_at_checked(PARTS_ONCE).ok_or_else(invalid)?;
    let (check, sealed) = rest.split_at_checked(PARTS_CHECK).ok_or_else(invalid)?;
    let id = std::str::from_utf8(id).map_err(|_| invalid())?.trim_end();
    if checked(id, once, context, sealed) != check {
        return Err(invalid());
    }
    Ok((id.to_owned(), mixed(id, once, sealed)))
}

fn encrypt(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    check_algorithm(input, "EncryptionAlgorithm")?;
    let plain = blob(input, "Plaintext", MOST)?;
    let (id, arn) = usable(scope, length(1, 2048).need(input, "KeyId")?)?;
    let blob = sealed(scope, &id, &context(input, "EncryptionContext"), &plain);
    Ok(tree! { "CiphertextBlob": blob, "KeyId": arn, "EncryptionAlgorithm": ALGORITHM })
}

/// Opens a ciphertext with the key that it names; a key that is asked for must be that one.
fn open(scope: &Scope<'_>, input: &Tree, key: &str, context_of: &str) -> Result<(String, Vec<u8>), Fault> {
    let (id, plain) = opened(&blob(input, "CiphertextBlob", 6144)?, &context(input, context_of))?;
    if let Some(name) = length(1, 2048).optional(input, key)? {
        let asked = scope.kms_key(name)?.0;
        if asked != id {
            let message = "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(Fault::new("IncorrectKeyException", message));
        }
    }
    Ok((usable(scope, &id)?.1, plain))
}

fn decrypt(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    check_algorithm(input, "EncryptionAlgorithm")?;
    let (arn, plain) = open(scope, input, "KeyId", "EncryptionContext")?;
    Ok(tree! { "KeyId": arn, "Plaintext": STANDARD.encode(plain), "EncryptionAlgorithm": ALGORITHM })
}

fn encrypt_again(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    check_algorithm(input, "SourceEncryptionAlgorithm")?;
    check_algorithm(input, "DestinationEncryptionAlgorithm")?;
    let (source, plain) = open(scope, input, "SourceKeyId", "SourceEncryptionContext")?;
    let (id, arn) = usable(scope, length(1, 2048).need(input, "DestinationKeyId")?)?;
    let blob = sealed(scope, &id, &context(input, "DestinationEncryptionContext"), &plain);
    Ok(tree! {
        "CiphertextBlob": blob,
        "SourceKeyId": source,
        "KeyId": arn,
        "SourceEncryptionAlgorithm": ALGORITHM,
        "DestinationEncryptionAlgorithm": ALGORITHM,
    })
}

fn data_key(scope: &mut Scope<'_>, input: &Tree, has_plaintext: bool) -> Result<Tree, Fault> {
    let spec = one_of(input, "KeySpec", &["AES_256", "AES_128"])?;
    let count = match (spec, range(input, "NumberOfBytes", 1, 1024)?) {
        (Some("AES_128"), None) => 16,
        (Some(_), None) => 32,
        (None, Some(count)) => count,
        _ => return Err(Fault::new("ValidationException", "Please specify either number of bytes or key spec.")),
    };
    let (id, arn) = usable(scope, length(1, 2048).need(input, "KeyId")?)?;
    let plain = bytes(scope, count);
    let blob = sealed(scope, &id, &context(input, "EncryptionContext"), &plain);
    let plain = has_plaintext.then(|| STANDARD.encode(plain));
    Ok(tree! { "CiphertextBlob": blob, "Plaintext": plain, "KeyId": arn })
}

fn random(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let count = range(input, "NumberOfBytes", 1, 1024)?.ok_or_else(|| Fault::missing("NumberOfBytes"))?;
    Ok(tree! { "Plaintext": STANDARD.encode(bytes(scope, count)) })
}

fn bytes(scope: &mut Scope<'_>, count: i64) -> Vec<u8> {
    let ids = scope.ids();
    (0..count).map(|_| u8::try_from(ids.below(256)).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::kms::key::tests::key;
    use crate::testing::{Cloud, code};

    #[test]
    fn what_is_encrypted_opens_with_its_key_and_context() {
        let cloud = Cloud::new();
        let id = key(&cloud);
        let call = |operation: &str, input: Tree| cloud.call("kms", operation, input);
        let context = tree! { "for": "state" };
        let plain = STANDARD.encode("words");
        let made = tree! { "KeyId": id.as_str(), "Plaintext": plain.as_str(), "EncryptionContext": context.clone() };
        let made = call("Encrypt", made).unwrap();
        let blob = tree! { "CiphertextBlob": made.need("CiphertextBlob").unwrap() };
        assert_eq!(code(call("Decrypt", blob.clone())), "InvalidCiphertextException");
        let open = || call("Decrypt", blob.clone().with("EncryptionContext", context.clone()));
        assert_eq!(open().unwrap().need("Plaintext"), Ok(plain.as_str()));
        call("DisableKey", tree! { "KeyId": id.as_str() }).unwrap();
        assert_eq!(code(open()), "DisabledException");
        assert_eq!(code(call("Decrypt", tree! { "CiphertextBlob": "AAAA" })), "InvalidCiphertextException");
    }
}
