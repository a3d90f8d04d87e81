//! A file of `assets/`: rows by key, in the order of their keys.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The rows of an asset.
#[derive(Debug)]
pub(super) struct Table<T>(BTreeMap<String, T>);

impl<T: for<'de> Deserialize<'de>> Table<T> {
    /// Reads an asset. It is compiled in and a test reads every one: a fault in it cannot come from
    /// outside, and means no words rather than no program.
    pub(super) fn read(text: &str) -> Self {
        Self(toml::from_str(text).unwrap_or_default())
    }

    /// The row of a key, in any case of letters.
    pub(super) fn row(&self, key: &str) -> Option<&T> {
        self.entry(key).map(|(_, row)| row)
    }

    /// The row of a key, in any case of letters, with the key as the asset has it.
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
