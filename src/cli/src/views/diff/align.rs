//! Which elements of two sequences belong together.

/// Positions before and after; one of them is missing where an element goes or comes.
pub(crate) type Pair = (Option<usize>, Option<usize>);

/// More cells than this are not worth a longest common subsequence.
const GREATEST_TABLE: usize = 4_000_000;

/// Pairs the elements of two sequences. Sequences of equal length go position by position. Else equal elements stay, by
/// a longest common subsequence, and of the rest those for which `pairs_up` holds are the same element, changed.
pub(crate) fn align<T>(
    before: &[T],
    after: &[T],
    equal: impl Fn(&T, &T) -> bool,
    pairs_up: impl Fn(&T) -> bool,
) -> Vec<Pair> {
    if before.len() == after.len() {
        return (0..before.len()).map(|at| (Some(at), Some(at))).collect();
    }
    let mut pairs = Vec::with_capacity(before.len().max(after.len()));
    let (mut b, mut a) = (0, 0);
    for (kept_before, kept_after) in common(before, after, &equal).into_iter().chain([(before.len(), after.len())]) {
        while b < kept_before {
            if a < kept_after && pairs_up(&before[b]) && pairs_up(&after[a]) {
                pairs.push((Some(b), Some(a)));
                a += 1;
            } else {
                pairs.push((Some(b), None));
            }
            b += 1;
        }
        pairs.extend((a..kept_after).map(|at| (None, Some(at))));
        a = kept_after;
        if b < before.len() && a < after.len() {
            pairs.push((Some(b), Some(a)));
            (b, a) = (b + 1, a + 1);
        }
    }
    pairs
}

/// Returns the positions of a longest common subsequence.
fn common<T>(before: &[T], after: &[T], equal: &impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let prefix = before.iter().zip(after).take_while(|(b, a)| equal(b, a)).count();
    let (rest_before, rest_after) = (&before[prefix..], &after[prefix..]);
    let suffix = rest_before.iter().rev().zip(rest_after.iter().rev()).take_while(|(b, a)| equal(b, a)).count();
    let middle_before = &rest_before[..rest_before.len() - suffix];
    let middle_after = &rest_after[..rest_after.len() - suffix];

    let mut kept: Vec<(usize, usize)> = (0..prefix).map(|at| (at, at)).collect();
    kept.extend(middle(middle_before, middle_after, equal).into_iter().map(|(b, a)| (b + prefix, a + prefix)));
    kept.extend((0..suffix).rev().map(|back| (before.len() - 1 - back, after.len() - 1 - back)));
    kept
}

fn middle<T>(before: &[T], after: &[T], equal: &impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let (rows, columns) = (before.len(), after.len());
    if rows == 0 || columns == 0 || rows.saturating_mul(columns) > GREATEST_TABLE {
        return Vec::new();
    }
    // Length of the longest common subsequence of the tails from (row, column).
    let width = columns + 1;
    let mut lengths = vec![0_u32; (rows + 1) * width];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            lengths[row * width + column] = if equal(&before[row], &after[column]) {
                lengths[(row + 1) * width + column + 1] + 1
            } else {
                lengths[(row + 1) * width + column].max(lengths[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column, mut kept) = (0, 0, Vec::new());
    while row < rows && column < columns {
        if equal(&before[row], &after[column]) {
            kept.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    kept
}
