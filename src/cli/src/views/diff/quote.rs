//! Texts and names as people read them.

use std::borrow::Cow;
use std::fmt::Write;

/// Returns the text in quotes, with escapes for what cannot be seen.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_quoted(&mut out, text);
    out
}

/// Writes the text in quotes, with escapes for what cannot be seen.
pub(crate) fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            c if is_visible(c) => out.push(c),
            c => escape(out, c),
        }
    }
    out.push('"');
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let written = match code {
        0..=0x7f => write!(out, "\\x{code:02x}"),
        0x80..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("a string takes everything");
}

fn is_visible(c: char) -> bool {
    // `escape_debug` escapes exactly what is neither letter, mark, number, punctuation nor symbol; marks only when
    // they come first.
    let text = ['a', c].into_iter().collect::<String>();
    !c.is_ascii() && !text.escape_debug().any(|escaped| escaped == '\\')
}

/// Returns the name of an attribute, in quotes where it is no identifier.
pub(crate) fn attribute_name(name: &str) -> Cow<'_, str> {
    if is_identifier(name) { name.into() } else { quoted(name).into() }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
