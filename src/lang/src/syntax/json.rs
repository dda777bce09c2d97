//! The JSON syntax: texts to the same tree. Strings are templates, except where a caller reads them as expressions.

use std::sync::Arc;

use landfall_diag::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use landfall_value::{Number, Value};

use super::lexer::Start;
use super::token::TokenKind;
use super::{parse, whole_expression};
use crate::expr::{AccessKind, Node, NodeKind, ObjectItem};

/// Parses a JSON text; `None` if it is not one, which was reported.
pub fn parse_json(sources: &SourceMap, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let text = sources.text(source);
    let mut reader = Reader { text, at: 0, source, diagnostics, depth: 0 };
    reader.blanks();
    let root = reader.value();
    reader.blanks();
    if root.is_some() && reader.at < text.len() {
        let at = reader.here(1);
        let detail = "Extra characters appear after the JSON value.";
        reader.diagnostics.push(Diagnostic::error("Extraneous data after value", detail).at(at));
    }
    root
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
    source: SourceId,
    diagnostics: &'a mut Diagnostics,
    depth: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn span(&self, start: usize) -> Span {
        Span { source: self.source, start: start as u32, end: self.at as u32 }
    }

    fn here(&self, length: usize) -> Span {
        let end = (self.at + length).min(self.text.len());
        Span { source: self.source, start: self.at as u32, end: end as u32 }
    }

    fn error<T>(&mut self, summary: &str, detail: &str) -> Option<T> {
        let at = self.here(1);
        self.diagnostics.push(Diagnostic::error(summary, detail).at(at));
        None
    }

    fn value(&mut self) -> Option<Node> {
        let start = self.at;
        match self.peek() {
            Some(b'{' | b'[') if self.depth > 500 => {
                self.error("Nesting too deep", "JSON values can be nested at most 500 deep.")
            }
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => {
                let text = self.string()?;
                let span = self.span(start);
                Some(self.template(&text, span))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(byte) if byte.is_ascii_alphabetic() => self.keyword(),
            Some(_) => self.error(
                "Invalid start of value",
                "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.",
            ),
            None => self.error("Missing value", "The text ends where a JSON value is expected."),
        }
    }

    fn nested(&mut self, rule: fn(&mut Self) -> Option<Node>) -> Option<Node> {
        self.depth += 1;
        self.at += 1;
        let node = rule(self);
        self.depth -= 1;
        node
    }

    fn template(&mut self, text: &str, span: Span) -> Node {
        if !text.contains("${") && !text.contains("%{") {
            return Node::new(NodeKind::Literal(Value::from(text)), span);
        }
        let rule = |cursor: &mut super::cursor::Cursor<'_>| cursor.template(TokenKind::EndOfFile, false);
        embedded(text, span, Start::Template, self.diagnostics, rule)
    }

    /// Reads members up to the closing brace.
    fn object(&mut self) -> Option<Node> {
        let start = self.at - 1;
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Some(Node::new(NodeKind::Object(items), self.span(start)));
            }
            if self.peek() != Some(b'"') {
                self.error::<()>("Invalid object property name", "A JSON object property name must be a string");
                return self.value().and(None);
            }
            let key = self.value()?;
            self.blanks();
            if self.peek() != Some(b':') {
                let detail = "A colon must appear between an object property's name and its value.";
                return self.error("Missing property value colon", detail);
            }
            self.at += 1;
            self.blanks();
            let value = self.value()?;
            items.push(ObjectItem { key, value });
            self.comma(b'}', "object properties")?;
        }
    }

    fn array(&mut self) -> Option<Node> {
        let start = self.at - 1;
        let mut elements = Vec::new();
        loop {
            self.blanks();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Some(Node::new(NodeKind::Tuple(elements), self.span(start)));
            }
            elements.push(self.value()?);
            self.comma(b']', "array elements")?;
        }
    }

    /// Reads a comma, unless the closing bracket follows.
    fn comma(&mut self, close: u8, what: &str) -> Option<()> {
        self.blanks();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.blanks();
                if self.peek() == Some(close) {
                    return self
                        .error("Trailing comma", &format!("JSON does not permit a comma after the last of {what}."));
                }
                Some(())
            }
            Some(byte) if byte == close => Some(()),
            Some(_) => self.error("Missing comma", &format!("A comma must appear between {what}.")),
            None => self.error("Unclosed bracket", &format!("The text ends inside of {what}.")),
        }
    }

    fn string(&mut self) -> Option<Arc<str>> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => {
                    self.at = start;
                    return self.error("Unclosed string", "This string is not closed before the end of the text.");
                }
            }
        }
        let parsed = self.text.get(start..self.at).and_then(|text| serde_json::from_str::<String>(text).ok());
        if parsed.is_none() {
            self.at = start;
            return self
                .error("Invalid string", "This is not a JSON string: an escape or a control character is wrong.");
        }
        parsed.map(Into::into)
    }

    fn number(&mut self) -> Option<Node> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let number = serde_json::from_str::<serde_json::Number>(text).ok().and_then(|_| Number::parse(text));
        match number {
            Some(number) => Some(Node::new(NodeKind::Literal(Value::from(number)), self.span(start))),
            None => {
                self.at = start;
                self.error("Invalid JSON number", "There is a syntax error in this number.")
            }
        }
    }

    fn keyword(&mut self) -> Option<Node> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            self.at += 1;
        }
        let value = match &self.text[start..self.at] {
            "true" => Value::TRUE,
            "false" => Value::FALSE,
            "null" => Value::NULL,
            word => {
                let detail = format!("`{word}` is not a valid JSON keyword.");
                self.at = start;
                return self.error("Invalid JSON keyword", &detail);
            }
        };
        Some(Node::new(NodeKind::Literal(value), self.span(start)))
    }
}
