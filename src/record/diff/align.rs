//! Aligns two lists of any length, so that the total similarity of the pairs is large: maximal for
//! short lists. Long ones are first divided where both agree for sure.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// What may be spent on one alignment.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// The most pairs that are all compared. Memory and time grow with it.
    pairs: usize,
    /// The most differences that are searched for between lists without unique items. Memory grows
    /// with its square.
    edits: usize,
    /// How often a part is divided at its unique items.
    depth: usize,
    /// How many items of each list are compared at a time if nothing else helps.
    block: usize,
}

const LIMITS: Limits = Limits {
    pairs: 1_000_000,
    edits: 1_000,
    depth: 16,
    block: 250,
};

/// Two items that belong together, or one that has no counterpart. Indices are in order; each index of
/// either list occurs once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) left: Option<usize>,
    pub(super) right: Option<usize>,
    /// The lists are too long and too different here: they were compared block by block.
    pub(super) approximate: bool,
}

/// Aligns two lists. `identity` is equal for items that are the best match of each other;
/// `similarity` is 0 for items that may not be paired, and larger the better they match.
pub(super) fn align<'a, T, K: Eq + Hash>(
    left: &'a [T],
    right: &'a [T],
    identity: impl Fn(&'a T) -> K,
    similarity: impl Fn(&T, &T) -> u32,
) -> Vec<Pair> {
    align_within(LIMITS, left, right, identity, similarity)
}

fn align_within<'a, T, K: Eq + Hash>(
    limits: Limits,
    left: &'a [T],
    right: &'a [T],
    identity: impl Fn(&'a T) -> K,
    similarity: impl Fn(&T, &T) -> u32,
) -> Vec<Pair> {
    let mut numbers: HashMap<K, usize> = HashMap::new();
    let mut number = |item: &'a T| {
        let next = numbers.len();
        *numbers.entry(identity(item)).or_insert(next)
    };
    let ids = [
        left.iter().map(&mut number).collect(),
        right.iter().map(&mut number).collect(),
    ];
    let mut aligner = Aligner {
        limits,
        left,
        right,
        ids,
        similarity,
        pairs: Vec::with_capacity(left.len().max(right.len())),
    };
    aligner.divide(0..left.len(), 0..right.len(), limits.depth);
    aligner.pairs
}

struct Aligner<'a, T, S> {
    limits: Limits,
    left: &'a [T],
    right: &'a [T],
    /// The number of each item: equal numbers are equal identities.
    ids: [Vec<usize>; 2],
    similarity: S,
    pairs: Vec<Pair>,
}

