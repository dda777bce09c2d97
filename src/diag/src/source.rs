//! Source texts and positions in them.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

/// A text in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A byte range of a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Which text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl Span {
    /// Returns the smallest span that holds both. They must be of the same text.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A place in a text as people count: lines and columns from 1, columns in grapheme clusters, bytes from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in grapheme clusters, from 1.
    pub column: u32,
    /// Byte offset, from 0.
    pub byte: u32,
}

#[derive(Clone, Debug)]
struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

/// The texts that spans point into.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// Adds a text under the name that users know it by, usually a path relative to the working directory.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = u32::try_from(self.sources.len()).expect("fewer than 2^32 source texts");
        self.sources.push(Source { name: name.into(), text: text.into() });
        SourceId(id)
    }

    /// Returns the name of a text.
    pub fn name(&self, id: SourceId) -> &Arc<str> {
        &self.sources[id.0 as usize].name
    }

    /// Returns a text.
    pub fn text(&self, id: SourceId) -> &Arc<str> {
        &self.sources[id.0 as usize].text
    }

    /// Returns the part of a text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.source).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Returns the texts with their ids, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Arc<str>, &Arc<str>)> {
        self.sources.iter().enumerate().map(|(i, source)| (SourceId(i as u32), &source.name, &source.text))
    }

    /// Returns line, column and byte of an offset.
    pub fn position(&self, source: SourceId, byte: u32) -> Position {
        let text = self.text(source);
        let mut end = (byte as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() as u32 + 1;
        // A byte order mark at the start of the text takes no column.
        let shown = if line_start == 0 { before.trim_start_matches('\u{feff}') } else { &before[line_start..] };
        let column = shown.graphemes(true).count() as u32 + 1;
        Position { line, column, byte }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_mark_takes_no_column() {
        let mut sources = SourceMap::default();
        let id = sources.add("main.tf", "\u{feff}a = 1\n");
        assert_eq!(sources.position(id, 3), Position { line: 1, column: 1, byte: 3 });
    }

    #[test]
    fn columns_count_grapheme_clusters() {
        let mut map = SourceMap::default();
        let id = map.add("a.tf", "x\ne\u{301}=1");
        assert_eq!(map.position(id, 5), Position { line: 2, column: 2, byte: 5 });
    }
}
