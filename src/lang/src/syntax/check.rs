//! Reports tokens that are never in the language, with a hint at what is meant.

use landfall_diag::{Diagnostic, Diagnostics, SourceId, Span};

use super::token::{Token, TokenKind};

/// Reports every token that is never valid. Of some kinds only the first ones, since the rest says nothing new.
pub(super) fn report_invalid(source: SourceId, text: &str, tokens: &[Token], diagnostics: &mut Diagnostics) {
    let (mut bitwise, mut backticks, mut apostrophes, mut semicolons) = (0, 0, 0, 0);
    for token in tokens {
        let (summary, detail) = match token.kind {
            TokenKind::BitwiseAnd | TokenKind::BitwiseOr | TokenKind::BitwiseXor | TokenKind::BitwiseNot => {
                bitwise += 1;
                if bitwise > 4 {
                    continue;
                }
                ("Unsupported operator", bitwise_detail(token.kind))
            }
            TokenKind::Backtick => {
                backticks += 1;
                // The second one of a pair closes what the first one opened.
                if backticks > 3 || backticks % 2 == 0 {
                    continue;
                }
                (
                    "Invalid character",
                    "The \"`\" character is not valid. For a string of several lines, use a heredoc such as `<<EOT`.",
                )
            }
            TokenKind::Apostrophe => {
                apostrophes += 1;
                if apostrophes > 3 || apostrophes % 2 == 0 {
                    continue;
                }
                ("Invalid character", "Single quotes are not valid. Use double quotes (\") to enclose strings.")
            }
            TokenKind::Semicolon => {
                semicolons += 1;
                if semicolons > 1 {
                    continue;
                }
                (
                    "Invalid character",
                    "The \";\" character is not valid. Use newlines to separate arguments and blocks, and commas to \
                     separate items in collection values.",
                )
            }
            TokenKind::QuotedNewline => (
                "Invalid multi-line string",
                "Quoted strings may not be split over multiple lines. For a string of several lines, use the \\n \
                 escape or a heredoc such as `<<EOT`.",
            ),
            TokenKind::Invalid => ("Invalid character", invalid_detail(text, *token)),
            _ => continue,
        };
        let span = Span { source, start: token.start, end: token.end };
        diagnostics.push(Diagnostic::error(summary, detail).at(span));
    }
}

fn bitwise_detail(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::BitwiseAnd => "Bitwise operators are not supported. Did you mean boolean AND (\"&&\")?",
        TokenKind::BitwiseOr => "Bitwise operators are not supported. Did you mean boolean OR (\"||\")?",
        TokenKind::BitwiseNot => "Bitwise operators are not supported. Did you mean boolean NOT (\"!\")?",
        _ => "Bitwise operators are not supported.",
    }
}

fn invalid_detail(text: &str, token: Token) -> &'static str {
    match text.get(token.start as usize..token.end as usize) {
        Some("\u{201c}" | "\u{201d}") => {
            "\"Curly quotes\" are not valid here. Word processors and web pages put them in place of straight quotes; \
             replace the character with a \"straight quote\"."
        }
        _ => "This character is not used within the language.",
    }
}
