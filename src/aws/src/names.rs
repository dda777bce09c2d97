//! Names that are drawn: `name_prefix`, or nothing given at all.

use landfall_provider::{Filled, Token};
use sha1::{Digest, Sha1};

/// Prefix of names of objects for which neither a name nor a prefix is given, as Terraform has it.
const DEFAULT_PREFIX: &str = "terraform-";
/// Characters after the prefix, as many as Terraform appends.
const DRAWN: usize = 26;

/// Returns the name of a new object: the given one, or a prefix and 26 digits drawn from the token, so that a creation that
/// is repeated with the same token has the same name.
pub fn drawn(name: &Filled<String>, prefix: &Filled<String>, token: &Token) -> String {
    match name.as_deref() {
        Some(name) => name.to_owned(),
        None => format!("{}{}", prefix.as_deref().unwrap_or(DEFAULT_PREFIX), digits(token)),
    }
}

/// Returns the prefix of a name that was drawn, to be compared with the configured one; unset for other names.
pub fn prefix_of(name: &str) -> Filled<String> {
    let cut = name.len().checked_sub(DRAWN).filter(|cut| name.is_char_boundary(*cut));
    let drawn = cut.filter(|cut| is_drawn(&name.as_bytes()[*cut..]));
    drawn.map(|cut| name[..cut].to_owned()).into()
}

/// Terraform's names end in a time of 18 digits and a hexadecimal counter.
fn is_drawn(suffix: &[u8]) -> bool {
    let (time, counter) = suffix.split_at(suffix.len() - 8);
    time.iter().all(u8::is_ascii_digit) && counter.iter().all(u8::is_ascii_hexdigit)
}

fn digits(token: &Token) -> String {
    let hash = Sha1::digest(token.as_bytes());
    let number = hash.iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte));
    let modulus = 10u128.pow(DRAWN as u32);
    format!("{:0DRAWN$}", number % modulus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_name_is_the_same_for_the_same_token() {
        let draw = |token: &str| drawn(&Filled::unset(), &"web-".to_owned().into(), &Token(token.to_owned()));
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
        assert_eq!(prefix_of(&draw("a")).as_deref(), Some("web-"));
        assert_eq!(prefix_of("web-2026013112000000010000000a").as_deref(), Some("web-"));
        assert!(!prefix_of("web-1").is_set());
    }

    #[test]
    fn a_given_name_is_kept() {
        assert_eq!(drawn(&"web".to_owned().into(), &Filled::unset(), &Token("a".to_owned())), "web");
    }
}
