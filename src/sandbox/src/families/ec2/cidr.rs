//! Blocks of IPv4 addresses.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A block, such as `10.0.0.0/16`. Bits behind the mask are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cidr {
    first: u32,
    length: u8,
}

/// A text is not a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CIDR block")]
pub struct NotACidr;

impl Cidr {
    /// Returns the length of the mask.
    pub fn length(self) -> u8 {
        self.length
    }

    /// Returns how many addresses the block has.
    pub fn size(self) -> u64 {
        1 << (32 - u32::from(self.length))
    }

    /// Returns the address at an offset from the first one.
    pub fn address(self, offset: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first.wrapping_add(offset))
    }

    /// Returns whether all addresses of another block are in this one.
    pub fn contains(self, other: Self) -> bool {
        other.length >= self.length && other.first & mask(self.length) == self.first
    }

    /// Returns whether an address is in the block.
    pub fn has(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.length) == self.first
    }

    /// Returns whether the blocks have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

fn mask(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

impl FromStr for Cidr {
    type Err = NotACidr;

    /// Reads a block; bits behind the mask are cut, as EC2 does.
    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let (address, length) = text.split_once('/').ok_or(NotACidr)?;
        let address: Ipv4Addr = address.parse().map_err(|_| NotACidr)?;
        let length: u8 = length.parse().map_err(|_| NotACidr)?;
        if length > 32 {
            return Err(NotACidr);
        }
        Ok(Self { first: address.to_bits() & mask(length), length })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from_bits(self.first), self.length)
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

impl TryFrom<String> for Cidr {
    type Error = NotACidr;

    fn try_from(text: String) -> Result<Self, NotACidr> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_contain_and_overlap() {
        let cidr = |text: &str| text.parse::<Cidr>().unwrap();
        assert_eq!(cidr("10.0.3.7/16").to_string(), "10.0.0.0/16");
        assert!(cidr("10.0.0.0/16").contains(cidr("10.0.255.0/24")));
        assert!(!cidr("10.0.255.0/24").contains(cidr("10.0.0.0/16")));
        assert!(cidr("10.0.255.0/24").overlaps(cidr("10.0.0.0/16")));
        assert!(!cidr("10.0.0.0/24").overlaps(cidr("10.0.1.0/24")));
        assert!(cidr("0.0.0.0/0").has(Ipv4Addr::new(9, 9, 9, 9)));
        assert_eq!("10.0.0.0".parse::<Cidr>(), Err(NotACidr));
        assert_eq!("10.0.0.0/33".parse::<Cidr>(), Err(NotACidr));
    }
}
