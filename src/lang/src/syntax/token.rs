//! Tokens of the native syntax.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `(`
    OpenParenthesis,
    /// `)`
    CloseParenthesis,
    /// `"` that begins a quoted template.
    OpenQuote,
    /// `"` that ends a quoted template.
    CloseQuote,
    /// `<<EOT` or `<<-EOT` with the end of its line.
    OpenHeredoc,
    /// The line that ends a heredoc, without its newline.
    CloseHeredoc,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `%`
    Percent,
    /// `=`
    Equal,
    /// `==`
    EqualEqual,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `!`
    Bang,
    /// `.`
    Dot,
    /// `,`
    Comma,
    /// `::`
    DoubleColon,
    /// `...`
    Ellipsis,
    /// `=>`
    FatArrow,
    /// `?`
    Question,
    /// `:`
    Colon,
    /// `${` or `${~`
    Interpolation,
    /// `%{` or `%{~`
    Directive,
    /// `}` or `~}` that ends an interpolation or a directive.
    SequenceEnd,
    /// Literal text of a quoted template, with escapes.
    QuotedLiteral,
    /// Literal text of a heredoc or a template file, one line at most.
    StringLiteral,
    /// A number.
    Number,
    /// A name.
    Identifier,
    /// A comment; one that runs to the end of its line includes the newline.
    Comment,
    /// `\n` or `\r\n`
    Newline,
    /// After the last byte.
    EndOfFile,
    /// `&`, which is not in the language.
    BitwiseAnd,
    /// `|`, which is not in the language.
    BitwiseOr,
    /// `^`, which is not in the language.
    BitwiseXor,
    /// `~`, which is not in the language on its own.
    BitwiseNot,
    /// A backtick, which is not in the language.
    Backtick,
    /// `'`, which is not in the language.
    Apostrophe,
    /// `;`, which is not in the language.
    Semicolon,
    /// Newlines in a quoted template, which are not in the language.
    QuotedNewline,
    /// Any other character.
    Invalid,
}

impl TokenKind {
    /// Returns the other end of a bracketing pair.
    pub(crate) fn opposite(self) -> Option<Self> {
        Some(match self {
            Self::OpenBrace => Self::CloseBrace,
            Self::OpenBracket => Self::CloseBracket,
            Self::OpenParenthesis => Self::CloseParenthesis,
            Self::OpenQuote => Self::CloseQuote,
            Self::OpenHeredoc => Self::CloseHeredoc,
            Self::CloseBrace => Self::OpenBrace,
            Self::CloseBracket => Self::OpenBracket,
            Self::CloseParenthesis => Self::OpenParenthesis,
            Self::CloseQuote => Self::OpenQuote,
            Self::CloseHeredoc => Self::OpenHeredoc,
            Self::Interpolation | Self::Directive => Self::SequenceEnd,
            Self::SequenceEnd => Self::Interpolation,
            _ => return None,
        })
    }
}

/// A token and its bytes in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}
