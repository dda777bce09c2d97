//! Lines, their indentation, and what stands in columns.

use super::piece::Piece;
use super::spacing::is_spaced;
use crate::syntax::token::TokenKind;

/// A line's pieces in three cells: what comes first; from `=` on, where an argument and its whole value are on the
/// line; and a comment behind these. Each cell ends where the next one starts.
struct Line {
    start: usize,
    value: usize,
    comment: usize,
    end: usize,
}

impl Line {
    fn new(pieces: &[Piece<'_>], start: usize, end: usize) -> Self {
        let commented = end - start > 1 && pieces[end - 1].kind == TokenKind::Comment;
        let comment = if commented { end - 1 } else { end };
        let equal = (start + 1..comment).find(|at| pieces[*at].kind == TokenKind::Equal);
        // A value that leaves a bracket open goes on in the next lines.
        let whole = equal.filter(|at| nesting(&pieces[*at..comment]) == 0);
        Self { start, value: whole.unwrap_or(comment), comment, end }
    }

    /// Returns the first piece of the value's cell.
    fn value(&self) -> Option<usize> {
        (self.value < self.comment).then_some(self.value)
    }

    /// Returns the comment's piece.
    fn comment(&self) -> Option<usize> {
        (self.comment < self.end).then_some(self.comment)
    }
}

/// Sets the spaces before every piece. Those at the very end of the text stay.
pub(super) fn lay_out(pieces: &mut [Piece<'_>]) {
    let lines = lines(pieces);
    indent(pieces, &lines);
    for line in &lines {
        set_spaces(&mut pieces[line.start..line.value]);
        set_spaces(&mut pieces[line.value..line.comment]);
    }
    align(pieces, &lines, Line::value);
    align(pieces, &lines, Line::comment);
}

fn lines(pieces: &[Piece<'_>]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, piece) in pieces.iter().enumerate() {
        let end = if piece.ends_line() { at + 1 } else { at };
        if (piece.ends_line() || piece.kind == TokenKind::EndOfFile) && start < end {
            lines.push(Line::new(pieces, start, end));
            start = end;
        }
    }
    lines
}

fn nesting(pieces: &[Piece<'_>]) -> isize {
    pieces.iter().map(Piece::nesting).sum()
}

/// Indents each line by the number of lines before it that left brackets open, however many each of them opened.
fn indent(pieces: &mut [Piece<'_>], lines: &[Line]) {
    let mut opened: Vec<usize> = Vec::new();
    for line in lines {
        let first = &mut pieces[line.start];
        if first.kind == TokenKind::Newline {
            first.spaces = 0;
            continue;
        }
        let lead = &pieces[line.start..line.value];
        // What is in the heredoc of a call does not count, nor what follows the heredoc on its last line.
        let before_heredoc = lead.iter().take_while(|piece| piece.kind != TokenKind::OpenHeredoc);
        let change = before_heredoc.map(Piece::nesting).sum::<isize>() + nesting(&pieces[line.value..line.comment]);
        if change < 0 {
            close(&mut opened, change.unsigned_abs());
        }
        pieces[line.start].spaces = 2 * opened.len();
        if change > 0 {
            opened.push(change.unsigned_abs());
        }
    }
}

fn close(opened: &mut Vec<usize>, mut brackets: usize) {
    while brackets > 0
        && let Some(last) = opened.last_mut()
    {
        if brackets < *last {
            *last -= brackets;
            return;
        }
        brackets -= *last;
        opened.pop();
    }
}

/// Sets the spaces inside a cell.
fn set_spaces(cell: &mut [Piece<'_>]) {
    for at in 1..cell.len() {
        let before = at.checked_sub(2).map(|before| cell[before].kind);
        cell[at].spaces = usize::from(is_spaced(before, &cell[at - 1], &cell[at]));
    }
}

/// Puts a cell of consecutive lines that have it into one column.
fn align(pieces: &mut [Piece<'_>], lines: &[Line], cell: fn(&Line) -> Option<usize>) {
    for run in lines.split(|line| cell(line).is_none()) {
        let cells = run.iter().filter_map(|line| cell(line).map(|at| (line.start, at)));
        let widths: Vec<(usize, usize)> =
            cells.map(|(start, at)| (at, pieces[start..at].iter().map(Piece::columns).sum())).collect();
        let widest = widths.iter().map(|(_, width)| *width).max().unwrap_or_default();
        for (at, width) in widths {
            pieces[at].spaces = widest - width + 1;
        }
    }
}
