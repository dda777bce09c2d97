//! Templates: quoted strings, heredocs and template files.

use std::sync::Arc;

use landfall_diag::Span;
use unicode_segmentation::UnicodeSegmentation;

use super::collection::string_node;
use super::cursor::Cursor;
use super::token::{Token, TokenKind};
use crate::expr::{For, Node, NodeKind};
use crate::stack::with_room;
use crate::suggest::suggestion;

const INVALID_DIRECTIVE: &str = "Invalid 'for' directive";

/// One piece of a template, before directives are matched with their ends.
#[derive(Debug)]
enum Part {
    Literal(String, Span),
    Interpolation(Node),
    If(Node, Span),
    For { key_name: Option<Arc<str>>, value_name: Arc<str>, collection: Node, span: Span },
    Else(Span),
    EndIf(Span),
    EndFor(Span),
}

impl Part {
    fn end_name(&self) -> &'static str {
        match self {
            Self::Else(_) => "else",
            Self::EndIf(_) => "endif",
            _ => "endfor",
        }
    }
}

impl Cursor<'_> {
    /// Parses a quoted string or a heredoc.
    #[inline(never)]
    pub(super) fn quoted_template(&mut self) -> Node {
        let open = self.read();
        let flush = self.slice(open).starts_with("<<-");
        let closer = open.kind.opposite().unwrap_or(TokenKind::EndOfFile);
        let open = self.span(open);
        let mut node = self.template(closer, flush);
        node.span = open.to(self.previous_span());
        node
    }

    /// Parses a template up to and with the token that ends it.
    pub(super) fn template(&mut self, end: TokenKind, flush: bool) -> Node {
        let start = self.next_span();
        let (mut parts, end_span) = self.template_parts(end, start);
        if flush {
            remove_indentation(&mut parts);
        }
        let span = start.to(end_span);
        let mut pieces = Pieces { cursor: self, parts: meld(parts).into_iter().peekable(), end: end_span };
        let single = pieces.parts.len() == 1 && matches!(pieces.parts.peek(), Some(Part::Interpolation(_)));
        let mut nodes = pieces.all();
        match (single, nodes.len()) {
            (true, 1) => Node::new(NodeKind::Wrapped(Box::new(nodes.remove(0))), span),
            (_, 0) => string_node(String::new(), span),
            (_, 1) if nodes[0].as_constant_string().is_some() => Node::new(nodes.remove(0).kind, span),
            _ => Node::new(NodeKind::Template(nodes), span),
        }
    }

    fn template_parts(&mut self, end: TokenKind, start: Span) -> (Vec<Part>, Span) {
        let mut parts: Vec<Part> = Vec::new();
        let mut trim_next = false;
        loop {
            let token = self.read();
            if token.kind == end {
                return (parts, self.span(token));
            }
            let trim = std::mem::take(&mut trim_next);
            match token.kind {
                TokenKind::StringLiteral | TokenKind::QuotedLiteral => {
                    let mut text = self.literal_text(token);
                    if trim {
                        text = text.trim_start().to_owned();
                    }
                    parts.push(Part::Literal(text, self.span(token)));
                }
                TokenKind::Interpolation | TokenKind::Directive => {
                    // `${~` takes away the blanks at the end of the literal right before it.
                    if let (true, Some(Part::Literal(text, _))) = (self.slice(token).len() == 3, parts.last_mut()) {
                        text.truncate(text.trim_end().len());
                    }
                    self.push_newlines(false);
                    let part = if token.kind == TokenKind::Interpolation {
                        Some(self.interpolation(end, start, &mut trim_next))
                    } else {
                        self.directive(token, start, &mut trim_next)
                    };
                    self.pop_newlines();
                    parts.extend(part);
                }
                _ => {
                    let at = self.span(token);
                    let detail = "No closing marker was found for the string.";
                    self.report_unless_recovering("Unterminated template string", detail, at, Some(start.to(at)));
                    let last = self.recover(end);
                    return (parts, self.span(last));
                }
            }
        }
    }

    #[inline(never)]
    fn interpolation(&mut self, end: TokenKind, start: Span, trim_next: &mut bool) -> Part {
        let node = self.expression();
        let close = self.peek();
        if close.kind == TokenKind::SequenceEnd {
            self.read();
            *trim_next = self.slice(close).len() == 2;
            return Part::Interpolation(node);
        }
        self.bad_interpolation_end(close, end, start);
        self.recover(TokenKind::SequenceEnd);
        Part::Interpolation(node)
    }

    #[cold]
    fn bad_interpolation_end(&mut self, found: Token, end: TokenKind, start: Span) {
        let unclosed = "Unclosed template interpolation sequence";
        match found.kind {
            TokenKind::EndOfFile => {
                let detail = "There is no closing brace for this interpolation sequence before the end of the file.";
                self.report_unless_recovering(unclosed, detail, start, None);
            }
            TokenKind::CloseQuote | TokenKind::OpenQuote if end == TokenKind::CloseQuote => {
                let detail = "There is no closing brace for this interpolation sequence before the end of the quoted \
                              template.";
                self.report_unless_recovering(unclosed, detail, start, None);
            }
            _ => {
                let detail = "Expected a closing brace to end the interpolation expression, but found extra \
                              characters. If the sequence is meant for another language, such as a shell, escape it \
                              by writing \"$${\" instead of \"${\".";
                let at = self.span(found);
                let summary = "Extra characters after interpolation expression";
                self.report_unless_recovering(summary, detail, at, Some(start.to(at)));
            }
        }
    }

    #[inline(never)]
    fn directive(&mut self, open: Token, start: Span, trim_next: &mut bool) -> Option<Part> {
        let open_span = self.span(open);
        let keyword = self.peek();
        let keyword_span = self.span(keyword);
        if keyword.kind != TokenKind::Identifier {
            let detail = "A keyword (\"if\", \"for\" or the like) is expected at the beginning of a %{ sequence.";
            let within = open_span.to(keyword_span);
            self.report_unless_recovering("Invalid template directive", detail, keyword_span, Some(within));
            self.recover(TokenKind::SequenceEnd);
            return None;
        }
        self.read();
        let word = self.slice(keyword);
        let part = match word {
            "if" => {
                let condition = self.expression();
                Part::If(condition, open_span.to(self.next_span()))
            }
            "else" => Part::Else(open_span.to(self.next_span())),
            "endif" => Part::EndIf(open_span.to(self.next_span())),
            "endfor" => Part::EndFor(open_span.to(self.next_span())),
            "for" => match self.for_directive(open_span) {
                Some(part) => part,
                None => {
                    self.recover(TokenKind::SequenceEnd);
                    return None;
                }
            },
            _ => {
                let hint = suggestion(word, ["if", "for", "else", "endif", "endfor"]);
                let detail = format!("\"{word}\" is not a valid template control keyword.{hint}");
                let within = open_span.to(keyword_span);
                self.report_unless_recovering("Invalid template control keyword", &detail, keyword_span, Some(within));
                self.recover(TokenKind::SequenceEnd);
                return None;
            }
        };
        self.end_directive(word, start, trim_next);
        Some(part)
    }

    fn end_directive(&mut self, word: &str, start: Span, trim_next: &mut bool) {
        let close = self.peek();
        if close.kind == TokenKind::SequenceEnd {
            self.read();
            *trim_next = self.slice(close).len() == 2;
            return;
        }
        let at = self.span(close);
        let detail = "Expected a closing brace to end the sequence, but found extra characters.";
        let summary = format!("Extra characters in {word} marker");
        self.report_unless_recovering(&summary, detail, at, Some(start.to(at)));
        self.recover(TokenKind::SequenceEnd);
    }

    fn for_directive(&mut self, open: Span) -> Option<Part> {
        let first = self.directive_name("For directive requires variable name after 'for'.")?;
        let (key_name, value_name) = if self.eat(TokenKind::Comma).is_some() {
            let second = self.directive_name("For directive requires value variable name after comma.")?;
            (Some(first), second)
        } else {
            (None, first)
        };
        if !self.at_keyword("in") {
            let at = self.next_span();
            let detail = "For directive requires 'in' keyword after names.";
            self.report_unless_recovering(INVALID_DIRECTIVE, detail, at, None);
            return None;
        }
        self.read();
        let collection = self.expression();
        Some(Part::For { key_name, value_name, collection, span: open.to(self.next_span()) })
    }

    fn directive_name(&mut self, detail: &str) -> Option<Arc<str>> {
        if let Some(token) = self.eat(TokenKind::Identifier) {
            return Some(self.slice(token).into());
        }
        let at = self.next_span();
        self.report_unless_recovering(INVALID_DIRECTIVE, detail, at, None);
        None
    }
}

