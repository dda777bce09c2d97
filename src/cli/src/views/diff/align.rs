//! Which elements of two sequences belong together.

/// Positions before and after; one of them is missing where an element goes or comes.
pub(crate) type Pair = (Option<usize>, Option<usize>);

/// More cells than this are not worth a longest common subsequence.
const GREATEST_TABLE: usize = 4_000_000;

/// Pairs the elements of two sequences. Where as many elements come as go, and some go for good, elements stay at their
/// positions. Else equal elements stay, by a longest common subsequence, and of the rest those for which `pairs_up` holds
/// are the same element, changed.
pub(crate) fn align<T>(
    before: &[T],
    after: &[T],
    equal: impl Fn(&T, &T) -> bool,
    pairs_up: impl Fn(&T) -> bool,
) -> Vec<Pair> {
    if keep_positions(before, after, &equal) {
        return (0..before.len()).map(|at| (Some(at), Some(at))).collect();
    }
    let mut pairs = Vec::with_capacity(before.len().max(after.len()));
    let (mut b, mut a) = (0, 0);
    let kept = earliest(before, after, &common(before, after, &equal), &equal);
    for (kept_before, kept_after) in kept.into_iter().chain([(before.len(), after.len())]) {
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

fn keep_positions<T>(before: &[T], after: &[T], equal: &impl Fn(&T, &T) -> bool) -> bool {
    if before.len() != after.len() {
        return false;
    }
    let mut moved = before.iter().zip(after).filter(|(b, a)| !equal(b, a)).map(|(b, _)| b).peekable();
    moved.peek().is_none() || moved.any(|b| !after.iter().any(|a| equal(b, a)))
}

/// Returns the first places at which the elements of a common subsequence are found.
fn earliest<T>(
    before: &[T],
    after: &[T],
    kept: &[(usize, usize)],
    equal: &impl Fn(&T, &T) -> bool,
) -> Vec<(usize, usize)> {
    let (mut b, mut a) = (0, 0);
    let first = |all: &[T], from: usize, last: usize, value: &T| (from..last).find(|at| equal(&all[*at], value));
    kept.iter()
        .map(|(kept_before, kept_after)| {
            let value = &before[*kept_before];
            let place = (
                first(before, b, *kept_before, value).unwrap_or(*kept_before),
                first(after, a, *kept_after, value).unwrap_or(*kept_after),
            );
            (b, a) = (place.0 + 1, place.1 + 1);
            place
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::align;

    /// Checks which elements stay (`a`), go (`-a`), come (`+a`) and change (`a>b`).
    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        let (before, after): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
        let pairs = align(&before, &after, |a, b| a == b, char::is_ascii_uppercase);
        let words = pairs.into_iter().map(|pair| match (pair.0.map(|at| before[at]), pair.1.map(|at| after[at])) {
            (Some(b), Some(a)) if b == a => format!("{b}"),
            (Some(b), Some(a)) => format!("{b}>{a}"),
            (Some(b), None) => format!("-{b}"),
            (None, Some(a)) => format!("+{a}"),
            (None, None) => String::new(),
        });
        assert_eq!(words.collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn as_many_elements_stay_as_can() {
        check("abcdef", "abxdefg", "a b -c +x d e f +g");
        check("xf", "ff", "x>f f");
        check("axf", "aff", "a x>f f");
        check("axf", "af", "a -x f");
    }

    #[test]
    fn positions_count_where_elements_are_replaced() {
        check("abcd", "bcde", "a>b b>c c>d d>e");
        check("aa", "bb", "a>b a>b");
    }

    #[test]
    fn order_counts_where_elements_only_move() {
        check("abc", "cab", "+c a b -c");
        check("abcd", "acbd", "a -b c +b d");
        check("1231", "4231", "-1 +4 2 3 1");
    }

    #[test]
    fn elements_are_found_where_they_come_first() {
        check("xf", "ffg", "-x f +f +g");
    }

    #[test]
    fn elements_that_pair_up_change_in_place() {
        check("AB", "CDBE", "A>C +D B +E");
    }
}
