//! Octets that no Debug, log, history or export ever prints.

use std::fmt;

use zeroize::Zeroizing;

/// A secret, wiped from memory when it is dropped. `Debug` tells its length and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Held);

#[derive(Clone, PartialEq, Eq)]
enum Held {
    Octets(Zeroizing<Vec<u8>>),
    /// It was not written down; only how long it was.
    Length(usize),
}

impl Secret {
    /// Takes octets into keeping.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Held::Octets(Zeroizing::new(bytes)))
    }

    /// A secret of so many octets of which only that is known: it was left out of a file.
    pub const fn left_out(len: usize) -> Self {
        Self(Held::Length(len))
    }

    /// The octets themselves: for the wire, and for a screen whose user asked to see them. Empty
    /// where they were [left out](Self::left_out).
    pub fn reveal(&self) -> &[u8] {
        match &self.0 {
            Held::Octets(octets) => octets,
            Held::Length(_) => &[],
        }
    }

    /// Whether its octets are here.
    pub const fn is_known(&self) -> bool {
        matches!(self.0, Held::Octets(_))
    }

    /// How many octets there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Held::Octets(octets) => octets.len(),
            Held::Length(len) => *len,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[hidden: {} octets]", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_octet_of_it() {
        let secret = Secret::new(b"rabbit".to_vec());
        assert_eq!(format!("{secret:?}"), "[hidden: 6 octets]");
        assert_eq!(secret.reveal(), b"rabbit");
    }

    #[test]
    fn of_a_secret_that_was_left_out_the_length_is_known() {
        let secret = Secret::left_out(6);
        assert_eq!((secret.len(), secret.reveal()), (6, &b""[..]));
        assert!(!secret.is_known() && !secret.is_empty());
    }
}
