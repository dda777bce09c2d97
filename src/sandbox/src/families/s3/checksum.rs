//! Checksums of objects, parts and documents: computed, and compared with what a request says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::protocol::fault::Fault;
use crate::protocol::s3::Answer;
use crate::tree::Tree;

/// A checksum that is kept with an object or a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// Its algorithm, as S3 names it: `CRC32`.
    pub algorithm: String,
    /// Its value in base64.
    pub value: String,
    /// Of what it is.
    #[serde(default)]
    pub kind: Kind,
}

/// Of what a checksum is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Of all bytes.
    #[default]
    FullObject,
    /// Of the checksums of the parts.
    Composite,
}

/// Algorithms: S3's name, the member of inputs, and how many bytes they give.
const ALGORITHMS: &[(&str, &str, usize)] = &[
    ("CRC32", "ChecksumCrc32", 4),
    ("CRC32C", "ChecksumCrc32c", 4),
    ("CRC64NVME", "ChecksumCrc64nvme", 8),
    ("SHA1", "ChecksumSha1", 20),
    ("SHA256", "ChecksumSha256", 32),
    ("SHA512", "ChecksumSha512", 64),
    ("MD5", "ChecksumMd5", 16),
];
/// The algorithm where nobody names one.
pub const USUAL: &str = "CRC64NVME";

/// Members of an input with a body: its own, and those that have to do with the body's checksum.
macro_rules! members {
    ($($own:expr),* $(,)?) => {
        &[
            $($own,)*
            "Body",
            "ContentMd5",
            "SdkChecksumAlgorithm",
            "ChecksumCrc32",
            "ChecksumCrc32c",
            "ChecksumCrc64nvme",
            "ChecksumSha1",
            "ChecksumSha256",
            "ChecksumSha512",
            "ChecksumMd5",
        ]
    };
}
pub(crate) use members;

impl Kind {
    /// Returns the kind as S3 names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    /// Returns the kind that a request for an upload in parts asks for, or the usual one of the algorithm.
    ///
    /// # Errors
    /// When the algorithm does not have it.
    pub fn of_upload(input: &Tree, algorithm: Option<&str>) -> Result<Self, Fault> {
        let asked = input.text("ChecksumType")?;
        let refused = |message: String| Err(Fault::new("InvalidRequest", message));
        let Some(algorithm) = algorithm else {
            return match asked {
                None => Ok(Self::FullObject),
                Some(_) => refused(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
                        .to_owned(),
                ),
            };
        };
        let kind = match asked {
            None if algorithm == USUAL => Self::FullObject,
            None | Some("COMPOSITE") => Self::Composite,
            Some("FULL_OBJECT") => Self::FullObject,
            Some(_) => return refused("Value for x-amz-checksum-type header is invalid.".to_owned()),
        };
        let has_it = match kind {
            Self::FullObject => algorithm.starts_with("CRC"),
            Self::Composite => algorithm != USUAL,
        };
        if has_it {
            return Ok(kind);
        }
        refused(format!(
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.name(),
            algorithm.to_lowercase()
        ))
    }
}

impl Checksum {
    /// Returns the checksum of bytes.
    pub fn of_all(algorithm: &str, body: &[u8]) -> Self {
        let value = STANDARD.encode(computed(algorithm, body));
        Self { algorithm: algorithm.to_owned(), value, kind: Kind::FullObject }
    }

    /// Returns the checksum of the checksums of parts.
    pub fn of_parts<'a>(algorithm: &str, parts: impl Iterator<Item = &'a Self>) -> Self {
        let parts: Vec<Vec<u8>> = parts.map(|part| STANDARD.decode(&part.value).unwrap_or_default()).collect();
        let value = format!("{}-{}", STANDARD.encode(computed(algorithm, &parts.concat())), parts.len());
        Self { algorithm: algorithm.to_owned(), value, kind: Kind::Composite }
    }

    /// Returns the header of answers.
    pub fn header(&self) -> String {
        format!("x-amz-checksum-{}", self.algorithm.to_lowercase())
    }

    /// Writes it into the headers of an answer, with its kind.
    #[must_use]
    pub fn on(&self, answer: Answer) -> Answer {
        answer.header(&self.header(), &self.value).header("x-amz-checksum-type", self.kind.name())
    }

    /// Returns a document with it.
    #[must_use]
    pub fn shown_in(&self, document: Tree) -> Tree {
        document.with(&format!("Checksum{}", self.algorithm), &self.value)
    }
}

fn refused(message: impl Into<String>) -> Fault {
    Fault::new("InvalidRequest", message)
}

/// Returns the algorithm that a member names.
///
/// # Errors
/// When there is none of that name.
pub fn named(input: &Tree, member: &str) -> Result<Option<&'static str>, Fault> {
    let Some(text) = input.text(member)? else { return Ok(None) };
    let found = ALGORITHMS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(text));
    found.map(|(name, ..)| Some(*name)).ok_or_else(|| {
        let names: Vec<&str> = ALGORITHMS.iter().map(|(name, ..)| *name).collect();
        refused(format!(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [{}]",
            names.join(", ")
        ))
    })
}

