//! Patterns of the messages that other programs print.

use std::ops::Range;

use serde::Deserialize;

use super::rule::starts_word;

/// The most octets that a `*` stands for.
const GAP_CAP: usize = 200;

/// Lowercase text that a message contains, at the beginning of a word. `*` stands for any text.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct MessagePattern(Vec<String>);

/// A pattern that no message can match, or every one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid pattern \"{0}\": use lowercase words, single spaces, and text around each *")]
pub struct InvalidPattern(String);

impl TryFrom<String> for MessagePattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        let pieces: Vec<String> = text.split('*').map(str::to_owned).collect();
        let is_valid = text == text.to_lowercase()
            && !text.contains("  ")
            && !text.starts_with(' ')
            && pieces.iter().all(|piece| !piece.is_empty());
        if is_valid {
            Ok(Self(pieces))
        } else {
            Err(InvalidPattern(text))
        }
    }
}

impl MessagePattern {
    /// Where `text` first matches. The text is in lowercase, with single spaces.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        let (first, rest) = self.0.split_first()?;
        text.match_indices(first.as_str()).find_map(|(start, _)| {
            let end = start + first.len();
            let before = text[..start].chars().next_back().map_or(0, char::len_utf8);
            if !starts_word(&text[start - before..end], first) {
                return None;
            }
            let end = rest.iter().try_fold(end, |end, piece| {
                let at = text[end..].find(piece.as_str())?;
                (at <= GAP_CAP).then_some(end + at + piece.len())
            })?;
            Some(start..end)
        })
    }

    /// How many octets a message must have in common with it.
    pub fn length(&self) -> usize {
        self.0.iter().map(String::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Result<MessagePattern, InvalidPattern> {
        MessagePattern::try_from(text.to_owned())
    }

    #[test]
    fn a_star_stands_for_any_text() {
        let table = [
            ("timed out", "connect timed out", Some(8..17)),
            ("timed out", "ntimed out", None),
            ("(_ssl", "error (_ssl.c:1)", Some(6..11)),
            ("ssl*port=587", "ssltls port=587, ssl port=587", Some(0..15)),
            ("ssl*port=587", "port=587 ssl", None),
            ("refused", "unrefused, refused", Some(11..18)),
        ];
        for (words, text, expected) in table {
            assert_eq!(
                pattern(words).unwrap().find(text),
                expected,
                "{words} {text}"
            );
        }
        let far = format!("ssl {} port", "x".repeat(GAP_CAP));
        assert_eq!(pattern("ssl*port").unwrap().find(&far), None);
    }

    #[test]
    fn a_pattern_that_cannot_match_is_an_error() {
        for text in ["", "*", "a*", "*a", "a**b", "Refused", "a  b", " a"] {
            assert_eq!(
                pattern(text),
                Err(InvalidPattern(text.to_owned())),
                "{text}"
            );
        }
    }
}