/// Matches directives with their ends.
struct Pieces<'a, 'b> {
    cursor: &'a mut Cursor<'b>,
    parts: std::iter::Peekable<std::vec::IntoIter<Part>>,
    end: Span,
}

impl Pieces<'_, '_> {
    fn all(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        while let Some(part) = self.parts.next() {
            nodes.push(self.piece(part));
        }
        nodes
    }

    fn piece(&mut self, part: Part) -> Node {
        match part {
            Part::Literal(text, span) => string_node(text, span),
            Part::Interpolation(node) => node,
            Part::If(condition, span) => self.nested(span, |pieces| pieces.if_directive(condition, span)),
            Part::For { key_name, value_name, collection, span } => self.nested(span, |pieces| {
                let (value, end) = pieces.for_body(span)?;
                let parts =
                    For { key_name, value_name, collection, key: None, value, condition: None, group: false, slot: 0 };
                let all = span.to(end);
                let tuple = Node::new(NodeKind::For(Box::new(parts)), all);
                Some(Node::new(NodeKind::Join(Box::new(tuple)), all))
            }),
            Part::Else(span) | Part::EndIf(span) | Part::EndFor(span) => {
                let summary = format!("Unexpected {} directive", part.end_name());
                let detail = "The control directives within this template are unbalanced.";
                self.cursor.report(&summary, detail, span, None);
                Node::new(NodeKind::Invalid, span)
            }
        }
    }

