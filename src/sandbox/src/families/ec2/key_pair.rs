//! Key pairs.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::filters::{Filters, one};
use super::{Store, tags};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write("CreateKeyPair", &["KeyName", "KeyType", "KeyFormat", "TagSpecification"], create),
        write("ImportKeyPair", &["KeyName", "PublicKeyMaterial", "TagSpecification"], import),
        read("DescribeKeyPairs", &["KeyName", "KeyPairId", "IncludePublicKey", "Filter"], describe),
        write("DeleteKeyPair", &["KeyName", "KeyPairId"], delete),
    ],
    events: &[],
};

/// A key pair.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyPair {
    /// Its name, one of its region.
    pub name: String,
    /// `rsa` or `ed25519`.
    pub kind: String,
    /// Fingerprint of the key.
    pub fingerprint: String,
    /// The public key.
    pub public_key: String,
    /// When it was made.
    pub created: Timestamp,
}

impl KeyPair {
    fn shown(&self, store: &Store, id: &str) -> Tree {
        tree! {
            "keyPairId": id,
            "keyName": self.name.as_str(),
            "keyFingerprint": self.fingerprint.as_str(),
            "tagSet": store.tag_set(id),
        }
    }
}

impl Store {
    /// Returns a key pair by name.
    ///
    /// # Errors
    /// When it is not there.
    pub fn key_pair(&self, name: &str) -> Result<(&str, &KeyPair), Fault> {
        let found = self.key_pairs.iter().find(|(_, pair)| pair.name == name);
        found
            .map(|(id, pair)| (id.as_str(), pair))
            .ok_or_else(|| Fault::new("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist")))
    }
}

fn missing_id(id: &str) -> Fault {
    Fault::new("InvalidKeyPair.NotFound", format!("The key pair with ID '{id}' does not exist"))
}

fn new_name<'a>(scope: &Scope<'_>, input: &'a Tree) -> Result<&'a str, Fault> {
    let name = input.need("KeyName")?;
    if name.len() > 255 || !name.is_ascii() {
        return Err(Fault::invalid("keyName", name, "Up to 255 ASCII characters are allowed."));
    }
    if scope.ec2().key_pair(name).is_ok() {
        return Err(Fault::new("InvalidKeyPair.Duplicate", format!("The keypair '{name}' already exists.")));
    }
    Ok(name)
}

fn keep(scope: &mut Scope<'_>, pair: KeyPair, tags: super::Tags) -> Tree {
    let id = scope.ids().ec2("key");
    let store = scope.ec2_mut();
    store.tag_new(&id, tags);
    let shown = pair.shown(store, &id);
    store.key_pairs.insert(id, pair);
    shown
}

fn colons(hex: &str) -> String {
    let pairs: Vec<&str> = (0..hex.len() / 2).map(|index| &hex[index * 2..index * 2 + 2]).collect();
    pairs.join(":")
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = new_name(scope, input)?;
    let kind = input.text("KeyType")?.unwrap_or("rsa");
    if !["rsa", "ed25519"].contains(&kind) {
        return Err(Fault::invalid("keyType", kind, "Valid values are rsa and ed25519."));
    }
    let form = input.text("KeyFormat")?.unwrap_or("pem");
    if !["pem", "ppk"].contains(&form) {
        return Err(Fault::invalid("keyFormat", form, "Valid values are pem and ppk."));
    }
    let tags = tags::specified(input, "key-pair")?;
    let (print, private) = (scope.ids().hex(40), scope.ids().lower(640));
    let fingerprint = if kind == "rsa" { colons(&print) } else { STANDARD.encode(&print[..32]) };
    let algorithm = if kind == "rsa" { "ssh-rsa" } else { "ssh-ed25519" };
    let pair = KeyPair {
        name: name.to_owned(),
        kind: kind.to_owned(),
        fingerprint,
        public_key: format!("{algorithm} {} {name}", STANDARD.encode(&private[..120])),
        created: scope.now,
    };
    let label = if kind == "rsa" { "RSA" } else { "OPENSSH" };
    let material = match form {
        "ppk" => format!("PuTTY-User-Key-File-3: {algorithm}\r\nEncryption: none\r\nComment: {name}\r\n{private}\r\n"),
        _ => format!("-----BEGIN {label} PRIVATE KEY-----\n{private}\n-----END {label} PRIVATE KEY-----"),
    };
    Ok(keep(scope, pair, tags).with("keyMaterial", material))
}

