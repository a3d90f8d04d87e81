//! What arrives of a value that was written without care.

use crate::smtp::Secret;
use crate::smtp::sasl::SecretShape;

/// What arrives, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// What arrives.
    pub outcome: Outcome,
    /// Why, each a clause that names the characters with a meaning, but no other.
    pub reasons: Vec<&'static str>,
}

/// What arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The value.
    Unchanged,
    /// Another value.
    Changed {
        /// What arrives.
        value: Secret,
        /// The positions, from 1, of the characters that do not arrive; of octets if the value is not
        /// UTF-8.
        lost: Vec<usize>,
    },
    /// Nothing: the program refuses the line, or waits for more.
    Refused,
    /// Something that variables, files, options or other commands decide.
    Unknown,
}

impl Arrival {
    /// What arrives as text: how much and of what kinds, but no character of it.
    pub fn summary(&self, typed: &[u8]) -> String {
        match &self.outcome {
            Outcome::Unchanged => "unchanged".to_owned(),
            Outcome::Refused => "an error, and nothing arrives".to_owned(),
            Outcome::Unknown => "cannot be told from here".to_owned(),
            Outcome::Changed { value, .. } if value.is_empty() => "nothing arrives".to_owned(),
            Outcome::Changed { value, lost } => {
                let arrived = SecretShape::of(value.reveal());
                let of = SecretShape::of(typed).length;
                let lost = match lost.as_slice() {
                    [] => String::new(),
                    lost => format!("; lost: {}", ranges(lost)),
                };
                let (length, kinds) = (arrived.length_text(), arrived.kinds_text());
                if arrived.length > of {
                    return format!("{length} arrive instead of {of} ({kinds}){lost}");
                }
                format!("{length} of {of} arrive ({kinds}){lost}")
            }
        }
    }

    /// What arrives in a few words: `10 of 14 arrive`.
    pub fn in_short(&self, typed: &[u8]) -> String {
        match &self.outcome {
            Outcome::Changed { value, .. } if !value.is_empty() => {
                let length = SecretShape::of(value.reveal()).length;
                format!("{length} of {} arrive", SecretShape::of(typed).length)
            }
            Outcome::Refused => "an error".to_owned(),
            _ => self.summary(typed),
        }
    }

    /// Whether the value arrives as it is.
    pub fn is_unchanged(&self) -> bool {
        self.outcome == Outcome::Unchanged
    }
}

/// Positions as text: `3, 7 to 9`.
fn ranges(positions: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &at in positions {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == at => *end = at,
            _ => ranges.push((at, at)),
        }
    }
    let text = |(start, end): &(usize, usize)| match end - start {
        0 => start.to_string(),
        1 => format!("{start}, {end}"),
        _ => format!("{start} to {end}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_much_arrives_without_a_character_of_it() {
        let changed = |value: &[u8], lost: &[usize]| Arrival {
            outcome: Outcome::Changed {
                value: Secret::new(value.to_vec()),
                lost: lost.to_vec(),
            },
            reasons: Vec::new(),
        };
        let table = [
            (
                changed(b"abc", &[4, 5, 6]),
                "3 characters of 6 arrive (3 lowercase); lost: 4 to 6",
            ),
            (
                changed(b"bcd", &[1, 5, 6]),
                "3 characters of 6 arrive (3 lowercase); lost: 1, 5, 6",
            ),
            (changed(b"", &[1, 2, 3, 4, 5, 6]), "nothing arrives"),
        ];
        for (arrival, text) in table {
            assert_eq!(arrival.summary(b"abcdef"), text);
        }
    }
}
