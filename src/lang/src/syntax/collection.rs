//! Constructors of tuples and objects, `for` expressions and function calls.

use std::sync::Arc;

use landfall_diag::Span;
use landfall_value::Value;

use super::cursor::Cursor;
use super::token::{Token, TokenKind};
use crate::expr::{Call, For, Node, NodeKind, ObjectItem};

const INVALID_FOR: &str = "Invalid 'for' expression";

/// What is said when a constructor is not what it should be.
struct Constructor {
    unterminated: &'static str,
    unterminated_detail: &'static str,
    separator: &'static str,
    separator_detail: &'static str,
}

const TUPLE: Constructor = Constructor {
    unterminated: "Unterminated tuple constructor expression",
    unterminated_detail: "There is no corresponding closing bracket before the end of the file. A bracket may be missing \
                          or out of place elsewhere in this file.",
    separator: "Missing item separator",
    separator_detail: "Expected a comma to mark the beginning of the next item.",
};

const OBJECT: Constructor = Constructor {
    unterminated: "Unterminated object constructor expression",
    unterminated_detail: "There is no corresponding closing brace before the end of the file. A brace may be missing or \
                          out of place elsewhere in this file.",
    separator: "Missing attribute separator",
    separator_detail: "Expected a newline or comma to mark the beginning of the next attribute.",
};

