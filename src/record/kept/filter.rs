//! Selects kept sessions by words: a host, a reply code, a date, a state.

use std::convert::Infallible;
use std::str::FromStr;

use super::{KeptSession, KeptState};
use crate::smtp::Code;

/// A condition on a kept session. Every text is one: what has no other meaning is part of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptFilter {
    /// The last reply code, as `550` or `5xx`; `None` is any digit.
    Code([Option<u8>; 3]),
    /// The beginning of the start time in UTC, as `2026-11` or `2026-11-30T10`.
    Date(String),
    /// The state.
    State(KeptState),
    /// A part of the server, in lower case.
    Host(String),
}

impl FromStr for KeptFilter {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        let state = KeptState::ALL
            .into_iter()
            .find(|state| state.as_str().eq_ignore_ascii_case(word));
        Ok(if let Some(state) = state {
            Self::State(state)
        } else if let Some(digits) = code(word) {
            Self::Code(digits)
        } else if is_date(word) {
            Self::Date(word.to_ascii_uppercase())
        } else {
            Self::Host(word.to_lowercase())
        })
    }
}

impl KeptFilter {
    /// Whether a session meets the condition.
    pub fn matches(&self, session: &KeptSession) -> bool {
        match self {
            Self::Code(digits) => session.last_code.is_some_and(|code| has(code, digits)),
            Self::Date(begin) => session
                .started
                .is_some_and(|started| started.to_string().starts_with(begin)),
            Self::State(KeptState::Interrupted { .. }) => {
                matches!(session.state, KeptState::Interrupted { .. })
            }
            Self::State(state) => session.state == *state,
            Self::Host(part) => session.target.to_lowercase().contains(part),
        }
    }
}

/// The digits of a code, as `550` or `5xx`. The first digit of a code is 2 to 5.
fn code(word: &str) -> Option<[Option<u8>; 3]> {
    let letters: &[u8; 3] = word.as_bytes().try_into().ok()?;
    let digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(Some(letter - b'0')),
        b'x' | b'X' => Some(None),
        _ => None,
    };
    matches!(letters[0], b'2'..=b'5')
        .then(|| Some([digit(letters[0])?, digit(letters[1])?, digit(letters[2])?]))?
}

fn has(code: Code, digits: &[Option<u8>; 3]) -> bool {
    let number = code.number();
    let own = [number / 100, number / 10 % 10, number % 10];
    let mut pairs = own.into_iter().zip(digits);
    pairs.all(|(own, wanted)| wanted.is_none_or(|wanted| u16::from(wanted) == own))
}

/// Whether a word begins as a date does: four digits and a hyphen, then only what times consist of.
fn is_date(word: &str) -> bool {
    let (year, rest) = word.as_bytes().split_at(word.len().min(4));
    let is_time = |octet: &u8| octet.is_ascii_digit() || b"-:.TtZz".contains(octet);
    year.iter().all(u8::is_ascii_digit) && rest.first() == Some(&b'-') && rest.iter().all(is_time)
}
