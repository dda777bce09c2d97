//! YAML text laid out as libyaml does: strings quoted, or literal blocks if they have several lines; lines folded
//! after 80 columns.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use landfall_value::{Kind, Value};

const INDENT: usize = 2;
const WIDTH: usize = 80;
/// A longer key is written with `?`.
const LONGEST_SIMPLE_KEY: usize = 128;

/// Writes a wholly known value as a document.
pub(super) fn encode(value: &Value) -> String {
    let mut writer = Writer { text: String::new(), column: 0 };
    match value.kind() {
        Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) => {
            writer.put(&plain(value));
            // A plain value would go on in the next line.
            writer.put("\n...");
        }
        Kind::String(text) => writer.string(text, INDENT, false),
        _ => writer.collection(value, 0, true),
    }
    if !writer.text.ends_with('\n') {
        writer.put("\n");
    }
    writer.text
}

struct Writer {
    text: String,
    column: usize,
}

fn plain(value: &Value) -> String {
    match value.kind() {
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) if number.is_finite() => number.to_string(),
        Kind::Number(number) if number.is_negative() => "-.inf".into(),
        Kind::Number(_) => ".inf".into(),
        _ => "null".into(),
    }
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn line(&mut self, indent: usize) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.put("\n");
        }
        self.put(&" ".repeat(indent));
    }

    /// Writes a list or a map whose entries start at `indent`; the first of them goes on in the present line if
    /// `inline`.
    fn collection(&mut self, value: &Value, indent: usize, inline: bool) {
        match value.kind() {
            Kind::Map(_, entries) | Kind::Object(entries) => self.map(entries, indent, inline),
            Kind::List(_, elements) | Kind::Set(_, elements) | Kind::Tuple(elements) => {
                self.sequence(elements, indent, inline);
            }
            _ => {}
        }
    }

    fn sequence(&mut self, elements: &[Value], indent: usize, inline: bool) {
        if elements.is_empty() {
            self.put("[]");
        }
        for (index, element) in elements.iter().enumerate() {
            if index > 0 || !inline {
                self.line(indent);
            }
            self.put("- ");
            self.node(element, indent);
        }
    }

    /// Writes a value that starts in the present line, inside something that stands at `indent`.
    fn node(&mut self, value: &Value, indent: usize) {
        match value.kind() {
            Kind::String(text) => self.string(text, indent + INDENT, false),
            Kind::Null(_) | Kind::Unknown(..) | Kind::Bool(_) | Kind::Number(_) => self.put(&plain(value)),
            _ => self.collection(value, indent + INDENT, true),
        }
    }

    fn map(&mut self, entries: &BTreeMap<Arc<str>, Value>, indent: usize, inline: bool) {
        if entries.is_empty() {
            self.put("{}");
        }
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 || !inline {
                self.line(indent);
            }
            if key.len() > LONGEST_SIMPLE_KEY || key.contains(is_break) {
                self.put("? ");
                self.string(key, indent + INDENT, false);
                self.line(indent);
                self.put(": ");
                self.node(value, indent);
                continue;
            }
            self.string(key, indent + INDENT, true);
            self.put(":");
            match value.kind() {
                Kind::Map(..) | Kind::Object(_) if !value.is_empty() => self.collection(value, indent + INDENT, false),
                Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) if !value.is_empty() => {
                    self.collection(value, indent, false);
                }
                _ => {
                    self.put(" ");
                    self.node(value, indent);
                }
            }
        }
    }

    fn string(&mut self, text: &str, indent: usize, key: bool) {
        if text.contains('\n') && !key && may_be_literal(text) {
            self.literal(text, indent);
        } else {
            self.quoted(text, indent, !key);
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        if !text.ends_with('\n') {
            self.put("-");
        } else if text == "\n" || text.ends_with("\n\n") {
            self.put("+");
        }
        self.put("\n");
        for line in text.split_inclusive('\n') {
            if line != "\n" {
                self.put(&" ".repeat(indent));
            }
            self.put(line);
        }
    }

    fn quoted(&mut self, text: &str, indent: usize, fold: bool) {
        self.put("\"");
        let mut after_space = false;
        let mut letters = text.char_indices().peekable();
        while let Some((at, c)) = letters.next() {
            let next = letters.peek().map(|(_, next)| *next);
            if c == ' ' && fold && !after_space && self.column > WIDTH && at > 0 && next.is_some() {
                self.put("\n");
                self.put(&" ".repeat(indent));
                if next == Some(' ') {
                    self.put("\\");
                }
            } else {
                self.put(&escaped(c));
            }
            after_space = c == ' ';
        }
        self.put("\"");
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Returns whether a text of several lines can be a literal block.
fn may_be_literal(text: &str) -> bool {
    text.chars().all(is_printable) && !text.contains(" \n") && !text.ends_with(' ')
}

fn escaped(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        c if is_printable(c) => return c.into(),
        c => {
            let mut text = String::new();
            let _ = match u32::from(c) {
                code @ 0..=0xff => write!(text, "\\x{code:02X}"),
                code @ 0x100..=0xffff => write!(text, "\\u{code:04X}"),
                code => write!(text, "\\U{code:08X}"),
            };
            return text;
        }
    };
    ['\\', short].iter().collect()
}

#[cfg(test)]
mod tests {
    use landfall_value::Value;

    use super::encode;

    fn tuple<const N: usize>(elements: [Value; N]) -> Value {
        Value::tuple(elements.to_vec())
    }

    fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::object_of(entries)
    }

    #[test]
    fn lays_out_collections() {
        let value = object([
            ("a", tuple([1.into(), object([("c", "x".into()), ("d", tuple([]))])])),
            ("b", object([("e", object([]))])),
            ("f", tuple([tuple([1.into(), 2.into()])])),
        ]);
        let expected = "\"a\":\n- 1\n- \"c\": \"x\"\n  \"d\": []\n\"b\":\n  \"e\": {}\n\"f\":\n- - 1\n  - 2\n";
        assert_eq!(encode(&value), expected);
        assert_eq!(encode(&Value::NULL), "null\n...\n");
    }

    #[test]
    fn writes_texts_of_several_lines_as_blocks() {
        assert_eq!(encode(&"a\nb".into()), "|-\n  a\n  b\n");
        assert_eq!(encode(&"\n".into()), "|2+\n\n");
        assert_eq!(encode(&"a \nb".into()), "\"a \\nb\"\n");
        let nested = object([("k", tuple([object([("c", "d\ne\n".into())])])), ("m\nn", 1.into())]);
        assert_eq!(encode(&nested), "\"k\":\n- \"c\": |\n    d\n    e\n? |-\n  m\n  n\n: 1\n");
    }

    #[test]
    fn folds_and_escapes() {
        let long = format!("{} end", "word ".repeat(20));
        let folded = encode(&object([("a", long.as_str().into())]));
        assert_eq!(folded.lines().map(str::len).collect::<Vec<_>>(), [85, 27]);
        assert_eq!(encode(&"é😀\t\u{7f}".into()), "\"é\\U0001F600\\t\\x7F\"\n");
    }
}
