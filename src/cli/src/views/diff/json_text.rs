//! Texts that hold JSON documents.

use landfall_value::Value;
use landfall_value::json::from_text_implied;

/// Returns the document that a text holds, if it is an object or an array.
pub(super) fn document(text: &str) -> Option<Value> {
    text.starts_with(['{', '[']).then(|| from_text_implied(text).ok()).flatten()
}
