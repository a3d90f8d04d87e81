//! Suggests words of the manual that are spelled almost like an unknown one.

use super::search::{is_known, vocabulary};
use super::topic::topics;

/// The most similar words that are suggested.
const SUGGESTIONS_CAP: usize = 3;
/// The most characters of an unknown word that are kept.
const WORD_CAP: usize = 40;
/// The fewest letters of a word that is compared with the words of texts: shorter ones resemble
/// too many.
const TEXT_WORD: usize = 4;
/// The fewest letters of such a word if two of them may differ.
const LONG_WORD: usize = 7;

/// A word that is no topic of the manual, and topics with a similar spelling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown topic \"{word}\"{}: topics are commands, parameters, extensions, mechanisms, \
     reply codes, enhanced codes and providers",
    did_you_mean(.similar)
)]
pub struct UnknownTopic {
    /// The word as it was given: escape it before you show it.
    pub word: String,
    /// Topics with a similar spelling, or words that find topics.
    pub similar: Vec<String>,
}

pub(super) fn did_you_mean(similar: &[String]) -> String {
    if similar.is_empty() {
        String::new()
    } else {
        format!(" (did you mean {}?)", similar.join(" or "))
    }
}

/// The error for a word that nothing in the manual contains.
pub(super) fn unknown_topic(word: &str) -> UnknownTopic {
    UnknownTopic {
        word: word.chars().take(WORD_CAP).collect(),
        similar: similar(word),
    }
}

/// Whether nothing in the manual contains a word, but something has a similar spelling.
pub(crate) fn is_misspelt(word: &str) -> bool {
    !is_known(&word.to_lowercase()) && !similar(word).is_empty()
}

/// The topics with the most similar spelling, then such words of texts.
pub(super) fn similar(word: &str) -> Vec<String> {
    let upper: String = word.to_uppercase().chars().take(WORD_CAP + 1).collect();
    let letters = upper.chars().count();
    if letters > WORD_CAP {
        return Vec::new();
    }
    let most = if letters <= 3 { 1 } else { 2 };
    let of_topics = topics().into_iter().filter_map(|topic| {
        let distance = distance(&upper, &topic.name.to_uppercase(), most)?;
        Some((distance, false, topic.name))
    });
    // A text has so many words that an unknown short one is always near to one of them.
    let most = if letters < LONG_WORD { 1 } else { 2 };
    let of_texts = vocabulary().filter_map(|known| {
        let is_long = letters >= TEXT_WORD && known.len() >= TEXT_WORD;
        let distance = distance(&upper, &known.to_uppercase(), most).filter(|_| is_long)?;
        Some((distance, true, known.to_owned()))
    });
    let mut similar: Vec<_> = of_topics.chain(of_texts).collect();
    similar.sort();
    // A topic says more than a word of a text, unless the word is nearer.
    let best = similar
        .first()
        .map(|(distance, of_text, _)| (*distance, *of_text));
    let mut suggested: Vec<String> = Vec::new();
    for (distance, of_text, name) in similar {
        let is_new = !suggested
            .iter()
            .any(|other| other.eq_ignore_ascii_case(&name));
        if Some((distance, of_text)) == best && is_new && suggested.len() < SUGGESTIONS_CAP {
            suggested.push(name);
        }
    }
    suggested
}

/// The edit distance between two words (changes, insertions, deletions, swaps of neighbors); none if
/// it exceeds `most`.
fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let change = last[j] + usize::from(a != b);
            let mut least = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_and_swaps() {
        let table = [
            ("RCPT", "RCPT", Some(0)),
            ("RCTP", "RCPT", Some(1)),
            ("STARTLS", "STARTTLS", Some(1)),
            ("EHLLOO", "EHLO", Some(2)),
            ("XYZZY", "EHLO", None),
            ("", "DSN", None),
        ];
        for (one, other, expected) in table {
            assert_eq!(distance(one, other, 2), expected, "{one} {other}");
        }
    }
}
