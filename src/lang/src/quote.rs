//! Texts as literals of the language.

use std::fmt::Write;

/// Returns a text as a quoted literal: what would begin a template is doubled.
pub fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    write_quoted(text, &mut literal);
    literal
}

/// Writes a text as a quoted literal.
pub(crate) fn write_quoted(string: &str, text: &mut String) {
    text.push('"');
    let mut letters = string.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => text.extend([c, c]),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", c as u32);
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
