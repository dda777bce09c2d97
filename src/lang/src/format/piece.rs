//! A token as it is printed.

use std::borrow::Cow;

use crate::functions::graphemes;
use crate::syntax::lexer::{Start, tokens};
use crate::syntax::token::{Token, TokenKind};

/// A token, its text, and the spaces before it.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    pub kind: TokenKind,
    pub text: Cow<'a, str>,
    pub spaces: usize,
}

/// Returns the pieces of a text; the last one is the end of the file.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut end = 0;
    let piece = |token: Token| {
        // What lies between tokens is spaces and tabs; each of them counts as a space.
        let spaces = (token.start - end) as usize;
        end = token.end;
        let text = text.get(token.start as usize..token.end as usize).unwrap_or_default();
        Piece { kind: token.kind, text: text.into(), spaces }
    };
    tokens(text, Start::Normal).into_iter().map(piece).collect()
}

impl<'a> Piece<'a> {
    /// Returns a piece that the text does not have.
    pub fn new(kind: TokenKind, text: impl Into<Cow<'a, str>>) -> Self {
        Self { kind, text: text.into(), spaces: 0 }
    }

    /// Returns by how much the piece changes the depth of brackets.
    pub fn nesting(&self) -> isize {
        use TokenKind as T;
        match self.kind {
            T::OpenBrace | T::OpenBracket | T::OpenParenthesis | T::Interpolation | T::Directive => 1,
            T::CloseBrace | T::CloseBracket | T::CloseParenthesis | T::SequenceEnd => -1,
            _ => 0,
        }
    }

    /// Returns whether a line ends with the piece.
    pub fn ends_line(&self) -> bool {
        match self.kind {
            TokenKind::Newline => true,
            TokenKind::Comment => self.text.ends_with('\n'),
            _ => false,
        }
    }

    /// Returns the columns that the piece takes with its spaces.
    pub fn columns(&self) -> usize {
        let plain = self.text.bytes().all(|byte| byte.is_ascii() && byte != b'\r');
        self.spaces + if plain { self.text.len() } else { graphemes::graphemes(&self.text).count() }
    }
}
