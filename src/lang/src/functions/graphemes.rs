//! Characters as readers count them.

use unicode_segmentation::UnicodeSegmentation;

/// Splits a text into grapheme clusters as of Unicode 15.0, which Terraform counts by: later versions keep conjuncts of
/// Indic scripts together.
pub(crate) fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    text.graphemes(true).flat_map(|cluster| Conjuncts { rest: cluster })
}

struct Conjuncts<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Conjuncts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let mut linked = false;
        let end = self.rest.char_indices().find_map(|(at, c)| {
            let cut = at > 0 && linked && is_consonant(c);
            linked |= is_linker(c);
            cut.then_some(at)
        });
        let (cluster, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Some(cluster)
    }
}

fn is_linker(c: char) -> bool {
    matches!(c, '\u{94d}' | '\u{9cd}' | '\u{acd}' | '\u{b4d}' | '\u{c4d}' | '\u{d4d}')
}

/// Returns whether a letter may be part of a conjunct.
fn is_consonant(c: char) -> bool {
    let block = (c as u32).wrapping_sub(0x900);
    // The scripts have the same layout, 0x80 apart.
    block < 0x480 && matches!(block % 0x80, 0x15..=0x3a | 0x58..=0x5f | 0x70..=0x7f)
}

#[cfg(test)]
mod tests {
    use super::graphemes;

    #[test]
    fn conjuncts_are_two() {
        assert_eq!(graphemes("क्ष").count(), 2);
        assert_eq!(graphemes("e\u{301}🇩🇪👩🏽‍🚀").count(), 3);
        assert_eq!(graphemes("कि").count(), 1);
    }
}
