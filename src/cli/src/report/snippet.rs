//! The part of a source text that a diagnostic is about.

use landfall_diag::{Diagnostic, Position, SourceMap, Span};

/// Lines of a text, with the part that is wrong.
pub(super) struct Snippet<'a> {
    pub file: &'a str,
    pub start: Position,
    pub end: Position,
    /// Header of the top-level block around the subject.
    pub block: Option<String>,
    /// Whole lines.
    pub code: &'a str,
    pub first_line: u32,
    /// Byte range of the subject in `code`.
    pub highlight: (usize, usize),
}

impl<'a> Snippet<'a> {
    pub fn of(diagnostic: &Diagnostic, sources: &'a SourceMap) -> Option<Self> {
        let subject = diagnostic.subject?;
        let text: &'a str = sources.text(subject.source);
        let clamp = |at: u32| floor(text, at as usize);
        let (from, to) = (clamp(subject.start), clamp(subject.end).max(clamp(subject.start)));
        let shown =
            diagnostic.context.filter(|context| context.source == subject.source).unwrap_or(subject).to(subject);
        let first = text[..clamp(shown.start)].rfind('\n').map_or(0, |at| at + 1);
        let last_byte = clamp(shown.end).max(first);
        // A span that ends at a line's end does not reach into the next line.
        let last_byte = if last_byte > from && text[..last_byte].ends_with('\n') { last_byte - 1 } else { last_byte };
        let end = text[last_byte..].find('\n').map_or(text.len(), |at| last_byte + at);
        let code = text[first..end.max(first)].trim_end_matches('\r');
        let highlight = (from.saturating_sub(first).min(code.len()), to.saturating_sub(first).min(code.len()));
        Some(Self {
            file: sources.name(subject.source),
            start: sources.position(subject.source, from as u32),
            end: sources.position(subject.source, to as u32),
            block: block_around(text, from),
            code,
            first_line: sources.position(subject.source, first as u32).line,
            highlight,
        })
    }

    /// Returns the lines with their numbers, each with the columns of it that are part of the subject.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &str, Option<(usize, usize)>)> {
        let mut offset = 0;
        (self.first_line..).zip(self.code.split('\n')).map(move |(number, line)| {
            let start = offset;
            offset += line.len() + 1;
            let (from, to) = (self.highlight.0.max(start), self.highlight.1.min(start + line.len()));
            let empty_here = self.highlight.0 == self.highlight.1 && (start..=start + line.len()).contains(&from);
            let part = (from < to || empty_here).then(|| (from - start, to.max(from) - start));
            (number, line.trim_end_matches('\r'), part)
        })
    }
}

/// Returns the greatest offset up to `at` between two characters of `text`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Returns the header of the top-level block that holds an offset, told by the layout: a header starts in the first
/// column and ends with `{`, and a block ends with a `}` in the first column.
fn block_around(text: &str, at: usize) -> Option<String> {
    let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    for line in text[..line_end].lines().rev() {
        let is_header = line.starts_with(|c: char| c.is_alphabetic());
        if is_header && let Some((header, _)) = line.split_once('{') {
            return Some(header.trim_end().to_owned());
        }
        if line.starts_with('}') {
            return None;
        }
    }
    None
}

/// Returns the place of a diagnostic in a few words: `on main.tf line 3`.
pub(super) fn place(span: Span, sources: &SourceMap) -> String {
    let start = sources.position(span.source, span.start);
    format!("on {} line {}", sources.name(span.source), start.line)
}
