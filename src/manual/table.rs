//! One file of `assets/`: rows by key, sorted by key.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The rows of an asset.
#[derive(Debug)]
pub(super) struct Table<T>(BTreeMap<String, T>);

impl<T: for<'de> Deserialize<'de>> Table<T> {
    /// Parses an asset. Assets are compiled in and a test reads each of them, so a syntax error
    /// cannot come from outside; it leaves the table empty and does not stop the program.
    pub(super) fn read(text: &str) -> Self {
        Self(toml::from_str(text).unwrap_or_default())
    }

    /// The row with this key; case does not matter.
    pub(super) fn row(&self, key: &str) -> Option<&T> {
        self.entry(key).map(|(_, row)| row)
    }

    /// The row with this key and the key as the asset spells it; case does not matter.
    pub(super) fn entry(&self, key: &str) -> Option<(&str, &T)> {
        self.0
            .get_key_value(key)
            .or_else(|| self.0.get_key_value(&key.to_ascii_uppercase()))
            .map(|(key, row)| (key.as_str(), row))
    }

    /// All rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(key, row)| (key.as_str(), row))
    }
}
