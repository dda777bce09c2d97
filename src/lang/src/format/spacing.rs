//! Where a space stands between two tokens of a line.

use super::piece::Piece;
use crate::syntax::token::TokenKind as T;

/// Returns whether a space follows `left`. `before` is what stands before it in its cell. The first rule that knows
/// either of them decides.
pub(super) fn is_spaced(before: Option<T>, left: &Piece<'_>, right: &Piece<'_>) -> bool {
    match (left.kind, right.kind) {
        (_, T::Newline)
        | (T::Identifier, T::OpenParenthesis | T::DoubleColon)
        | (T::DoubleColon, T::Identifier)
        | (T::Dot, _)
        | (_, T::Dot | T::Comma | T::Ellipsis) => false,
        (T::Comma, _) => true,
        (T::QuotedLiteral | T::StringLiteral | T::OpenQuote | T::OpenHeredoc, _)
        | (_, T::QuotedLiteral | T::StringLiteral | T::CloseQuote | T::CloseHeredoc) => false,
        // The list in `for x in [a]: x` is not an index.
        (T::Identifier, _) if left.text == "in" && before == Some(T::Identifier) => true,
        (T::Identifier | T::Number, T::OpenBracket) | (T::Bang, _) => false,
        (_, T::OpenBracket) if left.nesting() < 0 => false,
        (T::Minus, _) => before.is_some_and(ends_operand),
        (T::OpenBrace, T::CloseBrace) => false,
        (T::OpenBrace, _) | (_, T::CloseBrace) => true,
        // An object alone in an interpolation stands apart from its braces.
        (T::Interpolation | T::Directive, T::OpenBrace) | (T::CloseBrace, T::SequenceEnd) => true,
        (T::SequenceEnd, T::Interpolation | T::Directive) => false,
        _ => left.nesting() <= 0 && right.nesting() >= 0,
    }
}

/// Returns whether a minus behind this is taken for a subtraction, not a negation.
fn ends_operand(kind: T) -> bool {
    let opens = matches!(kind, T::OpenParenthesis | T::OpenBrace | T::OpenBracket);
    let separates = matches!(kind, T::Equal | T::Colon | T::Comma | T::Question);
    let calculates = matches!(kind, T::Plus | T::Star | T::Slash | T::Percent | T::Minus);
    let compares = matches!(kind, T::EqualEqual | T::NotEqual | T::Greater | T::GreaterEqual | T::Less | T::LessEqual);
    let combines = matches!(kind, T::And | T::Or | T::Bang);
    !(opens || separates || calculates || compares || combines)
}
