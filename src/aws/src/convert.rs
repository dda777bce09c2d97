//! Small conversions between arguments and the SDK's types, for fields whose null and zero mean the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use landfall_provider::{Filled, Set};

/// Returns a number that is sent only if it is not zero.
pub fn unless_zero(number: i32) -> Option<i32> {
    (number != 0).then_some(number)
}

/// Returns a number that the service may fill, to be sent only if it is set and not zero.
pub fn given(number: &Filled<i32>) -> Option<i32> {
    number.get().copied().and_then(unless_zero)
}

/// Returns what is sent of a collection: nothing of an empty one.
pub fn each<'a, T, R>(members: &'a [T], convert: impl Fn(&'a T) -> R) -> Option<Vec<R>> {
    (!members.is_empty()).then(|| members.iter().map(convert).collect())
}

/// Returns texts as the service takes them: words of an enumeration, or texts. Nothing of none.
pub fn words<T: for<'a> From<&'a str>>(texts: &[String]) -> Option<Vec<T>> {
    each(texts, |text| T::from(text))
}

/// Returns a word of the service as text; empty is none.
pub fn text<T: AsRef<str>>(word: Option<&T>) -> Option<String> {
    word.map(|word| word.as_ref().to_owned()).filter(|text| !text.is_empty())
}

/// Returns words of the service as texts.
pub fn texts<T: AsRef<str>>(words: &[T]) -> Set<String> {
    words.iter().map(|word| word.as_ref().to_owned()).collect()
}

/// Returns the truth value of a text that may also be unset: `true`, `1`.
pub fn truth(text: Option<&String>) -> Option<bool> {
    text.map(|text| matches!(text.as_str(), "true" | "1"))
}

/// Returns the text of a truth value that may also be unset.
pub fn truth_text(truth: Option<bool>) -> Option<String> {
    truth.map(|truth| truth.to_string())
}

/// Returns a text in Base64, unless it is so already.
pub fn in_base64(text: &str) -> String {
    if STANDARD.decode(text).is_ok() { text.to_owned() } else { STANDARD.encode(text) }
}

/// Returns what a text in Base64 holds, or the text itself where it is none.
pub fn from_base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_empty_are_not_sent() {
        assert_eq!(unless_zero(0), None);
        assert_eq!(given(&Filled::from(0)), None);
        assert_eq!(given(&Filled::from(3)), Some(3));
        assert_eq!(words::<String>(&[]), None);
        assert_eq!(text(Some(&String::new())), None);
    }

    #[test]
    fn base64_is_not_encoded_twice() {
        assert_eq!(in_base64("a b"), "YSBi");
        assert_eq!(in_base64("YSBi"), "YSBi");
        assert_eq!(from_base64("YSBi"), from_base64("a b"));
    }

    #[test]
    fn unset_is_no_truth_value() {
        assert_eq!(truth(None), None);
        assert_eq!(truth(Some(&"0".to_owned())), Some(false));
        assert_eq!(truth(truth_text(Some(true)).as_ref()), Some(true));
    }
}
