//! Patterns of RE2, as Go reads them, in the syntax of the `regex` crate.
//!
//! The engines match alike. They differ in what they read: in RE2 `\d`, `\w`, `\s` and `\b` are ASCII, classes do not
//! nest and have no operators, `{` may stand for itself, and names of groups may start with a digit.

use std::sync::Arc;

/// A pattern that means the same, and the names that its groups had.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) pattern: String,
    pub(super) groups: Vec<Option<Arc<str>>>,
}

/// Greatest count in `{n}`.
const MOST_REPEATS: u32 = 1000;

pub(super) fn translate(pattern: &str) -> Result<Translated, String> {
    let mut translator = Translator { rest: pattern, made: String::new(), groups: Vec::new(), repeated: true };
    while let Some(c) = translator.next() {
        translator.item(c)?;
    }
    Ok(Translated { pattern: translator.made, groups: translator.groups })
}

struct Translator<'a> {
    rest: &'a str,
    made: String,
    groups: Vec<Option<Arc<str>>>,
    /// The last item cannot be repeated: it is a repetition itself, or there is none.
    repeated: bool,
}

impl<'a> Translator<'a> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn item(&mut self, c: char) -> Result<(), String> {
        match c {
            '\\' => self.escape()?,
            '[' => self.class()?,
            '(' => return self.group(),
            '|' => {
                self.made.push('|');
                self.repeated = true;
                return Ok(());
            }
            '*' | '+' | '?' => return self.repeat(&c.to_string()),
            '{' => match self.count()? {
                Some(count) => return self.repeat(&count),
                None => self.made.push_str("\\{"),
            },
            _ => self.made.push(c),
        }
        self.repeated = false;
        Ok(())
    }

    fn repeat(&mut self, operator: &str) -> Result<(), String> {
        if self.repeated {
            let after = if self.made.is_empty() { "missing argument to" } else { "invalid nested" };
            return Err(format!("{after} repetition operator: `{operator}`"));
        }
        self.made.push_str(operator);
        if self.take("?") {
            self.made.push('?');
        }
        self.repeated = true;
        Ok(())
    }

    /// Reads what follows `{`, if it is a count.
    fn count(&mut self) -> Result<Option<String>, String> {
        let Some((inside, rest)) = self.rest.split_once('}') else { return Ok(None) };
        let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(least) || !(digits(most) || most.is_empty() && inside.contains(',')) {
            return Ok(None);
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|count| *count <= MOST_REPEATS);
        let wrong = || format!("invalid repeat count: `{{{inside}}}`");
        let least = number(least).ok_or_else(wrong)?;
        if !most.is_empty() && number(most).ok_or_else(wrong)? < least {
            return Err(wrong());
        }
        self.rest = rest;
        Ok(Some(format!("{{{inside}}}")))
    }

    fn group(&mut self) -> Result<(), String> {
        self.repeated = true;
        if !self.rest.starts_with('?') {
            self.groups.push(None);
            self.made.push('(');
            return Ok(());
        }
        if self.take("?P<") || self.take("?<") {
            let (name, rest) = self.rest.split_once('>').ok_or("invalid named capture")?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(format!("invalid named capture: `(?P<{name}>`"));
            }
            self.rest = rest;
            self.groups.push(Some(name.into()));
            self.made.push('(');
            return Ok(());
        }
        let end = self.rest.find([':', ')']).ok_or("missing closing ): `(?`")?;
        let flags = &self.rest[..=end];
        let plain = flags[1..end].bytes().all(|b| b"imsU-".contains(&b));
        if !plain || flags == "?)" || flags.ends_with("-:") || flags.ends_with("-)") {
            return Err(format!("invalid or unsupported Perl syntax: `({flags}`"));
        }
        self.made.push('(');
        self.made.push_str(flags);
        self.rest = &self.rest[end + 1..];
        Ok(())
    }

    /// Writes an escape outside a class.
    fn escape(&mut self) -> Result<(), String> {
        let c = self.next().ok_or("trailing backslash at end of expression")?;
        match c {
            'd' => self.made.push_str("[0-9]"),
            'D' => self.made.push_str("[^0-9]"),
            'w' => self.made.push_str("[0-9A-Za-z_]"),
            'W' => self.made.push_str("[^0-9A-Za-z_]"),
            's' => self.made.push_str("[\\t\\n\\f\\r ]"),
            'S' => self.made.push_str("[^\\t\\n\\f\\r ]"),
            'b' => self.made.push_str("(?-u:\\b)"),
            'B' => self.made.push_str("(?-u:\\B)"),
            'A' | 'z' => self.made.extend(['\\', c]),
            'Q' => {
                let (literal, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.made.push_str(&::regex::escape(literal));
                self.rest = rest;
            }
            'p' | 'P' => self.property(c)?,
            _ => self.character(c)?,
        }
        Ok(())
    }

    fn property(&mut self, c: char) -> Result<(), String> {
        self.made.extend(['\\', c]);
        if !self.rest.starts_with('{') {
            let name = self.next().ok_or("invalid character class range")?;
            self.made.push(name);
            return Ok(());
        }
        let end = self.rest.find('}').ok_or("invalid character class range")?;
        self.made.push_str(&self.rest[..=end]);
        self.rest = &self.rest[end + 1..];
        Ok(())
    }

    /// Writes an escape that stands for one character.
    fn character(&mut self, c: char) -> Result<(), String> {
        match c {
            'a' | 'f' | 't' | 'n' | 'r' | 'v' => self.made.extend(['\\', c]),
            'x' => {
                let length = if self.rest.starts_with('{') { self.rest.find('}').map(|end| end + 1) } else { Some(2) };
                let digits =
                    length.and_then(|length| self.rest.get(..length)).ok_or("invalid escape sequence: `\\x`")?;
                self.made.push_str("\\x");
                self.made.push_str(digits);
                self.rest = &self.rest[digits.len()..];
            }
            '0'..='7' => {
                let octal = |c: &char| matches!(c, '0'..='7');
                let more: String = self.rest.chars().take_while(octal).take(2).collect();
                if c != '0' && more.is_empty() {
                    return Err(format!("invalid escape sequence: `\\{c}`"));
                }
                self.rest = &self.rest[more.len()..];
                let code = u32::from_str_radix(&format!("{c}{more}"), 8).unwrap_or(0);
                self.made.push_str(&format!("\\x{{{code:x}}}"));
            }
            _ if c.is_ascii_punctuation() => self.made.push_str(&::regex::escape(&c.to_string())),
            _ => return Err(format!("invalid escape sequence: `\\{c}`")),
        }
        Ok(())
    }

    fn class(&mut self) -> Result<(), String> {
        self.made.push('[');
        if self.take("^") {
            self.made.push('^');
        }
        let mut first = true;
        loop {
            let c = self.next().ok_or("missing closing ]")?;
            match c {
                ']' if !first => break,
                '[' if self.rest.starts_with(':') && self.rest.contains(":]") => {
                    let end = self.rest.find(":]").unwrap_or(0) + 2;
                    self.made.push('[');
                    self.made.push_str(&self.rest[..end]);
                    self.rest = &self.rest[end..];
                }
                '\\' => self.class_escape()?,
                '[' | ']' | '&' | '~' => self.made.extend(['\\', c]),
                _ => self.made.push(c),
            }
            first = false;
        }
        self.made.push(']');
        Ok(())
    }

    fn class_escape(&mut self) -> Result<(), String> {
        let c = self.next().ok_or("trailing backslash at end of expression")?;
        match c {
            'd' => self.made.push_str("0-9"),
            'w' => self.made.push_str("0-9A-Za-z_"),
            's' => self.made.push_str("\\t\\n\\f\\r "),
            'D' => self.made.push_str("[^0-9]"),
            'W' => self.made.push_str("[^0-9A-Za-z_]"),
            'S' => self.made.push_str("[^\\t\\n\\f\\r ]"),
            'p' | 'P' => self.property(c)?,
            '-' => self.made.push_str("\\-"),
            _ => self.character(c)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::translate;

    fn becomes(pattern: &str, expected: &str) {
        let translated = translate(pattern).expect("a pattern").pattern;
        assert_eq!(translated, expected);
        ::regex::Regex::new(&translated).expect("a pattern of the crate");
    }

    #[test]
    fn classes_are_ascii_and_do_not_nest() {
        becomes(r"\d+\b", r"[0-9]+(?-u:\b)");
        becomes(r"\B", r"(?-u:\B)");
        becomes("[a&&b]", r"[a\&\&b]");
        becomes("[[a]b]", r"[\[a]b]");
        becomes(r"[^\D_[:alpha:]]", "[^[^0-9]_[:alpha:]]");
        becomes("[]a]", r"[\]a]");
    }

    #[test]
    fn braces_and_octal_escapes_keep_their_meaning() {
        becomes("a{,2}", r"a\{,2}");
        becomes("a{1,2}?", "a{1,2}?");
        becomes(r"\123\Qa.b\E", r"\x{53}a\.b");
        becomes(r"\x{1F600}\x41", r"\x{1F600}\x41");
        becomes("(?P<1n>a)(?i:b)", "(a)(?i:b)");
    }

    #[test]
    fn refuses_what_re2_refuses() {
        for pattern in [r"\1", "a{1001}", "(?x)a", "a(?=b)", r"\C", "a**", "*", r"\"] {
            assert!(translate(pattern).is_err(), "{pattern}");
        }
    }
}