impl<T, S: Fn(&T, &T) -> u32> Aligner<'_, T, S> {
    fn push(&mut self, left: Option<usize>, right: Option<usize>) {
        self.pairs.push(Pair {
            left,
            right,
            approximate: false,
        });
    }

    /// Aligns a part: its equal head and tail, then what lies between the items that both sides have
    /// once.
    fn divide(&mut self, left: Range<usize>, right: Range<usize>, depth: usize) {
        let (a, b) = (&self.ids[0][left.clone()], &self.ids[1][right.clone()]);
        let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let rest = a[head..].iter().rev().zip(b[head..].iter().rev());
        let tail = rest.take_while(|(a, b)| a == b).count();
        for at in 0..head {
            self.push(Some(left.start + at), Some(right.start + at));
        }
        let inner = (
            left.start + head..left.end - tail,
            right.start + head..right.end - tail,
        );
        self.divide_inner(inner.0.clone(), inner.1.clone(), depth);
        for at in 0..tail {
            self.push(Some(inner.0.end + at), Some(inner.1.end + at));
        }
    }

    fn divide_inner(&mut self, left: Range<usize>, right: Range<usize>, depth: usize) {
        if left.len().saturating_mul(right.len()) <= self.limits.pairs {
            return self.compare_all(left, right);
        }
        let anchors = match depth {
            0 => Vec::new(),
            _ => self.anchors(left.clone(), right.clone()),
        };
        if !anchors.is_empty() {
            return self.between(&anchors, left, right, depth - 1);
        }
        match self.equal_items(left.clone(), right.clone()) {
            Some(matched) if !matched.is_empty() => self.between(&matched, left, right, 0),
            _ => self.compare_blocks(left, right),
        }
    }

    /// Aligns the gaps between pairs that are already found, and adds those pairs.
    fn between(
        &mut self,
        found: &[(usize, usize)],
        left: Range<usize>,
        right: Range<usize>,
        depth: usize,
    ) {
        let (mut a, mut b) = (left.start, right.start);
        for &(next_a, next_b) in found {
            self.divide(a..next_a, b..next_b, depth);
            self.push(Some(next_a), Some(next_b));
            (a, b) = (next_a + 1, next_b + 1);
        }
        self.divide(a..left.end, b..right.end, depth);
    }

    /// The longest list of items, in order, that both sides have exactly once.
    fn anchors(&self, left: Range<usize>, right: Range<usize>) -> Vec<(usize, usize)> {
        let once = |side: &[usize], range: Range<usize>| {
            let mut places: HashMap<usize, Option<usize>> = HashMap::new();
            for at in range {
                let place = places.entry(side[at]);
                place.and_modify(|place| *place = None).or_insert(Some(at));
            }
            places
        };
        let in_right = once(&self.ids[1], right);
        let in_left = once(&self.ids[0], left);
        let mut both: Vec<(usize, usize)> = in_left
            .into_iter()
            .filter_map(|(id, at)| Some((at?, (*in_right.get(&id)?)?)))
            .collect();
        both.sort_unstable();
        longest_rising(&both)
    }

    /// The pairs of equal items in a shortest list of differences (Myers, "An O(ND) Difference
    /// Algorithm"); `None` if there are too many differences.
    fn equal_items(&self, left: Range<usize>, right: Range<usize>) -> Option<Vec<(usize, usize)>> {
        let (a, b) = (&self.ids[0][left.clone()], &self.ids[1][right.clone()]);
        let run = |mut x: usize, k: isize| {
            let y = |x: usize| x.checked_add_signed(-k);
            while x < a.len() && y(x).is_some_and(|y| b.get(y) == Some(&a[x])) {
                x += 1;
            }
            x
        };
        // rounds[d][(k + d) / 2]: how far in `a` d differences reach on the diagonal k = x - y.
        let mut rounds: Vec<Vec<usize>> = Vec::new();
        for d in 0..=self.limits.edits {
            let mut round = Vec::with_capacity(d + 1);
            for step in 0..=d {
                let k = 2 * step as isize - d as isize;
                let x = rounds.last().map_or(0, |before| start_of(before, step));
                round.push(run(x.min(a.len()), k));
            }
            let last = a.len() as isize - b.len() as isize;
            let at_end = (last + d as isize)
                .checked_div(2)
                .filter(|_| (last + d as isize) % 2 == 0)
                .and_then(|step| round.get(usize::try_from(step).ok()?));
            let done = at_end == Some(&a.len());
            rounds.push(round);
            if done {
                return Some(walk_back(&rounds, last, left.start, right.start));
            }
        }
        None
    }

    /// Compares each item with each, for the maximal total.
    fn compare_all(&mut self, left: Range<usize>, right: Range<usize>) {
        let (rows, columns) = (left.len(), right.len());
        let similar = |a: usize, b: usize| {
            (self.similarity)(&self.left[left.start + a], &self.right[right.start + b])
        };
        // The best total for the rest of both lists from each pair of indices on.
        let width = columns + 1;
        let mut best = vec![0_u32; (rows + 1) * width];
        for a in (0..rows).rev() {
            for b in (0..columns).rev() {
                let apart = best[(a + 1) * width + b].max(best[a * width + b + 1]);
                let together = match similar(a, b) {
                    0 => 0,
                    similar => similar + best[(a + 1) * width + b + 1],
                };
                best[a * width + b] = apart.max(together);
            }
        }
        let mut found = Vec::with_capacity(rows.max(columns));
        let (mut a, mut b) = (0, 0);
        while a < rows && b < columns {
            let similar = similar(a, b);
            if similar > 0 && best[a * width + b] == similar + best[(a + 1) * width + b + 1] {
                found.push((Some(a), Some(b)));
                a += 1;
                b += 1;
            } else if best[a * width + b] == best[(a + 1) * width + b] {
                found.push((Some(a), None));
                a += 1;
            } else {
                found.push((None, Some(b)));
                b += 1;
            }
        }
        found.extend((a..rows).map(|a| (Some(a), None)));
        found.extend((b..columns).map(|b| (None, Some(b))));
        for (a, b) in found {
            self.push(a.map(|a| left.start + a), b.map(|b| right.start + b));
        }
    }

    /// Compares block by block: the n-th part of one side with the n-th of the other.
    fn compare_blocks(&mut self, left: Range<usize>, right: Range<usize>) {
        let first = self.pairs.len();
        let count = left
            .len()
            .max(right.len())
            .div_ceil(self.limits.block)
            .max(1);
        let cut = |range: &Range<usize>, at: usize| range.start + range.len() * at / count;
        for at in 0..count {
            self.compare_all(
                cut(&left, at)..cut(&left, at + 1),
                cut(&right, at)..cut(&right, at + 1),
            );
        }
        for pair in &mut self.pairs[first..] {
            pair.approximate = true;
        }
    }
}

/// Where a round begins on its diagonal number `step`: one difference after the round `before`.
fn start_of(before: &[usize], step: usize) -> usize {
    // From the diagonal below, an item of `a` is left out; from that above, one of `b`.
    let below = step.checked_sub(1).map(|step| before[step] + 1);
    let above = before.get(step).copied();
    below.max(above).unwrap_or(0)
}

/// The pairs on the way to the end of both lists, from the first.
fn walk_back(rounds: &[Vec<usize>], last: isize, left: usize, right: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut k = last;
    for (d, round) in rounds.iter().enumerate().rev() {
        let step = ((k + d as isize) / 2).unsigned_abs();
        let end = round[step];
        let before = d.checked_sub(1).map(|d| &rounds[d]);
        let begin = before.map_or(0, |before| start_of(before, step));
        let equal = (begin..end).rev();
        pairs.extend(equal.map(|x| (left + x, right + x.saturating_add_signed(-k))));
        if let Some(before) = before {
            let below = step.checked_sub(1).map(|step| before[step] + 1);
            let is_below = below >= before.get(step).copied();
            k += if is_below && below.is_some() { -1 } else { 1 };
        }
    }
    pairs.reverse();
    pairs
}

