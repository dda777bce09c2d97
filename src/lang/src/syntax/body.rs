//! Arguments and blocks.

use std::sync::Arc;

use indexmap::IndexMap;
use landfall_diag::Span;

use super::cursor::Cursor;
use super::token::{Token, TokenKind};
use crate::expr::Node;

const REQUIRED: &str = "Argument or block definition required";
const REQUIRED_DETAIL: &str = "An argument or block definition is required here.";
const REQUIRED_EQUALS: &str = "An argument or block definition is required here. To set an argument, use the equals \
                               sign \"=\" to introduce the argument value.";
const SINGLE: &str = "Invalid single-argument block definition";

/// A body whose expressions are not compiled yet.
#[derive(Debug, Default)]
pub(super) struct RawBody {
    pub(super) attributes: IndexMap<Arc<str>, RawAttribute>,
    pub(super) blocks: Vec<RawBlock>,
    pub(super) span: Option<Span>,
}

#[derive(Debug)]
pub(super) struct RawAttribute {
    pub(super) name_span: Span,
    pub(super) value: Node,
}

#[derive(Debug)]
pub(super) struct RawBlock {
    pub(super) r#type: Arc<str>,
    pub(super) type_span: Span,
    pub(super) labels: Vec<Arc<str>>,
    pub(super) label_spans: Vec<Span>,
    pub(super) body: RawBody,
}

impl RawBody {
    fn add(&mut self, cursor: &mut Cursor<'_>, name: Arc<str>, attribute: RawAttribute) {
        if self.attributes.contains_key(&name) {
            let detail = format!("The argument `{name}` was already set in this block. Each may be set only once.");
            cursor.report("Attribute redefined", &detail, attribute.name_span, None);
        } else {
            self.attributes.insert(name, attribute);
        }
    }
}

