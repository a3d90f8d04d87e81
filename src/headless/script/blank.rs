//! The blanks of a script: `{name}`, `{name=default}`, `{!name}` for a secret, and those that are
//! filled by themselves. `{{` is a brace; a brace that begins no blank is text.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::error::ScriptFault;
use crate::headless::Stamp;
use crate::manual::AutoValue;
use crate::smtp::Secret;

/// The name for EHLO, which is always known.
const HELO: &str = "helo";
/// The blank whose octets `{#octets}` counts.
const TEXT: &str = "text";

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// A blank.
    Blank {
        /// Its name.
        name: String,
        /// Its value, unless another is given.
        default: Option<String>,
        /// Whether its value is a secret.
        secret: bool,
    },
    /// A value that the program supplies.
    Auto(AutoValue),
}

/// The values of blanks.
#[derive(Debug, Default)]
pub struct Blanks {
    values: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
}

/// Why a value cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlankError {
    /// It is not `NAME=VALUE`.
    #[error("{0:?} is not NAME=VALUE, with a name of letters, digits, _ and -")]
    Form(String),
    /// It contains a line end or another control character.
    #[error("the value of {0} contains a line end or another control character")]
    Control(String),
}

/// A line with its blanks filled in.
#[derive(Debug, PartialEq, Eq)]
pub struct Filled {
    /// The line.
    pub text: Zeroizing<String>,
    /// Whether a secret is part of it.
    pub secret: bool,
}

impl Blanks {
    /// Takes `NAME=VALUE`.
    ///
    /// # Errors
    /// If it has another form, or a control character in it.
    pub fn set(&mut self, given: &str) -> Result<(), BlankError> {
        let (name, value) = given
            .split_once('=')
            .filter(|(name, _)| is_name(name))
            .ok_or_else(|| BlankError::Form(given.to_owned()))?;
        if value.chars().any(char::is_control) {
            return Err(BlankError::Control(name.to_owned()));
        }
        self.values.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Takes a secret.
    ///
    /// # Errors
    /// If it has a control character in it.
    pub fn set_secret(&mut self, name: &str, value: Secret) -> Result<(), BlankError> {
        if !is_name(name) {
            return Err(BlankError::Form(name.to_owned()));
        }
        let octets = value.reveal();
        if octets.iter().any(u8::is_ascii_control) || std::str::from_utf8(octets).is_err() {
            return Err(BlankError::Control(name.to_owned()));
        }
        self.secrets.insert(name.to_owned(), value);
        Ok(())
    }

    /// A name that was given a value and is not among these.
    pub fn unused(&self, names: &[&str]) -> Option<&str> {
        let given = self.values.keys().chain(self.secrets.keys());
        // {#octets} counts the octets of the text.
        given
            .map(String::as_str)
            .find(|name| *name != TEXT && !names.contains(name))
    }

    /// Fills in a line. `helo` is the name for EHLO.
    ///
    /// # Errors
    /// The first blank that has no value.
    pub fn fill(&self, pieces: &[Piece], helo: &str) -> Result<Filled, ScriptFault> {
        let mut filled = Filled {
            text: Zeroizing::default(),
            secret: false,
        };
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.text.push_str(text),
                Piece::Blank {
                    name, secret: true, ..
                } => {
                    let secret = self.secrets.get(name);
                    let secret = secret.ok_or_else(|| ScriptFault::NoSecret(name.clone()))?;
                    filled.secret = true;
                    filled
                        .text
                        .push_str(&String::from_utf8_lossy(secret.reveal()));
                }
                Piece::Blank { name, default, .. } => {
                    let own = Some(helo).filter(|_| name == HELO);
                    let value = self.values.get(name).map(String::as_str);
                    let value = value.or(default.as_deref()).or(own);
                    let value = value.ok_or_else(|| ScriptFault::NoValue(name.clone()))?;
                    filled.text.push_str(value);
                }
                Piece::Auto(AutoValue::Date) => filled.text.push_str(&Stamp::now().date),
                Piece::Auto(AutoValue::Id) => {
                    let id = Stamp::now().message_id("", Some(helo));
                    filled.text.push_str(&id);
                }
                Piece::Auto(AutoValue::Octets) => {
                    let text = self.values.get(TEXT).map_or(0, String::len);
                    filled.text.push_str(&text.to_string());
                }
            }
        }
        Ok(filled)
    }
}

/// Splits a line at its blanks.
pub fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            text.push('{');
            rest = after;
            continue;
        }
        let found = rest.split_once('}');
        let found = found.and_then(|(inner, after)| Some((piece(inner)?, after)));
        match found {
            Some((piece, after)) => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(piece);
                rest = after;
            }
            None => text.push('{'),
        }
    }
    text.push_str(rest);
    if !text.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

fn piece(inner: &str) -> Option<Piece> {
    if let Some(word) = inner.strip_prefix('#') {
        return Some(Piece::Auto(match word {
            "date" => AutoValue::Date,
            "id" => AutoValue::Id,
            "octets" => AutoValue::Octets,
            _ => return None,
        }));
    }
    let (inner, secret) = match inner.strip_prefix('!') {
        Some(rest) => (rest, true),
        None => (inner, false),
    };
    let (name, default) = match inner.split_once('=') {
        Some((name, default)) => (name, Some(default.to_owned())),
        None => (inner, None),
    };
    is_name(name).then(|| Piece::Blank {
        name: name.to_owned(),
        default: default.filter(|_| !secret),
        secret,
    })
}

/// Whether it is a letter, then letters, digits, `_` and `-`.
fn is_name(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_filled() {
        let mut blanks = Blanks::default();
        blanks.set("to=bob@example.org").unwrap();
        blanks
            .set_secret("token", Secret::new(b"s3cret".to_vec()))
            .unwrap();
        let table = [
            ("RCPT TO:<{to}>", "RCPT TO:<bob@example.org>"),
            ("EHLO {helo}", "EHLO me.example"),
            (
                "MAIL FROM:<{from=a@example.org}>",
                "MAIL FROM:<a@example.org>",
            ),
            ("NOOP {to=x}", "NOOP bob@example.org"),
            ("X {{to}", "X {to}"),
            ("X {1} {} { {a b}", "X {1} {} { {a b}"),
            ("X {!token}", "X s3cret"),
        ];
        for (line, expected) in table {
            let filled = blanks.fill(&pieces(line), "me.example").unwrap();
            assert_eq!(*filled.text, expected);
            assert_eq!(filled.secret, line.contains('!'), "{line}");
        }
    }

    #[test]
    fn a_blank_needs_a_value() {
        let blanks = Blanks::default();
        let fault = |line: &str| blanks.fill(&pieces(line), "me").unwrap_err();
        assert_eq!(fault("{to}"), ScriptFault::NoValue("to".to_owned()));
        assert_eq!(fault("{!pw=x}"), ScriptFault::NoSecret("pw".to_owned()));
    }

    #[test]
    fn values_have_no_line_end() {
        let mut blanks = Blanks::default();
        for given in ["to=a\r\nDATA", "to=a\0", "to", "1=x", "=x", "a b=x"] {
            assert!(blanks.set(given).is_err(), "{given:?}");
        }
    }
}
