//! Identifiers of AWS's forms, from a seed: the same calls get the same ones.

use serde::{Deserialize, Serialize};

const HEX: &[u8] = b"0123456789abcdef";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A generator of identifiers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ids {
    state: u64,
}

impl Ids {
    /// Returns the generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns an identifier of EC2's form: prefix, a hyphen, 17 hex digits.
    pub fn ec2(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{}", self.hex(16))
    }

    /// Returns a UUID.
    pub fn uuid(&mut self) -> String {
        let hex = self.hex(30);
        let variant = self.pick(b"89ab", 1);
        format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
    }

    /// Returns hex digits.
    pub fn hex(&mut self, count: usize) -> String {
        self.pick(HEX, count)
    }

    /// Returns lower-case letters and digits.
    pub fn lower(&mut self, count: usize) -> String {
        self.pick(LOWER, count)
    }

    /// Returns an identifier of IAM's form: prefix, then 17 upper-case letters and digits.
    pub fn iam(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.pick(UPPER, 17))
    }

    /// Returns decimal digits, the first of which is not 0.
    pub fn digits(&mut self, count: usize) -> String {
        format!("{}{}", self.pick(b"123456789", 1), self.pick(b"0123456789", count.saturating_sub(1)))
    }

    /// Returns a number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn pick(&mut self, alphabet: &[u8], count: usize) -> String {
        let size = alphabet.len() as u64;
        (0..count).map(|_| char::from(alphabet[usize::try_from(self.next() % size).unwrap_or(0)])).collect()
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.state)
    }
}

/// Returns a number that looks random, from one that need not: the finaliser of SplitMix64.
pub fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_the_forms_of_aws_and_follow_from_the_seed() {
        let mut ids = Ids::new(1);
        let (vpc, uuid, role) = (ids.ec2("vpc"), ids.uuid(), ids.iam("AROA"));
        assert_eq!((vpc.len(), uuid.len(), role.len()), (21, 36, 21));
        assert_eq!(Ids::new(1).ec2("vpc"), vpc);
        assert_ne!(ids.ec2("vpc"), vpc);
    }
}
