//! Aligns two lists so that the total similarity of the pairs is maximal.

/// The maximum number of pairs to compare; longer lists are paired by index.
const PAIRS_CAP: usize = 4_000_000;

/// Returns pairs of indices in order; each index of either list occurs once. `similarity` is 0 for
/// items that may not be paired, and larger the better they match.
pub(super) fn align<T>(
    left: &[T],
    right: &[T],
    similarity: impl Fn(&T, &T) -> u32,
) -> Vec<(Option<usize>, Option<usize>)> {
    let (rows, columns) = (left.len(), right.len());
    if rows.saturating_mul(columns) > PAIRS_CAP {
        let within = |at: usize, length: usize| (at < length).then_some(at);
        let longer = 0..rows.max(columns);
        return longer
            .map(|at| (within(at, rows), within(at, columns)))
            .collect();
    }
    // The best total for the rest of both lists from each pair of indices on.
    let width = columns + 1;
    let mut best = vec![0_u32; (rows + 1) * width];
    for a in (0..rows).rev() {
        for b in (0..columns).rev() {
            let apart = best[(a + 1) * width + b].max(best[a * width + b + 1]);
            let together = match similarity(&left[a], &right[b]) {
                0 => 0,
                similar => similar + best[(a + 1) * width + b + 1],
            };
            best[a * width + b] = apart.max(together);
        }
    }
    let mut pairs = Vec::with_capacity(rows.max(columns));
    let (mut a, mut b) = (0, 0);
    while a < rows && b < columns {
        let similar = similarity(&left[a], &right[b]);
        if similar > 0 && best[a * width + b] == similar + best[(a + 1) * width + b + 1] {
            pairs.push((Some(a), Some(b)));
            a += 1;
            b += 1;
        } else if best[a * width + b] == best[(a + 1) * width + b] {
            pairs.push((Some(a), None));
            a += 1;
        } else {
            pairs.push((None, Some(b)));
            b += 1;
        }
    }
    pairs.extend((a..rows).map(|a| (Some(a), None)));
    pairs.extend((b..columns).map(|b| (None, Some(b))));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_similar_items() {
        let table = [
            ("abc", "abc", "aa bb cc"),
            ("abc", "ac", "aa b- cc"),
            ("", "ab", "-a -b"),
            ("axb", "ayb", "aa x- -y bb"),
            ("ABC", "abc", "Aa Bb Cc"),
            ("aA", "A", "a- AA"),
        ];
        for (left, right, expected) in table {
            let (l, r): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
            let similarity =
                |a: &char, b: &char| u32::from(a.eq_ignore_ascii_case(b)) + u32::from(a == b);
            let pairs = align(&l, &r, similarity).into_iter().map(|(a, b)| {
                let letter = |list: &[char], at: Option<usize>| at.map_or('-', |at| list[at]);
                format!("{}{}", letter(&l, a), letter(&r, b))
            });
            assert_eq!(
                pairs.collect::<Vec<_>>().join(" "),
                expected,
                "{left} {right}"
            );
        }
    }
}
