//! A position in the tokens, with the ways to get back in step after an error.

use std::cell::Cell;

use landfall_diag::{Diagnostic, Diagnostics, SourceId, Span};

use super::token::{Token, TokenKind};
use crate::stack::with_room;

/// How deep expressions and blocks may nest. The stack grows with them ([`with_room`]); but a tree is freed by
/// recursion too, on the stack that there is.
const MAX_DEPTH: u32 = 1_200;

/// Reads tokens. Comments are skipped; newlines only where they mean nothing.
pub(super) struct Cursor<'a> {
    pub(super) source: SourceId,
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
    /// The token that `peek` found, with the index behind it; most are looked at several times.
    peeked: Cell<Option<(Token, usize)>>,
    newlines: Vec<bool>,
    depth: u32,
    /// Whether that the text is nested too deeply was reported: once is enough.
    pub(super) too_deep: bool,
    /// Set by the first recovery: from then on errors that may be mere consequences are not reported.
    pub(super) recovering: bool,
    pub(super) diagnostics: &'a mut Diagnostics,
    errors: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: SourceId, text: &'a str, tokens: &'a [Token], diagnostics: &'a mut Diagnostics) -> Self {
        Self {
            source,
            text,
            tokens,
            next: 0,
            peeked: Cell::new(None),
            newlines: vec![true],
            depth: 0,
            too_deep: false,
            recovering: false,
            diagnostics,
            errors: 0,
        }
    }

    fn find_next(&self) -> (Token, usize) {
        let with_newlines = self.newlines.last().copied().unwrap_or(true);
        for (at, token) in self.tokens.iter().enumerate().skip(self.next) {
            match token.kind {
                TokenKind::Comment if with_newlines && self.slice(*token).ends_with('\n') => {
                    return (Token { kind: TokenKind::Newline, ..*token }, at + 1);
                }
                TokenKind::Comment => {}
                TokenKind::Newline if !with_newlines => {}
                _ => return (*token, at + 1),
            }
        }
        let end = self.text.len() as u32;
        (Token { kind: TokenKind::EndOfFile, start: end, end }, self.tokens.len())
    }

    fn peek_with_index(&self) -> (Token, usize) {
        match self.peeked.get() {
            Some(peeked) => peeked,
            None => {
                let found = self.find_next();
                self.peeked.set(Some(found));
                found
            }
        }
    }

    pub(super) fn peek(&self) -> Token {
        self.peek_with_index().0
    }

    pub(super) fn at(&self, kind: TokenKind) -> bool {
        self.peek().kind == kind
    }

    pub(super) fn read(&mut self) -> Token {
        let (token, next) = self.peek_with_index();
        self.next = next;
        self.peeked.set(None);
        token
    }

    /// Reads the next token if it is of this kind.
    pub(super) fn eat(&mut self, kind: TokenKind) -> Option<Token> {
        self.at(kind).then(|| self.read())
    }

    pub(super) fn at_keyword(&self, keyword: &str) -> bool {
        let token = self.peek();
        token.kind == TokenKind::Identifier && self.slice(token) == keyword
    }

    pub(super) fn slice(&self, token: Token) -> &'a str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    pub(super) fn span(&self, token: Token) -> Span {
        Span { source: self.source, start: token.start, end: token.end }
    }

    pub(super) fn next_span(&self) -> Span {
        self.span(self.peek())
    }

    /// Returns the place of the token that was read last.
    pub(super) fn previous_span(&self) -> Span {
        match self.next.checked_sub(1).and_then(|last| self.tokens.get(last)) {
            Some(token) => self.span(*token),
            None => self.next_span(),
        }
    }

    pub(super) fn push_newlines(&mut self, significant: bool) {
        self.newlines.push(significant);
        self.peeked.set(None);
    }

    pub(super) fn pop_newlines(&mut self) {
        self.newlines.pop();
        self.peeked.set(None);
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.errors += 1;
        self.diagnostics.push(diagnostic);
    }

    /// Reports an error at a place, and the larger text around it. Apart from its callers, so that these stay small
    /// on the stack.
    #[cold]
    #[inline(never)]
    pub(super) fn report(&mut self, summary: &str, detail: &str, at: Span, within: Option<Span>) {
        let mut diagnostic = Diagnostic::error(summary, detail).at(at);
        diagnostic.context = within;
        self.error(diagnostic);
    }

    /// As [`Self::report`], unless the error may be a mere consequence of an earlier one.
    #[cold]
    #[inline(never)]
    pub(super) fn report_unless_recovering(&mut self, summary: &str, detail: &str, at: Span, within: Option<Span>) {
        if !self.recovering {
            self.report(summary, detail, at, within);
        }
    }

    /// Returns the number of errors so far; compare two of them to see whether something failed in between.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// Returns whether parsing lost step since `errors` were counted.
    pub(super) fn lost_since(&self, errors: usize) -> bool {
        self.recovering && self.errors > errors
    }

    /// Reads what is one level deeper; none if that is too deep, which was reported.
    pub(super) fn deeper<R>(&mut self, inner: impl FnOnce(&mut Self) -> R) -> Option<R> {
        let read = if self.descend() { Some(with_room(|| inner(self))) } else { None };
        self.ascend();
        read
    }

    /// Goes one level deeper; on false an error was reported and the caller must return.
    pub(super) fn descend(&mut self) -> bool {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return true;
        }
        if !self.too_deep {
            self.too_deep = true;
            let detail = format!("This is nested more than {MAX_DEPTH} levels deep, which is more than is supported.");
            self.report("Nesting too deep", &detail, self.next_span(), None);
        }
        self.recovering = true;
        false
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Reads up to and with the `end` that closes the present bracket, or the end of the file. Returns that token.
    pub(super) fn recover(&mut self, end: TokenKind) -> Token {
        self.recovering = true;
        let start = end.opposite();
        let mut nested = 0_usize;
        loop {
            let token = self.read();
            let mut kind = token.kind;
            if end == TokenKind::SequenceEnd && kind == TokenKind::Directive {
                kind = TokenKind::Interpolation;
            }
            if kind == end {
                match nested.checked_sub(1) {
                    None => return token,
                    Some(less) => nested = less,
                }
            } else if Some(kind) == start {
                nested += 1;
            } else if kind == TokenKind::EndOfFile {
                return token;
            }
        }
    }

    /// Reads to behind the bracket that the next `start` opens.
    pub(super) fn recover_over(&mut self, start: TokenKind) {
        loop {
            let kind = self.read().kind;
            if kind == start || kind == TokenKind::EndOfFile {
                break;
            }
        }
        if let Some(end) = start.opposite() {
            self.recover(end);
        }
    }

    /// Reads to behind the newline that ends the present argument or block.
    pub(super) fn recover_after_item(&mut self) {
        use TokenKind as T;
        self.recovering = true;
        let mut open: Vec<TokenKind> = Vec::new();
        loop {
            let token = self.read();
            match token.kind {
                T::Newline if open.is_empty() => return,
                T::EndOfFile => return,
                T::OpenBrace | T::OpenBracket | T::OpenParenthesis | T::OpenQuote | T::OpenHeredoc => {
                    open.push(token.kind);
                }
                T::Interpolation | T::Directive => open.push(T::Interpolation),
                T::CloseBrace
                | T::CloseBracket
                | T::CloseParenthesis
                | T::CloseQuote
                | T::CloseHeredoc
                | T::SequenceEnd => {
                    let opener = token.kind.opposite();
                    while let Some(top) = open.pop() {
                        if Some(top) == opener {
                            break;
                        }
                    }
                }
                _ => {}
            }
        }
    }
}
