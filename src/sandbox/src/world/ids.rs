//! Identifiers of AWS's forms, from a seed: the same calls get the same ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

const HEX: &[u8] = b"0123456789abcdef";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A generator of identifiers. They follow from the seed, from what they are made for, and from how often that was so
/// before; not from what else was made meanwhile: calls at the same time get the same identifiers in any order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ids {
    seed: u64,
    /// How often identifiers were made, by cause.
    drawn: BTreeMap<u64, u64>,
    #[serde(skip)]
    cause: u64,
    /// The state of the generator, since it has made the first identifier for its cause.
    #[serde(skip)]
    state: Option<u64>,
}

impl Ids {
    /// Returns the generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Says what the next identifiers are made for: a call, or an event.
    pub fn begin(&mut self, cause: u64) {
        (self.cause, self.state) = (cause, None);
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
        let state = self.state.unwrap_or_else(|| {
            let drawn = self.drawn.entry(self.cause).or_default();
            *drawn += 1;
            mixed(mixed(self.seed ^ mixed(self.cause)).wrapping_add(*drawn))
        });
        let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state = Some(state);
        mixed(state)
    }
}

/// Returns a number that stands for texts: FNV-1a, with an end after each.
pub fn hashed<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
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

    #[test]
    fn identifiers_do_not_depend_on_the_order_of_causes() {
        let mut ids = Ids::new(1);
        let mut of = |cause: &str| {
            ids.begin(hashed([cause]));
            ids.ec2("vpc")
        };
        let (one, other, again) = (of("a"), of("b"), of("a"));
        let mut ids = Ids::new(1);
        let mut of = |cause: &str| {
            ids.begin(hashed([cause]));
            ids.ec2("vpc")
        };
        assert_eq!((of("b"), of("a"), of("a")), (other, one.clone(), again.clone()));
        assert_ne!(one, again);
    }
}