    /// Goes one level deeper for what a directive holds.
    fn nested(&mut self, span: Span, inner: impl FnOnce(&mut Self) -> Option<Node>) -> Node {
        let node = if self.cursor.descend() { with_room(|| inner(self)) } else { None };
        self.cursor.ascend();
        node.unwrap_or(Node::new(NodeKind::Invalid, span))
    }

    fn if_directive(&mut self, condition: Node, open: Span) -> Option<Node> {
        let mut then = Vec::new();
        let mut otherwise: Option<Vec<Node>> = None;
        let end = loop {
            let Some(part) = self.parts.next() else { return self.missing_end("if", "endif", open) };
            match part {
                Part::Else(_) if otherwise.is_none() => otherwise = Some(Vec::new()),
                Part::Else(span) => {
                    let detail = "Already in the else clause of this if directive.";
                    self.cursor.report("Unexpected else directive", detail, span, Some(open));
                    return None;
                }
                Part::EndIf(span) => break span,
                Part::EndFor(span) => {
                    let detail = "Expecting an endif directive for the if that is open here.";
                    self.cursor.report("Unexpected endfor directive", detail, span, Some(open));
                    return None;
                }
                part => {
                    let node = self.piece(part);
                    otherwise.as_mut().unwrap_or(&mut then).push(node);
                }
            }
        };
        let then = joined(then, Span { start: open.end, ..open });
        let otherwise = joined(otherwise.unwrap_or_default(), Span { end: end.start, ..end });
        Some(Node::new(NodeKind::Conditional(Box::new([condition, then, otherwise])), open.to(end)))
    }

    fn for_body(&mut self, open: Span) -> Option<(Node, Span)> {
        let mut nodes = Vec::new();
        loop {
            let Some(part) = self.parts.next() else { return self.missing_end("for", "endfor", open) };
            match part {
                Part::EndFor(span) => return Some((joined(nodes, Span { start: open.end, ..open }), span)),
                Part::Else(span) => {
                    let detail = "An else clause is not expected for a for directive.";
                    self.cursor.report("Unexpected else directive", detail, span, Some(open));
                    return None;
                }
                Part::EndIf(span) => {
                    let detail = "Expecting an endfor directive for the for that is open here.";
                    self.cursor.report("Unexpected endif directive", detail, span, Some(open));
                    return None;
                }
                part => nodes.push(self.piece(part)),
            }
        }
    }

    fn missing_end<T>(&mut self, directive: &str, end: &str, open: Span) -> Option<T> {
        if self.cursor.too_deep {
            return None;
        }
        let detail = format!("The {directive} directive is missing its corresponding {end} directive.");
        self.cursor.report("Unexpected end of template", &detail, self.end, Some(open.to(self.end)));
        None
    }
}

/// Always a template, so that values become strings even when there is only one.
fn joined(nodes: Vec<Node>, empty: Span) -> Node {
    match (nodes.first(), nodes.last()) {
        (Some(first), Some(last)) => {
            let span = first.span.to(last.span);
            Node::new(NodeKind::Template(nodes), span)
        }
        _ => string_node(String::new(), empty),
    }
}

/// Joins literals that follow each other.
fn meld(parts: Vec<Part>) -> Vec<Part> {
    let mut melded: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match (melded.last_mut(), part) {
            (Some(Part::Literal(text, span)), Part::Literal(more, more_span)) => {
                text.push_str(&more);
                *span = span.to(more_span);
            }
            (_, part) => melded.push(part),
        }
    }
    melded
}

/// Takes the indentation of the least indented line of a `<<-` heredoc from all lines. Blank lines do not count; only
/// literal text does, not what is interpolated.
fn remove_indentation(parts: &mut [Part]) {
    let mut least = usize::MAX;
    let mut line_starts = Vec::new();
    let mut at_start = true;
    for (index, part) in parts.iter().enumerate() {
        if at_start {
            at_start = false;
            match part {
                Part::Literal(text, _) => {
                    let rest = text.trim_start();
                    if !rest.is_empty() || !text.ends_with('\n') {
                        least = least.min(text[..text.len() - rest.len()].graphemes(true).count());
                        line_starts.push(index);
                    }
                }
                _ => least = 0,
            }
        }
        if let Part::Literal(text, _) = part {
            at_start = text.ends_with('\n');
        }
    }
    for index in line_starts {
        if let Part::Literal(text, span) = &mut parts[index] {
            let cut: usize = text.graphemes(true).take(least).map(str::len).sum();
            text.drain(..cut);
            span.start += cut as u32;
        }
    }
}
