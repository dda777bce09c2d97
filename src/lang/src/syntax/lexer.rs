//! Text to tokens. Never fails: what is not in the language becomes a token of its own, reported by `check`.

use super::token::{Token, TokenKind};

/// How to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Arguments and blocks, or an expression.
    Normal,
    /// A template without quotes around it.
    Template,
}

/// Returns the tokens of a text; the last one is the end of the file.
///
/// # Panics
/// If the text is longer than 4 GiB, which `SourceMap` cannot hold either.
pub fn tokens(text: &str, start: Start) -> Vec<Token> {
    assert!(u32::try_from(text.len()).is_ok(), "source texts are shorter than 4 GiB");
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mode = match start {
        Start::Normal => Mode::Normal { braces: 0, in_template: false },
        Start::Template => Mode::Bare,
    };
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at, tokens: Vec::new(), modes: vec![mode] };
    lexer.run();
    lexer.tokens
}

enum Mode<'a> {
    Normal { braces: usize, in_template: bool },
    Quoted,
    Heredoc { marker: &'a str, start_of_line: bool },
    Bare,
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    modes: Vec<Mode<'a>>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            match self.modes.last() {
                Some(Mode::Normal { .. }) | None => self.normal(),
                Some(Mode::Quoted) => self.quoted(),
                Some(Mode::Heredoc { .. }) => self.heredoc(),
                Some(Mode::Bare) => self.line_of_template(),
            }
        }
        self.emit(TokenKind::EndOfFile, 0);
    }

    /// Adds a token of `length` bytes and moves behind it.
    fn emit(&mut self, kind: TokenKind, length: usize) {
        let (start, end) = (self.at as u32, (self.at + length) as u32);
        self.tokens.push(Token { kind, start, end });
        self.at += length;
    }

    fn byte(&self, offset: usize) -> u8 {
        self.bytes.get(self.at + offset).copied().unwrap_or(0)
    }

    fn normal(&mut self) {
        use TokenKind as T;
        let (kind, length) = match (self.byte(0), self.byte(1)) {
            (b' ' | b'\t', _) => {
                self.at += 1;
                return;
            }
            (b'0'..=b'9', _) => (T::Number, self.number_length()),
            (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => (T::Identifier, self.identifier_length(self.at)),
            (b'\n', _) => (T::Newline, 1),
            (b'\r', b'\n') => (T::Newline, 2),
            (b'#', _) | (b'/', b'/') => (T::Comment, self.rest_of_line()),
            (b'/', b'*') => match self.text[self.at + 2..].find("*/") {
                Some(end) => (T::Comment, end + 4),
                None => (T::Slash, 1),
            },
            (b'=', b'=') => (T::EqualEqual, 2),
            (b'=', b'>') => (T::FatArrow, 2),
            (b'!', b'=') => (T::NotEqual, 2),
            (b'>', b'=') => (T::GreaterEqual, 2),
            (b'<', b'=') => (T::LessEqual, 2),
            (b'&', b'&') => (T::And, 2),
            (b'|', b'|') => (T::Or, 2),
            (b':', b':') => (T::DoubleColon, 2),
            (b'.', b'.') if self.byte(2) == b'.' => (T::Ellipsis, 3),
            (b'<', b'<') if self.open_heredoc() => return,
            (b'"', _) => {
                self.emit(T::OpenQuote, 1);
                self.modes.push(Mode::Quoted);
                return;
            }
            (b'{' | b'}', _) | (b'~', b'}') => return self.brace(),
            (byte, _) => match symbol(byte) {
                Some(kind) => (kind, 1),
                None => self.other(),
            },
        };
        self.emit(kind, length);
    }

    /// Any character that is not ASCII, or an ASCII character that the language does not use.
    fn other(&self) -> (TokenKind, usize) {
        let first = self.text[self.at..].chars().next().unwrap_or('\0');
        if unicode_ident::is_xid_start(first) {
            (TokenKind::Identifier, self.identifier_length(self.at))
        } else {
            (TokenKind::Invalid, first.len_utf8())
        }
    }

    fn brace(&mut self) {
        let open = self.byte(0) == b'{';
        let strip = self.byte(0) == b'~';
        let Some(Mode::Normal { braces, in_template }) = self.modes.last_mut() else { return };
        if open {
            *braces += 1;
            self.emit(TokenKind::OpenBrace, 1);
        } else if *in_template && *braces == 0 {
            self.modes.pop();
            self.emit(TokenKind::SequenceEnd, if strip { 2 } else { 1 });
        } else {
            *braces = braces.saturating_sub(1);
            if strip {
                self.emit(TokenKind::SequenceEnd, 2);
            } else {
                self.emit(TokenKind::CloseBrace, 1);
            }
        }
    }

    fn number_length(&self) -> usize {
        let (mut length, mut good) = (1, 1);
        loop {
            let step = match (self.byte(length), self.byte(length + 1), self.byte(length + 2)) {
                (b'0'..=b'9' | b'.', _, _) => 1,
                (b'e' | b'E', b'0'..=b'9', _) => 2,
                (b'e' | b'E', b'+' | b'-', b'0'..=b'9') => 3,
                _ => return good,
            };
            // A number may hold dots but not end with one.
            if self.byte(length) != b'.' {
                good = length + step;
            }
            length += step;
        }
    }

    fn identifier_length(&self, from: usize) -> usize {
        let mut end = from;
        while let Some(byte) = self.bytes.get(end) {
            if byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-' {
                end += 1;
            } else if !byte.is_ascii() {
                match self.text[end..].chars().next() {
                    Some(next) if unicode_ident::is_xid_continue(next) => end += next.len_utf8(),
                    _ => break,
                }
            } else {
                break;
            }
        }
        end - from
    }

    /// Returns the number of bytes up to and with the next newline.
    fn rest_of_line(&self) -> usize {
        let rest = &self.bytes[self.at..];
        rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |newline| newline + 1)
    }

    /// Reads `<<EOT` if one is here. It needs its line for itself from there on.
    fn open_heredoc(&mut self) -> bool {
        let name = self.at + if self.byte(2) == b'-' { 3 } else { 2 };
        let starts = self.text[name..].chars().next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
        if !starts {
            return false;
        }
        let end = name + self.identifier_length(name);
        let newline = match &self.bytes[end..] {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return false,
        };
        let marker = &self.text[name..end];
        self.emit(TokenKind::OpenHeredoc, end + newline - self.at);
        self.modes.push(Mode::Heredoc { marker, start_of_line: true });
        true
    }

    fn quoted(&mut self) {
        match self.byte(0) {
            b'"' => {
                self.emit(TokenKind::CloseQuote, 1);
                self.modes.pop();
            }
            b'\n' | b'\r' => {
                let rest = &self.bytes[self.at..];
                let length = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
                self.emit(TokenKind::QuotedNewline, length);
            }
            b'$' | b'%' => self.sequence_or_literal(TokenKind::QuotedLiteral),
            _ => {
                let length = self.quoted_literal_length();
                if length == 0 {
                    // A backslash before a newline or the end of the file.
                    self.emit(TokenKind::Invalid, 1);
                } else {
                    self.emit(TokenKind::QuotedLiteral, length);
                }
            }
        }
    }

    fn quoted_literal_length(&self) -> usize {
        let rest = &self.bytes[self.at..];
        let mut length = 0;
        while let Some(byte) = rest.get(length) {
            match byte {
                b'\n' | b'\r' | b'"' | b'$' | b'%' => break,
                b'\\' => match rest.get(length + 1) {
                    None | Some(b'\n' | b'\r') => break,
                    Some(next) if next.is_ascii() => length += 2,
                    Some(_) => {
                        let escaped = self.text[self.at + length + 1..].chars().next();
                        length += 1 + escaped.map_or(0, char::len_utf8);
                    }
                },
                _ => length += 1,
            }
        }
        length
    }

    /// Reads what begins with `$` or `%`: an interpolation, a directive, an escape `$${`, or the sign itself.
    fn sequence_or_literal(&mut self, literal: TokenKind) {
        let sign = self.byte(0);
        if self.byte(1) == b'{' {
            let kind = if sign == b'$' { TokenKind::Interpolation } else { TokenKind::Directive };
            let length = if self.byte(2) == b'~' { 3 } else { 2 };
            if let Some(Mode::Heredoc { start_of_line, .. }) = self.modes.last_mut() {
                *start_of_line = false;
            }
            self.emit(kind, length);
            self.modes.push(Mode::Normal { braces: 0, in_template: true });
            return;
        }
        let escaped = self.byte(1) == sign && self.byte(2) == b'{';
        self.emit(literal, if escaped { 3 } else { 1 });
    }

    fn heredoc(&mut self) {
        let Some(Mode::Heredoc { marker, start_of_line: true }) = self.modes.last() else {
            return self.line_of_template();
        };
        let line = &self.text[self.at..self.at + self.rest_of_line()];
        // A last line without newline does not end the heredoc.
        if line.ends_with('\n') && line.trim() == *marker {
            let newline = if line.ends_with("\r\n") { 2 } else { 1 };
            self.emit(TokenKind::CloseHeredoc, line.len() - newline);
            self.emit(TokenKind::Newline, newline);
            self.modes.pop();
        } else {
            self.line_of_template();
        }
    }

    /// Reads literal text up to the end of the line or the next sequence.
    fn line_of_template(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = match rest.iter().position(|byte| matches!(byte, b'\n' | b'$' | b'%')) {
            Some(0) if rest[0] != b'\n' => {
                self.set_start_of_line(false);
                return self.sequence_or_literal(TokenKind::StringLiteral);
            }
            Some(at) if rest[at] == b'\n' => at + 1,
            Some(at) => at,
            None => rest.len(),
        };
        self.set_start_of_line(rest[length - 1] == b'\n');
        self.emit(TokenKind::StringLiteral, length);
    }

    fn set_start_of_line(&mut self, value: bool) {
        if let Some(Mode::Heredoc { start_of_line, .. }) = self.modes.last_mut() {
            *start_of_line = value;
        }
    }
}