impl Cursor<'_> {
    pub(super) fn tuple(&mut self) -> Node {
        let open = self.read();
        let open = self.span(open);
        self.push_newlines(false);
        let node = if self.at_keyword("for") { self.for_expression(open, false) } else { self.elements(open) };
        self.pop_newlines();
        node
    }

    #[inline(never)]
    fn elements(&mut self, open: Span) -> Node {
        let mut elements = Vec::new();
        let close = loop {
            if let Some(close) = self.eat(TokenKind::CloseBracket) {
                break close;
            }
            let errors = self.errors();
            elements.push(self.expression());
            if self.lost_since(errors) {
                break self.recover(TokenKind::CloseBracket);
            }
            let next = self.peek();
            match next.kind {
                TokenKind::CloseBracket => break self.read(),
                TokenKind::Comma => {
                    self.read();
                }
                _ => {
                    self.bad_separator(next, open, &TUPLE);
                    break self.recover(TokenKind::CloseBracket);
                }
            }
        };
        elements.shrink_to_fit();
        Node::new(NodeKind::Tuple(elements), open.to(self.span(close)))
    }

    pub(super) fn object(&mut self) -> Node {
        let open = self.read();
        let open = self.span(open);
        // A `for` may come after newlines, items are separated by them.
        self.push_newlines(false);
        let is_for = self.at_keyword("for");
        let node = if is_for {
            self.for_expression(open, true)
        } else {
            self.push_newlines(true);
            let node = self.items(open);
            self.pop_newlines();
            node
        };
        self.pop_newlines();
        node
    }

    #[inline(never)]
    fn items(&mut self, open: Span) -> Node {
        let mut items = Vec::new();
        let close = loop {
            if self.eat(TokenKind::Newline).is_some() {
                continue;
            }
            if let Some(close) = self.eat(TokenKind::CloseBrace) {
                break close;
            }
            let Some(item) = self.object_item(open) else { break self.recover(TokenKind::CloseBrace) };
            items.push(item);
            let next = self.peek();
            match next.kind {
                TokenKind::CloseBrace => break self.read(),
                TokenKind::Comma | TokenKind::Newline => {
                    self.read();
                }
                _ => {
                    self.bad_separator(next, open, &OBJECT);
                    break self.recover(TokenKind::CloseBrace);
                }
            }
        };
        items.shrink_to_fit();
        Node::new(NodeKind::Object(items), open.to(self.span(close)))
    }

    /// Parses `key = value`; `None` when the step is lost.
    #[inline(never)]
    fn object_item(&mut self, open: Span) -> Option<ObjectItem> {
        let errors = self.errors();
        let key = self.expression();
        if self.lost_since(errors) {
            return None;
        }
        let next = self.peek();
        if !matches!(next.kind, TokenKind::Equal | TokenKind::Colon) {
            self.bad_key_separator(next, open);
            return None;
        }
        self.read();
        let value = self.expression();
        if self.lost_since(errors) {
            return None;
        }
        Some(ObjectItem { key, value })
    }

    #[cold]
    fn bad_separator(&mut self, found: Token, open: Span, constructor: &Constructor) {
        if found.kind == TokenKind::EndOfFile {
            self.report_unless_recovering(constructor.unterminated, constructor.unterminated_detail, open, None);
        } else {
            let at = self.span(found);
            self.report_unless_recovering(constructor.separator, constructor.separator_detail, at, Some(open.to(at)));
        }
    }

    #[cold]
    fn bad_key_separator(&mut self, found: Token, open: Span) {
        let at = self.span(found);
        let (summary, detail) = match found.kind {
            TokenKind::EndOfFile => return self.bad_separator(found, open, &OBJECT),
            TokenKind::Newline | TokenKind::Comma => {
                ("Missing attribute value", "Expected an attribute value, introduced by an equals sign (\"=\").")
            }
            TokenKind::Identifier => (
                "Missing key/value separator",
                "Expected an equals sign (\"=\") to mark the beginning of the attribute value. A name with dots or \
                 spaces in it must be written in quotes.",
            ),
            _ => (
                "Missing key/value separator",
                "Expected an equals sign (\"=\") to mark the beginning of the attribute value.",
            ),
        };
        self.report_unless_recovering(summary, detail, at, Some(open.to(at)));
    }

    #[inline(never)]
    fn for_expression(&mut self, open: Span, object: bool) -> Node {
        let closer = if object { TokenKind::CloseBrace } else { TokenKind::CloseBracket };
        self.read();
        match self.for_parts(open, object) {
            Some(parts) => {
                let span = open.to(self.previous_span());
                Node::new(NodeKind::For(Box::new(parts)), span)
            }
            None => {
                let close = self.recover(closer);
                Node::new(NodeKind::Invalid, open.to(self.span(close)))
            }
        }
    }

    /// Parses a `for` from its names to its closing bracket; `None` when the step is lost before that.
    fn for_parts(&mut self, open: Span, object: bool) -> Option<For> {
        let errors = self.errors();
        let (key_name, value_name) = self.for_names(open)?;
        let collection = self.expression();
        if self.lost_since(errors) {
            return None;
        }
        if self.eat(TokenKind::Colon).is_none() {
            return self.bad_for(open, "For expression requires a colon after the collection expression.");
        }
        let mut value = self.expression();
        let mut key = None;
        if self.eat(TokenKind::FatArrow).is_some() {
            key = Some(std::mem::replace(&mut value, self.expression()));
        }
        if self.lost_since(errors) {
            return None;
        }
        let ellipsis = self.eat(TokenKind::Ellipsis);
        let mut condition = None;
        if self.at_keyword("if") {
            self.read();
            condition = Some(self.expression());
            if self.lost_since(errors) {
                return None;
            }
        }
        let closer = if object { TokenKind::CloseBrace } else { TokenKind::CloseBracket };
        if self.eat(closer).is_none() {
            self.bad_for::<()>(open, "Extra characters after the end of the 'for' expression.");
            self.recover(closer);
        }
        self.check_for(object, key.as_ref(), &value, ellipsis, open);
        Some(For { key_name, value_name, collection, key, value, condition, group: ellipsis.is_some(), slot: 0 })
    }

    fn for_names(&mut self, open: Span) -> Option<(Option<Arc<str>>, Arc<str>)> {
        let Some(first) = self.eat(TokenKind::Identifier) else {
            return self.bad_for(open, "For expression requires variable name after 'for'.");
        };
        let first: Arc<str> = self.slice(first).into();
        let names = if self.eat(TokenKind::Comma).is_some() {
            let Some(second) = self.eat(TokenKind::Identifier) else {
                return self.bad_for(open, "For expression requires value variable name after comma.");
            };
            (Some(first), self.slice(second).into())
        } else {
            (None, first)
        };
        if !self.at_keyword("in") {
            return self.bad_for(open, "For expression requires the 'in' keyword after its name declarations.");
        }
        self.read();
        Some(names)
    }

    fn bad_for<T>(&mut self, open: Span, detail: &str) -> Option<T> {
        let at = self.next_span();
        self.report_unless_recovering(INVALID_FOR, detail, at, Some(open.to(at)));
        None
    }

    fn check_for(&mut self, object: bool, key: Option<&Node>, value: &Node, ellipsis: Option<Token>, open: Span) {
        let context = open.to(self.previous_span());
        let mut report = |at: Span, detail: &str| {
            self.report(INVALID_FOR, detail, at, Some(context));
        };
        match (object, key) {
            (false, Some(key)) => report(key.span, "Key expression is not valid when building a tuple."),
            (true, None) => report(value.span, "Key expression is required when building an object."),
            (false, None) | (true, Some(_)) => {}
        }
        if let (false, Some(ellipsis)) = (object, ellipsis) {
            let at = Span { start: ellipsis.start, end: ellipsis.end, ..open };
            report(at, "Grouping ellipsis (...) cannot be used when building a tuple.");
        }
    }

    /// Parses a call from behind its first name.
    #[inline(never)]
    pub(super) fn call(&mut self, first: Token) -> Node {
        let first_span = self.span(first);
        let mut name = self.slice(first).to_owned();
        let mut name_span = first_span;
        let mut open = self.read();
        while open.kind == TokenKind::DoubleColon {
            let part = self.read();
            if part.kind != TokenKind::Identifier {
                let detail = "The scope symbol :: must be followed by the name of a function in this scope.";
                return self.bad_call(first_span, part, "Missing function name", detail);
            }
            name.push_str("::");
            name.push_str(self.slice(part));
            name_span = first_span.to(self.span(part));
            open = self.read();
        }
        if open.kind != TokenKind::OpenParenthesis {
            let detail = "A function's name must be followed by an open parenthesis to begin the call.";
            return self.bad_call(first_span, open, "Missing open parenthesis", detail);
        }
        let open = self.span(open);
        self.push_newlines(false);
        let (arguments, expand, close) = self.arguments(first_span, open);
        self.pop_newlines();
        let call = Call { name: name.into(), name_span, arguments, expand, open, close };
        Node::new(NodeKind::Call(Box::new(call)), name_span.to(close))
    }

    fn bad_call(&mut self, name: Span, found: Token, summary: &str, detail: &str) -> Node {
        let at = self.span(found);
        self.report(summary, detail, at, Some(name.to(at)));
        self.recover_over(TokenKind::OpenParenthesis);
        Node::new(NodeKind::Invalid, name.to(at))
    }

    /// Parses arguments up to and with the closing parenthesis.
    #[inline(never)]
    fn arguments(&mut self, name: Span, open: Span) -> (Vec<Node>, bool, Span) {
        let mut arguments = Vec::new();
        loop {
            if let Some(close) = self.eat(TokenKind::CloseParenthesis) {
                return (arguments, false, self.span(close));
            }
            let errors = self.errors();
            arguments.push(self.expression());
            if self.lost_since(errors) {
                let close = self.recover(TokenKind::CloseParenthesis);
                return (arguments, false, self.span(close));
            }
            let separator = self.read();
            let at = self.span(separator);
            match separator.kind {
                TokenKind::Comma => {}
                TokenKind::CloseParenthesis => return (arguments, false, at),
                TokenKind::Ellipsis => {
                    if let Some(close) = self.eat(TokenKind::CloseParenthesis) {
                        return (arguments, true, self.span(close));
                    }
                    let detail = "An expanded function argument (with ...) must be immediately followed by closing \
                                  parentheses.";
                    self.report_unless_recovering("Missing closing parenthesis", detail, at, Some(name.to(at)));
                    let close = self.recover(TokenKind::CloseParenthesis);
                    return (arguments, true, self.span(close));
                }
                kind => {
                    if kind == TokenKind::EndOfFile {
                        let detail = "There is no closing parenthesis for this function call before the end of the \
                                      file. A parenthesis may be missing or out of place elsewhere in this file.";
                        self.report("Unterminated function call", detail, name.to(open), None);
                    } else {
                        let detail = "A comma is required to separate each function argument from the next.";
                        self.report("Missing argument separator", detail, at, Some(name.to(at)));
                    }
                    let close = self.recover(TokenKind::CloseParenthesis);
                    return (arguments, false, self.span(close));
                }
            }
        }
    }
}

/// Returns a literal string node.
pub(super) fn string_node(text: String, span: Span) -> Node {
    Node::new(NodeKind::Literal(Value::string(text)), span)
}
