//! The JSON syntax: texts to the same tree. Strings are templates, except where a caller reads them as expressions.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use landfall_value::{Number, Value};

use super::lexer::Start;
use super::token::TokenKind;
use super::{parse, whole_expression};
use crate::expr::{AccessKind, Node, NodeKind, ObjectItem};

/// Parses a JSON text. What does not parse was reported, and stands as [`NodeKind::Invalid`].
pub fn parse_json(sources: &SourceMap, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let text = sources.text(source);
    let mut reader =
        Reader { text, at: 0, source, problems: Diagnostics::new(), of_templates: Diagnostics::new(), depth: 0 };
    let root = reader.value();
    let rest = reader.peek();
    if reader.problems.is_empty() && rest.kind != JsonToken::End {
        reader.report("Extraneous data after value", "Extra characters appear after the JSON value.", rest);
    }
    // What strings hold is looked at only in a text that is JSON.
    diagnostics.extend(if reader.problems.is_empty() { reader.of_templates } else { reader.problems });
    Some(root).filter(|root| !matches!(root.kind, NodeKind::Invalid))
}

/// Reads the strings of a part of a JSON text as expressions, where references or types are expected.
pub fn json_as_expressions(node: &Node, diagnostics: &mut Diagnostics) -> Node {
    let inner = |node: &Node, diagnostics: &mut Diagnostics| json_as_expressions(node, diagnostics);
    let kind = match &node.kind {
        NodeKind::Tuple(elements) => {
            NodeKind::Tuple(elements.iter().map(|element| inner(element, diagnostics)).collect())
        }
        NodeKind::Object(items) => {
            let item = |item: &ObjectItem| ObjectItem {
                key: inner(&item.key, diagnostics),
                value: json_as_expressions(&item.value, &mut Diagnostics::new()),
            };
            NodeKind::Object(items.iter().map(item).collect())
        }
        _ => match node.as_constant_string() {
            Some(text) => return embedded(text, node.span, Start::Normal, diagnostics, whole_expression),
            None => node.kind.clone(),
        },
    };
    Node::new(kind, node.span)
}

