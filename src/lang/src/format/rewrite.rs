//! The tokens that have a newer or plainer form: types of variables, values, and labels of blocks.

use std::borrow::Cow;

use super::label::quoted_label;
use super::piece::Piece;
use crate::syntax::token::TokenKind as T;

/// Returns the pieces with newer forms in place of older ones.
pub(super) fn rewrite(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let output = Vec::with_capacity(pieces.len() + 8);
    let mut rewriter = Rewriter { input: &pieces, at: 0, output, blocks: Vec::new() };
    while let Some(piece) = pieces.get(rewriter.at) {
        match piece.kind {
            T::Identifier => rewriter.item(),
            T::CloseBrace => {
                rewriter.blocks.pop();
                rewriter.copy_to(rewriter.at + 1);
            }
            _ => rewriter.copy_to(rewriter.at + 1),
        }
    }
    rewriter.output
}

/// Walks the arguments and blocks of nested bodies.
struct Rewriter<'p, 'a> {
    input: &'p [Piece<'a>],
    /// The next piece to read.
    at: usize,
    output: Vec<Piece<'a>>,
    /// Types of the blocks around `at`.
    blocks: Vec<&'p str>,
}

impl<'p, 'a> Rewriter<'p, 'a> {
    fn copy_to(&mut self, end: usize) {
        self.output.extend_from_slice(&self.input[self.at..end]);
        self.at = end;
    }

    /// Returns the first place from `at` on that is no comment.
    fn skip_comments(&self, at: usize) -> usize {
        at + self.input[at..].iter().take_while(|piece| piece.kind == T::Comment).count()
    }

    fn item(&mut self) {
        let next = self.skip_comments(self.at + 1);
        match self.input.get(next).map(|piece| piece.kind) {
            Some(T::Equal) => self.argument(next),
            Some(T::OpenBrace | T::Identifier | T::OpenQuote) => self.block(),
            _ => self.copy_to(self.at + 1),
        }
    }

    fn argument(&mut self, equal: usize) {
        let name = &self.input[self.at].text;
        let start = self.skip_comments(equal + 1);
        let end = expression_end(self.input, start);
        self.copy_to(start);
        let expression = &self.input[start..end];
        let expression =
            if self.blocks == ["variable"] && name == "type" { type_constraint(expression) } else { value(expression) };
        self.output.extend_from_slice(&expression);
        self.at = end;
    }

    /// Reads a block up to its opening brace. What stands between its labels, which can only be comments, goes.
    fn block(&mut self) {
        let name = self.at;
        let mut labels = Vec::new();
        let mut after_labels = name + 1;
        let mut at = after_labels;
        let end = loop {
            at = self.skip_comments(at);
            let label = match self.input.get(at).map(|piece| piece.kind) {
                Some(T::OpenBrace) => break at + 1,
                Some(T::Identifier) => at..at + 1,
                Some(T::OpenQuote) => at..quote_end(self.input, at),
                _ => return self.copy_to(at),
            };
            at = label.end;
            after_labels = label.end;
            labels.push(label);
        };
        self.copy_to(name + 1);
        for label in labels {
            self.output.extend(quoted_label(&self.input[label]));
        }
        self.at = after_labels;
        self.copy_to(end);
        self.blocks.push(&self.input[name].text);
    }
}

/// Returns by how much a piece changes the depth of brackets and templates.
fn depth_change(piece: &Piece<'_>) -> isize {
    match piece.kind {
        T::OpenQuote | T::OpenHeredoc => 1,
        T::CloseQuote | T::CloseHeredoc => -1,
        _ => piece.nesting(),
    }
}

/// Returns the place behind the last piece of the expression that starts at `start`: comments after it are not part
/// of it.
fn expression_end(pieces: &[Piece<'_>], start: usize) -> usize {
    let mut depth = 0;
    let mut end = start;
    for (at, piece) in pieces.iter().enumerate().skip(start) {
        let closes_body = depth == 0 && piece.kind == T::CloseBrace;
        let ends_line = depth == 0 && piece.ends_line();
        if closes_body || ends_line || piece.kind == T::EndOfFile {
            break;
        }
        depth += depth_change(piece);
        if piece.kind != T::Comment {
            end = at + 1;
        }
    }
    end
}

/// Returns the place behind the quote that closes the one at `start`.
fn quote_end(pieces: &[Piece<'_>], start: usize) -> usize {
    let mut depth = 0;
    for (at, piece) in pieces.iter().enumerate().skip(start) {
        depth += depth_change(piece);
        if depth == 0 {
            return at + 1;
        }
    }
    pieces.len()
}

/// Returns the expression of a value without the template that does nothing but wrap it.
fn value<'p, 'a>(expression: &'p [Piece<'a>]) -> Cow<'p, [Piece<'a>]> {
    let [open, start, inside @ .., end, close] = expression else { return expression.into() };
    let wraps = (open.kind, start.kind) == (T::OpenQuote, T::Interpolation)
        && (end.kind, close.kind) == (T::SequenceEnd, T::CloseQuote);
    if !wraps || inside.is_empty() || !is_one_sequence(inside) {
        return expression.into();
    }
    let is_newline = |piece: &Piece<'_>| piece.kind == T::Newline;
    let first = inside.iter().take_while(|piece| is_newline(piece)).count();
    let last = inside.iter().rposition(|piece| !is_newline(piece)).map_or(first, |last| last + 1);
    let inside = &inside[first..last];
    let in_parentheses = matches!(
        inside, [open, .., close] if (open.kind, close.kind) == (T::OpenParenthesis, T::CloseParenthesis)
    );
    if in_parentheses || !inside.iter().any(is_newline) {
        return inside.into();
    }
    // Outside of a template, an expression ends with its line unless brackets hold it together.
    let mut held = vec![Piece::new(T::OpenParenthesis, "(")];
    held.extend_from_slice(inside);
    held.push(Piece::new(T::CloseParenthesis, ")"));
    held.into()
}

/// Returns whether what is between the first `${` and the last `}` of a template is surely one expression: nested
/// quotes may hold anything.
fn is_one_sequence(inside: &[Piece<'_>]) -> bool {
    let mut quotes = 0_usize;
    for piece in inside {
        match piece.kind {
            T::OpenQuote => quotes += 1,
            T::CloseQuote => quotes = quotes.saturating_sub(1),
            T::Interpolation | T::SequenceEnd | T::QuotedLiteral if quotes == 0 => return false,
            _ => {}
        }
    }
    true
}

/// Returns the type of a variable with its element type. A type in quotes is from before elements could be of any type,
/// when they were strings.
fn type_constraint<'p, 'a>(expression: &'p [Piece<'a>]) -> Cow<'p, [Piece<'a>]> {
    let (name, element) = match expression {
        [keyword] if keyword.kind == T::Identifier => match &*keyword.text {
            "list" | "map" | "set" => (keyword, Some("any")),
            _ => return expression.into(),
        },
        [open, word, close] if (open.kind, close.kind) == (T::OpenQuote, T::CloseQuote) => match &*word.text {
            "string" => (word, None),
            "list" | "map" => (word, Some("string")),
            _ => return expression.into(),
        },
        _ => return expression.into(),
    };
    let mut pieces = vec![Piece::new(T::Identifier, name.text.clone())];
    if let Some(element) = element {
        pieces.push(Piece::new(T::OpenParenthesis, "("));
        pieces.push(Piece::new(T::Identifier, element));
        pieces.push(Piece::new(T::CloseParenthesis, ")"));
    }
    pieces.into()
}
