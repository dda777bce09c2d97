//! Checksums of objects: computed, and compared with what a request says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;

use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// A checksum that is kept with an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// Its algorithm, as S3 names it: `CRC32`.
    pub algorithm: String,
    /// Its value in base64.
    pub value: String,
}

/// Algorithms: S3's name, and the member of inputs.
const ALGORITHMS: &[(&str, &str)] = &[
    ("CRC32", "ChecksumCrc32"),
    ("CRC32C", "ChecksumCrc32c"),
    ("CRC64NVME", "ChecksumCrc64nvme"),
    ("SHA1", "ChecksumSha1"),
    ("SHA256", "ChecksumSha256"),
];

/// The members of inputs that have to do with checksums.
pub const MEMBERS: [&str; 8] = [
    "ContentMd5",
    "SdkChecksumAlgorithm",
    "ChecksumAlgorithm",
    "ChecksumCrc32",
    "ChecksumCrc32c",
    "ChecksumCrc64nvme",
    "ChecksumSha1",
    "ChecksumSha256",
];

impl Checksum {
    /// Returns the header of answers.
    pub fn header(&self) -> String {
        format!("x-amz-checksum-{}", self.algorithm.to_lowercase())
    }
}

/// Checks what a request says about its body, and returns the checksum that is kept.
///
/// # Errors
/// When the body is another.
pub fn of(input: &Tree, body: &[u8]) -> Result<Checksum, Fault> {
    if let Some(expected) = input.text("ContentMd5")? {
        if STANDARD.decode(expected).is_ok_and(|digest| digest.len() == 16) {
            if expected != STANDARD.encode(Md5::digest(body)) {
                let message = "The Content-MD5 you specified did not match what we received.";
                return Err(Fault::new("BadDigest", message));
            }
        } else {
            return Err(Fault::new("InvalidDigest", "The Content-MD5 you specified was invalid."));
        }
    }
    for (algorithm, member) in ALGORITHMS {
        let Some(expected) = input.text(member)? else { continue };
        let value = computed(algorithm, body);
        if value != expected {
            let message = format!("The {algorithm} you specified did not match the calculated checksum.");
            return Err(Fault::new("BadDigest", message));
        }
        return Ok(Checksum { algorithm: (*algorithm).to_owned(), value });
    }
    let asked = input.text("ChecksumAlgorithm")?.or(input.text("SdkChecksumAlgorithm")?);
    let algorithm = asked.map(str::to_uppercase).unwrap_or_else(|| "CRC64NVME".to_owned());
    let value = computed(&algorithm, body);
    Ok(Checksum { algorithm, value })
}

/// Returns the MD5 digest in hex.
pub fn md5_hex(body: &[u8]) -> String {
    Md5::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn computed(algorithm: &str, body: &[u8]) -> String {
    match algorithm {
        "SHA1" => STANDARD.encode(Sha1::digest(body)),
        "SHA256" => STANDARD.encode(Sha256::digest(body)),
        "CRC32" => STANDARD.encode(&crc(0xedb8_8320, 32, body).to_be_bytes()[4..]),
        "CRC32C" => STANDARD.encode(&crc(0x82f6_3b78, 32, body).to_be_bytes()[4..]),
        _ => STANDARD.encode(crc(0x9a6c_9329_ac4b_c9b5, 64, body).to_be_bytes()),
    }
}

/// A reflected cyclic redundancy check that begins and ends inverted.
fn crc(polynomial: u64, bits: u32, body: &[u8]) -> u64 {
    let mask = u64::MAX >> (64 - bits);
    let mut table = [0u64; 256];
    for (byte, entry) in (0u64..).zip(&mut table) {
        *entry = (0..8).fold(byte, |value, _| if value & 1 == 1 { (value >> 1) ^ polynomial } else { value >> 1 });
    }
    let remainder = body.iter().fold(mask, |value, byte| {
        let index = usize::from(value.to_le_bytes()[0] ^ byte);
        (value >> 8) ^ table[index]
    });
    remainder ^ mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn checksums_are_those_of_the_catalogue() {
        let check = b"123456789";
        assert_eq!(crc(0xedb8_8320, 32, check), 0xcbf4_3926);
        assert_eq!(crc(0x82f6_3b78, 32, check), 0xe306_9283);
        assert_eq!(crc(0x9a6c_9329_ac4b_c9b5, 64, check), 0xae8b_1486_0a79_9888);
        assert_eq!(md5_hex(b""), "d41d8cd98f00b204e9800998ecf8427e");
    }

    #[test]
    fn bodies_that_are_others_are_refused() {
        let code = |input: Tree| of(&input, b"123456789").map(|checksum| checksum.algorithm);
        assert_eq!(code(tree! { "ChecksumCrc32": "y/Q5Jg==" }), Ok("CRC32".to_owned()));
        assert_eq!(code(tree! { "ChecksumCrc32": "AAAAAA==" }).unwrap_err().code("s3"), "BadDigest");
        assert_eq!(code(tree! { "ContentMd5": "AAAA" }).unwrap_err().code("s3"), "InvalidDigest");
        assert_eq!(code(tree! {}), Ok("CRC64NVME".to_owned()));
    }
}