/// The longest part of the pairs, sorted by their first number, whose second number rises too.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // ends[n]: the pair that ends the rising list of n + 1 pairs with the lowest second number.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![None; pairs.len()];
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < pair.1);
        before[at] = length.checked_sub(1).map(|length| ends[length]);
        ends.truncate(ends.len().max(length));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut rising = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        rising.push(pairs[at]);
        next = before[at];
    }
    rising.reverse();
    rising
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn similarity(a: &char, b: &char) -> u32 {
        u32::from(a.eq_ignore_ascii_case(b)) + u32::from(a == b)
    }

    fn shown(left: &[char], right: &[char], pairs: &[Pair]) -> String {
        let letter = |list: &[char], at: Option<usize>| at.map_or('-', |at| list[at]);
        let pairs = pairs
            .iter()
            .map(|pair| format!("{}{}", letter(left, pair.left), letter(right, pair.right)));
        pairs.collect::<Vec<_>>().join(" ")
    }

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
            let pairs = align(&l, &r, |item| *item, similarity);
            assert_eq!(shown(&l, &r, &pairs), expected, "{left} {right}");
        }
    }

    /// The limits, and what they lead to: all pairs, anchors, differences, blocks.
    const NARROW: [Limits; 4] = [
        LIMITS,
        Limits {
            pairs: 4,
            edits: 0,
            depth: 3,
            block: 2,
        },
        Limits {
            pairs: 4,
            edits: 9,
            depth: 0,
            block: 2,
        },
        Limits {
            pairs: 0,
            edits: 0,
            depth: 0,
            block: 3,
        },
    ];

    #[test]
    fn a_long_list_is_aligned_as_a_short_one_if_few_items_differ() {
        let left: Vec<char> = "abcdefghijklmnopqrstuvwxyz".chars().collect();
        let right: Vec<char> = "abcDefgijklXmnopqrstuvwyz".chars().collect();
        let expected = align(&left, &right, |item| *item, similarity);
        for limits in &NARROW[1..3] {
            let pairs = align_within(*limits, &left, &right, |item| *item, similarity);
            assert_eq!(pairs, expected, "{limits:?}");
        }
    }

    #[test]
    fn equal_items_without_a_unique_one_are_aligned() {
        let left: Vec<char> = "xyxyxyxyxyxyxyxy".chars().collect();
        let right: Vec<char> = "xyxyyxyxyxyxxyxy".chars().collect();
        let pairs = align_within(NARROW[2], &left, &right, |item| *item, similarity);
        let apart = pairs
            .iter()
            .filter(|pair| pair.left.is_none() || pair.right.is_none());
        assert_eq!(apart.count(), 2, "{}", shown(&left, &right, &pairs));
        assert!(pairs.iter().all(|pair| !pair.approximate));
    }

    #[test]
    fn what_was_compared_block_by_block_is_marked() {
        let left: Vec<char> = "aaaaaaaa".chars().collect();
        let right: Vec<char> = "bbbbbbbb".chars().collect();
        let pairs = align_within(NARROW[3], &left, &right, |item| *item, similarity);
        assert!(pairs.iter().all(|pair| pair.approximate));
    }

    proptest! {
        #[test]
        fn each_item_occurs_once_and_in_order(
            left in vec(prop::char::range('a', 'f'), 0..40),
            right in vec(prop::char::range('a', 'f'), 0..40),
            limits in 0..NARROW.len(),
        ) {
            let pairs = align_within(NARROW[limits], &left, &right, |item| *item, similarity);
            let lefts: Vec<usize> = pairs.iter().filter_map(|pair| pair.left).collect();
            let rights: Vec<usize> = pairs.iter().filter_map(|pair| pair.right).collect();
            prop_assert_eq!(lefts, (0..left.len()).collect::<Vec<_>>());
            prop_assert_eq!(rights, (0..right.len()).collect::<Vec<_>>());
            for pair in &pairs {
                prop_assert!(pair.left.is_some() || pair.right.is_some());
                if let Some((a, b)) = pair.left.zip(pair.right) {
                    prop_assert!(similarity(&left[a], &right[b]) > 0);
                }
            }
        }

        #[test]
        fn a_shortest_list_of_differences_is_found(
            left in vec(prop::char::range('a', 'c'), 0..12),
            right in vec(prop::char::range('a', 'c'), 0..12),
        ) {
            let equal = |a: &char, b: &char| u32::from(a == b);
            let paired = |limits: Limits| {
                let pairs = align_within(limits, &left, &right, |item| *item, equal);
                pairs.iter().filter(|pair| pair.left.is_some() && pair.right.is_some()).count()
            };
            let by_edits = Limits { pairs: 0, edits: 24, depth: 0, block: 1 };
            prop_assert_eq!(paired(by_edits), paired(LIMITS));
        }
    }
}