/// Parses a text that stands inside a string; places are those of a string without escapes.
fn embedded(
    text: &str,
    string: Span,
    start: Start,
    diagnostics: &mut Diagnostics,
    rule: impl FnOnce(&mut super::cursor::Cursor<'_>) -> Node,
) -> Node {
    let mut found = Diagnostics::new();
    let mut node = parse(text, string.source, start, &mut found, rule);
    let by = string.start + 1;
    shift(&mut node, by);
    let moved = |span: Span| Span { start: span.start + by, end: span.end + by, ..span };
    diagnostics.extend(found.into_iter().map(|mut problem| {
        problem.subject = problem.subject.map(moved);
        problem.context = problem.context.map(moved);
        problem
    }));
    node
}

/// Moves a tree on in its text.
fn shift(node: &mut Node, by: u32) {
    let moved = |span: &mut Span| {
        span.start += by;
        span.end += by;
    };
    moved(&mut node.span);
    let all = |nodes: &mut dyn Iterator<Item = &mut Node>| nodes.for_each(|node| shift(node, by));
    match &mut node.kind {
        NodeKind::Invalid | NodeKind::Literal(_) | NodeKind::Name(_) | NodeKind::SplatItem(_) => {}
        NodeKind::Template(parts) | NodeKind::Tuple(parts) => all(&mut parts.iter_mut()),
        NodeKind::Wrapped(inner)
        | NodeKind::Parenthesized(inner)
        | NodeKind::Join(inner)
        | NodeKind::Unary(_, inner) => shift(inner, by),
        NodeKind::Access(base, steps) => {
            shift(base, by);
            for step in steps {
                moved(&mut step.span);
                if let AccessKind::Computed(key) = &mut step.kind {
                    shift(key, by);
                }
            }
        }
        NodeKind::Splat(splat) => {
            moved(&mut splat.marker);
            all(&mut [&mut splat.source, &mut splat.each].into_iter());
        }
        NodeKind::Object(items) => items.iter_mut().for_each(|item| {
            shift(&mut item.key, by);
            shift(&mut item.value, by);
        }),
        NodeKind::For(parts) => {
            all(&mut [&mut parts.collection, &mut parts.value].into_iter());
            all(&mut parts.key.iter_mut().chain(&mut parts.condition));
        }
        NodeKind::Call(call) => {
            [&mut call.name_span, &mut call.open, &mut call.close].into_iter().for_each(moved);
            all(&mut call.arguments.iter_mut());
        }
        NodeKind::Conditional(parts) => all(&mut parts.iter_mut()),
        NodeKind::Binary(first, rest) => {
            shift(first, by);
            rest.iter_mut().for_each(|(_, operand)| shift(operand, by));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum JsonToken {
    /// One of `{}[],:=`.
    Sign(u8),
    Text,
    Number,
    Word,
    Wrong,
    End,
}

#[derive(Clone, Copy)]
struct Found {
    kind: JsonToken,
    start: usize,
    end: usize,
}

const VALUE_STARTS: &str = "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.";

struct Reader<'a> {
    text: &'a str,
    at: usize,
    source: SourceId,
    problems: Diagnostics,
    /// What is wrong with the templates in strings.
    of_templates: Diagnostics,
    depth: u32,
}

impl Reader<'_> {
    /// Returns the next token. What is no token ends the text.
    fn peek(&mut self) -> Found {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        let start = self.at;
        let while_is = |is: fn(&u8) -> bool| start + bytes[start..].iter().take_while(|byte| is(byte)).count();
        let Some(first) = bytes.get(start) else { return Found { kind: JsonToken::End, start, end: start } };
        let (kind, end) = match first {
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b'=' => (JsonToken::Sign(*first), start + 1),
            b'"' => (JsonToken::Text, start + text_length(&bytes[start..])),
            b'-' | b'+' | b'.' | b'0'..=b'9' => {
                (JsonToken::Number, while_is(|b| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')))
            }
            byte if byte.is_ascii_alphabetic() => {
                (JsonToken::Word, while_is(|b| b.is_ascii_alphabetic() || *b == b'_'))
            }
            _ => (JsonToken::Wrong, start + self.text[start..].chars().next().map_or(1, char::len_utf8)),
        };
        Found { kind, start, end }
    }

    fn read(&mut self) -> Found {
        let token = self.peek();
        self.at = if token.kind == JsonToken::Wrong { self.text.len() } else { token.end };
        token
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.source, start: start as u32, end: end as u32 }
    }

    fn report(&mut self, summary: &str, detail: &str, token: Found) {
        let at = self.span(token.start, token.end);
        self.problems.push(Diagnostic::error(summary, detail).at(at));
    }

    /// Returns the value that follows; one that is wrong is reported, and is invalid.
    fn value(&mut self) -> Node {
        let token = self.peek();
        let invalid = Node::new(NodeKind::Invalid, self.span(token.start, token.end));
        let node = match token.kind {
            JsonToken::Sign(b'{' | b'[') if self.depth > 500 => {
                self.report("Nesting too deep", "JSON values can be nested at most 500 deep.", token);
                self.at = self.text.len();
                None
            }
            JsonToken::Sign(b'{') => self.nested(Self::object),
            JsonToken::Sign(b'[') => self.nested(Self::array),
            JsonToken::Text => self.string().map(|text| self.template(&text, self.span(token.start, token.end))),
            JsonToken::Number => self.number(),
            JsonToken::Word => self.keyword(),
            JsonToken::Sign(b'}') => {
                self.report("Missing JSON value", VALUE_STARTS, token);
                None
            }
            JsonToken::Sign(b']') => {
                self.report("Missing array element value", VALUE_STARTS, token);
                None
            }
            JsonToken::End => {
                self.report("Missing value", "The text ends where a JSON value is expected.", token);
                None
            }
            JsonToken::Sign(_) | JsonToken::Wrong => {
                self.report("Invalid start of value", VALUE_STARTS, token);
                None
            }
        };
        node.unwrap_or(invalid)
    }

    fn nested(&mut self, rule: fn(&mut Self) -> Option<Node>) -> Option<Node> {
        self.depth += 1;
        let node = rule(self);
        self.depth -= 1;
        node
    }

    fn template(&mut self, text: &str, span: Span) -> Node {
        if !text.contains("${") && !text.contains("%{") {
            return Node::new(NodeKind::Literal(Value::from(text)), span);
        }
        let rule = |cursor: &mut super::cursor::Cursor<'_>| cursor.template(TokenKind::EndOfFile, false);
        embedded(text, span, Start::Template, &mut self.of_templates, rule)
    }

    /// Goes on behind what seems to be the end of an object or an array, a token of which was read already.
    fn recover(&mut self, mut token: Found, open: u8, close: u8) {
        let mut depth = 1;
        loop {
            match token.kind {
                JsonToken::Sign(sign) if sign == open => depth += 1,
                JsonToken::Sign(sign) if sign == close => {
                    depth -= 1;
                    if depth <= 1 {
                        return;
                    }
                }
                JsonToken::End => return,
                _ => {}
            }
            token = self.read();
        }
    }

    fn object(&mut self) -> Option<Node> {
        let open = self.read();
        let mut items = Vec::new();
        while self.peek().kind != JsonToken::Sign(b'}') {
            let name = self.peek();
            let key = self.value();
            if name.kind != JsonToken::Text || matches!(key.kind, NodeKind::Invalid) {
                let detail = "A JSON object property name must be a string";
                self.report("Invalid object property name", detail, name);
                return None;
            }
            let colon = self.read();
            if colon.kind != JsonToken::Sign(b':') {
                self.recover(colon, b'{', b'}');
                let (summary, detail) = match colon.kind {
                    JsonToken::Sign(b'}' | b',') => {
                        ("Missing object value", "A JSON object attribute must have a value, introduced by a colon.")
                    }
                    JsonToken::Sign(b'=') => (
                        "Missing property value colon",
                        "JSON uses a colon as its name/value delimiter, not an equals sign.",
                    ),
                    _ => (
                        "Missing property value colon",
                        "A colon must appear between an object property's name and its value.",
                    ),
                };
                self.report(summary, detail, colon);
                return None;
            }
            let value = self.value();
            items.push(ObjectItem { key, value });
            self.separator(open, b'}')?;
        }
        let close = self.read();
        Some(Node::new(NodeKind::Object(items), self.span(open.start, close.end)))
    }

    fn array(&mut self) -> Option<Node> {
        let open = self.read();
        let mut elements = Vec::new();
        while self.peek().kind != JsonToken::Sign(b']') {
            elements.push(self.value());
            self.separator(open, b']')?;
        }
        let close = self.read();
        Some(Node::new(NodeKind::Tuple(elements), self.span(open.start, close.end)))
    }

    /// Reads a comma, unless the closing bracket follows.
    fn separator(&mut self, open: Found, close: u8) -> Option<()> {
        const COMMA: &str = "Missing attribute seperator comma";
        let in_object = close == b'}';
        let token = self.peek();
        let (summary, detail) = match token.kind {
            JsonToken::Sign(sign) if sign == close => return Some(()),
            JsonToken::Sign(b',') => {
                let comma = self.read();
                if self.peek().kind != JsonToken::Sign(close) {
                    return Some(());
                }
                let summary = if in_object { "Trailing comma in object" } else { "Trailing comma in array" };
                self.report(summary, "JSON does not permit a comma after the last member.", comma);
                return None;
            }
            JsonToken::End => {
                self.report("Unclosed object", "The closing bracket for this one was not found.", open);
                return None;
            }
            JsonToken::Sign(b']') => {
                self.read();
                ("Mismatched braces", "A JSON object must be closed with a brace, not a bracket.")
            }
            JsonToken::Sign(b'}') => {
                ("Mismatched brackets", "A JSON array must be closed with a bracket, not a brace.")
            }
            JsonToken::Sign(b':') if !in_object => {
                ("Invalid array value", "A colon is not used to introduce values in a JSON array.")
            }
            _ if in_object => (COMMA, "A comma must appear between each property definition in an object."),
            _ => (COMMA, "A comma must appear between each value in an array."),
        };
        if summary != "Mismatched braces" {
            let token = self.read();
            let opening = if in_object { b'{' } else { b'[' };
            self.recover(token, opening, close);
        }
        let after = self.peek();
        self.report(summary, detail, after);
        None
    }

    fn string(&mut self) -> Option<Arc<str>> {
        let token = self.read();
        match serde_json::from_str::<String>(&self.text[token.start..token.end]) {
            Ok(text) => Some(text.into()),
            Err(error) => {
                let start = (token.start + error.column()).min(self.text.len());
                let end = start + self.text[start..].chars().next().map_or(0, char::len_utf8);
                let detail =
                    "This is not a JSON string: it is not closed, or an escape or a control character is wrong.";
                self.report("Invalid JSON string", detail, Found { start, end, ..token });
                None
            }
        }
    }

    fn number(&mut self) -> Option<Node> {
        let token = self.read();
        let text = &self.text[token.start..token.end];
        let number = serde_json::from_str::<serde_json::Number>(text).ok().and_then(|_| Number::parse(text));
        if number.is_none() {
            self.report("Invalid JSON number", "There is a syntax error in this number.", token);
        }
        number.map(|number| Node::new(NodeKind::Literal(Value::from(number)), self.span(token.start, token.end)))
    }

    fn keyword(&mut self) -> Option<Node> {
        let token = self.read();
        let value = match &self.text[token.start..token.end] {
            "true" => Value::TRUE,
            "false" => Value::FALSE,
            "null" => Value::NULL,
            word => {
                let detail = format!("`{word}` is not a valid JSON keyword.");
                self.report("Invalid JSON keyword", &detail, token);
                return None;
            }
        };
        Some(Node::new(NodeKind::Literal(value), self.span(token.start, token.end)))
    }
}

/// Returns how long the string is that a text begins with: to its closing quote or to a control character.
fn text_length(bytes: &[u8]) -> usize {
    let mut escaping = false;
    for (index, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            b'\\' => escaping = !escaping,
            b'"' if !escaping => return index + 1,
            0..32 => return index,
            _ => escaping = false,
        }
    }
    bytes.len()
}
