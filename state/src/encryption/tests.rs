//! Encryption of states.

use super::*;

fn passphrase(name: &str, text: &str, derivation: Derivation) -> Method {
    let key = Passphrase::new(name, text.to_owned(), derivation).expect("a good passphrase");
    Method::AesGcm { key: Arc::new(key), associated: Vec::new() }
}

/// Cheap, so that tests are fast.
const ARGON2: Derivation = Derivation::Argon2(Argon2 { memory_kib: 64, iterations: 1, parallelism: 1 });

const ONE: &str = "correct horse battery";
const TWO: &str = "staple correct horse!";

fn with(text: &str) -> Encryption {
    Encryption::new(passphrase("key_provider.argon2.a", text, ARGON2), Vec::new())
}

#[test]
fn what_is_sealed_is_opened_by_the_same_passphrase_only() {
    let plain = br#"{"version":4,"secret":"pssst"}"#;
    let sealed = with(ONE).seal(plain, Some(About { lineage: "l", serial: 3 })).unwrap().into_owned();
    assert!(!String::from_utf8_lossy(&sealed).contains("pssst"));
    let told: serde_json::Value = serde_json::from_slice(&sealed).unwrap();
    assert_eq!((told["serial"].as_u64(), told["lineage"].as_str()), (Some(3), Some("l")));
    assert_eq!(&*with(ONE).open(&sealed).unwrap(), plain);
    assert_eq!(with(TWO).open(&sealed), Err(EncryptionError::WrongKey));
    assert_eq!(Encryption::none().open(&sealed), Err(EncryptionError::NotConfigured));
}

#[test]
fn a_changed_byte_is_noticed() {
    let encryption = with(ONE);
    let sealed = encryption.seal(b"plain", None).unwrap();
    let mut told: serde_json::Value = serde_json::from_slice(&sealed).unwrap();
    let mut data = STANDARD.decode(told["encrypted_data"].as_str().unwrap()).unwrap();
    *data.last_mut().unwrap() ^= 1;
    told["encrypted_data"] = STANDARD.encode(data).into();
    assert_eq!(encryption.open(told.to_string().as_bytes()), Err(EncryptionError::WrongKey));
}

#[test]
fn keys_are_rotated_by_a_fallback() {
    let old = with(ONE).seal(b"plain", None).unwrap().into_owned();
    let rotating = Encryption::new(
        passphrase("key_provider.argon2.b", TWO, ARGON2),
        vec![passphrase("key_provider.argon2.a", ONE, ARGON2)],
    );
    assert_eq!(&*rotating.open(&old).unwrap(), b"plain");
    let new = rotating.seal(b"plain", None).unwrap().into_owned();
    assert!(matches!(with(ONE).open(&new), Err(EncryptionError::OtherProvider { .. })));
    let after = Encryption::new(passphrase("key_provider.argon2.b", TWO, ARGON2), Vec::new());
    assert_eq!(&*after.open(&new).unwrap(), b"plain");
}

#[test]
fn what_is_not_encrypted_is_read_and_what_is_is_written_so_by_a_fallback_only() {
    assert_eq!(with(ONE).open(b"{}"), Err(EncryptionError::NotEncrypted));
    let method = passphrase("key_provider.argon2.a", ONE, ARGON2);
    let onto = Encryption::new(method.clone(), vec![Method::Unencrypted]);
    assert_eq!(&*onto.open(b"{}").unwrap(), b"{}");
    let sealed = onto.seal(b"{}", None).unwrap().into_owned();
    // And the way back.
    let off = Encryption::new(Method::Unencrypted, vec![method]);
    assert_eq!(&*off.open(&sealed).unwrap(), b"{}");
    assert_eq!(&*off.seal(b"{}", None).unwrap(), b"{}");
}

#[test]
fn the_form_of_pbkdf2_is_that_of_opentofu() {
    let cost = Pbkdf2 { iterations: 200_000, hash: Pbkdf2Hash::Sha512 };
    let method = passphrase("key_provider.pbkdf2.mine", ONE, Derivation::Pbkdf2(cost));
    let sealed = Encryption::new(method.clone(), Vec::new()).seal(b"x", None).unwrap().into_owned();
    let told: serde_json::Value = serde_json::from_slice(&sealed).unwrap();
    assert_eq!(told["encryption_version"], "v0");
    let meta = STANDARD.decode(told["meta"]["key_provider.pbkdf2.mine"].as_str().unwrap()).unwrap();
    let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
    assert_eq!((&meta["hash_function"], &meta["key_length"]), (&"sha512".into(), &32.into()));
    assert_eq!(&*Encryption::new(method, Vec::new()).open(&sealed).unwrap(), b"x");
}

#[test]
fn a_short_passphrase_is_refused_and_never_shown() {
    let Err(error) = Passphrase::new("key_provider.argon2.a", "hunter2".to_owned(), ARGON2) else {
        panic!("seven characters are too few");
    };
    assert!(!format!("{error} {error:?} {:?}", with(ONE)).contains("hunter2"));
}