/// Returns algorithm and value of the checksum that a request says.
///
/// # Errors
/// When it says two, or one that is no checksum.
pub fn given(input: &Tree) -> Result<Option<(&'static str, &str)>, Fault> {
    let mut found = None;
    for (algorithm, member, length) in ALGORITHMS {
        let Some(value) = input.text(member)? else { continue };
        if found.is_some() {
            let message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
            return Err(refused(message));
        }
        // Those of parts tell how many these are.
        let (digest, _) = value.split_once('-').unwrap_or((value, ""));
        if STANDARD.decode(digest).map(|digest| digest.len()) != Ok(*length) {
            let header = format!("x-amz-checksum-{}", algorithm.to_lowercase());
            return Err(refused(format!("Value for {header} header is invalid.")));
        }
        found = Some((*algorithm, value));
    }
    Ok(found)
}

/// Returns the refusal of a body that is another than was said.
pub fn differs(algorithm: &str) -> Fault {
    Fault::new("BadDigest", format!("The {algorithm} you specified did not match the calculated checksum."))
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
    let of_sdk = named(input, "SdkChecksumAlgorithm")?;
    let Some((algorithm, expected)) = given(input)? else {
        return Ok(Checksum::of_all(of_sdk.unwrap_or(USUAL), body));
    };
    if of_sdk.is_some_and(|of_sdk| of_sdk != algorithm) {
        return Err(refused("Value for x-amz-sdk-checksum-algorithm header is invalid."));
    }
    let checksum = Checksum::of_all(algorithm, body);
    if checksum.value == expected { Ok(checksum) } else { Err(differs(algorithm)) }
}

/// Checks what a request says about its document. The codec keeps the bytes where a request says anything.
///
/// # Errors
/// When the document is another.
pub fn of_document(input: &Tree) -> Result<(), Fault> {
    match input.text("Body")? {
        Some(body) => of(input, &STANDARD.decode(body).unwrap_or_default()).map(drop),
        None => Ok(()),
    }
}

/// Returns the MD5 digest in hex.
pub fn md5_hex(body: &[u8]) -> String {
    Md5::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn computed(algorithm: &str, body: &[u8]) -> Vec<u8> {
    match algorithm {
        "MD5" => Md5::digest(body).to_vec(),
        "SHA1" => Sha1::digest(body).to_vec(),
        "SHA256" => Sha256::digest(body).to_vec(),
        "SHA512" => Sha512::digest(body).to_vec(),
        "CRC32" => crc(0xedb8_8320, 32, body).to_be_bytes()[4..].to_vec(),
        "CRC32C" => crc(0x82f6_3b78, 32, body).to_be_bytes()[4..].to_vec(),
        _ => crc(0x9a6c_9329_ac4b_c9b5, 64, body).to_be_bytes().to_vec(),
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
        let ask = |input: Tree| of(&input, b"123456789").map(|checksum| checksum.algorithm);
        let refused = |input: Tree| ask(input).unwrap_err().code("s3");
        assert_eq!(ask(tree! { "ChecksumCrc32": "y/Q5Jg==" }), Ok("CRC32".to_owned()));
        assert_eq!(refused(tree! { "ChecksumCrc32": "AAAAAA==" }), "BadDigest");
        assert_eq!(refused(tree! { "ContentMd5": "AAAA" }), "InvalidDigest");
        assert_eq!(ask(tree! {}), Ok("CRC64NVME".to_owned()));
        assert_eq!(ask(tree! { "SdkChecksumAlgorithm": "sha256" }), Ok("SHA256".to_owned()));
        assert_eq!(refused(tree! { "ChecksumCrc32": "y/Q5" }), "InvalidRequest");
        assert_eq!(refused(tree! { "SdkChecksumAlgorithm": "CRC8" }), "InvalidRequest");
        let two = tree! { "ChecksumCrc32": "y/Q5Jg==", "ChecksumCrc32c": "4waSgw==" };
        assert_eq!(refused(two), "InvalidRequest");
        let other = tree! { "ChecksumCrc32": "y/Q5Jg==", "SdkChecksumAlgorithm": "SHA1" };
        assert_eq!(refused(other), "InvalidRequest");
    }

    #[test]
    fn uploads_have_the_kinds_of_their_algorithm() {
        let ask = |algorithm: Option<&str>, kind: Option<&str>| {
            Kind::of_upload(&tree! { "ChecksumType": kind }, algorithm).map_err(|fault| fault.code("s3"))
        };
        let refused = || Err("InvalidRequest".to_owned());
        assert_eq!((ask(None, None), ask(None, Some("COMPOSITE"))), (Ok(Kind::FullObject), refused()));
        assert_eq!((ask(Some("CRC32"), None), ask(Some("SHA256"), None)), (Ok(Kind::Composite), Ok(Kind::Composite)));
        assert_eq!(ask(Some("CRC32"), Some("FULL_OBJECT")), Ok(Kind::FullObject));
        assert_eq!(ask(Some("SHA256"), Some("FULL_OBJECT")), refused());
        assert_eq!(
            (ask(Some("CRC64NVME"), None), ask(Some("CRC64NVME"), Some("COMPOSITE"))),
            (Ok(Kind::FullObject), refused())
        );
    }
}
