//! A hint in the bottom line: a key, and what it does.

/// A key and what it does, in a word or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key as it is shown; several are separated by blanks.
    pub key: String,
    /// What it does.
    pub word: String,
}

impl Hint {
    /// A hint.
    pub fn new(key: impl Into<String>, word: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            word: word.into(),
        }
    }
}
