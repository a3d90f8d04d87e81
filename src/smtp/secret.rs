//! Secret octets that never appear in `Debug` output, logs, histories or exports.

use std::fmt;

use zeroize::Zeroizing;

/// A secret. It is wiped from memory when dropped; `Debug` prints only its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Content);

#[derive(Clone, PartialEq, Eq)]
enum Content {
    Octets(Zeroizing<Vec<u8>>),
    /// Only the length is known.
    Length(usize),
}

impl Secret {
    /// Creates a secret from its octets.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Content::Octets(Zeroizing::new(bytes)))
    }

    /// Creates a secret of which only the length is known, because it was redacted in a file.
    pub const fn redacted(len: usize) -> Self {
        Self(Content::Length(len))
    }

    /// The octets, for the wire or for a user who asked to see them. Empty if they were
    /// [redacted](Self::redacted).
    pub fn reveal(&self) -> &[u8] {
        match &self.0 {
            Content::Octets(octets) => octets,
            Content::Length(_) => &[],
        }
    }

    /// Whether the octets are known, not [redacted](Self::redacted).
    pub const fn is_known(&self) -> bool {
        matches!(self.0, Content::Octets(_))
    }

    /// The number of octets.
    pub fn len(&self) -> usize {
        match &self.0 {
            Content::Octets(octets) => octets.len(),
            Content::Length(len) => *len,
        }
    }

    /// Whether it has no octets.
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
    fn debug_prints_only_the_length() {
        let secret = Secret::new(b"rabbit".to_vec());
        assert_eq!(format!("{secret:?}"), "[hidden: 6 octets]");
        assert_eq!(secret.reveal(), b"rabbit");
    }

    #[test]
    fn a_redacted_secret_has_only_a_length() {
        let secret = Secret::redacted(6);
        assert_eq!((secret.len(), secret.reveal()), (6, &b""[..]));
        assert!(!secret.is_known() && !secret.is_empty());
    }
}