fn symbol(byte: u8) -> Option<TokenKind> {
    use TokenKind as T;
    Some(match byte {
        b'[' => T::OpenBracket,
        b']' => T::CloseBracket,
        b'(' => T::OpenParenthesis,
        b')' => T::CloseParenthesis,
        b'.' => T::Dot,
        b',' => T::Comma,
        b'*' => T::Star,
        b'/' => T::Slash,
        b'%' => T::Percent,
        b'+' => T::Plus,
        b'-' => T::Minus,
        b'=' => T::Equal,
        b'<' => T::Less,
        b'>' => T::Greater,
        b'!' => T::Bang,
        b'?' => T::Question,
        b':' => T::Colon,
        b'&' => T::BitwiseAnd,
        b'|' => T::BitwiseOr,
        b'^' => T::BitwiseXor,
        b'~' => T::BitwiseNot,
        b';' => T::Semicolon,
        b'`' => T::Backtick,
        b'\'' => T::Apostrophe,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(TokenKind, &str)]) {
        let all = tokens(text, Start::Normal);
        let found: Vec<_> = all.iter().map(|t| (t.kind, &text[t.start as usize..t.end as usize])).collect();
        assert_eq!(&found[..found.len() - 1], expected);
    }

    #[test]
    fn number_does_not_end_with_a_dot() {
        use TokenKind::{Ellipsis, Identifier, Number};
        check("1.5e3", &[(Number, "1.5e3")]);
        check("1...", &[(Number, "1"), (Ellipsis, "...")]);
        check("1e", &[(Number, "1"), (Identifier, "e")]);
    }

    #[test]
    fn braces_nest_inside_a_template() {
        use TokenKind::{CloseBrace, CloseQuote, Interpolation, OpenBrace, OpenQuote, SequenceEnd};
        check(
            "\"${{}}\"",
            &[
                (OpenQuote, "\""),
                (Interpolation, "${"),
                (OpenBrace, "{"),
                (CloseBrace, "}"),
                (SequenceEnd, "}"),
                (CloseQuote, "\""),
            ],
        );
    }

    #[test]
    fn heredoc_ends_only_at_its_marker_on_a_line_of_its_own() {
        use TokenKind::{CloseHeredoc, Newline, OpenHeredoc, StringLiteral};
        check(
            "<<-EOT\n EOTX\n  EOT\n",
            &[(OpenHeredoc, "<<-EOT\n"), (StringLiteral, " EOTX\n"), (CloseHeredoc, "  EOT"), (Newline, "\n")],
        );
    }

    #[test]
    fn escaped_sequence_is_literal() {
        use TokenKind::{CloseQuote, OpenQuote, QuotedLiteral};
        check(
            "\"$$${a}\"",
            &[
                (OpenQuote, "\""),
                (QuotedLiteral, "$"),
                (QuotedLiteral, "$${"),
                (QuotedLiteral, "a}"),
                (CloseQuote, "\""),
            ],
        );
    }
}