impl Cursor<'_> {
    /// Parses arguments and blocks up to and with `end`.
    pub(super) fn body(&mut self, end: TokenKind) -> RawBody {
        let open = self.previous_span();
        let mut body = RawBody { span: Some(open), ..RawBody::default() };
        loop {
            let token = self.peek();
            if token.kind == end {
                self.read();
                return body;
            }
            match token.kind {
                TokenKind::Newline => {
                    self.read();
                }
                TokenKind::Identifier => self.item(&mut body),
                _ => {
                    self.read();
                    self.not_an_item(token, end, open);
                    self.recover(end);
                    return body;
                }
            }
        }
    }

    fn not_an_item(&mut self, token: Token, end: TokenKind, open: Span) {
        let (summary, detail, at) = match token.kind {
            TokenKind::OpenQuote => ("Invalid argument name", "Argument names must not be quoted.", self.span(token)),
            TokenKind::EndOfFile if end == TokenKind::CloseBrace => (
                "Unclosed configuration block",
                "There is no closing brace for this block before the end of the file. A brace may be missing or out \
                 of place elsewhere in this file.",
                open,
            ),
            _ => (REQUIRED, REQUIRED_DETAIL, self.span(token)),
        };
        self.report_unless_recovering(summary, detail, at, None);
    }

    fn item(&mut self, body: &mut RawBody) {
        let name = self.read();
        match self.peek().kind {
            TokenKind::Equal => {
                let attribute = self.attribute(name, false);
                body.add(self, self.slice(name).into(), attribute);
            }
            TokenKind::OpenQuote | TokenKind::OpenBrace | TokenKind::Identifier => {
                let block = self.block(name);
                body.blocks.push(block);
            }
            _ => {
                self.report(REQUIRED, REQUIRED_EQUALS, self.span(name), None);
                self.recover_after_item();
            }
        }
    }

    fn attribute(&mut self, name: Token, single_line: bool) -> RawAttribute {
        self.read();
        let errors = self.errors();
        let value = self.expression();
        let attribute = RawAttribute { name_span: self.span(name), value };
        if self.lost_since(errors) {
            self.recover_after_item();
        } else if !single_line {
            let end = self.peek();
            if matches!(end.kind, TokenKind::Newline | TokenKind::EndOfFile) {
                self.read();
            } else {
                let (summary, detail) = if end.kind == TokenKind::Comma {
                    (
                        "Unexpected comma after argument",
                        "Argument definitions must be separated by newlines, not commas.",
                    )
                } else {
                    ("Missing newline after argument", "An argument definition must end with a newline.")
                };
                let at = self.span(end);
                self.report_unless_recovering(summary, detail, at, Some(self.span(name).to(at)));
                self.recover_after_item();
            }
        }
        attribute
    }

    fn block(&mut self, name: Token) -> RawBlock {
        let type_span = self.span(name);
        let mut block = RawBlock {
            r#type: self.slice(name).into(),
            type_span,
            labels: Vec::new(),
            label_spans: Vec::new(),
            body: RawBody { span: Some(Span { end: type_span.start + 1, ..type_span }), ..RawBody::default() },
        };
        if !self.labels(&mut block) {
            self.recover_after_item();
            return block;
        }
        let body = self.deeper(|cursor| match cursor.peek().kind {
            TokenKind::Newline | TokenKind::EndOfFile | TokenKind::CloseBrace => cursor.body(TokenKind::CloseBrace),
            _ => cursor.single_line_body(),
        });
        match body {
            Some(body) => block.body = body,
            None => {
                self.recover(TokenKind::CloseBrace);
            }
        }
        let end = self.peek();
        if matches!(end.kind, TokenKind::Newline | TokenKind::EndOfFile) {
            self.read();
        } else {
            let at = self.span(end);
            let detail = "A block definition must end with a newline.";
            let within = type_span.to(at);
            self.report_unless_recovering("Missing newline after block definition", detail, at, Some(within));
            self.recover_after_item();
        }
        block
    }

    /// Reads labels up to and with the opening brace. Returns whether there was one.
    fn labels(&mut self, block: &mut RawBlock) -> bool {
        loop {
            let token = self.peek();
            let at = self.span(token);
            match token.kind {
                TokenKind::OpenBrace => {
                    self.read();
                    return true;
                }
                TokenKind::OpenQuote => {
                    let (label, span) = self.quoted_string();
                    block.labels.push(label.into());
                    block.label_spans.push(span);
                }
                TokenKind::Identifier => {
                    self.read();
                    block.labels.push(self.slice(token).into());
                    block.label_spans.push(at);
                }
                kind => {
                    let detail = match kind {
                        TokenKind::Equal => {
                            "The equals sign \"=\" indicates an argument definition, and must not be used when \
                             defining a block."
                        }
                        TokenKind::Newline => {
                            "A block definition must have block content delimited by \"{\" and \"}\", starting on \
                             the same line as the block header."
                        }
                        _ => "Either a quoted string block label or an opening brace (\"{\") is expected here.",
                    };
                    let (summary, within) = ("Invalid block definition", block.type_span.to(at));
                    if matches!(kind, TokenKind::Equal | TokenKind::Newline) {
                        self.report(summary, detail, at, Some(within));
                    } else {
                        self.report_unless_recovering(summary, detail, at, Some(within));
                    }
                    return false;
                }
            }
        }
    }

    /// Parses `name = value }`: a block that is one argument on one line.
    fn single_line_body(&mut self) -> RawBody {
        let open = self.previous_span();
        let mut body = RawBody { span: Some(open), ..RawBody::default() };
        self.single_argument(&mut body);
        let token = self.peek();
        let at = self.span(token);
        let detail = match token.kind {
            TokenKind::CloseBrace => {
                self.read();
                return body;
            }
            TokenKind::EndOfFile => {
                self.not_an_item(token, TokenKind::CloseBrace, open);
                return body;
            }
            TokenKind::Comma => {
                "Single-line block syntax can include only one argument definition. To define multiple arguments, use \
                 the multi-line block syntax with one argument definition per line."
            }
            TokenKind::Newline => {
                "An argument definition on the same line as its containing block creates a single-line block \
                 definition, which must also be closed on the same line. Place the block's closing brace immediately \
                 after the argument definition."
            }
            _ => {
                "A single-line block definition must end with a closing brace immediately after its single argument \
                 definition."
            }
        };
        if matches!(token.kind, TokenKind::Comma | TokenKind::Newline) {
            self.report(SINGLE, detail, at, None);
        } else {
            self.report_unless_recovering(SINGLE, detail, at, None);
        }
        self.recover(TokenKind::CloseBrace);
        body
    }

    fn single_argument(&mut self, body: &mut RawBody) {
        let name = self.read();
        let at = self.span(name);
        let next = self.peek();
        match (name.kind, next.kind) {
            (TokenKind::Identifier, TokenKind::Equal) => {
                let attribute = self.attribute(name, true);
                body.add(self, self.slice(name).into(), attribute);
                return;
            }
            (TokenKind::Identifier, TokenKind::OpenQuote | TokenKind::OpenBrace | TokenKind::Identifier) => {
                let detail = format!(
                    "A single-line block definition can contain only a single argument. To define the argument `{}`, \
                     use an equals sign to assign it a value. To define a nested block, place it on a line of its own \
                     within its parent block.",
                    self.slice(name)
                );
                self.report("Argument definition required", &detail, at.to(self.span(next)), None);
            }
            (TokenKind::Identifier, _) => self.report(REQUIRED, REQUIRED_EQUALS, at, None),
            _ => self.report(REQUIRED, REQUIRED_DETAIL, at, None),
        }
        self.recover_after_item();
    }
}
