//! Which place turns what was typed into what arrived.

use std::fmt;
use std::str::FromStr;

use super::arrival::Outcome;
use super::error::QuotingError;
use super::place::Place;
use super::written::without_care;
use crate::smtp::Secret;
use crate::smtp::sasl::SecretShape;

/// What is known of the password that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// Its length, in characters or in octets.
    Length(usize),
    /// Its length in characters.
    Characters(usize),
    /// Its length in octets.
    Octets(usize),
    /// Its length and kinds, as [`SecretShape`] prints them.
    Shape(String),
}

impl Arrived {
    /// Whether a value can be what arrived.
    pub fn matches(&self, value: &[u8]) -> bool {
        let shape = SecretShape::of(value);
        match self {
            Self::Length(length) => shape.length == *length || value.len() == *length,
            Self::Characters(length) => shape.length == *length,
            Self::Octets(length) => value.len() == *length,
            Self::Shape(text) => shape.to_string() == *text,
        }
    }
}

impl From<SecretShape> for Arrived {
    fn from(shape: SecretShape) -> Self {
        Self::Shape(shape.to_string())
    }
}

impl fmt::Display for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => write!(f, "{length}"),
            Self::Characters(1) => f.write_str("1 character"),
            Self::Characters(length) => write!(f, "{length} characters"),
            Self::Octets(1) => f.write_str("1 octet"),
            Self::Octets(length) => write!(f, "{length} octets"),
            Self::Shape(text) => f.write_str(text),
        }
    }
}

impl FromStr for Arrived {
    type Err = QuotingError;

    /// Reads `10`, `10 characters`, `10 octets`, or what [`SecretShape`] prints.
    fn from_str(text: &str) -> Result<Self, QuotingError> {
        let text = text.trim();
        let invalid = || QuotingError::Arrived(text.to_owned());
        let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
        let number = number.parse().map_err(|_| invalid())?;
        match unit.trim() {
            "" => Ok(Self::Length(number)),
            "character" | "characters" | "chars" => Ok(Self::Characters(number)),
            "octet" | "octets" | "byte" | "bytes" => Ok(Self::Octets(number)),
            kinds if kinds.contains(": ") => Ok(Self::Shape(text.to_owned())),
            _ => Err(invalid()),
        }
    }
}

/// A way to write the password that gives what arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// The place.
    pub place: Place,
    /// How it is written there: `without quotes`.
    pub how: String,
    /// Why a part is lost.
    pub reasons: Vec<&'static str>,
}

/// The ways to write what was typed that give what arrived. Empty also if what was typed can have
/// arrived unchanged.
pub fn culprits(typed: &Secret, arrived: &Arrived) -> Vec<Culprit> {
    if arrived.matches(typed.reveal()) {
        return Vec::new();
    }
    let mut culprits = Vec::new();
    for place in Place::ALL {
        for written in without_care(place, typed.reveal()) {
            if let Outcome::Changed { value, .. } = &written.arrival.outcome
                && arrived.matches(value.reveal())
            {
                culprits.push(Culprit {
                    place,
                    how: written.how,
                    reasons: written.arrival.reasons,
                });
            }
        }
    }
    culprits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The culprits as text.
    fn named(typed: &str, arrived: &Arrived) -> Vec<String> {
        let typed = Secret::new(typed.as_bytes().to_vec());
        let name = |culprit: Culprit| format!("{} {}", culprit.place, culprit.how);
        culprits(&typed, arrived).into_iter().map(name).collect()
    }

    #[test]
    fn the_place_is_named_that_gives_what_arrived() {
        let shape = |text: &str| Arrived::from(SecretShape::of(text.as_bytes()));
        // 14 characters, of which git reads 10 without quotes; so does Node's dotenv.
        let typed = "wonderland#123";
        let found = named(typed, &Arrived::Length(10));
        assert_eq!(
            found,
            ["dotenv without quotes, Node's dotenv", "git without quotes"]
        );
        assert_eq!(found, named(typed, &shape("wonderland")));
        assert_eq!(named(typed, &Arrived::Length(9)), [""; 0]);
        // All that was typed arrived: nobody is to blame.
        assert_eq!(named(typed, &Arrived::Length(14)), [""; 0]);
        // The kinds tell places apart that the length does not.
        assert!(named("ab;$cd+e", &Arrived::Length(2)).contains(&"git without quotes".to_owned()));
        assert_eq!(named("ab%41;cd", &shape("abA;cd")), ["url as it is"]);
    }

    #[test]
    fn what_arrived_is_read_from_text() {
        let table = [
            ("10", Some(Arrived::Length(10))),
            (" 10 ", Some(Arrived::Length(10))),
            ("1 character", Some(Arrived::Characters(1))),
            ("10 characters", Some(Arrived::Characters(10))),
            ("11 octets", Some(Arrived::Octets(11))),
            (
                "3 characters: 3 lowercase",
                Some(Arrived::Shape("3 characters: 3 lowercase".to_owned())),
            ),
            ("ten", None),
            ("10 letters", None),
            ("", None),
            ("-1", None),
        ];
        for (text, expected) in table {
            let read: Option<Arrived> = text.parse().ok();
            assert_eq!(read, expected, "{text:?}");
            if let Some(read) = read {
                assert_eq!(read.to_string(), text.trim());
            }
        }
        assert!(Arrived::Octets(2).matches("ü".as_bytes()));
        assert!(!Arrived::Characters(2).matches("ü".as_bytes()));
    }
}
