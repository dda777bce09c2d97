//! Digests, random names and encryption.

mod rsa;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::Version;
use landfall_value::Value;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

use super::arguments::Arguments;
use super::signature::{Function, number, text};
use super::{FunctionError, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::text("base64sha256", &[text("str")], |a| Ok(STANDARD.encode(Sha256::digest(a.text(0))).into())),
    Function::text("base64sha512", &[text("str")], |a| Ok(STANDARD.encode(Sha512::digest(a.text(0))).into())),
    Function::text("bcrypt", &[text("str")], bcrypt).variadic(number("cost")),
    Function::text("md5", &[text("str")], |a| Ok(hex(&Md5::digest(a.text(0))).into())),
    Function::text("rsadecrypt", &[text("ciphertext"), text("privatekey")], rsa_decrypt),
    Function::text("sha1", &[text("str")], |a| Ok(hex(&Sha1::digest(a.text(0))).into())),
    Function::text("sha256", &[text("str")], |a| Ok(hex(&Sha256::digest(a.text(0))).into())),
    Function::text("sha512", &[text("str")], |a| Ok(hex(&Sha512::digest(a.text(0))).into())),
    Function::text("uuid", &[], uuid),
    Function::text("uuidv5", &[text("namespace"), text("name")], uuid_of_name),
];

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives a random result, which must not change between plan and apply: it is known only when applying.
fn random<const N: usize>(arguments: &Arguments<'_>, make: impl FnOnce([u8; N]) -> Outcome) -> Outcome {
    let mut bytes = [0; N];
    if arguments.context.host.random(&mut bytes) { make(bytes) } else { Ok(arguments.unknown()) }
}

fn uuid(arguments: &Arguments<'_>) -> Outcome {
    random(arguments, |bytes| Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string().into()))
}

fn uuid_of_name(arguments: &Arguments<'_>) -> Outcome {
    let namespace = match arguments.text(0) {
        "dns" => Uuid::NAMESPACE_DNS,
        "url" => Uuid::NAMESPACE_URL,
        "oid" => Uuid::NAMESPACE_OID,
        "x500" => Uuid::NAMESPACE_X500,
        other => Uuid::parse_str(other).map_err(|error| {
            let shown = arguments.shown(0, other);
            FunctionError::new(format!("uuidv5() doesn't support namespace {shown} ({error})"))
        })?,
    };
    Ok(Uuid::new_v5(&namespace, arguments.text(1).as_bytes()).to_string().into())
}

fn bcrypt(arguments: &Arguments<'_>) -> Outcome {
    random(arguments, |salt| {
        let cost = match arguments.values.len() {
            1 => 10,
            2 => arguments.whole(1)?,
            _ => return Err(FunctionError::new("bcrypt() takes no more than two arguments")),
        };
        // Lower costs are raised to the default, as the Go library does.
        let cost = if cost < 4 { 10 } else { cost };
        let failed = |why: &str| FunctionError::new(format!("error occurred generating password: {why}"));
        let cost = u32::try_from(cost).ok().filter(|cost| *cost <= 31);
        let cost = cost.ok_or_else(|| failed("the cost is outside 4 to 31"))?;
        if arguments.text(0).len() > 72 {
            return Err(failed("the text is longer than 72 bytes"));
        }
        let parts =
            bcrypt::hash_with_salt(arguments.text(0), cost, salt).map_err(|error| failed(&error.to_string()))?;
        Ok(Value::from(parts.format_for_version(Version::TwoA)))
    })
}

fn rsa_decrypt(arguments: &Arguments<'_>) -> Outcome {
    let encrypted = STANDARD.decode(arguments.text(0)).map_err(|_| {
        let shown = arguments.shown(0, arguments.text(0));
        FunctionError::at(0, format!("failed to decode input {shown}: cipher text must be base64-encoded"))
    })?;
    let key = rsa::PrivateKey::from_pem(arguments.text(1)).map_err(|reason| FunctionError::at(1, reason))?;
    let plain = key
        .decrypt(&encrypted)
        .ok_or_else(|| FunctionError::new("failed to decrypt: the text was not encrypted for this key"))?;
    String::from_utf8(plain).map(Value::from).map_err(|_| FunctionError::new("the decrypted text is not valid UTF-8"))
}
