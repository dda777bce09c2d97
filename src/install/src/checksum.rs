//! The `checksum` argument of a source: `sha256:…`, or digits whose number tells the algorithm.

use std::path::Path;

use crate::digest::of_file;
use crate::error::{FetchError, Fetched};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// What the digest of an archive must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Checksum {
    algorithm: Algorithm,
    digits: String,
}

impl Checksum {
    /// Reads the value of a `checksum` argument.
    pub fn parse(text: &str) -> Fetched<Self> {
        let (algorithm, digits) = match text.split_once(':') {
            Some(("md5", digits)) => (Some(Algorithm::Md5), digits),
            Some(("sha1", digits)) => (Some(Algorithm::Sha1), digits),
            Some(("sha256", digits)) => (Some(Algorithm::Sha256), digits),
            Some(("sha512", digits)) => (Some(Algorithm::Sha512), digits),
            Some(("file", _)) => {
                let problem = "checksums in a file are not supported: write the checksum itself, such as `sha256:…`";
                return Err(FetchError::Address(problem.to_owned()));
            }
            Some((other, _)) => return Err(FetchError::Address(format!("unsupported checksum type: {other}"))),
            None => (None, text),
        };
        let by_length = match digits.len() {
            32 => Algorithm::Md5,
            40 => Algorithm::Sha1,
            64 => Algorithm::Sha256,
            128 => Algorithm::Sha512,
            _ => return Err(invalid(text)),
        };
        let digits = digits.to_ascii_lowercase();
        if algorithm.is_some_and(|algorithm| algorithm != by_length) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(invalid(text));
        }
        Ok(Self { algorithm: by_length, digits })
    }

    /// Checks a file.
    pub fn verify(&self, path: &Path) -> Fetched<()> {
        let (algorithm, found) = match self.algorithm {
            Algorithm::Md5 => ("md5", of_file::<md5::Md5>(path)),
            Algorithm::Sha1 => ("sha1", of_file::<sha1::Sha1>(path)),
            Algorithm::Sha256 => ("sha256", of_file::<sha2::Sha256>(path)),
            Algorithm::Sha512 => ("sha512", of_file::<sha2::Sha512>(path)),
        };
        let found = found.map_err(FetchError::at(path))?;
        if found == self.digits {
            return Ok(());
        }
        Err(FetchError::Checksum { algorithm, wanted: self.digits.clone(), found })
    }
}

fn invalid(text: &str) -> FetchError {
    FetchError::Address(format!("invalid checksum `{text}`: the number of hexadecimal digits fits no algorithm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_digits_tells_the_algorithm() {
        assert_eq!(Checksum::parse(&"0".repeat(40)).unwrap().algorithm, Algorithm::Sha1);
        assert_eq!(Checksum::parse(&format!("sha256:{}", "A".repeat(64))).unwrap().digits, "a".repeat(64));
        assert!(Checksum::parse("sha256:00").is_err());
        assert!(Checksum::parse(&format!("md5:{}", "0".repeat(40))).is_err());
        assert!(Checksum::parse(&"g".repeat(32)).is_err());
    }

    #[test]
    fn another_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        Checksum::parse(empty).unwrap().verify(file.path()).unwrap();
        let error = Checksum::parse(&"0".repeat(32)).unwrap().verify(file.path()).unwrap_err();
        assert!(error.to_string().contains("md5 checksum is d41d8cd98f00b204e9800998ecf8427e"), "{error}");
    }
}
