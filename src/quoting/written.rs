//! A value as it is written in a place: without care, and right.

use zeroize::Zeroizing;

use super::arrival::Arrival;
use super::dotenv::{self, Reader};
use super::error::QuotingError;
use super::place::Place;
use super::posix::{self, Shell};
use super::{c, cmd, compose, cron, fish, git, msmtp, php, powershell, url, yaml};
use crate::smtp::Secret;
use crate::smtp::escape::is_unsafe_char;

const BARE: &str = "without quotes";
const DOUBLE: &str = "in double quotes";
const SINGLE: &str = "in single quotes";

/// A value that is written in a place without care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// How it is written: `without quotes`.
    pub how: String,
    /// What arrives.
    pub arrival: Arrival,
}

/// The literal of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The only program for which it is right, if the programs of the place differ.
    pub only_for: Option<&'static str>,
    /// What to write; it contains the value.
    pub text: Secret,
}

/// What arrives of a value in the ways in which people write it in a place, the most usual first.
pub fn without_care(place: Place, value: &[u8]) -> Vec<Written> {
    let in_quotes = |read: fn(&[u8], &[u8], &[u8]) -> Arrival| {
        let quotes: [(&str, &[u8]); 3] = [(BARE, b""), (DOUBLE, b"\""), (SINGLE, b"'")];
        let written = quotes.map(|(how, quote)| Written::new(how, read(quote, value, quote)));
        Vec::from(written)
    };
    let mut written = match place {
        Place::Bash => {
            in_quotes(|before, value, after| posix::argument(Shell::Bash, before, value, after))
        }
        Place::Zsh => {
            in_quotes(|before, value, after| posix::argument(Shell::Zsh, before, value, after))
        }
        Place::Fish => in_quotes(fish::argument),
        Place::PowerShell => in_quotes(|quote, value, _| powershell::argument(quote, value)),
        Place::Cmd => vec![
            Written::new("set PASSWORD=...", cmd::value(false, value)),
            Written::new("set \"PASSWORD=...\"", cmd::value(true, value)),
        ],
        Place::Dotenv => {
            let each = Reader::ALL.into_iter().flat_map(|reader| {
                let quotes: [(&str, &[u8]); 3] = [(BARE, b""), (DOUBLE, b"\""), (SINGLE, b"'")];
                quotes.map(|(how, quote)| Written {
                    how: format!("{how}, {}", reader.name()),
                    arrival: reader.arrival(quote, value, quote),
                })
            });
            each.collect()
        }
        Place::Compose => in_quotes(compose::value),
        Place::Git => {
            // Single quotes mean nothing to git.
            let mut written = in_quotes(git::value);
            written.pop();
            written
        }
        Place::Yaml => in_quotes(yaml::value),
        Place::Cron => in_quotes(cron::argument),
        Place::Url => vec![
            Written::new("as it is", url::decoded(value)),
            Written::new("as it is, decoded as a form", url::decoded_as_form(value)),
            Written::new("encoded, but not decoded", url::not_decoded(value)),
        ],
        Place::Php => vec![
            Written::new(DOUBLE, php::double(value)),
            Written::new(SINGLE, php::single(value)),
        ],
        Place::C => vec![Written::new(DOUBLE, c::double(value))],
        Place::Msmtp => {
            let mut written = in_quotes(msmtp::value);
            written.truncate(1);
            written
        }
    };
    if value.first() == Some(&b'-') && place.is_argument() {
        for written in &mut written {
            let reason = "- at the beginning: write --option=..., or it may be taken for an option";
            written.arrival.reasons.push(reason);
        }
    }
    written
}

impl Written {
    fn new(how: &str, arrival: Arrival) -> Self {
        Self {
            how: how.to_owned(),
            arrival,
        }
    }
}

/// What to write in a place so that the value arrives: one literal, or several if the programs of the
/// place differ.
///
/// # Errors
/// [`QuotingError::CannotHold`] if there is none.
pub fn literal(place: Place, value: &[u8]) -> Result<Vec<Literal>, QuotingError> {
    let text = match place {
        Place::Bash | Place::Zsh => posix::literal(place, value)?,
        Place::Fish => fish::literal(value)?,
        Place::PowerShell => powershell::literal(value)?,
        Place::Cmd => cmd::literal(value)?,
        Place::Compose => compose::literal(value)?,
        Place::Git => git::literal(value)?,
        Place::Yaml => yaml::literal(place, value)?,
        Place::Cron => cron::literal(value)?,
        Place::Url => url::literal(value),
        Place::Php => php::literal(value),
        Place::C => c::literal(value),
        Place::Msmtp => msmtp::literal(value)?,
        Place::Dotenv => {
            let literal = |(only_for, text): (_, Zeroizing<Vec<u8>>)| Literal {
                only_for,
                text: Secret::new(text.to_vec()),
            };
            return Ok(dotenv::literals(value)?.into_iter().map(literal).collect());
        }
    };
    let text = Secret::new(text.to_vec());
    Ok(vec![Literal {
        only_for: None,
        text,
    }])
}

/// Whether a terminal shows octets as they are, so that they can be copied from it: UTF-8 without
/// control characters and characters that a terminal could obey.
pub(super) fn is_showable(octets: &[u8]) -> bool {
    let harmless = |letter: char| !letter.is_control() && !is_unsafe_char(letter);
    std::str::from_utf8(octets).is_ok_and(|text| text.chars().all(harmless))
}

/// Adds octets to a part in single quotes of a POSIX shell.
pub(super) fn push_single_quoted(octets: &[u8], text: &mut Vec<u8>) {
    for &octet in octets {
        match octet {
            b'\'' => text.extend_from_slice(b"'\\''"),
            _ => text.push(octet),
        }
    }
}

/// Adds octets with a backslash before the special ones; all but printable ASCII in octal.
pub(super) fn push_escaped(octets: &[u8], special: &[u8], text: &mut Vec<u8>) {
    for octet in octets {
        match octet {
            b' '..=b'~' if special.contains(octet) => text.extend_from_slice(&[b'\\', *octet]),
            b' '..=b'~' => text.push(*octet),
            _ => text.extend_from_slice(format!("\\{octet:03o}").as_bytes()),
        }
    }
}
