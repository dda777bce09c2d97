//! Client request tokens: a request that is made twice does its work once.

use serde::{Deserialize, Serialize};

use super::About;
use crate::protocol::fault::Fault;
use crate::tree::Tree;

/// The token that something was made with, and a digest of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    token: Option<String>,
    digest: u64,
}

const MEMBER: &str = "clientRequestToken";

impl Token {
    /// Returns the token of a request.
    pub fn of(input: &Tree) -> Self {
        let token = input.at(MEMBER).and_then(Tree::as_text).map(str::to_owned);
        Self { token, digest: digest(&input.clone().with(MEMBER, Tree::Null)) }
    }

    /// Returns whether a request is the one with this token, made again.
    ///
    /// # Errors
    /// When it has the token but is another one.
    pub fn is_repeated_by(&self, input: &Tree) -> Result<bool, Fault> {
        let other = Self::of(input);
        if self.token.is_none() || self.token != other.token {
            return Ok(false);
        }
        if self.digest != other.digest {
            let message =
                "The request parameters do not match those of the earlier request with this client request token.";
            return Err(About::NOTHING.invalid_parameter(message));
        }
        Ok(true)
    }
}

/// The order of members does not count.
fn digest(tree: &Tree) -> u64 {
    match tree {
        Tree::Object(members) => members
            .iter()
            .fold(1, |sum: u64, (name, value)| sum.wrapping_add(fnv(name.as_bytes()).wrapping_mul(digest(value) | 1))),
        Tree::List(items) => items.iter().fold(2, |sum: u64, item| sum.wrapping_mul(31).wrapping_add(digest(item))),
        scalar => fnv(scalar.quoted().as_bytes()),
    }
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn a_token_stands_for_one_request() {
        let token = Token::of(&tree! { "clientRequestToken": "t", "a": 1, "b": 2 });
        assert_eq!(token.is_repeated_by(&tree! { "b": 2, "a": 1, "clientRequestToken": "t" }), Ok(true));
        assert_eq!(token.is_repeated_by(&tree! { "a": 1, "b": 2, "clientRequestToken": "u" }), Ok(false));
        assert!(token.is_repeated_by(&tree! { "a": 2, "b": 2, "clientRequestToken": "t" }).is_err());
        assert_eq!(Token::of(&tree! { "a": 1 }).is_repeated_by(&tree! { "a": 1 }), Ok(false));
    }
}
