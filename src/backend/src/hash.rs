//! The hash by which Terraform tells whether a `backend` block has changed since `init`.
//!
//! CRC-32 of a text form of the block's type and arguments, as the library `cty` hashes values: so that a directory that
//! landfall has initialised is one for Terraform too.

use serde_json::Value as Json;

use crate::Settings;
use crate::schema::{Kind, SETTINGS};

/// Returns the hash of a block of the backend `s3` with these arguments.
pub fn hash(settings: &Settings) -> u64 {
    hash_of("s3", settings.as_map(), SETTINGS)
}

/// Returns the hash of a block of another backend.
pub fn hash_of(r#type: &str, members: &serde_json::Map<String, Json>, kinds: &[(&str, Kind)]) -> u64 {
    let mut text = format!("<\"{}\";", r#type);
    object(members, kinds, &mut text);
    text.push_str(";>");
    u64::from(crc32(text.as_bytes()))
}

fn object(members: &serde_json::Map<String, Json>, kinds: &[(&str, Kind)], text: &mut String) {
    text.push('<');
    for (name, kind) in kinds {
        value(members.get(*name).unwrap_or(&Json::Null), *kind, text);
        text.push(';');
    }
    text.push('>');
}

fn value(json: &Json, kind: Kind, text: &mut String) {
    match (json, kind) {
        (Json::Null, _) => text.push('~'),
        (Json::Bool(true), _) => text.push('T'),
        (Json::Bool(false), _) => text.push('F'),
        (Json::Number(number), _) => text.push_str(&number.to_string()),
        (Json::String(string), _) => quoted(string, text),
        (Json::Array(elements), _) => {
            text.push('[');
            for element in elements {
                value(element, Kind::Text, text);
                text.push(';');
            }
            text.push(']');
        }
        (Json::Object(members), Kind::Object(kinds)) => object(members, kinds, text),
        (Json::Object(members), _) => {
            text.push('{');
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            for name in names {
                quoted(name, text);
                text.push(':');
                value(&members[name], Kind::Text, text);
                text.push(';');
            }
            text.push('}');
        }
    }
}

/// Writes a string as Go's `%q` does, for the characters that settings have.
fn quoted(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            character if (character as u32) < 0x20 || character == '\x7f' => {
                text.push_str(&format!("\\x{:02x}", character as u32));
            }
            character => text.push(character),
        }
    }
    text.push('"');
}

/// CRC-32 as in zip and gzip.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let mut crc = crc ^ u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn the_hash_is_terraforms() {
        let given = serde_json::json!({
            "bucket": "states", "key": "a/terraform.tfstate", "region": "us-east-1",
            "endpoints": {
                "s3": "http://127.0.0.1:4777", "dynamodb": "http://127.0.0.1:4777", "sts": "http://127.0.0.1:4777"
            },
            "use_path_style": true, "skip_credentials_validation": true, "skip_requesting_account_id": true,
            "skip_metadata_api_check": true, "use_lockfile": true,
        });
        let given = given.as_object().expect("an object").clone().into_iter().collect();
        assert_eq!(hash(&Settings::of(&given).expect("valid settings")), 353_221_774);
    }
}
