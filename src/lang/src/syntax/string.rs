//! Escapes in literal text, and quoted strings without sequences.

use landfall_diag::Span;

use super::cursor::Cursor;
use super::token::{Token, TokenKind};

const INVALID_ESCAPE: &str = "Invalid escape sequence";

impl Cursor<'_> {
    /// Returns the text that a literal token stands for.
    pub(super) fn literal_text(&mut self, token: Token) -> String {
        let text = self.slice(token);
        let quoted = token.kind == TokenKind::QuotedLiteral;
        if text.starts_with("$${") || text.starts_with("%%{") {
            return text[1..].to_owned();
        }
        if !quoted || !text.contains('\\') {
            return text.to_owned();
        }
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            result.push_str(&rest[..at]);
            let start = token.end as usize - rest.len() + at;
            let length = self.escape(&rest[at..], start, &mut result);
            rest = &rest[at + length..];
        }
        result.push_str(rest);
        result
    }

    /// Adds what the escape at the start of `text` stands for. Returns the escape's length.
    fn escape(&mut self, text: &str, start: usize, result: &mut String) -> usize {
        let Some(selector) = text[1..].chars().next() else {
            self.bad_escape(start, 1, "A backslash must be followed by an escape sequence selector.".to_owned());
            return 1;
        };
        let plain = match selector {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '"' | '\\' => selector,
            'u' | 'U' => return self.unicode_escape(text, start, result),
            _ => {
                let length = 1 + selector.len_utf8();
                let detail = format!("The symbol \"{selector}\" is not a valid escape sequence selector.");
                self.bad_escape(start, length, detail);
                result.push(selector);
                return length;
            }
        };
        result.push(plain);
        2
    }

    fn unicode_escape(&mut self, text: &str, start: usize, result: &mut String) -> usize {
        let (wanted, words) = if text.starts_with("\\u") { (4, "four") } else { (8, "eight") };
        let digits = text[2..].bytes().take(wanted).take_while(u8::is_ascii_hexdigit).count();
        let length = 2 + digits;
        if digits < wanted {
            let detail = format!("The {} escape sequence must be followed by {words} hexadecimal digits.", &text[..2]);
            self.bad_escape(start, length, detail);
            result.push_str(&text[..length]);
            return length;
        }
        let code = u32::from_str_radix(&text[2..length], 16).unwrap_or(u32::MAX);
        match char::from_u32(code) {
            Some(character) => result.push(character),
            None => self.bad_escape(start, length, format!("There is no character U+{code:04x}.")),
        }
        length
    }

    fn bad_escape(&mut self, start: usize, length: usize, detail: String) {
        let span = Span { source: self.source, start: start as u32, end: (start + length) as u32 };
        self.report(INVALID_ESCAPE, &detail, span, None);
    }

    /// Parses a quoted string that may hold no sequences, such as a label.
    pub(super) fn quoted_string(&mut self) -> (String, Span) {
        let open = self.read();
        let open_span = self.span(open);
        let mut text = String::new();
        loop {
            let token = self.read();
            let at = self.span(token);
            match token.kind {
                TokenKind::CloseQuote => return (text, open_span.to(at)),
                TokenKind::QuotedLiteral => {
                    let part = self.literal_text(token);
                    text.push_str(&part);
                }
                TokenKind::Interpolation | TokenKind::Directive => {
                    let sign = if token.kind == TokenKind::Interpolation { '$' } else { '%' };
                    let detail = format!(
                        "Template sequences are not allowed in this string. To include a literal `{sign}`, double it \
                         (as `{sign}{sign}`) to escape it."
                    );
                    self.report("Invalid string literal", &detail, at, Some(open_span.to(at)));
                    text.push(sign);
                    text.push_str("{ ... }");
                    self.recover(TokenKind::SequenceEnd);
                }
                kind => {
                    let (summary, detail) = if kind == TokenKind::EndOfFile {
                        (
                            "Unterminated string literal",
                            "Unable to find the closing quote mark before the end of the file.",
                        )
                    } else {
                        ("Invalid string literal", "This item is not valid in a string literal.")
                    };
                    self.report(summary, detail, at, Some(open_span.to(at)));
                    if kind != TokenKind::EndOfFile {
                        self.recover(TokenKind::CloseQuote);
                    }
                    return (text, open_span.to(at));
                }
            }
        }
    }
}
