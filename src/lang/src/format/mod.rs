//! The canonical layout of a text, as `terraform fmt` has it.
//!
//! Works on tokens, never on the syntax tree, so that every comment stays. `rewrite` changes a few tokens (legacy
//! types, templates that only wrap an expression, labels without quotes), `layout` sets the spaces between them.

mod label;
mod layout;
mod piece;
mod rewrite;
mod spacing;
#[cfg(test)]
mod tests;

use piece::Piece;

/// Returns the text in the canonical layout.
///
/// The text must parse ([`syntax::parse_body`](crate::syntax::parse_body)). One that does not comes back with spaces
/// changed in ways that may be hard to undo.
///
/// # Panics
/// If the text is longer than 4 GiB.
pub fn format(text: &str) -> String {
    let mut pieces = rewrite::rewrite(piece::pieces(text));
    layout::lay_out(&mut pieces);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for Piece { spaces, text, .. } in &pieces {
        out.extend(std::iter::repeat_n(' ', *spaces));
        out.push_str(text);
    }
    out
}