/// The material of the request is the base64 form of an OpenSSH line.
fn import(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = new_name(scope, input)?;
    let malformed = || Fault::new("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
    let bytes = STANDARD.decode(input.need("PublicKeyMaterial")?).map_err(|_| malformed())?;
    let line = String::from_utf8(bytes).map_err(|_| malformed())?;
    let mut words = line.split_whitespace();
    let kind = match words.next() {
        Some("ssh-rsa") => "rsa",
        Some("ssh-ed25519") => "ed25519",
        _ => return Err(malformed()),
    };
    words.next().filter(|key| STANDARD.decode(key).is_ok()).ok_or_else(malformed)?;
    let tags = tags::specified(input, "key-pair")?;
    let fingerprint = colons(&scope.ids().hex(32));
    let (name, kind) = (name.to_owned(), kind.to_owned());
    let pair = KeyPair { name, kind, fingerprint, public_key: line.trim().to_owned(), created: scope.now };
    Ok(keep(scope, pair, tags))
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let (names, ids) = (input.texts("KeyName"), input.texts("KeyPairId"));
    for name in &names {
        store.key_pair(name)?;
    }
    if let Some(absent) = ids.iter().find(|id| !store.key_pairs.contains_key(**id)) {
        return Err(missing_id(absent));
    }
    let filters = Filters::read(input)?;
    let shows_key = input.bool("IncludePublicKey")? == Some(true);
    let mut found = Vec::new();
    let mut pairs: Vec<_> = store.key_pairs.iter().collect();
    pairs.sort_by_key(|(_, pair)| &pair.name);
    for (id, pair) in pairs {
        let is_named = ids.contains(&id.as_str()) || names.contains(&pair.name.as_str());
        let passes = filters.accept_tagged(store, id, |name| match name {
            "key-pair-id" => one(id),
            "key-name" => one(&pair.name),
            "fingerprint" => one(&pair.fingerprint),
            _ => None,
        })?;
        if passes && (is_named || (ids.is_empty() && names.is_empty())) {
            let shown = pair.shown(store, id).with("keyType", &pair.kind).with("createTime", pair.created);
            found.push(shown.with("publicKey", shows_key.then_some(pair.public_key.as_str())));
        }
    }
    Ok(tree! { "keySet": found })
}

/// Deleting what is not there succeeds.
fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, id) = (input.text("KeyName")?, input.text("KeyPairId")?);
    if name.is_none() && id.is_none() {
        return Err(Fault::missing("KeyName"));
    }
    let store = scope.ec2_mut();
    let is_meant = |own: &str, pair: &KeyPair| id == Some(own) || name == Some(pair.name.as_str());
    let found = find(&store.key_pairs, is_meant);
    if let Some(id) = &found {
        store.key_pairs.remove(id);
        store.tags.remove(id);
    }
    Ok(tree! { "return": true, "keyPairId": found })
}

fn find(pairs: &BTreeMap<String, KeyPair>, is_meant: impl Fn(&str, &KeyPair) -> bool) -> Option<String> {
    pairs.iter().find(|(id, pair)| is_meant(id, pair)).map(|(id, _)| id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn pairs_are_made_imported_listed_and_deleted() {
        let cloud = Cloud::new();
        let made = cloud.ec2("CreateKeyPair", tree! { "KeyName": "a" }).unwrap();
        assert!(made.need("keyMaterial").unwrap().starts_with("-----BEGIN RSA"));
        assert_eq!(code(cloud.ec2("CreateKeyPair", tree! { "KeyName": "a" })), "InvalidKeyPair.Duplicate");
        let import = |line: &str| {
            cloud.ec2("ImportKeyPair", tree! { "KeyName": "b", "PublicKeyMaterial": STANDARD.encode(line) })
        };
        assert_eq!(code(import("hello")), "InvalidKey.Format");
        import("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me").unwrap();
        let listed = cloud.ec2("DescribeKeyPairs", tree! { "IncludePublicKey": "true" }).unwrap();
        let kinds: Vec<_> = listed.list_at("keySet").iter().map(|pair| pair.need("keyType").unwrap()).collect();
        assert_eq!(kinds, ["rsa", "ed25519"]);
        assert_eq!(code(cloud.ec2("DescribeKeyPairs", tree! { "KeyName": vec!["c"] })), "InvalidKeyPair.NotFound");
        cloud.ec2("DeleteKeyPair", tree! { "KeyName": "a" }).unwrap();
        cloud.ec2("DeleteKeyPair", tree! { "KeyName": "a" }).unwrap();
        let left = cloud.ec2("DescribeKeyPairs", tree! {}).unwrap();
        assert_eq!(left.list_at("keySet").len(), 1);
    }
}
