//! What is searched for: a regular expression, or plain text if it is not a valid one. Secrets that are
//! hidden are never searched.

use std::borrow::Cow;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::report::text;
use crate::smtp::sasl::Annotation;
use crate::smtp::{Entry, EntryKind};
use crate::tui::widget::look::Look;

/// The maximum memory of a compiled expression, in octets.
const EXPRESSION_CAP: usize = 1 << 20;

/// What is searched for. A capital letter in it makes the search case-sensitive.
#[derive(Clone, Debug)]
pub struct Needle {
    text: String,
    expression: Regex,
    fault: Option<String>,
}

impl Needle {
    /// Reads what was typed; none if that is empty.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let (expression, fault) = match compile(text, has_capital(text)) {
            Ok(expression) => (expression, None),
            Err(error) => {
                let capital = text.chars().any(char::is_uppercase);
                let plain = compile(&regex::escape(text), capital).ok()?;
                (plain, Some(reason(&error)))
            }
        };
        Some(Self {
            text: text.to_owned(),
            expression,
            fault,
        })
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why it is not a regular expression. It is searched for as plain text.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Whether it is in an entry, or in the reading of its SASL data.
    pub(super) fn is_in(&self, entry: &Entry, look: &Look) -> bool {
        let in_annotation = |annotation: &Annotation| {
            let reading = text::visible(annotation.decoded.as_bytes(), look.charset);
            self.expression.is_match(&reading)
        };
        self.expression.is_match(&searched(entry, look))
            || entry.annotation().is_some_and(in_annotation)
    }

    /// The places of its matches in a text. Empty matches are left out.
    pub(super) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let found = self.expression.find_iter(text).map(|found| found.range());
        found.filter(|range| !range.is_empty()).collect()
    }
}

fn compile(text: &str, case_sensitive: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .case_insensitive(!case_sensitive)
        .size_limit(EXPRESSION_CAP)
        .build()
}

/// Whether an expression contains a capital letter. The letter of an escape such as `\S` does not
/// count.
fn has_capital(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character.is_uppercase() {
            return true;
        }
    }
    false
}

/// An error in a few words: the last line of the library's message. The lines before it show the
/// place.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "the expression is too large".to_owned(),
        error => {
            let words = error.to_string();
            let last = words.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    }
}

/// The text of an entry that is searched.
fn searched<'a>(entry: &'a Entry, look: &Look) -> Cow<'a, str> {
    let bytes = match &entry.kind {
        EntryKind::Note(note) => note.text.as_bytes(),
        EntryKind::Sent(sent) => &sent.visible,
        EntryKind::Received(received) => &received.bytes,
    };
    let plain = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    match std::str::from_utf8(bytes) {
        Ok(text) if plain => text.into(),
        _ => text::visible(bytes, look.charset).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_expression_is_searched_as_plain_text() {
        let table: &[(&str, &str, bool, Option<&str>)] = &[
            ("5[0-9]{2}", "550 no", true, None),
            ("^250[- ]", "250-SIZE", true, None),
            ("^250[- ]", "x 250-SIZE", false, None),
            ("size", "250-SIZE", true, None),
            ("Size", "250-SIZE", false, None),
            (r"\Size", "250 size", true, None),
            (
                "RCPT TO:<(",
                "RCPT TO:<(a)@b>",
                true,
                Some("unclosed group"),
            ),
            (
                "rcpt to:<(",
                "RCPT TO:<(a)@b>",
                true,
                Some("unclosed group"),
            ),
            (
                "*",
                "250 *",
                true,
                Some("repetition operator missing expression"),
            ),
            (
                "(a{999}){999}",
                "a",
                false,
                Some("the expression is too large"),
            ),
        ];
        for (typed, text, found, fault) in table {
            let needle = Needle::parse(typed).unwrap();
            assert_eq!(!needle.places(text).is_empty(), *found, "{typed} in {text}");
            assert_eq!(needle.fault(), *fault, "{typed}");
        }
        assert!(Needle::parse("").is_none());
    }
}
