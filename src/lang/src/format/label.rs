//! Labels of blocks, in quotes.

use std::fmt::Write;

use unicode_normalization::UnicodeNormalization;

use super::piece::Piece;
use crate::syntax::token::TokenKind as T;

/// Returns a label in quotes, with escapes only where they are needed. One that holds a `$` or `%` stays as it is.
pub(super) fn quoted_label<'a>(label: &[Piece<'a>]) -> Vec<Piece<'a>> {
    let text = match label {
        [name] => name.text.clone(),
        [_, literal, _] if literal.kind == T::QuotedLiteral => {
            escape(&unescape(&literal.text).nfc().collect::<String>()).into()
        }
        quoted => return quoted.to_vec(),
    };
    vec![Piece::new(T::OpenQuote, "\""), Piece::new(T::QuotedLiteral, text), Piece::new(T::CloseQuote, "\"")]
}

/// Returns the text that a valid literal stands for.
fn unescape(literal: &str) -> String {
    if literal.starts_with("$${") || literal.starts_with("%%{") {
        return literal[1..].to_owned();
    }
    let mut text = String::with_capacity(literal.len());
    let mut rest = literal.chars();
    while let Some(c) = rest.next() {
        let selector = if c == '\\' { rest.next() } else { None };
        let digits = match selector {
            None => {
                text.push(c);
                continue;
            }
            Some('u') => 4,
            Some('U') => 8,
            Some(selector) => {
                text.push(match selector {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    plain => plain,
                });
                continue;
            }
        };
        let code = rest.by_ref().take(digits).try_fold(0_u32, |code, c| Some(code.checked_mul(16)? + c.to_digit(16)?));
        text.push(code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    text
}

fn escape(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let code = u32::from(c);
        let written = match c {
            '\n' => literal.write_str("\\n"),
            '\r' => literal.write_str("\\r"),
            '\t' => literal.write_str("\\t"),
            '"' | '\\' => write!(literal, "\\{c}"),
            '$' | '%' if rest.peek() == Some(&'{') => write!(literal, "{c}{c}"),
            c if is_visible(c) => literal.write_char(c),
            _ if code < 0x1_0000 => write!(literal, "\\u{code:04x}"),
            _ => write!(literal, "\\U{code:08x}"),
        };
        written.expect("a string takes everything");
    }
    literal
}

fn is_visible(c: char) -> bool {
    // After another character, `Debug` escapes exactly what is neither letter, mark, number, punctuation nor symbol.
    matches!(c, ' '..='~') || !format!("{:?}", ['a', c].into_iter().collect::<String>()).contains('\\')
}
