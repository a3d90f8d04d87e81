//! Octets that no Debug, log, history or export ever prints.

use std::fmt;

use zeroize::Zeroizing;

/// A secret, wiped from memory when it is dropped. `Debug` tells its length and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes octets into keeping.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The octets themselves: for the wire, and for a screen whose user asked to see them.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// How many octets there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[hidden: {} octets]", self.0.len())
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
}
